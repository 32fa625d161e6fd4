"""Where somebody was seen, and whether they can have come there from where they were seen before."""

from dataclasses import dataclass
from datetime import datetime

from kit.geo import distance_m
from kit.values import Place

FASTEST_M_PER_S = 200 / 3.6
NEAR_M = 2_000.0
"""Positions of phones jump about; within this distance no speed means anything."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """Where an engineer was, and when that counts as having been."""

    place: Place
    at: datetime
    accuracy_m: float = 0.0


def teleport(here: Sighting, before: Sighting | None) -> bool:
    """Whether the way from the sighting before is too long for the time between."""
    if before is None:
        return False
    way = distance_m(before.place, here.place) - before.accuracy_m - here.accuracy_m
    seconds = abs((here.at - before.at).total_seconds())
    return way > NEAR_M and way > seconds * FASTEST_M_PER_S
