"""An urgent order into a published plan: `python -m bench.solver.urgent` (about three minutes).

Breakdowns of the frozen instance are held back, the rest is planned and published with a price on every change; then
each of them is called in by itself. Measured is one question to the engine `insert`, from the problem and the
published plan to the judged answer: seconds on the clock and of processor time, other appointments moved (another
engineer, or a start beyond the tolerance), and what the local search was worth beyond the best place. Prints a Markdown
table and one JSON line last.
"""

import argparse
import gc
import json
import os
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from services.dispatch.documents import to_problem
from services.dispatch.solver import Plan, Problem, Result, Stop, solve
from services.dispatch.solver.kernel.engine import warm
from services.dispatch.solver.problem import Told

from ..instances import instance

SETTLING = 5
"""Times that a plan is published before the first urgent order, at most."""

Times = dict[int, tuple[int, int]]
"""(engineer, start) of each planned order."""


def main() -> None:
    """Measure, print a table and one JSON line."""
    print(json.dumps(run(sys.argv[1:])))


def run(arguments: Sequence[str]) -> dict[str, Any]:
    """Measure what the command's arguments ask for, print the table; the figures of the JSON line."""
    options = argparse.ArgumentParser(prog="python -m bench.solver.urgent", description=__doc__)
    options.add_argument("--instance", default="2000x250/1")
    options.add_argument("--orders", type=int, default=100, help="urgent orders, one question each")
    options.add_argument("--trials", type=int, default=60_000, help="trials for the published plan")
    chosen = options.parse_args(arguments)
    warm()
    gc.freeze()  # as the solver's process does
    whole = to_problem(instance(chosen.instance))
    held = _held_back(whole, chosen.orders)
    base, urgent = _without(whole, held)
    stop = Stop.iterations(chosen.trials, clock=time.process_time)
    plan = solve(base, stop=stop, seed=1).plan
    base, plan = _settled(base, plan)
    rows = [_asked(base, plan, order) for order in urgent]
    figures = {"bench": "solver-urgent", "instance": chosen.instance, "orders": len(base.orders), **_summary(rows)}
    print("\n".join(_table(figures)))
    return figures


def _held_back(problem: Problem, count: int) -> list[int]:
    """Breakdowns that nothing binds yet, spread over the instance."""
    told = {number for tour in problem.tours for number in tour.frozen}
    told |= {link.order for order in problem.orders for link in order.links}
    free = [
        number
        for number, order in enumerate(problem.orders)
        if number not in told and order.clocks and order.published is None and order.pin_engineer is None
        if order.pin_start is None and not order.links and not (order.cargo and order.cargo.sent)
    ]
    return free[:: max(1, len(free) // count)][:count]


def _without(problem: Problem, held: list[int]) -> tuple[Problem, list[Any]]:
    """(the problem without these orders, the orders)."""
    kept = [number for number in range(len(problem.orders)) if number not in set(held)]
    index = {number: position for position, number in enumerate(kept)}
    tours = tuple(replace(tour, frozen=tuple(index[order] for order in tour.frozen)) for tour in problem.tours)
    orders = (problem.orders[number] for number in kept)
    orders = (
        replace(order, links=tuple(link._replace(order=index[link.order]) for link in order.links)) for order in orders
    )
    return replace(problem, tours=tours, orders=tuple(orders)), [problem.orders[number] for number in held]


def _times(problem: Problem, plan: Plan) -> Times:
    return {
        stop.order: (problem.tours[route.tour].engineer, stop.start)
        for route in plan.routes
        for stop in route.stops
        if stop.order >= 0
    }


def _published(problem: Problem, plan: Plan) -> Problem:
    """The problem in which this plan is what people were told."""
    told = _times(problem, plan)
    orders = tuple(
        replace(order, published=Told(*told[number]) if number in told else None)
        for number, order in enumerate(problem.orders)
    )
    return replace(problem, orders=orders)


def _settled(problem: Problem, plan: Plan) -> tuple[Problem, Plan]:
    """Published again until nothing more is found at once: what is measured is the urgent order's doing alone."""
    for _ in range(SETTLING):
        problem = _published(problem, plan)
        again = _insert(problem, plan, trials=0).plan
        if len(again.unassigned) == len(plan.unassigned):
            return problem, plan
        plan = again
    return _published(problem, plan), plan


def _asked(base: Problem, plan: Plan, order: Any) -> dict[str, Any]:
    problem, number = replace(base, orders=(*base.orders, order)), len(base.orders)
    place_only = _insert(problem, plan, trials=0)
    wall, cpu = time.monotonic(), time.process_time()
    result = _insert(problem, plan, trials=None)
    wall, cpu = time.monotonic() - wall, time.process_time() - cpu
    before, after = _times(base, plan), _times(problem, result.plan)
    tolerance = base.prices.change_tolerance
    moved = [
        one
        for one, (engineer, start) in before.items()
        if (now := after.get(one, (-1, 0)))[0] != engineer or abs(now[1] - start) > tolerance
    ]
    return {
        "wall": wall,
        "cpu": cpu,
        "moved": len(moved),
        "served": number in after,
        "gain": place_only.verdict.total - result.verdict.total,
    }


def _insert(problem: Problem, plan: Plan, *, trials: int | None) -> Result:
    stop = Stop(time.monotonic, max_iterations=trials)
    return solve(problem, stop=stop, seed=1, engine="insert", start=plan)


def _summary(rows: list[dict[str, Any]]) -> dict[str, Any]:
    def percentile(name: str, percent: int) -> float:
        values = sorted(row[name] for row in rows)
        return float(values[min(len(values) - 1, len(values) * percent // 100)])

    return {
        "urgent": len(rows),
        "wall_median_s": round(percentile("wall", 50), 3),
        "wall_p99_s": round(percentile("wall", 99), 3),
        "cpu_median_s": round(percentile("cpu", 50), 3),
        "cpu_p99_s": round(percentile("cpu", 99), 3),
        "moved_median": percentile("moved", 50),
        "moved_p99": percentile("moved", 99),
        "moved_more_than_3": sum(row["moved"] > 3 for row in rows),
        "served": sum(row["served"] for row in rows),
        "search_gain_fen_mean": round(statistics.fmean(row["gain"] for row in rows)),
        "search_helped": sum(row["gain"] > 0 for row in rows),
        "load": round(os.getloadavg()[0], 1),
    }


def _table(figures: dict[str, Any]) -> Iterator[str]:
    yield "| figure | value |"
    yield "|---|---|"
    yield from (f"| {name} | {value} |" for name, value in figures.items() if name != "bench")


if __name__ == "__main__":
    main()
