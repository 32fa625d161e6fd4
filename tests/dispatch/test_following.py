"""What the others tell ends appointments, follows vehicles and asks for plans, each event once."""

from datetime import timedelta
from typing import Any

import pytest

from kit.events import Event, Message
from kit.ids import new_id
from services.dispatch.store import appointments, decisions, territories
from services.dispatch.subscriptions import subscriptions
from services.dispatch.use_cases.improving import improve_territory
from services.dispatch.use_cases.planning import plan_territory
from services.messages import (
    DelayReported,
    EngineerChanged,
    OrderAccepted,
    OrderCancelled,
    OrderChanged,
    OrderCompleted,
    PartsShort,
    ReplacementStepTaken,
    StationChanged,
    StockChanged,
    TerritoryChanged,
    VehicleShort,
)
from tests.dispatch.test_planning import active, cargo_order, newest, put_in
from tests.dispatch.world import LIAOCHENG, NOW, TAIAN, ZIBO, Dispatch, engineer, line, order, vehicle

HOUR = timedelta(hours=1)


async def tell(dispatch: Dispatch, message: Message, **given: Any) -> None:
    """One event arrives, as the feed would bring it."""
    at = dispatch.clock.at
    fields: dict[str, Any] = {
        "effective_at": at,
        "recorded_at": at,
        "actor": "engineer:E1",
        "seq": 1,
        "publisher": "orders",
    } | given
    event = Event(
        id=new_id(),
        kind=message.kind,
        subject="s",
        order_id=getattr(message, "order_id", None),
        payload=message.model_dump(mode="json"),
        **fields,
    )
    taking = [one for one in subscriptions(dispatch.context) if one.takes(event)]
    assert len(taking) == 1
    async with dispatch.context.db.transaction() as tx:
        await taking[0].apply(tx, [event])


async def requested(dispatch: Dispatch, territory_id: str = "T1") -> int:
    async with dispatch.context.db.read() as tx:
        territory = await territories.find(tx, territory_id)
    return territory.requested if territory else -1


async def waiting_plans(dispatch: Dispatch) -> list[str]:
    """Territories whose plan waits in the queue."""
    jobs = await dispatch.context.jobs.app.job_manager.list_jobs_async(task="dispatch.plan_territory", status="todo")
    return [str(job.task_kwargs["territory_id"]) for job in jobs]


async def test_a_call_makes_its_territory_known_and_asks_for_one_plan_however_many_come(dispatch: Dispatch) -> None:
    for number in range(3):
        call = OrderAccepted(
            order_id=new_id(),
            number=str(number),
            territory_id="T9",
            branch_id="B9",
            station_id="S9",
            asset_id="A",
            work_type="breakdown",
        )
        await tell(dispatch, call)
    assert await requested(dispatch, "T9") == 3
    assert await waiting_plans(dispatch) == ["T9"]


@pytest.mark.parametrize(
    "message",
    [
        OrderChanged(order_id="o", territory_id="T1", state="waiting", what="waiting"),
        EngineerChanged(engineer_id="E1", territory_id="T1", what="absence"),
        StationChanged(station_id="S1", territory_id="T1", opens=None, closes=None),
        StockChanged(place_id="D1", part=None, territory_id="T1"),
        PartsShort(order_id="o", territory_id="T1", part="P", quantity=1, place_id="D1"),
        VehicleShort(order_id="o", vehicle_id="V1", territory_id="T1"),
    ],
    ids=lambda message: message.kind,
)
async def test_whatever_a_plan_depends_on_asks_for_a_new_one(dispatch: Dispatch, message: Message) -> None:
    await tell(dispatch, message)
    assert await waiting_plans(dispatch) == ["T1"]


async def test_a_central_depot_matters_to_those_who_lack_parts(dispatch: Dispatch) -> None:
    dispatch.world.orders = [order(kit=[line("PUMP")])]
    dispatch.world.engineers = [engineer("E1")]
    await dispatch.know("T2")
    await plan_territory(dispatch.context, "T1")
    await tell(dispatch, StockChanged(place_id="CENTRAL", part="PUMP", territory_id=None))
    assert (await requested(dispatch, "T1"), await requested(dispatch, "T2")) == (1, 0)


async def test_a_territory_of_another_branch_changes_its_scope(dispatch: Dispatch) -> None:
    await tell(dispatch, TerritoryChanged(territory_id="T1", branch_id="B7"))
    async with dispatch.context.db.read() as tx:
        territory = await territories.find(tx, "T1")
    assert territory is not None
    assert territory.branch_id == "B7"


async def planned(dispatch: Dispatch) -> dict[str, Any]:
    one = order("asked", TAIAN)
    dispatch.world.orders = [one]
    dispatch.world.engineers = [engineer("E1")]
    await plan_territory(dispatch.context, "T1")
    return one


async def test_a_cancelled_order_recalls_its_engineer(dispatch: Dispatch) -> None:
    one = await planned(dispatch)
    await tell(dispatch, OrderCancelled(order_id=one["id"], territory_id="T1", reason="sold"))
    assert await active(dispatch) == {}
    last = (await dispatch.told("appointment.moved"))[-1]
    assert (last["state"], last["reason"]) == ("cancelled", "order_cancelled")


async def test_a_completed_order_ends_its_appointment_once(dispatch: Dispatch) -> None:
    one = await planned(dispatch)
    appointment = (await active(dispatch))[one["id"]]
    done = OrderCompleted(order_id=one["id"], territory_id="T1", appointment_id=appointment.id, engineer_id="E1")
    await tell(dispatch, done)
    await tell(dispatch, done)
    assert [one["state"] for one in await dispatch.told("appointment.moved")] == ["dispatched", "done"]


async def test_work_done_by_an_engineer_who_was_replaced_while_offline_counts_and_recalls_the_other(
    dispatch: Dispatch,
) -> None:
    one = await planned(dispatch)
    first = (await active(dispatch))[one["id"]]
    dispatch.world.engineers = [engineer("E2", LIAOCHENG)]
    await plan_territory(dispatch.context, "T1")
    second = (await active(dispatch))[one["id"]]
    assert second.engineer_id == "E2"
    done = OrderCompleted(order_id=one["id"], territory_id="T1", appointment_id=first.id, engineer_id="E1")
    await tell(dispatch, done)
    assert await active(dispatch) == {}
    ended = {moved["appointment_id"]: moved for moved in await dispatch.told("appointment.moved")}
    assert (ended[first.id]["state"], ended[second.id]["state"]) == ("done", "cancelled")
    assert ended[second.id]["reason"] == "done_by_another"


async def test_a_delay_moves_what_is_expected(dispatch: Dispatch) -> None:
    one = await planned(dispatch)
    appointment = (await active(dispatch))[one["id"]]
    await put_in(dispatch, appointment.id, state="travelling")
    late = DelayReported(
        order_id=one["id"], appointment_id=appointment.id, engineer_id="E1", expected_at=NOW + 6 * HOUR
    )
    await tell(dispatch, late, publisher="mobile")
    await plan_territory(dispatch.context, "T1")
    assert (await active(dispatch))[one["id"]].start == NOW + 6 * HOUR


async def decided(dispatch: Dispatch) -> str:
    asked = cargo_order()
    dispatch.world.orders = [asked]
    dispatch.world.engineers = [engineer("E1")]
    dispatch.world.vehicles = [vehicle("V1", TAIAN), vehicle("V2", ZIBO)]
    await plan_territory(dispatch.context, "T1")
    await improve_territory(dispatch.context, "T1")
    return str(asked["id"])


async def test_a_vehicle_is_decided_once_the_plan_will_not_get_better_and_kept_until_delivered(
    dispatch: Dispatch,
) -> None:
    order_id = await decided(dispatch)
    (told,) = await dispatch.told("replacement.decided")
    assert (told["order_id"], told["vehicle_id"]) == (order_id, "V1")
    for _ in range(2):
        dispatch.clock.at += timedelta(minutes=20)
        await plan_territory(dispatch.context, "T1")
        await improve_territory(dispatch.context, "T1")
    assert len(await dispatch.told("replacement.decided")) == 1
    assert [case.vehicle_id for case in (await newest(dispatch)).proposal.cases] == ["V1"]
    step = ReplacementStepTaken(
        order_id=order_id, case_id="c", vehicle_id="V1", territory_id="T1", step="delivered", kilometres=90
    )
    await tell(dispatch, step)
    await plan_territory(dispatch.context, "T1")
    assert (await newest(dispatch)).proposal.cases == []
    assert (await dispatch.told("plan.published"))[-1]["vehicles"] == []


async def test_a_decided_vehicle_that_falls_out_is_decided_anew(dispatch: Dispatch) -> None:
    order_id = await decided(dispatch)
    dispatch.world.vehicles = [vehicle("V2", ZIBO)]
    await tell(dispatch, VehicleShort(order_id=order_id, vehicle_id="V1", territory_id="T1"), publisher="stations")
    await plan_territory(dispatch.context, "T1")
    await improve_territory(dispatch.context, "T1")
    assert [one["vehicle_id"] for one in await dispatch.told("replacement.decided")] == ["V1", "V2"]


async def test_what_cannot_wait_is_decided_with_the_first_plan(dispatch: Dispatch) -> None:
    asked = cargo_order()
    asked["clocks"][0]["due"] = (NOW + timedelta(minutes=100)).isoformat()  # type: ignore[index]
    dispatch.world.orders = [asked]
    dispatch.world.engineers = [engineer("E1")]
    dispatch.world.vehicles = [vehicle("V1", TAIAN)]
    await plan_territory(dispatch.context, "T1")
    assert len(await dispatch.told("replacement.decided")) == 1


async def test_a_vehicle_that_already_carries_the_cargo_drives_on_when_the_order_ends(dispatch: Dispatch) -> None:
    order_id = await decided(dispatch)
    moving = ReplacementStepTaken(
        order_id=order_id, case_id="c", vehicle_id="V1", territory_id="T1", step="cargo_moving"
    )
    await tell(dispatch, moving)
    await tell(dispatch, OrderCancelled(order_id=order_id, territory_id="T1", reason="towed"))
    async with dispatch.context.db.read() as tx:
        assert order_id in await decisions.cases(tx, "T1")
        assert await appointments.active(tx, "T1") == {}
