"""The parts of one order."""

from kit.auth import Principal
from kit.problems import NotFound
from kit.routes import service_router
from kit.values import Id
from kit.web import allow
from services.parts.api.wire import MovementOut, Running
from services.parts.api.wire_facts import (
    DiscrepancyOut,
    OrderParts,
    OrderShipment,
    PickedOut,
    ReservationOut,
    ShipmentOut,
    ShipmentStep,
)
from services.parts.store import catalogue, claims, records

router = service_router("parts", tag="orders")


@router.get("/orders/{order_id}/parts")
async def read_order_parts(
    order_id: Id,
    running: Running,
    caller: Principal = allow("auditor", "dispatcher", "station", "system"),
) -> OrderParts:
    """What is reserved, on its way, picked up and used for an order."""
    async with running.db.read() as tx:
        which = catalogue.visible_orders(caller)
        if not catalogue.unlimited(caller) and not await claims.order_is_within(tx, order_id, which):
            raise NotFound(f"there is no order {order_id}")
        shipments = await records.shipments_of_order(tx, order_id)
        steps = await records.events_of_shipments(tx, [row.id for row in shipments])
        return OrderParts(
            order_id=order_id,
            reservations=[ReservationOut.of(row) for row in await claims.claims_of_order(tx, order_id)],
            picked=[PickedOut.of(row) for row in await claims.picked_of_order(tx, order_id)],
            shipments=[
                OrderShipment(
                    **ShipmentOut.of(row).model_dump(),
                    events=[ShipmentStep.of(step) for step in steps if step.shipment_id == row.id],
                )
                for row in shipments
            ],
            movements=[MovementOut.of(row) for row in await records.movements_of_order(tx, order_id)],
            used={part: pieces for part, pieces in (await records.issued(tx, order_id)).items() if pieces},
            discrepancies=[DiscrepancyOut.of(row) for row in await records.discrepancies_of_order(tx, order_id)],
        )
