"""Changing how an order is planned: what it waits for, and whom it needs."""

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Depends
from fastapi.responses import Response
from sqlalchemy.ext.asyncio import AsyncConnection

from kit.auth import Principal
from kit.idempotency import Once, once
from kit.routes import service_router
from kit.web import allow, if_match
from services.orders.api.calls import CrewIn, ExpertIn, LinksIn, links_asked
from services.orders.api.documents import order_document
from services.orders.api.order_wire import OrderOut
from services.orders.api.wire import Running, etag
from services.orders.use_cases.crews import put_crew, put_expert
from services.orders.use_cases.links import put_links

router = service_router("orders", tag="orders")
OnceOnly = Annotated[Once, Depends(once)]
Version = Annotated[int, Depends(if_match)]


@router.put("/orders/{order_id}/links", response_model=OrderOut)
async def change_links(
    order_id: str,
    body: LinksIn,
    running: Running,
    once: OnceOnly,
    version: Version,
    caller: Principal = allow("dispatcher", "station"),
) -> Response:
    """The order waits for these orders from now on, and for no others; needs If-Match. The plan is made anew."""

    async def change(tx: AsyncConnection) -> None:
        await put_links(tx, caller, order_id, links_asked(body.links), version=version)

    return await _changed(running, once, caller, order_id, change)


@router.put("/orders/{order_id}/crew", response_model=OrderOut)
async def change_crew(
    order_id: str,
    body: CrewIn,
    running: Running,
    once: OnceOnly,
    version: Version,
    caller: Principal = allow("dispatcher", "station"),
) -> Response:
    """So many engineers are planned for the order from now on; needs If-Match. The plan is made anew."""

    async def change(tx: AsyncConnection) -> None:
        await put_crew(tx, caller, order_id, body.crew(), version=version)

    return await _changed(running, once, caller, order_id, change)


@router.put("/orders/{order_id}/expert", response_model=OrderOut)
async def change_expert(
    order_id: str,
    body: ExpertIn,
    running: Running,
    once: OnceOnly,
    version: Version,
    caller: Principal = allow("dispatcher", "station"),
) -> Response:
    """An expert is planned to join the work from afar, or none any more; needs If-Match. The plan is made anew."""

    async def change(tx: AsyncConnection) -> None:
        expert = body.expert.need() if body.expert else None
        await put_expert(tx, caller, order_id, expert, version=version)

    return await _changed(running, once, caller, order_id, change)


async def _changed(
    running: Running, once: Once, caller: Principal, order_id: str, change: Callable[[AsyncConnection], Awaitable[None]]
) -> Response:
    async with running.db.transaction() as tx:
        if (reply := await once.replay(tx)) is not None:
            return reply
        await change(tx)
        document = await order_document(tx, running, caller, order_id)
        reply = await once.keep(tx, 200, document)
    reply.headers.update(etag(document.version))
    return reply
