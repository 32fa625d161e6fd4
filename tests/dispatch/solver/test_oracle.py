"""Tiny problems against the exact optimum by complete enumeration, priced by the judge alone.

Enumerated: every sequence of every subset of the orders in every tour, every source of every line, every
vehicle. A pick-up stands directly before its order; engines may find something cheaper in between.
"""

import itertools
from collections.abc import Iterator

import pytest

from services.dispatch.solver import Plan, Problem, judge
from services.dispatch.solver.advice import timed
from services.dispatch.solver.plan import Route, Source
from services.dispatch.solver.plan import Stop as PlanStop
from services.dispatch.solver.quotes import quote
from tests.dispatch.solver.instances import random_document
from tests.dispatch.solver.solving import problem_of, solved


def partitions(orders: list[int], tours: int) -> Iterator[list[tuple[int, ...]]]:
    """Every way to put the orders into sequences, the last bin being left out (in any order, counted once)."""
    for bins in itertools.product(range(tours + 1), repeat=len(orders)):
        groups = [[o for o, where in zip(orders, bins, strict=True) if where == k] for k in range(tours)]
        yield from (list(p) for p in itertools.product(*(itertools.permutations(g) for g in groups)))


def sources(problem: Problem, order: int, engineer: int) -> list[tuple[Source | None, ...]]:
    """Every source of every line: van, pick-up, delivery, or none where the line is not certain."""
    choices: list[list[Source | None]] = []
    for number, line in enumerate(problem.orders[order].kit):
        found: list[Source | None] = [None] if line.miss_fen is not None else []
        for part in line.parts:
            places = [("van", engineer)] + [("pickup", problem.engineers + d) for d in range(len(problem.depots))]
            found += [Source(order, number, part, kind, place) for kind, place in places]
            found += [
                Source(order, number, part, d.kind, problem.engineers + d.depot, d.arrives_at, d.fee_fen)
                for d in line.deliveries
            ]
        choices.append([s for s in found if s is None or problem.stock[s.place, s.part] >= line.quantity])
    return list(itertools.product(*choices))


def optimum(problem: Problem) -> int:
    best = 10**18
    for sequences in partitions(list(range(len(problem.orders))), len(problem.tours)):
        placed = [(o, problem.tours[t].engineer) for t, sequence in enumerate(sequences) for o in sequence]
        for picks in itertools.product(*(sources(problem, order, engineer) for order, engineer in placed)):
            kits = {order: [s for s in pick if s] for (order, _), pick in zip(placed, picks, strict=True)}
            best = min(best, priced(problem, sequences, kits))
    return best


def priced(problem: Problem, sequences: list[tuple[int, ...]], kits: dict[int, list[Source]]) -> int:
    routes = []
    for tour, sequence in enumerate(sequences):
        stops = []
        for order in sequence:
            depots = {source.place - problem.engineers for source in kits[order] if source.kind == "pickup"}
            stops += [PlanStop(-1, depot, 0, 0, 0) for depot in sorted(depots)] + [PlanStop(order, -1, 0, 0, 0)]
        if stops:
            routes.append(Route(tour, tuple(stops)))
    left_out = [o for o in range(len(problem.orders)) if o not in kits]
    plan = timed(
        problem, Plan(tuple(routes), tuple(s for k in kits.values() for s in k), (), dict.fromkeys(left_out, ""))
    )
    cases = [None, *(quote(problem, o, 0) for o, record in enumerate(problem.orders) if record.cargo)]
    verdicts = [
        judge(problem, Plan(plan.routes, plan.sources, (case,) if case else (), plan.unassigned)) for case in cases
    ]
    return min((verdict.total for verdict in verdicts if not verdict.violations), default=10**18)


@pytest.mark.parametrize("seed", range(12))
def test_search_reaches_the_exact_optimum_of_tiny_problems(seed: int) -> None:
    problem = random_document(seed, orders=3, engineers=2, depots=1, vehicles=1, parts=2, side_km=80, inspections=0)
    best = optimum(problem_of(problem))
    assert solved(problem, "ruin", 150).verdict.total <= best
    assert solved(problem, "ortools", 2).verdict.total <= best
