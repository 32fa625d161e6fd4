"""Exact optima of tiny problems by CP-SAT: the definition of the reference, written once more, without any engine.

Everything but breaks, nights, crews, links, experts, slow hours, bans and fairness is modelled. The plan is built from
the solution and judged, so that oracle and judge check each other.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ortools.sat.python import cp_model

from services.dispatch.solver.plan import Case, Plan, Route, Source, Stop
from services.dispatch.solver.problem import Clock, Line, Order, Problem
from tests.dispatch.solver.oracle_tours import Bool, Int, Sheet, TourModel, hours_fen


@dataclass(frozen=True)
class Optimum:
    """The best plan and its price; `proven` unless the effort was not enough for that."""

    plan: Plan
    fen: int
    proven: bool


def optimum(problem: Problem, *, effort: float = 5.0) -> Optimum:
    """The optimum of a tiny problem: up to 6 orders and 3 engineers take 0.05 s in the mean.

    `effort`: CP-SAT's deterministic time, so that the same problem is proven on every machine.
    """
    model = _Model(problem)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.search_branching = cp_model.PORTFOLIO_WITH_QUICK_RESTART_SEARCH
    solver.parameters.max_deterministic_time = effort
    status = solver.solve(model.cp)
    assert status in (cp_model.OPTIMAL, cp_model.FEASIBLE), solver.status_name(status)
    return Optimum(model.plan(solver), round(solver.objective_value), status == cp_model.OPTIMAL)


class _Model(Sheet):
    """All tours, and what ties them together: promises, parts, vehicles."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem)
        self.tours = [TourModel(self, index) for index in range(len(problem.tours))]
        self.sent: dict[tuple[int, int], tuple[Bool, Case]] = {}
        self.chosen: list[tuple[Bool, Source]] = []
        for order in range(len(problem.orders)):
            self._offers(order)
        for order in range(len(problem.orders)):
            self._serve(order)
        self._share()
        self.cp.minimize(sum(self.fen))

    @cached_property
    def last(self) -> int:
        """Nothing happens after it."""
        return max([self.problem.end, *(tour.limit for tour in self.problem.tours)])

    def _offers(self, order: int) -> None:
        """Vehicles that fit, sent as early as they can leave; a later one is never better."""
        record, problem = self.problem.orders[order], self.problem
        cargo = record.cargo
        if cargo is None or cargo.sent:
            return
        underway = {o.cargo.sent.vehicle for o in problem.orders if o.cargo and o.cargo.sent}
        for index, vehicle in enumerate(problem.vehicles):
            fit = (
                index not in underway
                and cargo.cargo_class in vehicle.classes
                and (cargo.coupling < 0 or cargo.coupling in vehicle.couplings)
                and cargo.mass_kg <= vehicle.max_mass_kg
                and (vehicle.hazard or not cargo.hazard)
                and (not vehicle.regions or record.region in vehicle.regions)
            )
            ready = problem.start + vehicle.mobilise
            departs = [max(first, ready) for first, last in vehicle.windows if ready <= last]
            there = int(problem.seconds[vehicle.place, record.place])
            onward = int(problem.seconds[record.place, cargo.destination])
            if not fit or not departs or min(there, onward) < 0:
                continue
            metres = problem.metres[vehicle.place, record.place] + problem.metres[record.place, cargo.destination]
            fen = vehicle.base_fen - (-vehicle.fen_per_km * int(metres) // 1000)
            cargo_at = departs[0] + there + cargo.handover
            case = Case(order, index, problem.start, departs[0], cargo_at, cargo_at + onward, fen)
            self.sent[order, index] = self.cp.new_bool_var(""), case
            self.pay(self.sent[order, index][0] * fen)

    def _serve(self, order: int) -> None:
        """Start and end of the work, or the end of the horizon; then the clocks and the kit."""
        cp, record = self.cp, self.problem.orders[order]
        if record.frozen:
            self._promises(order, record.frozen.start, record.frozen.until)
            return
        start, end = cp.new_int_var(-self.last, self.last, ""), cp.new_int_var(-self.last, 2 * self.last, "")
        places = [(tour, tour.visited["order", order]) for tour in self.tours if order in tour.orders]
        left_out = cp.new_bool_var("")
        cp.add(sum(lit for _, lit in places) + left_out == 1)
        for tour, lit in places:
            cp.add(start == tour.start["order", order]).only_enforce_if(lit)
            cp.add(end == start + tour.seconds_of(("order", order))).only_enforce_if(lit)
            self._told(record, tour, lit, start)
        cp.add(start == self.problem.end).only_enforce_if(left_out)
        cp.add(end == self.problem.end).only_enforce_if(left_out)
        self.pay(left_out * record.drop_fen)
        self._promises(order, start, end)
        for number, line in enumerate(record.kit):
            self._source(order, number, line, start, 1 - left_out)

    def _told(self, record: Order, tour: TourModel, lit: Bool, start: Int) -> None:
        if record.published is None or record.published.engineer != tour.record.engineer:
            return
        moved, tolerance = self.cp.new_bool_var(""), self.problem.prices.change_tolerance
        kept = [lit, ~moved]
        self.cp.add(start >= record.published.start - tolerance).only_enforce_if(kept)
        self.cp.add(start <= record.published.start + tolerance).only_enforce_if(kept)
        self.pay(moved * self.problem.prices.change_time_fen)

    def _promises(self, order: int, start: Any, end: Any) -> None:
        record = self.problem.orders[order]
        cases = [pair for (o, _), pair in self.sent.items() if o == order]
        underway = record.cargo.sent if record.cargo else None
        for clock in record.clocks:
            self._clock(clock, end if clock.at_end else start, cases, underway.cargo_at if underway else None)
        if record.cargo and record.cargo.clock:
            self._cargo(record, end, cases)
        self.cp.add(sum(lit for lit, _ in cases) <= 1)

    def _clock(self, clock: Clock, work: Any, cases: list[tuple[Bool, Case]], moved: int | None) -> None:
        cp, stops = self.cp, self.cp.new_int_var(-self.last, 2 * self.last, "")
        others = [(lit, case.cargo_at) for lit, case in cases] if clock.or_cargo else []
        if clock.or_cargo and moved is not None:
            others.append((cp.new_constant(1), moved))
        picks = [cp.new_bool_var("") for _ in others]
        by_work = cp.new_bool_var("")
        cp.add(sum(picks) + by_work == 1)
        cp.add(stops >= work).only_enforce_if(by_work)
        for pick, (lit, instant) in zip(picks, others, strict=True):
            cp.add_implication(pick, lit)
            cp.add(stops >= instant).only_enforce_if(pick)
        self._late(clock, stops)

    def _cargo(self, record: Order, end: Any, cases: list[tuple[Bool, Case]]) -> None:
        """Delivered by the vehicle that is sent, else by the truck itself."""
        assert record.cargo is not None
        assert record.cargo.clock is not None
        cp, delivered = self.cp, self.cp.new_int_var(-self.last, 2 * self.last, "")
        if record.cargo.sent:
            cp.add(delivered == record.cargo.sent.delivered_at)
        none = cp.new_bool_var("")
        cp.add(sum(lit for lit, _ in cases) + none == 1)
        for lit, case in cases:
            cp.add(delivered == case.delivered_at).only_enforce_if(lit)
        if not record.cargo.sent:
            cp.add(delivered == end + (record.cargo.drive or 0)).only_enforce_if(none)
        self._late(record.cargo.clock, delivered)

    def _late(self, clock: Clock, stops: Int) -> None:
        """min(cap, breach + ceil(rate x late / 3600)): the price is at least the one or the other."""
        cp, most = self.cp, max(0, 2 * self.last - clock.due)
        dearest = clock.breach_fen + hours_fen(clock.fen_per_hour, most)
        late, by = cp.new_bool_var(""), cp.new_int_var(0, most, "")
        cp.add(by >= stops - clock.due)
        cp.add(by == 0).only_enforce_if(~late)
        fen = cp.new_int_var(0, min(dearest, clock.cap_fen), "")
        hourly = cp.add(3600 * (fen - clock.breach_fen * late) >= clock.fen_per_hour * by)
        if dearest > clock.cap_fen:
            capped = cp.new_bool_var("")
            hourly.only_enforce_if(~capped)
            cp.add(fen >= clock.cap_fen).only_enforce_if(capped)
        self.pay(fen)

    def _source(self, order: int, number: int, line: Line, start: Int, served: Any) -> None:
        """Exactly one source, or none at the price of missing it."""
        cp = self.cp
        picks: list[Bool] = []
        for part in line.parts:
            for engineer in range(self.problem.engineers):
                pick = self._pick(picks, Source(order, number, part, "van", engineer))
                cp.add(pick <= sum(self._by(engineer, order)))
            for depot in range(len(self.problem.depots)):
                place = self.problem.engineers + depot
                self._fetched(self._pick(picks, Source(order, number, part, "pickup", place)), order, depot, start)
            for quote in line.deliveries:
                place = self.problem.engineers + quote.depot
                source = Source(order, number, part, quote.kind, place, quote.arrives_at, quote.fee_fen)
                pick = self._pick(picks, source)
                cp.add(start >= quote.arrives_at).only_enforce_if(pick)
                self.pay(pick * quote.fee_fen)
        missed = cp.new_bool_var("")
        cp.add(sum(picks) + missed == served)
        if line.miss_fen is None:
            cp.add(missed == 0)
        else:
            self.pay(missed * line.miss_fen)

    def _pick(self, picks: list[Bool], source: Source) -> Bool:
        pick = self.cp.new_bool_var("")
        picks.append(pick)
        self.chosen.append((pick, source))
        return pick

    def _by(self, engineer: int, order: int, since: int = -1) -> list[Bool]:
        """Literals of the engineer's tours, from `since` on, that serve the order."""
        own = self.problem.tours_of[engineer]
        tours = [t for t in own if since < 0 or own.index(t) >= own.index(since)]
        return [self.tours[t].visited["order", order] for t in tours if order in self.tours[t].orders]

    def _fetched(self, pick: Bool, order: int, depot: int, start: Int) -> None:
        """The depot is visited on the same tour before the work, or on an earlier tour of the same engineer."""
        cp, ways = self.cp, []
        for tour in self.tours:
            way = cp.new_bool_var("")
            ways.append(way)
            cp.add_implication(way, tour.visited["depot", depot])
            cp.add(way <= sum(self._by(tour.record.engineer, order, tour.index)))
            if order in tour.orders:
                same = [way, tour.visited["order", order]]
                ready = tour.start["depot", depot] + self.problem.depots[depot].pickup
                cp.add(start >= ready).only_enforce_if(same)
        cp.add(sum(ways) == pick)

    def _share(self) -> None:
        """No shelf gives more than it holds; a vehicle has one case."""
        for place, shelf in enumerate(self.problem.stock.tolist()):
            for part, pieces in enumerate(shelf):
                uses = [
                    pick * self.problem.orders[source.order].kit[source.line].quantity
                    for pick, source in self.chosen
                    if (source.place, source.part) == (place, part)
                ]
                self.cp.add(sum(uses) <= pieces)
        for vehicle in range(len(self.problem.vehicles)):
            self.cp.add(sum(lit for (_, v), (lit, _) in self.sent.items() if v == vehicle) <= 1)

    def plan(self, solver: cp_model.CpSolver) -> Plan:
        """The solution in the terms of the judge."""
        routes = [route for tour in self.tours if (route := self._route(solver, tour)).stops]
        done = {stop.order for route in routes for stop in route.stops}
        return Plan(
            routes=tuple(routes),
            sources=tuple(source for pick, source in self.chosen if solver.value(pick)),
            cases=tuple(case for lit, case in self.sent.values() if solver.value(lit)),
            unassigned={order: "price" for order in range(len(self.problem.orders)) if order not in done},
        )

    def _route(self, solver: cp_model.CpSolver, tour: TourModel) -> Route:
        stops = []
        for order in tour.record.frozen:
            work = self.problem.orders[order].frozen
            assert work is not None
            stops.append(Stop(order, -1, work.start, work.start, work.until))
        visited = [node for node in tour.nodes if solver.value(tour.visited[node])]
        place, free = tour.place, tour.begin
        for node in sorted(visited, key=lambda node: (solver.value(tour.start[node]), tour.seconds_of(node))):
            there, start = tour.place_of(node), solver.value(tour.start[node])
            arrival = free + int(self.problem.seconds[place, there])
            order, depot = (node[1], -1) if node[0] == "order" else (-1, node[1])
            place, free = there, start + tour.seconds_of(node)
            stops.append(Stop(order, depot, arrival, start, free))
        return Route(tour.index, tuple(stops))
