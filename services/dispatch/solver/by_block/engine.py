"""A problem in blocks, planned block by block: each is a problem of its own with one matrix."""

from collections.abc import Callable

from ..answer import Answer, Progress
from ..blocks import Blocks
from ..plan import Plan
from ..problem import Problem
from ..stopping import Stop
from .territory import Territory

Solve = Callable[[Problem, Stop, Progress, Plan | None], Answer]
"""An engine on one block."""


def plan_by_block(
    problem: Problem,
    blocks: Blocks,
    *,
    first: Solve,
    better: Solve | None,
    stop: Stop,
    progress: Progress,
    start: Plan | None,
) -> Answer:
    """A plan over all blocks: `first` makes the first plan of each, from what it has of `start`, then `better` improves
    each in its share of what is left of the budget. One iteration is one of the engine's; the price told on the way
    counts an order that two blocks leave out twice."""
    work = _Work(Territory(problem, blocks), progress)
    if start is not None:
        work.territory.begin(start)
    for block in range(len(blocks.places)):
        work.on(block, first, stop.after(work.iterations), afresh=start is None)
    for block in work.territory.passed_over():
        work.on(block, first, stop.after(work.iterations))
    if better is not None:
        for block in range(len(blocks.places)):
            if why := stop.reached(work.iterations):
                work.why = why
                break
            work.on(block, better, stop.part(len(blocks.places) - block, work.iterations))
    return work.answer()


class _Work:
    """What was done so far, and why it ended."""

    def __init__(self, territory: Territory, progress: Progress) -> None:
        self.territory, self.progress = territory, progress
        self.iterations, self.why = 0, "finished"
        self.prices = [0] * len(territory.plans)
        self.served_fen = [0] * len(territory.plans)

    def on(self, block: int, solve: Solve, stop: Stop, *, afresh: bool = False) -> None:
        """Plan the block by the engine, from the plan that it has if not `afresh`."""
        from ..kernel.absence import left_out_fen

        share, done = self.territory.share(block), self.iterations

        def tell(iterations: int, fen: int) -> None:
            self.prices[block] = fen
            self.progress(done + iterations, sum(self.prices))

        answer = solve(share.problem, stop, tell, None if afresh else share.own(self.territory.plans[block]))
        self.territory.keep(block, share, answer.plan)
        self.served_fen[block] = answer.fen - left_out_fen(share.problem, answer.plan)
        self.iterations = done + answer.iterations
        if answer.stopped_by != "finished":
            self.why = answer.stopped_by

    def answer(self) -> Answer:
        """All blocks as one. What several blocks left out, or none was offered, is priced once."""
        from ..kernel.absence import left_out_fen

        plan = self.territory.whole()
        fen = sum(self.served_fen) + left_out_fen(self.territory.problem, plan)
        return Answer(plan, fen, self.iterations, self.why)
