"""Web push (RFC 8030) without content, signed by VAPID (RFC 8292): the browser's maker brings it and learns nothing."""

from collections.abc import Sequence
from datetime import timedelta
from urllib.parse import urlsplit

import httpx
import structlog
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jwt
from joserfc.jwk import ECKey
from joserfc.util import urlsafe_b64encode

from kit.clock import Clock
from kit.problems import Invalid
from mobile_api.push.port import KEPT_S, Outcome, Target

log = structlog.get_logger()
TOKEN_LIFE = timedelta(hours=12)
CURVE = ec.SECP256R1()
GONE = (404, 410)


class UnknownPushService(Invalid):
    """Pushes are sent to known services only"""


class WebPush:
    """Our key at the browsers' push services. It follows from the installation's secret: every replica has the same."""

    def __init__(self, *, secret: str, contact: str, services: Sequence[str], clock: Clock, http: httpx.AsyncClient):
        self._contact = contact
        self._services = services
        self._clock = clock
        self._http = http
        key = ec.derive_private_key(_number(secret), CURVE)
        self._key = ECKey.import_key(key)
        point = key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        self.public_key = urlsafe_b64encode(point).decode()
        """What a browser subscribes with (`applicationServerKey`)."""

    def check(self, endpoint: str) -> None:
        """Raises UnknownPushService: an engineer must not make us call whatever address they like."""
        if not any(_is_at(endpoint, service) for service in self._services):
            raise UnknownPushService("this is not the address of a push service that is known here", pointer="/address")

    async def send(self, target: Target) -> Outcome:
        """See PushService."""
        parts = urlsplit(target.address)
        expires = int((self._clock.now() + TOKEN_LIFE).timestamp())
        claims = {"aud": f"{parts.scheme}://{parts.netloc}", "exp": expires, "sub": self._contact}
        token = jwt.encode({"alg": "ES256", "typ": "JWT"}, claims, self._key)
        headers = {"Authorization": f"vapid t={token}, k={self.public_key}", "TTL": str(KEPT_S), "Urgency": "high"}
        # The same topic replaces what the phone has not got yet: one "look again" is enough.
        headers["Topic"] = "look-again"
        try:
            answer = await self._http.post(target.address, headers=headers)
        except httpx.HTTPError:
            return "later"
        if answer.status_code in GONE:
            return "gone"
        if answer.is_success:
            return "sent"
        log.warning("web_push_refused", service=parts.netloc, status=answer.status_code, said=answer.text[:200])
        return "later"


def _is_at(endpoint: str, service: str) -> bool:
    """Whether the endpoint lies at `service`: an origin, or a host with all below it over https at the usual port."""
    try:
        parts = urlsplit(endpoint)
        httpx.URL(endpoint)
        port = parts.port
    except (ValueError, httpx.InvalidURL):
        return False
    if parts.username is not None:
        return False
    host = parts.hostname or ""
    below = host == service or host.endswith(f".{service}")
    return f"{parts.scheme}://{parts.netloc}" == service or (parts.scheme == "https" and port is None and below)


def _number(secret: str) -> int:
    """A private key: 384 bits of it (RFC 5869), so that the remainder favours no number."""
    derived = HKDF(SHA256(), length=48, salt=None, info=b"web-push").derive(secret.encode())
    return int.from_bytes(derived) % (CURVE.group_order - 1) + 1
