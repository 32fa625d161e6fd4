"""What blocks have to share fairly beside stock and vehicles: linked orders, and experts from afar."""

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

from ..problem import FOREVER, Expert, Problem, Span


def linked(problem: Problem) -> list[list[int]]:
    """Groups of orders that are linked with each other, over others too. Work under way waits for nobody, and who waits
    for it knows its times wherever it is."""
    group = {index: [index] for index in range(len(problem.orders))}
    for index, order in enumerate(problem.orders):
        for link in order.links if order.frozen is None else ():
            mine, other = group[index], group[link.order]
            if mine is not other and problem.orders[link.order].frozen is None:
                mine += other
                group |= dict.fromkeys(other, mine)
    return [own for index, own in group.items() if own[0] == index and len(own) > 1]


class Seat(NamedTuple):
    """What a block may have of an expert: `record` of him, and the block's orders that he joins there so far."""

    expert: int
    record: Expert
    orders: tuple[int, ...]


def by_seat(index: int, expert: Expert, elsewhere: Mapping[int, Span], own: Mapping[int, Span]) -> list[Seat]:
    """The expert as one record; where he joins orders of other blocks in these [start, end), one record for each
    session at once with the hours that they leave. The block's `own` orders so far keep their hours: theirs and the
    others' are dealt out together."""
    if not elsewhere:
        return [Seat(index, expert, tuple(own))]
    ends = [-FOREVER] * expert.sessions
    taken: list[list[Span]] = [[] for _ in ends]
    mine: list[list[int]] = [[] for _ in ends]
    for order, (start, end) in sorted({**elsewhere, **own}.items(), key=lambda one: one[1]):
        seat = min(range(len(ends)), key=ends.__getitem__)
        if order in elsewhere:
            taken[seat].append((start, end))
        elif ends[seat] <= start:
            mine[seat].append(order)
        else:
            continue  # he has less time than when that was planned
        ends[seat] = max(ends[seat], end)
    return [
        Seat(index, replace(expert, sessions=1, windows=_less(expert.windows, spans)), tuple(orders))
        for spans, orders in zip(taken, mine, strict=True)
    ]


def _less(windows: tuple[Span, ...], taken: list[Span]) -> tuple[Span, ...]:
    """What is left of the windows, whose ends belong to them."""
    for start, end in taken:
        windows = tuple(
            piece
            for first, last in windows
            for piece in ((first, min(last, start)), (max(first, end), last))
            if piece[0] < piece[1]
        )
    return windows
