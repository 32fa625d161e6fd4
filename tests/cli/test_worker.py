"""A worker says that it is ready once what the first job would wait for is there."""

import os
from pathlib import Path

from kit.settings import Settings
from services.assembly import Assembly
from services.serving import _warm


def children() -> set[str]:
    """Processes that this one has started and that still run."""
    tasks = Path(f"/proc/{os.getpid()}/task").iterdir()
    return {child for task in tasks for child in (task / "children").read_text().split()}


async def test_a_worker_is_ready_when_the_solver_is_warm(settings: Settings) -> None:
    """Then the planner's process has imported and compiled everything and waits for work."""
    assembly, others, seen = Assembly(settings=settings, names=[]), children(), list[tuple[bool, int]]()

    async def look() -> None:
        seen.append((settings.worker_ready.exists(), len(children() - others)))

    assembly.jobs.add_warmup(look)
    async with assembly.working():
        assembly.jobs.add_warmup(look)
        await _warm(assembly)
    assert settings.worker_ready.exists()
    assert seen == [(False, 0), (False, 1)]
