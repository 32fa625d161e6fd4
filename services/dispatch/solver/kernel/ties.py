"""What ties orders to each other and to a second engineer, as far as the problem alone says it."""

from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property
from graphlib import TopologicalSorter

import numpy as np

from ..problem import Order, Problem, Told


class Ties:
    """Orders whose start is agreed on with somebody else: crews of two, links, experts from afar.

    The second engineer of a crew has an order of his own in the kernel, behind the problem's: `seconds` are
    (order, seconds of work), one for each time that the lead may need; his level decides which of them is planned.
    """

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.seconds = [
            (index, seconds)
            for index, order in enumerate(problem.orders)
            if order.crew == 2 and order.frozen is None
            for seconds in sorted(set(order.service))
        ]
        self.row = {pair: len(problem.orders) + number for number, pair in enumerate(self.seconds)}
        self.followers: dict[int, list[int]] = {}
        for index, order in enumerate(problem.orders):
            for link in order.links if order.frozen is None else ():
                self.followers.setdefault(link.order, []).append(index)

    @cached_property
    def orders(self) -> list[int]:
        """Every tied order behind those that it waits for; of the others promises first."""
        tied = {
            index: [link.order for link in order.links]
            for index, order in enumerate(self.problem.orders)
            if order.frozen is None
            and (order.crew == 2 or order.links or order.expert is not None or index in self.followers)
        }
        sorter = TopologicalSorter({index: [one for one in waits if one in tied] for index, waits in tied.items()})
        sorter.prepare()
        found: list[int] = []
        while sorter.is_active():
            ready = sorted(sorter.get_ready(), key=self._rank)
            found += ready
            sorter.done(*ready)
        return found

    def _rank(self, index: int) -> tuple[bool, int, int]:
        order = self.problem.orders[index]
        due = min((clock.due for clock in order.clocks), default=self.problem.end)
        return order.preventive, due, -order.drop_fen

    @cached_property
    def rows(self) -> list[int]:
        """Kernel's rows that ordinary moves leave alone: tied orders, and those of the seconds."""
        return [*self.orders, *self.row.values()]

    def rows_of(self, order: int) -> list[int]:
        """The rows of the order's second engineer."""
        return [row for (owner, _), row in self.row.items() if owner == order]

    def group(self, order: int) -> list[int]:
        """The order and all that wait for it, over others too, in the order of `orders`."""
        found, rest = {order}, [order]
        while rest:
            news = [one for one in self.followers.get(rest.pop(), ()) if one not in found]
            found.update(news)
            rest += news
        return [one for one in self.orders if one in found]

    def nearest(self, order: int, count: int) -> list[int]:
        """So many other tied orders by the drive to their sites; a problem in one matrix."""
        drive, here = self.problem.seconds, self.problem.orders[order].place
        ways = [(int(drive[here, self.problem.orders[one].place]), one) for one in self.orders if one != order]
        return [one for way, one in sorted(ways)[:count] if way >= 0]

    def staffed(self) -> Problem:
        """The problem with an order for each second engineer: nothing but his presence, way and labour."""
        if not self.seconds:
            return self.problem
        return replace(self.problem, orders=(*self.problem.orders, *self._presences()))

    def _presences(self) -> Iterator[Order]:
        level = self.problem.level
        for index, seconds in self.seconds:
            order = self.problem.orders[index]
            fit = np.ones(len(level), np.bool_)
            for skill, least in order.second_skills:
                fit &= level[:, skill] >= least
            yield replace(
                order,
                service=(seconds,) * 6,
                skills=(),  # levels to spare are the lead's alone: who lacks the second's skills is excluded
                certificates=(),
                clocks=(),
                kit=(),
                cargo=None,
                drop_fen=0,
                pin_engineer=order.pin_second,
                pin_start=None,
                pin_second=None,
                published=_told_second(order),
                excluded=order.excluded | frozenset(np.flatnonzero(~fit).tolist()),
                crew=1,
                expert=None,
                links=(),
            )


def _told_second(order: Order) -> Told | None:
    """What was published, as it is for the second."""
    told = order.published
    return None if told is None or told.second is None else Told(told.second, told.start)
