"""The solver beside its peers: python -m bench.solver [--full]

A stratified few of everything that its bars speak of, in some 36 minutes; `--full`: all public files
and all sizes and budgets of the rich instances, in many hours. Finished cells of public and rich instances are kept
beside this file in `.cells`, so that a run goes on where it was stopped. Each part is a command of its own, with more
choices: `bench.solver.public`, `.rich`, `.growth` and `.urgent`; `.bound` proves which bars no plan can reach. Prints
Markdown tables, and one JSON line last.
"""

import argparse
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from . import growth, public, rich, urgent
from .rich_cell import PEERS


class Part(NamedTuple):
    """What is run, and its arguments for a few and for all."""

    run: Callable[[Sequence[str]], dict[str, Any]]
    few: Sequence[str] = ()
    full: Sequence[str] = ()


BESIDE = ("--engines", "roadcall", *PEERS)
PARTS = {
    "public": Part(public.run, full=["--full"]),
    "rich": Part(
        rich.run,
        few=[*BESIDE, "--sizes", "100x15", "500x60", "--budgets", "10"],
        full=[*BESIDE, "--sizes", *rich.RICH, "--budgets", *rich.BUDGETS],
    ),
    "growth": Part(growth.run),
    "urgent": Part(urgent.run, few=["--orders", "40"]),
}


def main() -> None:
    """Measure, print tables and one JSON line."""
    options = argparse.ArgumentParser(
        prog="python -m bench.solver", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--full", action="store_true", help="everything, not a stratified few")
    full = options.parse_args().full
    print(json.dumps({"bench": "solver", "full": full, **measured(PARTS, full=full)}))


def measured(parts: Mapping[str, Part], *, full: bool) -> dict[str, dict[str, Any]]:
    """Measure part after part, print their tables; what each has for the JSON line."""
    found = {}
    for name, part in parts.items():
        print(f"\n## {name}\n", flush=True)
        found[name] = part.run(part.full if full else part.few)
    return found


if __name__ == "__main__":
    main()
