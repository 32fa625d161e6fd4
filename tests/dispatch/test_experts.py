"""An expert joins a visit from afar: half of his time each, held before it is published, kept while the work lasts."""

from datetime import timedelta
from typing import Any

from services.dispatch.use_cases.planning import plan_territory
from tests.dispatch.test_planning import active, newest, put_in
from tests.dispatch.world import NOW, TAIAN, ZIBO, Dispatch, engineer, expert, order

HOUR = timedelta(hours=1)
ASKED = {"skill": "engine", "level": 4}


async def planned(dispatch: Dispatch, *orders: dict[str, Any]) -> dict[str, str]:
    """The reasons of what the plan leaves out."""
    dispatch.world.orders = list(orders)
    await plan_territory(dispatch.context, "T1")
    return {one.order_id: one.reason for one in (await newest(dispatch)).proposal.unassigned}


async def test_one_expert_joins_two_orders_at_once_and_no_third(dispatch: Dispatch) -> None:
    """Three engineers stand at the door of their orders; the expert has two seats."""
    homes = {"E1": TAIAN, "E2": ZIBO, "E3": (116.5, 36.5)}
    dispatch.world.engineers = [engineer(name, home) for name, home in homes.items()]
    dispatch.world.experts = [expert("X1"), expert("NOVICE", level=3)]
    asked = [order(name, home, expert=ASKED) for name, home in homes.items()]
    assert await planned(dispatch, *asked) == {}
    visits = sorted((await active(dispatch)).values(), key=lambda one: one.start)
    assert [one.expert_id for one in visits] == ["X1"] * 3
    assert visits[1].start < visits[0].end, "two at once"
    assert visits[2].start >= min(visits[0].end, visits[1].end), "the third waits for a seat"
    (told,) = await dispatch.told("plan.published")
    windows = {one["order_id"]: one["start"] for one in told["experts"] if one["expert_id"] == "X1"}
    assert windows == {one.order_id: one.start.isoformat().replace("+00:00", "Z") for one in visits}
    # What stands, stands: nothing is told again.
    assert await plan_territory(dispatch.context, "T1") == "unchanged"


async def test_an_expert_whom_somebody_else_was_faster_to_take_is_replaced(dispatch: Dispatch) -> None:
    dispatch.world.engineers = [engineer("E1")]
    dispatch.world.experts = [expert("TAKEN"), expert("FREE")]
    dispatch.world.taken_experts = {"TAKEN"}
    asked, other = order(expert=ASKED), order("other")
    assert await planned(dispatch, asked, other) == {}
    visits = await active(dispatch)
    assert (visits[asked["id"]].expert_id, visits[other["id"]].expert_id) == ("FREE", None)


async def test_an_order_without_its_expert_is_left_out_with_that_reason(dispatch: Dispatch) -> None:
    dispatch.world.engineers = [engineer("E1")]
    asked = order(expert=ASKED)
    assert await planned(dispatch, asked) == {asked["id"]: "expert"}
    dispatch.world.experts = [expert("TAKEN")]
    dispatch.world.taken_experts = {"TAKEN"}
    assert await planned(dispatch, asked) == {asked["id"]: "expert"}


async def test_an_expert_who_joins_work_under_way_goes_on_doing_so(dispatch: Dispatch) -> None:
    """Mutant: a plan that lists him no longer would free his seat in the middle of the work."""
    dispatch.world.engineers, dispatch.world.experts = [engineer("E1")], [expert("X1")]
    asked = order(expert=ASKED)
    assert await planned(dispatch, asked) == {}
    visit = (await active(dispatch))[asked["id"]]
    await put_in(dispatch, visit.id, state="on_site", arrived_at=NOW)
    dispatch.world.engineers.append(engineer("E2"))
    assert await planned(dispatch, asked, order("new")) == {}
    last = (await dispatch.told("plan.published"))[-1]
    assert [(one["order_id"], one["expert_id"]) for one in last["experts"]] == [(asked["id"], "X1")]
    assert (await active(dispatch))[asked["id"]].expert_id == "X1"


async def at_the_machine(dispatch: Dispatch, *others: dict[str, Any]) -> dict[str, Any]:
    """E1 is at work on an order that nobody was to join, and asks for help."""
    asked = order()
    assert await planned(dispatch, asked, *others) == {}
    visit = (await active(dispatch))[asked["id"]]
    await put_in(dispatch, visit.id, state="on_site", arrived_at=NOW)
    asked["expert"] = ASKED
    return asked


async def test_who_asks_for_help_at_the_machine_is_joined(dispatch: Dispatch) -> None:
    """By the least qualified one who fits, at once and until the work ends; the visit itself is not touched."""
    dispatch.world.engineers = [engineer("E1")]
    dispatch.world.experts = [expert("NOVICE", level=3), expert("MASTER", level=5), expert("X1", level=4)]
    asked = await at_the_machine(dispatch)
    before = (await active(dispatch))[asked["id"]]
    assert await planned(dispatch, asked) == {}
    visit = (await active(dispatch))[asked["id"]]
    assert (visit.expert_id, visit.state, visit.id) == ("X1", "on_site", before.id)
    (joining,) = (await dispatch.told("plan.published"))[-1]["experts"]
    assert (joining["expert_id"], joining["order_id"]) == ("X1", asked["id"])
    assert (await dispatch.told("appointment.planned"))[-1]["appointment_id"] == visit.id, "the phone is told"
    assert await plan_territory(dispatch.context, "T1") == "unchanged"


async def test_the_next_expert_comes_where_somebody_else_was_faster_and_nobody_where_none_is_left(
    dispatch: Dispatch,
) -> None:
    """Work under way is never left out for that."""
    dispatch.world.engineers = [engineer("E1")]
    dispatch.world.experts = [expert("TAKEN", level=4), expert("X2", level=5)]
    dispatch.world.taken_experts = {"TAKEN"}
    asked = await at_the_machine(dispatch)
    assert await planned(dispatch, asked) == {}
    assert (await active(dispatch))[asked["id"]].expert_id == "X2"
    other = await at_the_machine(dispatch)
    dispatch.world.taken_experts = {"TAKEN", "X2"}
    assert await planned(dispatch, other) == {}
    assert (await active(dispatch))[other["id"]].expert_id is None


async def test_a_seat_at_work_is_nobody_else_s(dispatch: Dispatch) -> None:
    """The only seat joins work under way until it ends; the next order that asks for an expert waits for it."""
    dispatch.world.engineers = [engineer("E1"), engineer("E2", TAIAN)]
    dispatch.world.experts = [expert("X1", seats=1)]
    asked = await at_the_machine(dispatch)
    second = order("second", TAIAN, expert=ASKED)
    assert await planned(dispatch, asked, second) == {}
    visits = await active(dispatch)
    assert [visits[one["id"]].expert_id for one in (asked, second)] == ["X1", "X1"]
    assert visits[second["id"]].start >= visits[asked["id"]].end
