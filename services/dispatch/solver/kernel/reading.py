"""A finished plan read from the kernel's memory."""

from collections.abc import Iterator

from ..plan import Case, Plan, Route, Session, Source, Stop
from ..problem import FOREVER, Problem
from .driving import UNITS, drive_on, made, way_seconds
from .facts import KINDS
from .layout import (
    BEGINS_AT,
    BREAKS,
    CASE,
    DELIVERIES,
    DELIVERY,
    FREE,
    FROM,
    KIT_SOURCE,
    LENGTH,
    LINE_END,
    LINE_FIRST,
    ORDERS,
    PART,
    QUOTES,
    SESSION,
    SOURCE,
    STAYS,
    TAKEN,
    TOURS,
    UNIT,
    VISITS,
    Desk,
    Facts,
    State,
    view,
)
from .quotes import decide_by
from .ties import Ties
from .timing import begins_away, place_of, way_home, work_seconds
from .vehicles import order_times


def plan_of(problem: Problem, facts: Facts, state: State, reasons: dict[int, str]) -> Plan:
    """The state as a plan; `reasons` has an entry for every unassigned order. The kernel's orders behind the problem's
    are the second engineers of crews."""
    owners = [*range(len(problem.orders)), *(order for order, _ in Ties(problem).seconds)]
    routes = (_route(problem, facts, state, tour, owners) for tour in range(len(problem.tours)))
    sessions: list[int] = view(state, SESSION)[:, 0].tolist()
    cases = enumerate(view(state, CASE)[:, 0].tolist())
    return Plan(
        routes=tuple(route for route in routes if route.stops or begins_away(facts, state, route.tour)),
        sources=tuple(_sources(problem, facts, state)),
        cases=tuple(_case(problem, facts, state, order, quote) for order, quote in cases if quote >= 0),
        unassigned=reasons,
        sessions=tuple(Session(order, expert) for order, expert in enumerate(sessions) if expert >= 0),
    )


def _route(problem: Problem, facts: Facts, state: State, tour: int, owners: list[int]) -> Route:
    """`owners`: the problem's order by that of the kernel."""
    record, stops = problem.tours[tour], []
    for order in record.frozen:
        work = problem.orders[order].frozen
        if work:
            second = work.engineer != record.engineer
            stops.append(Stop(order, -1, work.start, work.start, work.until, second))
    legs = Legs(problem, facts, state, tour)
    length = int(view(state, LENGTH)[tour, 0])
    visits, free = view(state, VISITS)[tour, :length].tolist(), view(state, FREE)[tour].tolist()
    taken = view(state, TAKEN)[tour].tolist()
    for position, visit in enumerate(visits):
        arrival = legs.drive(visit, free[position], taken[position], taken[position + 1])
        end = free[position + 1]
        start = end - work_seconds(facts, record.engineer, visit)
        if visit < 0:
            stops.append(Stop(-1, -1 - visit, arrival, start, end))
        else:
            stops.append(Stop(owners[visit], -1, arrival, start, end, second=owners[visit] != visit))
    if stops or begins_away(facts, state, tour):
        legs.go_home(free[length], taken[length])
    return Route(tour, tuple(stops), tuple(legs.breaks), stays=bool(view(state, STAYS)[tour, 0]))


class Legs:
    """Follows one tour from stop to stop; `breaks`: (start, end) of those taken so far."""

    def __init__(self, problem: Problem, facts: Facts, state: State, tour: int) -> None:
        self.problem, self.facts, self.state, self.tour = problem, facts, state, tour
        self.unit = int(view(facts, TOURS)[tour, UNIT])
        self.place = int(view(state, BEGINS_AT)[tour, 0])
        self.breaks: list[tuple[int, int]] = []

    def drive(self, visit: int, leaves: int, taken: int, then: int) -> int:
        """Drive to the visit, with breaks `taken` up to `then` on the way or while waiting; the arrival."""
        there = place_of(self.facts, visit)
        left = way_seconds(self.facts, self.place, there)
        units, now = (left if left < FOREVER else 0) * UNITS, leaves
        arrival = drive_on(self.facts, self.unit, now, units)
        for earliest, _, seconds in view(self.facts, BREAKS)[taken:then].tolist():
            pause = max(earliest, now)
            self.breaks.append((pause, pause + seconds))
            if arrival <= pause:
                now = pause + seconds
                continue
            units -= made(self.facts, self.unit, now, pause)
            now = pause + seconds
            arrival = drive_on(self.facts, self.unit, now, units)
        self.place = there
        return arrival

    def go_home(self, leaves: int, taken: int) -> None:
        """Drive home, or stay, with the breaks that are owed by then."""
        _, then, _ = way_home(self.facts, self.state, self.tour, self.place, leaves, taken)
        now = leaves
        for earliest, _, seconds in view(self.facts, BREAKS)[taken:then].tolist():
            self.breaks.append((max(earliest, now), max(earliest, now) + seconds))
            now = self.breaks[-1][1]


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


def _case(problem: Problem, facts: Facts, state: State, order: int, quote: int) -> Case:
    vehicle, cargo_at, delivered_at, fen, depart = view(facts, QUOTES)[quote].tolist()
    latest = decide_by(problem, order, vehicle, depart, order_times(facts, state, order))
    return Case(order, vehicle, latest, depart, cargo_at, delivered_at, fen)
