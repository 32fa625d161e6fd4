"""Photos in an object store, and a store that is full or out of reach."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from kit.problems import Unavailable
from mobile_api.photos.vault import Vault
from tests.mobile_api.object_store import ObjectStore, object_store

SHA = "ab" * 32
PATIENCE = timedelta(seconds=1)


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[ObjectStore]:
    with object_store() as store:
        known = {
            "ACCESS_KEY_ID": "the-key",
            "SECRET_ACCESS_KEY": "x",
            "ENDPOINT": store.address,
            "REGION": "cn-north-1",
        }
        for name, value in known.items():
            monkeypatch.setenv(f"AWS_{name}", value)
        yield store


def s3(tmp_path: Path) -> Vault:
    return Vault(url="s3://bucket/prefix", folder=tmp_path / "photos", patience=PATIENCE)


async def test_an_object_store_keeps_both_copies_and_gives_the_served_one(bucket: ObjectStore, tmp_path: Path) -> None:
    vault = s3(tmp_path)
    for _ in range(2):
        await vault.keep(SHA, original=b"original", served=b"served")
    assert await vault.served(SHA) == b"served"
    where = {f"/bucket/prefix/original/ab/{SHA}": b"original", f"/bucket/prefix/served/ab/{SHA}.jpg": b"served"}
    assert bucket.kept == where
    assert {signed_by for _, _, signed_by in bucket.seen} == {"the-key"}
    assert not (tmp_path / "photos").exists(), "nothing beside the store"


@pytest.mark.parametrize("status", [403, 503])
async def test_a_store_that_refuses_is_told(bucket: ObjectStore, tmp_path: Path, status: int) -> None:
    vault = s3(tmp_path)
    bucket.refuses = status
    await must_be_unavailable(vault)
    bucket.refuses = None
    await vault.keep(SHA, original=b"original", served=b"served")
    assert await vault.served(SHA) == b"served", "and the same vault takes it later"


async def test_a_store_that_hangs_keeps_nobody_waiting(bucket: ObjectStore, tmp_path: Path) -> None:
    bucket.hangs = True
    async with asyncio.timeout(25):  # the library's own limit is 30 s an answer, and minutes with its repetitions
        await must_be_unavailable(s3(tmp_path))


async def test_a_store_that_is_not_there_is_told(
    bucket: ObjectStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT", "http://127.0.0.1:9")
    async with asyncio.timeout(25):
        await must_be_unavailable(s3(tmp_path))
    assert bucket.seen == []


async def must_be_unavailable(vault: Vault) -> None:
    for asked in (vault.keep(SHA, original=b"o", served=b"s"), vault.served(SHA)):
        with pytest.raises(Unavailable) as refused:
            await asked
        assert (refused.value.status, refused.value.retry_after) == (503, 30)


async def test_a_folder_that_takes_no_more_is_told_and_takes_it_later(tmp_path: Path) -> None:
    vault = Vault(url="", folder=tmp_path / "photos")
    (tmp_path / "photos" / "served").write_text("in the way")  # as a full disk, the second write fails
    with pytest.raises(Unavailable):
        await vault.keep(SHA, original=b"original", served=b"served")
    (tmp_path / "photos" / "served").unlink()
    await vault.keep(SHA, original=b"original", served=b"served")
    assert await vault.served(SHA) == b"served"
