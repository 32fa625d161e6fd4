"""A finished plan read from the kernel's memory."""

from collections.abc import Iterator

from ..plan import Case, Plan, Route, Source, Stop
from ..problem import Problem
from .facts import KINDS
from .layout import (
    CASE,
    DELIVERIES,
    DELIVERY,
    DRIVE,
    FREE,
    FROM,
    KIT_SOURCE,
    LEGS,
    LENGTH,
    LINE_END,
    LINE_FIRST,
    ORDERS,
    PAIRS,
    PART,
    QUOTES,
    SERVICE,
    SOURCE,
    START_PLACE,
    TOURS,
    VISITS,
    Desk,
    Facts,
    State,
    view,
)
from .quotes import decide_by


def plan_of(problem: Problem, facts: Facts, state: State, reasons: dict[int, str]) -> Plan:
    """The state as a plan; `reasons` has an entry for every unassigned order."""
    routes = (_route(problem, facts, state, tour) for tour in range(len(problem.tours)))
    cases = enumerate(view(state, CASE)[:, 0].tolist())
    return Plan(
        routes=tuple(route for route in routes if route.stops),
        sources=tuple(_sources(problem, facts, state)),
        cases=tuple(_case(problem, facts, order, quote) for order, quote in cases if quote >= 0),
        unassigned=reasons,
    )


def _route(problem: Problem, facts: Facts, state: State, tour: int) -> Route:
    record, stops = problem.tours[tour], []
    for order in record.frozen:
        work = problem.orders[order].frozen
        if work:
            stops.append(Stop(order, -1, work.start, work.start, work.until))
    length = int(view(state, LENGTH)[tour, 0])
    visits, free = view(state, VISITS)[tour, :length].tolist(), view(state, FREE)[tour].tolist()
    place = int(view(facts, TOURS)[tour, START_PLACE])
    for position, visit in enumerate(visits):
        depot = problem.depots[-1 - visit] if visit < 0 else None
        there = depot.place if depot else problem.orders[visit].place
        arrival = free[position] + int(view(facts, LEGS)[place, 2 * there + DRIVE])
        work_seconds = depot.pickup if depot else int(view(facts, PAIRS)[visit, 2 * record.engineer + SERVICE])
        end = free[position + 1]
        stops.append(Stop(-1 if depot else visit, -1 - visit if depot else -1, arrival, end - work_seconds, end))
        place = there
    return Route(tour, tuple(stops))


def _sources(problem: Problem, facts: Facts, state: State) -> list[Source]:
    found: list[Source] = []
    rows, deliveries = view(state, SOURCE).tolist(), view(facts, DELIVERIES).tolist()
    for order, (first, end) in enumerate(view(facts, ORDERS)[:, [LINE_FIRST, LINE_END]].tolist()):
        found += _sources_of(problem, order, rows[first:end], deliveries)
    return found


def kit_sources(problem: Problem, facts: Facts, desk: Desk, kit: int, order: int) -> tuple[Source, ...]:
    """The sources that a kit of the desk chooses for the order."""
    lines = len(problem.orders[order].kit)
    rows = view(desk, KIT_SOURCE)[kit, : 3 * lines].reshape(lines, 3).tolist()
    return tuple(_sources_of(problem, order, rows, view(facts, DELIVERIES).tolist()))


def _sources_of(problem: Problem, order: int, rows: list[list[int]], deliveries: list[list[int]]) -> Iterator[Source]:
    """What the rows (place, part, delivery) of an order's lines say."""
    for number, row in enumerate(rows):
        place, part, delivery = (row[column] for column in (FROM, PART, DELIVERY))
        if delivery >= 0:
            kind, _, arrives_at, fee = deliveries[delivery]
            yield Source(order, number, part, KINDS[kind], place, arrives_at, fee)
        elif place >= 0:
            yield Source(order, number, part, "van" if place < problem.engineers else "pickup", place)


def _case(problem: Problem, facts: Facts, order: int, quote: int) -> Case:
    vehicle, cargo_at, delivered_at, fen, depart = view(facts, QUOTES)[quote].tolist()
    return Case(order, vehicle, decide_by(problem, order, vehicle, depart), depart, cargo_at, delivered_at, fen)
