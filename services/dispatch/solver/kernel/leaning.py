"""How the search leans to promises while it is warm.

Many plans cost about the same, and they differ in how many promises they keep and how many orders they serve. So in the
first part of its budget the search adds a price to every broken clock and to every order left out; in the last part it
sees the true prices alone. What it answers is the best plan by true price of all that were the best so far.
"""

import math
import sys
from collections.abc import Callable

from ..stopping import Stop
from .draft import Draft
from .layout import LEAN_BREACH_FEN, LEAN_DROP_FEN, PRICES, TOTAL, Facts, State, view
from .writing import price

UNTIL = 0.6
"""Share of the budget in which the search leans."""

BREACH, DROP = 0.5, 0.5
"""What is added for a broken clock and for an order left out, in units of the mean price per order."""


def total(state: State) -> int:
    """Price of the plan in fen."""
    return int(view(state, TOTAL)[0, 0])


class Leaning:
    """The prices of one search: leaning from the start until `end`."""

    def __init__(self, draft: Draft) -> None:
        self.facts: Facts = draft.facts
        self._added = round(BREACH * draft.mean_fen), round(DROP * draft.mean_fen)
        self.is_on = False

    def begin(self, state: State) -> None:
        """Lean, and price the plan so."""
        self._add(*self._added)
        self.is_on = True
        price(self.facts, state)

    def end(self, state: State) -> None:
        """Stand upright again, and price the plan so."""
        self._add(0, 0)
        self.is_on = False
        price(self.facts, state)

    def trials_left(self, stop: Stop, iterations: int) -> int:
        """Trials until a budget of trials is used, or until it is time to stand upright; very many in one of time."""
        if stop.max_iterations is None:
            return sys.maxsize
        end = math.ceil(UNTIL * stop.max_iterations) if self.is_on else stop.max_iterations
        return max(1, end - iterations)

    def better(self, kept: State, found: State, tell: Callable[[int], None]) -> State:
        """The one of two plans with the lower true price, `found` being priced as the search sees it; its price is told
        when that is `found`'s."""
        twin = found.copy()
        if self.is_on:
            self._add(0, 0)
            price(self.facts, twin)
            self._add(*self._added)
        if total(twin) >= total(kept):
            return kept
        tell(total(twin))
        return twin

    def _add(self, breach: int, drop: int) -> None:
        view(self.facts, PRICES)[[LEAN_BREACH_FEN, LEAN_DROP_FEN], 0] = breach, drop
