"""Publishing is a compare-and-set: what is stale, contradicts a fact or books an engineer twice does not get in."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from kit.ids import new_id
from services.dispatch.domain.appointments import Slot
from services.dispatch.domain.plan_diff import PlanIsStale
from services.dispatch.domain.standing import Appointment
from services.dispatch.store import appointments, territories
from services.dispatch.tables import appointments as appointment_table
from services.dispatch.use_cases.holding import Held, hold
from services.dispatch.use_cases.planning import plan_territory
from services.dispatch.use_cases.preparing import prepare
from services.dispatch.use_cases.publishing import publish
from tests.dispatch.test_planning import active, newest, put_in
from tests.dispatch.world import LIAOCHENG, NOW, TAIAN, ZIBO, Dispatch, engineer, line, order, shelf

HOUR = timedelta(hours=1)


async def ready(dispatch: Dispatch, territory_id: str = "T1") -> Held:
    """A plan that is held and could be published."""
    prepared = await prepare(dispatch.context, territory_id)
    return await hold(dispatch.context, prepared, await prepared.greedy())


async def test_of_two_plans_made_on_one_epoch_one_is_published(dispatch: Dispatch) -> None:
    dispatch.world.orders = [order(), order(place=ZIBO)]
    dispatch.world.engineers = [engineer("E1")]
    rivals = [await ready(dispatch) for _ in range(4)]
    answers = await asyncio.gather(*(publish(dispatch.context, one) for one in rivals), return_exceptions=True)
    assert [one for one in answers if one == 1] == [1]
    assert [type(one) for one in answers if one != 1] == [PlanIsStale] * 3
    assert (await newest(dispatch)).epoch == 1
    assert len(await dispatch.told("plan.published")) == 1
    assert len(await dispatch.told("appointment.planned")) == 2


async def test_a_worker_that_slept_through_a_newer_plan_writes_nothing(dispatch: Dispatch) -> None:
    dispatch.world.orders = [order()]
    dispatch.world.engineers = [engineer("E1")]
    sleeper = await ready(dispatch)
    await plan_territory(dispatch.context, "T1")
    before = await dispatch.told()
    with pytest.raises(PlanIsStale):
        await publish(dispatch.context, sleeper)
    assert await dispatch.told() == before


async def test_a_plan_that_takes_an_order_from_an_engineer_who_left_meanwhile_is_made_anew(dispatch: Dispatch) -> None:
    asked = order(place=LIAOCHENG)
    dispatch.world.orders = [asked]
    dispatch.world.engineers = [engineer("E1")]
    await plan_territory(dispatch.context, "T1")
    # The engineer is told to be absent; while the plan that follows from it is held, he drives off all the same.
    dispatch.world.engineers = [engineer("E2", LIAOCHENG)]
    (first,) = (await active(dispatch)).values()
    stolen = await ready(dispatch)
    assert stolen.proposal.stops_of_orders()[asked["id"], "lead"][0] == "E2"
    await put_in(dispatch, first.id, state="travelling")
    with pytest.raises(PlanIsStale):
        await publish(dispatch.context, stolen)
    await plan_territory(dispatch.context, "T1")
    (still,) = (await active(dispatch)).values()
    assert (still.id, still.engineer_id) == (first.id, "E1")


async def test_a_step_taken_while_the_plan_is_written_is_not_written_over(
    dispatch: Dispatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The engineer drives off between the reading of what stands and the writing of what shall be."""
    dispatch.world.orders, dispatch.world.engineers = [order(place=LIAOCHENG)], [engineer("E1")]
    await plan_territory(dispatch.context, "T1")
    dispatch.world.engineers = [engineer("E2", LIAOCHENG)]
    (first,) = (await active(dispatch)).values()
    stolen, honest = await ready(dispatch), appointments.active

    async def overtaken(tx: AsyncConnection, territory_id: str) -> dict[Slot, Appointment]:
        read = await honest(tx, territory_id)
        async with dispatch.context.db.transaction() as phone:
            await appointments.move(phone, [first.id], {"state": "travelling", "departed_at": NOW})
        return read

    monkeypatch.setattr(appointments, "active", overtaken)
    with pytest.raises(PlanIsStale, match="took a step"):
        await publish(dispatch.context, stolen)
    monkeypatch.undo()
    (still,) = (await active(dispatch)).values()
    assert (still.engineer_id, still.state) == ("E1", "travelling")


async def test_a_plan_is_made_anew_when_a_phone_overtakes_it_between_hold_and_publication(dispatch: Dispatch) -> None:
    asked = order(place=LIAOCHENG, kit=[line("PUMP")])
    dispatch.world.orders = [asked]
    dispatch.world.engineers = [engineer("E1", ZIBO)]
    dispatch.world.shelves = [shelf("VAN-E1", ZIBO, "van", PUMP=1), shelf("VAN-E2", ZIBO, "van", PUMP=1)]
    await plan_territory(dispatch.context, "T1")
    (first,) = (await active(dispatch)).values()
    dispatch.world.engineers = [engineer("E2", LIAOCHENG)]

    async def drive_off() -> None:
        assert dispatch.world.holds[-1][1][0]["place_id"] == "VAN-E2"
        dispatch.world.on_hold = None
        await put_in(dispatch, first.id, state="travelling")

    dispatch.world.on_hold = drive_off
    await plan_territory(dispatch.context, "T1")
    (still,) = (await active(dispatch)).values()
    assert (still.id, still.engineer_id, still.state) == (first.id, "E1", "travelling")


async def test_an_order_finished_while_the_plan_was_made_gets_no_new_appointment(dispatch: Dispatch) -> None:
    asked, other = order(kit=[line("PUMP")]), order(place=ZIBO)
    dispatch.world.orders = [asked]
    dispatch.world.engineers = [engineer("E1")]
    dispatch.world.shelves = [shelf("VAN-E1", kind="van", PUMP=1)]
    await plan_territory(dispatch.context, "T1")
    dispatch.world.orders = [asked, other]
    held = await ready(dispatch)
    await put_in(dispatch, (await active(dispatch))[asked["id"]].id, state="done", ended_at=NOW)
    await publish(dispatch.context, held)
    assert set(await active(dispatch)) == {other["id"]}
    assert (await dispatch.told("plan.published"))[-1]["stock"] == []


def row(order_id: str, start: Any, end: Any, **given: Any) -> dict[str, Any]:
    return {
        "id": new_id(),
        "order_id": order_id,
        "territory_id": "T1",
        "engineer_id": "E1",
        "state": "planned",
        "epoch": 1,
        "scheduled_start": start,
        "scheduled_end": end,
        "lon": 117.0,
        "lat": 36.0,
        "sourcing": [],
    } | given


@pytest.mark.parametrize(
    ("second", "constraint"),
    [
        (row("O2", NOW + HOUR / 2, NOW + 2 * HOUR), "engineer_is_booked_once"),
        (row("O1", NOW + 2 * HOUR, NOW + 3 * HOUR), "one_active_appointment"),
        (row("O2", NOW + 2 * HOUR, NOW + 2 * HOUR), "appointment_takes_time"),
        (row("O2", None, NOW + 2 * HOUR), "scheduled_start"),
    ],
    ids=["two at once", "one order twice", "no time at all", "no start"],
)
async def test_the_database_itself_refuses_a_double_booking(
    dispatch: Dispatch, second: dict[str, Any], constraint: str
) -> None:
    with pytest.raises(IntegrityError, match=constraint):
        async with dispatch.context.db.transaction() as tx:
            await appointments.add(tx, [row("O1", NOW, NOW + HOUR), second])


async def test_two_engineers_swap_their_orders_in_one_publication(dispatch: Dispatch) -> None:
    """The constraint is checked at the end of the transaction: on the way the windows may overlap."""
    first, second = row("O1", NOW, NOW + HOUR), row("O2", NOW, NOW + HOUR, engineer_id="E2")
    async with dispatch.context.db.transaction() as tx:
        await appointments.add(tx, [first, second])
    kept = {"place_error_m": 0, "expert_id": None}
    swapped = [one | kept | {"engineer_id": other} for one, other in ((first, "E2"), (second, "E1"))]
    async with dispatch.context.db.transaction() as tx:
        await appointments.reschedule(tx, swapped, tolerance=timedelta(0))
    assert {one.order_id: one.engineer_id for one in (await active(dispatch)).values()} == {"O1": "E2", "O2": "E1"}


async def test_without_the_constraint_the_double_booking_would_get_in(dispatch: Dispatch) -> None:
    """The mutant: it is the constraint that refuses, not something before it."""
    async with dispatch.context.db.transaction() as tx:
        await tx.execute(text("ALTER TABLE appointments DROP CONSTRAINT engineer_is_booked_once"))
        await tx.execute(
            insert(appointment_table), [row("O1", NOW, NOW + HOUR), row("O2", NOW + HOUR / 2, NOW + 2 * HOUR)]
        )
    assert len(await active(dispatch)) == 2


async def test_an_engineer_is_not_booked_by_two_territories_at_once(dispatch: Dispatch) -> None:
    """Whoever publishes second finds the engineer taken and plans again without that time."""
    await dispatch.know("T2", "B1")
    dispatch.world.orders = [order(place=TAIAN), order(place=TAIAN, territory_id="T2")]
    dispatch.world.engineers = [engineer("E1")]
    first = await ready(dispatch, "T1")
    dispatch.world.engineers = [engineer("E1", territory_id="T2")]
    second = await ready(dispatch, "T2")
    await publish(dispatch.context, first)
    with pytest.raises(PlanIsStale, match="booked"):
        await publish(dispatch.context, second)
    async with dispatch.context.db.read() as tx:
        territory = await territories.find(tx, "T2")
    assert territory is not None
    assert territory.epoch == 0


async def test_restored_from_a_backup_it_goes_on_where_the_neighbours_are(dispatch: Dispatch) -> None:
    dispatch.world.orders = [order(kit=[line("PUMP")])]
    dispatch.world.engineers = [engineer("E1")]
    dispatch.world.shelves = [shelf("VAN-E1", kind="van", PUMP=1)]
    dispatch.world.published_epoch = 41
    assert await plan_territory(dispatch.context, "T1") == "published"
    assert (await newest(dispatch)).epoch == 42
