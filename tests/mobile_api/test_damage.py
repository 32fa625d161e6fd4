"""A full disk and a database that was put back from a backup: what a phone was promised is kept or made good."""

import os
import shutil
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from kit.auth import service_token
from kit.embedded import EmbeddedPostgres
from kit.settings import Settings
from mobile_api.use_cases import draining, lane
from tests.conftest import TEMPLATE, fresh_database
from tests.mobile_api.conftest import Field, Phone, WithOwners
from tests.mobile_api.owners import Owners
from tests.running import System

pytestmark = pytest.mark.timeout(400)
"""A database is copied onto a disk of its own, which takes a busy machine a while."""

Json = dict[str, Any]
MIB = 1 << 20


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lane, "_pause", lambda attempts: timedelta(seconds=0.05 * (attempts + 1)))
    monkeypatch.setattr(draining, "LOOK_EVERY_S", 0.05)


@asynccontextmanager
async def serving(settings: Settings, owners: Owners) -> AsyncIterator[Field]:
    assembly = WithOwners(settings=settings, names=["accounts", "mobile"], owners=owners)
    async with assembly.serving():
        system = System(assembly=assembly, service=None)  # type: ignore[arg-type]
        token = service_token(service="tests", secret=settings.shared_secret, now=assembly.clock.now())
        system.service = system.client(token)
        yield Field(system, owners)
        await system.close()


@contextmanager
def small_disk(postgres: EmbeddedPostgres, folder: Path) -> Iterator[tuple[str, Callable[[int], None]]]:
    """A database on a disk of its own in memory, and how to give it so many free bytes."""
    folder.mkdir()
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=512m", "roadcall", str(folder)], check=False)
    if made.returncode:
        pytest.skip("this machine lets nobody mount a disk")

    def leave_free(free: int) -> None:
        size = shutil.disk_usage(folder).used + free
        subprocess.run(["mount", "-o", f"remount,size={size}", str(folder)], check=True)

    try:
        owner = folder.parent / "postgres" / "cluster"
        shutil.chown(folder, owner.stat().st_uid, owner.stat().st_gid)
        with psycopg.connect(postgres.url, autocommit=True) as connection:
            connection.execute(f"CREATE TABLESPACE small LOCATION '{folder}'")
            connection.execute(f"CREATE DATABASE on_small TEMPLATE {TEMPLATE} TABLESPACE small STRATEGY FILE_COPY")
            try:
                yield postgres.url.replace("/postgres?", "/on_small?"), leave_free
            finally:
                connection.execute("DROP DATABASE on_small WITH (FORCE)")
                connection.execute("DROP TABLESPACE small")
    finally:
        subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount a disk")
async def test_a_full_disk_takes_nothing_says_so_and_goes_on_by_itself(
    postgres: EmbeddedPostgres, scratch: Path, settings: Settings
) -> None:
    owners = Owners()
    with small_disk(postgres, scratch / "small") as (url, leave_free):
        async with serving(settings.model_copy(update={"database_url": url}), owners) as field:
            phone = await field.engineer()
            visit = await field.appointment(phone)
            leave_free(2 * MIB)
            acknowledged: list[str] = []
            batch: list[Json] = []
            for _ in range(40):
                batch = [phone.operation("diagnosed", visit, note=os.urandom(1500).hex()) for _ in range(50)]
                answer = await phone.client.post("/mobile/v1/operations", json={"operations": batch})
                if answer.status_code != 200:
                    break
                acknowledged += [one["id"] for one in answer.json()["results"]]
            assert answer.status_code == 507, answer.text
            assert answer.headers["content-type"] == "application/problem+json"
            assert int(answer.headers["retry-after"]) >= 1
            assert acknowledged
            leave_free(64 * MIB)
            assert {one["status"] for one in await phone.send(*batch)} <= {"applied", "duplicate", "received"}
            told = [*acknowledged, *(one["id"] for one in batch)]
        with psycopg.connect(url) as connection:
            stored = connection.execute("SELECT id FROM mobile.operations WHERE id = ANY(%s)", (told,)).fetchall()
        assert {id_ for (id_,) in stored} == set(told)


async def test_what_was_told_after_the_backup_is_taken_again_with_its_one_effect(
    postgres: EmbeddedPostgres, settings: Settings
) -> None:
    owners = Owners()
    async with serving(settings, owners) as field:
        phone = await field.engineer()
        visit = await field.appointment(phone)
        before = phone.operation("depart", visit)
        assert (await phone.send(before))[0]["status"] == "applied"
    name = psycopg.conninfo.conninfo_to_dict(settings.database_url)["dbname"]
    with fresh_database(postgres, template=str(name)) as backup:
        async with serving(settings, owners) as field:
            phone.client = field.system.client(_token(phone))
            after = [phone.operation(kind, visit) for kind in ("check_in", "work_started")]
            assert [one["status"] for one in await phone.send(*after)] == ["applied"] * 2
            cursor = (await phone.day())["cursor"]
        async with serving(settings.model_copy(update={"database_url": backup}), owners) as field:
            phone.client = field.system.client(_token(phone))
            # The phone has read further than this server ever told: it is told everything anew.
            news = await phone.sync(cursor)
            assert [answer["id"] for answer in news["answers"]] == [before["id"]]
            again = await phone.send(before, *after)
            assert [one["status"] for one in again] == ["duplicate", "applied", "applied"]
    assert list(owners.applied) == [before["id"], *(one["id"] for one in after)], "each once, as its owner remembers"


def _token(phone: Phone) -> str:
    return phone.client.headers["Authorization"].removeprefix("Bearer ")
