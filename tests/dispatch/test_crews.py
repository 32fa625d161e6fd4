"""Two engineers for one order: planned, sent to both phones, followed, and ended together."""

from datetime import timedelta
from typing import Any

import pytest

from kit.problems import Invalid, NotFound
from services.dispatch.use_cases.overriding import OverrideImpossible, Wish, override
from services.dispatch.use_cases.planning import plan_territory
from tests.dispatch.test_planning import active, newest, of_role, put_in
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


async def fall_ill(dispatch: Dispatch, name: str) -> None:
    """Stations tell no shift of his any more."""
    dispatch.world.engineers = [one | ({"shifts": []} if one["id"] == name else {}) for one in dispatch.world.engineers]
    await plan_territory(dispatch.context, "T1")


async def test_a_second_who_falls_ill_is_replaced_and_the_lead_keeps_the_appointment(dispatch: Dispatch) -> None:
    asked = await planned_crew(dispatch)
    lead, second = await crew_of(dispatch, asked)
    await fall_ill(dispatch, second.engineer_id)
    still, other = await crew_of(dispatch, asked)
    assert (still.id, other.engineer_id) == (lead.id, "E3")


@pytest.mark.parametrize("ending", ["ill", "declined"])
async def test_the_lead_who_is_under_way_gets_another_second(dispatch: Dispatch, ending: str) -> None:
    """The lead is there at once; the second comes from Zibo, and the work begins when both are there. The parts are
    with the lead. Mutant: a crew under way that no plan touches waits for ever."""
    dispatch.world.shelves = [shelf("DEPOT", JINAN, PUMP=1)]
    asked = await planned_crew(dispatch, kit=[line("PUMP")])
    lead, second = await crew_of(dispatch, asked)
    await put_in(dispatch, lead.id, state="on_site", departed_at=NOW, arrived_at=NOW)
    if ending == "ill":
        await fall_ill(dispatch, second.engineer_id)
    else:
        await take_step(dispatch.context, second.id, step("declined", reason="a private matter"))
        await plan_territory(dispatch.context, "T1")
    still, other = await crew_of(dispatch, asked)
    assert (still.id, still.state, other.engineer_id) == (lead.id, "on_site", "E3")
    assert (still.start, still.end) == (other.start, other.end)
    assert other.start > NOW + HOUR, "Zibo is far"
    assert [one.part for one in still.sourcing] == ["PUMP"]
    assert await plan_territory(dispatch.context, "T1") == "unchanged"


async def test_a_lead_under_way_goes_on_alone_where_nobody_else_can_help(dispatch: Dispatch) -> None:
    asked = await planned_crew(dispatch)
    lead, second = await crew_of(dispatch, asked)
    await put_in(dispatch, lead.id, state="travelling", departed_at=NOW)
    dispatch.world.engineers = [one for one in dispatch.world.engineers if one["id"] != "E3"]
    await fall_ill(dispatch, second.engineer_id)
    still, left = await crew_of(dispatch, asked)
    assert (still.id, still.state, left.id) == (lead.id, "travelling", second.id)


async def test_a_second_under_way_gets_another_lead(dispatch: Dispatch) -> None:
    asked = await planned_crew(dispatch)
    lead, second = await crew_of(dispatch, asked)
    await put_in(dispatch, second.id, state="travelling", departed_at=NOW)
    master = [{"skill": "engine", "level": 4, "valid_until": None}]
    dispatch.world.engineers.append(engineer("E4", ZIBO, skills=master))
    await fall_ill(dispatch, lead.engineer_id)
    other, still = await crew_of(dispatch, asked)
    assert (other.engineer_id, still.id) == ("E4", second.id)


async def test_the_second_who_was_told_is_kept_though_another_has_become_nearer(dispatch: Dispatch) -> None:
    """80 yuan for a new second are more than the way that he saves."""
    asked = await planned_crew(dispatch)
    dispatch.world.engineers.append(engineer("E4", (117.08, 36.2)))
    await plan_territory(dispatch.context, "T1")
    _, second = await crew_of(dispatch, asked)
    assert second.engineer_id == "E2"


async def test_a_dispatcher_fixes_the_second(dispatch: Dispatch) -> None:
    """E3 though E2 is nearer; later plans keep him, and give nobody else when he cannot come."""
    asked = await planned_crew(dispatch)
    wish = Wish(asked["id"], "E1", "resource", None, "they know each other", "E3")
    done = await override(dispatch.context, "T1", wish, epoch=1, actor="dispatcher:anna")
    assert (done.placed["second_id"], done.counterfactual and done.counterfactual["second_id"]) == ("E3", "E2")
    assert done.difference_fen > 0
    await plan_territory(dispatch.context, "T1")
    _, second = await crew_of(dispatch, asked)
    assert second.engineer_id == "E3"
    await fall_ill(dispatch, "E3")
    assert await crew_of(dispatch, asked) == (None, None)
    assert [one.reason for one in (await newest(dispatch)).proposal.unassigned] == ["pin"]


async def test_a_second_who_cannot_be_one_is_refused(dispatch: Dispatch) -> None:
    asked = await planned_crew(dispatch)
    dispatch.world.engineers.append(engineer("E4", skills=[]))
    single = order("single")
    dispatch.world.orders.append(single)

    async def fix(order_id: str, second_id: str) -> None:
        wish = Wish(order_id, "E1", "resource", None, "why", second_id)
        await override(dispatch.context, "T1", wish, epoch=1, actor="dispatcher:anna")

    with pytest.raises(NotFound):
        await fix(asked["id"], "NOBODY")
    with pytest.raises(Invalid, match="one engineer is enough"):
        await fix(single["id"], "E2")
    with pytest.raises(OverrideImpossible, match="E1 and E4: pin"):
        await fix(asked["id"], "E4")
