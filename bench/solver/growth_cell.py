"""One instance of the growth measurement, in a process of its own.

`python -m bench.solver.growth_cell INSTANCE TRIALS` prints one JSON object. Seconds are of
processor time, the kernel loaded, the judge's verdict on the plan included.
"""

import json
import os
import resource
import sys
import time

from services.dispatch.documents import to_problem
from services.dispatch.solver import Stop, solve
from services.dispatch.solver.kernel.engine import warm

from ..instances import instance


def main() -> None:
    """Measure the first plan, and then the search for so many trials."""
    name, trials = sys.argv[1], int(sys.argv[2])
    problem = to_problem(instance(name))
    warm()
    clock = time.process_time
    begun = clock()
    first = solve(problem, stop=Stop.iterations(0, clock=clock), seed=1, engine="greedy")
    made = clock()
    better = solve(problem, stop=Stop.iterations(trials, clock=clock), seed=1)
    searched = clock()
    figures = {
        "instance": name,
        "orders": len(problem.orders),
        "first_s": round(made - begun, 2),
        "served": len(problem.orders) - first.verdict.totals.unassigned,
        "trials": better.iterations,
        "trial_us": round(1e6 * (searched - made - (made - begun)) / max(1, better.iterations), 1),
        "first_fen": first.verdict.total,
        "better_fen": better.verdict.total,
        "memory_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        "load": round(os.getloadavg()[0], 1),
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
