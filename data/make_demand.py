"""Makes `demand_pbs.csv` from the copy that sktime 1.2 ships: `pip install --no-deps sktime==1.2.0` first."""

import csv
import sys
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path

HERE = Path(__file__).parent


def main() -> None:
    """`month` (its first day) and `pieces`."""
    found = find_spec("sktime")
    if found is None or found.origin is None:
        sys.exit("sktime is not installed: pip install --no-deps sktime==1.2.0")
    source = Path(found.origin).parent / "datasets/data/PBS_dataset/PBS_dataset.csv"
    with source.open() as shipped, (HERE / "demand_pbs.csv").open("w", newline="") as made:
        rows = csv.DictReader(shipped)
        write = csv.writer(made, lineterminator="\n").writerow
        write(["month", "pieces"])
        for row in rows:
            write([datetime.strptime(row["Month"], "%Y %b").date(), int(row["Scripts"])])  # noqa: DTZ007


if __name__ == "__main__":
    main()
