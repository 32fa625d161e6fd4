"""No forged, borrowed, early or late token gets in: every case is 401, at a route that any valid token may read."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

from kit.settings import Settings
from services.accounts.signing import Signing
from tests.accounts.conftest import MovableClock
from tests.running import System, body

Claims = dict[str, Any]


def encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def part(value: Any) -> str:
    return encoded(json.dumps(value).encode())


def decoded(token: str, index: int) -> Claims:
    piece = token.split(".")[index]
    claims: Claims = json.loads(base64.urlsafe_b64decode(piece + "=" * (-len(piece) % 4)))
    return claims


@pytest.fixture
async def key(accounts: System, admin: httpx.AsyncClient) -> OKPKey:
    """The true private key: what is wrong with a token below is only what its test says."""
    return (await Signing(accounts.assembly.contexts["accounts"].db).signer()).key


@pytest.fixture
def good(admin: httpx.AsyncClient) -> str:
    return str(admin.headers["authorization"]).removeprefix("Bearer ")


@pytest.fixture
async def status(accounts: System) -> Callable[[str], Any]:
    async def ask(token: str) -> int:
        return (await accounts.client(token).get("/accounts/v1/me")).status_code

    return ask


def signed(key: Any, token: str, *, header: Claims | None = None, claims: Claims | None = None) -> str:
    """The good token again with changed header and claims; None as a value takes a claim out."""
    head = {name: value for name, value in (decoded(token, 0) | (header or {})).items() if value is not None}
    says = {name: value for name, value in (decoded(token, 1) | (claims or {})).items() if value is not None}
    if head["alg"] != "Ed25519":
        return jwt.encode(head, says, key, algorithms=[head["alg"]], default_type=None)
    signing = f"{part(head)}.{part(says)}"  # by hand: the library refuses to make some of these
    return f"{signing}.{encoded(key.private_key.sign(signing.encode()))}"


async def test_the_control_token_is_good(key: OKPKey, good: str, status: Callable[[str], Any]) -> None:
    assert await status(signed(key, good)) == 200


CLAIMS: list[Claims] = [
    {"iss": "elsewhere"},
    {"iss": None},
    {"aud": "another-api"},
    {"aud": None},
    {"aud": ["roadcall-api"]},
    {"exp": None},
    {"exp": 0},
    {"exp": "2999999999"},
    {"exp": 1e400},
    {"exp": True},
    {"nbf": 4_000_000_000},
    {"nbf": "soon"},
    {"role": "service"},
    {"role": "root"},
    {"role": None},
    {"role": ["admin"]},
    {"role": {"admin": True}},
    {"sub": None},
    {"sub": ""},
]


HEADERS: list[Claims] = [{"typ": "JWT"}, {"typ": None}, {"typ": "svc+jwt"}, {"kid": "unknown"}, {"crit": ["exp"]}]


async def test_wrong_claims_or_headers_under_a_true_signature(
    key: OKPKey, good: str, status: Callable[[str], Any]
) -> None:
    got_in = [claims for claims in CLAIMS if await status(signed(key, good, claims=claims)) != 401]
    got_in += [header for header in HEADERS if await status(signed(key, good, header=header)) != 401]
    assert got_in == []


async def test_unsigned_tokens(good: str, status: Callable[[str], Any]) -> None:
    for alg in ("none", "None", "NONE", ""):
        head = decoded(good, 0) | {"alg": alg}
        for tail in ("", good.split(".")[2]):
            assert await status(f"{part(head)}.{part(decoded(good, 1))}.{tail}") == 401, alg


async def test_hmac_with_the_public_key_as_its_secret(
    accounts: System, good: str, status: Callable[[str], Any]
) -> None:
    public = body(await accounts.client(None).get("/accounts/v1/jwks"))["keys"][0]
    pem = OKPKey.import_key(public).as_pem(private=False)
    for secret in (pem, json.dumps(public).encode(), public["x"].encode(), b""):
        for typ in ("at+jwt", "svc+jwt"):
            signing = f"{part({'alg': 'HS256', 'typ': typ, 'kid': public['kid']})}.{part(decoded(good, 1))}"
            digest = hmac.new(secret, signing.encode(), hashlib.sha256).digest()
            assert await status(f"{signing}.{encoded(digest)}") == 401


async def test_other_keys_and_keys_that_the_token_brings_along(good: str, status: Callable[[str], Any]) -> None:
    own = OKPKey.generate_key("Ed25519")
    brought = own.as_dict(private=False)
    tokens = [
        signed(own, good),
        signed(own, good, header={"jwk": brought}),
        signed(own, good, header={"jku": "http://127.0.0.1:9/jwks"}),
        signed(own, good, header={"kid": None}),
        signed(RSAKey.generate_key(2048), good, header={"alg": "RS256"}),
        signed(ECKey.generate_key("P-256"), good, header={"alg": "ES256"}),
        signed(OctKey.generate_key(256), good, header={"alg": "HS256", "typ": "svc+jwt"}),
    ]
    assert [await status(token) for token in tokens] == [401] * len(tokens)


async def test_changed_payload_under_the_old_signature(good: str, status: Callable[[str], Any]) -> None:
    head, _, tail = good.split(".")
    assert await status(f"{head}.{part(decoded(good, 1) | {'role': 'auditor'})}.{tail}") == 401
    assert await status(good[:-4] + ("AAAA" if good[-4:] != "AAAA" else "BBBB")) == 401


async def test_noise(accounts: System) -> None:
    for token in ("", "x", "..", "a.b.c", "." * 50, "é", "rk_", "rk_é", "rk_" + "x" * 500, "a" * 60_000):
        headers = {b"Authorization": b"Bearer " + token.encode()}
        answer = await accounts.client(None).get("/accounts/v1/me", headers=headers)
        assert answer.status_code == 401, token[:60]


async def test_a_service_token_of_another_installation(
    status: Callable[[str], Any], settings: Settings, clock: MovableClock, admin: httpx.AsyncClient
) -> None:
    from kit.auth import service_token

    assert await status(service_token(service="orders", secret="another secret", now=clock.now())) == 401
    stale = service_token(service="orders", secret=settings.shared_secret, now=clock.now())
    assert await status(stale) == 200
    clock.move(minutes=6)
    assert await status(stale) == 401
