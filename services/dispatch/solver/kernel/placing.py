"""The best position of an order in a tour: exact, by forward simulation that stops as early as it can."""

from ..compiled import inlined, typed
from ..problem import FOREVER
from .driving import way_fen, way_seconds
from .fairness import borne, fairness_fen
from .layout import (
    BEGINS_AT,
    BUSY,
    CARGO_AT,
    CASE,
    CHANGE_TIME_FEN,
    DELIVERED,
    DELIVERED_AT,
    END_PLACE,
    ENGINEER,
    FAIRNESS_FEN,
    FIXED,
    FREE,
    HOME,
    LENGTH,
    LIMIT,
    MAX_ORDERS,
    MOVED,
    NOWHERE,
    ORDERS,
    ORDERS_ON,
    PAIRS,
    PLACE,
    PREVENTIVE,
    PREVENTIVE_ON,
    PREVENTIVE_ROOM,
    PRICES,
    QUOTE_END,
    QUOTE_FEN,
    QUOTE_FIRST,
    QUOTES,
    SERVICE,
    SPENT,
    STAYING,
    STAYS,
    STOPS,
    TAKEN,
    TIED,
    TOLD_ENGINEER,
    TOLD_START,
    TOLERANCE,
    TOUR_FEN,
    TOUR_OF,
    TOURS,
    VEHICLE,
    VISITS,
    Facts,
    State,
    get,
    value,
)
from .timing import (
    IMPOSSIBLE,
    begin_work,
    change_fen,
    dropped_fen,
    is_empty,
    place_of,
    promise_fen,
    seats,
    step,
    way_home,
)


@typed
def free_quote(facts: Facts, state: State, order: int) -> int:
    """The order's best replacement vehicle that nobody uses, or NOWHERE."""
    for quote in range(get(facts, ORDERS, order, QUOTE_FIRST), get(facts, ORDERS, order, QUOTE_END)):
        if not value(state, BUSY, get(facts, QUOTES, quote, VEHICLE)):
            return quote
    return NOWHERE


@typed
def promise_with(facts: Facts, order: int, start: int, end: int, quote: int) -> int:
    """Lateness and partner's price when the vehicle of the quote takes the cargo."""
    moved, delivered = get(facts, QUOTES, quote, CARGO_AT), get(facts, QUOTES, quote, DELIVERED_AT)
    return get(facts, QUOTES, quote, QUOTE_FEN) + promise_fen(facts, order, start, end, moved, delivered)


@inlined
def least_promise_fen(facts: Facts, state: State, order: int, start: int, end: int, quote: int) -> int:
    """Lateness of the order as it is, or with the free vehicle if that is cheaper."""
    fen = promise_fen(facts, order, start, end, value(state, MOVED, order), value(state, DELIVERED, order))
    if quote >= 0 and fen > 0:
        return min(fen, promise_with(facts, order, start, end, quote))
    return fen


@typed
def price_of_absence(facts: Facts, state: State, order: int) -> int:
    """What leaving the order out costs, with the best free vehicle if that is cheaper."""
    fen = dropped_fen(facts, order, value(state, MOVED, order), value(state, DELIVERED, order))
    quote = free_quote(facts, state, order) if value(state, CASE, order) < 0 else NOWHERE
    if quote >= 0:
        with_vehicle = dropped_fen(
            facts, order, get(facts, QUOTES, quote, CARGO_AT), get(facts, QUOTES, quote, DELIVERED_AT)
        )
        return min(fen, with_vehicle + get(facts, QUOTES, quote, QUOTE_FEN))
    return fen


@typed
def has_room(facts: Facts, state: State, order: int, tour: int) -> bool:
    """The tour's limits on orders, stops and preventive time allow one more, and its engineer may do it."""
    service = get(facts, PAIRS, order, 2 * get(facts, TOURS, tour, ENGINEER) + SERVICE)
    if service < 0 or value(state, ORDERS_ON, tour) >= get(facts, TOURS, tour, MAX_ORDERS):
        return False
    if value(state, LENGTH, tour) + 4 >= STOPS:
        return False
    if not get(facts, ORDERS, order, PREVENTIVE):
        return True
    return value(state, PREVENTIVE_ON, tour) + service <= get(facts, TOURS, tour, PREVENTIVE_ROOM)


@typed
def forward_fen(facts: Facts, state: State, tour: int, position: int) -> int:
    """What the tour's stops from `position` on pay for starts before the told ones: no delay saves more.

    A delay makes nothing else cheaper. It does make these cheaper: where a told start is later than the order is due,
    the work is begun early as long as there is time for it.
    """
    change = value(facts, PRICES, CHANGE_TIME_FEN)
    if change == 0:
        return 0
    engineer, fen = get(facts, TOURS, tour, ENGINEER), 0
    for index in range(position, value(state, LENGTH, tour)):
        visit = get(state, VISITS, tour, index)
        if visit >= 0 and get(facts, ORDERS, visit, TOLD_ENGINEER) == engineer:
            start = get(state, FREE, tour, index + 1) - get(facts, PAIRS, visit, 2 * engineer + SERVICE)
            if start < get(facts, ORDERS, visit, TOLD_START) - value(facts, PRICES, TOLERANCE):
                fen += change
    return fen


@typed
def rest_of_tour(
    facts: Facts, state: State, tour: int, position: int, place: int, free: int, taken: int, fen: int, limit: int
) -> int:
    """Price of the whole tour when its stops from `position` on follow at (place, free, taken, fen); `limit` or more
    when it is not below `limit`.

    Leaves early when the instants are the known ones again, or when they are later than the known ones and the
    known price of the rest is too much already: lateness only grows.
    """
    engineer = get(facts, TOURS, tour, ENGINEER)
    for index in range(position, value(state, LENGTH, tour)):
        place, free, taken, added = step(
            facts, state, tour, engineer, place, free, taken, get(state, VISITS, tour, index)
        )
        fen += added
        if free >= IMPOSSIBLE or fen >= limit:
            return limit
        known = get(state, FREE, tour, index + 1)
        rest = value(state, TOUR_FEN, tour) - get(state, SPENT, tour, index + 1)
        same_breaks = taken == get(state, TAKEN, tour, index + 1)
        if free == known and same_breaks:
            return fen + rest
        if free > known and same_breaks:
            least = fen + rest
            if free > get(facts, TOURS, tour, LIMIT) or (
                least >= limit and least - forward_fen(facts, state, tour, index + 1) >= limit
            ):
                return limit
    home, _, added = way_home(facts, state, tour, place, free, taken)
    return limit if home >= IMPOSSIBLE else fen + added


@typed
def is_fixed(facts: Facts, order: int) -> bool:
    """A person fixed the order's engineer or start."""
    return get(facts, ORDERS, order, FIXED) != 0


@typed
def is_held(facts: Facts, state: State, order: int) -> bool:
    """Ordinary moves leave the order where it is: it is tied to others, or the night is spent there."""
    if get(facts, ORDERS, order, TIED):
        return True
    tour = value(state, TOUR_OF, order)
    if tour < 0 or value(state, STAYS, tour) != STAYING or value(state, LENGTH, tour) == 0:
        return False
    return get(state, VISITS, tour, value(state, LENGTH, tour) - 1) == order


@typed
def lateness(facts: Facts, state: State, tour: int, skipped: int, seat: int, with_preventive: bool) -> int:
    """Lateness of the promises on a tour, with `skipped` (an order) inserted at `seat` if it is one, and with or
    without its loose preventive work."""
    engineer = get(facts, TOURS, tour, ENGINEER)
    place, fen = value(state, BEGINS_AT, tour), 0
    free, taken = get(state, FREE, tour, 0), get(state, TAKEN, tour, 0)
    for index in range(value(state, LENGTH, tour) + 1):
        if index == seat and skipped >= 0:
            place, free, taken, _ = step(facts, state, tour, engineer, place, free, taken, skipped)
        if index == value(state, LENGTH, tour) or free >= IMPOSSIBLE:
            break
        visit = get(state, VISITS, tour, index)
        promised = visit >= 0 and (not get(facts, ORDERS, visit, PREVENTIVE))
        if with_preventive or promised or visit < 0 or is_fixed(facts, visit):
            place, free, taken, _ = step(facts, state, tour, engineer, place, free, taken, visit)
            if promised and free < IMPOSSIBLE:
                start = free - get(facts, PAIRS, visit, 2 * engineer + SERVICE)
                fen += promise_fen(
                    facts, visit, start, free, value(state, MOVED, visit), value(state, DELIVERED, visit)
                )
    return fen if free < IMPOSSIBLE else FOREVER


@typed
def holds_promises(facts: Facts, state: State, tour: int) -> bool:
    """Somebody waits on this tour for a breakdown or repair."""
    for index in range(value(state, LENGTH, tour)):
        visit = get(state, VISITS, tour, index)
        if visit >= 0 and (not get(facts, ORDERS, visit, PREVENTIVE)):
            return True
    return False


@typed
def spares_promises(facts: Facts, state: State, order: int, tour: int, seat: int) -> bool:
    """Preventive work is never planned at the price of a promise: no breakdown gets later by it."""
    if not get(facts, ORDERS, order, PREVENTIVE) or is_fixed(facts, order) or (not holds_promises(facts, state, tour)):
        return True
    with_it = lateness(facts, state, tour, order, seat, True)
    return with_it <= lateness(facts, state, tour, NOWHERE, NOWHERE, True)


@typed
def _place_at(facts: Facts, state: State, tour: int, position: int) -> int:
    """Where the tour's stop at the position is; behind the last one the end of the tour, NOWHERE on a stay."""
    if position == value(state, LENGTH, tour):
        return get(facts, TOURS, tour, END_PLACE) if value(state, STAYS, tour) == HOME else NOWHERE
    return place_of(facts, get(state, VISITS, tour, position))


@typed
def _detour_fen(facts: Facts, is_driven: bool, place: int, site: int, onward: int) -> int:
    """Price of driving over `site` instead of directly, or instead of not at all; `onward` NOWHERE: only there."""
    if onward < 0:
        return way_fen(facts, place, site)
    fen = way_fen(facts, place, site) + way_fen(facts, site, onward)
    return fen - way_fen(facts, place, onward) if is_driven else fen


@typed
def _detour_seconds(facts: Facts, is_driven: bool, place: int, site: int, onward: int) -> int:
    """`_detour_fen` in seconds: below zero where the direct way is the longer one."""
    if onward < 0:
        return way_seconds(facts, place, site)
    seconds = way_seconds(facts, place, site) + way_seconds(facts, site, onward)
    return seconds - way_seconds(facts, place, onward) if is_driven else seconds


@typed
def best_position(
    facts: Facts, state: State, order: int, tour: int, quote: int, limit: int, exact: bool
) -> tuple[int, int]:
    """(price of the tour with the order, position) without pick-ups; (limit, -1) when none is below `limit`.

    The order's release must be its kit's; the price of pair and kit is not counted. Not `exact`: no detour is taken for
    sooner than the direct way, nor a delay for cheaper than none.
    """
    engineer, site = get(facts, TOURS, tour, ENGINEER), get(facts, ORDERS, order, PLACE)
    onward, seat = value(state, BEGINS_AT, tour), NOWHERE
    weighs, is_driven = value(facts, PRICES, FAIRNESS_FEN) > 0, not is_empty(facts, state, tour)
    burden = borne(facts, state, tour) if weighs else 0
    for position in range(seats(state, tour)):
        place, onward = onward, _place_at(facts, state, tour, position)
        free, taken = get(state, FREE, tour, position), get(state, TAKEN, tour, position)
        fen = get(state, SPENT, tour, position)
        if fen >= limit:
            break
        least = value(state, TOUR_FEN, tour) + _detour_fen(facts, is_driven, place, site, onward)
        if least >= limit:
            # a detour that is sooner than the direct way makes the rest cheaper
            is_longer = not exact or _detour_seconds(facts, is_driven, place, site, onward) >= 0
            if is_longer and (not exact or least - forward_fen(facts, state, tour, position) >= limit):
                continue
        start, end, taken = begin_work(facts, state, tour, engineer, place, free, taken, order)
        if end > get(facts, TOURS, tour, LIMIT):
            if exact:  # the next stop may be nearer, or the only one with a way
                continue
            break
        fen += way_fen(facts, place, site) + change_fen(facts, order, engineer, start)
        fen += least_promise_fen(facts, state, order, start, end, quote)
        if weighs:  # the detour alone; overtime that it may cause is counted when the order is put in
            more = burden + _detour_seconds(facts, is_driven, place, site, onward)
            fen += fairness_fen(facts, tour, more) - fairness_fen(facts, tour, burden)
        if fen >= limit:
            continue
        fen = rest_of_tour(facts, state, tour, position, site, end, taken, fen, limit)
        if fen < limit and spares_promises(facts, state, order, tour, position):
            limit, seat = fen, position
    return limit, seat
