"""Priced repairs of an order that nobody serves; every price is added up by head."""

from typing import Any

import pytest

from services.dispatch.solver.advice import Repair
from services.dispatch.solver.kernel.repairing import repairs
from tests.dispatch.solver.solving import problem_of, solved
from tests.dispatch.solver.tiny import HOUR, depot, document, engineer, order


def repaired(problem: dict[str, Any], **how: int) -> tuple[Repair, ...]:
    """The repairs of order 0, which the plan leaves out."""
    plan = solved(problem).plan
    assert 0 in plan.unassigned
    return repairs(problem_of(problem), plan, 0, **how)


def found(problem: dict[str, Any], **how: int) -> list[tuple[str, int, int]]:
    """(kind, amount, fen) of the repairs."""
    return [(one.kind, one.amount, one.candidate.fen) for one in repaired(problem, **how)]


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
    ],
)
def test_a_rule_that_a_person_may_ease(kind: str, amount: int, changes: dict[str, Any]) -> None:
    shift = {"start": 0, "end": 8 * HOUR, "overtime_until": 12 * HOUR, "reserve_seconds": 7 * HOUR}
    people = [engineer("a", shifts=[shift])]
    assert found(document(engineers=people, orders=[order("x", **changes)])) == [(kind, amount, 24_000 - 1_000_000)]


KIT = [{"part": part, "quantity": 1} for part in ("belt", "pump", "hose")]


def without(*parts: str) -> dict[str, Any]:
    """A kit of three parts for p1 and a shelf at p2 that lacks some of them; a second visit costs 5 000 fen."""
    shelf = depot("d", "p2", stock={part: 1 for part in ("belt", "pump", "hose") if part not in parts})
    price = document()["price"] | {"second_visit_fen": 5_000}
    return document(price=price, depots=[shelf], orders=[order("x", kit=KIT)])


def test_a_second_visit_for_what_is_missing_alone() -> None:
    """p2, p1 and home: 48 000 for the way, 5 000 for the visit that brings the pump. What the shelf has comes along,
    although three second visits and no way round would be cheaper: 24 000 + 15 000."""
    repair, *others = repaired(without("pump"))
    assert not others
    assert (repair.kind, repair.amount, repair.candidate.fen) == ("part", 1, 53_000 - 1_000_000)
    assert sorted(source.line for source in repair.candidate.plan.sources) == [0, 2]
    assert repair.candidate.by_rule["parts.second_visit"] == 5_000


def test_one_second_visit_brings_all_that_is_missing() -> None:
    """48 000 for the way, 5 000 once."""
    assert found(without("pump", "hose")) == [("part", 2, 53_000 - 1_000_000)]


def test_who_lacks_the_least_is_sent() -> None:
    """b, an hour behind p1 as a is, has the belt in the van: 24 000 for the way, 5 000 for the other two."""
    people = [engineer("a"), engineer("b", start_place="p2", end_place="p2", van_stock={"belt": 1})]
    problem = without("belt", "pump", "hose") | {"engineers": people}
    assert [(one.kind, one.amount, one.candidate.engineer) for one in repaired(problem)] == [("part", 2, 1)]
    assert found(problem) == [("part", 2, 29_000 - 1_000_000)]


def test_parts_that_are_there_need_no_second_visit() -> None:
    """It fits, but 48 000 for the way over the shelf is more than 1 for leaving it out."""
    problem = without() | {"orders": [order("x", kit=KIT, drop_price_fen=1)]}
    assert found(problem) == [("price", 0, 47_999)]


INSPECTION = {"kind": "inspection", "excluded_engineers": ["a"], "windows": [{"start": 0, "end": 7 * HOUR // 2}]}


def five_ways(*, eased: str = "") -> dict[str, Any]:
    """Five engineers, each kept from an inspection at p1 by a rule of his own; one of the rules may be eased."""
    hours = {"start": 0, "end": 6 * HOUR, "overtime_until": (7 if eased == "overtime" else 6) * HOUR}
    cover = {"start": 0, "end": 6 * HOUR, "reserve_seconds": 0 if eased == "reserve" else 6 * HOUR}
    people = [
        engineer("a"),
        engineer("b", start_place="p2", end_place="p3", shifts=[cover]),
        engineer("c", start_place="p3", end_place="p3", skills={"diesel": 1}),
        engineer("d", start_place="p4", end_place="p4", shifts=[hours]),
        engineer("e", start_place="p5", end_place="p5", shifts=[{"start": 0, "end": 12 * HOUR}]),
    ]
    changes: dict[str, dict[str, Any]] = {
        "exclusion": {"excluded_engineers": []},
        "skill": {"skills": [{"skill": "diesel", "level": 1}]},
        "window": {"windows": [{"start": 0, "end": 9 * HOUR // 2}]},
    }
    return document(engineers=people, orders=[order("x", **INSPECTION | changes.get(eased, {}))])


def test_the_three_cheapest_of_five() -> None:
    """Ways of 2, 3, 4, 6 and 8 h at 12 000; the one of 6 h ends an hour after its shift: 9 000 more."""
    saved = 1_000_000
    every = [
        ("exclusion", 0, 24_000 - saved),
        ("reserve", 0, 36_000 - saved),
        ("skill", 1, 48_000 - saved),
        ("overtime", HOUR, 81_000 - saved),
        ("window", HOUR, 96_000 - saved),
    ]
    assert found(five_ways()) == every[:3]
    assert found(five_ways(), top=9) == every


def test_a_price_is_what_solving_the_eased_problem_gives() -> None:
    before = solved(five_ways()).verdict.total
    for repair in repaired(five_ways(), top=9):
        eased = solved(five_ways(eased=repair.kind))
        assert not eased.verdict.violations
        assert repair.candidate.fen == eased.verdict.total - before


def test_two_rules_in_the_way_are_not_eased_together() -> None:
    """Nobody else could come, and a lower level alone does not let in who declined, nor the other way round."""
    problem = document(orders=[order("x", excluded_engineers=["a"], skills=[{"skill": "diesel", "level": 4}])])
    assert found(problem) == []


def test_what_makes_it_no_cheaper_is_not_offered() -> None:
    """b could come for 48 000, 10 000 is saved; a, who declined, for 24 000. More overtime would change nothing."""
    people = [engineer("a"), engineer("b", start_place="p3", end_place="p3")]
    problem = document(engineers=people, orders=[order("x", drop_price_fen=10_000, excluded_engineers=["a"])])
    assert found(problem, top=9) == [("exclusion", 0, 14_000), ("price", 0, 38_000)]


def test_what_nobody_can_ease_has_no_repair() -> None:
    """No way leads to p5, and nobody has the certificate."""
    assert found(document(orders=[order("x", certificates=["gas"])])) == []


def test_an_order_that_is_served_has_no_repair() -> None:
    problem = document(orders=[order("x")])
    assert repairs(problem_of(problem), solved(problem).plan, 0) == ()
