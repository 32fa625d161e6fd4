"""The queue of plans: coalesced, tried again, and never locked for ever by a worker that died."""

from datetime import timedelta
from typing import Any

import psycopg
import pytest
from sqlalchemy import text, update
from sqlalchemy.exc import OperationalError

from services.dispatch.store import territories
from services.dispatch.tables import territories as known
from services.dispatch.use_cases import planning
from services.dispatch.use_cases.planning import (
    FLOOD,
    LONGEST,
    PAUSE,
    ask_for_plan,
    ask_for_plans_of_orders,
    dispatch_soon,
    plan_news,
    plan_territory,
    replan_all,
)
from services.dispatch.use_cases.publishing import publish
from tests.dispatch.test_following import requested, waiting_plans
from tests.dispatch.test_planning import active, put_in
from tests.dispatch.world import Dispatch, engineer, order


async def _ask(dispatch: Dispatch) -> None:
    async with dispatch.context.db.transaction() as tx:
        await ask_for_plan(dispatch.context, tx, "T1")


async def _take_and_die(dispatch: Dispatch, *, silent_for: str) -> None:
    """A worker takes the waiting job and is not heard of for some time."""
    async with dispatch.context.db.transaction() as tx:
        worker = text(
            "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - CAST(:silent AS interval)) RETURNING id"
        )
        worker_id = (await tx.execute(worker, {"silent": silent_for})).scalar_one()
        await tx.execute(
            text("UPDATE procrastinate_jobs SET status = 'doing', worker_id = :worker WHERE status = 'todo'"),
            {"worker": worker_id},
        )


async def test_many_wishes_are_one_job_and_one_that_came_while_it_ran_is_another(dispatch: Dispatch) -> None:
    await _ask(dispatch)
    await _ask(dispatch)
    assert await waiting_plans(dispatch) == ["T1"]
    await _take_and_die(dispatch, silent_for="1 second")
    await _ask(dispatch)
    assert await waiting_plans(dispatch) == ["T1"]
    assert await requested(dispatch) == 3


@pytest.mark.parametrize(("silent_for", "rescued"), [("2 seconds", []), ("2 minutes", ["T1"])])
async def test_a_worker_that_died_does_not_lock_its_territory(
    dispatch: Dispatch, silent_for: str, rescued: list[str]
) -> None:
    await _ask(dispatch)
    await _take_and_die(dispatch, silent_for=silent_for)
    await dispatch.context.jobs.rescue()
    assert await waiting_plans(dispatch) == rescued


async def test_a_plan_that_failed_is_tried_again_by_itself(dispatch: Dispatch) -> None:
    dispatch.world.down = {"orders"}
    assert await plan_territory(dispatch.context, "T1") == "failed"
    assert await waiting_plans(dispatch) == ["T1"]


async def test_a_plan_that_lost_its_database_is_tried_again_when_it_is_back(
    dispatch: Dispatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Found by chaos: a job that ended in the outage left the territory unplanned until its next event."""
    away = OperationalError("", {}, psycopg.OperationalError("gone"), connection_invalidated=True)
    fails = iter((away, None))
    fail = territories.fail

    async def lost(*_: Any) -> Any:
        raise away

    async def fail_once_more(tx: Any, **values: Any) -> None:
        if (error := next(fails)) is not None:
            raise error
        await fail(tx, **values)

    monkeypatch.setattr(planning, "ASKED_AGAIN_S", 0.01)
    monkeypatch.setattr(planning, "_plan_once", lost)
    monkeypatch.setattr(territories, "fail", fail_once_more)
    assert await plan_territory(dispatch.context, "T1") == "failed"
    assert await waiting_plans(dispatch) == ["T1"]


async def test_time_alone_sends_appointments_and_asks_for_plans(dispatch: Dispatch) -> None:
    asked = order()
    dispatch.world.orders = [asked]
    dispatch.world.engineers = [engineer("E1")]
    assert await plan_territory(dispatch.context, "T1") == "published"
    await put_in(dispatch, (await active(dispatch))[asked["id"]].id, state="planned", dispatched_at=None)
    await dispatch_soon(dispatch.context)
    assert (await active(dispatch))[asked["id"]].state == "dispatched"
    before = await requested(dispatch)
    await replan_all(dispatch.context)
    assert await requested(dispatch) == before + 1
    await replan_all(dispatch.context)
    assert await requested(dispatch) == before + 1, "the plan that was asked for is still to come"


async def test_a_territory_whose_plan_failed_is_tried_again_by_time_alone(dispatch: Dispatch) -> None:
    await _ask(dispatch)
    async with dispatch.context.db.transaction() as tx:
        await territories.fail(tx, territory_id="T1", failure="a fault of ours", at=dispatch.context.clock.now())
    before = await requested(dispatch)
    await replan_all(dispatch.context)
    assert await requested(dispatch) == before + 1


async def test_a_group_of_events_asks_once_and_the_next_transaction_asks_again(dispatch: Dispatch) -> None:
    async with dispatch.context.db.transaction() as tx:
        for _ in range(50):
            await ask_for_plan(dispatch.context, tx, "T1")
    assert await requested(dispatch) == 1
    await _ask(dispatch)
    assert await requested(dispatch) == 2


async def test_a_group_that_failed_has_not_asked(dispatch: Dispatch) -> None:
    async def fail() -> None:
        async with dispatch.context.db.transaction() as tx:
            await ask_for_plan(dispatch.context, tx, "T1")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail()
    assert await waiting_plans(dispatch) == []
    await _ask(dispatch)
    assert await waiting_plans(dispatch) == ["T1"]


async def test_a_flood_of_news_is_planned_once_it_has_paused(dispatch: Dispatch) -> None:
    for _ in range(FLOOD - 1):
        await _ask(dispatch)
    assert not await _flooded(dispatch)
    await _ask(dispatch)
    assert await plan_news(dispatch.context, "T1") == "postponed"
    assert await waiting_plans(dispatch) == ["T1"], "it is asked for again"
    await _shift(dispatch, "requested_at", PAUSE)
    assert await plan_news(dispatch.context, "T1") == "published"
    assert not await _flooded(dispatch)


async def test_a_flood_that_does_not_end_is_planned_as_well(dispatch: Dispatch) -> None:
    for _ in range(FLOOD):
        await _ask(dispatch)
    await _shift(dispatch, "unplanned_since", LONGEST)
    assert not await _flooded(dispatch)
    await plan_territory(dispatch.context, "T1")
    for _ in range(FLOOD):
        await _ask(dispatch)
    assert await _flooded(dispatch), "what came after the plan counts from then"


@pytest.mark.parametrize(("read_until", "planned_again"), [(6, "published"), (7, "unchanged")])
async def test_orders_that_a_plan_has_read_already_ask_for_no_second_one(
    dispatch: Dispatch, monkeypatch: pytest.MonkeyPatch, read_until: int, planned_again: str
) -> None:
    """Events of an import come when the orders themselves have long been read: during a plan, or after it."""

    async def told_meanwhile(*given: Any, **values: Any) -> int:
        await _orders_tell(dispatch, 7)
        return await publish(*given, **values)

    monkeypatch.setattr(planning, "publish", told_meanwhile)
    dispatch.world.orders = [order()]
    dispatch.world.known_seq = read_until
    await _orders_tell(dispatch, 5)
    assert await plan_news(dispatch.context, "T1") == "published"
    dispatch.world.orders.append(order())
    assert await plan_news(dispatch.context, "T1") == planned_again
    before = await requested(dispatch)
    await _orders_tell(dispatch, read_until)
    assert await requested(dispatch) == before


async def test_other_news_than_that_of_orders_is_planned_whatever_the_plan_has_read_of_them(
    dispatch: Dispatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def an_engineer_fell_ill(*given: Any, **values: Any) -> int:
        await _ask(dispatch)
        return await publish(*given, **values)

    dispatch.world.orders = [order()]
    dispatch.world.known_seq = 9
    await _orders_tell(dispatch, 5)
    monkeypatch.setattr(planning, "publish", an_engineer_fell_ill)
    assert await plan_news(dispatch.context, "T1") == "published"
    async with dispatch.context.db.read() as tx:
        territory = await territories.find(tx, "T1")
    assert territory is not None
    assert not territory.is_covered


async def test_a_clock_that_was_put_back_is_no_flood(dispatch: Dispatch) -> None:
    for _ in range(FLOOD):
        await _ask(dispatch)
    await _shift(dispatch, "requested_at", -timedelta(hours=1))
    assert not await _flooded(dispatch)


async def test_a_territory_whose_job_is_lost_is_planned_by_time_alone(dispatch: Dispatch) -> None:
    await _ask(dispatch)
    await replan_all(dispatch.context)
    assert await requested(dispatch) == 1
    await _shift(dispatch, "requested_at", territories.LEFT_LYING)
    await replan_all(dispatch.context)
    assert await requested(dispatch) == 2


async def _orders_tell(dispatch: Dispatch, seq: int) -> None:
    async with dispatch.context.db.transaction() as tx:
        await ask_for_plans_of_orders(dispatch.context, tx, {"T1": seq})


async def _flooded(dispatch: Dispatch) -> bool:
    async with dispatch.context.db.read() as tx:
        rest = await territories.flood_pauses_in(tx, "T1", pieces=FLOOD, pause=PAUSE, longest=LONGEST)
    assert rest is None or timedelta() <= rest <= PAUSE
    return rest is not None


async def _shift(dispatch: Dispatch, column: str, back: timedelta) -> None:
    """As if that had been so much earlier."""
    async with dispatch.context.db.transaction() as tx:
        await tx.execute(update(known).values({column: known.c[column] - back}))
