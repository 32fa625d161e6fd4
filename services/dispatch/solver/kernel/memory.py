"""Empty plans and workers' desks of the right size."""

from typing import NamedTuple

import numpy as np

from ..problem import FOREVER, Ints, Problem
from .dice import seeded
from .layout import (
    AGREED,
    BEGINS_AT,
    BUSY,
    CASE,
    COUNTS,
    DELIVERED,
    DICE,
    FREE,
    IS_STALE_ORDER,
    IS_STALE_TOUR,
    KEYS,
    KIT_DEPOTS,
    KIT_FEN,
    KIT_PRICE,
    KIT_RELEASE,
    KIT_SOURCE,
    KITS,
    LEFT,
    LENGTH,
    LINE_END,
    LINE_FIRST,
    LINES,
    MARKS,
    MISSING,
    MOVED,
    NOWHERE,
    ORDER_MARK,
    ORDERS,
    ORDERS_ON,
    OWN_ORDERS,
    OWN_TOURS,
    PREVENTIVE_ON,
    RELEASE,
    REMOVED,
    REST,
    SEEDS,
    SESSION,
    SOURCE,
    SPENT,
    STALE_ORDERS,
    STALE_TOURS,
    START_PLACE,
    STAYS,
    STOPS,
    TAKEN,
    TIED,
    TOTAL,
    TOUCHED_ORDERS,
    TOUCHED_TOURS,
    TOUR_FEN,
    TOUR_MARK,
    TOUR_OF,
    TOURS,
    UNDERWAY_START,
    VISITS,
    Desk,
    Facts,
    State,
    allocate,
    view,
)
from .sourcing import NEAR
from .writing import price


def new_state(problem: Problem, facts: Facts) -> State:
    """The plan in which nothing but the work under way is planned."""
    tours, orders = len(problem.tours), len(problem.orders)
    column = dict.fromkeys((TOUR_OF, RELEASE, KIT_FEN, CASE, MOVED, DELIVERED, AGREED, SESSION), orders)
    column |= dict.fromkeys((LENGTH, TOUR_FEN, ORDERS_ON, PREVENTIVE_ON, STAYS, BEGINS_AT), tours)
    column |= {BUSY: len(problem.vehicles), TOTAL: 1}
    state = allocate(
        {
            VISITS: (tours, STOPS),
            FREE: (tours, STOPS + 1),
            TAKEN: (tours, STOPS + 1),
            SPENT: (tours, STOPS + 1),
            SOURCE: (len(view(facts, LINES)), 3),
            LEFT: problem.stock.shape,
            **{table: (count, 1) for table, count in column.items()},
        }
    )
    for table in (TOUR_OF, SOURCE, CASE, SESSION):
        view(state, table)[:] = NOWHERE
    view(state, RELEASE)[:] = -FOREVER
    view(state, LEFT)[:] = problem.stock
    view(state, BEGINS_AT)[:, 0] = view(facts, TOURS)[:, START_PLACE]
    _note_what_is_under_way(problem, facts, state)
    return state


def _note_what_is_under_way(problem: Problem, facts: Facts, state: State) -> None:
    tour_of, agreed = view(state, TOUR_OF), view(state, AGREED)
    agreed[:] = view(state, MOVED)[:] = view(state, DELIVERED)[:] = FOREVER
    for order, record in enumerate(problem.orders):
        if record.pin_start is not None:
            agreed[order] = record.pin_start
        if record.cargo and (sent := record.cargo.sent):
            view(state, MOVED)[order], view(state, DELIVERED)[order] = sent.cargo_at, sent.delivered_at
            view(state, BUSY)[sent.vehicle] = 1 + order
    for tour, tour_record in enumerate(problem.tours):
        for order in tour_record.frozen:
            work = problem.orders[order].frozen
            if work and work.engineer == tour_record.engineer:
                tour_of[order] = tour
    price(facts, state)


class Share(NamedTuple):
    """What one worker may change: all tours of some engineers, and orders (planned on these tours, or unassigned). Its
    trials begin around `seeds`, some of these orders."""

    tours: Ints
    orders: Ints
    seeds: Ints


def new_desk(facts: Facts, state: State, seed: int, share: Share | None = None) -> Desk:
    """A worker that may change its share, or everything; never the work under way."""
    orders, tours = len(view(state, TOUR_OF)), len(view(state, LENGTH))
    kit = view(facts, ORDERS)[:, [LINE_FIRST, LINE_END]]
    lines = int(max((kit[:, 1] - kit[:, 0]).max(initial=0), NEAR))
    share = share or Share(np.arange(tours), np.arange(orders), np.arange(orders))
    columns = view(facts, ORDERS)[share.seeds]
    seeds = share.seeds[(columns[:, UNDERWAY_START] >= FOREVER) & (columns[:, TIED] == 0)]
    column = dict.fromkeys((OWN_TOURS, TOUCHED_TOURS, TOUR_MARK, STALE_TOURS, IS_STALE_TOUR), tours)
    column |= dict.fromkeys((OWN_ORDERS, TOUCHED_ORDERS, ORDER_MARK, STALE_ORDERS, IS_STALE_ORDER), orders)
    column |= {KIT_RELEASE: KITS + 1, KIT_PRICE: KITS + 1, MISSING: lines, MARKS: 1 + tours, COUNTS: 5, DICE: 1}
    column |= {SEEDS: len(seeds), REMOVED: orders + 2 * STOPS, KEYS: orders + 2 * STOPS, REST: STOPS}
    desk = allocate(
        {
            KIT_SOURCE: (KITS + 1, 3 * lines),
            KIT_DEPOTS: (KITS + 1, lines),
            **{table: (count, 1) for table, count in column.items()},
        }
    )
    view(desk, OWN_TOURS)[share.tours] = 1
    view(desk, OWN_ORDERS)[share.orders] = 1
    view(desk, SEEDS)[:, 0] = seeds
    seeded(desk, seed)
    return desk
