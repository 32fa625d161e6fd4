"""The judge of the public sets: follows every route in plain Python and shares no code with any engine."""

import itertools
from collections import Counter
from dataclasses import dataclass

from .problems import PublicPlan, Trsp, Vrptw

TOLERANCE = 1e-6
"""Real-number instances: times and values may differ by this much."""


@dataclass(frozen=True, slots=True)
class PublicViolation:
    """A hard rule broken (public id) by a vehicle at a node; -1 where the rule is not about one."""

    rule: str
    vehicle: int = -1
    node: int = -1


@dataclass(frozen=True, slots=True)
class PublicVerdict:
    """`objective` in the file's own unit: distance (VRPTW) or total working time (TRSP)."""

    objective: float
    violations: tuple[PublicViolation, ...]
    served: int
    unassigned: int


def judge_public(problem: Vrptw | Trsp, plan: PublicPlan) -> PublicVerdict:
    """Examine a plan of any origin. A plan is accepted when `violations` is empty."""
    found: list[PublicViolation] = []
    first = problem.technicians + 1 if isinstance(problem, Trsp) else 1
    objective = 0.0
    driven: set[int] = set()
    for vehicle, nodes in plan.routes:
        if vehicle in driven:
            found.append(PublicViolation("route_overlap", vehicle))
        driven.add(vehicle)
        known = tuple(node for node in nodes if _known(problem, vehicle, node, first, found))
        if isinstance(problem, Vrptw):
            objective += _vrptw_route(problem, vehicle, known, found)
        elif 1 <= vehicle <= problem.technicians:
            objective += _trsp_route(problem, vehicle, known, found)
    served = _presence(problem, plan, first, found)
    return PublicVerdict(objective, tuple(found), served, len(plan.unassigned))


def _known(problem: Vrptw | Trsp, vehicle: int, node: int, first: int, found: list[PublicViolation]) -> bool:
    if isinstance(problem, Trsp) and node == 0:
        return True
    if first <= node < problem.size:
        return True
    found.append(PublicViolation("unknown_id", vehicle, node))
    return False


def _presence(problem: Vrptw | Trsp, plan: PublicPlan, first: int, found: list[PublicViolation]) -> int:
    planned = Counter(node for _, nodes in plan.routes for node in nodes if first <= node < problem.size)
    for vehicle, _ in plan.routes:
        if vehicle < 1 or (isinstance(problem, Trsp) and vehicle > problem.technicians):
            found.append(PublicViolation("unknown_id", vehicle))
    for node in range(first, problem.size):
        times = planned[node] + (node in plan.unassigned)
        if times != 1:
            found.append(PublicViolation("order_twice" if times else "order_missing", node=node))
    for node in plan.unassigned:
        if not first <= node < problem.size:
            found.append(PublicViolation("unknown_id", node=node))
    return len(planned)


def _vrptw_route(problem: Vrptw, vehicle: int, nodes: tuple[int, ...], found: list[PublicViolation]) -> float:
    """Distance of a route in the file's unit; exact integers inside."""
    here, clock, distance = 0, int(problem.ready[0]), 0
    for node in (*nodes, 0):
        way = int(problem.distance[here, node])
        distance += way
        clock = max(clock + int(problem.service[here]) + way, int(problem.ready[node]))
        if clock > problem.due[node]:
            found.append(PublicViolation("time_window", vehicle, node))
        here = node
    if sum(int(problem.demand[node]) for node in nodes) > problem.capacity:
        found.append(PublicViolation("capacity", vehicle))
    return distance / 10


def _trsp_route(problem: Trsp, vehicle: int, nodes: tuple[int, ...], found: list[PublicViolation]) -> float:
    """Working time: earliest possible return less the latest departure that still reaches that return."""
    _check_kit(problem, vehicle, nodes, found)
    if not nodes:
        return 0.0
    distance = problem.distance
    path = (vehicle, *nodes, vehicle)
    clock = float(problem.ready[vehicle])
    for here, node in itertools.pairwise(path):
        service = 0.0 if here == vehicle else float(problem.service[here])
        clock = max(clock + service + float(distance[here, node]), float(problem.ready[node]))
        if clock > problem.due[node] + TOLERANCE:
            found.append(PublicViolation("time_window", vehicle, node))
    latest = clock
    for node, after in zip(reversed(path[:-1]), reversed(path[1:]), strict=True):
        service = 0.0 if node == vehicle else float(problem.service[node])
        latest = min(latest - float(distance[node, after]) - service, float(problem.due[node]))
    return clock - latest


def _check_kit(problem: Trsp, vehicle: int, nodes: tuple[int, ...], found: list[PublicViolation]) -> None:
    """Skills always; tools and parts as carried from home until the depot is visited."""
    spare = [int(pieces) for pieces in problem.parts[vehicle]]
    stocked = False
    for node in nodes:
        if node == 0:
            stocked = True
            continue
        if any(problem.skills[node] & ~problem.skills[vehicle]):
            found.append(PublicViolation("skill", vehicle, node))
        if stocked:
            continue
        if any(problem.tools[node] & ~problem.tools[vehicle]):
            found.append(PublicViolation("tool", vehicle, node))
        spare = [have - int(need) for have, need in zip(spare, problem.parts[node], strict=True)]
        if min(spare, default=0) < 0:
            found.append(PublicViolation("part_missing", vehicle, node))
