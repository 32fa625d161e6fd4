"""Crews, links and experts from afar: each rule as a kept/broken pair, the arithmetic in the comment."""

from typing import Any

import pytest

from tests.dispatch.solver.solving import broken, judged
from tests.dispatch.solver.tiny import HOUR, document, engineer, order

Json = dict[str, Any]


def stop(name: str, start: int, end: int, **members: Any) -> Json:
    return {"kind": "order", "order": name, "arrival": start, "start": start, "end": end} | members


def route(who: str, *stops: Json) -> Json:
    return {"engineer": who, "shift": 0, "stops": list(stops)}


def heavy_work(**changes: Any) -> Json:
    """x at p1 for two; a knows diesel at 3 and works an hour, b knows nothing."""
    return document(
        price={"labour_fen_per_hour": 100},
        engineers=[engineer("a"), engineer("b", skills={}), engineer("c", skills={"crane": 2})],
        orders=[order("x", crew_size=2, **changes)],
    )


LEAD = route("a", stop("x", HOUR, 2 * HOUR, role="lead"))


def second(who: str, start: int = HOUR, end: int = 2 * HOUR, **members: Any) -> Json:
    return route(who, stop("x", start, end, role="second") | members)


def test_a_crew_is_two_engineers_for_the_whole_work() -> None:
    """Each drives 2 h and works 1 h."""
    verdict = judged(heavy_work(), {"routes": [LEAD, second("b")]})
    assert verdict.violations == ()
    assert verdict.by_rule == {"labour": 200, "travel.time": 24_000, "travel.distance": 24_000}
    assert verdict.totals.served == 1


@pytest.mark.parametrize(
    "routes",
    [
        [LEAD],  # nobody helps
        [LEAD, second("b", HOUR + 1, 2 * HOUR)],  # comes a second late
        [LEAD, second("b", HOUR, 2 * HOUR - 1)],  # leaves a second early
        [LEAD, second("b"), second("c")],  # one too many
    ],
)
def test_a_second_who_is_not_there_is_no_crew(routes: list[Json]) -> None:
    assert broken(judged(heavy_work(), {"routes": routes})) == {"crew"}


def test_a_second_alone_serves_nothing() -> None:
    assert broken(judged(heavy_work(), {"routes": [second("b")]})) == {"crew", "order_missing"}


def test_an_order_for_one_has_no_second() -> None:
    problem = heavy_work()
    problem["orders"][0]["crew_size"] = 1
    assert broken(judged(problem, {"routes": [LEAD]})) == set()
    assert broken(judged(problem, {"routes": [LEAD, second("b")]})) == {"crew"}


def test_the_second_has_skills_of_his_own_to_bring() -> None:
    problem = heavy_work(second_skills=[{"skill": "crane", "level": 2}], excluded_engineers=["b"])
    assert broken(judged(problem, {"routes": [LEAD, second("c")]})) == set()
    assert broken(judged(problem, {"routes": [LEAD, second("b")]})) == {"skill", "excluded"}


def test_only_the_second_whom_a_person_fixed_may_come() -> None:
    problem = heavy_work(pin={"second": "b"})
    assert broken(judged(problem, {"routes": [LEAD, second("b")]})) == set()
    assert broken(judged(problem, {"routes": [LEAD, second("c")]})) == {"pin"}


def test_what_the_second_was_told_has_a_price_as_well() -> None:
    """Told were a and b for 1:00, 15 minutes of tolerance; another second 500, moved both of them 70 each."""
    problem = heavy_work(published={"engineer": "a", "start": HOUR, "second": "b"})
    problem["price"] |= {"change_engineer_fen": 500, "change_time_fen": 70}
    late = [route("a", stop("x", HOUR + 901, 2 * HOUR + 901, role="lead")), second("b", HOUR + 901, 2 * HOUR + 901)]
    for routes, change in (
        ([LEAD, second("b")], {}),
        ([LEAD, second("c")], {"change.engineer": 500}),
        (late, {"change.time": 140}),
    ):
        verdict = judged(problem, {"routes": routes})
        assert verdict.violations == ()
        assert {rule: fen for rule, fen in verdict.by_rule.items() if rule.startswith("change")} == change


def test_the_second_comes_on_his_own_way() -> None:
    early = second("b", arrival=HOUR - 1)
    assert broken(judged(heavy_work(), {"routes": [LEAD, early]})) == {"route_overlap"}


def test_the_part_is_the_lead_s() -> None:
    kit = [{"part": "pump", "quantity": 1}]
    line = {"order": "x", "line": 0, "part": "pump", "used_part": "pump", "quantity": 1, "source": "van"}
    for owner, rules in (("a", set()), ("b", {"stock_oversold"})):
        problem = heavy_work(kit=kit)
        next(e for e in problem["engineers"] if e["id"] == owner)["van_stock"] = {"pump": 1}
        assert broken(judged(problem, {"routes": [LEAD, second("b")], "parts": [line]})) == rules


def test_a_crew_under_way_stays_together() -> None:
    frozen = {"state": "on_site", "engineer": "a", "second": "b", "start": HOUR, "until": 2 * HOUR}
    problem = heavy_work(frozen=frozen)
    assert broken(judged(problem, {"routes": [LEAD, second("b")]})) == set()
    assert broken(judged(problem, {"routes": [LEAD, second("c")]})) == {"frozen"}
    assert broken(judged(problem, {"routes": [LEAD]})) == {"crew"}


def chained(relation: str) -> Json:
    """y at p1 follows x at p1, half an hour after."""
    after = [{"order": "x", "relation": relation, "gap_seconds": 1800}]
    return document(engineers=[engineer("a"), engineer("b")], orders=[order("x"), order("y", links=after)])


@pytest.mark.parametrize(("relation", "earliest"), [("start_start", HOUR + 1800), ("finish_start", 2 * HOUR + 1800)])
def test_a_linked_order_waits_for_the_other(relation: str, earliest: int) -> None:
    """x runs from 1 h to 2 h; half an hour after its start or end begins y."""
    first = route("a", stop("x", HOUR, 2 * HOUR))
    for start, rules in ((earliest, set()), (earliest - 1, {"link"})):
        routes = [first, route("b", stop("y", start, start + HOUR))]
        assert broken(judged(chained(relation), {"routes": routes})) == rules


def test_a_linked_order_is_not_planned_alone() -> None:
    alone = {"routes": [route("b", stop("y", 5 * HOUR, 6 * HOUR))], "unassigned": [{"id": "x", "reason": "price"}]}
    assert broken(judged(chained("start_start"), alone)) == {"link"}
    neither = {"routes": [], "unassigned": [{"id": "x", "reason": "price"}, {"id": "y", "reason": "link"}]}
    assert broken(judged(chained("start_start"), neither)) == set()


def advised(**expert: Any) -> Json:
    """x and y at p1 want an expert of gas at level 3; z holds one session at 100 an hour, open from 1 h to 3 h."""
    base = {"id": "z", "skills": {"gas": 3}, "windows": [{"start": HOUR, "end": 3 * HOUR}], "sessions": 1}
    asked: Json = {"remote_expert_skill": "gas", "remote_expert_level": 3}
    return document(
        engineers=[engineer("a"), engineer("b")],
        orders=[order("x", **asked), order("y", **asked)],
        experts=[base | {"fen_per_hour": 100} | expert],
    )


def joined(first: int, then: int, *orders: str) -> Json:
    """a works on x and b on y from these instants, z joins the named orders."""
    routes = [route("a", stop("x", first, first + HOUR)), route("b", stop("y", then, then + HOUR))]
    return {"routes": routes, "experts": [{"order": name, "expert": "z"} for name in orders]}


def test_an_expert_joins_one_after_the_other() -> None:
    """x until 2 h and y from 2 h on: one session at a time, 200 fen. A second of overlap is one too many."""
    verdict = judged(advised(), joined(HOUR, 2 * HOUR, "x", "y"))
    assert verdict.violations == ()
    assert verdict.by_rule["expert"] == 200
    assert broken(judged(advised(), joined(HOUR, 2 * HOUR - 1, "x", "y"))) == {"expert"}
    assert broken(judged(advised(sessions=2), joined(HOUR, HOUR, "x", "y"))) == set()


@pytest.mark.parametrize(
    ("expert", "plan"),
    [
        ({}, joined(HOUR, 2 * HOUR, "x")),  # nobody joins y
        ({"skills": {"gas": 2}}, joined(HOUR, 2 * HOUR, "x", "y")),
        ({"skills": {}}, joined(HOUR, 2 * HOUR, "x", "y")),
        ({}, joined(HOUR, 2 * HOUR + 1, "x", "y")),  # y lasts a second longer than the expert's day
    ],
)
def test_who_does_not_fit_does_not_join(expert: Json, plan: Json) -> None:
    assert broken(judged(advised(**expert), plan)) == {"expert"}


def test_nobody_joins_where_nobody_is_asked() -> None:
    problem = advised()
    problem["orders"][1]["remote_expert_skill"] = None
    assert broken(judged(problem, joined(HOUR, 2 * HOUR, "x"))) == set()
    assert broken(judged(problem, joined(HOUR, 2 * HOUR, "x", "y"))) == {"expert"}
