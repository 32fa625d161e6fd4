"""One cell of the rich measurement, in a process of its own.

`python -m bench.solver.rich_cell ENGINE INSTANCE SECONDS SEED` prints one JSON object. `cpu` is the search alone, the
model's building included; loading an engine (its library, our compiled kernel), the fill and the judge are not.
"""

import json
import os
import resource
import sys
import time
from importlib import import_module
from typing import Any

from services.dispatch.documents import to_problem
from services.dispatch.solver import ENGINES, Plan, Problem, Stop, judge, solve
from services.dispatch.solver.kernel.engine import warm

from ..instances import instance
from .completion import completed
from .reduced import reduced

PEERS = ("nearest", "ortools_peer", "pyvrp_peer", "vroom_peer", "vrpcli_peer")
"""Modules of `rich_peers`; every engine of ours goes by its own name."""


def main() -> None:
    """Measure the cell that the arguments name; SECONDS `-` lets the engine end by itself."""
    engine, name, budget, seed = sys.argv[1:5]
    problem = to_problem(instance(name))
    seconds = None if budget == "-" else float(budget)
    try:
        plan, cpu = _planned(problem, engine, seconds, int(seed))
    except (RuntimeError, ValueError) as error:  # what an engine cannot do is a result
        print(json.dumps({"engine": engine, "instance": name, "failed": f"{type(error).__name__}: {error}"[:300]}))
        return
    verdict = judge(problem, plan)
    print(json.dumps({"engine": engine, "instance": name, "cpu": round(cpu, 2)} | _figures(problem, verdict)))


def _planned(problem: Problem, engine: str, seconds: float | None, seed: int) -> tuple[Plan, float]:
    if engine in ENGINES:
        warm()
        stop = Stop.seconds(seconds or 0.0, clock=time.process_time)
        begun = time.process_time()
        plan = solve(problem, stop=stop, seed=seed, engine=engine).plan
        return plan, time.process_time() - begun
    peer = import_module(f"bench.solver.rich_peers.{engine}")
    begun = time.process_time()
    sequences = peer.plan(reduced(problem), seconds, seed)
    cpu = time.process_time() - begun
    if not any(sequences.values()):  # completed, it would be our own construction under the peer's name
        raise RuntimeError(f"no plan after {cpu:.1f} s")
    return completed(problem, sequences), cpu


def _figures(problem: Problem, verdict: Any) -> dict[str, Any]:
    totals = verdict.totals
    return {
        "fen": verdict.total,
        "violations": len(verdict.violations),
        "kept": totals.clocks_kept,
        "clocks": totals.clocks,
        "unserved": totals.unassigned,
        "memory_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        "load": round(os.getloadavg()[0], 1),
        "by_rule": verdict.by_rule,
    }


if __name__ == "__main__":
    main()
