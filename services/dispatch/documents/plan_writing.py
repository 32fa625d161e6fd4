"""Plans from the solver's indices to the wire."""

from collections.abc import Iterable
from typing import Literal

from ..solver import plan as solver
from ..solver.engines import Result
from ..solver.judge import Verdict
from ..solver.problem import Problem
from ..solver.verdict import Violation
from . import plan as wire
from .drives import Drive, drives
from .problem import ProblemDocument


def violation_documents(document: ProblemDocument, violations: Iterable[Violation]) -> list[dict[str, str]]:
    """Violations with ids instead of indices: `rule`, and what broke it."""
    ids: dict[str, list[str]] = {
        "order": [order.id for order in document.orders],
        "engineer": [engineer.id for engineer in document.engineers],
        "depot": [depot.id for depot in document.depots],
        "vehicle": [vehicle.id for vehicle in document.replacement_vehicles],
        "expert": [expert.id for expert in document.experts],
    }
    return [
        {"rule": violation.rule}
        | {name: own[index] for name, own in ids.items() if (index := getattr(violation, name)) >= 0}
        for violation in violations
    ]


class PlanWriter:
    """Names the indices of one problem."""

    def __init__(self, document: ProblemDocument, problem: Problem) -> None:
        self.document, self.problem = document, problem

    def plan(self, plan: solver.Plan, verdict: Verdict, result: Result | None = None) -> wire.PlanDocument:
        """The document of a plan with the judge's cost; `result` adds how it was made."""
        orders = self.document.orders
        return wire.PlanDocument(
            version="roadcall-plan/1",
            origin=self.document.origin,
            routes=[self._route(*pair) for pair in zip(plan.routes, drives(self.problem, plan), strict=True)],
            parts=[self._source(source) for source in plan.sources],
            replacement_cases=[self._case(case) for case in plan.cases],
            experts=[
                wire.ExpertSession(order=orders[session.order].id, expert=self.document.experts[session.expert].id)
                for session in plan.sessions
            ],
            unassigned=[
                wire.Unassigned(id=orders[order].id, reason=reason)  # type: ignore[arg-type]
                for order, reason in sorted(plan.unassigned.items())
            ],
            cost=wire.Cost(total_fen=verdict.total, by_rule=verdict.by_rule),
            totals=wire.Totals(**{name: getattr(verdict.totals, name) for name in wire.Totals.model_fields}),
            engine=result.engine if result else None,
            seed=result.seed if result else None,
            iterations=result.iterations if result else None,
            seconds=round(result.seconds, 3) if result else None,
            stopped_by=result.stopped_by if result else None,  # type: ignore[arg-type]
        )

    def _route(self, route: solver.Route, drive: Drive) -> wire.Route:
        tour = self.problem.tours[route.tour]
        return wire.Route(
            engineer=self.document.engineers[tour.engineer].id,
            shift=tour.shift,
            depart=drive.depart,
            stops=[self._stop(stop) for stop in route.stops],
            breaks=[wire.Pause(start=start, end=end) for start, end in route.breaks],
            stays=route.stays,
            return_at=drive.return_at,
            travel_seconds=drive.seconds,
            travel_metres=drive.metres,
            overtime_seconds=max(0, drive.return_at - tour.end),
        )

    def _stop(self, stop: solver.Stop) -> wire.Stop:
        at_order = stop.order >= 0
        return wire.Stop(
            kind="order" if at_order else "pickup",
            order=self.document.orders[stop.order].id if at_order else None,
            role=self._role(stop),
            depot=None if at_order else self.document.depots[stop.depot].id,
            arrival=stop.arrival,
            start=stop.start,
            end=stop.end,
        )

    def _role(self, stop: solver.Stop) -> Literal["lead", "second"] | None:
        """Said only where there are two."""
        if stop.order < 0:
            return None
        order = self.problem.orders[stop.order]
        if order.crew == 1 and (order.frozen is None or order.frozen.second < 0):
            return None
        return "second" if stop.second else "lead"

    def _source(self, source: solver.Source) -> wire.Sourcing:
        order = self.document.orders[source.order]
        line, depot = order.kit[source.line], source.place - self.problem.engineers
        used = next(
            name
            for name, option in zip(
                dict.fromkeys((line.part, *line.substitutes)),
                self.problem.orders[source.order].kit[source.line].parts,
                strict=True,
            )
            if option == source.part
        )
        delivered = source.kind in ("courier", "transfer")
        return wire.Sourcing(
            order=order.id,
            line=source.line,
            part=line.part,
            used_part=used,
            quantity=line.quantity,
            source=source.kind,  # type: ignore[arg-type]
            depot=self.document.depots[depot].id if depot >= 0 else None,
            arrives_at=source.arrives_at if delivered else None,
            fee_fen=source.fee_fen,
        )

    def _case(self, case: solver.Case) -> wire.ReplacementCase:
        return wire.ReplacementCase(
            order=self.document.orders[case.order].id,
            vehicle=self.document.replacement_vehicles[case.vehicle].id,
            decide_by=case.decide_by,
            depart=case.depart,
            cargo_at=case.cargo_at,
            delivered_at=case.delivered_at,
            fen=case.fen,
        )
