"""What a plan leaves out has a price that depends on nothing that it serves."""

from dataclasses import replace

from ..plan import Plan
from ..problem import FOREVER, Order, Problem, Sent
from ..tables import Tables
from .facts import facts_of
from .timing import dropped_fen


def left_out_fen(problem: Problem, plan: Plan) -> int:
    """Fen for the orders that the plan leaves out, with the replacement vehicles sent for them. Ways are not asked for,
    so the problem may have blocks."""
    alone = _unstaffed(problem, tuple(problem.orders[order] for order in plan.unassigned))
    facts = facts_of(alone, Tables(alone))
    cases = {case.order: case for case in plan.cases}
    total = 0
    for row, order in enumerate(plan.unassigned):
        case = cases.get(order) or _under_way(problem.orders[order])
        moved, delivered = (case.cargo_at, case.delivered_at) if case else (FOREVER, FOREVER)
        total += dropped_fen(facts, row, moved, delivered)
    return total + sum(case.fen for case in plan.cases if case.order in plan.unassigned)


def _under_way(order: Order) -> Sent | None:
    return order.cargo.sent if order.cargo else None


def _unstaffed(problem: Problem, orders: tuple[Order, ...]) -> Problem:
    """These orders alone: without people, vehicles and ways."""
    by_engineer = (
        "level",
        "certificate",
        "home_region",
        "cross_permille",
        "heavy",
        "night_fen",
        "max_nights",
        "burden",
    )
    nobody = {name: getattr(problem, name)[:0] for name in by_engineer}
    nowhere = {name: getattr(problem, name)[:0, :0] for name in ("seconds", "metres")}
    return replace(problem, blocks=None, orders=orders, tours=(), vehicles=(), **nobody, **nowhere)
