"""Which replacement vehicle goes where: sent, called back, taken over."""

from ..compiled import typed
from ..problem import FOREVER
from .changes import absence_fen
from .layout import (
    BUSY,
    CARGO_AT,
    CASE,
    DELIVERED,
    DELIVERED_AT,
    ENGINEER,
    FREE,
    HORIZON_END,
    LENGTH,
    MOVED,
    NOWHERE,
    ORDERS,
    OWN_ORDERS,
    PAIRS,
    PRICES,
    QUOTE_END,
    QUOTE_FEN,
    QUOTE_FIRST,
    QUOTES,
    SERVICE,
    TOTAL,
    TOUR_FEN,
    TOUR_OF,
    TOURS,
    UNDERWAY_END,
    UNDERWAY_START,
    VEHICLE,
    VISITS,
    Desk,
    Facts,
    State,
    cell,
    get,
    value,
)
from .placing import free_quote, promise_with
from .timing import promise_fen, retime
from .trial import touch_order, touch_tour

WANTED = 4
"""Best vehicles that an order may take over from another one."""


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
