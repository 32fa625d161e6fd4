"""Promise clocks, the waits that pause them, and their timers."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Row, delete, func, insert, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from kit.rows import among_ids, as_rows, given_rows, types_of
from services.orders.domain.clocks import Clock
from services.orders.domain.promise import ClockRule, Waiting
from services.orders.tables import clocks, due_at, orders, waits

_RULE = TypeAdapter(ClockRule)


async def begin(
    tx: AsyncConnection, begun: Mapping[str, Sequence[Clock]], left: Mapping[str, Sequence[ClockRule]]
) -> None:
    """Add clocks whose start event has happened; `left` are the rules that go on waiting for theirs."""
    fresh = {order_id: clocks for order_id, clocks in begun.items() if clocks}
    await add(tx, fresh)
    for order_id in fresh:
        waiting = update(orders).where(orders.c.order_id == order_id)
        await tx.execute(waiting.values(clocks_to_come=documents_of(left[order_id])))


def rules_of(documents: Sequence[Any]) -> list[ClockRule]:
    return [_RULE.validate_python(document) for document in documents]


def documents_of(rules: Sequence[ClockRule]) -> list[dict[str, Any]]:
    return [_RULE.dump_python(rule, mode="json") for rule in rules]


_OF_ORDERS = select(clocks).where(among_ids(clocks.c.order_id)).order_by(clocks.c.order_id, clocks.c.due)


async def of_orders(tx: AsyncConnection, order_ids: Sequence[str]) -> dict[str, list[Clock]]:
    """The clocks of each order, in the order of their due moments."""
    found: dict[str, list[Clock]] = defaultdict(list)
    for row in await tx.execute(_OF_ORDERS, {"ids": list(order_ids)}):
        found[row.order_id].append(
            Clock(
                rule=_RULE.validate_python(row.rule),
                chance=row.chance,
                **{name: getattr(row, name) for name in _MOVING},
            )
        )
    return found


_MOVING = ("started_at", "due", "state", "stopped_at", "predicted", "breach_raised", "warned", "late_fen")
"""What of a clock changes while its rule stays, beside the chance that plans tell."""
_moved = given_rows(types_of(clocks, ("order_id", "clock", *_MOVING)))
_SAVE = (
    update(clocks)
    .where(clocks.c.order_id == _moved.c.order_id, clocks.c.clock == _moved.c.clock)
    .values({name: _moved.c[name] for name in _MOVING})
)


async def save(tx: AsyncConnection, changed: Sequence[tuple[str, Clock]]) -> None:
    """Write the moving part of (order_id, clock) pairs."""
    if changed:
        rows = ({"order_id": order_id, "clock": clock.rule.clock, **_moving(clock)} for order_id, clock in changed)
        await tx.execute(_SAVE, as_rows(rows))


_CLOCK = ("order_id", "clock", "rule", *_MOVING)
_ADD = insert(clocks).from_select(_CLOCK, select(given_rows(types_of(clocks, _CLOCK))))


async def add(tx: AsyncConnection, by_order: Mapping[str, Sequence[Clock]]) -> None:
    rows = [
        {"order_id": order_id, "clock": clock.rule.clock, "rule": _RULE.dump_python(clock.rule, mode="json")}
        | _moving(clock)
        for order_id, own in by_order.items()
        for clock in own
    ]
    if rows:
        await tx.execute(_ADD, as_rows(rows))


def _moving(clock: Clock) -> dict[str, Any]:
    return {name: getattr(clock, name) for name in _MOVING}


async def orders_counting_by(tx: AsyncConnection, calendar: str, *, after: str, limit: int) -> Sequence[Row[Any]]:
    """Orders with an unstopped clock of a calendar, by id after `after`, locked."""
    counting = select(clocks.c.order_id).where(
        clocks.c.rule["calendar"].astext == calendar, clocks.c.stopped_at.is_(None)
    )
    query = select(orders).where(orders.c.order_id.in_(counting), orders.c.order_id > after)
    return (await tx.execute(query.order_by(orders.c.order_id).limit(limit).with_for_update())).all()


_foreseen = given_rows(types_of(clocks, ("order_id", "clock", "predicted", "chance")))
_PREDICT = (
    update(clocks)
    .where(clocks.c.order_id == _foreseen.c.order_id, clocks.c.clock == _foreseen.c.clock)
    .values(
        predicted=_foreseen.c.predicted,
        chance=_foreseen.c.chance,
        first_chance=func.coalesce(clocks.c.first_chance, _foreseen.c.chance),
    )
)


async def predict(tx: AsyncConnection, foreseen: Mapping[tuple[str, str], tuple[datetime, float | None]]) -> None:
    """When the plan sees each (order, clock) stop, and the chance that it is kept; clocks that do not run change
    nothing. The first chance that was told stays, to be judged."""
    if foreseen:
        rows = (
            {"order_id": order, "clock": clock, "predicted": at, "chance": chance}
            for (order, clock), (at, chance) in foreseen.items()
        )
        await tx.execute(_PREDICT, as_rows(rows))


# --- waits ------------------------------------------------------------------------------------------------------


_WAITS_OF = select(waits).where(among_ids(waits.c.order_id)).order_by(waits.c.started_at)


async def waits_of(tx: AsyncConnection, order_ids: Sequence[str]) -> dict[str, list[Waiting]]:
    found: dict[str, list[Waiting]] = defaultdict(list)
    for row in await tx.execute(_WAITS_OF, {"ids": list(order_ids)}):
        found[row.order_id].append(Waiting(row.reason, row.started_at, row.ended_at, row.proof is not None))
    return found


async def wait_rows(tx: AsyncConnection, order_id: str) -> Sequence[Row[Any]]:
    """The waits of one order with notes and proofs, oldest first."""
    return (await tx.execute(select(waits).where(waits.c.order_id == order_id).order_by(waits.c.started_at))).all()


async def prove_wait(tx: AsyncConnection, wait_id: str, proof: str) -> None:
    await tx.execute(update(waits).where(waits.c.wait_id == wait_id).values(proof=proof))


async def begin_wait(tx: AsyncConnection, **values: Any) -> None:
    await tx.execute(insert(waits).values(values))


async def end_wait(tx: AsyncConnection, order_id: str, at: datetime) -> None:
    """End the running wait, if any; a fact from before it began makes it a wait of no length."""
    running = (waits.c.order_id == order_id) & waits.c.ended_at.is_(None)
    await tx.execute(update(waits).where(running).values(ended_at=func.greatest(at, waits.c.started_at)))


# --- timers -----------------------------------------------------------------------------------------------------


CLOSE = "close"
_TIMER = ("order_id", "timer", "at")
_wanted = given_rows(types_of(due_at, _TIMER))
_FORGET_TIMERS = delete(due_at).where(
    among_ids(due_at.c.order_id),
    due_at.c.timer != CLOSE,
    tuple_(due_at.c.order_id, due_at.c.timer).not_in(select(_wanted.c.order_id, _wanted.c.timer)),
)
_timer = upsert(due_at).from_select(_TIMER, select(_wanted))
_ADD_TIMERS = _timer.on_conflict_do_update(
    index_elements=["order_id", "timer"], set_={"at": _timer.excluded.at}, where=due_at.c.at != _timer.excluded.at
)


async def set_timers(tx: AsyncConnection, wanted: Mapping[str, Mapping[str, datetime]]) -> None:
    """The promise timers of each order become exactly these; `close` timers are left alone."""
    await tx.execute(_FORGET_TIMERS, {"ids": list(wanted), **_timer_rows(wanted)})
    await add_timers(tx, wanted)


async def add_timers(tx: AsyncConnection, wanted: Mapping[str, Mapping[str, datetime]]) -> None:
    """Timers of orders; those that they have already move there."""
    if any(wanted.values()):
        await tx.execute(_ADD_TIMERS, _timer_rows(wanted))


def _timer_rows(wanted: Mapping[str, Mapping[str, datetime]]) -> dict[str, str]:
    return as_rows(
        {"order_id": order_id, "timer": timer, "at": at}
        for order_id, timers in wanted.items()
        for timer, at in timers.items()
    )


async def set_close_timer(tx: AsyncConnection, order_id: str, at: datetime) -> None:
    statement = upsert(due_at).values(order_id=order_id, timer=CLOSE, at=at)
    await tx.execute(statement.on_conflict_do_update(index_elements=["order_id", "timer"], set_={"at": at}))


async def drop_close_timer(tx: AsyncConnection, order_id: str) -> None:
    await tx.execute(delete(due_at).where(due_at.c.order_id == order_id, due_at.c.timer == CLOSE))


async def take_due(tx: AsyncConnection, *, now: datetime, limit: int, only: str | None = None) -> Sequence[Row[Any]]:
    """Orders (or the one) with a timer that has run out, locked; those that somebody else holds are left for the next
    look."""
    due = select(due_at.c.order_id).where(due_at.c.at < now).order_by(due_at.c.at).limit(limit)
    if only is not None:
        due = due.where(due_at.c.order_id == only)
    query = select(orders).where(orders.c.order_id.in_(due)).with_for_update(skip_locked=True)
    return (await tx.execute(query)).all()


async def due_timers(tx: AsyncConnection, order_ids: Sequence[str], *, now: datetime) -> dict[str, set[str]]:
    """The run-out timers of locked orders: read after the lock, so that nobody else can fire them any more."""
    found: dict[str, set[str]] = defaultdict(set)
    for row in await tx.execute(select(due_at).where(due_at.c.order_id.in_(order_ids), due_at.c.at < now)):
        found[row.order_id].add(row.timer)
    return found


async def put_aside(tx: AsyncConnection, order_id: str, *, until: datetime) -> None:
    """Look at an order's timers later."""
    await tx.execute(update(due_at).where(due_at.c.order_id == order_id, due_at.c.at < until).values(at=until))
