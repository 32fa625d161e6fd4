"""Plans of any origin from the wire to the solver's indices."""

from dataclasses import dataclass

from ..solver import plan as solver
from ..solver.problem import Problem
from . import plan as wire
from .names import Index, Names
from .problem import ProblemDocument


@dataclass(frozen=True)
class Reading:
    """A plan read from a document, and the JSON pointers at which it names what the problem does not have.

    `timed`: every stop states its times.
    """

    plan: solver.Plan
    unknown: tuple[str, ...]
    timed: bool


class PlanReader:
    """Reads plan documents against one problem."""

    def __init__(self, document: ProblemDocument, problem: Problem) -> None:
        self.names, self.problem, self.document = Names.of(document), problem, document
        self.tours: dict[tuple[int, int], int] = {
            (tour.engineer, tour.shift): index for index, tour in enumerate(problem.tours)
        }
        self.unknown: list[str] = []
        self.engineer_of: dict[int, int] = {}

    def read(self, document: wire.PlanDocument) -> Reading:
        """The plan in indices; entries with unknown ids are left out and reported by pointer."""
        self.unknown = []
        routes = [self._route(route, f"/routes/{i}") for i, route in enumerate(document.routes)]
        self.engineer_of = {
            stop.order: self.problem.tours[route.tour].engineer
            for route in routes
            if route
            for stop in route.stops
            if not stop.second
        }
        sources = [self._source(entry, f"/parts/{i}") for i, entry in enumerate(document.parts)]
        cases = [self._case(case, f"/replacement_cases/{i}") for i, case in enumerate(document.replacement_cases)]
        sessions = [self._session(entry, f"/experts/{i}") for i, entry in enumerate(document.experts)]
        unassigned: dict[int, str] = {
            order: entry.reason
            for i, entry in enumerate(document.unassigned)
            if (order := self._find(self.names.orders, entry.id, f"/unassigned/{i}/id")) is not None
        }
        plan = solver.Plan(
            routes=tuple(route for route in routes if route),
            sources=tuple(source for source in sources if source),
            cases=tuple(case for case in cases if case),
            unassigned=unassigned,
            sessions=tuple(session for session in sessions if session),
        )
        stops = [stop for route in document.routes for stop in route.stops]
        timed = all(None not in (stop.arrival, stop.start, stop.end) for stop in stops)
        return Reading(plan, tuple(self.unknown), timed)

    def _find(self, index: Index, name: str | None, pointer: str) -> int | None:
        found = index.get(name) if name is not None else None
        if found is None:
            self.unknown.append(pointer)
        return found

    def _route(self, route: wire.Route, pointer: str) -> solver.Route | None:
        engineer = self._find(self.names.engineers, route.engineer, f"{pointer}/engineer")
        if engineer is None:
            return None
        tour = self.tours.get((engineer, route.shift))
        if tour is None:
            self.unknown.append(f"{pointer}/shift")
            return None
        stops = [self._stop(stop, f"{pointer}/stops/{i}") for i, stop in enumerate(route.stops)]
        breaks = tuple(sorted((pause.start, pause.end) for pause in route.breaks))
        return solver.Route(tour, tuple(stop for stop in stops if stop), breaks, route.stays)

    def _stop(self, stop: wire.Stop, pointer: str) -> solver.Stop | None:
        order, depot = -1, -1
        if stop.kind == "order":
            found = self._find(self.names.orders, stop.order, f"{pointer}/order")
            order = -1 if found is None else found
        else:
            found = self._find(self.names.depots, stop.depot, f"{pointer}/depot")
            depot = -1 if found is None else found
        if found is None:
            return None
        second = stop.kind == "order" and stop.role == "second"
        return solver.Stop(order, depot, stop.arrival or 0, stop.start or 0, stop.end or 0, second)

    def _session(self, entry: wire.ExpertSession, pointer: str) -> solver.Session | None:
        order = self._find(self.names.orders, entry.order, f"{pointer}/order")
        expert = self._find(self.names.experts, entry.expert, f"{pointer}/expert")
        return None if order is None or expert is None else solver.Session(order, expert)

    def _source(self, entry: wire.Sourcing, pointer: str) -> solver.Source | None:
        order = self._find(self.names.orders, entry.order, f"{pointer}/order")
        part = self._find(self.names.parts, entry.used_part, f"{pointer}/used_part")
        if order is None or part is None:
            return None
        place: int | None
        if entry.source == "van":
            place = self.engineer_of.get(order, 0)
        else:
            depot = self._find(self.names.depots, entry.depot, f"{pointer}/depot")
            place = None if depot is None else self.problem.engineers + depot
        if place is None:
            return None
        return solver.Source(order, entry.line, part, entry.source, place, entry.arrives_at or 0, entry.fee_fen)

    def _case(self, case: wire.ReplacementCase, pointer: str) -> solver.Case | None:
        order = self._find(self.names.orders, case.order, f"{pointer}/order")
        vehicle = self._find(self.names.vehicles, case.vehicle, f"{pointer}/vehicle")
        if order is None or vehicle is None:
            return None
        return solver.Case(order, vehicle, case.decide_by, case.depart, case.cargo_at, case.delivered_at, case.fen)
