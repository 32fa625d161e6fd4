"""The demo network of an empty installation: loaded once, taken up again when the load was cut off."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")
LOOK_S = 0.1


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


def load(
    wanted: Wanted,
    *,
    marker: Path,
    address: str,
    token: Callable[[], str],
    stopping: Sequence[int],
) -> str | None:
    """Load it and say how it went; None when asked to stop meanwhile (the marker then stays for the next start).

    Raises ServerProblem.
    """
    from cli.loading import load as send
    from demo.network import make

    marker.write_text(json.dumps(asdict(wanted)))
    tables = make(wanted.size, wanted.seed, datetime.fromisoformat(wanted.now))
    report = asyncio.run(_unless_stopped(send(tables, address=address, token=token), stopping))
    if report is None:
        return None
    marker.unlink()
    return str(report)


async def _unless_stopped(work: Awaitable[T], stopping: Sequence[int]) -> T | None:
    task = asyncio.ensure_future(work)
    while not task.done() and not stopping:
        await asyncio.wait({task}, timeout=LOOK_S)
    if not task.done():
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return None
    return task.result()
