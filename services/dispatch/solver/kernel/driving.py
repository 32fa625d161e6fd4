"""How long a drive takes, through slow hours and bans, and what it costs."""

from ..blocks import Matrix
from ..compiled import typed
from ..problem import FOREVER
from .layout import (
    DISTANCE_FEN,
    LEGS,
    NOWHERE,
    PACE,
    PRICES,
    SINCE,
    TOURS,
    TRAVEL_FEN,
    UNIT,
    Facts,
    get,
    rows,
    value,
)

HOUR = 3600
SHIFT = 32
METRES = 1 << SHIFT
"""A metre in a word of LEGS; seconds are below."""

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
def write_legs(facts: Facts, seconds: Matrix, metres: Matrix) -> None:
    """Fill LEGS from matrices: a word of METRES and seconds, negative where there is no way (-1).

    Prices are worked out when they are asked for: a table of them would double what is read from far memory.
    """
    leg, places = facts[LEGS], len(seconds)
    for origin in range(places):
        for target in range(places):
            way = max(int(metres[origin, target]), 0) * METRES + int(seconds[origin, target])
            facts[leg] = way if seconds[origin, target] >= 0 else NOWHERE
            leg += 1


@typed
def way_seconds(facts: Facts, origin: int, target: int) -> int:
    """How long the way takes at normal pace; FOREVER where there is none."""
    way = get(facts, LEGS, origin, target)
    return way & (METRES - 1) if way >= 0 else FOREVER


@typed
def way_fen(facts: Facts, origin: int, target: int) -> int:
    """Price of the way: ceil(time) + ceil(distance); nothing where there is none."""
    way = get(facts, LEGS, origin, target)
    if way < 0:
        return 0
    time = value(facts, PRICES, TRAVEL_FEN) * (way & (METRES - 1))
    return (time + HOUR - 1) // HOUR + (value(facts, PRICES, DISTANCE_FEN) * (way >> SHIFT) + 999) // 1000
