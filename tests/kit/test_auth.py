"""Only tokens that accounts or a service of this installation signed get in, and only as long as they hold.

The same table over HTTP, with accounts' real keys, stands in tests/accounts.
"""

import asyncio
import base64
import hashlib
import hmac
import json
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, OctKey, OKPKey, RSAKey

from kit import auth, keys
from kit.auth import Authenticator, Principal, claims_of, service_token
from kit.client import NeighbourDown
from kit.keys import AccountsKeys
from kit.problems import Forbidden, Unauthenticated

SECRET = "a secret of the tests"
START = datetime(2026, 11, 21, tzinfo=UTC)
KEY = OKPKey.generate_key("Ed25519", {"use": "sig", "alg": "Ed25519"}, auto_kid=True)
OTHER = OKPKey.generate_key("Ed25519", {"use": "sig", "alg": "Ed25519"}, auto_kid=True)
PERSON = Principal("p1", "dispatcher", branch_id="B1")
Claims = dict[str, Any]


@dataclass
class MovableClock:
    instant: datetime = START

    def now(self) -> datetime:
        return self.instant


def public(*private: OKPKey) -> KeySet:
    return KeySet([OKPKey.import_key(key.as_dict(private=False)) for key in private])


@dataclass
class Known:
    """What accounts would tell."""

    keys: KeySet = field(default_factory=lambda: public(KEY))
    revoked: set[str] = field(default_factory=set)

    async def public_keys(self) -> KeySet:
        return self.keys

    async def is_revoked(self, token_id: str) -> bool:
        return token_id in self.revoked

    async def principal_of_api_key(self, key: str) -> Principal | None:
        return Principal("k1", "system") if key == "rk_good" else None


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock()


@pytest.fixture
def known() -> Known:
    return Known()


@pytest.fixture
def door(clock: MovableClock, known: Known) -> Authenticator:
    return Authenticator(keys=known, secret=SECRET, clock=clock)


def part(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def sealed(head: Claims, claims: Claims, seal: bytes) -> str:
    return f"{part(head)}.{part(claims)}.{base64.urlsafe_b64encode(seal).rstrip(b'=').decode()}"


def token(header: Claims | None = None, claims: Claims | None = None, key: OKPKey = KEY) -> str:
    """A good token with changes; None takes something out."""
    good = claims_of(PERSON, token_id="t1", issued=START, life=timedelta(hours=1))
    head = {"alg": "Ed25519", "typ": "at+jwt", "kid": KEY.kid} | (header or {})
    head = {name: value for name, value in head.items() if value is not None}
    says = {name: value for name, value in (good | (claims or {})).items() if value is not None}
    return sealed(head, says, key.private_key.sign(f"{part(head)}.{part(says)}".encode()))  # type: ignore[union-attr]


def hmacked(secret: bytes, header: Claims, claims: Claims | None = None) -> str:
    says = claims_of(PERSON, token_id="t1", issued=START, life=timedelta(hours=1)) | (claims or {})
    signing = f"{part(header)}.{part(says)}".encode()
    return sealed(header, says, hmac.new(secret, signing, hashlib.sha256).digest())


def by_library(key: Any, header: Claims) -> str:
    says = claims_of(PERSON, token_id="t1", issued=START, life=timedelta(hours=1))
    return jwt.encode(header, says, key, algorithms=[header["alg"]])


PUBLIC_PEM = OKPKey.import_key(KEY.as_dict(private=False)).as_pem(private=False)
SERVICE_SECRET = hashlib.sha256(b"service-calls:" + SECRET.encode()).digest()
HS = {"alg": "HS256", "typ": "svc+jwt"}
WRONG_CLAIMS: dict[str, list[Any]] = {
    "iss": ["elsewhere", None, ["roadcall"]],
    "aud": ["another-api", None, ["roadcall-api"]],
    "exp": [None, 0, "2999999999", 1e300, True, int(START.timestamp()) - 31],
    "nbf": ["soon", int(START.timestamp()) + 31, 4_000_000_000],
    "role": ["service", "root", None, ["admin"], {"admin": True}, 1],
    "sub": [None, "", 0],
}
WRONG_TYPES: list[Any] = ["JWT", None, "id+jwt", ["at+jwt"], {}]
FORGED: dict[str, str] = {
    "nothing": "",
    "one part": "x",
    "empty parts": "..",
    "five parts": "a.b.c.d.e",
    "not ascii": "é.é.é",
    "a list as header": f"{part([1])}.{part({})}.x",
    "a deep header": base64.urlsafe_b64encode(b"[" * 100_000).decode() + ".x.y",
    "unknown API key": "rk_bad",
    "no signature": token().rpartition(".")[0] + ".",
    "another payload": ".".join([token().split(".")[0], part({"role": "admin"}), token().split(".")[2]]),
    "another key under the same kid": token(key=OTHER),
    "a key brought along": token({"jwk": OTHER.as_dict(private=False)}, key=OTHER),
    "an address of keys": token({"jku": "http://127.0.0.1:9/"}, key=OTHER),
    "unknown kid": token({"kid": "unknown"}),
    "critical extension": token({"crit": ["exp"]}),
    **{f"alg {alg!r}": sealed({"alg": alg, "typ": "at+jwt"}, {}, b"") for alg in ("none", "None", "NONE", "")},
    **{f"alg {alg!r} as a service": sealed({"alg": alg, "typ": "svc+jwt"}, {}, b"") for alg in ("none", "nOnE")},
    "HMAC with the public key": hmacked(PUBLIC_PEM, {"alg": "HS256", "typ": "at+jwt", "kid": KEY.kid}),
    "HMAC with the public key as a service": hmacked(PUBLIC_PEM, HS),
    "HMAC with no key": hmacked(b"", HS),
    "HMAC with the bare secret": hmacked(SECRET.encode(), HS),
    "the services' key for a person": hmacked(SERVICE_SECRET, HS | {"typ": "at+jwt"}),
    "the persons' key for a service": token({"typ": "svc+jwt"}, {"role": None}),
    "RS256": by_library(RSAKey.generate_key(2048), {"alg": "RS256", "typ": "at+jwt", "kid": KEY.kid}),
    "ES256": by_library(ECKey.generate_key("P-256"), {"alg": "ES256", "typ": "at+jwt", "kid": KEY.kid}),
    "HS512": by_library(OctKey.import_key(SERVICE_SECRET * 2), {"alg": "HS512", "typ": "svc+jwt"}),
    "another installation's service": service_token(service="orders", secret="another", now=START),
    "an expired service": service_token(service="orders", secret=SECRET, now=START - timedelta(minutes=6)),
    "a service of tomorrow": service_token(service="orders", secret=SECRET, now=START + timedelta(days=1)),
    "a service without a name": hmacked(SERVICE_SECRET, HS, {"sub": ""}),
    **{f"{name} {bad!r}": token(claims={name: bad}) for name, values in WRONG_CLAIMS.items() for bad in values},
    **{f"typ {typ!r}": token({"typ": typ}) for typ in WRONG_TYPES},
}


@pytest.mark.parametrize("forged", FORGED.values(), ids=FORGED.keys())
async def test_a_forged_token_is_refused(door: Authenticator, forged: str) -> None:
    with pytest.raises(Unauthenticated):
        await door.authenticate(f"Bearer {forged}", "admin:somebody")


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer ", f"Basic {token()}", token(), f"Bearer  {token()}"])
async def test_a_malformed_header_is_refused(door: Authenticator, header: str | None) -> None:
    with pytest.raises(Unauthenticated):
        await door.authenticate(header)


async def test_a_good_token_is_its_person_and_cannot_speak_for_another(door: Authenticator) -> None:
    person = await door.authenticate(f"bearer {token()}", "admin:somebody")
    assert person == replace(PERSON, token_id="t1")
    assert person.actor == "dispatcher:p1"
    key = await door.authenticate("Bearer rk_good", "admin:somebody")
    assert key.actor == "system:k1"


async def test_a_service_may_speak_for_somebody(door: Authenticator) -> None:
    call = f"Bearer {service_token(service='mobile', secret=SECRET, now=START)}"
    assert (await door.authenticate(call)).actor == "service:mobile"
    assert (await door.authenticate(call, "engineer:e1")).actor == "engineer:e1"
    assert (await door.authenticate(call)).actor == "service:mobile", "the name stuck to a remembered token"


async def test_a_remembered_signature_does_not_outlive_the_token(
    door: Authenticator, clock: MovableClock, known: Known
) -> None:
    for header in (f"Bearer {token()}", f"Bearer {service_token(service='x', secret=SECRET, now=START)}"):
        await door.authenticate(header)
    known.revoked.add("t1")
    with pytest.raises(Unauthenticated, match="withdrawn"):
        await door.authenticate(f"Bearer {token()}")
    known.revoked.clear()
    known.keys = public(OTHER)
    with pytest.raises(Unauthenticated, match="not signed"):
        await door.authenticate(f"Bearer {token()}")
    known.keys = public(OTHER, KEY)
    await door.authenticate(f"Bearer {token()}")
    clock.instant += timedelta(hours=1, seconds=auth.LEEWAY_S + 1)
    for header in (f"Bearer {token()}", f"Bearer {service_token(service='x', secret=SECRET, now=START)}"):
        with pytest.raises(Unauthenticated, match="expired"):
            await door.authenticate(header)


async def test_what_is_remembered_is_bounded(door: Authenticator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(auth, "MOST_REMEMBERED", 3)
    for number in range(10):
        await door.authenticate(f"Bearer {token(claims={'jti': str(number)})}")
        assert len(door._seen) <= 3


def test_roles_are_asked_for() -> None:
    auth.require(PERSON, "dispatcher")
    for role in ("admin", "service"):
        auth.require(Principal("x", role), "engineer")
    with pytest.raises(Forbidden):
        auth.require(PERSON, "auditor")


# --- what is remembered of accounts -----------------------------------------------------------------------------


@dataclass
class Accounts:
    """Answers like accounts' client; `away` makes it hang and fail as one does that is out of reach."""

    away: bool = False
    hangs_s: float = 0.0
    asked: int = 0
    revoked: list[str] = field(default_factory=list)

    async def get(self, path: str) -> Any:
        self.asked += 1
        await asyncio.sleep(self.hangs_s)
        if self.away:
            raise NeighbourDown("accounts", "of the test")
        return {"token_ids": list(self.revoked)} if path.endswith("revocations") else public(KEY).as_dict()


@pytest.fixture
def accounts() -> Accounts:
    return Accounts()


@pytest.fixture
def remembered(accounts: Accounts, clock: MovableClock) -> AccountsKeys:
    return AccountsKeys(client=accounts, clock=clock)  # type: ignore[arg-type]


async def test_a_withdrawal_counts_within_a_minute_or_nobody_gets_in(
    remembered: AccountsKeys, accounts: Accounts, clock: MovableClock
) -> None:
    assert not await remembered.is_revoked("t1")
    accounts.revoked.append("t1")
    clock.instant += keys.REVOCATIONS_FRESH + timedelta(seconds=1)
    assert await remembered.is_revoked("t1")
    accounts.away = True
    clock.instant += timedelta(seconds=45)
    assert await remembered.is_revoked("t1"), "an outage of seconds must not lock everybody out"
    clock.instant += timedelta(seconds=15)
    with pytest.raises(NeighbourDown):
        await remembered.is_revoked("t1")


async def test_requests_do_not_queue_behind_an_accounts_that_hangs(
    remembered: AccountsKeys, accounts: Accounts
) -> None:
    accounts.away, accounts.hangs_s = True, 0.2
    async with asyncio.timeout(1):
        answers = await asyncio.gather(*(remembered.is_revoked("t1") for _ in range(20)), return_exceptions=True)
    assert all(isinstance(answer, NeighbourDown) for answer in answers)
    assert accounts.asked == 1


async def test_a_renewal_keeps_nobody_waiting(
    remembered: AccountsKeys, accounts: Accounts, clock: MovableClock
) -> None:
    await remembered.public_keys()
    clock.instant += keys.KEYS_FRESH + timedelta(seconds=1)
    accounts.hangs_s = 0.3
    renewing = asyncio.create_task(remembered.public_keys())
    await asyncio.sleep(0)
    async with asyncio.timeout(0.1):
        await remembered.public_keys()
    await renewing
    assert accounts.asked == 2
