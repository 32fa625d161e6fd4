"""Routes of a few tours by OR-Tools routing, from the draft's own: a proposal that the engine prices itself.

The model is an approximation (clocks as one linear price, parts as the draft has them); what comes back is
rebuilt under the exact rules and kept only when the draft's own price is lower.
"""

import itertools
from collections import defaultdict
from dataclasses import dataclass

import numpy as np
from ortools.constraint_solver import pywrapcp, routing_enums_pb2

from ..blocks import Matrix
from ..kernel.draft import Draft
from ..kernel.layout import DELIVERED, LEFT, MOVED, RELEASE, view
from ..kernel.timing import dropped_fen, promise_fen
from ..plan import Route, Source, Stop
from ..problem import FOREVER, Ints, Problem, Span
from ..stopping import Stop as Stopping
from ..tables import HOUR

SCALE = 60
"""Model prices are fen x SCALE, so that a price per second is still a whole number."""

SLOPE_SECONDS = 6 * 3600
"""The price of lateness is taken as a straight line over this time after the first clock is due."""

FIXED = 10**15
"""Penalty for leaving out what a person fixed; no other penalty is above it."""


@dataclass(frozen=True)
class _Nodes:
    """Model nodes: orders, then pick-ups (one per order and depot), then start and end of every tour.

    `sources`: of an order's parts, as the draft has them.
    """

    tours: list[int]
    orders: list[int]
    pickups: list[tuple[int, int]]
    places: list[int]
    sources: dict[int, list[Source]]

    @property
    def stops(self) -> int:
        return len(self.orders) + len(self.pickups)


def propose(draft: Draft, tours: list[int], spare: list[int], stop: Stopping, *, seconds: float) -> list[Route] | None:
    """New routes for `tours` from their orders and the unassigned `spare` ones; None when nothing was found.

    Ends in a local optimum of the model, earlier after `seconds` when the stop object has a time limit; the search asks
    at every node whether it is over.
    """
    nodes = _nodes(draft, tours, spare)
    if not nodes.orders:
        return None
    count, first = len(nodes.tours), nodes.stops
    manager = pywrapcp.RoutingIndexManager(
        len(nodes.places), count, list(range(first, first + count)), list(range(first + count, first + 2 * count))
    )
    routing = pywrapcp.RoutingModel(manager)
    _price_legs(draft, nodes, routing)
    _keep_time(draft, nodes, manager, routing)
    _limit_tours(draft, nodes, routing)
    _admit(draft, nodes, manager, routing)
    parameters = pywrapcp.DefaultRoutingSearchParameters()
    parameters.local_search_metaheuristic = routing_enums_pb2.LocalSearchMetaheuristic.GREEDY_DESCENT
    if stop.max_seconds is not None:
        parameters.time_limit.FromMilliseconds(max(1, int(1000 * min(seconds, stop.remaining()))))
    routing.AddSearchMonitor(routing.solver().CustomLimit(stop.is_over))
    routing.CloseModelWithParameters(parameters)
    first_assignment = routing.ReadAssignmentFromRoutes(_current(draft, nodes), True)
    if first_assignment is None:
        return None
    solution = routing.SolveFromAssignmentWithParameters(first_assignment, parameters)
    return None if solution is None else _routes(nodes, manager, routing, solution)


def _nodes(draft: Draft, tours: list[int], spare: list[int]) -> _Nodes:
    tables, sources = draft.tables, defaultdict[int, list[Source]](list)
    for source in draft.outline().sources:
        sources[source.order].append(source)
    orders: list[int] = []
    pickups: list[tuple[int, int]] = []
    for tour in tours:
        visits = draft.visits(tour)
        on_tour = [visit for visit in visits if visit >= 0]
        depots = {-1 - visit for visit in visits if visit < 0}
        orders += on_tour
        pickups += [
            (order, depot) for order in on_tour for depot in _picked_up(draft, sources[order]) if depot in depots
        ]
    orders += [order for order in spare if not tables.orders[order].kit]
    places = [tables.orders[order].place for order in orders]
    places += [tables.depots[depot].place for _, depot in pickups]
    places += [tables.first_place(tour) for tour in tours] + [tables.tours[tour].end_place for tour in tours]
    return _Nodes(tours, orders, pickups, places, sources)


def _picked_up(draft: Draft, sources: list[Source]) -> list[int]:
    """Depots at which the engineer fetches some of the parts."""
    return sorted({source.place - draft.problem.engineers for source in sources if source.kind == "pickup"})


def _matrix(ways: Matrix, places: list[int]) -> Ints:
    grid = np.array(places, np.int64)
    return ways[np.ix_(grid, grid)].astype(np.int64)


def _leg_fen(problem: Problem, places: list[int]) -> Ints:
    """[from, to] price of the way between these places: ceil(time) + ceil(distance), nothing where there is none."""
    seconds, metres = (_matrix(ways, places) for ways in (problem.seconds, problem.metres))
    time = -(-problem.prices.travel_fen_per_hour * seconds // HOUR)
    return np.where(seconds < 0, 0, time - (-problem.prices.distance_fen_per_km * np.maximum(metres, 0) // 1000))


def _engineers(draft: Draft, nodes: _Nodes) -> list[int]:
    return [draft.tables.tours[tour].engineer for tour in nodes.tours]


def _price_legs(draft: Draft, nodes: _Nodes, routing: pywrapcp.RoutingModel) -> None:
    """Legs as they are priced, plus the price of the pair of engineer and order on every way to it."""
    legs = _leg_fen(draft.problem, nodes.places)
    _, unary = draft.tables.pairs(nodes.orders)
    made: dict[int, int] = {}
    for vehicle, engineer in enumerate(_engineers(draft, nodes)):
        if engineer not in made:
            fen = legs.copy()
            fen[:, : len(nodes.orders)] += unary[:, engineer]
            made[engineer] = routing.RegisterTransitMatrix((fen * SCALE).tolist())
        routing.SetArcCostEvaluatorOfVehicle(made[engineer], vehicle)


def _keep_time(
    draft: Draft, nodes: _Nodes, manager: pywrapcp.RoutingIndexManager, routing: pywrapcp.RoutingModel
) -> None:
    """Driving and service by engineer; windows; lateness and overtime as soft bounds. Second 0 is now."""
    tables, now, release = draft.tables, draft.problem.start, view(draft.state, RELEASE)[:, 0]
    longest = max([draft.problem.end - now, *(int(tables.tour_limits[tour]) - now for tour in nodes.tours)])
    drive = np.minimum(tables.drive(nodes.places, nodes.places), longest + 1)
    made: dict[int, int] = {}
    transits = []
    for engineer in _engineers(draft, nodes):
        if engineer not in made:
            made[engineer] = routing.RegisterTransitMatrix((drive + _service(draft, nodes, engineer)).tolist())
        transits.append(made[engineer])
    routing.AddDimensionWithVehicleTransits(transits, longest, longest, False, "time")
    clock = routing.GetDimensionOrDie("time")
    for vehicle, tour in enumerate(nodes.tours):
        start = min(max(int(tables.tour_starts[tour]) - now, 0), longest)
        clock.CumulVar(routing.Start(vehicle)).SetValue(start)
        clock.CumulVar(routing.End(vehicle)).SetMax(max(start, int(tables.tour_limits[tour]) - now))
        overtime = draft.problem.prices.overtime_fen_per_hour * SCALE // 3600
        clock.SetCumulVarSoftUpperBound(routing.End(vehicle), max(0, tables.tours[tour].end - now), overtime)
    for node, order in enumerate(nodes.orders):
        index = manager.NodeToIndex(node)
        record = tables.orders[order]
        pin = record.pin_start
        windows = record.windows if pin is None else ((pin, pin),)
        _open(clock.CumulVar(index), windows, max(int(release[order]), now), now, longest)
        due, slope = _slope(draft, order)
        if slope:
            clock.SetCumulVarSoftUpperBound(index, max(0, due - now), slope)
    for node, (_, depot) in enumerate(nodes.pickups, start=len(nodes.orders)):
        _open(clock.CumulVar(manager.NodeToIndex(node)), tables.depots[depot].windows, now, now, longest)


def _service(draft: Draft, nodes: _Nodes, engineer: int) -> Ints:
    """[from, to] seconds of work before leaving; pick-ups at the same depot one after the other count once."""
    tables = draft.tables
    seconds = [tables.service(order, engineer) for order in nodes.orders]
    seconds += [tables.depots[depot].pickup for _, depot in nodes.pickups] + [0] * (2 * len(nodes.tours))
    work = np.repeat(np.array(seconds, np.int64)[:, None], len(nodes.places), axis=1)
    depots = np.full(len(nodes.places), -1)
    depots[len(nodes.orders) : nodes.stops] = [depot for _, depot in nodes.pickups]
    return np.where((depots[:, None] == depots[None, :]) & (depots[:, None] >= 0), 0, work)


def _open(cumul: pywrapcp.IntVar, windows: tuple[Span, ...], ready: int, now: int, longest: int) -> None:
    """Restrict a start to the windows from `ready` on; with no window left it is not restricted further."""
    spans = [(max(first, ready) - now, min(last - now, longest)) for first, last in windows if last >= ready]
    spans = [(first, last) for first, last in spans if first <= last]
    if not spans:
        cumul.SetValue(longest)
        return
    cumul.SetRange(spans[0][0], spans[-1][1])
    for (_, last), (first, _) in itertools.pairwise(spans):
        if last + 1 < first:
            cumul.RemoveInterval(last + 1, first - 1)


def _slope(draft: Draft, order: int) -> tuple[int, int]:
    """First instant at which starting later costs more, and the mean price per second after it, scaled."""
    record, (moved, delivered) = draft.tables.orders[order], _relief(draft, order)
    work = record.service[0]
    dues = [clock.due - (work if clock.at_end else 0) for clock in record.clocks]
    if not dues:
        return FOREVER, 0
    due = min(dues)

    def fen(start: int) -> int:
        return promise_fen(draft.facts, order, start, start + work, moved, delivered)

    return due, max(0, fen(due + SLOPE_SECONDS) - fen(due)) * SCALE // SLOPE_SECONDS


def _relief(draft: Draft, order: int) -> tuple[int, int]:
    """When a replacement vehicle has the cargo moving and delivered; FOREVER without one."""
    return int(view(draft.state, MOVED)[order, 0]), int(view(draft.state, DELIVERED)[order, 0])


def _limit_tours(draft: Draft, nodes: _Nodes, routing: pywrapcp.RoutingModel) -> None:
    """Number of orders per tour, and seconds of preventive work outside the reserve."""
    tables = draft.tables
    tail = [0] * (len(nodes.places) - len(nodes.orders))
    most = [min(tables.tours[tour].max_orders, len(nodes.orders)) for tour in nodes.tours]
    one = routing.RegisterUnaryTransitVector([1] * len(nodes.orders) + tail)
    routing.AddDimensionWithVehicleCapacity(one, 0, most, True, "orders")
    seconds = [tables.orders[o].service[0] * tables.orders[o].preventive for o in nodes.orders]
    if any(seconds):
        rooms = [min(tables.tours[tour].preventive_room, sum(seconds)) for tour in nodes.tours]
        work = routing.RegisterUnaryTransitVector(seconds + tail)
        routing.AddDimensionWithVehicleCapacity(work, 0, rooms, True, "preventive")


def _admit(draft: Draft, nodes: _Nodes, manager: pywrapcp.RoutingIndexManager, routing: pywrapcp.RoutingModel) -> None:
    """Who may do what; what leaving out costs; a pick-up stands before its order on the same tour."""
    tables, solver = draft.tables, routing.solver()
    engineers = _engineers(draft, nodes)
    clock = routing.GetDimensionOrDie("time")
    for node, order in enumerate(nodes.orders):
        record, index = tables.orders[order], manager.NodeToIndex(node)
        allowed = set(tables.allowed(order).tolist())
        fit = [v for v, e in enumerate(engineers) if e in allowed and _van_serves(draft, nodes, order, e)]
        routing.VehicleVar(index).SetValues([-1, *fit])
        fixed = record.is_fixed
        absent = FIXED if fixed else min(FIXED, SCALE * dropped_fen(draft.facts, order, *_relief(draft, order)))
        routing.AddDisjunction([index], absent)
    for node, (order, _) in enumerate(nodes.pickups, start=len(nodes.orders)):
        index, served = manager.NodeToIndex(node), manager.NodeToIndex(nodes.orders.index(order))
        routing.AddDisjunction([index], 0)
        routing.AddPickupAndDelivery(index, served)
        solver.Add(routing.ActiveVar(index) == routing.ActiveVar(served))
        solver.Add(routing.VehicleVar(index) == routing.VehicleVar(served))
        solver.Add(clock.CumulVar(index) <= clock.CumulVar(served))


def _van_serves(draft: Draft, nodes: _Nodes, order: int, engineer: int) -> bool:
    """The engineer's van could give what the order now takes from a van."""
    tour = int(draft.tours[order])
    if tour >= 0 and draft.tables.tours[tour].engineer == engineer:
        return True
    lines, left = draft.tables.orders[order].kit, view(draft.state, LEFT)[engineer]
    return all(
        any(left[part] >= lines[source.line].quantity for part in lines[source.line].parts)
        for source in nodes.sources.get(order, ())
        if source.kind == "van"
    )


def _current(draft: Draft, nodes: _Nodes) -> list[list[int]]:
    """The draft's routes in model nodes: a pick-up visit becomes one node per order that it serves."""
    position = {order: node for node, order in enumerate(nodes.orders)}
    pickup = {pair: node for node, pair in enumerate(nodes.pickups, start=len(nodes.orders))}
    routes = []
    for tour in nodes.tours:
        route, visits = [], draft.visits(tour)
        for at, visit in enumerate(visits):
            if visit >= 0:
                route.append(position[visit])
                continue
            later = (pickup.get((order, -1 - visit)) for order in visits[at + 1 :])
            route += [node for node in later if node is not None and node not in route]
        routes.append(route)
    return routes


def _routes(
    nodes: _Nodes, manager: pywrapcp.RoutingIndexManager, routing: pywrapcp.RoutingModel, solution: pywrapcp.Assignment
) -> list[Route]:
    """Routes without times; repeated pick-ups at a depot are one stop."""
    routes = []
    for vehicle, tour in enumerate(nodes.tours):
        stops: list[Stop] = []
        index = solution.Value(routing.NextVar(routing.Start(vehicle)))
        while not routing.IsEnd(index):
            node = manager.IndexToNode(index)
            if node < len(nodes.orders):
                stops.append(Stop(nodes.orders[node], -1, 0, 0, 0))
            elif all(stop.depot != nodes.pickups[node - len(nodes.orders)][1] for stop in stops):
                stops.append(Stop(-1, nodes.pickups[node - len(nodes.orders)][1], 0, 0, 0))
            index = solution.Value(routing.NextVar(index))
        routes.append(Route(tour, tuple(stops)))
    return routes
