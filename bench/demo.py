"""How fast the demo network is made, written and read back: python -m bench.demo

With --address and ROADCALL_TOKEN it is also imported into that Roadcall, which should be empty. The last line is one
JSON object, for machines.
"""

import argparse
import asyncio
import json
import os
import tempfile
import time
from datetime import datetime
from pathlib import Path

from cli.demo import SIZES, write_tables
from cli.importing.kinds import KINDS
from cli.importing.reading import open_table, read_rows
from cli.loading import load
from demo.geography import ground
from demo.network import Tables, make

NOW = datetime.fromisoformat("2026-11-05T08:00:00+08:00")


def measure(size: str, seed: int) -> tuple[Tables, dict[str, float]]:
    """The network, and seconds by step, with the number of rows and the megabytes of the files."""
    began = time.perf_counter()
    tables = make(size, seed, NOW)
    made = time.perf_counter()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_tables(tables, folder)
        written = time.perf_counter()
        rows = sum(_read(folder / f"{kind}.csv", kind) for kind in tables)
        read = time.perf_counter()
        megabytes = sum(file.stat().st_size for file in folder.iterdir()) / 1e6
    assert rows == sum(map(len, tables.values()))  # noqa: S101 - a bench that loses rows measures nothing
    seconds = {"make": made - began, "write": written - made, "read": read - written}
    return tables, {**seconds, "rows": rows, "megabytes": megabytes}


def _read(path: Path, kind: str) -> int:
    return sum(row.values is not None for row in read_rows(open_table(path, KINDS[kind]), KINDS[kind], None))


def main() -> None:
    """Prints a table and one JSON line."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--size", choices=SIZES, action="append")
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--address")
    chosen = options.parse_args()
    began = time.perf_counter()
    _ = ground().node_branch
    figures: dict[str, dict[str, float]] = {"ground": {"load": time.perf_counter() - began}}
    for size in chosen.size or SIZES:
        tables, figures[size] = measure(size, chosen.seed)
        if chosen.address:
            began = time.perf_counter()
            print(asyncio.run(load(tables, address=chosen.address, token=lambda: os.environ["ROADCALL_TOKEN"])))
            figures[size]["import"] = time.perf_counter() - began
    for size, told in figures.items():
        print(f"{size:8}", "  ".join(f"{name} {value:.2f}" for name, value in told.items()))
    print(json.dumps({"bench": "demo", "seed": chosen.seed, **figures}))


if __name__ == "__main__":
    main()
