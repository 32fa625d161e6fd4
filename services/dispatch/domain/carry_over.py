"""The published plan as the starting point of the next one: same engineers, same order of driving; of the times only
when work is done, which those who depend on each other have agreed on."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime

from ..documents.plan import ExpertSession, PlanDocument, Route, Sourcing, Stop, Unassigned
from ..documents.problem import ProblemDocument
from .appointments import Role, Slot
from .problem_resources import expert_of
from .published import PlannedRoute, PlannedStop, Proposal, SourcedLine
from .scene import Scene
from .standing import Appointment, Lock


def carry_over(scene: Scene, problem: ProblemDocument, last: Proposal | None) -> PlanDocument:
    """What of the last plan still stands in this problem. What it left out is left out here, the rest is the solver's
    to place.

    Kept are the active appointments with their engineers. Where a stop was moved in the meantime (declined, done,
    another engineer) it is left out. A plan without all times is timed by whoever reads it.
    """
    kept = _Kept(scene, problem)
    routes = [route for planned in (last.routes if last else []) if (route := kept.route(planned))]
    placed = {stop.order for route in routes for stop in route.stops if stop.order is not None}
    bound = {order.id for order in problem.orders if order.frozen is not None}
    sourced = last.lines_of_orders() if last else {}
    left_out = {one.order_id for one in last.unassigned} if last else set()
    return PlanDocument(
        version="roadcall-plan/1",
        origin=problem.origin,
        routes=_merged(routes),
        parts=[
            sourcing
            for order in sorted(placed - bound)
            for line in sourced.get(order, [])
            if (sourcing := kept.sourcing(line))
        ],
        experts=kept.sessions(placed - bound),
        unassigned=[
            Unassigned(id=order.id, reason="capacity")
            for order in problem.orders
            if order.id in left_out and order.id not in bound
        ],
    )


class _Kept:
    """Looks up what the new problem still has of an old plan."""

    def __init__(self, scene: Scene, problem: ProblemDocument):
        self._scene = scene
        self._engineers = {engineer.id: engineer for engineer in problem.engineers}
        self._depots = {depot.id for depot in problem.depots}
        self._frozen = {order.id for order in problem.orders if order.frozen is not None}
        self._lines: Mapping[str, Mapping[str, int]] = {
            order.id: {line.line: number for number, line in enumerate(order.kit)} for order in scene.orders
        }
        self._parcels = scene.parcels
        self._seats = [expert.id for expert in problem.experts]
        self._standing = scene.standing.appointments
        self._lock_of = scene.standing.locks

    def route(self, planned: PlannedRoute) -> Route | None:
        if planned.engineer_id not in self._engineers:
            return None
        shift = self._shift(planned.engineer_id, planned.stops[0].start if planned.stops else planned.depart)
        if shift is None:
            return None
        stops = []
        for stop in planned.stops:
            if stop.kind == "pickup" and stop.place_id in self._depots:
                stops.append(Stop(kind="pickup", depot=stop.place_id))
            elif stop.order_id is not None and (mine := self._stands((stop.order_id, stop.role), planned.engineer_id)):
                stops.append(self._timed(stop, mine))
        while stops and stops[-1].kind == "pickup":
            stops.pop()
        return Route(engineer=planned.engineer_id, shift=shift, stops=stops) if stops else None

    def _timed(self, stop: PlannedStop, stands: Appointment) -> Stop:
        start, end = self._scene.second(stands.start), self._scene.second(stands.end)
        return Stop(kind="order", order=stop.order_id, role=stop.role, arrival=start, start=start, end=end)

    def _stands(self, slot: Slot, engineer_id: str) -> Appointment | None:
        order_id, role = slot
        if order_id not in self._lines or order_id in self._frozen:
            return None
        lock = self._lock_of.get(order_id)
        if lock is not None and not _allows(lock, role, engineer_id):
            return None
        stands = self._standing.get(slot)
        return stands if stands is not None and stands.engineer_id == engineer_id else None

    def _shift(self, engineer_id: str, at: datetime) -> int | None:
        """The shift that an instant falls into: the last one that has begun by then, else the first."""
        second = self._scene.second(at)
        shifts = self._engineers[engineer_id].shifts
        begun = [number for number, shift in enumerate(shifts) if shift.start <= second]
        if begun:
            return begun[-1]
        return 0 if shifts else None

    def sessions(self, orders: Iterable[str]) -> list[ExpertSession]:
        """Each order's expert on the first of his seats that is free then."""
        found: list[ExpertSession] = []
        busy: dict[str, list[Appointment]] = defaultdict(list)
        for order_id in sorted(orders):
            lead = self._scene.standing.lead(order_id)
            if lead is None or lead.expert_id is None:
                continue
            for seat in (seat for seat in self._seats if expert_of(seat) == lead.expert_id):
                if all(lead.end <= one.start or one.end <= lead.start for one in busy[seat]):
                    busy[seat].append(lead)
                    found.append(ExpertSession(order=order_id, expert=seat))
                    break
        return found

    def sourcing(self, line: SourcedLine) -> Sourcing | None:
        number = self._lines.get(line.order_id, {}).get(line.line)
        parcel = self._parcels.get(line.name)
        arrives = parcel.arrives_at if parcel else line.arrives_at
        depot = None if line.source == "van" else (parcel.depot if parcel else line.place_id)
        if number is None or (depot is not None and depot not in self._depots):
            return None
        return Sourcing(
            order=line.order_id,
            line=number,
            part=line.part,
            used_part=line.used_part,
            quantity=line.quantity,
            source=line.source,
            depot=depot,
            arrives_at=self._scene.second(arrives) if arrives else None,
            fee_fen=0 if parcel else line.fee_fen,
        )


def _allows(lock: Lock, role: Role, engineer_id: str) -> bool:
    if role == "second":
        return lock.second_id in (None, engineer_id)
    return lock.pin == "time" or lock.engineer_id == engineer_id


def _merged(routes: list[Route]) -> list[Route]:
    """One route per shift: an old route whose shift has passed goes on at the head of the next one."""
    stops: dict[tuple[str, int], list[Stop]] = defaultdict(list)
    for route in routes:
        stops[route.engineer, route.shift] += route.stops
    return [Route(engineer=engineer, shift=shift, stops=found) for (engineer, shift), found in stops.items()]
