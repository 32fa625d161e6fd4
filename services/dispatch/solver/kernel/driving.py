"""How long a drive takes, through slow hours and bans, and what it costs."""

from ..blocks import Matrix
from ..compiled import typed
from ..problem import FOREVER
from .layout import (
    DRIVE,
    LEG_FEN,
    LEGS,
    PACE,
    SINCE,
    TOURS,
    UNIT,
    Facts,
    get,
    rows,
)

HOUR = 3600
UNITS = 10**9
"""Units that a second of driving makes at normal pace, see `..judge_driving`."""


@typed
def _pace_at(facts: Facts, instant: int) -> int:
    """The row of PACE that holds at an instant."""
    low, high = 0, rows(facts, PACE)
    while high - low > 1:
        middle = (low + high) // 2
        if get(facts, PACE, middle, SINCE) <= instant:
            low = middle
        else:
            high = middle
    return low


@typed
def drive_on(facts: Facts, unit: int, leaves: int, units: int) -> int:
    """When so many units of driving are made; `unit`: LIGHT_UNITS or HEAVY_UNITS. See `..judge_driving` for units."""
    last = rows(facts, PACE) - 1
    if last == 0:
        return leaves + (units + UNITS - 1) // UNITS
    row, now = _pace_at(facts, leaves), leaves
    while row < last and units > 0:
        turn = get(facts, PACE, row + 1, SINCE)
        made_here = get(facts, PACE, row, unit) * (turn - now)
        if units <= made_here:
            break
        units, now, row = units - made_here, turn, row + 1
    if units == 0:
        return now
    speed = get(facts, PACE, row, unit)
    return now + (units + speed - 1) // speed


@typed
def drive(facts: Facts, tour: int, leaves: int, seconds: int) -> int:
    """When a drive that takes `seconds` at normal pace ends; IMPOSSIBLE or later where there is no way."""
    if rows(facts, PACE) == 1 or seconds >= FOREVER:
        return leaves + seconds
    return drive_on(facts, get(facts, TOURS, tour, UNIT), leaves, seconds * UNITS)


@typed
def made(facts: Facts, unit: int, since: int, until: int) -> int:
    """Units of driving that are made from `since` up to `until`."""
    row, last, units = _pace_at(facts, since), rows(facts, PACE) - 1, 0
    while since < until:
        turn = min(until, get(facts, PACE, row + 1, SINCE)) if row < last else until
        units += get(facts, PACE, row, unit) * (turn - since)
        since, row = turn, row + 1
    return units


@typed
def price_legs(facts: Facts, seconds: Matrix, metres: Matrix, fen_per_hour: int, fen_per_km: int) -> None:
    """Fill LEGS from matrices: ceil(time) + ceil(distance); FOREVER where there is no way (-1)."""
    leg, places = facts[LEGS], len(seconds)
    for origin in range(places):
        for target in range(places):
            drive, way = int(seconds[origin, target]), int(metres[origin, target])
            fen = (fen_per_hour * drive + HOUR - 1) // HOUR + (fen_per_km * max(way, 0) + 999) // 1000
            facts[leg + DRIVE], facts[leg + LEG_FEN] = (drive, fen) if drive >= 0 else (FOREVER, 0)
            leg += 2
