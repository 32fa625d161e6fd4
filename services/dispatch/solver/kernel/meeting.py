"""What many tours at once say to a start that is to be agreed on: who could be there when, and at what price."""

from ..compiled import typed
from ..problem import Ints
from .insertion import best_in_tour
from .layout import BEGINS_AT, ENGINEER, FREE, LIMIT, TAKEN, TOURS, VISITS, Desk, Facts, State, get, value
from .placing import free_quote
from .timing import IMPOSSIBLE, begin_work, place_of, seats


@typed
def arrivals(facts: Facts, state: State, row: int, tours: Ints, starts: Ints) -> int:
    """Into `starts`: when the engineers of `tours` could begin the work at each of their positions. How many these
    are."""
    count = 0
    for tour in tours:
        engineer, place = get(facts, TOURS, tour, ENGINEER), value(state, BEGINS_AT, tour)
        for position in range(seats(state, tour)):
            if position > 0:
                place = place_of(facts, get(state, VISITS, tour, position - 1))
            free, taken = get(state, FREE, tour, position), get(state, TAKEN, tour, position)
            start, _, _ = begin_work(facts, state, tour, engineer, place, free, taken, row)
            if start < IMPOSSIBLE:
                starts[count] = start
                count += 1
    return count


@typed
def join(facts: Facts, state: State, desk: Desk, row: int, start: int, tours: Ints, bound: int, fens: Ints) -> None:
    """Into `fens`: what the order, at the agreed `start` that the state holds, changes of the price in each of `tours`;
    `bound` where that is no less or it does not fit."""
    quote = free_quote(facts, state, row)
    for index in range(len(tours)):
        tour, fens[index] = tours[index], bound
        if get(state, FREE, tour, 0) <= start <= get(facts, TOURS, tour, LIMIT):
            fens[index], _, _, _, _ = best_in_tour(facts, state, desk, row, tour, quote, bound, False)
