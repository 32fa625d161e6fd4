"""An existing plan into the kernel's memory: what still holds is kept, the rest is left to be planned anew."""

from collections.abc import Container, Iterable

from ..plan import Plan, Route, Source, Stop
from ..problem import FOREVER, Problem
from .changes import compact, may_stay, set_stay, unseat
from .facts import KINDS
from .layout import (
    AGREED,
    ARRIVES_AT,
    CASE,
    DELIVERIES,
    DELIVERY,
    DELIVERY_END,
    DELIVERY_FIRST,
    FEE_FEN,
    FROM,
    FROM_PLACE,
    HOME,
    KIND,
    KIT_DEPOTS,
    KIT_PRICE,
    KIT_RELEASE,
    KIT_SOURCE,
    LEFT,
    LENGTH,
    LINE_FIRST,
    LINES,
    NOWHERE,
    OPEN,
    ORDERS,
    PART,
    QUOTE_END,
    QUOTE_FIRST,
    QUOTES,
    STAYING,
    TIED,
    TOUR_OF,
    VEHICLE,
    VISITS,
    Desk,
    Facts,
    State,
    view,
)
from .ties import Ties
from .writing import append, append_pickup, close, send


class Loader:
    """Loads one plan; orders in `without` are left out."""

    def __init__(
        self, problem: Problem, ties: Ties, facts: Facts, state: State, desk: Desk, start: Plan, without: Container[int]
    ) -> None:
        self.problem, self.ties, self.facts, self.state, self.desk = problem, ties, facts, state, desk
        self.start, self.without = start, without
        self.kits = KitWriter(problem, facts, state, desk)
        self.tour_of, self.agreed = view(state, TOUR_OF)[:, 0], view(state, AGREED)[:, 0]
        self.tied = view(facts, ORDERS)[:, TIED]
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
            close(self.facts, self.state, tour)
        for case in self.start.cases:
            first, end = view(self.facts, ORDERS)[case.order, [QUOTE_FIRST, QUOTE_END]].tolist()
            for quote in range(first, end):
                if view(self.facts, QUOTES)[quote, VEHICLE] == case.vehicle and self._is_open(case.order):
                    send(self.facts, self.state, case.order, quote)

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


class KitWriter:
    """Writes sources of parts as kit 0 of a desk."""

    def __init__(self, problem: Problem, facts: Facts, state: State, desk: Desk) -> None:
        self.problem, self.facts = problem, facts
        self.left, self.first = view(state, LEFT), view(facts, ORDERS)[:, LINE_FIRST]
        self.depots, self.rows = view(desk, KIT_DEPOTS)[0], view(desk, KIT_SOURCE)[0]
        self.price, self.release = view(desk, KIT_PRICE), view(desk, KIT_RELEASE)

    def write(self, order: int, engineer: int, sources: Iterable[Source]) -> bool:
        """False when a source is gone or has not enough left, or when a line that must be there has none."""
        chosen = {source.line: source for source in sources}
        needed: dict[tuple[int, int], int] = {}
        depots: list[int] = []
        price, release = 0, -FOREVER
        for number, line in enumerate(self.problem.orders[order].kit):
            row = self.rows[3 * number : 3 * number + 3]
            row[:] = NOWHERE
            source = chosen.get(number)
            if source is None:
                if line.miss_fen is None:
                    return False
                price += line.miss_fen
                continue
            delivery = _delivery(self.facts, int(self.first[order]) + number, source)
            is_here = (source.kind == "van" and source.place == engineer) or source.kind == "pickup" or delivery >= 0
            if source.part not in line.parts or not is_here:
                return False
            needed[source.place, source.part] = needed.get((source.place, source.part), 0) + line.quantity
            row[FROM], row[PART], row[DELIVERY] = source.place, source.part, delivery
            if delivery >= 0:
                price += source.fee_fen
                release = max(release, source.arrives_at)
            elif source.kind == "pickup" and source.place - self.problem.engineers not in depots:
                depots.append(source.place - self.problem.engineers)
        self.depots[:] = NOWHERE
        self.depots[: len(depots)] = depots
        self.price[0], self.release[0] = price, release
        return all(self.left[place, part] >= pieces for (place, part), pieces in needed.items())


def _delivery(facts: Facts, line: int, source: Source) -> int:
    """The problem's delivery that the source names, NOWHERE when it is no longer offered."""
    if source.kind not in KINDS:
        return NOWHERE
    wanted = (KINDS.index(source.kind), source.place, source.arrives_at, source.fee_fen)
    first, end = view(facts, LINES)[line, [DELIVERY_FIRST, DELIVERY_END]].tolist()
    rows = view(facts, DELIVERIES)[first:end, [KIND, FROM_PLACE, ARRIVES_AT, FEE_FEN]].tolist()
    return next((first + index for index, row in enumerate(rows) if tuple(row) == wanted), NOWHERE)
