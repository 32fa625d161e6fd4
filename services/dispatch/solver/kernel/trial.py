"""What a trial has changed, so that it can be taken back, and the best plan so far."""

from ..compiled import typed
from .layout import (
    AGREED,
    BEGINS_AT,
    BUSY,
    CASE,
    COUNTS,
    DELIVERED,
    FREE,
    FROM,
    IS_STALE_ORDER,
    IS_STALE_TOUR,
    KIT_FEN,
    LEFT,
    LENGTH,
    LINE_END,
    LINE_FIRST,
    LINES,
    MARK,
    MOVED,
    N_ORDERS,
    N_STALE_ORDERS,
    N_STALE_TOURS,
    N_TOURS,
    ORDER_MARK,
    ORDERS,
    ORDERS_ON,
    PART,
    PREVENTIVE_ON,
    QUANTITY,
    QUOTES,
    RELEASE,
    SESSION,
    SOURCE,
    SPENT,
    STALE_ORDERS,
    STALE_TOURS,
    STAYS,
    TAKEN,
    TOTAL,
    TOUCHED_ORDERS,
    TOUCHED_TOURS,
    TOUR_FEN,
    TOUR_MARK,
    TOUR_OF,
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
from .timing import shelf


@typed
def use_stock(facts: Facts, state: State, order: int, sign: int) -> None:
    """Take the order's pieces from their shelves (1) or put them back (-1)."""
    for line in range(get(facts, ORDERS, order, LINE_FIRST), get(facts, ORDERS, order, LINE_END)):
        if get(state, SOURCE, line, FROM) >= 0:
            place = shelf(facts, get(state, SOURCE, line, FROM))
            pieces = get(facts, LINES, line, QUANTITY)
            state[at(state, LEFT, place, get(state, SOURCE, line, PART))] -= sign * pieces


@typed
def copy_tour(origin: State, target: State, tour: int) -> None:
    """Copy one tour with its times and prices."""
    count = value(origin, LENGTH, tour)
    target[cell(target, LENGTH, tour)] = count
    for position in range(count):
        target[at(target, VISITS, tour, position)] = get(origin, VISITS, tour, position)
    for position in range(count + 1):
        target[at(target, FREE, tour, position)] = get(origin, FREE, tour, position)
        target[at(target, TAKEN, tour, position)] = get(origin, TAKEN, tour, position)
        target[at(target, SPENT, tour, position)] = get(origin, SPENT, tour, position)
    target[cell(target, TOUR_FEN, tour)] = value(origin, TOUR_FEN, tour)
    target[cell(target, ORDERS_ON, tour)] = value(origin, ORDERS_ON, tour)
    target[cell(target, PREVENTIVE_ON, tour)] = value(origin, PREVENTIVE_ON, tour)
    target[cell(target, STAYS, tour)] = value(origin, STAYS, tour)
    target[cell(target, BEGINS_AT, tour)] = value(origin, BEGINS_AT, tour)


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
    target[cell(target, AGREED, order)] = value(origin, AGREED, order)
    target[cell(target, SESSION, order)] = value(origin, SESSION, order)
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
        use_stock(facts, state, order, -1)
        if value(state, CASE, order) >= 0:
            state[cell(state, BUSY, get(facts, QUOTES, value(state, CASE, order), VEHICLE))] = 0
    for index in range(value(desk, COUNTS, N_ORDERS)):
        order = value(desk, TOUCHED_ORDERS, index)
        copy_order(facts, saved, state, order)
        use_stock(facts, state, order, 1)
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
