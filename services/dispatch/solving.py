"""One problem document together with its compiled form: plans of it can be made, read, judged and written."""

import asyncio
import time

from .documents.plan import PlanDocument
from .documents.plan_reading import PlanReader
from .documents.plan_writing import PlanWriter
from .documents.problem import ProblemDocument
from .documents.to_problem import to_problem
from .solver import Plan, Result, Stop, solve
from .solver_process import SolverProcess, Watch

SEED = 1
"""Every plan of ours is made with this seed: the same facts and iterations give the same plan."""


class Workpiece:
    """A problem document and its arrays. Building one takes some 0.1 s of computing at branch size: do it in a thread.

    Raises ProblemError when the document contradicts itself.
    """

    def __init__(self, document: ProblemDocument):
        self.document = document
        self.problem = to_problem(document)
        self._reader = PlanReader(document, self.problem)
        self._writer = PlanWriter(document, self.problem)

    def greedy(self, start: PlanDocument | None) -> Result:
        """A plan at once: what stands in `start` stays where it still can, the rest is inserted. Synchronous."""
        begin = self.read(start) if start is not None else None
        return solve(self.problem, stop=Stop.seconds(60, clock=time.monotonic), seed=SEED, engine="greedy", start=begin)

    async def improved(self, process: SolverProcess, start: Plan, *, seconds: float, watch: Watch) -> Result:
        """The best plan that the improving engine finds in the time. Raises SolverFailed."""
        return await process.solve(self.problem, start=start, seconds=seconds, seed=SEED, watch=watch)

    def read(self, plan: PlanDocument) -> Plan:
        """The plan in indices; what it names and the problem does not have is left out."""
        return self._reader.read(plan).plan

    def write(self, result: Result) -> PlanDocument:
        return self._writer.plan(result.plan, result.verdict, result)


async def workpiece(document: ProblemDocument) -> Workpiece:
    """A workpiece, built beside the event loop."""
    return await asyncio.to_thread(Workpiece, document)
