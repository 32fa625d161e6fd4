"""An existing plan into a draft: what still holds is kept, the rest is left to be planned anew."""

from collections.abc import Container, Set
from dataclasses import replace

from ..plan import Plan, Route, Source, Stop
from ..problem import FOREVER
from .changes import TOO_DEAR, compact, may_stay, set_stay, unseat
from .draft import Draft
from .kits import KitWriter
from .layout import (
    AGREED,
    CASE,
    HOME,
    LENGTH,
    NOWHERE,
    OPEN,
    ORDERS,
    QUOTE_END,
    QUOTE_FIRST,
    QUOTES,
    STAYING,
    TIED,
    TOUR_OF,
    VEHICLE,
    VISITS,
    view,
)
from .together import Together
from .trial import accept, begin_trial, take_back, touch_tour
from .writing import append, append_pickup, send


class Loader:
    """Loads one plan; orders in `without` are left out."""

    def __init__(self, draft: Draft, start: Plan, without: Container[int]) -> None:
        self.problem, self.ties = draft.staffed, draft.ties
        self.facts, self.state, self.saved, self.desk = draft.facts, draft.state, draft.saved, draft.desk
        self.start, self.without = start, without
        self.kits = KitWriter(self.problem, self.facts, self.state, self.desk)
        self.tour_of, self.agreed = view(self.state, TOUR_OF)[:, 0], view(self.state, AGREED)[:, 0]
        self.tied = view(self.facts, ORDERS)[:, TIED]
        self.sources: dict[int, list[Source]] = {}
        for source in start.sources:
            self.sources.setdefault(source.order, []).append(source)

    def load(self) -> None:
        """Keep the plan's appointments as far as they are possible, in their order, with their parts and vehicles."""
        for route in sorted(self.start.routes, key=lambda route: self.problem.tours[route.tour].start):
            stays = route.stays and may_stay(self.facts, self.state, route.tour)
            if stays:
                set_stay(self.facts, self.state, route.tour, OPEN)
            self._load_route(route)
            if stays:
                self._stay(route.tour)
        for tour in reversed(range(len(self.problem.tours))):
            self._close(tour)
        for case in self.start.cases:
            first, end = view(self.facts, ORDERS)[case.order, [QUOTE_FIRST, QUOTE_END]].tolist()
            for quote in range(first, end):
                if view(self.facts, QUOTES)[quote, VEHICLE] == case.vehicle and self._is_open(case.order):
                    send(self.facts, self.state, case.order, quote)

    def _close(self, tour: int) -> None:
        """Drop pick-ups that nobody needs. They stay where there is no way without the detour."""
        begin_trial(self.state, self.saved, self.desk)
        touch_tour(self.state, self.saved, self.desk, tour)
        if compact(self.facts, self.state, tour):
            accept(self.desk)
        else:
            take_back(self.facts, self.state, self.saved, self.desk)

    def _is_open(self, order: int) -> bool:
        return bool(view(self.state, CASE)[order, 0] == NOWHERE)

    def _load_route(self, route: Route) -> None:
        for stop in route.stops:
            if stop.order < 0:
                append_pickup(self.facts, self.state, route.tour, stop.depot)
                continue
            row = self._row(stop)
            if self._is_wanted(stop.order, row) and self._has_parts(row, route.tour):
                self._append(row, route.tour, stop.start)

    def _stay(self, tour: int) -> None:
        """Stay at the last order that was kept; where that is impossible go home, without what is too far for that."""
        facts, state = self.facts, self.state
        length = int(view(state, LENGTH)[tour, 0])
        at_work = view(state, VISITS)[tour, length - 1] >= 0 if length else self.problem.tours[tour].frozen
        if at_work and set_stay(facts, state, tour, STAYING):
            return
        while not set_stay(facts, state, tour, HOME) and view(state, LENGTH)[tour, 0]:
            last = int(view(state, VISITS)[tour, view(state, LENGTH)[tour, 0] - 1])
            if last >= 0:
                unseat(facts, state, last)
            compact(facts, state, tour)

    def _has_parts(self, order: int, tour: int) -> bool:
        return self.kits.write(order, self.problem.tours[tour].engineer, self.sources.get(order, ()))

    def _row(self, stop: Stop) -> int:
        """The kernel's order for the stop; NOWHERE for a second whose lead may no longer need that time."""
        return self.ties.row.get((stop.order, stop.end - stop.start), NOWHERE) if stop.second else stop.order

    def _is_wanted(self, order: int, row: int) -> bool:
        return row != NOWHERE and order not in self.without and bool(self.tour_of[row] == NOWHERE)

    def _append(self, row: int, tour: int, start: int) -> None:
        """Put the order at the end of the tour, a tied one at the start that was agreed on."""
        pin = int(self.agreed[row])
        if self.tied[row] and pin == FOREVER:
            self.agreed[row] = start
        if not append(self.facts, self.state, self.desk, 0, row, tour):
            self.agreed[row] = pin


def load(draft: Draft, start: Plan, without: Set[int] = frozenset()) -> None:
    """Keep the plan's appointments as far as they are possible today, except those of the orders `without`."""
    Loader(draft, start, without).load()
    begin_trial(draft.state, draft.saved, draft.desk)
    Together(draft).keep_what_holds(start.sessions)
    accept(draft.desk)
    if draft.total >= TOO_DEAR:  # what had to stay where it is cannot, without what was taken out
        draft.clear()
        at_home = replace(start, routes=tuple(replace(route, stays=False) for route in start.routes))
        load(draft, at_home, without | {*draft.ties.orders})
