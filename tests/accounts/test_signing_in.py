"""Signing in tells an attacker nothing, slows them down, and never locks an honest person out for good."""

import asyncio
import statistics
import time

import httpx

from tests.accounts.conftest import PASSWORD, MovableClock
from tests.running import System, body

DISPATCHER = {"name": "Wang", "role": "dispatcher", "branch_id": "HB", "login": "wang", "password": PASSWORD}


async def sign_in(client: httpx.AsyncClient, login: str, password: str) -> httpx.Response:
    return await client.post("/accounts/v1/sessions", json={"login": login, "password": password})


async def test_a_session_carries_role_and_scope_and_ends_after_twelve_hours(
    accounts: System, admin: httpx.AsyncClient, clock: MovableClock
) -> None:
    body(await admin.post("/accounts/v1/people", json=DISPATCHER), 201)
    session = body(await sign_in(accounts.client(None), "WANG", PASSWORD), 201)
    wang = accounts.client(session["access_token"])
    me = body(await wang.get("/accounts/v1/me"))
    assert (me["role"], me["branch_id"], me["station_id"]) == ("dispatcher", "HB", None)
    clock.move(hours=12, seconds=-1)
    body(await wang.get("/accounts/v1/me"))
    clock.move(minutes=2)
    assert (await wang.get("/accounts/v1/me")).status_code == 401


async def test_wrong_logins_and_wrong_passwords_look_alike(accounts: System, admin: httpx.AsyncClient) -> None:
    anybody = accounts.client(None)
    wrong = await sign_in(anybody, "first", "not the password")
    unknown = await sign_in(anybody, "nobody", "not the password")
    assert (wrong.status_code, wrong.json()) == (unknown.status_code, unknown.json())
    assert wrong.status_code == 401


async def test_an_unknown_login_takes_as_long_as_a_wrong_password(
    accounts: System, admin: httpx.AsyncClient, clock: MovableClock
) -> None:
    anybody = accounts.client(None)
    took: dict[str, list[float]] = {"first": [], "nobody": []}
    for _ in range(6):
        for login, times in took.items():
            started = time.perf_counter()
            assert (await sign_in(anybody, login, "not the password")).status_code == 401
            times.append(time.perf_counter() - started)
        clock.move(hours=2)
    known, unknown = (statistics.median(times) for times in took.values())
    # Without a hash for the unknown login the ratio is above 3.
    assert 0.5 < known / unknown < 2


async def test_failures_cost_growing_pauses_that_end(
    accounts: System, admin: httpx.AsyncClient, clock: MovableClock
) -> None:
    anybody = accounts.client(None)
    for _ in range(5):
        assert (await sign_in(anybody, "first", "wrong wrong wrong")).status_code == 401
    pauses = []
    for _ in range(12):
        limited = await sign_in(anybody, "first", PASSWORD)
        assert limited.status_code == 429, "the right password must not tell itself apart while limited"
        pauses.append(int(limited.headers["Retry-After"]))
        clock.move(seconds=pauses[-1])
        assert (await sign_in(anybody, "first", "wrong wrong wrong")).status_code == 401
    assert pauses == sorted(pauses)
    assert max(pauses) <= 15 * 60 + 1
    assert (await sign_in(anybody, "nobody", PASSWORD)).status_code == 401, "another login is not held up"
    clock.move(minutes=16)
    assert (await sign_in(anybody, "first", PASSWORD)).status_code == 201
    assert (await sign_in(anybody, "first", PASSWORD)).status_code == 201


async def test_many_guesses_at_once_get_no_more_than_the_free_ones(accounts: System, admin: httpx.AsyncClient) -> None:
    anybody = accounts.client(None)
    answers = await asyncio.gather(*(sign_in(anybody, "first", f"guess number {n}") for n in range(20)))
    looked_at = [answer for answer in answers if answer.status_code == 401]
    assert len(looked_at) == 5
    assert {answer.status_code for answer in answers} == {401, 429}


async def test_changing_the_password_signs_out_everywhere(accounts: System, admin: httpx.AsyncClient) -> None:
    wrong = {"current": "not the password", "new": "another good password"}
    assert (await admin.post("/accounts/v1/me/password", json=wrong)).status_code == 422
    right = wrong | {"current": PASSWORD}
    assert (await admin.post("/accounts/v1/me/password", json=right)).status_code == 204
    revoked = body(await accounts.service.get("/accounts/v1/revocations"))["token_ids"]
    assert len(revoked) == 1
    anybody = accounts.client(None)
    assert (await sign_in(anybody, "first", PASSWORD)).status_code == 401
    assert (await sign_in(anybody, "first", "another good password")).status_code == 201


async def test_weak_passwords_are_refused(admin: httpx.AsyncClient) -> None:
    for password in ("short", "aaaaaaaaaaaaaaaa", "wang-wang-wang", "x" * 129):
        refused = await admin.post("/accounts/v1/people", json=DISPATCHER | {"password": password})
        assert body(refused, 422)["pointer"] == "/password"
        assert password not in refused.text
