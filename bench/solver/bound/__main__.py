"""How far any plan can be below the peers: `python -m bench.solver.bound`.

Proves a price below which no plan of an instance lies, by its kept certificate or by a new one, and puts it beside
cells of `bench.solver.rich`, which are measured where they are missing. A bar on the price is out of reach where the
bound is above it. Prints Markdown and, last, one JSON line.

With `--anew` the search sets out from the kept certificate, and what it finds takes its place.
"""

import argparse
import json
import statistics
import time
from collections.abc import Iterator, Sequence
from typing import Any

from services.dispatch.documents import to_problem
from services.dispatch.solver import Plan, Problem, Stop, solve

from ...instances import instance
from ...instances.sizes import SEEDS
from ..cells import KEPT
from ..rich import BUDGETS, cell_of
from ..rich_bars import OURS, PRICE_BARS
from . import certificates, checked, proven

LIMITS = {engines[0]: limit for _, engines, limit in PRICE_BARS if len(engines) == 1}
"""Peers with a bar of their own: at most so many times their price."""

PLANS = range(3)
"""Seeds of the plans of ours from which the search for tolls sets out."""
PLANNED_IN = 10.0
"""Seconds of processor time for each of them."""

Row = dict[str, Any]


def main() -> None:
    """Prove the bounds of the chosen instances, print the tables."""
    options = argparse.ArgumentParser(prog="python -m bench.solver.bound", description=__doc__)
    options.add_argument("--instances", nargs="*", default=[f"100x15/{seed}" for seed in SEEDS], metavar="SIZE/SEED")
    options.add_argument("--budgets", nargs="*", default=["10"], choices=BUDGETS, help="of the cells beside the bound")
    options.add_argument("--anew", action="store_true", help="look for better certificates and keep them")
    options.add_argument("--gap", type=float, default=0.002, help="share of the relaxation's value left open")
    options.add_argument("--seconds", type=float, default=600.0, help="of processor time per instance")
    chosen = options.parse_args()
    KEPT.mkdir(exist_ok=True)
    bounds: dict[str, int] = {}
    for name in chosen.instances:
        problem = to_problem(instance(name))
        tolls = certificates.certificate(name, problem)
        if tolls is None or chosen.anew:
            plans = [_planned(problem, seed) for seed in PLANS]
            proof = proven(problem, plans, known=tolls, gap=chosen.gap, seconds=chosen.seconds)
            print(f"{name}: {proof.rounds} rounds, {proof.seconds:.0f} s, at most {proof.value:,.0f} fen can be proven")
            tolls = proof.tolls
            certificates.keep(name, tolls)
        bounds[name] = checked(problem, tolls)
        print(f"{name}: no plan costs less than {bounds[name]:,} fen", flush=True)
    rows = [row for budget in chosen.budgets for row in _beside(bounds, budget)]
    print("\n".join(table(rows)))
    print(json.dumps({"bench": "solver-bound", "rows": rows}))


def _planned(problem: Problem, seed: int) -> Plan:
    stop = Stop.seconds(PLANNED_IN, clock=time.process_time)
    return solve(problem, stop=stop, seed=seed, engine=OURS).plan


def _beside(bounds: dict[str, int], budget: str) -> list[Row]:
    """Bound and prices of each instance with this budget, and their medians."""
    rows = [
        {"bound": bound} | {engine: cell_of(engine, name, budget).get("fen") for engine in (OURS, *LIMITS)}
        for name, bound in bounds.items()
    ]
    names = [{"instance": name, "budget": budget} for name in (*bounds, "median")]
    rows.append({key: _median([row[key] for row in rows]) for key in rows[0]})
    return [name | row for name, row in zip(names, rows, strict=True)]


def _median(found: Sequence[float | None]) -> float | None:
    """None where an engine has no plan of some instance."""
    known = [fen for fen in found if fen is not None]
    return statistics.median(known) if len(known) == len(found) else None


def table(rows: Sequence[Row]) -> Iterator[str]:
    """The bound as a share of our price and of each peer's, there beside what is asked of ours."""
    yield "\n| instance | budget | bound, fen | whose price | fen | bound / price | asked | |"
    yield "|---|---|---|---|---|---|---|---|"
    for row in rows:
        begin = f"| {row['instance']} | {row['budget']} | {row['bound']:,.0f} |"
        yield f"{begin} `{OURS}` | {row[OURS]:,.0f} | {row['bound'] / row[OURS]:.3f} | | |"
        for peer, limit in LIMITS.items():
            if row[peer] is None:
                yield f"{begin} `{peer}` | no plan | | {limit:g} | |"
                continue
            share = row["bound"] / row[peer]
            reach = "out of reach" if share > limit else "open"
            yield f"{begin} `{peer}` | {row[peer]:,.0f} | {share:.3f} | {limit:g} | {reach} |"


if __name__ == "__main__":
    main()
