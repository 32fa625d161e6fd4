"""Correcting the place of an order."""

from typing import Annotated, Self

from fastapi import Depends
from fastapi.responses import Response
from pydantic import model_validator

from kit.auth import Principal
from kit.idempotency import Once, once
from kit.routes import service_router
from kit.values import Text, Wire, WirePlace
from kit.web import allow, if_match
from services.orders.api.documents import order_document
from services.orders.api.order_wire import OrderOut
from services.orders.api.wire import Running, etag
from services.orders.domain.places import Spot, locate
from services.orders.domain.problems import PlaceMissing
from services.orders.use_cases.places import correct, finders

router = service_router("orders", tag="orders")


class PlaceIn(Wire):
    """Where the machine stands, in one of three ways."""

    place: WirePlace | None = None
    stake: Text | None = None
    address: Text | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if sum(bool(said) for said in (self.place, self.stake, self.address)) != 1:
            raise ValueError("say one of place, stake and address")
        return self


@router.put("/orders/{order_id}/place", response_model=OrderOut)
async def correct_place(
    order_id: str,
    body: PlaceIn,
    running: Running,
    once: Annotated[Once, Depends(once)],
    version: Annotated[int, Depends(if_match)],
    caller: Principal = allow("dispatcher"),
) -> Response:
    """The machine stands elsewhere, or it is known better where; needs If-Match. The plan is made anew."""
    known = await finders(running, body.stake, body.address)
    where = locate(body.place.to_wgs84() if body.place else None, body.stake, body.address, known)
    if not isinstance(where, Spot):
        raise where or PlaceMissing("say where the machine stands", pointer="/place")
    stations = await running.stations.all()
    async with running.db.transaction() as tx:
        if (reply := await once.replay(tx)) is not None:
            return reply
        kinds = running.catalogue.work_types
        await correct(tx, caller, order_id, where, version=version, stations=stations, work_types=kinds)
        document = await order_document(tx, running, caller, order_id)
        reply = await once.keep(tx, 200, document)
    reply.headers.update(etag(document.version))
    return reply
