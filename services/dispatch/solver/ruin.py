"""Ruin and recreate on the exact model: neighbouring orders are taken out and inserted again at their best places.

A plain-Python search under every rule of the step function; accepted by annealing.
"""

import math
from collections.abc import Callable

import numpy as np

from .answer import Progress
from .dice import Dice
from .draft import Draft
from .greedy import insert, insert_all, spare_promises
from .vehicles import send_where_worth

FEWEST, MOST = 2, 8
"""Orders taken out per iteration."""

NEIGHBOURS = 24
"""Nearest orders from which the others of a ruin are drawn."""

BOLD = 0.1
"""Share of iterations that insert at any price: two orders on one way may pay where neither does alone."""

HOT, COLD = 0.3, 0.005
"""First and last temperature, in units of the mean price per order."""


def mean_fen(draft: Draft) -> float:
    """Price of the plan per order: the unit of temperature."""
    return draft.total() / max(1, len(draft.tour_of))


def search(
    draft: Draft,
    dice: Dice,
    *,
    heat: Callable[[int], float],
    ended: Callable[[int], str | None],
    progress: Progress,
) -> tuple[Draft, int, str]:
    """The best draft found from the given one (which stays as it is), iterations, and why it ended.

    `heat`: temperature in fen by iteration; `ended`: why to end after so many iterations, None to go on.
    """
    loose = [order for order, record in enumerate(draft.tables.orders) if not record.frozen]
    best, best_fen, current = draft, draft.total(), draft.total()
    iterations = 0
    while not (why := ended(iterations) if loose else "finished"):
        trial = draft.copy()
        removed = _ruin(trial, loose, dice)
        _recreate(trial, removed, dice)
        fen = trial.total()
        if fen < current - heat(iterations) * math.log(max(dice.random(), 1e-12)):
            draft, current = trial, fen
        iterations += 1
        if fen < best_fen:
            best, best_fen = trial, fen
            progress(iterations, fen)
    return best, iterations, why


def _ruin(draft: Draft, loose: list[int], dice: Dice) -> list[int]:
    """Take a random order and some of its nearest ones out of their tours, and their vehicles back."""
    tables = draft.tables
    seat = dice.choice(loose)
    drive = tables.drive[tables.places[seat], tables.places[loose]]
    count = min(NEIGHBOURS, len(loose))
    near = np.argpartition(drive, count - 1)[:count].tolist()
    chosen = {seat, *(loose[index] for index in dice.sample(near, min(dice.randint(FEWEST, MOST), count)))}
    for order in sorted(chosen):
        if order in draft.cases:
            draft.call_back(order)
        if draft.tour_of[order] >= 0:
            draft.take_out(order)
    return sorted(chosen)


def _recreate(draft: Draft, orders: list[int], dice: Dice) -> None:
    """Insert in a random order, promises first; preventive work in their way is moved elsewhere."""
    records = draft.tables.orders
    dice.shuffle(orders)
    bold = dice.random() < BOLD
    for order in sorted(orders, key=lambda order: records[order].preventive):
        insert(draft, order, at_any_price=bold)
    touched = {draft.tour_of[order] for order in orders if draft.tour_of[order] >= 0}
    before = set(draft.unassigned())
    spare_promises(draft, sorted(touched))
    insert_all(draft, [order for order in draft.unassigned() if order not in before])
    send_where_worth(draft, orders)
