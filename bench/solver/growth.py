"""What grows with the network: `python -m bench.solver.growth` (some minutes).

A first plan and a search of so many trials per order, on instances of growing size, each in a process of its own with
one thread. A trial's time is that of the search without what a first plan takes. Prints Markdown tables of the sizes
and of the bars, and one JSON line last.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .cells import answer

INSTANCES = ("500x60/1", "2000x250/1", "20000x5000/1")

TRIALS = 4
"""Of the search, per order."""

FIRST_S = {"2000x250/1": 1.0, "20000x5000/1": 15.0}
"""Seconds of processor time within which a first plan is asked for."""

TRIAL_GROWS = ("20000x5000/1", "2000x250/1", 2.0)
"""A trial on the first may take at most so many times one on the second."""

MEMORY_MB = {"20000x5000/1": 1500}

PATIENCE_S = 120.0
"""Of processor time, for one instance."""

Row = Mapping[str, Any]


def main() -> None:
    """Measure, print tables and one JSON line."""
    print(json.dumps(run(sys.argv[1:])))


def run(arguments: Sequence[str]) -> dict[str, Any]:
    """Measure what the command's arguments ask for, print the tables; the figures of the JSON line."""
    options = argparse.ArgumentParser(prog="python -m bench.solver.growth", description=__doc__)
    options.add_argument("--instances", nargs="*", default=list(INSTANCES), metavar="SIZE/SEED")
    chosen = options.parse_args(arguments)
    rows = {name: measured(name) for name in chosen.instances}
    judged = list(bars(rows))
    print("\n".join([*_table(list(rows.values())), *_bars_table(judged)]))
    return {"bench": "solver-growth", "rows": list(rows.values()), "bars": judged}


def measured(name: str) -> Row:
    """Figures of one instance; see `growth_cell`."""
    orders, _, _ = name.partition("x")
    return answer("bench.solver.growth_cell", (name, TRIALS * int(orders)), seconds=PATIENCE_S)


def bars(rows: Mapping[str, Row]) -> Iterator[Row]:
    """Each bar whose instances were measured: what, our figure, its limit and whether it is `met`."""
    for name, limit in FIRST_S.items():
        if name in rows:
            yield _bar(f"first plan {name}, s", rows[name]["first_s"], limit)
    large, small, times = TRIAL_GROWS
    if large in rows and small in rows:
        yield _bar(
            f"a trial on {large} / on {small}", round(rows[large]["trial_us"] / rows[small]["trial_us"], 2), times
        )
    for name, most in MEMORY_MB.items():
        if name in rows:
            yield _bar(f"memory {name}, MB", rows[name]["memory_mb"], most)


def _bar(name: str, figure: float, limit: float) -> Row:
    return {"bar": name, "figure": figure, "limit": limit, "met": figure <= limit}


def _table(rows: Sequence[Row]) -> Iterator[str]:
    yield "| instance | first plan, s | served | µs per trial | trials | price, then, fen | memory, MB | load |"
    yield "|---|---|---|---|---|---|---|---|"
    for row in rows:
        prices = f"{row['first_fen']:,}, {row['better_fen']:,}"
        yield (
            f"| {row['instance']} | {row['first_s']} | {row['served']:,} | {row['trial_us']} | {row['trials']:,} "
            f"| {prices} | {row['memory_mb']} | {row['load']} |"
        )


def _bars_table(judged: Sequence[Row]) -> Iterator[str]:
    yield "\n| bar | figure | limit | met |"
    yield "|---|---|---|---|"
    for one in judged:
        yield f"| {one['bar']} | {one['figure']:g} | {one['limit']:g} | {'yes' if one['met'] else '**no**'} |"


if __name__ == "__main__":
    main()
