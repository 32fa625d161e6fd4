"""How far any plan can be below the peers: `python -m bench.solver.bound`.

Proves a price below which no plan of an instance lies, and puts it beside the cells of `bench.solver.rich` at 10 s. A
bar on the price is out of reach where the bound is above it. Prints Markdown and, last, one JSON line.
"""

import argparse
import json
import statistics
from collections.abc import Iterator, Sequence
from typing import Any

from services.dispatch.documents import to_problem

from ...instances import instance
from ..cells import KEPT
from ..rich import cell_of
from ..rich_bars import OURS, PRICE_BARS
from . import proven

BUDGET = "10"
"""Of the cells beside the bound."""

Row = dict[str, Any]


def main() -> None:
    """Prove the bounds of the chosen instances, print the tables."""
    options = argparse.ArgumentParser(prog="python -m bench.solver.bound", description=__doc__)
    options.add_argument("--instances", nargs="*", default=[f"100x15/{seed}" for seed in (1, 2, 3)])
    options.add_argument("--gap", type=float, default=0.002, help="share of the relaxation's value left open")
    options.add_argument("--seconds", type=float, default=600.0, help="of processor time per instance")
    chosen = options.parse_args()
    KEPT.mkdir(exist_ok=True)
    rows = []
    for name in chosen.instances:
        proof = proven(to_problem(instance(name)), gap=chosen.gap, seconds=chosen.seconds)
        prices = {engine: cell_of(engine, name, BUDGET)["fen"] for engine in (OURS, *_peers())}
        rows.append(
            {"instance": name, "bound": proof.fen, "rounds": proof.rounds, "cpu": round(proof.seconds)} | prices
        )
    rows.append(
        {"instance": "median"} | {key: statistics.median(row[key] for row in rows) for key in list(rows[0])[1:]}
    )
    print("\n".join([*table(rows), *bars(rows)]))
    print(json.dumps({"bench": "solver-bound", "rows": rows}))


def _peers() -> dict[str, float]:
    """Peers with a bar of their own, each with its limit."""
    return {engines[0]: limit for _, engines, limit in PRICE_BARS if len(engines) == 1}


def table(rows: Sequence[Row]) -> Iterator[str]:
    """The bound beside our own price."""
    yield f"| instance | CPU s | bound, fen | `{OURS}`, {BUDGET} s | bound / ours |"
    yield "|---|---|---|---|---|"
    for row in rows:
        share = row["bound"] / row[OURS]
        yield f"| {row['instance']} | {row['cpu']:.0f} | {row['bound']:,.0f} | {row[OURS]:,.0f} | {share:.3f} |"


def bars(rows: Sequence[Row]) -> Iterator[str]:
    """The bound beside each peer's price and what is asked of ours."""
    yield "\n| instance | peer | price, fen | bound / price | bar | |"
    yield "|---|---|---|---|---|---|"
    for row in rows:
        for peer, limit in _peers().items():
            share = row["bound"] / row[peer]
            reach = "out of reach" if share > limit else "open"
            yield f"| {row['instance']} | `{peer}` | {row[peer]:,.0f} | {share:.3f} | {limit:g} | {reach} |"


if __name__ == "__main__":
    main()
