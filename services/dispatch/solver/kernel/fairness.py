"""The price of an unfair share: driving and overtime of one engineer over all tours, above what is free.

It belongs to the engineer and not to a tour, so whoever changes a tour uncounts the tour before and counts it after.
"""

from ..compiled import typed
from .driving import HOUR, way_seconds
from .layout import (
    BEGINS_AT,
    EARLIER,
    END_PLACE,
    FAIRNESS_FEN,
    FAIRNESS_FREE,
    FREE,
    HISTORY,
    LATER,
    LENGTH,
    PRICES,
    SHIFT_END,
    STAYS,
    TAKEN,
    TOTAL,
    TOUR_FEN,
    TOURS,
    VISITS,
    Facts,
    State,
    cell,
    get,
    value,
)
from .timing import IMPOSSIBLE, is_empty, place_of, way_home


@typed
def _tour_seconds(facts: Facts, state: State, tour: int) -> int:
    """Seconds of all legs and of overtime of one tour."""
    if is_empty(facts, state, tour):
        return 0
    place, seconds, last = value(state, BEGINS_AT, tour), 0, value(state, LENGTH, tour)
    for position in range(last):
        there = place_of(facts, get(state, VISITS, tour, position))
        seconds += way_seconds(facts, place, there)
        place = there
    home, _, _ = way_home(facts, state, tour, place, get(state, FREE, tour, last), get(state, TAKEN, tour, last))
    over = home - get(facts, TOURS, tour, SHIFT_END) if home < IMPOSSIBLE else 0
    if not value(state, STAYS, tour):
        seconds += way_seconds(facts, place, get(facts, TOURS, tour, END_PLACE))
    return seconds + max(0, over)


@typed
def borne(facts: Facts, state: State, tour: int) -> int:
    """Seconds that the plan adds to the burden of the tour's engineer, over all tours."""
    while get(facts, TOURS, tour, EARLIER) >= 0:
        tour = get(facts, TOURS, tour, EARLIER)
    seconds = 0
    while tour >= 0:
        seconds += _tour_seconds(facts, state, tour)
        tour = get(facts, TOURS, tour, LATER)
    return seconds


@typed
def fairness_fen(facts: Facts, tour: int, seconds: int) -> int:
    """Price of so many seconds for the tour's engineer: the part above what is free, history first."""
    free, before = value(facts, PRICES, FAIRNESS_FREE), get(facts, TOURS, tour, HISTORY)
    excess = max(0, before + seconds - free) - max(0, before - free)
    return (value(facts, PRICES, FAIRNESS_FEN) * excess + HOUR - 1) // HOUR


@typed
def count(facts: Facts, state: State, tour: int, sign: int) -> None:
    """Add (1) or take away (-1) the price of the tour and of its engineer's share."""
    fen = value(state, TOUR_FEN, tour)
    if value(facts, PRICES, FAIRNESS_FEN) > 0:
        fen += fairness_fen(facts, tour, borne(facts, state, tour))
    state[cell(state, TOTAL, 0)] += sign * fen
