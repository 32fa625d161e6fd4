"""Everything that changes a plan: put an order in, take orders out, send a vehicle, and take all of it back."""

from ..compiled import typed
from ..problem import FOREVER
from .insertion import free_quote, is_missing, is_visited, missing_depots, promise_with
from .layout import (
    BUSY,
    CARGO_AT,
    CASE,
    COUNTS,
    DELIVERED,
    DELIVERED_AT,
    DELIVERY,
    EARLIER,
    ENGINEER,
    FIRST_DEPOT,
    FREE,
    FROM,
    HORIZON_END,
    IS_STALE_ORDER,
    IS_STALE_TOUR,
    KIT_FEN,
    KIT_PRICE,
    KIT_RELEASE,
    KIT_SOURCE,
    LATER,
    LEFT,
    LENGTH,
    LINE_END,
    LINE_FIRST,
    LINES,
    MARK,
    MISSING,
    MOVED,
    N_ORDERS,
    N_STALE_ORDERS,
    N_STALE_TOURS,
    N_TOURS,
    NOWHERE,
    ORDER_MARK,
    ORDERS,
    ORDERS_ON,
    OWN_ORDERS,
    PAIR_FEN,
    PAIRS,
    PART,
    PREVENTIVE,
    PREVENTIVE_ON,
    PRICES,
    QUANTITY,
    QUOTE_END,
    QUOTE_FEN,
    QUOTE_FIRST,
    QUOTES,
    RELEASE,
    REST,
    SERVICE,
    SOURCE,
    SPENT,
    STALE_ORDERS,
    STALE_TOURS,
    TOTAL,
    TOUCHED_ORDERS,
    TOUCHED_TOURS,
    TOUR_FEN,
    TOUR_MARK,
    TOUR_OF,
    TOURS,
    UNDERWAY_END,
    UNDERWAY_START,
    VEHICLE,
    VISITS,
    Desk,
    Facts,
    State,
    at,
    cell,
    get,
    value,
)
from .timing import dropped_fen, promise_fen, retime

TOO_DEAR = 2**60
"""Added to the price of a plan that must not be kept."""
WANTED = 4
"""Best vehicles that an order may take over from another one."""


@typed
def absence_fen(facts: Facts, state: State, order: int) -> int:
    """What the order costs while it is left out, with the vehicle it has."""
    return dropped_fen(facts, order, value(state, MOVED, order), value(state, DELIVERED, order))


@typed
def _use_stock(facts: Facts, state: State, order: int, sign: int) -> None:
    """Take the order's pieces from their shelves (1) or put them back (-1)."""
    for line in range(get(facts, ORDERS, order, LINE_FIRST), get(facts, ORDERS, order, LINE_END)):
        if get(state, SOURCE, line, FROM) >= 0:
            pieces = get(facts, LINES, line, QUANTITY)
            state[at(state, LEFT, get(state, SOURCE, line, FROM), get(state, SOURCE, line, PART))] -= sign * pieces


@typed
def copy_tour(origin: State, target: State, tour: int) -> None:
    """Copy one tour with its times and prices."""
    count = value(origin, LENGTH, tour)
    target[cell(target, LENGTH, tour)] = count
    for position in range(count):
        target[at(target, VISITS, tour, position)] = get(origin, VISITS, tour, position)
    for position in range(count + 1):
        target[at(target, FREE, tour, position)] = get(origin, FREE, tour, position)
        target[at(target, SPENT, tour, position)] = get(origin, SPENT, tour, position)
    target[cell(target, TOUR_FEN, tour)] = value(origin, TOUR_FEN, tour)
    target[cell(target, ORDERS_ON, tour)] = value(origin, ORDERS_ON, tour)
    target[cell(target, PREVENTIVE_ON, tour)] = value(origin, PREVENTIVE_ON, tour)


@typed
def touch_tour(state: State, saved: State, desk: Desk, tour: int) -> None:
    """Keep a copy of the tour, once per trial."""
    if value(desk, TOUR_MARK, tour) == value(desk, COUNTS, MARK):
        return
    desk[cell(desk, TOUR_MARK, tour)] = value(desk, COUNTS, MARK)
    desk[cell(desk, TOUCHED_TOURS, value(desk, COUNTS, N_TOURS))] = tour
    desk[cell(desk, COUNTS, N_TOURS)] += 1
    copy_tour(state, saved, tour)


@typed
def copy_order(facts: Facts, origin: State, target: State, order: int) -> None:
    """Copy what is planned for one order; shelves and vehicles are not touched."""
    target[cell(target, TOUR_OF, order)] = value(origin, TOUR_OF, order)
    target[cell(target, RELEASE, order)] = value(origin, RELEASE, order)
    target[cell(target, KIT_FEN, order)] = value(origin, KIT_FEN, order)
    target[cell(target, CASE, order)] = value(origin, CASE, order)
    target[cell(target, MOVED, order)] = value(origin, MOVED, order)
    target[cell(target, DELIVERED, order)] = value(origin, DELIVERED, order)
    for line in range(get(facts, ORDERS, order, LINE_FIRST), get(facts, ORDERS, order, LINE_END)):
        for column in range(3):
            target[at(target, SOURCE, line, column)] = get(origin, SOURCE, line, column)


@typed
def touch_order(facts: Facts, state: State, saved: State, desk: Desk, order: int) -> None:
    """Keep a copy of what the plan says of the order, once per trial."""
    if value(desk, ORDER_MARK, order) == value(desk, COUNTS, MARK):
        return
    desk[cell(desk, ORDER_MARK, order)] = value(desk, COUNTS, MARK)
    desk[cell(desk, TOUCHED_ORDERS, value(desk, COUNTS, N_ORDERS))] = order
    desk[cell(desk, COUNTS, N_ORDERS)] += 1
    copy_order(facts, state, saved, order)


@typed
def begin_trial(state: State, saved: State, desk: Desk) -> None:
    """From here on changes are kept track of."""
    desk[cell(desk, COUNTS, N_TOURS)] = 0
    desk[cell(desk, COUNTS, N_ORDERS)] = 0
    desk[cell(desk, COUNTS, MARK)] += 1
    saved[cell(saved, TOTAL, 0)] = value(state, TOTAL, 0)


@typed
def take_back(facts: Facts, state: State, saved: State, desk: Desk) -> None:
    """Undo everything since the trial began."""
    for index in range(value(desk, COUNTS, N_TOURS)):
        copy_tour(saved, state, value(desk, TOUCHED_TOURS, index))
    for index in range(value(desk, COUNTS, N_ORDERS)):
        order = value(desk, TOUCHED_ORDERS, index)
        _use_stock(facts, state, order, -1)
        if value(state, CASE, order) >= 0:
            state[cell(state, BUSY, get(facts, QUOTES, value(state, CASE, order), VEHICLE))] = 0
    for index in range(value(desk, COUNTS, N_ORDERS)):
        order = value(desk, TOUCHED_ORDERS, index)
        copy_order(facts, saved, state, order)
        _use_stock(facts, state, order, 1)
        if value(state, CASE, order) >= 0:
            state[cell(state, BUSY, get(facts, QUOTES, value(state, CASE, order), VEHICLE))] = 1 + order
    state[cell(state, TOTAL, 0)] = value(saved, TOTAL, 0)


@typed
def accept(desk: Desk) -> None:
    """Keep the trial: what it touched is stale in the best plan."""
    for index in range(value(desk, COUNTS, N_TOURS)):
        tour = value(desk, TOUCHED_TOURS, index)
        if not value(desk, IS_STALE_TOUR, tour):
            desk[cell(desk, IS_STALE_TOUR, tour)] = 1
            desk[cell(desk, STALE_TOURS, value(desk, COUNTS, N_STALE_TOURS))] = tour
            desk[cell(desk, COUNTS, N_STALE_TOURS)] += 1
    for index in range(value(desk, COUNTS, N_ORDERS)):
        order = value(desk, TOUCHED_ORDERS, index)
        if not value(desk, IS_STALE_ORDER, order):
            desk[cell(desk, IS_STALE_ORDER, order)] = 1
            desk[cell(desk, STALE_ORDERS, value(desk, COUNTS, N_STALE_ORDERS))] = order
            desk[cell(desk, COUNTS, N_STALE_ORDERS)] += 1


@typed
def keep_best(facts: Facts, state: State, best: State, desk: Desk) -> None:
    """Copy to the best plan whatever has changed since it was kept last. Its shelves and vehicles stay unknown."""
    for index in range(value(desk, COUNTS, N_STALE_TOURS)):
        tour = value(desk, STALE_TOURS, index)
        copy_tour(state, best, tour)
        desk[cell(desk, IS_STALE_TOUR, tour)] = 0
    for index in range(value(desk, COUNTS, N_STALE_ORDERS)):
        order = value(desk, STALE_ORDERS, index)
        copy_order(facts, state, best, order)
        desk[cell(desk, IS_STALE_ORDER, order)] = 0
    desk[cell(desk, COUNTS, N_STALE_TOURS)] = 0
    desk[cell(desk, COUNTS, N_STALE_ORDERS)] = 0
    best[cell(best, TOTAL, 0)] = value(state, TOTAL, 0)


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
    _use_stock(facts, state, order, 1)
    state[cell(state, TOTAL, 0)] += get(facts, PAIRS, order, 2 * engineer + PAIR_FEN) + value(state, KIT_FEN, order)


@typed
def put(facts: Facts, state: State, desk: Desk, kit: int, order: int, tour: int, seat: int, pick: int) -> bool:
    """Insert an unassigned order with a kit of the scratch. False when the tour turned out to be impossible."""
    first = get(facts, ORDERS, order, LINE_FIRST)
    count = missing_depots(facts, state, desk, kit, tour, seat)
    state[cell(state, TOTAL, 0)] -= absence_fen(facts, state, order) + value(state, TOUR_FEN, tour)
    if count:
        _write_with_pickups(state, desk, tour, order, seat, pick, count)
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
    state[cell(state, TOTAL, 0)] += value(state, TOUR_FEN, tour)
    return possible


@typed
def unseat(facts: Facts, state: State, order: int) -> None:
    """Note that the order is no longer done; its tour has still to be compacted."""
    tour = value(state, TOUR_OF, order)
    engineer = get(facts, TOURS, tour, ENGINEER)
    state[cell(state, TOTAL, 0)] -= get(facts, PAIRS, order, 2 * engineer + PAIR_FEN) + value(state, KIT_FEN, order)
    _use_stock(facts, state, order, -1)
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
    state[cell(state, TOTAL, 0)] -= value(state, TOUR_FEN, tour)
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
    state[cell(state, TOTAL, 0)] += value(state, TOUR_FEN, tour)
    return possible


@typed
def order_times(facts: Facts, state: State, order: int) -> tuple[int, int]:
    """Start and end of the order's work; the end of the horizon for an unassigned one."""
    tour = value(state, TOUR_OF, order)
    if tour < 0:
        return value(facts, PRICES, HORIZON_END), value(facts, PRICES, HORIZON_END)
    if get(facts, ORDERS, order, UNDERWAY_START) < FOREVER:
        return get(facts, ORDERS, order, UNDERWAY_START), get(facts, ORDERS, order, UNDERWAY_END)
    engineer = get(facts, TOURS, tour, ENGINEER)
    for position in range(value(state, LENGTH, tour)):
        if get(state, VISITS, tour, position) == order:
            end = get(state, FREE, tour, position + 1)
            return end - get(facts, PAIRS, order, 2 * engineer + SERVICE), end
    return value(facts, PRICES, HORIZON_END), value(facts, PRICES, HORIZON_END)


@typed
def set_vehicle(facts: Facts, state: State, order: int, quote: int) -> None:
    """Give the order the vehicle of a quote, or none; prices follow, except the tour's, which needs `retime`."""
    if value(state, CASE, order) >= 0:
        state[cell(state, BUSY, get(facts, QUOTES, value(state, CASE, order), VEHICLE))] = 0
        state[cell(state, TOTAL, 0)] -= get(facts, QUOTES, value(state, CASE, order), QUOTE_FEN)
    if value(state, TOUR_OF, order) < 0:
        state[cell(state, TOTAL, 0)] -= absence_fen(facts, state, order)
    state[cell(state, CASE, order)] = quote
    state[cell(state, MOVED, order)] = get(facts, QUOTES, quote, CARGO_AT) if quote >= 0 else FOREVER
    state[cell(state, DELIVERED, order)] = get(facts, QUOTES, quote, DELIVERED_AT) if quote >= 0 else FOREVER
    if value(state, TOUR_OF, order) < 0:
        state[cell(state, TOTAL, 0)] += absence_fen(facts, state, order)
    if quote >= 0:
        state[cell(state, BUSY, get(facts, QUOTES, quote, VEHICLE))] = 1 + order
        state[cell(state, TOTAL, 0)] += get(facts, QUOTES, quote, QUOTE_FEN)


@typed
def give_vehicle(facts: Facts, state: State, order: int, quote: int) -> None:
    """`set_vehicle`, and the tour priced again: times do not depend on vehicles."""
    set_vehicle(facts, state, order, quote)
    tour = value(state, TOUR_OF, order)
    if tour >= 0:
        state[cell(state, TOTAL, 0)] -= value(state, TOUR_FEN, tour)
        retime(facts, state, tour, 0)
        state[cell(state, TOTAL, 0)] += value(state, TOUR_FEN, tour)


@typed
def _least_with_free(facts: Facts, state: State, order: int, start: int, end: int) -> tuple[int, int]:
    """(lateness and price, quote) of the order's best way among no vehicle, its own and the free ones."""
    least, choice = promise_fen(facts, order, start, end, FOREVER, FOREVER), NOWHERE
    current, free = value(state, CASE, order), free_quote(facts, state, order)
    if current >= 0 and promise_with(facts, order, start, end, current) < least:
        least, choice = promise_with(facts, order, start, end, current), current
    if free >= 0 and promise_with(facts, order, start, end, free) < least:
        least, choice = promise_with(facts, order, start, end, free), free
    return least, choice


@typed
def _change_vehicle(facts: Facts, state: State, saved: State, desk: Desk, order: int, quote: int) -> None:
    touch_order(facts, state, saved, desk, order)
    if value(state, TOUR_OF, order) >= 0:
        touch_tour(state, saved, desk, value(state, TOUR_OF, order))
    give_vehicle(facts, state, order, quote)


@typed
def _take_over(facts: Facts, state: State, saved: State, desk: Desk, order: int, quote: int, saves: int) -> bool:
    """Take the quote's vehicle from the order that has it, if that loses less than `saves`; says whether it did."""
    holder = value(state, BUSY, get(facts, QUOTES, quote, VEHICLE)) - 1
    if holder < 0 or holder == order or value(state, CASE, holder) < 0 or not value(desk, OWN_ORDERS, holder):
        return False
    start, end = order_times(facts, state, holder)
    now, held = promise_with(facts, holder, start, end, value(state, CASE, holder)), value(state, CASE, holder)
    state[cell(state, CASE, holder)] = NOWHERE
    least, choice = _least_with_free(facts, state, holder, start, end)
    state[cell(state, CASE, holder)] = held
    if least - now >= saves:
        return False
    _change_vehicle(facts, state, saved, desk, holder, choice)
    _change_vehicle(facts, state, saved, desk, order, quote)
    return True


@typed
def choose_vehicle(facts: Facts, state: State, saved: State, desk: Desk, order: int) -> None:
    """Send the vehicle that pays most: a free one, or one that saves more here than where it is now; call back one that
    no longer pays."""
    first, last = get(facts, ORDERS, order, QUOTE_FIRST), get(facts, ORDERS, order, QUOTE_END)
    if first == last:
        return
    start, end = order_times(facts, state, order)
    least, choice = _least_with_free(facts, state, order, start, end)
    if choice != value(state, CASE, order):
        _change_vehicle(facts, state, saved, desk, order, choice)
    for quote in range(first, min(last, first + WANTED)):
        saves = least - promise_with(facts, order, start, end, quote)
        if saves <= 0 or _take_over(facts, state, saved, desk, order, quote, saves):
            break


@typed
def fetch(facts: Facts, state: State, desk: Desk, kit: int, tour: int, position: int) -> None:
    """Visit the kit's depots that the engineer has not come by yet, before the tour's stop at the position."""
    count = missing_depots(facts, state, desk, kit, tour, value(state, LENGTH, tour))
    state[cell(state, TOTAL, 0)] -= value(state, TOUR_FEN, tour)
    for rank in range(count):
        _shift_in(state, tour, -1 - value(desk, MISSING, rank), position + rank)
    retime(facts, state, tour, position)
    state[cell(state, TOTAL, 0)] += value(state, TOUR_FEN, tour)


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
