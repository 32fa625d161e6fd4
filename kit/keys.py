"""What verification needs from accounts, fetched seldom and remembered briefly."""

import asyncio
import hashlib
from datetime import datetime, timedelta

from joserfc.jwk import KeySet

from kit.auth import Principal
from kit.client import NeighbourProblem, ServiceClient
from kit.clock import Clock

KEYS_FRESH = timedelta(minutes=5)
REVOCATIONS_FRESH = timedelta(seconds=20)
API_KEYS_FRESH = timedelta(seconds=30)


class AccountsKeys:
    """Keys, revocations and API keys as accounts tells them; none of them is older than a minute when it decides.

    Raises NeighbourDown when accounts is out of reach for longer than what is remembered stays fresh: a withdrawn
    token must not live on because nobody could ask.
    """

    def __init__(self, *, client: ServiceClient, clock: Clock):
        self._client = client
        self._clock = clock
        self._lock = asyncio.Lock()
        self._keys: tuple[datetime, KeySet] | None = None
        self._revoked: tuple[datetime, frozenset[str]] | None = None
        self._api_keys: dict[str, tuple[datetime, Principal | None]] = {}

    async def public_keys(self) -> KeySet:
        async with self._lock:
            if self._keys is None or self._clock.now() - self._keys[0] > KEYS_FRESH:
                document = await self._client.get("/accounts/v1/jwks")
                self._keys = (self._clock.now(), KeySet.import_key_set(document))
            return self._keys[1]

    async def is_revoked(self, token_id: str) -> bool:
        async with self._lock:
            if self._revoked is None or self._clock.now() - self._revoked[0] > REVOCATIONS_FRESH:
                answer = await self._client.get("/accounts/v1/revocations")
                self._revoked = (self._clock.now(), frozenset(answer["token_ids"]))
            return token_id in self._revoked[1]

    async def principal_of_api_key(self, key: str) -> Principal | None:
        fingerprint = hashlib.sha256(key.encode()).hexdigest()
        remembered = self._api_keys.get(fingerprint)
        if remembered is None or self._clock.now() - remembered[0] > API_KEYS_FRESH:
            if len(self._api_keys) > 10_000:
                self._api_keys.clear()
            remembered = (self._clock.now(), await self._ask(key))
            self._api_keys[fingerprint] = remembered
        return remembered[1]

    async def _ask(self, key: str) -> Principal | None:
        try:
            answer = await self._client.post("/accounts/v1/introspect", json={"key": key})
        except NeighbourProblem as refused:
            if refused.status == 404:
                return None
            raise
        return Principal(subject=answer["subject"], role="system", branch_id=answer.get("branch_id"))
