"""One problem document together with its compiled form: plans of it can be made, read, judged and written."""

import asyncio

from .documents.plan import PlanDocument
from .documents.plan_reading import PlanReader
from .documents.plan_writing import PlanWriter
from .documents.problem import ProblemDocument
from .documents.to_problem import to_problem
from .solver import Plan, Result, Verdict


class Workpiece:
    """A problem document and its arrays. Building one takes some 0.1 s of computing at branch size: do it in a thread.

    Raises ProblemError when the document contradicts itself.
    """

    def __init__(self, document: ProblemDocument):
        self.document = document
        self.problem = to_problem(document)
        self._reader = PlanReader(document, self.problem)
        self._writer = PlanWriter(document, self.problem)

    def read(self, plan: PlanDocument) -> Plan:
        """The plan in indices; what it names and the problem does not have is left out."""
        return self._reader.read(plan).plan

    def write(self, result: Result) -> PlanDocument:
        return self._writer.plan(result.plan, result.verdict, result)

    def priced(self, plan: Plan, verdict: Verdict) -> PlanDocument:
        """A plan that no engine made: an edited one."""
        return self._writer.plan(plan, verdict)


async def workpiece(document: ProblemDocument) -> Workpiece:
    """A workpiece, built beside the event loop."""
    return await asyncio.to_thread(Workpiece, document)
