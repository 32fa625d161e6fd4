"""A problem in blocks, planned block by block: each is a problem of its own with one matrix."""

from collections.abc import Callable
from dataclasses import replace

from ..answer import Answer, Progress
from ..blocks import Blocks
from ..plan import Plan
from ..problem import Problem
from ..stopping import Stop
from .cutting import Share
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
        begin = share.own(_held(start, share, problem), problem.engineers) if start else None
        territory.keep(block, share, first(share.problem, stop, told(block, 0), begin).plan)
    iterations, why = 0, "finished"
    for block in range(count):
        if better is None or (why := stop.reached(iterations) or "finished") != "finished":
            break
        share = territory.share(block)
        begin = share.own(territory.plans[block], problem.engineers)
        answer = better(share.problem, stop.part(count - block, iterations), told(block, iterations), begin)
        territory.keep(block, share, answer.plan)
        iterations, why = iterations + answer.iterations, answer.stopped_by
    return Answer(territory.whole(), iterations, why)


def _held(start: Plan, share: Share, problem: Problem) -> Plan:
    """The part of a plan that this block can hold: its tours, with the stops at its own orders and depots."""
    orders, tours, depots = set(share.orders), set(share.tours), set(share.depots)
    routes = tuple(
        replace(route, stops=tuple(s for s in route.stops if s.order in orders or (s.order < 0 and s.depot in depots)))
        for route in start.routes
        if route.tour in tours
    )
    planned = {stop.order for route in routes for stop in route.stops}
    people = set(share.engineers)
    sources = tuple(
        source
        for source in start.sources
        if source.order in planned
        and (source.place in people if source.place < problem.engineers else source.place - problem.engineers in depots)
    )
    vehicles = set(share.vehicles)
    cases = tuple(case for case in start.cases if case.order in orders and case.vehicle in vehicles)
    return Plan(routes, sources, cases)
