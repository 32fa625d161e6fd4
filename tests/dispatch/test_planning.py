"""A territory is planned, published and planned again on a real database."""

import pytest

from services.dispatch.store import appointments, plans
from services.dispatch.use_cases.planning import plan_territory
from tests.dispatch.world import TAIAN, ZIBO, Dispatch, engineer, order

pytestmark = pytest.mark.anyio


async def test_the_first_plan_serves_what_can_be_served_and_says_why_the_rest_is_not(dispatch: Dispatch) -> None:
    near, hard = order("near", TAIAN), order("hard", ZIBO, skills=[{"skill": "hydraulics", "level": 4}])
    dispatch.world.orders = [near, hard]
    dispatch.world.engineers = [engineer("E1")]
    assert await plan_territory(dispatch.context, "T1") == "published"
    async with dispatch.context.db.read() as tx:
        plan = await plans.newest(tx, "T1")
        active = await appointments.active(tx, "T1")
    assert plan is not None
    assert plan.epoch == 1
    assert {one.order_id: one.reason for one in plan.proposal.unassigned} == {hard["id"]: "skill"}
    assert active[near["id"]].engineer_id == "E1"
    kinds = [one["kind"] for one in await dispatch.told()]
    assert "plan.published" in kinds
    assert "appointment.planned" in kinds
    assert "order.unassigned" in kinds
    assert {"order_id": hard["id"], "reason": "skill"}.items() <= (await dispatch.told("order.unassigned"))[0].items()
