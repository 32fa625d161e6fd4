"""How Python puts an existing plan into the kernel's memory, piece by piece."""

from ..compiled import typed
from ..problem import FOREVER
from .changes import absence_fen, compact, put, unseat
from .fairness import borne, count, fairness_fen
from .layout import (
    CASE,
    EARLIER,
    ENGINEER,
    KIT_FEN,
    LENGTH,
    NOWHERE,
    ORDERS,
    PAIR_FEN,
    PAIRS,
    QUOTE_FEN,
    QUOTES,
    STAYING,
    STAYS,
    STOPS,
    TOTAL,
    TOUR_FEN,
    TOUR_OF,
    TOURS,
    UNDERWAY_START,
    VISITS,
    Desk,
    Facts,
    State,
    at,
    cell,
    get,
    rows,
    value,
)
from .placing import has_room
from .timing import retime
from .vehicles import give_vehicle


@typed
def price(facts: Facts, state: State) -> None:
    """Times and prices of the plan anew, from what is planned where, with which parts and vehicles."""
    total = 0
    for tour in range(rows(state, LENGTH)):
        retime(facts, state, tour, 0)
        total += value(state, TOUR_FEN, tour)
    for tour in range(rows(state, LENGTH)):
        if get(facts, TOURS, tour, EARLIER) < 0:
            total += fairness_fen(facts, tour, borne(facts, state, tour))
    for order in range(rows(state, TOUR_OF)):
        tour = value(state, TOUR_OF, order)
        if tour == NOWHERE:
            total += absence_fen(facts, state, order)
        elif get(facts, ORDERS, order, UNDERWAY_START) >= FOREVER:
            engineer = get(facts, TOURS, tour, ENGINEER)
            total += get(facts, PAIRS, order, 2 * engineer + PAIR_FEN) + value(state, KIT_FEN, order)
        if value(state, CASE, order) >= 0:
            total += get(facts, QUOTES, value(state, CASE, order), QUOTE_FEN)
    state[cell(state, TOTAL, 0)] = total


@typed
def append(facts: Facts, state: State, desk: Desk, kit: int, order: int, tour: int) -> bool:
    """Put the order at the end of the tour with a kit of the desk. False, and nothing changed, when that is not
    possible."""
    if not has_room(facts, state, order, tour) or value(state, STAYS, tour) == STAYING:
        return False
    end = value(state, LENGTH, tour)
    possible = put(facts, state, desk, kit, order, tour, end, end)
    if not possible:
        unseat(facts, state, order)
        compact(facts, state, tour)
    return possible


@typed
def append_pickup(facts: Facts, state: State, tour: int, depot: int) -> None:
    """Visit the depot at the end of the tour, if that is possible, needed or not."""
    end = value(state, LENGTH, tour)
    if end + 4 >= STOPS or value(state, STAYS, tour) == STAYING:
        return
    count(facts, state, tour, -1)
    state[at(state, VISITS, tour, end)] = -1 - depot
    state[cell(state, LENGTH, tour)] = end + 1
    if not retime(facts, state, tour, end):
        state[cell(state, LENGTH, tour)] = end
        retime(facts, state, tour, end)
    count(facts, state, tour, 1)


@typed
def send(facts: Facts, state: State, order: int, quote: int) -> None:
    """Send the vehicle of a quote for the order's cargo."""
    give_vehicle(facts, state, order, quote)
