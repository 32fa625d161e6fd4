"""Ways to do a tied order that is not planned: start, lead, second, expert, and what that changes of the price."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from ..problem import FOREVER, Ints, Order
from .dice import uniform
from .draft import Draft
from .experts import Experts
from .insertion import NO_BOUND
from .layout import (
    AGREED,
    ENGINEER,
    FREE,
    NEAR_TOURS,
    NEIGHBOURS,
    NOWHERE,
    PAIRS,
    RELEASE,
    SERVICE,
    TOURS,
    view,
)
from .meeting import arrivals, join
from .placing import free_quote, has_room, least_promise_fen
from .vehicles import order_times

STARTS = 40
"""Starts tried for one order: the earliest half, and as many spread over the rest."""

EVERY_TOUR = 60
"""With so many tours all are candidates, otherwise the most promising and those of near orders."""


class Way(NamedTuple):
    """How a tied order could be done: `fen` is the change of the plan's price without that of absence; `second`: (row,
    tour), None for an order of one; `expert` NOWHERE where none is asked for."""

    fen: int
    start: int
    tour: int
    second: tuple[int, int] | None = None
    expert: int = NOWHERE
    fee: int = 0


class Ways:
    """Looks for ways in a draft, which it leaves as it is."""

    def __init__(self, draft: Draft) -> None:
        self.draft, self.problem, self.ties = draft, draft.problem, draft.ties
        self.facts, self.state, self.desk = draft.facts, draft.state, draft.desk
        self.experts = Experts(draft)
        self._engineer_of: list[int] = view(self.facts, TOURS)[:, ENGINEER].tolist()
        self._pairs, self._agreed = view(self.facts, PAIRS), view(self.state, AGREED)[:, 0]

    def is_planned(self, order: int) -> bool:
        """The order is on a tour."""
        return bool(self.draft.tours[order] >= 0)

    def ready(self, order: int) -> int | None:
        """The earliest start that the order's links allow; None while one of those it waits for is not planned."""
        earliest = -FOREVER
        for link in self.problem.orders[order].links:
            if not self.is_planned(link.order):
                return None
            times = order_times(self.facts, self.state, link.order)
            earliest = max(earliest, times[link.at_end] + link.gap)
        return earliest

    def best(
        self, order: int, tours: Iterable[int] | None = None, *, blink: float = 0.0, bound: int = NO_BOUND
    ) -> Way | None:
        """The cheapest way below `bound` to do an order that is not planned, None when there is none. `tours`: the
        lead's, by default the candidates; `blink`: chance that a start is overlooked."""
        found = None
        for way in self._cheaper_ones(order, self.problem.orders[order], tours, blink, bound):
            found = way
        self.disagree(order)
        return found

    def is_possible(self, order: int, tours: Iterable[int] | None = None, *, asking: Order | None = None) -> bool:
        """There is a way at any price to do an order that is not planned. `asking`: the order with less asked of others
        than the problem does."""
        ways = self._cheaper_ones(order, asking or self.problem.orders[order], tours)
        found = next(iter(ways), None)
        self.disagree(order)
        return found is not None

    def _cheaper_ones(
        self, order: int, record: Order, tours: Iterable[int] | None, blink: float = 0.0, bound: int = NO_BOUND
    ) -> Iterable[Way]:
        """Ways below `bound`, each cheaper than those before; the state keeps the start that was looked at last."""
        since = self.ready(order) if record.links else -FOREVER  # the record may ask less than the problem's
        if since is None:
            return
        leads = self._who_can(order, self._candidates(order) if tours is None else tours)
        rows = self.ties.rows_of(order) if record.crew == 2 else []
        helpers = {row: self._who_can(row, self._candidates(row)) for row in rows}
        for start in self._starts(order, record, since, leads, helpers):
            if blink > 0 and uniform(self.desk) < blink:
                continue
            for row in (order, *rows):
                self._agreed[row] = start
            for way in self._ways(order, record, start, leads, helpers, bound):
                if way.fen < bound:
                    bound = way.fen
                    yield way

    def _ways(
        self, order: int, record: Order, start: int, leads: Ints, helpers: dict[int, Ints], bound: int
    ) -> Iterable[Way]:
        """Ways at an agreed start that are cheaper than `bound`, one for each length of the work."""
        quote = free_quote(self.facts, self.state, order)
        if least_promise_fen(self.facts, self.state, order, start, start, quote) >= bound:
            return
        by_length: dict[int, list[tuple[int, int]]] = {}
        for fen, tour in self._insertions(order, start, leads, bound):
            by_length.setdefault(self.service(order, tour), []).append((fen, tour))
        for seconds, found in by_length.items():
            expert, fee = NOWHERE, 0
            if record.expert is not None:
                expert, fee = self.experts.cheapest(record.expert, start, start + seconds)
                if expert == NOWHERE:
                    continue
            if record.crew == 1:
                fen, tour = min(found)
                yield Way(fen + fee, start, tour, None, expert, fee)
                continue
            row = self.ties.row[order, seconds]
            seconds_found = self._insertions(row, start, helpers[row], bound)
            pairs = [
                Way(fen + more + fee, start, tour, (row, other), expert, fee)
                for fen, tour in found
                for more, other in seconds_found
                if self.engineer(tour) != self.engineer(other)
            ]
            if pairs:
                yield min(pairs, key=lambda way: (way.fen, way.tour, way.second))

    def _insertions(self, row: int, start: int, tours: Ints, bound: int) -> list[tuple[int, int]]:
        fens = np.empty(len(tours), np.int64)
        join(self.facts, self.state, self.desk, row, start, tours, bound, fens)
        cheaper = fens < bound
        return list(zip(fens[cheaper].tolist(), tours[cheaper].tolist(), strict=True))

    def _candidates(self, row: int) -> list[int]:
        if len(self.problem.tours) <= EVERY_TOUR:
            return list(range(len(self.problem.tours)))
        near = view(self.facts, NEAR_TOURS)[row].tolist()
        others = view(self.facts, NEIGHBOURS)[row]
        return sorted({*near, *self.draft.tours[others[others >= 0]].tolist()} - {NOWHERE})

    def _who_can(self, row: int, tours: Iterable[int]) -> Ints:
        return np.array([tour for tour in tours if has_room(self.facts, self.state, row, tour)], np.int64)

    def _starts(self, order: int, record: Order, since: int, leads: Ints, helpers: dict[int, Ints]) -> list[int]:
        """Starts worth trying: as soon as somebody can be there, an expert is free, or the customer was told."""
        if record.pin_start is not None:
            return [record.pin_start] if record.pin_start >= since else []
        found = {since} if since > -FOREVER else set()
        for row, tours in ((order, leads), *helpers.items()):
            view(self.state, RELEASE)[row] = since
            found.update(self._arrivals(row, tours))
            view(self.state, RELEASE)[row] = -FOREVER
        found.update(delivery.arrives_at for line in record.kit for delivery in line.deliveries)
        if record.expert is not None:
            found.update(self.experts.turns(record.expert))
        if record.published is not None:
            slack = self.problem.prices.change_tolerance
            told = record.published.start
            found.update((told - slack, told, told + slack))
        found.update(first for first, _ in record.windows)
        possible = sorted(
            start for start in found if start >= since and any(a <= start <= b for a, b in record.windows)
        )
        early, rest = possible[: STARTS // 2], possible[STARTS // 2 :]
        return early + rest[:: max(1, -(-len(rest) // (STARTS - STARTS // 2)))]

    def _arrivals(self, row: int, tours: Ints) -> list[int]:
        """When the tours' engineers could begin the work at each of their positions."""
        starts = np.empty(len(tours) * view(self.state, FREE).shape[1], np.int64)
        count = arrivals(self.facts, self.state, row, tours, starts)
        found: list[int] = np.unique(starts[:count]).tolist()
        return found

    def engineer(self, tour: int) -> int:
        return self._engineer_of[tour]

    def service(self, row: int, tour: int) -> int:
        return int(self._pairs[row, 2 * self.engineer(tour) + SERVICE])

    def disagree(self, order: int) -> None:
        """The order's start is open again, unless a person fixed it."""
        for row in (order, *self.ties.rows_of(order)):
            pin = self.draft.staffed.orders[row].pin_start
            self._agreed[row] = FOREVER if pin is None else pin
