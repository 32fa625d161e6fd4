"""What the planner asks about the road, whoever answers: seconds and metres between places, and a line to draw."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

import numpy as np
import numpy.typing as npt

from kit.values import Place

MOST_PLACES = 4_000
"""Nothing builds a matrix of more cells than this many places squared."""

NO_WAY = -1
"""In seconds and metres: there is no way by road."""

Ints = npt.NDArray[np.int32]


class DegradedReason(StrEnum):
    """Why the asked engine did not answer and another did in its place."""

    DEADLINE = "deadline"  # no full answer in time
    UNREACHABLE = "unreachable"  # no connection, or it broke off
    REFUSED = "refused"  # an HTTP error, or an error code of the engine
    MALFORMED = "malformed"  # not the documented format: not JSON, wrong size, NaN, negative
    IMPLAUSIBLE = "implausible"  # well formed and impossible: shorter than a straight line, faster than driving
    OFF_NETWORK = "off_network"  # the engine is well, but a place is outside of its map
    BREAKER_OPEN = "breaker_open"  # it failed repeatedly and is not asked for a while


class MatrixTooLarge(ValueError):
    """More cells were asked for than MOST_PLACES squared."""


@dataclass(frozen=True, eq=False)
class TravelMatrix:
    """seconds, metres: int32 [origins, destinations], NO_WAY where there is none. Both include the estimated ways
    between road and site, which access_metres tell apart (int32 [origins], [destinations]): the part of an
    arrival time that is a guess. source names who answered; degraded_reason why it was not the asked engine."""

    seconds: Ints
    metres: Ints
    origin_access_metres: Ints
    destination_access_metres: Ints
    source: str
    degraded_reason: DegradedReason | None = None

    @property
    def degraded(self) -> bool:
        """Whether this is a stand-in's answer, to be said up to the screen."""
        return self.degraded_reason is not None


@dataclass(frozen=True)
class Route:
    """points: degrees lon, lat from origin to destination, both included; empty when there is no way by road."""

    points: tuple[tuple[float, float], ...]
    source: str
    degraded_reason: DegradedReason | None = None

    @property
    def degraded(self) -> bool:
        """Whether this is a stand-in's answer, to be said up to the screen."""
        return self.degraded_reason is not None


class TravelTimes(Protocol):
    """Seconds and metres by road. `at` is the aware instant of departure. MatrixTooLarge above MOST_PLACES squared."""

    async def matrix(
        self, *, origins: Sequence[Place], destinations: Sequence[Place], at: datetime
    ) -> TravelMatrix: ...

    async def route(self, origin: Place, destination: Place, at: datetime) -> Route: ...


def refuse_too_large(origins: Sequence[Place], destinations: Sequence[Place]) -> None:
    """MatrixTooLarge when the matrix would have more cells than MOST_PLACES squared."""
    if len(origins) * len(destinations) > MOST_PLACES**2:
        raise MatrixTooLarge(
            f"{len(origins)} origins x {len(destinations)} destinations are more than "
            f"{MOST_PLACES} x {MOST_PLACES}: ask per territory, or for the nearest few of each place"
        )


def lonlat(places: Sequence[Place]) -> npt.NDArray[np.float64]:
    """Degrees lon, lat [places, 2]."""
    return np.array([(place.lon, place.lat) for place in places], float).reshape(-1, 2)
