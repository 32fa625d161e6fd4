"""The demo network of an empty installation: loaded once, taken up again when the load was cut off."""

import asyncio
import json
import sys
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from kit.auth import service_token
from kit.clock import SystemClock
from kit.settings import Settings


@dataclass(frozen=True)
class Wanted:
    """Which demo network; the same three always give the same rows, so loading them twice changes nothing."""

    size: str
    seed: int
    now: str


def begun(marker: Path) -> Wanted | None:
    """What an earlier start began to load and did not finish."""
    try:
        return Wanted(**json.loads(marker.read_text()))
    except FileNotFoundError:
        return None


def begin(marker: Path, wanted: Wanted) -> None:
    """Remember what is loaded now, until it is."""
    marker.write_text(json.dumps(asdict(wanted)))


def main() -> None:
    """python -m cli.first_demo MARKER ADDRESS: load what the marker names, remove it, say how it went."""
    from cli.importing.sending import ServerProblem
    from cli.loading import load
    from demo.network import make

    marker, address = Path(sys.argv[1]), sys.argv[2]
    wanted = begun(marker)
    if wanted is None:
        raise SystemExit(f"{marker} names no network")
    secret = Settings().shared_secret
    tables = make(wanted.size, wanted.seed, datetime.fromisoformat(wanted.now))

    def token() -> str:
        return service_token(service="run", secret=secret, now=SystemClock().now())

    try:
        report = asyncio.run(load(tables, address=address, token=token))
    except ServerProblem as error:
        raise SystemExit(str(error)) from None
    marker.unlink()
    print(report, *report.refused, sep="\n    ")


if __name__ == "__main__":
    main()
