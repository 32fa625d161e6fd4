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
    """A plan over all blocks: `first` makes the first plan of each, then `better` improves each in its share of what is
    left of the budget. One iteration is one of the engine's; the price told on the way counts an order that two blocks
    leave out twice."""
    territory, count = Territory(problem, blocks), len(blocks.places)
    prices = [0] * count

    def told(block: int, done: int) -> Progress:
        def tell(iterations: int, fen: int) -> None:
            prices[block] = fen
            progress(done + iterations, sum(prices))

        return tell

    for block in range(count):
        share = territory.share(block)
        begin = share.own(start) if start else None
        territory.keep(block, share, first(share.problem, stop, told(block, 0), begin).plan)
    iterations, why = 0, "finished"
    for block in range(count):
        if better is None or (why := stop.reached(iterations) or "finished") != "finished":
            break
        share = territory.share(block)
        begin = share.own(territory.plans[block])
        answer = better(share.problem, stop.part(count - block, iterations), told(block, iterations), begin)
        territory.keep(block, share, answer.plan)
        iterations, why = iterations + answer.iterations, answer.stopped_by
    return Answer(territory.whole(), iterations, why)
