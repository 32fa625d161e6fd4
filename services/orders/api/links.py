"""Changing which orders an order waits for."""

from typing import Annotated

from fastapi import Depends
from fastapi.responses import Response

from kit.auth import Principal
from kit.idempotency import Once, once
from kit.routes import service_router
from kit.web import allow, if_match
from services.orders.api.calls import LinksIn, links_asked
from services.orders.api.documents import order_document
from services.orders.api.order_wire import OrderOut
from services.orders.api.wire import Running, etag
from services.orders.use_cases.links import put_links

router = service_router("orders", tag="orders")


@router.put("/orders/{order_id}/links", response_model=OrderOut)
async def change_links(
    order_id: str,
    body: LinksIn,
    running: Running,
    once: Annotated[Once, Depends(once)],
    version: Annotated[int, Depends(if_match)],
    caller: Principal = allow("dispatcher", "station"),
) -> Response:
    """The order waits for these orders from now on, and for no others; needs If-Match. The plan is made anew."""
    async with running.db.transaction() as tx:
        if (reply := await once.replay(tx)) is not None:
            return reply
        await put_links(tx, caller, order_id, links_asked(body.links), version=version)
        document = await order_document(tx, running, caller, order_id)
        reply = await once.keep(tx, 200, document)
    reply.headers.update(etag(document.version))
    return reply
