"""What blocks have to share fairly beside stock and vehicles: linked orders, and experts from afar."""

from collections.abc import Iterable
from dataclasses import replace

from ..problem import Expert, Problem, Span


def linked(problem: Problem) -> list[list[int]]:
    """Groups of orders that are linked with each other, over others too; frozen ones wait for nobody."""
    group = {index: [index] for index in range(len(problem.orders))}
    for index, order in enumerate(problem.orders):
        for link in order.links if order.frozen is None else ():
            mine, other = group[index], group[link.order]
            if mine is not other:
                mine += other
                group |= dict.fromkeys(other, mine)
    return [own for index, own in group.items() if own[0] == index and len(own) > 1]


def by_seat(expert: Expert, held: Iterable[Span]) -> list[Expert]:
    """The expert; where he holds sessions in these [start, end) already, one record for each session at once with the
    hours that they leave."""
    held = sorted(held)
    if not held:
        return [expert]
    seats: list[list[Span]] = [[] for _ in range(expert.sessions)]
    for start, end in held:
        next(seat for seat in seats if not seat or seat[-1][1] <= start).append((start, end))
    return [replace(expert, sessions=1, windows=_less(expert.windows, seat)) for seat in seats]


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
