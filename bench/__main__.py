"""`python -m bench AREA` runs one area's measurement: a table, and last one JSON line."""

import sys
from importlib import import_module
from pathlib import Path

HERE = Path(__file__).parent
FILES = {path.stem: f"bench.{path.stem}" for path in HERE.glob("[a-z]*.py")}
FOLDERS = {path.parent.name: f"bench.{path.parent.name}.__main__" for path in HERE.glob("*/__main__.py")}
AREAS = dict(sorted((FILES | FOLDERS).items()))


def main() -> None:
    """Hand the rest of the arguments to the area."""
    if len(sys.argv) < 2 or sys.argv[1] not in AREAS:
        raise SystemExit(f"name an area: {', '.join(AREAS)} (make bench AREA=path)")
    area = sys.argv.pop(1)
    import_module(AREAS[area]).main()


if __name__ == "__main__":
    main()
