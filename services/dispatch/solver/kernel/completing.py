"""A draft completed: what is not planned yet goes where it pays, and nights are spent away where that pays."""

from ..stopping import Stop
from .changes import TOO_DEAR
from .draft import Draft
from .nights import reconsider, tours_with_leave
from .together import Together
from .trial import accept, begin_trial, take_back


def complete(draft: Draft, stop: Stop | None = None) -> None:
    """Insert what is worth its price, send vehicles, let engineers stay away. Tied orders come before others of their
    kind: they have the least choice. A cancel ends nothing but the looking for nights."""
    place_tied(draft, promised(draft))
    finish(draft, stop)


def finish(draft: Draft, stop: Stop | None) -> None:
    """Complete what a search leaves, where tied orders have had their turns: each is tried once more. Also after a
    cancel: every order is tried, or the reason why it is left out would not be true."""
    draft.construct()
    place_tied(draft, draft.ties.orders)
    best = draft.state.copy()
    for tour in tours_with_leave(draft):
        if stop is not None and stop.cancelled():
            break
        reconsider(draft, best, tour, 0.0)


def promised(draft: Draft) -> list[int]:
    """Tied orders that are no preventive work."""
    return [order for order in draft.ties.orders if not draft.problem.orders[order].preventive]


def place_tied(draft: Draft, orders: list[int]) -> None:
    """Plan those of these tied orders, given in the order of waiting, that are not planned and worth their price."""
    if not orders:
        return
    before = draft.total
    begin_trial(draft.state, draft.saved, draft.desk)
    Together(draft).place_all(orders)
    if draft.total >= before + TOO_DEAR // 2:
        take_back(draft.facts, draft.state, draft.saved, draft.desk)
    else:
        accept(draft.desk)
