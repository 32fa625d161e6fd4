"""Pick-ups: which depots a kit needs, and where on the way, or on an earlier day, they cost least."""

from ..compiled import inlined, typed
from .driving import way_fen
from .layout import (
    BEGINS_AT,
    EARLIER,
    ENGINEER,
    FREE,
    KIT_DEPOTS,
    LENGTH,
    LIMIT,
    MISSING,
    NOWHERE,
    ORDERS,
    OWN_TOURS,
    PLACE,
    SPENT,
    STOPS,
    TAKEN,
    TOUR_FEN,
    TOURS,
    VISITS,
    Desk,
    Facts,
    State,
    cell,
    get,
    value,
    width,
)
from .placing import least_promise_fen, rest_of_tour
from .timing import IMPOSSIBLE, begin_work, change_fen, place_of, seats, step, way_home

PICK_REACH = 12
"""A pick-up is tried at most so many stops before the order."""


@typed
def is_visited(facts: Facts, state: State, tour: int, stops: int, depot: int) -> bool:
    """The engineer comes by the depot in the first `stops` stops of the tour or on an earlier one."""
    while tour >= 0:
        for position in range(stops):
            if get(state, VISITS, tour, position) == -1 - depot:
                return True
        tour = get(facts, TOURS, tour, EARLIER)
        stops = value(state, LENGTH, tour) if tour >= 0 else 0
    return False


@typed
def missing_depots(facts: Facts, state: State, desk: Desk, kit: int, tour: int, position: int) -> int:
    """Write the kit's depots that the engineer has not visited before `position`; how many they are."""
    count = 0
    for rank in range(width(desk, KIT_DEPOTS)):
        depot = get(desk, KIT_DEPOTS, kit, rank)
        if depot < 0:
            break
        if not is_visited(facts, state, tour, position, depot):
            desk[cell(desk, MISSING, count)] = depot
            count += 1
    return count


@typed
def is_missing(desk: Desk, visit: int, count: int) -> bool:
    """The visit is a pick-up at one of the first `count` missing depots."""
    for rank in range(count):
        if visit == -1 - value(desk, MISSING, rank):
            return True
    return False


@inlined
def _tail_fen(
    facts: Facts,
    state: State,
    desk: Desk,
    order: int,
    tour: int,
    quote: int,
    pick: int,
    position: int,
    count: int,
    limit: int,
) -> int:
    """Price of the tour that visits the missing depots at `pick` and the order at `position`.

    One pick-up at a depot serves everything after it: a later one at the same depot is left out.
    """
    engineer = get(facts, TOURS, tour, ENGINEER)
    place = place_of(facts, get(state, VISITS, tour, pick - 1)) if pick > 0 else value(state, BEGINS_AT, tour)
    free, taken, fen = get(state, FREE, tour, pick), get(state, TAKEN, tour, pick), get(state, SPENT, tour, pick)
    for rank in range(count):
        place, free, taken, added = step(
            facts, state, tour, engineer, place, free, taken, -1 - value(desk, MISSING, rank)
        )
        fen += added
    for index in range(pick, value(state, LENGTH, tour) + 1):
        if index == position:
            site = get(facts, ORDERS, order, PLACE)
            start, free, taken = begin_work(facts, state, tour, engineer, place, free, taken, order)
            fen += way_fen(facts, place, site) + change_fen(facts, order, engineer, start)
            place = site
            if free <= get(facts, TOURS, tour, LIMIT):
                fen += least_promise_fen(facts, state, order, start, free, quote)
        if free > get(facts, TOURS, tour, LIMIT) or fen >= limit:
            return limit
        if index == value(state, LENGTH, tour):
            break
        visit = get(state, VISITS, tour, index)
        if is_missing(desk, visit, count):
            continue
        place, free, taken, added = step(facts, state, tour, engineer, place, free, taken, visit)
        fen += added
    home, _, added = way_home(facts, state, tour, place, free, taken)
    return limit if home >= IMPOSSIBLE else fen + added


@typed
def best_with_pickups(
    facts: Facts, state: State, desk: Desk, kit: int, order: int, tour: int, quote: int, limit: int
) -> tuple[int, int, int]:
    """(price of the tour, position, pick) for a kit with depots; (limit, -1, -1) when none is below `limit`."""
    seat, picked = NOWHERE, NOWHERE
    for position in range(seats(state, tour)):
        count = missing_depots(facts, state, desk, kit, tour, position)
        first = max(0, position - PICK_REACH) if count else position
        for pick in range(first, position + 1):
            if get(state, SPENT, tour, pick) >= limit:
                break
            fen = _tail_fen(facts, state, desk, order, tour, quote, pick, position, count, limit)
            if fen < limit:
                limit, seat, picked = fen, position, pick
    return limit, seat, picked


@typed
def _fetched_fen(facts: Facts, state: State, desk: Desk, tour: int, position: int, count: int, limit: int) -> int:
    """Price of the tour that visits the first `count` missing depots at `position`, `limit` when not below it."""
    free, taken, fen = get(state, FREE, tour, position), get(state, TAKEN, tour, position), 0
    place = value(state, BEGINS_AT, tour)
    if position > 0:
        place = place_of(facts, get(state, VISITS, tour, position - 1))
    engineer = get(facts, TOURS, tour, ENGINEER)
    for rank in range(count):
        place, free, taken, added = step(
            facts, state, tour, engineer, place, free, taken, -1 - value(desk, MISSING, rank)
        )
        fen += added
    if free >= IMPOSSIBLE:
        return limit
    fen += get(state, SPENT, tour, position)
    return rest_of_tour(facts, state, tour, position, place, free, taken, fen, limit)


@typed
def cheapest_fetch(facts: Facts, state: State, desk: Desk, kit: int, tour: int, limit: int) -> tuple[int, int, int]:
    """(change of price, earlier tour, position) of fetching the kit's missing parts on an earlier tour of the engineer;
    (limit, NOWHERE, NOWHERE) when there is none below `limit`. The depots stay in the scratch of the last call."""
    chosen, at_position = NOWHERE, NOWHERE
    earlier = get(facts, TOURS, tour, EARLIER)
    while earlier >= 0:
        stops, now = value(state, LENGTH, earlier), value(state, TOUR_FEN, earlier)
        count = missing_depots(facts, state, desk, kit, earlier, stops)
        if value(desk, OWN_TOURS, earlier) and stops + count + 4 < STOPS:
            for position in range(seats(state, earlier)):
                fen = _fetched_fen(facts, state, desk, earlier, position, count, now + limit)
                if fen < now + limit:
                    limit, chosen, at_position = fen - now, earlier, position
        earlier = get(facts, TOURS, earlier, EARLIER)
    return limit, chosen, at_position
