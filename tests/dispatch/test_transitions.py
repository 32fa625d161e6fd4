"""A phone's operation has one effect and one answer, however often it is sent."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import text

from kit.events import Event
from kit.ids import new_id
from kit.problems import KeyReused, NotFound
from kit.together import each
from kit.values import Place
from services.dispatch.context import DispatchContext
from services.dispatch.domain.appointments import InvalidTransition, OutsideGeofence, PhoneStep
from services.dispatch.store import appointments, territories
from services.dispatch.use_cases.following import delayed, order_ended
from services.dispatch.use_cases.planning import plan_territory
from services.dispatch.use_cases.transitions import FromTheFuture, Step, take_steps
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


async def take_step(context: DispatchContext, appointment_id: str, said: Step) -> dict[str, Any]:
    """The answer to a step that comes alone. Raises what it was refused for."""
    (answer,) = await each([replace(said, appointment_id=appointment_id)], partial(take_steps, context))
    if isinstance(answer, Exception):
        raise answer
    return answer


def step(to: PhoneStep, **given: object) -> Step:
    fields: dict[str, object] = {"appointment_id": "", "actor": PHONE, "operation_id": new_id()}
    fields |= {"at": NOW + 4 * MINUTE, "received_at": NOW + 5 * MINUTE} | given
    return Step(to=to, **fields)  # type: ignore[arg-type]


async def test_the_day_of_an_appointment(dispatch: Dispatch, appointment_id: str) -> None:
    for to in ("acknowledged", "travelling", "on_site"):
        answer = await take_step(dispatch.context, appointment_id, step(to, place=SITE))
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
    first = await take_step(dispatch.context, appointment_id, said)
    again = replace(said, received_at=said.received_at + timedelta(hours=70))
    repeats = [take_step(dispatch.context, appointment_id, again) for _ in range(5)]
    assert await asyncio.gather(*repeats) == [first] * 5
    assert len(await dispatch.told("appointment.moved")) == 2


async def test_twenty_copies_at_once_have_one_effect(dispatch: Dispatch, appointment_id: str) -> None:
    said = step("acknowledged")
    answers = await asyncio.gather(*(take_step(dispatch.context, appointment_id, said) for _ in range(20)))
    assert answers == [answers[0]] * 20
    assert len(await dispatch.told("appointment.moved")) == 2


async def test_an_operation_id_with_another_content_is_refused(dispatch: Dispatch, appointment_id: str) -> None:
    said = step("acknowledged")
    await take_step(dispatch.context, appointment_id, said)
    with pytest.raises(KeyReused):
        await take_step(dispatch.context, appointment_id, replace(said, to="travelling"))


async def test_a_refused_step_leaves_no_trace_and_may_be_sent_again(dispatch: Dispatch, appointment_id: str) -> None:
    far = step("on_site", place=Place(117.0, 36.65), accuracy_m=30.0)
    with pytest.raises(OutsideGeofence) as refused:
        await take_step(dispatch.context, appointment_id, far)
    assert refused.value.members["distance_m"] > 50_000
    assert (await active(dispatch)).popitem()[1].state == "dispatched"
    confirmed = await take_step(dispatch.context, appointment_id, replace(far, confirmed=True))
    assert (confirmed["state"], confirmed["flagged"]) == ("on_site", True)
    assert (await dispatch.told("appointment.moved"))[-1]["flagged"] is True


async def test_a_doubted_arrival_is_taken_and_flagged(dispatch: Dispatch, appointment_id: str) -> None:
    site = (await active(dispatch)).popitem()[1].site
    doubted = step("on_site", place=site, accuracy_m=9.0, doubts=("teleport",))
    assert (await take_step(dispatch.context, appointment_id, doubted))["flagged"] is True
    assert (await dispatch.told("appointment.moved"))[-1]["flagged"] is True


async def test_a_step_from_the_wrong_state_says_so(dispatch: Dispatch, appointment_id: str) -> None:
    await take_step(dispatch.context, appointment_id, step("travelling"))
    with pytest.raises(InvalidTransition) as refused:
        await take_step(dispatch.context, appointment_id, step("acknowledged"))
    assert refused.value.members == {"state": "travelling", "to": "acknowledged"}
    with pytest.raises(NotFound):
        await take_step(dispatch.context, new_id(), step("acknowledged"))


async def test_a_declined_order_is_planned_anew_without_that_engineer(dispatch: Dispatch, appointment_id: str) -> None:
    async with dispatch.context.db.read() as tx:
        before = await territories.find(tx, "T1")
    await take_step(dispatch.context, appointment_id, step("declined", reason="van broken"))
    async with dispatch.context.db.read() as tx:
        after = await territories.find(tx, "T1")
    assert before is not None
    assert after is not None
    assert after.requested == before.requested + 1
    await plan_territory(dispatch.context, "T1")
    assert await active(dispatch) == {}
    assert (await dispatch.told("order.unassigned"))[-1]["reason"] == "excluded"


async def test_a_backdated_fact_counts_from_when_the_phone_was_told(dispatch: Dispatch, appointment_id: str) -> None:
    answer = await take_step(dispatch.context, appointment_id, step("acknowledged", at=NOW - timedelta(hours=9)))
    assert answer["effective_at"] == NOW.isoformat()


async def test_a_fact_received_in_the_future_is_refused(dispatch: Dispatch, appointment_id: str) -> None:
    await take_step(dispatch.context, appointment_id, step("acknowledged", received_at=NOW + 9 * MINUTE))
    with pytest.raises(FromTheFuture):
        await take_step(dispatch.context, appointment_id, step("travelling", received_at=NOW + 11 * MINUTE))


@pytest.fixture
async def three(dispatch: Dispatch) -> list[str]:
    """Appointments that were sent to the phones of three engineers."""
    dispatch.world.orders = [order(f"asked-{n}", TAIAN) for n in range(3)]
    dispatch.world.engineers = [engineer(f"E{n}") for n in range(3)]
    await plan_territory(dispatch.context, "T1")
    dispatch.clock.at += 5 * MINUTE
    return [one.id for one in (await active(dispatch)).values()]


async def test_steps_of_many_phones_are_answered_each(dispatch: Dispatch, three: list[str]) -> None:
    said = [step("acknowledged", appointment_id=appointment_id) for appointment_id in three]
    wrong = [step("acknowledged", appointment_id=new_id()), step("on_site", appointment_id=three[0])]
    reused = replace(said[0], appointment_id=three[1])
    first, other, second, third, unknown, outside = await each(
        [said[0], reused, *said[1:], *wrong], partial(take_steps, dispatch.context)
    )
    assert [one["state"] for one in (first, second, third) if isinstance(one, dict)] == ["acknowledged"] * 3
    assert isinstance(unknown, NotFound)
    assert isinstance(outside, OutsideGeofence), "the second step on an appointment comes after its first"
    assert isinstance(other, KeyReused)
    again = await each(said, partial(take_steps, dispatch.context))
    assert again == [first, second, third]
    moved = [one["state"] for one in await dispatch.told("appointment.moved")]
    assert moved == ["dispatched"] * 3 + ["acknowledged"] * 3
    assert {row.version for row in (await active(dispatch)).values()} == {3}


async def test_an_appointment_that_somebody_is_at_holds_up_no_other(dispatch: Dispatch, three: list[str]) -> None:
    said = [step("acknowledged", appointment_id=appointment_id) for appointment_id in three]
    async with dispatch.context.db.transaction() as tx:
        await appointments.hold(tx, three[:1], wait=True)
        async with asyncio.timeout(30):
            answers = await take_steps(dispatch.context, said, patient=False)
    assert [answer is None for answer in answers] == [True, False, False]


async def until_it_waits(dispatch: Dispatch, task: "asyncio.Task[None]") -> None:
    """Until a transaction of this database, the task's, waits for another one."""
    waiting = text(
        "SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid) "
        "WHERE NOT granted AND datname = current_database()"
    )
    async with asyncio.timeout(30):
        while not task.done():
            async with dispatch.context.db.read() as tx:
                if await tx.scalar(waiting):
                    return
            await asyncio.sleep(0.02)
    await task
    pytest.fail("it did not wait")


@pytest.mark.parametrize("how", ["declined", "ended", "delayed"])
async def test_who_asks_for_a_plan_waits_for_the_publisher_and_does_not_block_him(
    dispatch: Dispatch, appointment_id: str, how: str
) -> None:
    """The territory first, then its appointments, as a publisher does. The other way round each would hold what the
    other one waits for."""
    (row,) = (await active(dispatch)).values()

    async def told() -> None:
        if how == "declined":
            await take_step(dispatch.context, appointment_id, step("declined", reason="ill"))
            return
        async with dispatch.context.db.transaction() as tx:
            if how == "ended":
                happened = Event(
                    id=new_id(), kind="order.closed", subject="s", order_id=row.order_id, payload={}, effective_at=NOW,
                    recorded_at=NOW, actor=PHONE, seq=1, publisher="orders",
                )  # fmt: skip
                await order_ended(dispatch.context, tx, happened, order_id=row.order_id, reason="order_ended")
            else:
                await delayed(dispatch.context, tx, appointment_id=appointment_id, expected_at=NOW + 60 * MINUTE)

    async with dispatch.context.db.transaction() as publisher:
        await territories.lock(publisher, "T1")
        telling = asyncio.create_task(told())
        await until_it_waits(dispatch, telling)
        await appointments.move(publisher, [appointment_id], {"flagged": True})
    await telling
    async with dispatch.context.db.read() as tx:
        kept = await appointments.find(tx, appointment_id)
    assert kept is not None
    assert (kept.flagged, kept.state, kept.expected_at is not None) == (
        True,
        {"declined": "declined", "ended": "cancelled", "delayed": "dispatched"}[how],
        how == "delayed",
    )
