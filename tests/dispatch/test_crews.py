"""Two engineers for one order: planned, sent to both phones, followed, and ended together."""

from datetime import timedelta
from typing import Any

import pytest

from services.dispatch.use_cases.planning import plan_territory
from tests.dispatch.test_planning import active, of_role, put_in
from tests.dispatch.test_transitions import step, take_step
from tests.dispatch.world import JINAN, NOW, TAIAN, ZIBO, Dispatch, engineer, line, order, shelf

HOUR = timedelta(hours=1)


async def planned_crew(dispatch: Dispatch, **given: Any) -> dict[str, Any]:
    """An overhaul for a lead of level 4 and somebody who knows engines; three engineers could be the second."""
    asked = order(
        crew_size=2, skills=[{"skill": "engine", "level": 4}], second_skills=[{"skill": "engine", "level": 2}], **given
    )
    dispatch.world.orders = [asked]
    master = [{"skill": "engine", "level": 5, "valid_until": None}]
    helpers = [engineer("E2", TAIAN), engineer("E3", ZIBO)]
    dispatch.world.engineers = [engineer("E1", JINAN, skills=master), *helpers]
    assert await plan_territory(dispatch.context, "T1") == "published"
    return asked


async def crew_of(dispatch: Dispatch, asked: dict[str, Any]) -> tuple[Any, Any]:
    leads, seconds = await active(dispatch), await of_role(dispatch, "second")
    return leads.get(asked["id"]), seconds.get(asked["id"])


async def test_two_engineers_are_sent_for_the_same_time_and_the_lead_brings_the_parts(dispatch: Dispatch) -> None:
    dispatch.world.shelves = [shelf("DEPOT", JINAN, PUMP=1)]
    asked = await planned_crew(dispatch, kit=[line("PUMP")])
    lead, second = await crew_of(dispatch, asked)
    assert (lead.engineer_id, second.engineer_id) == ("E1", "E2")
    assert (lead.start, lead.end) == (second.start, second.end)
    assert (lead.state, second.state) == ("dispatched", "dispatched")
    assert ([one.part for one in lead.sourcing], second.sourcing) == (["PUMP"], ())
    told = [(one["engineer_id"], one["role"]) for one in await dispatch.told("appointment.planned")]
    assert sorted(told) == [("E1", "lead"), ("E2", "second")]
    # Nothing has changed: nobody is told anything.
    before = await dispatch.told()
    assert await plan_territory(dispatch.context, "T1") == "unchanged"
    assert await dispatch.told() == before


async def test_a_second_who_declines_is_replaced_and_the_lead_keeps_the_appointment(dispatch: Dispatch) -> None:
    asked = await planned_crew(dispatch)
    lead, second = await crew_of(dispatch, asked)
    await take_step(dispatch.context, second.id, step("declined", reason="ill"))
    await plan_territory(dispatch.context, "T1")
    still, other = await crew_of(dispatch, asked)
    assert (still.id, still.engineer_id, other.engineer_id) == (lead.id, "E1", "E3")


async def test_without_its_lead_a_crew_is_planned_anew(dispatch: Dispatch) -> None:
    asked = await planned_crew(dispatch)
    lead, second = await crew_of(dispatch, asked)
    await take_step(dispatch.context, second.id, step("travelling"))
    await take_step(dispatch.context, lead.id, step("declined", reason="ill"))
    assert await crew_of(dispatch, asked) == (None, None)
    ended = [
        (one["appointment_id"], one["reason"]) for one in await dispatch.told("appointment.moved") if one["reason"]
    ]
    assert ended == [(lead.id, "ill"), (second.id, "crew_broken")]
    await plan_territory(dispatch.context, "T1")  # nobody else has level 4: a plan all the same
    assert await crew_of(dispatch, asked) == (None, None)


@pytest.mark.parametrize("first", ["lead", "second"])
async def test_once_one_has_left_no_plan_touches_either(dispatch: Dispatch, first: str) -> None:
    asked = await planned_crew(dispatch)
    crew = dict(zip(("lead", "second"), await crew_of(dispatch, asked), strict=True))
    await put_in(dispatch, crew[first].id, state="travelling", departed_at=NOW)
    urgent = order("urgent", JINAN, skills=[{"skill": "engine", "level": 5}])
    dispatch.world.orders = [asked, urgent]
    await plan_territory(dispatch.context, "T1")
    lead, second = await crew_of(dispatch, asked)
    assert (lead.id, second.id) == (crew["lead"].id, crew["second"].id)
    assert (lead.start, lead.end) == (second.start, second.end)
    assert (await active(dispatch))[urgent["id"]].start >= lead.end
