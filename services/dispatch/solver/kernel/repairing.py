"""How an order that nobody serves could be served: rules are eased one at a time, each way is priced by solving it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial

from ..advice import Repair
from ..plan import Plan
from ..problem import FOREVER, Order, Problem, Tour
from .advising import recommend

HOUR = 3600
STEPS = (1, 2, 4)
"""Hours by which a shift or a window is eased."""

Eased = tuple[str, int, Problem]
"""What is eased, by how much, and the problem then."""


def repairs(problem: Problem, plan: Plan, order: int, *, top: int = 3) -> tuple[Repair, ...]:
    """The cheapest ways to serve an order that the plan leaves out, one for each rule that helps.

    A repair's price is the change of the whole plan's: what it costs more, less what leaving the order out costs.
    """
    found: list[Repair] = []
    for kind, amount, eased in _eased(problem, plan, order) if order in plan.unassigned else ():
        if any(one.kind == kind for one in found):
            continue  # less of the same was enough
        candidates = recommend(eased, plan, order, top=1).candidates
        found += [Repair(kind, amount, one) for one in candidates]
    as_it_is = min((one.candidate.fen for one in found if one.kind == "price"), default=FOREVER)
    helpful = [one for one in found if one.kind == "price" or one.candidate.fen < as_it_is]
    return tuple(sorted(helpful, key=lambda one: (one.candidate.fen, one.kind))[:top])


def _eased(problem: Problem, plan: Plan, order: int) -> Iterator[Eased]:
    record = problem.orders[order]
    yield "price", 0, problem
    for hours in STEPS:
        more = hours * HOUR
        yield "overtime", more, _with_tours(problem, partial(_longer, more))
        yield "window", more, _with_order(problem, order, _later(problem, record, more))
    yield "reserve", 0, _with_tours(problem, lambda tour: replace(tour, preventive_room=FOREVER))
    yield "max_orders", 1, _with_tours(problem, lambda tour: replace(tour, max_orders=tour.max_orders + 1))
    if record.is_fixed:
        yield (
            "lock",
            0,
            _with_order(problem, order, replace(record, pin_engineer=None, pin_start=None, pin_second=None)),
        )
    if record.excluded:
        yield "exclusion", 0, _with_order(problem, order, replace(record, excluded=frozenset()))
    if any(level > 1 for _, level in record.skills):
        lower = tuple((skill, max(1, level - 1)) for skill, level in record.skills)
        yield "skill", 1, _with_order(problem, order, replace(record, skills=lower))
    if missing := _missing(problem, plan, order):
        yield "part", len(missing), _with_misses(problem, order, _on_one_visit(problem, missing))


def _missing(problem: Problem, plan: Plan, order: int) -> list[int]:
    """The certain kit lines that cannot be there in time: with whoever lacks the fewest."""
    certain = [number for number, line in enumerate(problem.orders[order].kit) if line.miss_fen is None]
    if not certain:
        return []
    waived = _with_misses(problem, order, dict.fromkeys(certain, FOREVER))  # dearer than any way to bring a line along
    served = [one.plan.sources for one in recommend(waived, plan, order, top=1).candidates]
    brought = {source.line for sources in served for source in sources if source.order == order}
    return [line for line in certain if served and line not in brought]


def _on_one_visit(problem: Problem, missing: Sequence[int]) -> dict[int, int]:
    """What each missing line costs: the second visit brings all of them."""
    first, *others = missing
    return {first: problem.prices.second_visit_fen, **dict.fromkeys(others, 0)}


def _with_misses(problem: Problem, order: int, fen: Mapping[int, int]) -> Problem:
    """Some kit lines of the order may be left behind; `fen`: price by line."""
    record = problem.orders[order]
    kit = tuple(replace(line, miss_fen=fen.get(number, line.miss_fen)) for number, line in enumerate(record.kit))
    return _with_order(problem, order, replace(record, kit=kit))


def _longer(more: int, tour: Tour) -> Tour:
    return replace(tour, limit=tour.limit + more)


def _later(problem: Problem, record: Order, more: int) -> Order:
    """Each window stays open for longer; a time that a person fixed stays fixed."""
    windows = tuple((first, min(last + more, problem.end)) for first, last in record.windows)
    return replace(record, windows=windows)


def _with_order(problem: Problem, order: int, record: Order) -> Problem:
    return replace(problem, orders=(*problem.orders[:order], record, *problem.orders[order + 1 :]))


def _with_tours(problem: Problem, eased: Callable[[Tour], Tour]) -> Problem:
    return replace(problem, tours=tuple(map(eased, problem.tours)))
