"""From the solver's plan document to a proposal in the world's terms."""

from datetime import datetime

from kit.values import Place

from ..documents.plan import ExpertSession, PlanDocument, ReplacementCase, Route, Sourcing, Stop
from ..documents.problem import ProblemDocument
from .chances import along, chance, either
from .facts import ClockAsked, PlannableOrder
from .joining import seats_at_work
from .problem_resources import expert_of
from .published import (
    Joining,
    PlannedRoute,
    PlannedStop,
    Prediction,
    Proposal,
    SourcedLine,
    UnassignedOrder,
    VehicleCase,
)
from .scene import Roads, Scene

BAD_DATA = "data"
"""The reason, beside the solver's own, of an order that makes no sense as it was told."""


def propose(scene: Scene, problem: ProblemDocument, plan: PlanDocument, roads: Roads) -> Proposal:
    """The plan, timed and priced by the judge, with ids, instants and places. `plan` is complete: times and cost."""
    return _Translation(scene, problem, plan).proposal(roads)


class _Translation:
    def __init__(self, scene: Scene, problem: ProblemDocument, plan: PlanDocument):
        self._scene = scene
        self._problem = problem
        self._plan = plan
        self._places = {place.id: Place(place.lon, place.lat) for place in problem.places}
        self._rows = {place.id: row for row, place in enumerate(problem.places)}
        self._engineers = {engineer.id: engineer for engineer in problem.engineers}
        self._vans = {engineer.id: engineer.van_place_id for engineer in scene.facts.engineers}
        self._parcels = {
            (parcel.line.order_id, parcel.line.line, parcel.depot): parcel.line for parcel in scene.parcels.values()
        }
        self._orders = {order.id: order for order in scene.orders}
        decided = scene.standing.cases
        self._sent = {
            name: one.case.model_copy(update={"sent": True}) for name, one in decided.items() if not one.delivered
        }
        self._new_cases = [case for case in plan.replacement_cases if case.order not in decided]
        self._sure = {
            stop.order: sure
            for route in plan.routes
            for stop, sure in zip(
                route.stops, along(route.stops, depart=route.depart or 0, spread=scene.policy.spread), strict=True
            )
            if stop.order is not None and stop.role != "second"
        }
        self._worked = {
            stop.order: (route.engineer, stop)
            for route in plan.routes
            for stop in route.stops
            if stop.order is not None and stop.role != "second"
        }

    def proposal(self, roads: Roads) -> Proposal:
        cost, totals = self._plan.cost, self._plan.totals
        if cost is None or totals is None:
            raise ValueError("the plan has no price: let the judge complete it first")
        return Proposal(
            routes=sorted(
                (self._route(route) for route in self._plan.routes),
                key=lambda route: (route.engineer_id, route.shift_start),
            ),
            parts=[*(self._line(source) for source in self._plan.parts), *self._carried_lines()],
            cases=[*self._sent.values(), *(self._case(case) for case in self._new_cases)],
            experts=[
                *(self._joining(session) for session in self._plan.experts),
                *(seat.joining for seat in seats_at_work(self._scene)),
            ],
            unassigned=[
                *(UnassignedOrder(order_id=one.id, reason=one.reason) for one in self._plan.unassigned),
                *(UnassignedOrder(order_id=one, reason=BAD_DATA) for one in self._scene.senseless()),
                *(UnassignedOrder(order_id=one, reason="link") for one in sorted(self._scene.waiting)),
            ],
            predictions=[one for order in self._scene.sensible for one in self._predictions(order)],
            cost_fen=cost.total_fen,
            by_rule=cost.by_rule,
            served=totals.served,
            orders=totals.orders,
            clocks=totals.clocks,
            clocks_kept=totals.clocks_kept,
            engine=self._plan.engine or "greedy",
            seed=self._plan.seed,
            travel_source=roads.source,
            degraded=roads.degraded,
        )

    def _at(self, second: int | None) -> datetime:
        if second is None:
            raise ValueError("the plan has no times: let the judge complete it first")
        return self._scene.instant(second)

    def _route(self, route: Route) -> PlannedRoute:
        engineer = self._engineers[route.engineer]
        shift = engineer.shifts[route.shift]
        start = self._places[shift.start_place or engineer.start_place]
        end = self._places[shift.end_place or engineer.end_place]
        return PlannedRoute(
            engineer_id=route.engineer,
            shift_start=self._at(shift.start),
            from_lon=start.lon,
            from_lat=start.lat,
            depart=self._at(route.depart),
            stops=[self._stop(stop) for stop in route.stops],
            return_at=self._at(route.return_at),
            to_lon=end.lon,
            to_lat=end.lat,
            travel_s=route.travel_seconds or 0,
            travel_m=route.travel_metres or 0,
            overtime_s=route.overtime_seconds or 0,
        )

    def _stop(self, stop: Stop) -> PlannedStop:
        place = self._places[f"order:{stop.order}" if stop.order is not None else f"depot:{stop.depot}"]
        return PlannedStop(
            kind=stop.kind,
            order_id=stop.order,
            role=stop.role or "lead",
            place_id=stop.depot,
            lon=place.lon,
            lat=place.lat,
            arrival=self._at(stop.arrival),
            start=self._at(stop.start),
            end=self._at(stop.end),
        )

    def _line(self, source: Sourcing) -> SourcedLine:
        engineer_id, _ = self._worked[source.order]
        name = self._orders[source.order].kit[source.line].line
        arrives_at = self._at(source.arrives_at) if source.arrives_at is not None else None
        sent = self._parcels.get((source.order, name, source.depot or ""))
        if sent is not None and source.source == sent.source:
            return sent.model_copy(update={"engineer_id": engineer_id, "arrives_at": arrives_at})
        place_id = source.depot if source.depot is not None else (self._vans.get(engineer_id) or engineer_id)
        return SourcedLine(
            order_id=source.order,
            line=name,
            part=source.part,
            used_part=source.used_part,
            quantity=source.quantity,
            source=source.source,
            place_id=place_id,
            engineer_id=engineer_id,
            arrives_at=arrives_at,
            fee_fen=source.fee_fen,
        )

    def _carried_lines(self) -> list[SourcedLine]:
        """Parts of work under way: settled when it was published, no longer the solver's business."""
        return [line for one in self._scene.settled() for line in one.sourcing]

    def _joining(self, session: ExpertSession) -> Joining:
        _, stop = self._worked[session.order]
        return Joining(
            order_id=session.order,
            expert_id=expert_of(session.expert),
            start=self._at(stop.start),
            end=self._at(stop.end),
        )

    def _case(self, case: ReplacementCase) -> VehicleCase:
        assert self._problem.travel is not None  # noqa: S101 (every problem that we build has it)
        back = int(self._problem.travel.seconds[self._rows[f"to:{case.order}"], self._rows[f"vehicle:{case.vehicle}"]])
        return VehicleCase(
            order_id=case.order,
            vehicle_id=case.vehicle,
            decide_by=self._at(case.decide_by),
            depart=self._at(case.depart),
            cargo_at=self._at(case.cargo_at),
            delivered_at=self._at(case.delivered_at),
            free_at=self._at(case.delivered_at + max(back, 1)),
            fen=case.fen,
            sent=False,
        )

    def _predictions(self, order: PlannableOrder) -> list[Prediction]:
        """When each clock stops by this plan; an order left out stops nothing before the horizon ends."""
        moved = {case.order: self._at(case.cargo_at) for case in self._new_cases}
        moved |= {name: case.cargo_at for name, case in self._sent.items()}
        _, stop = self._worked.get(order.id, (None, None))
        return [
            Prediction(
                order_id=order.id,
                clock=clock.name,
                due=clock.due,
                predicted=self._stopped(order, clock, stop, moved),
                chance=self._chance(order, clock, stop, moved),
            )
            for clock in order.clocks
            if clock.name != "respond"
        ]

    def _chance(
        self, order: PlannableOrder, clock: ClockAsked, stop: Stop | None, moved: dict[str, datetime]
    ) -> float | None:
        """That the engineer or the replacement vehicle stops the clock in time."""
        repaired = carried = None
        if stop is not None:
            sure = self._sure[order.id]
            by_start = clock.stops_at == "start"
            planned = self._at(stop.start if by_start else stop.end)
            repaired = chance(clock.due, planned, sure.begin_s if by_start else sure.end_s)
        if clock.cargo_can_stop and (at := moved.get(order.id)) is not None:
            way_s = max((at - self._scene.now).total_seconds(), 0.0)
            carried = chance(clock.due, at, self._scene.policy.spread.travel * way_s)
        return either(repaired, carried)

    def _stopped(
        self, order: PlannableOrder, clock: ClockAsked, stop: Stop | None, moved: dict[str, datetime]
    ) -> datetime:
        end = self._scene.end
        if stop is not None:
            end = self._at(stop.start if clock.stops_at == "start" else stop.end)
        if clock.cargo_can_stop and order.id in moved:
            return min(end, moved[order.id])
        return end
