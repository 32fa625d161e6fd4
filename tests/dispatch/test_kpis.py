"""How plans were kept and changed, by hand."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert

from kit.ids import new_id
from kit.journal import append
from kit.kpis import figures
from services.dispatch.store.kpis import KPIS
from services.dispatch.tables import appointments, overrides
from services.dispatch.use_cases.planning import plan_territory
from services.messages import AppointmentPlanned
from tests.dispatch.test_planning import active
from tests.dispatch.test_transitions import step, take_step
from tests.dispatch.world import LIAOCHENG, NOW, TAIAN, Dispatch, engineer, order

MINUTE = timedelta(minutes=1)


async def told(dispatch: Dispatch, start: datetime, arrived: int | None, state: str = "done", **more: Any) -> None:
    """An appointment of E1 that was told to start then; somebody arrived so many minutes after that."""
    row = {
        "id": new_id(),
        "order_id": new_id(),
        "territory_id": "T1",
        "engineer_id": "E1",
        "state": state,
        "epoch": 1,
        "scheduled_start": start,
        "scheduled_end": start + MINUTE,
        "reference_start": start,
        "arrived_at": None if arrived is None else start + arrived * MINUTE,
        "lon": 117.0,
        "lat": 36.0,
    }
    async with dispatch.context.db.transaction() as tx:
        await tx.execute(insert(appointments).values(row | more))


async def planned(dispatch: Dispatch, start: datetime, *changes: tuple[str, int]) -> None:
    """An appointment as it was published, one (engineer, minutes later) after the other."""
    appointment_id, order_id = new_id(), new_id()
    for version, (engineer_id, minutes) in enumerate((("E1", 0), *changes), start=1):
        at = start + minutes * MINUTE
        message = AppointmentPlanned(
            order_id=order_id,
            appointment_id=appointment_id,
            engineer_id=engineer_id,
            territory_id="T1",
            scheduled_start=at,
            scheduled_end=at + MINUTE,
            version=version,
        )
        async with dispatch.context.db.transaction() as tx:
            await append(tx, message, subject=appointment_id, actor="service:dispatch", effective_at=start)


async def measured(dispatch: Dispatch, now: datetime) -> dict[tuple[str, str, str], tuple[int, float]]:
    async with dispatch.context.db.read() as tx:
        day = timedelta(days=1)
        found = await figures(tx, KPIS, begin=now - day, until=now + day, now=now)
    return {(one.kpi, one.kind, one.scope_id): (one.n, one.total) for one in found}


async def test_windows_are_kept_from_a_quarter_before_to_an_hour_after(dispatch: Dispatch) -> None:
    """Kept: on the edges and between. Not: a minute outside, nobody came. Not counted: its window is still open,
    declined, cancelled, never told."""
    await dispatch.know()
    now = dispatch.clock.now()
    start = now - timedelta(hours=5)
    for minutes in (-15, 0, 60, -16, 61, None):
        await told(dispatch, start, minutes)
    await told(dispatch, now - timedelta(minutes=30), 0)
    await told(dispatch, start, 0, "declined")
    await told(dispatch, start, 0, "cancelled")
    await told(dispatch, start, 0, reference_start=None)
    got = await measured(dispatch, now)
    assert got["schedule_adherence", "engineer", "E1"] == (6, 3.0)
    assert got["schedule_adherence", "branch", "B1"] == (6, 3.0)
    assert not [key for key in got if key[:2] == ("schedule_adherence", "station")], "from before stations were noted"


async def test_a_station_is_measured_by_the_visits_to_its_orders(dispatch: Dispatch) -> None:
    await dispatch.know()
    start = dispatch.clock.now() - timedelta(hours=5)
    await told(dispatch, start, 0, station_id="S1")
    await told(dispatch, start, 61, station_id="S1")
    await told(dispatch, start, 0, station_id="S2")
    got = await measured(dispatch, dispatch.clock.now())
    assert got["schedule_adherence", "station", "S1"] == (2, 1.0)
    assert got["schedule_adherence", "station", "S2"] == (1, 1.0)


async def test_adherence_is_measured_against_what_was_really_published(dispatch: Dispatch) -> None:
    """A plan sends two engineers and keeps tomorrow's inspection to itself. One comes when the phone was told, the
    other two hours later, an hour after the window: one of two. What was not sent yet is nobody's lateness."""
    kept, late = order("kept", TAIAN, station_id="S1"), order("late", LIAOCHENG, station_id="S1")
    tomorrow = order(kind="inspection", earliest_start=(NOW + timedelta(hours=25)).isoformat(), clocks=[])
    dispatch.world.orders = [kept, late, tomorrow]
    dispatch.world.engineers = [engineer("E1"), engineer("E2", LIAOCHENG)]
    assert await plan_territory(dispatch.context, "T1") == "published"
    published = await active(dispatch)
    assert published[tomorrow["id"]].state == "planned"
    for one, minutes in ((published[kept["id"]], 0), (published[late["id"]], 120)):
        at = one.start + minutes * MINUTE
        dispatch.clock.at = at + MINUTE
        arrived = step("on_site", actor=f"engineer:{one.engineer_id}", at=at, received_at=at + MINUTE, place=one.site)
        await take_step(dispatch.context, one.id, arrived)
    got = await measured(dispatch, dispatch.clock.now() + timedelta(hours=12))
    assert got["schedule_adherence", "branch", "B1"] == (2, 1.0)
    assert got["schedule_adherence", "station", "S1"] == (2, 1.0)
    assert got["schedule_adherence", "engineer", published[late["id"]].engineer_id] == (1, 0.0)


async def test_what_was_published_otherwise_later_is_churn(dispatch: Dispatch) -> None:
    """Four appointments: left alone, moved by a quarter of an hour, by a minute more, given to somebody else. One
    override in four, which cost 1 200 fen more than what the optimiser would have done."""
    await dispatch.know()
    now = dispatch.clock.now()
    await planned(dispatch, now)
    await planned(dispatch, now, ("E1", 15))
    await planned(dispatch, now, ("E1", 16))
    await planned(dispatch, now, ("E2", 0))
    row = {
        "id": new_id(),
        "order_id": new_id(),
        "territory_id": "T1",
        "engineer_id": "E2",
        "pin": "resource",
        "reason": "knows the machine",
        "actor": "a:b",
        "at": now,
        "epoch": 1,
        "difference_fen": 1_200,
    }
    async with dispatch.context.db.transaction() as tx:
        await tx.execute(insert(overrides).values(row))
    got = await measured(dispatch, now)
    assert got["plan_churn", "engineer", "E1"] == (4, 2.0), "by whom it was given to first"
    assert got["override_rate", "branch", "B1"] == (4, 1.0)
    assert got["override_value", "network", ""] == (1, 1_200.0)
