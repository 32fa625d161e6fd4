"""A new network has no password at all: one token makes the first admin, once."""

import stat

import httpx

from kit.settings import Settings
from tests.accounts.conftest import PASSWORD
from tests.running import System, body, eventually

FIRST = {"name": "First", "login": "first", "password": PASSWORD}


async def test_only_the_offered_token_makes_an_admin(accounts: System, settings: Settings) -> None:
    anybody = accounts.client(None)
    assert body(await anybody.get("/accounts/v1/first-run")) == {"open": True}
    for wrong in ("", "guess", "None"):
        answer = await anybody.post("/accounts/v1/first-run", json={"token": wrong, **FIRST})
        assert answer.status_code in (401, 422), wrong
    assert body(await anybody.get("/accounts/v1/first-run")) == {"open": True}


async def test_the_token_is_private_works_once_and_leaves_no_trace(
    accounts: System, settings: Settings, admin: httpx.AsyncClient
) -> None:
    me = body(await admin.get("/accounts/v1/me"))
    assert (me["role"], me["name"]) == ("admin", "First")
    assert not (settings.data / "first-run-token").exists()
    assert body(await admin.get("/accounts/v1/first-run")) == {"open": False}


async def test_the_token_file_can_be_read_by_nobody_else(accounts: System, settings: Settings) -> None:
    file = settings.data / "first-run-token"

    async def there() -> bool:
        return file.exists()

    await eventually(there, bool)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    token = file.read_text()
    anybody = accounts.client(None)
    answers = [
        await anybody.post("/accounts/v1/first-run", json={"token": token, **FIRST, "login": f"first{number}"})
        for number in range(2)
    ]
    assert [answer.status_code for answer in answers] == [201, 401]
