"""Wall and CPU time of one piece of work in this process."""

import statistics
import time
from collections.abc import Awaitable, Callable

Measured = tuple[float, float, str]
"""Wall and CPU time in the unit of the figure's name, and what to know about it."""


def once(work: Callable[[], str]) -> Measured:
    """Seconds; `work` answers what to know about it."""
    wall, cpu = time.perf_counter(), time.process_time()
    note = work()
    return time.perf_counter() - wall, time.process_time() - cpu, note


async def median(ask: Callable[[], Awaitable[object]], *, runs: int, unit: int = 1) -> Measured:
    """The median of `runs` in seconds, or with `unit` 1 000 in milliseconds; more than one have a call to warm up."""
    if runs > 1:
        await ask()
    walls, cpus = [], []
    for _ in range(runs):
        wall, cpu = time.perf_counter(), time.process_time()
        await ask()
        walls.append((time.perf_counter() - wall) * unit)
        cpus.append((time.process_time() - cpu) * unit)
    return statistics.median(walls), statistics.median(cpus), f"median of {runs}" if runs > 1 else "once"
