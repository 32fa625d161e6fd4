"""A diagnosis asks for a part that is nowhere in stock: who is at work stays, who is not is told why."""

import pytest

from services.dispatch.use_cases.planning import plan_territory
from tests.dispatch.test_planning import active, newest, put_in
from tests.dispatch.world import JINAN, NOW, TAIAN, ZIBO, Dispatch, engineer, line, order, shelf


async def diagnosed(dispatch: Dispatch, state: str) -> tuple[str, str]:
    """Two orders are planned; at one, whose appointment is in `state`, the engineer asks for a part that nobody has."""
    asked, other = order("asked", TAIAN), order("other", ZIBO)
    dispatch.world.orders = [asked, other]
    dispatch.world.engineers = [engineer("E1"), engineer("E2", ZIBO)]
    assert await plan_territory(dispatch.context, "T1") == "published"
    appointment = (await active(dispatch))[asked["id"]]
    arrived = {"arrived_at": NOW} if state == "on_site" else {}
    await put_in(dispatch, appointment.id, state=state, **arrived)
    asked["kit"] = [line("NOWHERE")]
    return asked["id"], other["id"]


async def test_what_stands_in_has_to_fit_the_machine(dispatch: Dispatch) -> None:
    """Two orders want PUMP and only NEWER is in stock, enough for both: it goes to the one whose machine it fits."""
    machines = ({"model": model, "configuration": {"engine": "WP12"}, "serial": "S-1"} for model in ("H7", "H9"))
    fits, other = (order(machine=machine, kit=[line("PUMP")]) for machine in machines)
    dispatch.world.orders, dispatch.world.engineers = [fits, other], [engineer("E1")]
    dispatch.world.shelves = [shelf("A", JINAN, NEWER=2)]
    dispatch.world.substitutes = {"PUMP": [{"part": "NEWER", "approved": True}]}
    dispatch.world.misfits = {"H9": ["NEWER"]}
    assert await plan_territory(dispatch.context, "T1") == "published"
    (published,) = await dispatch.told("plan.published")
    assert [(one["order_id"], one["part"]) for one in published["stock"]] == [(fits["id"], "NEWER")]
    assert published["lacked"] == [{"order_id": other["id"], "part": "PUMP", "quantity": 1}]


@pytest.mark.parametrize("state", ["travelling", "on_site"])
async def test_who_is_under_way_or_at_work_stays_and_the_plan_goes_on(dispatch: Dispatch, state: str) -> None:
    asked, other = await diagnosed(dispatch, state)
    before = (await active(dispatch))[asked]
    await plan_territory(dispatch.context, "T1")
    now = await active(dispatch)
    assert (now[asked].id, now[asked].state) == (before.id, state)
    assert other in now
    later = order("later", ZIBO)
    dispatch.world.orders.append(later)
    assert await plan_territory(dispatch.context, "T1") == "published"
    assert later["id"] in await active(dispatch), "others are still planned"
    assert asked in await active(dispatch)


async def test_who_has_not_left_yet_is_told_why_the_visit_ends(dispatch: Dispatch) -> None:
    asked, other = await diagnosed(dispatch, "acknowledged")
    assert await plan_territory(dispatch.context, "T1") == "published"
    assert set(await active(dispatch)) == {other}
    (lacked,) = (await dispatch.told("plan.published"))[-1]["lacked"]
    assert lacked == {"order_id": asked, "part": "NOWHERE", "quantity": 1}
    reasons = {one.order_id: one.reason for one in (await newest(dispatch)).proposal.unassigned}
    assert reasons == {asked: "part_missing"}
    (told,) = [one for one in await dispatch.told("order.unassigned") if one["order_id"] == asked]
    assert told["reason"] == "part_missing"
    ended = [one for one in await dispatch.told("appointment.moved") if one["order_id"] == asked][-1]
    assert (ended["state"], ended["engineer_id"], ended["reason"]) == ("cancelled", "E1", "part_missing")
