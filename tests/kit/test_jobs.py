"""A job exists exactly when the transaction that made it necessary does."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from kit.db import Database
from kit.jobs import MOST_RESCUES, Jobs
from tests.running import eventually


class Undone(Exception):
    pass


async def defer_and_undo(db: Database, jobs: Jobs) -> None:
    async with db.transaction() as tx:
        await jobs.defer(tx, "nobody.note", what="undone")
        raise Undone


async def test_a_job_lives_and_dies_with_its_transaction(db: Database, database_url: str) -> None:
    jobs, done = Jobs(database_url), list[str]()

    async def note(what: str) -> None:
        done.append(what)

    jobs.add("nobody.note", note)
    async with jobs.app.open_async():
        async with db.transaction() as tx:
            await jobs.defer(tx, "nobody.note", what="kept")
            # The same queueing lock twice is one job, and the transaction goes on.
            await jobs.defer(tx, "nobody.note", queueing_lock="one", what="coalesced")
            await jobs.defer(tx, "nobody.note", queueing_lock="one", what="never")
        with pytest.raises(Undone):
            await defer_and_undo(db, jobs)
        working = asyncio.create_task(jobs.run_worker(queues=["nobody"]))
        await eventually(lambda: asyncio.sleep(0, done), lambda so_far: len(so_far) >= 2)
        await asyncio.sleep(0.3)
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)
    assert sorted(done) == ["coalesced", "kept"]


async def jobs_now(db: Database) -> list[tuple[str, int]]:
    async with db.read() as tx:
        rows = await tx.execute(text("SELECT status::text, attempts FROM jobs.procrastinate_jobs ORDER BY id"))
        return [(row.status, row.attempts) for row in rows]


@asynccontextmanager
async def worker(jobs: Jobs) -> AsyncIterator[None]:
    working = asyncio.create_task(jobs.run_worker(queues=["nobody"]))
    try:
        yield
    finally:
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)


async def test_a_job_that_fails_while_its_successor_waits_lets_go_of_the_lock(db: Database, database_url: str) -> None:
    jobs, begun = Jobs(database_url), list[int]()

    async def fails_once() -> None:
        begun.append(1)
        if len(begun) == 1:
            async with db.transaction() as tx:
                await jobs.defer(tx, "nobody.plan", lock="T1", queueing_lock="T1")
            raise ValueError("of the test")

    jobs.add("nobody.plan", fails_once)
    async with jobs.app.open_async(), worker(jobs):
        async with db.transaction() as tx:
            await jobs.defer(tx, "nobody.plan", lock="T1", queueing_lock="T1")
        await eventually(lambda: asyncio.sleep(0, begun), lambda so_far: len(so_far) == 2, within_s=5)
        await eventually(lambda: jobs_now(db), lambda left: left == [], within_s=5)


async def test_what_a_dead_worker_left_is_begun_again(db: Database, database_url: str) -> None:
    jobs, done = Jobs(database_url), list[int]()

    async def note() -> None:
        done.append(1)

    jobs.add("nobody.note", note)
    async with jobs.app.open_async():
        async with db.transaction() as tx:
            await jobs.defer(tx, "nobody.note", lock="T1")
        dead = await jobs.app.job_manager.register_worker()
        assert await jobs.app.job_manager.fetch_job(queues=["nobody"], worker_id=dead) is not None
        await jobs.rescue()
        assert await jobs_now(db) == [("doing", 0)], "a worker that was alive a moment ago was robbed"
        async with db.transaction() as tx:
            await tx.execute(text("UPDATE jobs.procrastinate_workers SET last_heartbeat = now() - interval '1 minute'"))
        async with worker(jobs):
            await eventually(lambda: asyncio.sleep(0, done), bool, within_s=10)


async def test_a_job_that_kills_every_worker_is_given_up(db: Database, database_url: str) -> None:
    jobs = Jobs(database_url)
    async with jobs.app.open_async():
        async with db.transaction() as tx:
            await jobs.defer(tx, "nobody.deadly")
        for _ in range(MOST_RESCUES + 1):
            dead = await jobs.app.job_manager.register_worker()
            await jobs.app.job_manager.fetch_job(queues=["nobody"], worker_id=dead)
            await jobs.app.job_manager.unregister_worker(dead)
            await jobs.rescue()
    assert await jobs_now(db) == [("failed", MOST_RESCUES + 1)]


async def test_a_worker_survives_the_loss_of_its_connections(db: Database, database_url: str) -> None:
    jobs, done = Jobs(database_url), list[int]()

    async def note() -> None:
        done.append(1)

    async def deferred() -> bool:
        try:
            async with db.transaction() as tx:
                await jobs.defer(tx, "nobody.note")
        except DBAPIError:
            return False
        return True

    jobs.add("nobody.note", note)
    async with jobs.app.open_async(), worker(jobs):
        await eventually(deferred, bool)
        await eventually(lambda: asyncio.sleep(0, done), bool)
        async with await psycopg.AsyncConnection.connect(database_url, autocommit=True) as other:
            query = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
            await other.execute(query + " AND datname = current_database()")
        await eventually(deferred, bool)
        await eventually(lambda: asyncio.sleep(0, done), lambda so_far: len(so_far) == 2)
