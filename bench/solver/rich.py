"""Rich dispatch instances, our engines beside the peers: `python -m bench.solver.rich`.

Every engine models what it can, its answer is completed by the same greedy fill, and our judge prices the whole
objective. Cells are kept, so that a run goes on where it was stopped; `--forget ENGINE` measures one anew. Prints
Markdown tables of medians over the seeds and of the bars and, last, one JSON line.
"""

import argparse
import json
import statistics
import sys
from collections.abc import Iterator, Sequence
from typing import Any

from ..instances.sizes import SEEDS, SIZES
from .cells import KEPT, NoAnswer, answer
from .rich_bars import bars, beside_peers
from .rich_cell import PEERS

LONGEST = 600.0
"""Seconds of processor time granted to an engine that ends by itself."""

SEED = 1
"""Of the engines; what differs are the instances."""

OURS = ("roadcall", "greedy", "ortools")
"""Our engines; `insert` plans from a published plan only and has a measurement of its own (`urgent`)."""

UNBOUND = ("nearest", "vroom_peer")
"""Engines that end by themselves: their one cell stands in every budget's table."""

BUDGETS = ("10", "60", "vroom")
"""Seconds of processor time; `vroom`: what VROOM took at exploration level 3 on the same instance."""

BESIDE = {"price_beside": ".2f", "kept_beside": "+.1f", "unserved_beside": "+.0f"}
"""How the comparisons with the best peer are written."""

RICH = tuple(size.name for size in SIZES.values() if size.history)

Cell = dict[str, Any]


def main() -> None:
    """Measure what is missing of the chosen cells, print the tables and one JSON line."""
    print(json.dumps(run(sys.argv[1:])))


def run(arguments: Sequence[str]) -> dict[str, Any]:
    """Measure what the command's arguments ask for, print the tables; the figures of the JSON line."""
    options = argparse.ArgumentParser(prog="python -m bench.solver.rich", description=__doc__)
    options.add_argument("--sizes", nargs="*", default=["100x15", "500x60"], choices=RICH)
    options.add_argument("--budgets", nargs="*", default=["10", "60"], choices=BUDGETS)
    options.add_argument("--engines", nargs="*", default=[*OURS, *PEERS])
    options.add_argument("--forget", nargs="*", default=[], metavar="ENGINE", help="measure these anew")
    chosen = options.parse_args(arguments)
    KEPT.mkdir(exist_ok=True)
    for engine in chosen.forget:
        for path in KEPT.glob(f"rich-{engine}-*.json"):
            path.unlink()
    rows: list[Cell] = []
    judged: list[Cell] = []
    for size in chosen.sizes:
        for budget in chosen.budgets:
            found = beside_peers([row for engine in chosen.engines if (row := _row(engine, size, budget))])
            rows += found
            judged += bars(found)
            print("\n".join(_table(size, budget, found)), flush=True)
    print("\n".join(_bars_table(judged)))
    return {"bench": "solver-rich", "rows": rows, "bars": judged}


def _row(engine: str, size: str, budget: str) -> Cell | None:
    """Medians of one engine over the seeds; without the seeds on which it gave no plan that keeps the rules."""
    cells = [cell for seed in SEEDS if (cell := cell_of(engine, f"{size}/{seed}", budget))]
    plans = [cell for cell in cells if "fen" in cell]
    row: Cell = {"engine": engine, "size": size, "budget": budget, "plans": len(plans), "of": len(SEEDS)}
    for figure in ("cpu", "fen", "unserved", "memory_mb", "load"):
        row[figure] = statistics.median(cell[figure] for cell in plans) if plans else None
    row["kept_percent"] = statistics.median(100 * cell["kept"] / cell["clocks"] for cell in plans) if plans else None
    return row


def cell_of(engine: str, name: str, budget: str) -> Cell:
    """One engine on one instance, `size/seed`: from its file, measured first where there is none. A plan that breaks
    rules has no price."""
    seconds = "-" if engine in UNBOUND else _seconds(name, budget)
    path = KEPT / f"rich-{engine}-{name.replace('/', '-')}-{seconds}s.json"
    if not path.exists():
        limit = LONGEST if seconds == "-" else float(seconds)
        try:
            found = answer("bench.solver.rich_cell", (engine, name, seconds, SEED), seconds=limit)
        except NoAnswer as failure:  # a fault of ours, not a result of the engine: nothing is kept
            raise SystemExit(f"{engine} on {name}: {failure}") from None
        path.write_text(json.dumps(found))
    cell: Cell = json.loads(path.read_text())
    if cell.get("violations"):
        del cell["fen"]
    return cell


def _seconds(name: str, budget: str) -> str:
    return budget if budget != "vroom" else str(cell_of("vroom_peer", name, budget)["cpu"])


def _table(size: str, budget: str, rows: list[Cell]) -> Iterator[str]:
    yield f"\n### {size}, {'VROOM’s time' if budget == 'vroom' else f'{budget} s'}\n"
    names = (
        "engine",
        "CPU s",
        "price, fen",
        "× best peer",
        "promises kept %",
        "− best peer",
        "unserved",
        "− best peer",
    )
    yield f"| {' | '.join(names)} | plans | load |"
    yield "|---|---|---|---|---|---|---|---|---|---|"
    for row in sorted(rows, key=lambda row: row["fen"] or float("inf")):
        if row["fen"] is None:
            yield f"| {row['engine']} | | no plan | | | | | | 0 of {row['of']} | |"
            continue
        beside = [_signed(row[name], form) for name, form in BESIDE.items()]
        yield (
            f"| {row['engine']} | {row['cpu']:.1f} | {row['fen']:,.0f} | {beside[0]} | {row['kept_percent']:.1f} "
            f"| {beside[1]} | {row['unserved']:.0f} | {beside[2]} | {row['plans']} of {row['of']} | {row['load']:.1f} |"
        )


def _signed(figure: float | None, form: str) -> str:
    return "" if figure is None else format(figure, form)


def _bars_table(judged: list[Cell]) -> Iterator[str]:
    yield "\n| size | CPU s | bar | peer | figure | limit | met |"
    yield "|---|---|---|---|---|---|---|"
    for one in judged:
        met = "yes" if one["met"] else "**no**"
        figure = f"{one['figure']:g} | {one['limit']}"
        yield f"| {one['size']} | {one['budget']} | {one['bar']} | {one['peer']} | {figure} | {met} |"


if __name__ == "__main__":
    main()
