"""Public files beside the peers: python -m bench.solver.public [--sets vrptw,trsp] [--groups 400,C1] [--full]

Runs every cell (set, instance, engine, CPU seconds, seed) that is not kept from an earlier run, one after the other,
each in a process of its own with one thread; prints a Markdown table of mean gaps of medians, and one JSON line last.
"""

import argparse
import json
import os
import statistics
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from .cells import Cell, Figures, measured
from .public_sets import SETS

Results = dict[Cell, Figures]


def cells(name: str, options: argparse.Namespace) -> Iterator[Cell]:
    """All cells of a set that were asked for."""
    chosen = SETS[name]
    for instance in chosen.instances(options.full):
        if options.groups and chosen.group(instance) not in options.groups:
            continue
        for seconds in options.seconds or chosen.budgets:
            for engine in chosen.engines:
                if engine in (options.engines or chosen.usual_engines(instance)):
                    for seed in chosen.seeds(engine, options.seeds):
                        yield Cell(name, instance, engine, seconds, seed)


def gaps(name: str, results: Results) -> dict[tuple[str, float, str], list[float]]:
    """(group, seconds, engine) -> per instance the median gap over the seeds, in % of the best known value."""
    values: dict[tuple[str, float, str], list[float | None]] = {}
    for cell, figures in results.items():
        values.setdefault((cell.instance, cell.seconds, cell.engine), []).append(figures.value)
    found: dict[tuple[str, float, str], list[float]] = {}
    for (instance, seconds, engine), runs in values.items():
        best = SETS[name].reference(instance)
        gap = float("inf")  # a run without an acceptable plan spoils the instance
        if best and all(run is not None for run in runs):
            gap = 100 * (statistics.median(run for run in runs if run is not None) / best - 1)
        found.setdefault((SETS[name].group(instance), seconds, engine), []).append(gap)
    return found


def table(name: str, results: Results) -> str:
    """Markdown: a row per group and budget, a column per engine with the mean gap and the number of instances."""
    found = gaps(name, results)
    engines = [engine for engine in SETS[name].engines if any(key[2] == engine for key in found)]
    lines = [f"| {name} | CPU s | files | " + " | ".join(engines) + " |", "|---" * (3 + len(engines)) + "|"]
    for group, seconds in sorted({key[:2] for key in found}, key=lambda key: (len(key[0]), *key)):
        means = [found.get((group, seconds, engine), []) for engine in engines]
        cells = [
            f"{statistics.fmean(of):.2f} %{_cpu(name, results, group, seconds, engine)}" if of else ""
            for of, engine in zip(means, engines, strict=True)
        ]
        lines.append(f"| {group} | {seconds:g} | {max(map(len, means))} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _cpu(name: str, results: Results, group: str, seconds: float, engine: str) -> str:
    """The CPU time, where it is not what was asked for."""
    used = [
        figures.cpu
        for cell, figures in results.items()
        if (SETS[name].group(cell.instance), cell.seconds, cell.engine) == (group, seconds, engine)
    ]
    mean = statistics.fmean(used)
    return "" if abs(mean - seconds) < 0.2 * seconds else f" ({mean:.1f} s)"


def main() -> None:
    """Measure, print tables and one JSON line."""
    print(json.dumps(run(sys.argv[1:])))


def run(arguments: Sequence[str]) -> dict[str, Any]:
    """Measure what the command's arguments ask for, print tables; the figures of the JSON line."""
    options = argparse.ArgumentParser(
        prog="python -m bench.solver.public", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--sets", default=",".join(SETS), type=_names)
    options.add_argument("--engines", type=_names, help="only these")
    options.add_argument("--seconds", type=lambda text: [float(part) for part in text.split(",")])
    options.add_argument("--seeds", type=int, default=3)
    options.add_argument("--groups", type=_names, help="only these: 100, 400 .. customers; C1, R2 .. of trsp")
    options.add_argument("--full", action="store_true", help="every instance, not a stratified few")
    options.add_argument("--fresh", action="store_true", help="measure again what is kept")
    chosen = options.parse_args(arguments)
    if unknown := set(chosen.sets) - set(SETS):
        options.error(f"--sets: {', '.join(sorted(unknown))}: choose of {', '.join(SETS)}")
    line: dict[str, Any] = {"bench": "solver-public", "seeds": chosen.seeds, "full": chosen.full}
    for name in chosen.sets:
        results = _measure(name, chosen)
        if results:
            print(table(name, results), end="\n\n")
            line[name] = [
                {"group": group, "seconds": seconds, "engine": engine, "gap_percent": round(statistics.fmean(of), 3)}
                for (group, seconds, engine), of in gaps(name, results).items()
            ]
    return line


def _names(text: str) -> list[str]:
    return text.split(",")


def _measure(name: str, options: argparse.Namespace) -> Results:
    planned = list(cells(name, options))
    if not planned:
        print(f"{name}: no such files beside the repository, skipped")
    runs = {run: run.path.exists() and not options.fresh for run in map(_run, planned)}
    budget = sum(run.seconds for run, kept in runs.items() if not kept)
    print(f"{name}: {len(runs)} cells, {budget / 60:.0f} min of CPU to measure, load {os.getloadavg()[0]:.1f}")
    found: Results = {}
    for run in runs:
        figures = found[run] = measured(run, fresh=options.fresh)
        told = "no plan" if figures.value is None else f"{figures.value:.1f}"
        print(f"  {run.path.stem}: {told}, {figures.cpu:.1f} s, load {figures.load:.1f} {figures.note}", flush=True)
    return {cell: found[_run(cell)] for cell in planned}


def _run(cell: Cell) -> Cell:
    """The run that gives the cell's figures: one for all budgets where the engine ends by itself."""
    ends_itself = cell.engine in SETS[cell.set].unbound
    return replace(cell, seconds=max(SETS[cell.set].budgets)) if ends_itself else cell


if __name__ == "__main__":
    main()
