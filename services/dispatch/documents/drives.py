"""What the wire says about a route besides its stops: when it leaves, when it is back, how far it is.

Documents stand on the judge's side: they describe the plan of any engine, or a person's, and count driving as he does.
"""

from dataclasses import dataclass

from ..solver.judge_driving import arrival, departure
from ..solver.plan import Plan, Route
from ..solver.problem import Problem


@dataclass(frozen=True, slots=True)
class Drive:
    """Instants of leaving and of being back; seconds at normal pace and metres of all legs. Sunk ways count nothing."""

    depart: int
    return_at: int
    seconds: int
    metres: int


def drives(problem: Problem, plan: Plan) -> list[Drive]:
    """The drive of each route of the plan, in the plan's order."""
    begins: dict[int, int] = {}
    found: dict[int, Drive] = {}
    for route in sorted(plan.routes, key=lambda route: problem.tours[route.tour].start):
        place = begins.get(route.tour, problem.tours[route.tour].start_place)
        found[route.tour], last = _drive(problem, route, place)
        if route.stays and (following := problem.tour_after(route.tour)) is not None:
            begins[following] = last
    return [found[route.tour] for route in plan.routes]


def _drive(problem: Problem, route: Route, place: int) -> tuple[Drive, int]:
    """The drive of one route that begins at `place`, and where it ends."""
    tour = problem.tours[route.tour]
    heavy = bool(problem.heavy[tour.engineer])
    depart = free = tour.start
    legs: list[tuple[int, int]] = []
    for position, stop in enumerate(route.stops):
        there = problem.orders[stop.order].place if stop.order >= 0 else problem.depots[stop.depot].place
        sunk = stop.order in tour.frozen
        if not sunk:
            legs.append((place, there))
        if position == 0:
            way = max(problem.way(place, there)[0], 0)
            latest = departure(problem.pace, stop.arrival, way, heavy=heavy, pauses=route.breaks)
            depart = stop.start if sunk else latest
        place, free = there, max(tour.start, stop.end)
    if not route.stays:
        way = max(problem.way(place, tour.end_place)[0], 0)
        legs.append((place, tour.end_place))
        place, free = tour.end_place, arrival(problem.pace, free, way, heavy=heavy, pauses=route.breaks)
    driven = [problem.way(*leg) for leg in legs]
    seconds, metres = (sum(max(leg[part], 0) for leg in driven) for part in (0, 1))
    return Drive(depart, free, seconds, metres), place
