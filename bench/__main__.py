"""`python -m bench AREA` runs one area's measurement: a table, and last one JSON line."""

import sys
from importlib import import_module
from pathlib import Path

AREAS = sorted(path.stem for path in Path(__file__).parent.glob("[a-z]*.py"))


def main() -> None:
    """Hand the rest of the arguments to the area."""
    if len(sys.argv) < 2 or sys.argv[1] not in AREAS:
        raise SystemExit(f"name an area: {', '.join(AREAS)} (make bench AREA=path)")
    area = sys.argv.pop(1)
    import_module(f"bench.{area}").main()


if __name__ == "__main__":
    main()
