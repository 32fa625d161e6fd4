"""Photos in an object store, and a store that is full or out of reach."""

from pathlib import Path
from typing import Any

import obstore
import pytest

from kit.problems import Unavailable
from mobile_api.photos.vault import Vault

SHA = "ab" * 32


async def test_an_object_store_keeps_both_copies_and_gives_the_served_one(tmp_path: Path) -> None:
    vault = Vault(url="memory:///", folder=tmp_path / "photos")
    for _ in range(2):
        await vault.keep(SHA, original=b"original", served=b"served")
    assert await vault.served(SHA) == b"served"
    assert not (tmp_path / "photos").exists(), "nothing beside the store"


async def test_s3_is_written_below_its_prefix_and_out_of_reach_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "x")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    vault = Vault(url="s3://bucket/prefix", folder=tmp_path)
    assert vault._store.prefix == "prefix"

    async def away(*_: Any) -> None:
        raise obstore.exceptions.GenericError("connection refused")

    monkeypatch.setattr(obstore, "put_async", away)
    monkeypatch.setattr(obstore, "get_async", away)
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
