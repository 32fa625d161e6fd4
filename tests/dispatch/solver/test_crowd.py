"""Ten thousand orders at one point, far more than three engineers can do: every engine answers, in bounded memory."""

import multiprocessing
import re
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from services.dispatch.solver import ENGINES, Stop, solve
from tests.dispatch.solver.solving import planned, problem_of
from tests.dispatch.solver.tiny import document, engineer, order

MOST_MB = 350
"""Of a process that has read the problem, 150 MB, and solved it. A matrix of all orders would take 400 alone."""


def _most_memory_mb() -> float:
    """Since this program began; `ru_maxrss` would begin with what the process that started it had taken."""
    peak = re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())
    assert peak
    return int(peak[1]) / 1024


def _answers() -> tuple[list[tuple[int, int, set[str]]], float]:
    """By engine: violations, orders served and the reasons of the others; and the most memory taken, in MB."""
    people = [engineer(name) for name in "abc"]
    problem = problem_of(document(engineers=people, orders=[order(f"x{number}") for number in range(10_000)]))
    start, found = planned(problem).plan, []
    for name in ENGINES:
        stop = Stop.seconds(0.5, clock=time.process_time)
        result = solve(problem, engine=name, stop=stop, seed=1, start=start if name == "insert" else None)
        verdict = result.verdict
        found.append((len(verdict.violations), verdict.totals.served, set(result.plan.unassigned.values())))
    return found, _most_memory_mb()


def test_ten_thousand_orders_at_one_point_are_answered() -> None:
    """Each engineer gets a day's work, everything else a reason: 10 in 12 h with overtime, less the way."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as alone:
        found, peak_mb = alone.submit(_answers).result()
    assert found == [(0, 3 * 10, {"capacity"})] * len(ENGINES)
    assert peak_mb < MOST_MB
