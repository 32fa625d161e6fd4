"""What is near: orders by the drive between them, depots by the drive to the site, tours by what the order would cost
if it were their only one."""

import numpy as np

from ..compiled import typed
from ..problem import FOREVER, Ints
from .driving import way_seconds
from .layout import (
    DEPOT_PLACE,
    DEPOTS,
    ENGINEER,
    FREE,
    LIMIT,
    LINE_END,
    LINE_FIRST,
    NEAR_DEPOTS,
    NEAR_TOURS,
    NEIGHBOURS,
    ORDERS,
    PAIR_FEN,
    PAIRS,
    PLACE,
    SERVICE,
    START_PLACE,
    TAKEN,
    TOURS,
    UNDERWAY_START,
    Facts,
    State,
    at,
    get,
    rows,
    view,
    width,
)
from .timing import step


@typed
def _keep(facts: Facts, table: int, row: int, scores: Ints, kept: int, score: int, index: int) -> int:
    """Note the index in its row of the table, whose `kept` entries are sorted by their scores; equal scores keep their
    order. The new number of entries, at most the table's width."""
    if kept == width(facts, table):
        if score >= scores[kept - 1]:
            return kept
        kept -= 1
    slot = kept
    while slot > 0 and scores[slot - 1] > score:
        scores[slot] = scores[slot - 1]
        facts[at(facts, table, row, slot)] = get(facts, table, row, slot - 1)
        slot -= 1
    scores[slot] = score
    facts[at(facts, table, row, slot)] = index
    return kept + 1


@typed
def _rank_orders(facts: Facts, order: int, scores: Ints) -> None:
    site, kept = get(facts, ORDERS, order, PLACE), 0
    for other in range(rows(facts, ORDERS)):
        drive = way_seconds(facts, site, get(facts, ORDERS, other, PLACE))
        if other != order and drive < FOREVER and get(facts, ORDERS, other, UNDERWAY_START) >= FOREVER:
            kept = _keep(facts, NEIGHBOURS, order, scores, kept, drive, other)


@typed
def _rank_depots(facts: Facts, order: int, scores: Ints) -> None:
    site, kept = get(facts, ORDERS, order, PLACE), 0
    if get(facts, ORDERS, order, LINE_FIRST) == get(facts, ORDERS, order, LINE_END):
        return
    for depot in range(rows(facts, DEPOTS)):
        drive = way_seconds(facts, get(facts, DEPOTS, depot, DEPOT_PLACE), site)
        if drive < FOREVER:
            kept = _keep(facts, NEAR_DEPOTS, order, scores, kept, drive, depot)


@typed
def _rank_tours(facts: Facts, state: State, order: int, scores: Ints) -> None:
    kept = 0
    for tour in range(rows(facts, TOURS)):
        engineer = get(facts, TOURS, tour, ENGINEER)
        if get(facts, PAIRS, order, 2 * engineer + SERVICE) < 0:
            continue
        place, free, taken = get(facts, TOURS, tour, START_PLACE), get(state, FREE, tour, 0), get(state, TAKEN, tour, 0)
        _, end, _, fen = step(facts, state, tour, engineer, place, free, taken, order)
        if end <= get(facts, TOURS, tour, LIMIT):
            fen += get(facts, PAIRS, order, 2 * engineer + PAIR_FEN)
            kept = _keep(facts, NEAR_TOURS, order, scores, kept, fen, tour)


@typed
def rank(facts: Facts, state: State, orders: Ints, scores: Ints) -> None:
    """Fill the tables of what is near for these orders; `state` has nothing but the work under way."""
    for order in orders:
        if get(facts, ORDERS, order, UNDERWAY_START) >= FOREVER:
            _rank_orders(facts, order, scores)
            _rank_tours(facts, state, order, scores)
        _rank_depots(facts, order, scores)


def scores(facts: Facts) -> Ints:
    """Scratch of `rank`: the scores of what one order has near."""
    return np.empty(max(view(facts, table).shape[1] for table in (NEIGHBOURS, NEAR_DEPOTS, NEAR_TOURS)), np.int64)
