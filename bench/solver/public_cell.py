"""Runs one cell: python -m bench.solver.public_cell SET INSTANCE ENGINE SECONDS SEED. The last line is JSON."""

import json
import os
import sys
from dataclasses import asdict

from .cells import Figures
from .public_sets import SETS


def main() -> None:
    """Solve, judge, print."""
    name, instance, engine, seconds, seed = sys.argv[1:]
    value, cpu, note = SETS[name].solve(instance, engine, float(seconds), int(seed))
    print(json.dumps(asdict(Figures(value, cpu, os.getloadavg()[0], note))))


if __name__ == "__main__":
    main()
