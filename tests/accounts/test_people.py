"""People, their scopes, phones and keys: who may do what to whom, and that every change names its actor."""

from typing import Any

import httpx

from kit.settings import Settings
from tests.accounts.conftest import PASSWORD, MovableClock
from tests.running import System, body, eventually

ENGINEER = {"name": "Li", "role": "engineer", "branch_id": "HB", "station_id": "HB-01", "engineer_id": "E-1"}


async def add(admin: httpx.AsyncClient, **person: Any) -> dict[str, Any]:
    made: dict[str, Any] = body(await admin.post("/accounts/v1/people", json=person), 201)
    return made


async def client_of(accounts: System, person: dict[str, Any]) -> httpx.AsyncClient:
    token = await accounts.service.post(f"/accounts/v1/people/{person['id']}/tokens", json={"device": "phone"})
    return accounts.client(body(token, 201)["access_token"])


BAD_PEOPLE = [
    ({"name": "A", "role": "dispatcher"}, "/branch_id"),
    ({"name": "A", "role": "station"}, "/station_id"),
    ({"name": "A", "role": "engineer", "branch_id": "HB"}, "/engineer_id"),
    ({"name": "A", "role": "admin", "branch_id": "HB"}, "/branch_id"),
    ({"name": "A", "role": "auditor", "engineer_id": "E-1"}, "/engineer_id"),
    ({"name": "A", "role": "system"}, "/role"),
    ({"name": "A", "role": "service"}, "/role"),
    ({"name": "A", "role": "admin", "password": PASSWORD}, "/login"),
    ({"name": "", "role": "admin"}, "/name"),
    ({"name": "A", "role": "admin", "state": "active"}, "/state"),
]


async def test_a_role_has_its_scope_and_no_other(admin: httpx.AsyncClient) -> None:
    for person, pointer in BAD_PEOPLE:
        assert body(await admin.post("/accounts/v1/people", json=person), 422)["pointer"] == pointer, person


async def test_a_login_and_an_engineer_belong_to_one_person(admin: httpx.AsyncClient) -> None:
    li = await add(admin, **ENGINEER, login="li", password=PASSWORD)
    other = await add(admin, name="B", role="auditor", login="bo")
    same_engineer = await admin.post("/accounts/v1/people", json=ENGINEER)
    same_login = await admin.post("/accounts/v1/people", json={"name": "C", "role": "auditor", "login": "LI"})
    assert body(same_engineer, 409)["person_id"] == body(same_login, 409)["person_id"] == li["id"]
    path = f"/accounts/v1/people/{other['id']}"
    taken = await admin.patch(path, json={"login": "li"}, headers={"If-Match": '"1"'})
    assert taken.json()["type"] == "/problems/login-taken"


async def test_people_see_themselves_and_dispatchers_their_branch(accounts: System, admin: httpx.AsyncClient) -> None:
    here = await add(admin, **ENGINEER)
    there = await add(admin, **ENGINEER | {"branch_id": "GD", "station_id": "GD-01", "engineer_id": "E-2"})
    dispatcher = await client_of(accounts, await add(admin, name="D", role="dispatcher", branch_id="HB"))
    engineer = await client_of(accounts, here)
    seen = body(await dispatcher.get("/accounts/v1/people", params={"role": "engineer"}))["items"]
    assert [person["id"] for person in seen] == [here["id"]]
    reads = {
        (who, person["id"]): (await client.get(f"/accounts/v1/people/{person['id']}")).status_code
        for who, client in (("dispatcher", dispatcher), ("engineer", engineer))
        for person in (here, there)
    }
    assert reads == {
        ("dispatcher", here["id"]): 200,
        ("dispatcher", there["id"]): 404,
        ("engineer", here["id"]): 200,
        ("engineer", there["id"]): 404,
    }
    assert (await engineer.get("/accounts/v1/people")).status_code == 403


async def test_dispatchers_enrol_phones_of_their_branch_and_nobody_stronger(
    accounts: System, admin: httpx.AsyncClient
) -> None:
    people = {
        "own engineer": await add(admin, **ENGINEER),
        "foreign engineer": await add(admin, **ENGINEER | {"branch_id": "GD", "engineer_id": "E-2"}),
        "admin": await add(admin, name="A", role="admin"),
        "colleague": await add(admin, name="D2", role="dispatcher", branch_id="HB"),
    }
    dispatcher = await client_of(accounts, await add(admin, name="D", role="dispatcher", branch_id="HB"))
    statuses = {
        who: (await dispatcher.post(f"/accounts/v1/people/{person['id']}/tokens", json={})).status_code
        for who, person in people.items()
    }
    assert statuses == {"own engineer": 201, "foreign engineer": 404, "admin": 404, "colleague": 404}


async def test_a_lost_phone_works_for_a_month_and_is_out_within_a_minute(
    accounts: System, admin: httpx.AsyncClient, clock: MovableClock
) -> None:
    li = await add(admin, **ENGINEER)
    token = body(await admin.post(f"/accounts/v1/people/{li['id']}/tokens", json={"device": "red"}), 201)
    phone = accounts.client(token["access_token"])
    clock.move(days=29)
    body(await phone.get("/accounts/v1/me"))
    password = {"login": "first", "password": PASSWORD}
    session = body(await accounts.client(None).post("/accounts/v1/sessions", json=password), 201)
    admin_again = accounts.client(session["access_token"])
    for _ in range(2):
        assert (await admin_again.delete(f"/accounts/v1/tokens/{token['token_id']}")).status_code == 204
    clock.move(seconds=60)
    assert (await phone.get("/accounts/v1/me")).status_code == 401


async def test_changes_need_the_version_and_end_old_tokens(
    accounts: System, admin: httpx.AsyncClient, clock: MovableClock
) -> None:
    li = await add(admin, **ENGINEER)
    phone, path = await client_of(accounts, li), f"/accounts/v1/people/{li['id']}"
    assert (await admin.patch(path, json={"name": "Li Lei"})).status_code == 428
    assert (await admin.patch(path, json={"name": "Li Lei"}, headers={"If-Match": '"7"'})).status_code == 412
    renamed = await admin.patch(path, json={"name": "Li Lei"}, headers={"If-Match": '"1"'})
    assert (body(renamed)["name"], renamed.headers["ETag"]) == ("Li Lei", '"2"')
    clock.move(seconds=60)
    body(await phone.get("/accounts/v1/me"))  # a new name changes no right
    body(await admin.patch(path, json={"state": "disabled"}, headers={"If-Match": '"2"'}))
    clock.move(seconds=60)
    assert (await phone.get("/accounts/v1/me")).status_code == 401
    assert (await admin.post(f"{path}/tokens", json={})).status_code == 409


async def test_erasing_takes_name_login_and_access_away(accounts: System, admin: httpx.AsyncClient) -> None:
    li = await add(admin, **ENGINEER, login="li", password=PASSWORD)
    assert (await admin.delete(f"/accounts/v1/people/{li['id']}")).status_code == 204
    assert (await admin.get(f"/accounts/v1/people/{li['id']}")).status_code == 404
    answer = await accounts.client(None).post("/accounts/v1/sessions", json={"login": "li", "password": PASSWORD})
    assert answer.status_code == 401
    await add(admin, **ENGINEER, login="li", password=PASSWORD)  # both are free again


async def test_an_admin_cannot_shut_themselves_out(admin: httpx.AsyncClient) -> None:
    me = f"/accounts/v1/people/{body(await admin.get('/accounts/v1/me'))['subject']}"
    assert (await admin.delete(me)).status_code == 409
    for change in ({"state": "disabled"}, {"role": "auditor"}):
        assert (await admin.patch(me, json=change, headers={"If-Match": '"1"'})).status_code == 409


async def test_api_keys_work_within_their_branch_until_withdrawn(
    accounts: System, admin: httpx.AsyncClient, clock: MovableClock
) -> None:
    made = body(await admin.post("/accounts/v1/keys", json={"name": "hotline", "branch_id": "HB"}), 201)
    hotline = accounts.client(made["key"])
    me = body(await hotline.get("/accounts/v1/me"))
    assert (me["role"], me["branch_id"], me["name"]) == ("system", "HB", "hotline")
    listed = body(await admin.get("/accounts/v1/keys"))["items"]
    assert made["key"].startswith(listed[0]["shown_prefix"])
    assert made["key"] not in str(listed)
    assert (await hotline.get("/accounts/v1/people")).status_code == 403
    assert (await admin.delete(f"/accounts/v1/keys/{made['id']}")).status_code == 204
    assert (await admin.delete(f"/accounts/v1/keys/{made['id']}")).status_code == 404
    clock.move(seconds=60)
    assert (await hotline.get("/accounts/v1/me")).status_code == 401
    assert (await accounts.client("rk_guessed").get("/accounts/v1/me")).status_code == 401


async def test_every_change_is_in_the_journal_with_its_actor_and_without_names(
    accounts: System, admin: httpx.AsyncClient, settings: Settings
) -> None:
    li = await add(admin, **ENGINEER, login="li-lei", password=PASSWORD)
    await client_of(accounts, li)
    await admin.delete(f"/accounts/v1/people/{li['id']}")

    async def journal() -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = body(await admin.get("/accounts/v1/journal"))["items"]
        return items

    items = await eventually(journal, lambda rows: len(rows) >= 6)
    admin_id = body(await admin.get("/accounts/v1/me"))["subject"]
    assert [(row["kind"], row["actor"]) for row in items] == [
        ("person.created", "first-run"),
        ("token.issued", "first-run"),
        ("person.created", f"admin:{admin_id}"),
        ("token.issued", "service:tests"),
        ("person.changed", f"admin:{admin_id}"),
        ("token.revoked", f"admin:{admin_id}"),
    ]
    assert not any(secret in str(items) for secret in ("Li", "li-lei", PASSWORD, "argon2"))
