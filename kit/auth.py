"""Who is asking: tokens are verified here, offline, by every service.

People's tokens are Ed25519 JWTs that only `accounts` can sign; the services' own calls to each other carry a short
HMAC token of the installation's secret. API keys are looked up at accounts and remembered for half a minute.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, Protocol, get_args

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, OctKey
from starlette.requests import Request

from kit.clock import Clock
from kit.problems import Forbidden, Unauthenticated

Role = Literal["admin", "auditor", "dispatcher", "station", "engineer", "system", "service"]
ROLES: tuple[str, ...] = get_args(Role)
ISSUER = "roadcall"
AUDIENCE = "roadcall-api"
TOKEN_TYPE = "at+jwt"  # noqa: S105 - RFC 9068's name of the type, not a secret
SERVICE_TYPE = "svc+jwt"
SERVICE_TOKEN_LIFE = timedelta(minutes=5)
LEEWAY_S = 30
"""Clocks of two machines may differ by this much (at most 60 s)."""
MOST_REMEMBERED = 10_000
"""So many verified signatures are remembered at most."""


@dataclass(frozen=True, slots=True)
class Principal:
    """Who acts, as what, and within which scope. A scope of None is the whole network."""

    subject: str
    role: Role
    branch_id: str | None = None
    station_id: str | None = None
    engineer_id: str | None = None
    token_id: str = ""
    session_id: str | None = None
    """The enrolled phone whose token this is; all of its tokens are withdrawn together."""
    on_behalf_of: str | None = None

    @property
    def actor(self) -> str:
        """How the journal names this principal."""
        return self.on_behalf_of or f"{self.role}:{self.subject}"


class Keys(Protocol):
    """What verification needs from accounts; every answer may be up to 60 s old."""

    async def public_keys(self) -> KeySet: ...
    async def is_revoked(self, token_id: str) -> bool: ...
    async def principal_of_api_key(self, key: str) -> Principal | None: ...


API_KEY_PREFIX = "rk_"


@dataclass(frozen=True, slots=True)
class _Signed:
    """What a good signature stands under, and the key (or keys) that made it good."""

    header: Mapping[str, Any]
    claims: Mapping[str, Any]
    keys: KeySet | OctKey


class Authenticator:
    """Turns the Authorization header into a principal.

    A signature is computed once per token; its times and its withdrawal are looked at in every request.
    """

    def __init__(self, *, keys: Keys, secret: str, clock: Clock):
        self._keys = keys
        self._service_key = _service_key(secret)
        self._clock = clock
        self._seen: dict[bytes, _Signed] = {}

    async def authenticate(self, header: str | None, on_behalf_of: str | None = None) -> Principal:
        """Raises Unauthenticated for anything but a valid bearer token or API key."""
        scheme, _, token = (header or "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise Unauthenticated("send an Authorization header: Bearer, a space, and your token or API key")
        if token.startswith(API_KEY_PREFIX):
            if (principal := await self._keys.principal_of_api_key(token)) is None:
                raise Unauthenticated("this API key is unknown or was withdrawn")
            return principal
        if _type_of(token) == SERVICE_TYPE:
            claims = self._verified(token, self._service_key, "HS256", SERVICE_TYPE)
            return Principal(subject=str(claims["sub"]), role="service", on_behalf_of=on_behalf_of)
        claims = self._verified(token, await self._keys.public_keys(), "Ed25519", TOKEN_TYPE)
        if any([await self._keys.is_revoked(str(claims[name])) for name in ("jti", "sid") if name in claims]):
            raise Unauthenticated("this token was withdrawn: sign in again")
        return principal_from_claims(claims)

    def _verified(self, token: str, keys: KeySet | OctKey, algorithm: str, kind: str) -> Mapping[str, Any]:
        fingerprint = hashlib.sha256(token.encode()).digest()
        signed = self._seen.get(fingerprint)
        if signed is None or signed.keys is not keys:
            try:
                decoded = jwt.decode(token, keys, algorithms=[algorithm])
            except (JoseError, ValueError) as error:
                raise Unauthenticated("this token was not signed by this installation: sign in again") from error
            signed = _Signed(decoded.header, decoded.claims, keys)
            if len(self._seen) >= MOST_REMEMBERED:
                self._seen.clear()
            self._seen[fingerprint] = signed
        self._check(signed.header, signed.claims, kind)
        return signed.claims

    def _check(self, header: Mapping[str, Any], claims: Mapping[str, Any], kind: str) -> None:
        now = self._clock.now().timestamp()
        expires, starts = claims.get("exp"), claims.get("nbf", 0)
        if header.get("typ") != kind or claims.get("iss") != ISSUER or claims.get("aud") != AUDIENCE:
            raise Unauthenticated("this token is for something else: sign in again")
        if not isinstance(expires, int) or expires + LEEWAY_S < now:
            raise Unauthenticated("this token has expired: sign in again")
        if not isinstance(starts, int) or starts - LEEWAY_S > now:
            raise Unauthenticated("this token is not valid yet: check the clock")
        if not claims.get("sub"):
            raise Unauthenticated("this token names nobody: sign in again")


def claims_of(principal: Principal, *, token_id: str, issued: datetime, life: timedelta) -> dict[str, Any]:
    """The claims of a person's token; accounts signs them."""
    scope = {
        "branch": principal.branch_id,
        "station": principal.station_id,
        "engineer": principal.engineer_id,
        "sid": principal.session_id,
    }
    at = int(issued.timestamp())
    return {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": principal.subject,
        "jti": token_id,
        "iat": at,
        "nbf": at,
        "exp": at + int(life.total_seconds()),
        "role": principal.role,
        **{name: value for name, value in scope.items() if value is not None},
    }


def _type_of(token: str) -> Any:
    """The `typ` that an unverified token claims: it only chooses the key by which the token is then judged."""
    head = token.partition(".")[0]
    try:
        header = json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)))
    except (ValueError, RecursionError):
        return None
    return header.get("typ") if isinstance(header, dict) else None


def principal_from_claims(claims: Mapping[str, Any]) -> Principal:
    """Raises Unauthenticated when the claims name no role that a person may have."""
    role = claims.get("role")
    if role not in ROLES or role == "service" or not claims.get("sub"):
        raise Unauthenticated("this token names no role: sign in again")
    return Principal(
        subject=str(claims["sub"]),
        role=role,
        branch_id=claims.get("branch"),
        station_id=claims.get("station"),
        engineer_id=claims.get("engineer"),
        token_id=str(claims.get("jti", "")),
        session_id=claims.get("sid"),
    )


def service_token(*, service: str, secret: str, now: datetime) -> str:
    """The token with which one service calls another."""
    at = int(now.timestamp())
    life = int(SERVICE_TOKEN_LIFE.total_seconds())
    claims = {"iss": ISSUER, "aud": AUDIENCE, "sub": service, "iat": at, "nbf": at, "exp": at + life}
    return jwt.encode({"alg": "HS256", "typ": SERVICE_TYPE}, claims, _service_key(secret))


def signature(secret: str, purpose: str, text: str) -> str:
    """A signature over `text` for links that are handed out; `purpose` keeps one kind from serving as another."""
    return hmac.new(secret.encode(), f"{purpose}:{text}".encode(), hashlib.sha256).hexdigest()


def _service_key(secret: str) -> OctKey:
    return OctKey.import_key(hashlib.sha256(b"service-calls:" + secret.encode()).digest())


def principal_of(request: Request) -> Principal:
    """The principal that the service's middleware found. Raises Unauthenticated when there is none."""
    principal: Principal | None = getattr(request.state, "principal", None)
    if principal is None:
        raise Unauthenticated("send an Authorization header: Bearer, a space, and your token or API key")
    return principal


def require(principal: Principal, *roles: Role) -> None:
    """Raises Forbidden unless the principal has one of the roles. Services and admins may do everything."""
    if principal.role not in (*roles, "admin", "service"):
        raise Forbidden(f"this needs the role {' or '.join(roles) or 'admin'}, yours is {principal.role}")
