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
from kit.routes import service_router
from kit.web import allow
from services.orders.api.calls import OrderIn
from services.orders.api.documents import new_documents
from services.orders.api.order_wire import OrderOut
from services.orders.api.wire import Running, etag
from services.orders.context import Orders
from services.orders.use_cases.intake import Asked, StationUnheardOf, accept_each, rules
from services.orders.use_cases.places import finders

router = service_router("orders", tag="orders")


@dataclass(frozen=True, slots=True)
class Call:
    """One request that brings a report."""

    once: Once
    asked: Asked


@router.post("/orders", status_code=201, response_model=OrderOut)
async def take_report(
    body: OrderIn,
    running: Running,
    once: Annotated[Once, Depends(once)],
    caller: Principal = allow("dispatcher", "station", "system"),
) -> Response:
    """Accepts a report as a work order with its promise; the answer says what the caller is to be told."""
    known = await finders(running, *(() if body.place else (body.stake, body.address)))
    wanted = body.wanted(running.clock.now(), known)
    # Each gathers for itself: whoever parts or stations keep waiting keeps nobody else.
    try:
        lists = await rules(running, [wanted], quick=True)
        return await running.calls.do(Call(once, Asked(caller, wanted, lists)), partial(_take, running))
    except StationUnheardOf:
        lists = await rules(running, [wanted])
        return await running.calls.do(Call(once, Asked(caller, wanted, lists)), partial(_take, running))


async def _take(running: Orders, calls: Sequence[Call], patient: bool) -> list[Response | Exception | None]:
    """Leaves out the second use of a key: it is answered by what the first one did."""
    firsts = {call.once.claim: call for call in reversed(calls)}
    now = [call for call in calls if call.once.claim is None or firsts[call.once.claim] is call]
    answers = await _accept(running, now, patient=patient)
    told = {id(call): answer for call, answer in zip(now, answers, strict=True)}
    return [told.get(id(call)) for call in calls]


async def _accept(running: Orders, calls: Sequence[Call], *, patient: bool) -> list[Response | Exception]:
    async with running.db.transaction(patient=patient) as tx:
        results: list[Response | Exception | None] = [*await replays(tx, [call.once for call in calls])]
        fresh = [call for call, result in zip(calls, results, strict=True) if result is None]
        accepted = iter(await _accept_fresh(tx, running, fresh)) if fresh else iter(())
    return [next(accepted) if result is None else result for result in results]


async def _accept_fresh(tx: AsyncConnection, running: Orders, calls: Sequence[Call]) -> list[Response | Exception]:
    """What each call that was not answered before is answered now."""
    results = await accept_each(tx, [call.asked for call in calls], now=running.clock.now())
    pairs = list(zip(calls, results, strict=True))
    await give_up(tx, [call.once for call, result in pairs if not isinstance(result, str)])
    made = {result: call for call, result in pairs if isinstance(result, str)}
    documents = await new_documents(tx, running, {order_id: call.asked.caller for order_id, call in made.items()})
    kept = await keep_all(tx, [(call.once, 201, documents[order_id]) for order_id, call in made.items()])
    replies = dict(zip(made, kept, strict=True))
    for order_id, reply in replies.items():
        version = documents[order_id].version
        reply.headers.update(etag(version) | {"Location": f"/orders/v1/orders/{order_id}"})
    return [replies[result] if isinstance(result, str) else result for result in results]
