"""Problems in blocks, planned: borders, shared shelves, and the judge over the whole."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.dispatch.solver import ENGINES
from services.dispatch.solver.by_block import shared, territory
from services.dispatch.solver.by_block.territory import Territory
from services.dispatch.solver.plan import Plan
from services.dispatch.solver.problem import Expert
from tests.dispatch.solver.instances import random_document
from tests.dispatch.solver.solving import planned, problem_of, solved
from tests.dispatch.solver.test_blocks import cut
from tests.dispatch.solver.test_engines import ROUNDS
from tests.dispatch.solver.test_vehicles import stranded
from tests.dispatch.solver.tiny import HOUR, depot, document, engineer, order

PUMP = [{"part": "pump", "quantity": 1}]


def halves(seed: int) -> dict[str, Any]:
    """A random network in two blocks that share depots, destinations, two orders and an engineer."""
    problem = random_document(seed, orders=20, engineers=6, vehicles=4, days=2, ties=True)
    names = [place["id"] for place in problem["places"]]
    both = {index for index, name in enumerate(names) if name[0] in "dt" or name in ("o3", "o7", "e1")}
    even = [index for index in range(len(names)) if index in both or index % 2 == 0]
    odd = [index for index in range(len(names)) if index in both or index % 2 == 1]
    hours = {name: problem["travel"][name] for name in ("factors", "bans")}
    halved = cut(problem, even, odd)
    return halved | {"travel": halved["travel"] | hours}


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("seed", range(3))
def test_the_judge_accepts_what_the_blocks_give(engine: str, seed: int) -> None:
    """Shared shelves and vehicles are counted once; every order is served or has a reason; again from its own plan."""
    problem = problem_of(halves(seed))
    result = planned(problem, engine, 2 * ROUNDS[engine])
    served = {stop.order for route in result.plan.routes for stop in route.stops if stop.order >= 0}
    assert served
    assert served.isdisjoint(result.plan.unassigned)
    assert len(served) + len(result.plan.unassigned) == len(problem.orders)
    assert planned(problem, engine, 2 * ROUNDS[engine], start=result.plan).verdict.violations == ()


def borders(**changes: Any) -> dict[str, Any]:
    """a from p0 in the block p0..p2, b from p5 in the block p2..p5."""
    problem = document(engineers=[engineer("a"), engineer("b", start_place="p5", end_place="p5")], **changes)
    return cut(problem, [0, 1, 2], [2, 3, 4, 5])


def driven(plan: Plan) -> list[int]:
    return sorted(route.tour for route in plan.routes)


@pytest.mark.parametrize("engine", ENGINES)
def test_an_order_on_the_border_goes_to_the_other_block_when_its_first_has_no_room(engine: str) -> None:
    """Both sites are p2. a has time for one: 2 h there, 5 h of work, 2 h back. The other goes to b, 3 h away."""
    result = solved(borders(orders=[order(name, "p2", service_seconds=5 * HOUR) for name in ("x", "y")]), engine)
    assert driven(result.plan) == [0, 1]
    assert result.plan.unassigned == {}


@pytest.mark.parametrize("engine", ENGINES)
def test_the_last_pump_is_taken_once(engine: str) -> None:
    """One pump at p2, which both blocks reach: the second order has none."""
    work = [order("x", "p1", kit=PUMP), order("y", "p4", kit=PUMP)]
    assert solved(borders(orders=work, depots=[depot("d", "p2")]), engine).plan.unassigned == {1: "part_missing"}


def test_blocks_that_forget_what_others_took_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control: with full shelves for every block the last pump is taken twice."""
    work = [order("x", "p1", kit=PUMP), order("y", "p4", kit=PUMP)]
    problem = problem_of(borders(orders=work, depots=[depot("d", "p2")]))
    monkeypatch.setattr(Territory, "_stock", lambda own, _: own.problem.stock)
    with pytest.raises(AssertionError, match="rule='stock_oversold'"):
        planned(problem)


def test_work_under_way_and_pins_stay_with_their_engineer() -> None:
    moving = order("x", "p2", frozen={"state": "travelling", "engineer": "b", "start": 60, "until": HOUR})
    pinned = order("y", "p2", pin={"kind": "resource", "engineer": "b"})
    result = solved(borders(orders=[moving, pinned]))
    assert driven(result.plan) == [1]
    assert result.plan.unassigned == {}


@pytest.mark.parametrize("engine", ENGINES)
def test_cargo_of_trucks_that_nobody_repairs_is_priced_once(engine: str) -> None:
    """x, at the border, has a vehicle under way, which brings the cargo 1 h after its deadline, y is sent one: its
    price, 9 000 and 240 km x 10. Both blocks leave x out."""
    alone = stranded()
    under_way = {"vehicle": "w", "cargo_at": 3 * HOUR, "delivered_at": 13 * HOUR}
    (waits,), (one,) = alone["orders"], alone["replacement_vehicles"]
    served = waits | {"id": "x", "place": "p2", "cargo": waits["cargo"] | {"sent": under_way}}
    problem = alone | {"orders": [served, waits | {"id": "y"}], "replacement_vehicles": [one, one | {"id": "w"}]}
    result = solved(cut(problem, [0, 1, 2, 3, 5], [2, 3, 4, 5]), engine, ROUNDS[engine])
    assert result.verdict.by_rule == {"dropped": 2_000_000, "lateness.cargo": 1000, "replacement.vehicle": 11_400}


@pytest.mark.parametrize("engine", ENGINES)
def test_a_vehicle_stays_at_home_when_the_next_block_repairs_the_truck(engine: str) -> None:
    """The first block has nobody and sends a vehicle; b, an hour away in the second, drives there and back: 24 000."""
    problem = stranded() | {"engineers": [engineer("b", start_place="p4", end_place="p4")]}
    result = solved(cut(problem, [0, 1, 2, 3, 5], [3, 4, 5]), engine, ROUNDS[engine])
    assert (result.plan.cases, result.verdict.total) == ((), 24_000)


def waiting(place: str) -> dict[str, Any]:
    """y at p1 waits for x at this place."""
    after = [{"order": "x", "relation": "finish_start", "gap_seconds": 0}]
    return borders(orders=[order("x", place), order("y", "p1", links=after)])


def test_linked_orders_are_planned_in_one_block() -> None:
    """p2 is in both blocks, so a does both; p4 is not a's, so y has to wait for ever."""
    together = solved(waiting("p2"))
    assert (driven(together.plan), together.plan.unassigned) == ([0], {})
    assert solved(waiting("p4")).plan.unassigned == {1: "link"}


def advised() -> dict[str, Any]:
    """x and y, in blocks of their own an hour from their engineers, want the one expert, who talks to one at a time."""
    asked: dict[str, Any] = {"remote_expert_skill": "gas", "clocks": [SOON]}
    problem = borders(orders=[order("x", "p1", **asked), order("y", "p4", **asked)])
    return problem | {"experts": [{"id": "z", "skills": {"gas": 1}, "sessions": 1}]}


SOON = {"name": "arrive", "due": 0, "fen_per_hour": 1000, "stops": "start"}


@pytest.mark.parametrize("engine", ENGINES)
def test_an_expert_of_both_blocks_joins_one_after_the_other(engine: str) -> None:
    result = solved(advised(), engine, ROUNDS[engine])
    starts = [stop.start for route in result.plan.routes for stop in route.stops]
    assert sorted(starts) == [HOUR, 2 * HOUR]


def test_blocks_that_forget_an_expert_s_sessions_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control."""
    problem = problem_of(advised())
    honest = shared.by_seat
    monkeypatch.setattr(territory, "by_seat", lambda index, expert, elsewhere, own: honest(index, expert, {}, own))
    with pytest.raises(AssertionError, match="rule='expert'"):
        planned(problem)


def test_who_waits_for_work_under_way_in_another_block_knows_its_times() -> None:
    """b works at p4 until 3 h; y at p1, which only a reaches, starts an hour or more after that: at 4 h, though a could
    be there after 1 h. What b's work itself once waited for, over there, is of no account."""
    after = {"relation": "finish_start", "gap_seconds": HOUR}
    busy = {"state": "on_site", "engineer": "b", "start": 0, "until": 3 * HOUR}
    working = order("x", "p4", frozen=busy, links=[{"order": "z", "relation": "start_start", "gap_seconds": 0}])
    problem = borders(orders=[working, order("y", "p1", links=[after | {"order": "x"}]), order("z", "p1")])
    for engine in ENGINES:
        result = solved(problem, engine, ROUNDS[engine])
        starts = {stop.order: stop.start for route in result.plan.routes for stop in route.stops}
        assert (starts[1], result.plan.unassigned) == (4 * HOUR, {})


def told(*more: dict[str, Any]) -> tuple[dict[str, Any], Plan]:
    """x at p2, on the border, is b's by the published plan, though a, of the first block, is nearer; nobody has the
    skill for w. Then `more` orders that the plan does not know."""
    known = [order("x", "p2"), order("w", "p2", skills=[{"skill": "gas", "level": 5}])]
    only_b = solved(borders(orders=[known[0] | {"pin": {"kind": "resource", "engineer": "b"}}, known[1]])).plan
    return borders(orders=[*known, *more]), only_b


def test_an_insertion_leaves_the_border_as_it_was_told() -> None:
    """x stays b's. Nothing is new at first: w is known to have nobody. Then y is, and its search is counted."""
    problem, plan = told()
    same = solved(problem, "insert", 100, start=plan)
    assert (driven(same.plan), same.iterations, same.stopped_by) == ([1], 0, "finished")
    problem, plan = told(order("y", "p4"), order("z", "p0"))
    news = solved(problem, "insert", 100, start=plan)
    assert {route.tour: {stop.order for stop in route.stops} for route in news.plan.routes} == {0: {3}, 1: {0, 2}}
    assert (news.iterations, news.stopped_by) == (100, "iterations")


def test_an_order_that_its_engineer_lost_is_offered_to_the_other_block() -> None:
    """b has declined x. The second block, b's, finds that out when the first one is planned already."""
    problem, plan = told()
    declined = problem["orders"][0] | {"excluded_engineers": ["b"]}
    again = solved(problem | {"orders": [declined, problem["orders"][1]]}, "insert", start=plan)
    assert (driven(again.plan), again.plan.unassigned) == ([0], {1: "skill"})


spans = st.lists(st.tuples(st.integers(0, 40), st.integers(1, 20), st.booleans()), max_size=12)


@given(spans, st.integers(1, 3))
def test_sessions_keep_their_hours_when_an_expert_is_shared(drawn: list[tuple[int, int, bool]], sessions: int) -> None:
    """Whatever the others hold: as long as he holds no more at once than he can, each session of the block stays where
    it is, inside the hours of its seat, which others do not use."""
    held: dict[int, tuple[int, int]] = {}
    mine: dict[int, tuple[int, int]] = {}
    for number, (start, length, own) in enumerate(drawn):
        span = (start, start + length)
        if all(sum(a <= t < b for a, b in (*held.values(), *mine.values(), span)) <= sessions for t in range(*span)):
            (mine if own else held)[number] = span
    expert = Expert(level={}, windows=((0, 100),), sessions=sessions, fen_per_hour=0)
    seats = shared.by_seat(0, expert, held, mine)
    assert sorted(number for seat in seats for number in seat.orders) == sorted(mine)
    for seat in seats:
        here = [mine[number] for number in seat.orders]
        assert all(any(first <= a and b <= last for first, last in seat.record.windows) for a, b in here)
        assert all(sum(a <= t < b for a, b in here) <= seat.record.sessions for t in range(61))
    for t in range(61):  # what the seats offer and the others hold is no more than he can
        offered = sum(seat.record.sessions for seat in seats if any(a <= t < b for a, b in seat.record.windows))
        assert offered + sum(a <= t < b for a, b in held.values()) <= sessions


def test_each_session_of_a_start_plan_has_a_seat_of_its_own() -> None:
    """One expert, three at once: x in one block, y and z at the same time in the other. On one seat for all a session
    of the plan would be lost."""
    asked: dict[str, Any] = {"remote_expert_skill": "gas", "clocks": [SOON]}
    people = [engineer("a"), *(engineer(name, start_place="p5", end_place="p5") for name in "bc")]
    work = [order("x", "p1", **asked), order("y", "p4", **asked), order("z", "p4", **asked)]
    problem = cut(document(engineers=people, orders=work), [0, 1, 2], [2, 3, 4, 5])
    whole = problem_of(problem | {"experts": [{"id": "e", "skills": {"gas": 1}, "sessions": 3}]})
    plan = planned(whole).plan
    assert len(plan.sessions) == 3
    assert whole.blocks is not None
    blocks = Territory(whole, whole.blocks)
    blocks.begin(plan)
    assert len({session.expert for session in blocks.share(1).own(plan).sessions}) == 2
