"""Each priced rule on a problem small enough to add up by head; engine and judge agree to the fen."""

from typing import Any

import pytest

from services.dispatch.solver import judge
from tests.dispatch.solver.solving import broken, judged, problem_of, solved
from tests.dispatch.solver.tiny import HOUR, depot, document, engineer, order

DRIVE = 24_000
"""There and back to p1: 2 h x 6 000 + 120 km x 100."""


def clock(**changes: Any) -> dict[str, Any]:
    return {"name": "arrive", "due": 0, "fen_per_hour": 7, "stops": "start"} | changes


def by_rule(problem: dict[str, Any]) -> dict[str, int]:
    return solved(problem).verdict.by_rule


@pytest.mark.parametrize(
    ("due", "breach", "cap", "fen"),
    [
        (3600, 50, None, None),  # the work starts at 3 600: in time to the second
        (3599, 0, None, 1),  # 1 s late: ceil(7 / 3600) = 1
        (3599, 50, None, 51),  # and the step
        (0, 0, None, 7),  # 1 h late: 7 exactly
        (-1, 0, None, 8),  # 3 601 s late: ceil(7.0019) = 8
        (0, 50, 40, 40),  # 57, capped
    ],
)
def test_lateness_is_rounded_up_once_stepped_and_capped(
    due: int, breach: int, cap: int | None, fen: int | None
) -> None:
    problem = document(orders=[order("x", clocks=[clock(due=due, breach_fen=breach, cap_fen=cap)])])
    assert by_rule(problem).get("lateness.arrive") == fen


def test_a_clock_may_stop_at_the_end_of_the_work() -> None:
    # work from 1 h to 2 h; due at 1 h: one hour late
    problem = document(orders=[order("x", clocks=[clock(name="restore", due=HOUR, stops="end")])])
    assert by_rule(problem)["lateness.restore"] == 7


@pytest.mark.parametrize(
    ("cap", "complete_due", "restore_fen", "complete_fen"),
    [
        (14_999, 2 * HOUR, 14_999, None),  # restore: 5 000 + 1 h x 10 000, capped; complete in time to the second
        (15_001, 2 * HOUR - 1, 15_000, 41),  # below the cap; complete 1 s late: 40 + ceil(7 / 3600)
    ],
)
def test_every_clock_of_an_order_has_its_own_due_cap_and_rule(
    cap: int, complete_due: int, restore_fen: int, complete_fen: int | None
) -> None:
    """Work from 1:00 to 2:00; arrive was due at 0:30, restore at 1:00."""
    clocks = [
        clock(due=1800, fen_per_hour=6000),
        clock(name="restore", due=HOUR, fen_per_hour=10_000, breach_fen=5000, cap_fen=cap, stops="end"),
        clock(name="complete", due=complete_due, breach_fen=40, stops="end"),
    ]
    rules = by_rule(document(orders=[order("x", clocks=clocks)]))
    assert rules["lateness.arrive"] == 3000
    assert rules["lateness.restore"] == restore_fen
    assert rules.get("lateness.complete") == complete_fen


def test_driving_is_priced_per_leg() -> None:
    assert by_rule(document(orders=[order("x")])) == {"travel.time": 12_000, "travel.distance": 12_000}


def test_the_way_back_may_be_another_one() -> None:
    """An hour there, two hours and 100 km back; the other way round an engineer who is at p1 would save nothing."""
    problem = document(orders=[order("x")])
    problem["travel"]["seconds"][1][0], problem["travel"]["metres"][1][0] = 2 * HOUR, 100_000
    assert by_rule(problem) == {"travel.time": 3 * 6_000, "travel.distance": 16_000}
    problem["engineers"] = [engineer("b", start_place="p1", end_place="p1")]
    problem["orders"] = [order("x", "p0")]
    assert by_rule(problem) == {"travel.time": 3 * 6_000, "travel.distance": 16_000}


def test_overtime_is_paid_after_the_shift() -> None:
    # out 1 h, work 1 h, home at 3 h; the shift ends at 2.5 h: half an hour x 9 000
    late = engineer("a", shifts=[{"start": 0, "end": 9000, "overtime_until": 4 * HOUR}])
    assert by_rule(document(engineers=[late], orders=[order("x")]))["overtime"] == 4500


@pytest.mark.parametrize(
    ("fen_per_level", "who", "rules"),
    [
        (12_001, "fit", {"travel.time": 12_000, "travel.distance": 12_000}),
        (11_999, "expert", {"skill.excess": 23_998}),
    ],
)
def test_experts_are_spared_as_far_as_that_pays(fen_per_level: int, who: str, rules: dict[str, int]) -> None:
    """The expert beside the machine is two levels above what is asked; the way of the other one costs 24 000."""
    near = engineer("expert", skills={"diesel": 4}, start_place="p2", end_place="p2")
    far = engineer("fit", skills={"diesel": 2}, start_place="p1", end_place="p1")
    price = {"skill_excess_fen_per_level": fen_per_level}
    problem = document(price=price, engineers=[near, far], orders=[order("x", "p2")])
    result = solved(problem)
    assert problem["engineers"][result.plan.routes[0].tour]["id"] == who
    assert result.verdict.by_rule == rules


def test_every_level_to_spare_is_charged() -> None:
    # diesel 3 for 2: one; gas 5 for 3: two; crane is not asked for
    asked = [{"skill": "diesel", "level": 2}, {"skill": "gas", "level": 3}]
    who = engineer("a", skills={"diesel": 3, "gas": 5, "crane": 5})
    problem = document(price={"skill_excess_fen_per_level": 7}, engineers=[who], orders=[order("x", skills=asked)])
    assert by_rule(problem)["skill.excess"] == 3 * 7


@pytest.mark.parametrize(
    ("first", "second", "start", "fen"),
    [
        ({}, {}, 2 * HOUR, 48_000),  # 2 h there and 2 h back
        ({"start_place": "p1"}, {}, HOUR, 36_000),
        ({"end_place": "p1"}, {}, 2 * HOUR, 36_000),
        ({"start_place": "p1", "end_place": "p2"}, {}, HOUR, 12_000),
        ({}, {"start_place": "p2", "end_place": "p2"}, 2 * HOUR, 48_000),  # the other day's say nothing of this one
    ],
)
def test_a_shift_may_begin_and_end_elsewhere(
    first: dict[str, str], second: dict[str, str], start: int, fen: int
) -> None:
    shifts = [{"start": 0, "end": 8 * HOUR} | first, {"start": 12 * HOUR, "end": 20 * HOUR} | second]
    morning = [{"start": 0, "end": 8 * HOUR}]
    result = solved(document(engineers=[engineer("a", shifts=shifts)], orders=[order("x", "p2", windows=morning)]))
    assert (result.plan.routes[0].stops[0].start, result.verdict.total) == (start, fen)


def test_service_time_follows_the_level_and_labour_the_region() -> None:
    # level 3 needs 30 min: 1 000 fen at 2 000 / h; other region at 1.5: surplus 500
    who = engineer("a", regions=["north"], cross_region_permille=1500)
    what = order("x", region="south", service_by_level={"3": 1800})
    rules = by_rule(document(price={"labour_fen_per_hour": 2000}, engineers=[who], orders=[what]))
    assert (rules["labour"], rules["labour.cross_region"]) == (1000, 500)


def test_change_is_priced_by_engineer_and_by_time() -> None:
    price = {"change_engineer_fen": 11, "change_time_fen": 13, "change_time_tolerance_seconds": 600}
    gone = document(price=price, orders=[order("x", published={"engineer": "gone", "start": HOUR})])
    assert by_rule(gone)["change.engineer"] == 11
    # told 2 h 30, release 2 h: waits until 2 h 20, inside the tolerance
    kept = document(price=price, orders=[order("x", published={"engineer": "a", "start": 9000}, earliest_start=7200)])
    assert "change.time" not in by_rule(kept)
    # told 1 h, but not before 2 h
    late = document(price=price, orders=[order("x", published={"engineer": "a", "start": HOUR}, earliest_start=7200)])
    assert by_rule(late)["change.time"] == 13


def test_left_out_costs_its_drop_price_and_its_clocks_until_the_end() -> None:
    # nobody has the skill; the clock runs 24 h x 7
    problem = document(engineers=[], orders=[order("x", drop_price_fen=5, clocks=[clock()])])
    assert by_rule(problem) == {"dropped": 5, "lateness.arrive": 168}


PUMP = [{"part": "pump", "quantity": 1}]


def test_the_part_comes_from_where_it_is_cheapest() -> None:
    van = engineer("a", van_stock={"pump": 1})
    assert solved(document(engineers=[van], orders=[order("x", kit=PUMP)])).plan.sources[0].kind == "van"
    # depot d at p1 on the way to p2 costs nothing; depot e at p4 would cost 4 h of driving
    on_the_way = document(depots=[depot("e", "p4"), depot("d", "p1")], orders=[order("x", "p2", kit=PUMP)])
    result = solved(on_the_way)
    assert [(s.kind, s.place) for s in result.plan.sources] == [("pickup", 2)]
    assert result.verdict.by_rule == {"travel.time": 24_000, "travel.distance": 24_000}


def test_the_nearest_depot_without_stock_is_passed_by() -> None:
    empty = depot("d", "p1", stock={"pump": 0})
    problem = document(depots=[empty, depot("e", "p3")], orders=[order("x", "p2", kit=PUMP)])
    result = solved(problem)
    assert [stop.depot for stop in result.plan.routes[0].stops] == [1, -1]


def test_a_courier_saves_a_long_way_round_and_is_waited_for() -> None:
    # pick-up at p5 and back to p1: 8 h more, 96 000 fen; the courier costs 500 + 240 km x 10 / 1000 and arrives
    # after 2 h + 4 h
    offer = {"fee_fen": 500, "fen_per_km": 10, "handling_seconds": 2 * HOUR}
    problem = document(depots=[depot("d", "p5", courier=offer)], orders=[order("x", kit=PUMP)])
    result = solved(problem)
    assert result.verdict.by_rule["parts.courier"] == 500 + 2400
    assert result.plan.routes[0].stops[0].start == 6 * HOUR


@pytest.mark.parametrize(
    ("cutoff", "sent_at", "served"), [(HOUR, HOUR, True), (HOUR - 1, HOUR, False), (None, 9, True)]
)
def test_a_courier_who_has_left_brings_nothing(cutoff: int | None, sent_at: int, served: bool) -> None:
    """No way leads to the depot for a van in a day; handed over after the cut-off the parcel does not go."""
    offer = {"fee_fen": 500, "fen_per_km": 0, "handling_seconds": 0, "sent_at": sent_at, "cutoff": cutoff}
    problem = document(depots=[depot("d", "p5", courier=offer)], orders=[order("x", kit=PUMP)])
    problem["travel"]["seconds"][1][5] = problem["travel"]["seconds"][0][5] = -1
    result = solved(problem)
    assert result.plan.unassigned == ({} if served else {0: "shift"})
    if served:  # four hours from p5 to p1, after it was sent
        assert result.plan.routes[0].stops[0].start == sent_at + 4 * HOUR


def test_a_transfer_is_waited_for_and_paid() -> None:
    """There by 3 h for 700, or by 5 h for 100: an hour late costs 1 000."""
    quotes = [
        {"kind": "transfer", "depot": "d", "arrives_at": 3 * HOUR, "fee_fen": 700},
        {"kind": "transfer", "depot": "d", "arrives_at": 5 * HOUR, "fee_fen": 100},
    ]
    kit = [{"part": "pump", "quantity": 1, "deliveries": quotes}]
    for due, start, fee in ((3 * HOUR, 3 * HOUR, 700), (5 * HOUR, 5 * HOUR, 100)):
        promise = clock(due=due, fen_per_hour=1_000)
        problem = document(depots=[depot("d", "p5")], orders=[order("x", kit=kit, clocks=[promise])])
        result = solved(problem)
        assert result.verdict.by_rule["parts.transfer"] == fee
        assert result.plan.routes[0].stops[0].start == start


def test_a_likely_part_is_left_when_the_second_visit_is_cheaper() -> None:
    line = [{"part": "pump", "quantity": 1, "probability": 0.1}]
    for second_visit, kinds in ((100_000, []), (1_000_000, ["pickup"])):
        # missing it costs a tenth: 10 000 or 100 000, against 48 000 for the way to p3 and back
        problem = document(price={"second_visit_fen": second_visit}, depots=[depot("d", "p3")])
        problem["orders"] = [order("x", kit=line)]
        result = solved(problem)
        assert [source.kind for source in result.plan.sources] == kinds
        assert result.verdict.by_rule.get("parts.second_visit", 0) == (0 if kinds else 10_000)


def test_a_substitute_serves_when_the_part_is_out() -> None:
    van = engineer("a", van_stock={"pump_b": 1})
    kit = [{"part": "pump", "quantity": 1, "substitutes": ["pump_b"]}]
    assert len(solved(document(engineers=[van], orders=[order("x", kit=kit)])).plan.sources) == 1


PAIR = [{"part": "pump", "quantity": 2}]


@pytest.mark.parametrize(
    ("van", "shelf", "kind"),
    [
        (2, 2, "van"),
        (1, 2, "pickup"),
        (1, 1, None),  # two in all, but a line comes from one source
    ],
)
def test_a_line_of_two_needs_both_from_one_source(van: int, shelf: int, kind: str | None) -> None:
    people = [engineer("a", van_stock={"pump": van})]
    depots = [depot("d", "p1", stock={"pump": shelf})]
    plan = solved(document(engineers=people, depots=depots, orders=[order("x", "p2", kit=PAIR)])).plan
    assert [source.kind for source in plan.sources] == ([kind] if kind else [])
    assert plan.unassigned == ({} if kind else {0: "part_missing"})


def test_two_lines_of_two_take_four() -> None:
    def with_pumps(pieces: int) -> dict[str, Any]:
        orders = [order("x", kit=PAIR), order("y", kit=PAIR, drop_price_fen=500_000)]
        return document(engineers=[engineer("a", van_stock={"pump": pieces})], orders=orders)

    four = solved(with_pumps(4))
    assert four.plan.unassigned == {}
    assert by_rule(with_pumps(3))["dropped"] == 500_000
    assert broken(judge(problem_of(with_pumps(3)), four.plan)) == {"stock_oversold"}


MORNING, EVENING = {"start": 0, "end": 8 * HOUR}, {"start": 12 * HOUR, "end": 20 * HOUR}


@pytest.mark.parametrize(
    ("opens", "depots", "fen"),
    [
        ([MORNING, EVENING], [[0, -1], [-1]], 48_000 + 24_000),  # on the way to y already
        ([EVENING], [[-1], [0, -1]], 48_000 + 48_000),  # an hour beyond x, there and back
    ],
)
def test_a_part_is_fetched_on_an_earlier_shift_where_that_is_on_the_way(
    opens: list[dict[str, int]], depots: list[list[int]], fen: int
) -> None:
    """y at p2 in the morning, x at p1 in the evening; the pump that x needs is at p2."""
    people = [engineer("a", shifts=[MORNING, EVENING])]
    orders = [order("x", kit=PUMP, windows=[EVENING]), order("y", "p2", windows=[MORNING])]
    result = solved(document(engineers=people, depots=[depot("d", "p2", open_windows=opens)], orders=orders))
    assert [sorted((stop.depot for stop in route.stops), reverse=True) for route in result.plan.routes] == depots
    assert result.verdict.total == fen


@pytest.mark.parametrize(("window", "rules"), [(EVENING, set()), (MORNING, {"part_missing"})])
def test_what_is_fetched_on_a_later_shift_comes_too_late(window: dict[str, int], rules: set[str]) -> None:
    """x is done on the shift of the window, its pump fetched on the other one."""
    people, later = [engineer("a", shifts=[MORNING, EVENING])], window == EVENING
    problem = document(engineers=people, depots=[depot("d", "p1")], orders=[order("x", kit=PUMP, windows=[window])])
    line = {"order": "x", "line": 0, "part": "pump", "used_part": "pump", "quantity": 1, "source": "pickup"}
    stops = [{"kind": "order", "order": "x"}], [{"kind": "pickup", "depot": "d"}]
    routes = [{"engineer": "a", "shift": shift, "stops": stops[shift ^ later]} for shift in (0, 1)]
    assert broken(judged(problem, {"routes": routes, "parts": [line | {"depot": "d"}]})) == rules
