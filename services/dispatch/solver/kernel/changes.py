"""What changes the tours: an order is put in or taken out, pick-ups come and go."""

from ..compiled import typed
from ..problem import FOREVER
from .fairness import count
from .fetching import is_missing, is_visited, missing_depots
from .layout import (
    BEGINS_AT,
    DELIVERED,
    DELIVERY,
    EARLIER,
    ENGINEER,
    FIRST_DEPOT,
    FROM,
    HOME,
    KIT_FEN,
    KIT_PRICE,
    KIT_RELEASE,
    KIT_SOURCE,
    LATER,
    LENGTH,
    LINE_END,
    LINE_FIRST,
    MAX_NIGHTS,
    MISSING,
    MOVED,
    NIGHTS,
    NOWHERE,
    ORDERS,
    ORDERS_ON,
    PAIR_FEN,
    PAIRS,
    PREVENTIVE,
    PREVENTIVE_ON,
    PRICES,
    RELEASE,
    REST,
    SERVICE,
    SOURCE,
    START_PLACE,
    STAYS,
    TOTAL,
    TOUR_OF,
    TOURS,
    VISITS,
    Desk,
    Facts,
    State,
    at,
    cell,
    get,
    value,
)
from .timing import dropped_fen, place_of, retime
from .trial import touch_tour, use_stock

TOO_DEAR = 2**60
"""Added to the price of a plan that must not be kept."""


@typed
def absence_fen(facts: Facts, state: State, order: int) -> int:
    """What the order costs while it is left out, with the vehicle it has."""
    return dropped_fen(facts, order, value(state, MOVED, order), value(state, DELIVERED, order))


@typed
def _shift_in(state: State, tour: int, order: int, seat: int) -> None:
    for position in range(value(state, LENGTH, tour), seat, -1):
        state[at(state, VISITS, tour, position)] = get(state, VISITS, tour, position - 1)
    state[at(state, VISITS, tour, seat)] = order
    state[cell(state, LENGTH, tour)] += 1


@typed
def _write_with_pickups(state: State, desk: Desk, tour: int, order: int, seat: int, pick: int, count: int) -> None:
    """The missing depots come in at `pick`, the order at `seat`; later pick-ups at the same depots go."""
    stops, slot = value(state, LENGTH, tour), pick
    for position in range(pick, stops):
        desk[cell(desk, REST, position)] = get(state, VISITS, tour, position)
    for rank in range(count):
        state[at(state, VISITS, tour, slot)] = -1 - value(desk, MISSING, rank)
        slot += 1
    for position in range(pick, stops + 1):
        if position == seat:
            state[at(state, VISITS, tour, slot)] = order
            slot += 1
        if position < stops and (not is_missing(desk, value(desk, REST, position), count)):
            state[at(state, VISITS, tour, slot)] = value(desk, REST, position)
            slot += 1
    state[cell(state, LENGTH, tour)] = slot


@typed
def _seat(facts: Facts, state: State, order: int, tour: int) -> None:
    """Note that the order, whose source is known, is done on the tour."""
    engineer = get(facts, TOURS, tour, ENGINEER)
    state[cell(state, TOUR_OF, order)] = tour
    state[cell(state, ORDERS_ON, tour)] += 1
    if get(facts, ORDERS, order, PREVENTIVE):
        state[cell(state, PREVENTIVE_ON, tour)] += get(facts, PAIRS, order, 2 * engineer + SERVICE)
    use_stock(facts, state, order, 1)
    state[cell(state, TOTAL, 0)] += get(facts, PAIRS, order, 2 * engineer + PAIR_FEN) + value(state, KIT_FEN, order)


@typed
def put(facts: Facts, state: State, desk: Desk, kit: int, order: int, tour: int, seat: int, pick: int) -> bool:
    """Insert an unassigned order with a kit of the scratch. False when the tour turned out to be impossible."""
    first = get(facts, ORDERS, order, LINE_FIRST)
    missing = missing_depots(facts, state, desk, kit, tour, seat)
    state[cell(state, TOTAL, 0)] -= absence_fen(facts, state, order)
    count(facts, state, tour, -1)
    if missing:
        _write_with_pickups(state, desk, tour, order, seat, pick, missing)
    else:
        _shift_in(state, tour, order, seat)
    for line in range(first, get(facts, ORDERS, order, LINE_END)):
        for column in range(3):
            state[at(state, SOURCE, line, column)] = get(desk, KIT_SOURCE, kit, 3 * (line - first) + column)
    state[cell(state, RELEASE, order)], state[cell(state, KIT_FEN, order)] = (
        value(desk, KIT_RELEASE, kit),
        value(desk, KIT_PRICE, kit),
    )
    _seat(facts, state, order, tour)
    possible = retime(facts, state, tour, min(pick, seat))
    count(facts, state, tour, 1)
    return possible


@typed
def unseat(facts: Facts, state: State, order: int) -> None:
    """Note that the order is no longer done; its tour has still to be compacted."""
    tour = value(state, TOUR_OF, order)
    engineer = get(facts, TOURS, tour, ENGINEER)
    state[cell(state, TOTAL, 0)] -= get(facts, PAIRS, order, 2 * engineer + PAIR_FEN) + value(state, KIT_FEN, order)
    use_stock(facts, state, order, -1)
    state[cell(state, TOUR_OF, order)] = NOWHERE
    state[cell(state, ORDERS_ON, tour)] -= 1
    if get(facts, ORDERS, order, PREVENTIVE):
        state[cell(state, PREVENTIVE_ON, tour)] -= get(facts, PAIRS, order, 2 * engineer + SERVICE)
    state[cell(state, RELEASE, order)], state[cell(state, KIT_FEN, order)] = (-FOREVER, 0)
    for line in range(get(facts, ORDERS, order, LINE_FIRST), get(facts, ORDERS, order, LINE_END)):
        for column in range(3):
            state[at(state, SOURCE, line, column)] = NOWHERE
    state[cell(state, TOTAL, 0)] += absence_fen(facts, state, order)


@typed
def _is_needed(facts: Facts, state: State, tour: int, position: int) -> bool:
    """Some later order of the engineer takes a part from the depot visited here."""
    place, own = value(facts, PRICES, FIRST_DEPOT) - 1 - get(state, VISITS, tour, position), tour
    earlier = get(facts, TOURS, tour, EARLIER)
    if earlier >= 0 and is_visited(
        facts, state, earlier, value(state, LENGTH, earlier), -1 - get(state, VISITS, tour, position)
    ):
        return False
    first = position + 1
    while tour >= 0:
        for index in range(first, value(state, LENGTH, tour)):
            order = get(state, VISITS, tour, index)
            if order < 0:
                if tour != own and value(facts, PRICES, FIRST_DEPOT) - 1 - order == place:
                    return False  # what comes later is fetched here again
                continue
            if value(state, TOUR_OF, order) != tour:
                continue
            for line in range(get(facts, ORDERS, order, LINE_FIRST), get(facts, ORDERS, order, LINE_END)):
                if get(state, SOURCE, line, FROM) == place and get(state, SOURCE, line, DELIVERY) < 0:
                    return True
        tour, first = get(facts, TOURS, tour, LATER), 0
    return False


@typed
def compact(facts: Facts, state: State, tour: int) -> bool:
    """Close the gaps that unseated orders leave, and drop pick-ups that nobody needs. False: impossible now."""
    count(facts, state, tour, -1)
    kept, since = 0, NOWHERE
    for position in range(value(state, LENGTH, tour)):
        visit = get(state, VISITS, tour, position)
        stays = value(state, TOUR_OF, visit) == tour if visit >= 0 else _is_needed(facts, state, tour, position)
        if stays:
            state[at(state, VISITS, tour, kept)] = visit
            kept += 1
        elif since < 0:
            since = position
    state[cell(state, LENGTH, tour)] = kept
    possible = retime(facts, state, tour, since if since >= 0 else kept)
    count(facts, state, tour, 1)
    return possible


@typed
def fetch(facts: Facts, state: State, desk: Desk, kit: int, tour: int, position: int) -> None:
    """Visit the kit's depots that the engineer has not come by yet, before the tour's stop at the position."""
    missing = missing_depots(facts, state, desk, kit, tour, value(state, LENGTH, tour))
    count(facts, state, tour, -1)
    for rank in range(missing):
        _shift_in(state, tour, -1 - value(desk, MISSING, rank), position + rank)
    retime(facts, state, tour, position)
    count(facts, state, tour, 1)


@typed
def may_stay(facts: Facts, state: State, tour: int) -> bool:
    """One more stay, after this tour, keeps within the engineer's nights."""
    nights = get(facts, TOURS, tour, NIGHTS)
    if nights == 0:
        return False
    own = tour
    while get(facts, TOURS, own, EARLIER) >= 0:
        own = get(facts, TOURS, own, EARLIER)
    while own >= 0:
        if value(state, STAYS, own) != HOME:
            nights += get(facts, TOURS, own, NIGHTS)
        own = get(facts, TOURS, own, LATER)
    return nights <= get(facts, TOURS, tour, MAX_NIGHTS)


@typed
def set_stay(facts: Facts, state: State, tour: int, stays: int) -> bool:
    """Spend the night after the tour at HOME or at its last stop; the next tour begins there. False: impossible now."""
    later, last = get(facts, TOURS, tour, LATER), value(state, LENGTH, tour)
    count(facts, state, tour, -1)
    state[cell(state, STAYS, tour)] = stays
    possible = retime(facts, state, tour, last)
    count(facts, state, tour, 1)
    count(facts, state, later, -1)
    place = get(facts, TOURS, later, START_PLACE)
    if stays != HOME:
        place = place_of(facts, get(state, VISITS, tour, last - 1)) if last else value(state, BEGINS_AT, tour)
    state[cell(state, BEGINS_AT, later)] = place
    possible &= retime(facts, state, later, 0)
    count(facts, state, later, 1)
    return possible


@typed
def _has_needless_pickup(facts: Facts, state: State, tour: int) -> bool:
    for position in range(value(state, LENGTH, tour)):
        if get(state, VISITS, tour, position) < 0 and not _is_needed(facts, state, tour, position):
            return True
    return False


@typed
def tidy(facts: Facts, state: State, saved: State, desk: Desk, tour: int) -> None:
    """After a change of one tour: drop pick-ups of the engineer's other tours that have become needless."""
    for back in (True, False):
        column = EARLIER if back else LATER
        other = get(facts, TOURS, tour, column)
        while other >= 0:
            if _has_needless_pickup(facts, state, other):
                touch_tour(state, saved, desk, other)
                if not compact(facts, state, other):  # no way without the detour: the trial must not stay
                    state[cell(state, TOTAL, 0)] += TOO_DEAR
            other = get(facts, TOURS, other, column)
