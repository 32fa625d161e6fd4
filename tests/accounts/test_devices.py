"""A phone stays signed in through lost replies and never through a theft."""

from unittest.mock import patch

import httpx
import pytest
from joserfc.jwk import ECKey

from services.accounts import domain
from tests.accounts.conftest import MovableClock
from tests.accounts.phones import KeyedPhone
from tests.running import System, body, eventually

ENGINEER = {"name": "Li", "role": "engineer", "branch_id": "HB", "station_id": "HB-01", "engineer_id": "E-1"}


@pytest.fixture
async def person_id(admin: httpx.AsyncClient) -> str:
    made: str = body(await admin.post("/accounts/v1/people", json=ENGINEER), 201)["id"]
    return made


@pytest.fixture
async def code(admin: httpx.AsyncClient, person_id: str) -> str:
    offered: str = body(await admin.post(f"/accounts/v1/people/{person_id}/enrolments"), 201)["code"]
    return offered


@pytest.fixture
def phone(accounts: System) -> KeyedPhone:
    return KeyedPhone(accounts.client(None))


async def who(accounts: System, grant: dict[str, str]) -> int:
    return (await accounts.client(grant["access_token"]).get("/accounts/v1/me")).status_code


async def test_an_enrolled_phone_is_its_engineer(accounts: System, phone: KeyedPhone, code: str) -> None:
    grant = await phone.enrol(code.lower().replace("-", " "))  # as somebody types it
    me = body(await accounts.client(grant["access_token"]).get("/accounts/v1/me"))
    assert (me["role"], me["engineer_id"]) == ("engineer", "E-1")
    assert grant["expires_in"] == 600


async def test_an_access_token_lives_ten_minutes_and_is_renewed(
    accounts: System, phone: KeyedPhone, code: str, clock: MovableClock
) -> None:
    grant = await phone.enrol(code)
    clock.move(minutes=11)
    assert await who(accounts, grant) == 401
    renewed = body(await phone.refresh(grant["refresh_token"]))
    assert await who(accounts, renewed) == 200
    assert renewed["refresh_token"] != grant["refresh_token"]


async def test_a_lost_reply_to_a_refresh_logs_nobody_out(accounts: System, phone: KeyedPhone, code: str) -> None:
    first = (await phone.enrol(code))["refresh_token"]
    for _ in range(3):  # the answers never arrive
        body(await phone.refresh(first))
    heard = body(await phone.refresh(first))
    again = body(await phone.refresh(heard["refresh_token"]))
    assert await who(accounts, again) == 200


async def test_a_token_older_than_the_previous_one_is_a_theft(
    accounts: System, phone: KeyedPhone, code: str, admin: httpx.AsyncClient, person_id: str
) -> None:
    first = await phone.enrol(code)
    second = body(await phone.refresh(first["refresh_token"]))
    third = body(await phone.refresh(second["refresh_token"]))
    stolen = await phone.refresh(first["refresh_token"])
    assert body(stolen, 400)["error"] == "invalid_grant"
    # The whole family is dead: the honest phone has to be enrolled anew as well.
    assert body(await phone.refresh(third["refresh_token"]), 400)["error"] == "invalid_grant"
    revoked = body(await accounts.service.get("/accounts/v1/revocations"))["token_ids"]
    assert first["device_id"] in revoked

    async def reasons() -> list[str]:
        told = body(await admin.get("/accounts/v1/journal"))["items"]
        return [row["payload"]["reason"] for row in told if row["kind"] == "device.revoked"]

    await eventually(reasons, lambda told: told == ["token_stolen"])


async def test_a_stolen_token_is_useless_without_the_key_and_kills_the_family(
    phone: KeyedPhone, code: str, accounts: System
) -> None:
    grant = await phone.enrol(code)
    thief = KeyedPhone(accounts.client(None), nonce=phone.nonce)
    assert body(await thief.refresh(grant["refresh_token"]), 400)["error"] == "invalid_grant"
    assert body(await phone.refresh(grant["refresh_token"]), 400)["error"] == "invalid_grant"


async def test_a_replayed_request_gets_nothing_and_harms_nobody(phone: KeyedPhone, code: str) -> None:
    grant = await phone.enrol(code)
    proof = phone.proof()
    form = {"grant_type": "refresh_token", "refresh_token": grant["refresh_token"]}
    heard = body(await phone.ask(form, proof=proof))
    assert body(await phone.ask(form, proof=proof), 400)["error"] == "invalid_grant"
    body(await phone.refresh(heard["refresh_token"]))


async def test_a_phone_with_a_wrong_clock_is_let_in_by_the_nonce(
    phone: KeyedPhone, code: str, clock: MovableClock
) -> None:
    grant = await phone.enrol(code)  # its proofs say the year 1970
    clock.move(minutes=6)  # the nonce is too old now
    old = phone.nonce
    body(await phone.refresh(grant["refresh_token"]))
    assert phone.nonce != old


@pytest.mark.parametrize(
    ("what", "claims"),
    [
        ("another method", {"htm": "GET"}),
        ("another address", {"htu": "https://x/accounts/v1/me"}),
        ("no id", {"jti": ""}),
    ],
)
async def test_a_proof_for_something_else_is_refused(
    phone: KeyedPhone, code: str, what: str, claims: dict[str, str]
) -> None:
    grant = await phone.enrol(code)
    refused = await phone.refresh(grant["refresh_token"], **claims)
    assert body(refused, 400)["error"] == "invalid_dpop_proof", what
    body(await phone.refresh(grant["refresh_token"]))


async def test_a_proof_must_be_signed_by_the_key_in_it(phone: KeyedPhone, code: str) -> None:
    grant = await phone.enrol(code)
    other = phone.proof(key=ECKey.generate_key("P-256")).split(".")
    forged = ".".join([phone.proof().split(".")[0], *other[1:]])
    form = {"grant_type": "refresh_token", "refresh_token": grant["refresh_token"]}
    assert body(await phone.ask(form, proof=forged), 400)["error"] == "invalid_dpop_proof"


async def test_an_enrolment_code_serves_one_phone(phone: KeyedPhone, code: str, accounts: System) -> None:
    body(await phone.challenge_with(code))
    other = KeyedPhone(accounts.client(None))
    assert body(await other.challenge_with(code), 400)["error"] == "invalid_grant"
    grant = await phone.enrol(code)  # the answer to the first attempt was lost: the same phone comes again
    again = await phone.enrol(code)
    assert again["device_id"] == grant["device_id"]


async def test_enrolment_codes_end_after_a_day_and_cannot_be_guessed_fast(
    phone: KeyedPhone, code: str, clock: MovableClock
) -> None:
    for _ in range(5):
        assert (await phone.challenge_with("WRONGWRONG12")).status_code == 400
    assert (await phone.challenge_with(code)).status_code == 429
    clock.move(days=1, minutes=1)
    assert body(await phone.challenge_with(code), 400)["error"] == "invalid_grant"


async def test_an_authorization_code_serves_once_and_only_with_its_verifier(phone: KeyedPhone, code: str) -> None:
    given = body(await phone.challenge_with(code))["authorization_code"]
    form = {"grant_type": "authorization_code", "code": given}
    wrong = await phone.ask(form | {"code_verifier": "x" * 64})
    assert body(wrong, 400)["error"] == "invalid_grant"
    given = body(await phone.challenge_with(code))["authorization_code"]
    await phone.redeem(given)
    spent = await phone.ask({"grant_type": "authorization_code", "code": given, "code_verifier": phone.verifier})
    assert body(spent, 400)["error"] == "invalid_grant"


async def test_a_lost_phone_is_out_at_once_here_and_within_a_minute_everywhere(
    accounts: System, phone: KeyedPhone, code: str, admin: httpx.AsyncClient, person_id: str, clock: MovableClock
) -> None:
    grant = await phone.enrol(code)
    held = body(await admin.get(f"/accounts/v1/people/{person_id}/tokens"))["items"]
    assert [(row["kind"], row["device"]) for row in held] == [("device", "Pixel")]
    assert await who(accounts, grant) == 200
    assert (await admin.delete(f"/accounts/v1/tokens/{held[0]['token_id']}")).status_code == 204
    clock.move(seconds=59)
    assert await who(accounts, grant) == 401
    assert body(await phone.refresh(grant["refresh_token"]), 400)["error"] == "invalid_grant"
    # Neither the old code nor the old key brings it back.
    given = body(await phone.challenge_with(code))["authorization_code"]
    form = {"grant_type": "authorization_code", "code": given, "code_verifier": phone.verifier}
    assert body(await phone.ask(form), 400)["error"] == "invalid_grant"


async def test_dispatchers_enrol_in_their_own_branch_only(accounts: System, person_id: str) -> None:
    own = await accounts.sign_in("dispatcher", branch_id="HB")
    other = await accounts.sign_in("dispatcher", branch_id="SD")
    engineer = await accounts.sign_in("engineer", engineer_id="E-2")
    path = f"/accounts/v1/people/{person_id}/enrolments"
    assert (await own.post(path)).status_code == 201
    assert (await other.post(path)).status_code == 404
    assert (await engineer.post(path)).status_code == 403


async def test_the_checks_see_a_server_that_forgets_the_theft(phone: KeyedPhone, code: str) -> None:
    """Negative control: with the generation rule away, an old token is honoured, which the test above would see."""
    first = await phone.enrol(code)
    second = body(await phone.refresh(first["refresh_token"]))
    body(await phone.refresh(second["refresh_token"]))
    with patch.object(domain, "may_refresh", return_value=True):
        assert (await phone.refresh(first["refresh_token"])).status_code == 200
