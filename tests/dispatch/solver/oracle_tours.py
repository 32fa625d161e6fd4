"""The oracle's part about one tour: a circuit over home, orders and depots, with its times, legs and limits."""

from typing import Any

from ortools.sat.python import cp_model

from services.dispatch.solver.problem import Order, Problem, Span, Tour

Bool = Any
Int = Any


def hours_fen(rate: int, seconds: int) -> int:
    """ceil(rate x seconds / 3600)."""
    return -(-rate * seconds // 3600)


class Sheet:
    """The CP-SAT model under construction, and the fen in its objective."""

    def __init__(self, problem: Problem) -> None:
        self.problem, self.cp = problem, cp_model.CpModel()
        self.fen: list[Any] = []

    def pay(self, fen: Any) -> None:
        """Add to the objective."""
        self.fen.append(fen)

    def pay_hours(self, rate: int, seconds: Int, most: int) -> None:
        """Add ceil(rate x seconds / 3600)."""
        if rate and most > 0:
            fen = self.cp.new_int_var(0, hours_fen(rate, most), "")
            self.cp.add(3600 * fen >= rate * seconds)
            self.pay(fen)

    def beginning(self, tour: Tour) -> tuple[int, int]:
        """When and where the first new stop can be driven to."""
        if not tour.frozen:
            return tour.start, tour.start_place
        works = [self.problem.orders[order].frozen for order in tour.frozen]
        return max(tour.start, *(work.until for work in works if work)), self.problem.orders[tour.frozen[-1]].place


class TourModel:
    """One tour as a circuit over home (node 0), orders (1 ..) and depots (after them)."""

    def __init__(self, sheet: Sheet, index: int) -> None:
        self.sheet, self.index = sheet, index
        problem, cp = sheet.problem, sheet.cp
        self.record: Tour = problem.tours[index]
        self.begin, self.place = sheet.beginning(self.record)
        self.orders = [o for o, order in enumerate(problem.orders) if self._eligible(order)]
        self.depots = list(range(len(problem.depots)))
        self.nodes = [("order", o) for o in self.orders] + [("depot", d) for d in self.depots]
        self.visited = {node: cp.new_bool_var("") for node in self.nodes}
        self.start = {node: self._start(node) for node in self.nodes}
        self.home = cp.new_int_var(self.begin, max(self.begin, self.record.limit), "home")
        self.driven = cp.new_bool_var("driven")
        self._circuit()
        self._limits()

    def _eligible(self, order: Order) -> bool:
        who = self.record.engineer
        return (
            order.frozen is None
            and all(self.sheet.problem.level[who, skill] >= level for skill, level in order.skills)
            and all(self.sheet.problem.certificate[who, name] for name in order.certificates)
            and who not in order.excluded
            and order.pin_engineer in (None, who)
        )

    def _start(self, node: tuple[str, int]) -> Int:
        """Inside a window, if the node is visited; else anywhere."""
        spans = self._windows(node)
        cp, low, high = self.sheet.cp, self.begin, max(self.begin, self.record.limit)
        start = cp.new_int_var(low, high, "start")
        inside = [[max(low, first), min(high, last)] for first, last in spans if first <= high and last >= low]
        if inside:
            domain = cp_model.Domain.from_intervals(inside)
            cp.add_linear_expression_in_domain(start, domain).only_enforce_if(self.visited[node])
            cp.add(start == low).only_enforce_if(~self.visited[node])
        else:
            cp.add(self.visited[node] == 0)
        return start

    def _windows(self, node: tuple[str, int]) -> tuple[Span, ...]:
        if node[0] == "depot":
            return self.sheet.problem.depots[node[1]].windows
        order = self.sheet.problem.orders[node[1]]
        pinned = order.pin_start
        if pinned is None:
            return order.windows
        return tuple((pinned, pinned) for first, last in order.windows if first <= pinned <= last)

    def seconds_of(self, node: tuple[str, int]) -> int:
        """Work at a node by this engineer."""
        if node[0] == "depot":
            return self.sheet.problem.depots[node[1]].pickup
        order = self.sheet.problem.orders[node[1]]
        level = int(self.sheet.problem.level[self.record.engineer, order.skills[0][0]]) if order.skills else 0
        return order.service[level]

    def place_of(self, node: tuple[str, int]) -> int:
        """Where a node lies."""
        problem = self.sheet.problem
        return problem.depots[node[1]].place if node[0] == "depot" else problem.orders[node[1]].place

    def _circuit(self) -> None:
        cp = self.sheet.cp
        arcs: list[tuple[int, int, Bool]] = []
        ends = [None, *self.nodes]
        for i, origin in enumerate(ends):
            for j, target in enumerate(ends):
                lit = cp.new_bool_var("")
                arcs.append((i, j, lit))
                if i == j:
                    cp.add(lit + (self.visited[origin] if origin else self.driven) == 1)
                    continue
                self._drive(lit, origin, target)
        cp.add_circuit(arcs)
        if self.record.frozen:
            self._stay_driven(arcs)
        for node in self.nodes:
            cp.add_implication(self.visited[node], self.driven)

    def _stay_driven(self, arcs: list[tuple[int, int, Bool]]) -> None:
        """Work under way is driven home even when nothing follows; then the circuit is empty."""
        cp, home = self.sheet.cp, next(lit for i, j, lit in arcs if (i, j) == (0, 0))
        self._leg(home, self.place, self.record.end_place)
        drive = self._seconds(self.place, self.record.end_place)
        cp.add(self.home >= self.begin + max(drive, 0)).only_enforce_if(home)

    def _drive(self, lit: Bool, origin: tuple[str, int] | None, target: tuple[str, int] | None) -> None:
        """What using the arc means for times and price."""
        cp = self.sheet.cp
        here = self.place_of(origin) if origin else self.place
        there = self.place_of(target) if target else self.record.end_place
        free = self.start[origin] + self.seconds_of(origin) if origin else self.begin
        drive = self._seconds(here, there)
        if drive < 0 or (origin is None and target is None):
            cp.add(lit == 0)
            return
        arrives = self.start[target] if target else self.home
        cp.add(arrives >= free + drive).only_enforce_if(lit)
        self._leg(lit, here, there)

    def _seconds(self, here: int, there: int) -> int:
        return int(self.sheet.problem.seconds[here, there])

    def _leg(self, lit: Bool, here: int, there: int) -> None:
        problem, prices = self.sheet.problem, self.sheet.problem.prices
        fen = hours_fen(prices.travel_fen_per_hour, self._seconds(here, there))
        self.sheet.pay(lit * (fen - (-prices.distance_fen_per_km * max(0, int(problem.metres[here, there])) // 1000)))

    def _limits(self) -> None:
        problem, cp, record = self.sheet.problem, self.sheet.cp, self.record
        over = cp.new_int_var(0, max(0, record.limit - record.end), "over")
        cp.add(over >= self.home - record.end)
        self.sheet.pay_hours(problem.prices.overtime_fen_per_hour, over, record.limit - record.end)
        new = [self.visited["order", o] for o in self.orders]
        cp.add(sum(new) <= min(record.max_orders, len(new)))
        loose = [o for o in self.orders if problem.orders[o].preventive]
        preventive = [self.visited["order", o] * self.seconds_of(("order", o)) for o in loose]
        cp.add(sum(preventive) <= record.preventive_room)
        for o in self.orders:
            self.sheet.pay(self.visited["order", o] * self._pair_fen(problem.orders[o], self.seconds_of(("order", o))))

    def _pair_fen(self, order: Order, service: int) -> int:
        problem, who = self.sheet.problem, self.record.engineer
        prices = problem.prices
        fen = hours_fen(prices.labour_fen_per_hour, service)
        if order.region >= 0 and not problem.home_region[who, order.region]:
            extra = int(problem.cross_permille[who]) - 1000
            fen -= -prices.labour_fen_per_hour * service * extra // 3_600_000
        spare = sum(max(0, int(problem.level[who, skill]) - level) for skill, level in order.skills)
        moved = order.published is not None and order.published.engineer != who
        return fen + spare * prices.skill_excess_fen + moved * prices.change_engineer_fen
