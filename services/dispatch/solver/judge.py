"""The judge: recomputes times, costs and violations of any plan, in plain Python, sharing no code with engines.

It takes the stated times at their word where they are possible and prices what they say; where they are not,
that is a violation. Own problems are exact integers.
"""

from collections import Counter
from dataclasses import dataclass

from .judge_driving import arrival
from .judge_parts import judge_parts
from .judge_routes import judge_routes
from .judge_shifts import charge_fairness
from .judge_together import judge_crews, judge_experts, judge_links
from .judge_vehicles import judge_vehicles
from .plan import Plan
from .problem import Clock, Problem
from .verdict import Ledger, Totals, Violation


@dataclass(frozen=True, slots=True)
class Verdict:
    """`by_rule`: fen by public rule id, without zeros. A plan is accepted when `violations` is empty."""

    by_rule: dict[str, int]
    violations: tuple[Violation, ...]
    totals: Totals

    @property
    def total(self) -> int:
        """The objective in fen."""
        return sum(self.by_rule.values())


def judge(problem: Problem, plan: Plan) -> Verdict:
    """Examine a plan of any origin. Indices out of range must have been refused before (`unknown_id`)."""
    ledger = Ledger()
    done = judge_routes(problem, plan, ledger)
    judge_parts(problem, plan, ledger)
    judge_crews(problem, plan, ledger)
    judge_links(problem, done, ledger)
    judge_experts(problem, plan, done, ledger)
    charge_fairness(problem, ledger)
    moved = judge_vehicles(problem, plan, ledger)
    _presence(problem, plan, ledger)
    kept = clocks = 0
    for order, record in enumerate(problem.orders):
        start, end = done.get(order, (problem.end, problem.end))
        if order not in done:
            ledger.charge("dropped", record.drop_fen)
        cargo_at, delivered_at = moved.get(order, (None, None))
        for clock in record.clocks:
            stopped = end if clock.at_end else start
            if clock.or_cargo and cargo_at is not None:
                stopped = min(stopped, cargo_at)
            clocks += 1
            kept += stopped <= clock.due
            ledger.charge(clock.rule, _late(clock, stopped))
        if record.cargo and record.cargo.clock:
            own = arrival(problem.pace, end, record.cargo.drive or 0, heavy=True)
            ledger.charge("lateness.cargo", _late(record.cargo.clock, own if delivered_at is None else delivered_at))
    totals = Totals(
        orders=len(problem.orders),
        served=len(done),
        unassigned=len(problem.orders) - len(done),
        clocks=clocks,
        clocks_kept=kept,
        travel_seconds=ledger.travel_seconds,
        travel_metres=ledger.travel_metres,
        overtime_seconds=ledger.overtime_seconds,
    )
    by_rule = {rule: fen for rule, fen in sorted(ledger.fen.items()) if fen}
    return Verdict(by_rule, tuple(ledger.violations), totals)


def _late(clock: Clock, stopped: int) -> int:
    """min(cap, breach + ceil(fen per hour x late / 3600)), 0 up to and including the due instant."""
    if stopped <= clock.due:
        return 0
    hours_fen, rest = divmod(clock.fen_per_hour * (stopped - clock.due), 3600)
    return min(clock.cap_fen, clock.breach_fen + hours_fen + (rest > 0))


def _presence(problem: Problem, plan: Plan, ledger: Ledger) -> None:
    """Every order is planned once or unassigned, never both; work under way is planned."""
    planned = Counter(stop.order for route in plan.routes for stop in route.stops if not stop.second)
    for order, record in enumerate(problem.orders):
        times = planned[order]
        if times > 1 or (times and order in plan.unassigned):
            ledger.violate("order_twice", order=order)
        if not times and order not in plan.unassigned:
            ledger.violate("order_missing", order=order)
        if not times and record.frozen:
            ledger.violate("frozen", order=order)
