"""A phone's operation has one effect and one answer, however often it is sent."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from kit.ids import new_id
from kit.problems import KeyReused, NotFound
from kit.values import Place
from services.dispatch.domain.appointments import InvalidTransition, OutsideGeofence, PhoneStep
from services.dispatch.store import appointments, territories
from services.dispatch.use_cases.planning import plan_territory
from services.dispatch.use_cases.transitions import FromTheFuture, Step, check_times, take_step
from tests.dispatch.test_planning import active
from tests.dispatch.world import NOW, TAIAN, Dispatch, engineer, order

PHONE = "engineer:E1"
MINUTE = timedelta(minutes=1)
SITE = Place(*TAIAN)


@pytest.fixture
async def appointment_id(dispatch: Dispatch) -> str:
    """An appointment that was sent to the phone of E1, five minutes ago."""
    dispatch.world.orders = [order("asked", TAIAN)]
    dispatch.world.engineers = [engineer("E1")]
    await plan_territory(dispatch.context, "T1")
    dispatch.clock.at += 5 * MINUTE
    (one,) = (await active(dispatch)).values()
    return one.id


def step(to: PhoneStep, **given: object) -> Step:
    fields = {"operation_id": new_id(), "at": NOW + 4 * MINUTE, "received_at": NOW + 5 * MINUTE} | given
    return Step(to=to, **fields)  # type: ignore[arg-type]


async def test_the_day_of_an_appointment(dispatch: Dispatch, appointment_id: str) -> None:
    for to in ("acknowledged", "travelling", "on_site"):
        answer = await take_step(dispatch.context, appointment_id, step(to, place=SITE), actor=PHONE)
        assert answer["state"] == to
    assert (answer["distance_m"], answer["fence_m"], answer["flagged"]) == (0, 500, False)
    told = [one["state"] for one in await dispatch.told("appointment.moved")]
    assert told == ["dispatched", "acknowledged", "travelling", "on_site"]
    async with dispatch.context.db.read() as tx:
        row = await appointments.find(tx, appointment_id)
    assert row is not None
    assert None not in (row.dispatched_at, row.acknowledged_at, row.departed_at, row.arrived_at)


async def test_the_same_operation_is_answered_the_same_and_told_once(dispatch: Dispatch, appointment_id: str) -> None:
    said = step("acknowledged")
    first = await take_step(dispatch.context, appointment_id, said, actor=PHONE)
    again = replace(said, received_at=said.received_at + timedelta(hours=70))
    repeats = [take_step(dispatch.context, appointment_id, again, actor=PHONE) for _ in range(5)]
    assert await asyncio.gather(*repeats) == [first] * 5
    assert len(await dispatch.told("appointment.moved")) == 2


async def test_twenty_copies_at_once_have_one_effect(dispatch: Dispatch, appointment_id: str) -> None:
    said = step("acknowledged")
    answers = await asyncio.gather(*(take_step(dispatch.context, appointment_id, said, actor=PHONE) for _ in range(20)))
    assert answers == [answers[0]] * 20
    assert len(await dispatch.told("appointment.moved")) == 2


async def test_an_operation_id_with_another_content_is_refused(dispatch: Dispatch, appointment_id: str) -> None:
    said = step("acknowledged")
    await take_step(dispatch.context, appointment_id, said, actor=PHONE)
    with pytest.raises(KeyReused):
        await take_step(dispatch.context, appointment_id, replace(said, to="travelling"), actor=PHONE)


async def test_a_refused_step_leaves_no_trace_and_may_be_sent_again(dispatch: Dispatch, appointment_id: str) -> None:
    far = step("on_site", place=Place(117.0, 36.65), accuracy_m=30.0)
    with pytest.raises(OutsideGeofence) as refused:
        await take_step(dispatch.context, appointment_id, far, actor=PHONE)
    assert refused.value.members["distance_m"] > 50_000
    assert (await active(dispatch)).popitem()[1].state == "dispatched"
    confirmed = await take_step(dispatch.context, appointment_id, replace(far, confirmed=True), actor=PHONE)
    assert (confirmed["state"], confirmed["flagged"]) == ("on_site", True)
    assert (await dispatch.told("appointment.moved"))[-1]["flagged"] is True


async def test_a_doubted_arrival_is_taken_and_flagged(dispatch: Dispatch, appointment_id: str) -> None:
    site = (await active(dispatch)).popitem()[1].site
    doubted = step("on_site", place=site, accuracy_m=9.0, doubts=("teleport",))
    assert (await take_step(dispatch.context, appointment_id, doubted, actor=PHONE))["flagged"] is True
    assert (await dispatch.told("appointment.moved"))[-1]["flagged"] is True


async def test_a_step_from_the_wrong_state_says_so(dispatch: Dispatch, appointment_id: str) -> None:
    await take_step(dispatch.context, appointment_id, step("travelling"), actor=PHONE)
    with pytest.raises(InvalidTransition) as refused:
        await take_step(dispatch.context, appointment_id, step("acknowledged"), actor=PHONE)
    assert refused.value.members == {"state": "travelling", "to": "acknowledged"}
    with pytest.raises(NotFound):
        await take_step(dispatch.context, new_id(), step("acknowledged"), actor=PHONE)


async def test_a_declined_order_is_planned_anew_without_that_engineer(dispatch: Dispatch, appointment_id: str) -> None:
    async with dispatch.context.db.read() as tx:
        before = await territories.find(tx, "T1")
    await take_step(dispatch.context, appointment_id, step("declined", reason="van broken"), actor=PHONE)
    async with dispatch.context.db.read() as tx:
        after = await territories.find(tx, "T1")
    assert before is not None
    assert after is not None
    assert after.requested == before.requested + 1
    await plan_territory(dispatch.context, "T1")
    assert await active(dispatch) == {}
    assert (await dispatch.told("order.unassigned"))[-1]["reason"] == "excluded"


async def test_a_backdated_fact_counts_from_when_the_phone_was_told(dispatch: Dispatch, appointment_id: str) -> None:
    answer = await take_step(
        dispatch.context, appointment_id, step("acknowledged", at=NOW - timedelta(hours=9)), actor=PHONE
    )
    assert answer["effective_at"] == NOW.isoformat()


def test_a_fact_received_in_the_future_is_refused() -> None:
    check_times(step("acknowledged", received_at=NOW + 4 * MINUTE), now=NOW)
    with pytest.raises(FromTheFuture):
        check_times(step("acknowledged", received_at=NOW + 6 * MINUTE), now=NOW)
