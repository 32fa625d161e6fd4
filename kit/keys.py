"""What verification needs from accounts, fetched seldom and remembered briefly."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from joserfc.jwk import KeySet

from kit.auth import Principal
from kit.client import NeighbourDown, NeighbourProblem, ServiceClient
from kit.clock import Clock

KEYS_FRESH = timedelta(minutes=5)
KEYS_USABLE = timedelta(hours=1)
REVOCATIONS_FRESH = timedelta(seconds=20)
API_KEYS_FRESH = timedelta(seconds=30)
USABLE = timedelta(seconds=50)
"""A withdrawal counts everywhere within a minute, even when accounts is out of reach and takes its 10 s to show it."""
RETRY_S = 1.0
"""After accounts was out of reach nobody asks again for so long: requests must not queue behind its deadline."""
MOST_API_KEYS = 10_000

T = TypeVar("T")


class AccountsKeys:
    """Keys, revocations and API keys as accounts tells them.

    An answer is renewed when it is no longer fresh and serves on, while accounts is out of reach, until it is no
    longer usable. Then NeighbourDown is raised: a withdrawn token must not live on because nobody could ask.
    """

    def __init__(self, *, client: ServiceClient, clock: Clock):
        self._client = client
        self._clock = clock
        self._keys = _Remembered(self._ask_keys, clock=clock, fresh=KEYS_FRESH, usable=KEYS_USABLE)
        self._revoked = _Remembered(self._ask_revoked, clock=clock, fresh=REVOCATIONS_FRESH, usable=USABLE)
        self._api_keys: dict[str, _Remembered[Principal | None]] = {}

    async def public_keys(self) -> KeySet:
        return await self._keys.value()

    async def is_revoked(self, token_id: str) -> bool:
        return token_id in await self._revoked.value()

    async def principal_of_api_key(self, key: str) -> Principal | None:
        fingerprint = hashlib.sha256(key.encode()).hexdigest()
        if fingerprint not in self._api_keys:
            if len(self._api_keys) >= MOST_API_KEYS:
                self._api_keys.clear()

            async def ask() -> Principal | None:
                return await self._introspect(key)

            self._api_keys[fingerprint] = _Remembered(ask, clock=self._clock, fresh=API_KEYS_FRESH, usable=USABLE)
        return await self._api_keys[fingerprint].value()

    async def _ask_keys(self) -> KeySet:
        return KeySet.import_key_set(await self._client.get("/accounts/v1/jwks"))

    async def _ask_revoked(self) -> frozenset[str]:
        return frozenset((await self._client.get("/accounts/v1/revocations"))["token_ids"])

    async def _introspect(self, key: str) -> Principal | None:
        try:
            answer = await self._client.post("/accounts/v1/introspect", json={"key": key})
        except NeighbourProblem as refused:
            if refused.status == 404:
                return None
            raise
        return Principal(subject=answer["subject"], role="system", branch_id=answer.get("branch_id"))


class _Remembered(Generic[T]):
    """One answer of accounts. While one request renews it, the others go on with what is still usable."""

    def __init__(self, ask: Callable[[], Awaitable[T]], *, clock: Clock, fresh: timedelta, usable: timedelta):
        self._ask = ask
        self._clock = clock
        self._fresh = fresh
        self._usable = usable
        self._lock = asyncio.Lock()
        self._known: tuple[datetime, T] | None = None
        self._failed: tuple[float, NeighbourDown | NeighbourProblem] | None = None

    async def value(self) -> T:
        """Raises NeighbourDown or NeighbourProblem when nothing usable is known and accounts does not answer."""
        known = self._within(self._fresh) or (self._within(self._usable) if self._lock.locked() else None)
        if known is None:
            async with self._lock:
                known = self._within(self._fresh) or await self._renewed()
        return known[1]

    async def _renewed(self) -> tuple[datetime, T]:
        loop_now = asyncio.get_running_loop().time()
        if self._failed is None or loop_now - self._failed[0] > RETRY_S:
            asked_at = self._clock.now()
            try:
                self._known = asked_at, await self._ask()
            except (NeighbourDown, NeighbourProblem) as error:
                self._failed = asyncio.get_running_loop().time(), error
            else:
                self._failed = None
                return self._known
        if (known := self._within(self._usable)) is not None:
            return known
        raise self._failed[1].with_traceback(None)

    def _within(self, age: timedelta) -> tuple[datetime, T] | None:
        known = self._known
        return known if known is not None and self._clock.now() - known[0] <= age else None
