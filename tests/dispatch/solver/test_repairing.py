"""Priced repairs of an order that nobody serves; every price is added up by head."""

from typing import Any

import pytest

from services.dispatch.solver.kernel.repairing import repairs
from tests.dispatch.solver.solving import problem_of, solved
from tests.dispatch.solver.tiny import HOUR, document, engineer, order


def found(problem: dict[str, Any]) -> list[tuple[str, int, int]]:
    """(kind, amount, fen) of the repairs of order 0, which the plan leaves out."""
    plan = solved(problem).plan
    assert 0 in plan.unassigned
    return [(one.kind, one.amount, one.candidate.fen) for one in repairs(problem_of(problem), plan, 0)]


def test_an_hour_of_overtime() -> None:
    """p1 and back with 11 h of work: 13 h, an hour more than the 12 that are possible. 24 000 for the way, 5 h of
    overtime at 9 000, less 1 000 000 for leaving it out."""
    assert found(document(orders=[order("x", service_seconds=11 * HOUR)])) == [("overtime", HOUR, 69_000 - 1_000_000)]


def test_a_window_that_opens_longer() -> None:
    """There at 2:00, half an hour after the window has closed: 48 000 for the way."""
    late = order("x", "p2", windows=[{"start": 0, "end": 5400}])
    assert found(document(orders=[late])) == [("window", HOUR, 48_000 - 1_000_000)]


def test_a_price_that_is_too_high() -> None:
    """24 000 for the way to p1 and back, 1 for leaving it out."""
    assert found(document(orders=[order("x", drop_price_fen=1)])) == [("price", 0, 23_999)]


@pytest.mark.parametrize(
    ("kind", "amount", "changes"),
    [
        ("skill", 1, {"skills": [{"skill": "diesel", "level": 4}]}),
        ("exclusion", 0, {"excluded_engineers": ["a"]}),
        ("reserve", 0, {"kind": "inspection", "service_seconds": 2 * HOUR}),
        ("part", 0, {"kit": [{"part": "pump", "quantity": 1}]}),
    ],
)
def test_a_rule_that_a_person_may_ease(kind: str, amount: int, changes: dict[str, Any]) -> None:
    shift = {"start": 0, "end": 8 * HOUR, "overtime_until": 12 * HOUR, "reserve_seconds": 7 * HOUR}
    people = [engineer("a", shifts=[shift])]
    assert found(document(engineers=people, orders=[order("x", **changes)])) == [(kind, amount, 24_000 - 1_000_000)]


def test_what_nobody_can_ease_has_no_repair() -> None:
    """No way leads to p5, and nobody has the certificate."""
    assert found(document(orders=[order("x", certificates=["gas"])])) == []


def test_an_order_that_is_served_has_no_repair() -> None:
    problem = document(orders=[order("x")])
    assert repairs(problem_of(problem), solved(problem).plan, 0) == ()
