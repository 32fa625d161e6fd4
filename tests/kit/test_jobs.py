"""A job exists exactly when the transaction that made it necessary does."""

import asyncio

import pytest

from kit.db import Database
from kit.jobs import Jobs
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
