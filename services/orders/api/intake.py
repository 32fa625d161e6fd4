"""Taking reports. Those that come at the same moment are accepted in one transaction, each for itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Annotated

from fastapi import Depends
from fastapi.responses import Response
from sqlalchemy.ext.asyncio import AsyncConnection

from kit.auth import Principal
from kit.idempotency import Once, give_up, keep_all, once, replays
from kit.problems import Problem
from kit.routes import service_router
from kit.web import allow
from services.orders.api.calls import OrderIn
from services.orders.api.documents import new_documents
from services.orders.api.order_wire import OrderOut
from services.orders.api.wire import Running, etag
from services.orders.context import Orders
from services.orders.domain.intake import Rules
from services.orders.stake_numbers import RouteReference
from services.orders.use_cases.intake import StationUnheardOf, Wanted, accept_each, rules

router = service_router("orders", tag="orders")
NO_POSTS = RouteReference([])


@dataclass(frozen=True, slots=True)
class Call:
    """One request that brings a report."""

    once: Once
    caller: Principal
    wanted: Wanted


@router.post("/orders", status_code=201, response_model=OrderOut)
async def take_report(
    body: OrderIn,
    running: Running,
    once: Annotated[Once, Depends(once)],
    caller: Principal = allow("dispatcher", "station", "system"),
) -> Response:
    """Accepts a report as a work order with its promise; the answer says what the caller is to be told."""
    reference = await running.route_reference.get() if body.stake else NO_POSTS
    call = Call(once, caller, body.wanted(running.clock.now(), reference))
    return await running.calls.do(call, partial(_take, running))


async def _take(running: Orders, calls: Sequence[Call], patient: bool) -> list[Response | Exception]:
    wanted = [call.wanted for call in calls]
    try:
        return await _accept(running, calls, await rules(running, wanted, quick=True), patient=patient)
    except StationUnheardOf:
        return await _accept(running, calls, await rules(running, wanted), patient=patient)


async def _accept(running: Orders, calls: Sequence[Call], lists: Rules, *, patient: bool) -> list[Response | Exception]:
    async with running.db.transaction(patient=patient) as tx:
        results: list[Response | Exception | None] = [*await replays(tx, [call.once for call in calls])]
        fresh = [call for call, result in zip(calls, results, strict=True) if result is None]
        accepted = iter(await _accept_fresh(tx, running, fresh, lists)) if fresh else iter(())
    return [next(accepted) if result is None else result for result in results]


async def _accept_fresh(
    tx: AsyncConnection, running: Orders, calls: Sequence[Call], lists: Rules
) -> list[Response | Exception]:
    """What each call that was not answered before is answered now."""
    asked = [(call.caller, call.wanted) for call in calls]
    results = await accept_each(tx, asked, rules=lists, now=running.clock.now())
    pairs = list(zip(calls, results, strict=True))
    await give_up(tx, [call.once for call, result in pairs if isinstance(result, Problem)])
    made = {result: call for call, result in pairs if isinstance(result, str)}
    documents = await new_documents(tx, running, {order_id: call.caller for order_id, call in made.items()})
    kept = await keep_all(tx, [(call.once, 201, documents[order_id]) for order_id, call in made.items()])
    replies = dict(zip(made, kept, strict=True))
    for order_id, reply in replies.items():
        version = documents[order_id].version
        reply.headers.update(etag(version) | {"Location": f"/orders/v1/orders/{order_id}"})
    return [result if isinstance(result, Problem) else replies[result] for result in results]
