"""An outside engine with a deadline, a breaker and a stand-in: it always answers, and says when the stand-in did."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

import structlog

from kit.values import Place
from services.dispatch.travel.breaker import BreakerOpen, CircuitBreaker
from services.dispatch.travel.engine import EngineFailure
from services.dispatch.travel.port import DegradedReason, Route, TravelMatrix, TravelTimes

log = structlog.get_logger(__name__)

Answer = TypeVar("Answer", TravelMatrix, Route)


class Guarded:
    """Asks the engine within deadline_seconds; when it gives no usable answer, the stand-in does, marked degraded."""

    def __init__(
        self, engine: TravelTimes, *, stand_in: TravelTimes, breaker: CircuitBreaker, deadline_seconds: float = 8.0
    ) -> None:
        self._engine = engine
        self._stand_in = stand_in
        self._breaker = breaker
        self._deadline_seconds = deadline_seconds

    async def matrix(self, *, origins: Sequence[Place], destinations: Sequence[Place], at: datetime) -> TravelMatrix:
        """See TravelTimes."""

        def ask(who: TravelTimes) -> Awaitable[TravelMatrix]:
            return who.matrix(origins=origins, destinations=destinations, at=at)

        return await self._first_or_stand_in(ask)

    async def route(self, origin: Place, destination: Place, at: datetime) -> Route:
        """See TravelTimes."""

        def ask(who: TravelTimes) -> Awaitable[Route]:
            return who.route(origin, destination, at)

        return await self._first_or_stand_in(ask)

    async def _first_or_stand_in(self, ask: Callable[[TravelTimes], Awaitable[Answer]]) -> Answer:
        try:
            with self._breaker.attempt(_is_sick):
                async with asyncio.timeout(self._deadline_seconds):
                    return await ask(self._engine)
        except BreakerOpen:
            reason = DegradedReason.BREAKER_OPEN
        except TimeoutError:
            reason = DegradedReason.DEADLINE
            log.warning("travel.degraded", reason=reason.value, detail=f"{self._deadline_seconds} s are over")
        except EngineFailure as failure:
            reason = failure.reason
            log.warning("travel.degraded", reason=reason.value, detail=str(failure))
        return replace(await ask(self._stand_in), degraded_reason=reason)


def _is_sick(error: Exception) -> bool:
    """Whether a failure says something about the engine, not about the places asked for."""
    if isinstance(error, EngineFailure):
        return error.reason is not DegradedReason.OFF_NETWORK
    return isinstance(error, TimeoutError)
