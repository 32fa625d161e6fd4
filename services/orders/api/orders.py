"""Work orders: reading them, and what people command."""

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import Depends, Query
from fastapi.responses import Response

from kit.auth import Principal
from kit.idempotency import Once, once
from kit.problems import Invalid, NotFound
from kit.routes import service_router
from kit.values import Code
from kit.web import Caller, allow, if_match
from services.orders.api import cursors
from services.orders.api.calls import CancelIn, FlagDecisionIn, ProofIn, WaitIn
from services.orders.api.documents import order_document
from services.orders.api.order_wire import OrderListed, OrderOut, OrderPage, TimelineEntry, TimelinePage
from services.orders.api.wire import Running, etag
from services.orders.domain.life import OPEN, STATES
from services.orders.store import clocks as clock_store
from services.orders.store import links as link_store
from services.orders.store import orders as store
from services.orders.store import timeline as timeline_store
from services.orders.use_cases import life
from services.orders.use_cases.flags import decide_flag

router = service_router("orders", tag="orders")
OnceOnly = Annotated[Once, Depends(once)]
Version = Annotated[int, Depends(if_match)]
Limit = Annotated[int, Query(ge=1, le=200)]
Cursor = Annotated[str | None, Query(max_length=300)]


@router.get("/orders")
async def list_orders(
    running: Running,
    caller: Caller,
    state: Annotated[list[str] | None, Query(max_length=20)] = None,
    branch_id: Code | None = None,
    territory_id: Code | None = None,
    station_id: Code | None = None,
    asset_id: Code | None = None,
    engineer_id: Code | None = None,
    order: Literal["newest", "risk"] = "newest",
    cursor: Cursor = None,
    limit: Limit = 50,
) -> OrderPage:
    """The caller's orders: newest first, or by risk. `state` may be repeated; `open` means all open states."""
    named = {"branch_id": branch_id, "territory_id": territory_id, "station_id": station_id}
    named |= {"asset_id": asset_id, "engineer_id": engineer_id}
    async with running.db.read() as tx:
        rows = await store.page(
            tx,
            caller,
            states=_states(state or []),
            filters={column: value for column, value in named.items() if value is not None},
            by_risk=order == "risk",
            after=_after(cursor, by_risk=order == "risk"),
            limit=limit,
        )
        ids = [row.order_id for row in rows]
        clocks, links = await clock_store.of_orders(tx, ids), await link_store.of_orders(tx, ids)
    kinds = running.catalogue.work_types
    items = [
        OrderListed.of(row, clocks.get(row.order_id, []), links.get(row.order_id, []), kinds[row.work_type].kind)
        for row in rows
    ]
    return OrderPage(items=items, next=_next(rows[-1], order) if len(rows) == limit else None)


@router.get("/orders/{order_id}")
async def read_order(order_id: str, running: Running, caller: Caller, response: Response) -> OrderOut:
    """One order."""
    async with running.db.read() as tx:
        document = await order_document(tx, running, caller, order_id)
    response.headers.update(etag(document.version))
    return document


@router.get("/orders/{order_id}/timeline")
async def read_timeline(
    order_id: str,
    running: Running,
    caller: Caller,
    cursor: Cursor = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 200,
) -> TimelinePage:
    """Everything that happened to an order in all services, in the order of when it was so."""
    after = cursors.decode(cursor, (str, str, str, int)) if cursor else None
    async with running.db.read() as tx:
        if await store.find(tx, order_id, caller) is None:
            raise NotFound("there is no such order, or it is not yours")
        rows = await timeline_store.of_order(tx, order_id, after=_moments(after), limit=limit)
    items = [
        TimelineEntry(
            id=row.event_id,
            publisher=row.publisher,
            seq=row.seq,
            kind=row.kind,
            actor=row.actor,
            effective_at=row.effective_at,
            recorded_at=row.recorded_at,
            payload=row.facts,
        )
        for row in rows
    ]
    last = rows[-1] if len(rows) == limit else None
    key = [last.effective_at.isoformat(), last.recorded_at.isoformat(), last.publisher, last.seq] if last else None
    return TimelinePage(items=items, next=cursors.encode(key) if key else None)


@router.post("/orders/{order_id}/cancel", response_model=OrderOut)
async def cancel(
    order_id: str, body: CancelIn, running: Running, once: OnceOnly, version: Version, caller: Caller
) -> Response:
    """Ends an order without work; needs If-Match."""

    async def change(tx: Any, now: datetime) -> None:
        await life.cancel(tx, caller, order_id, reason=body.reason, version=version, now=now)

    return await _commanded(running, once, caller, order_id, change)


@router.post("/orders/{order_id}/wait", response_model=OrderOut)
async def wait(
    order_id: str, body: WaitIn, running: Running, once: OnceOnly, version: Version, caller: Caller
) -> Response:
    """The order waits for something outside; needs If-Match."""

    async def change(tx: Any, now: datetime) -> None:
        await life.wait(tx, caller, order_id, body.asked(), version=version, now=now)

    return await _commanded(running, once, caller, order_id, change)


@router.post("/orders/{order_id}/waits/{wait_id}/proof", response_model=OrderOut)
async def prove_wait(
    order_id: str, wait_id: str, body: ProofIn, running: Running, once: OnceOnly, caller: Caller
) -> Response:
    """The proof of a wait, when it comes later than the wait."""

    async def change(tx: Any, now: datetime) -> None:
        await life.prove_wait(tx, caller, order_id, wait_id, proof=body.proof, now=now)

    return await _commanded(running, once, caller, order_id, change)


@router.post("/orders/{order_id}/resume", response_model=OrderOut)
async def resume(order_id: str, running: Running, once: OnceOnly, version: Version, caller: Caller) -> Response:
    """The wait is over; needs If-Match."""

    async def change(tx: Any, now: datetime) -> None:
        await life.resume(tx, caller, order_id, version=version, now=now)

    return await _commanded(running, once, caller, order_id, change)


@router.post("/orders/{order_id}/respond", response_model=OrderOut)
async def respond(
    order_id: str, running: Running, once: OnceOnly, caller: Principal = allow("dispatcher", "station")
) -> Response:
    """A person has answered the customer; only the first answer counts."""

    async def change(tx: Any, now: datetime) -> None:
        await life.respond(tx, caller, order_id, now=now)

    return await _commanded(running, once, caller, order_id, change)


@router.post("/orders/{order_id}/close", response_model=OrderOut)
async def close(order_id: str, running: Running, once: OnceOnly, caller: Caller) -> Response:
    """Closes a confirmed order at once; it would close by itself as soon as nothing is open."""

    async def change(tx: Any, now: datetime) -> None:
        await life.close(tx, caller, order_id, now=now)

    return await _commanded(running, once, caller, order_id, change)


@router.post("/orders/{order_id}/flagged-facts/{fact_id}/decision", response_model=OrderOut)
async def decide_on_flag(
    order_id: str,
    fact_id: str,
    body: FlagDecisionIn,
    running: Running,
    once: OnceOnly,
    caller: Principal = allow("dispatcher"),
) -> Response:
    """A person lets a flagged fact count for the promise, or not."""

    async def change(tx: Any, now: datetime) -> None:
        await decide_flag(tx, caller, order_id, fact_id, accepted=body.accepted, now=now)

    return await _commanded(running, once, caller, order_id, change)


async def _commanded(running: Running, once: Once, caller: Principal, order_id: str, change: Any) -> Response:
    """One command in one transaction, answered with the order as it is then."""
    async with running.db.transaction() as tx:
        if (reply := await once.replay(tx)) is not None:
            return reply
        await change(tx, running.clock.now())
        document = await order_document(tx, running, caller, order_id)
        reply = await once.keep(tx, 200, document)
    reply.headers.update(etag(document.version))
    return reply


def _states(named: list[str]) -> list[str]:
    known = {*STATES, "open"}
    if wrong := [state for state in named if state not in known]:
        raise Invalid(f"there is no state {wrong[0][:40]!r}: use {', '.join(sorted(known))}")
    return sorted({state for name in named for state in (OPEN if name == "open" else (name,))})


def _after(cursor: str | None, *, by_risk: bool) -> tuple[Any, ...] | None:
    if cursor is None:
        return None
    if not by_risk:
        return tuple(cursors.decode(cursor, (str,)))
    rank, due, order_id = cursors.decode(cursor, (int, str, str))
    return rank, cursors.moment(due), order_id


def _next(row: Any, order: str) -> str:
    if order == "newest":
        return cursors.encode([row.order_id])
    return cursors.encode([row.risk_rank, (row.risk_due or store.NEVER).isoformat(), row.order_id])


def _moments(key: list[Any] | None) -> tuple[Any, ...] | None:
    return (cursors.moment(key[0]), cursors.moment(key[1]), key[2], key[3]) if key else None
