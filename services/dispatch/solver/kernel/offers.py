"""What tours offer a tied order: when its work could begin there, and what it would cost at an agreed start."""

from ..compiled import typed
from ..problem import Ints
from .insertion import best_in_tour
from .layout import BEGINS_AT, ENGINEER, FREE, LIMIT, TAKEN, TOURS, VISITS, Desk, Facts, State, get, value
from .timing import IMPOSSIBLE, begin_work, place_of, seats


@typed
def starts(facts: Facts, state: State, row: int, tours: Ints, found: Ints) -> int:
    """Fill `found` with the starts of the row's work at each position in these tours, each `seats` long at most; how
    many there are."""
    number = 0
    for tour in tours:
        engineer, place = get(facts, TOURS, tour, ENGINEER), value(state, BEGINS_AT, tour)
        for position in range(seats(state, tour)):
            if position > 0:
                place = place_of(facts, get(state, VISITS, tour, position - 1))
            free, taken = get(state, FREE, tour, position), get(state, TAKEN, tour, position)
            start, _, _ = begin_work(facts, state, tour, engineer, place, free, taken, row)
            if start < IMPOSSIBLE:
                found[number] = start
                number += 1
    return number


@typed
def insertions(
    facts: Facts, state: State, desk: Desk, row: int, start: int, tours: Ints, quote: int, bound: int, found: Ints
) -> int:
    """Fill `found` with pairs (change of the plan's price, tour), one for each of these tours that has a place below
    `bound` for the row at its agreed start; how many pairs there are."""
    number = 0
    for tour in tours:
        if not get(state, FREE, tour, 0) <= start <= get(facts, TOURS, tour, LIMIT):
            continue
        fen, kit, _, _, _ = best_in_tour(facts, state, desk, row, tour, quote, bound)
        if kit >= 0:
            found[2 * number], found[2 * number + 1] = fen, tour
            number += 1
    return number
