"""A plan under construction: tours with their cached states, stock that is left, cases. Engines change it."""

from copy import copy
from dataclasses import dataclass

import numpy as np

from .plan import Case, Plan, Route, Source, Stop
from .problem import FOREVER, Problem
from .step import Relief, State, dropped_fen, finish, promise_fen, states, step
from .tables import Tables


@dataclass(frozen=True, slots=True)
class Kit:
    """One complete way to get an order's parts: `fen` for fees and misses, `depots` to be visited before."""

    sources: tuple[Source, ...] = ()
    release: int = -FOREVER
    fen: int = 0
    depots: tuple[int, ...] = ()


NO_KIT = Kit()


class Draft:
    """Visits per tour (without the work under way), and for each order its tour (-1: none) and kit.

    `left`: [stock place][part] pieces that nobody uses yet. `busy`: [tour] seconds of planned service.
    `tours_taken` is `tour_of` as an array, without the work under way.
    """

    def __init__(self, problem: Problem, tables: Tables | None = None) -> None:
        self.problem = problem
        self.tables = tables or Tables(problem)
        self.relief = Relief(problem.orders)
        self.visits: list[list[int]] = [[] for _ in problem.tours]
        self.tour_of = [-1] * len(problem.orders)
        self.kits = [NO_KIT] * len(problem.orders)
        self.cases: dict[int, Case] = {}
        self.left: list[list[int]] = problem.stock.tolist()
        self.states: list[list[State]] = [[] for _ in problem.tours]
        self.fen = [0] * len(problem.tours)
        self.tours_taken = np.full(len(problem.orders), -1, np.int64)
        self.busy = np.zeros(len(problem.tours), np.int64)
        for tour, record in enumerate(problem.tours):
            for order in record.frozen:
                self.tour_of[order] = tour
            self.refresh(tour)

    def copy(self) -> "Draft":
        """An independent draft of the same problem that shares its tables."""
        twin = copy(self)
        twin.relief = self.relief.copy()
        for name in ("visits", "tour_of", "kits", "cases", "states", "fen", "tours_taken", "busy"):
            setattr(twin, name, getattr(self, name).copy())
        twin.left = [shelf.copy() for shelf in self.left]
        return twin

    def refresh(self, tour: int) -> None:
        """Recompute the cached states and price of a tour whose visits are known to be possible."""
        found = states(self.tables, self.relief, tour, self.visits[tour])
        fen = None if found is None else self.closing_fen(tour, self.visits[tour], found[-1])
        if found is None or fen is None:
            raise AssertionError("an engine kept an impossible tour")
        self.states[tour], self.fen[tour] = found, fen

    def closing_fen(self, tour: int, visits: list[int], last: State) -> int | None:
        """Price of the tour that ends after `last`; a tour without any stop is not driven and costs nothing."""
        if not visits and not self.tables.tours[tour].frozen:
            return 0
        return finish(self.tables, tour, last)

    def put(self, order: int, tour: int, visits: list[int], kit: Kit) -> None:
        """Insert an order with its kit; `visits` is the tour with the order and its pick-ups in place."""
        self.visits[tour], self.tour_of[order], self.kits[order] = visits, tour, kit
        self.relief.release[order] = kit.release
        self.tours_taken[order] = tour
        self.busy[tour] += self.tables.service(order, self.tables.tours[tour].engineer)
        for source in kit.sources:
            self.left[source.place][source.part] -= self._pieces(source)
        self.refresh(tour)

    def take_out(self, order: int) -> None:
        """Remove an order, its kit, and pick-ups that nobody needs any more."""
        tour, kit = self.tour_of[order], self.kits[order]
        for source in kit.sources:
            self.left[source.place][source.part] += self._pieces(source)
        self.tour_of[order], self.kits[order] = -1, NO_KIT
        self.tours_taken[order] = -1
        self.busy[tour] -= self.tables.service(order, self.tables.tours[tour].engineer)
        self.relief.release[order] = -FOREVER
        rest = [visit for visit in self.visits[tour] if visit != order]
        self.visits[tour] = self.needed(rest)
        self.refresh(tour)

    def needed(self, visits: list[int]) -> list[int]:
        """The visits without pick-ups that no later order uses."""
        return [
            visit
            for index, visit in enumerate(visits)
            if visit >= 0 or any(later >= 0 and -1 - visit in self.kits[later].depots for later in visits[index + 1 :])
        ]

    def _pieces(self, source: Source) -> int:
        return self.tables.orders[source.order].kit[source.line].quantity

    def send(self, case: Case) -> None:
        """Send a replacement vehicle and relax the order's clocks."""
        self.cases[case.order] = case
        self._relieve(case.order, case.cargo_at, case.delivered_at)

    def call_back(self, order: int) -> None:
        """Take back the replacement vehicle of an order."""
        del self.cases[order]
        self._relieve(order, FOREVER, FOREVER)

    def _relieve(self, order: int, moved: int, delivered: int) -> None:
        self.relief.moved[order], self.relief.delivered[order] = moved, delivered
        if self.tour_of[order] >= 0:
            self.refresh(self.tour_of[order])

    def order_fen(self, order: int) -> int:
        """What the order costs apart from its tour: the pair, the parts; or its absence."""
        tour = self.tour_of[order]
        if tour < 0:
            return dropped_fen(self.tables, order, self.relief)
        if self.tables.orders[order].frozen:
            return 0
        engineer = self.tables.tours[tour].engineer
        return int(self.tables.unary_fen(order)[engineer]) + self.kits[order].fen

    def total(self) -> int:
        """Price of the whole plan in fen."""
        cases = sum(case.fen for case in self.cases.values())
        return sum(self.fen) + cases + sum(map(self.order_fen, range(len(self.tour_of))))

    def promises_fen(self, tour: int, visits: list[int]) -> int:
        """Lateness of the breakdowns and repairs on the tour if it were driven like this."""
        found = states(self.tables, self.relief, tour, visits)
        if found is None:
            return FOREVER
        fen = 0
        for visit, (_, end, _) in zip(visits, found[1:], strict=True):
            if visit >= 0 and not self.tables.orders[visit].preventive:
                start = end - self.tables.service(visit, self.tables.tours[tour].engineer)
                moved, delivered = self.relief.moved[visit], self.relief.delivered[visit]
                fen += promise_fen(self.tables.orders[visit], start, end, moved, delivered)
        return fen

    def unassigned(self) -> list[int]:
        """Orders without a tour."""
        return [order for order, tour in enumerate(self.tour_of) if tour < 0]

    def route(self, tour: int) -> Route:
        """The tour with its times, work under way included."""
        stops = []
        for order in self.tables.tours[tour].frozen:
            work = self.tables.orders[order].frozen
            if work:
                stops.append(Stop(order, -1, work.start, work.start, work.until))
        engineer = self.tables.tours[tour].engineer
        for state, visit in zip(self.states[tour], self.visits[tour], strict=False):
            after = step(self.tables, self.relief, engineer, state, visit)
            if after:
                arrival = state[1] + self.tables.seconds[state[0], after[0]]
                order, depot = (visit, -1) if visit >= 0 else (-1, -1 - visit)
                stops.append(Stop(order, depot, arrival, after[1], after[2]))
        return Route(tour, tuple(stops))

    def plan(self, reasons: dict[int, str]) -> Plan:
        """The finished plan; `reasons` has an entry for every unassigned order."""
        routes = (self.route(tour) for tour in range(len(self.visits)))
        return Plan(
            routes=tuple(route for route in routes if route.stops),
            sources=tuple(source for kit in self.kits for source in kit.sources),
            cases=tuple(self.cases[order] for order in sorted(self.cases)),
            unassigned=reasons,
        )
