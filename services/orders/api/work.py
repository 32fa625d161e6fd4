"""What the phones tell about the work; mobile_api calls these for the engineer."""

from typing import Any

from kit.auth import Principal
from kit.routes import service_router
from kit.web import allow
from services.orders.api.calls import CompletionIn, FactIn, OperationIn
from services.orders.api.wire import Running
from services.orders.use_cases import completion, dispatch_gates, work
from services.orders.use_cases.intake import rules
from services.orders.use_cases.operations import Operation

router = service_router("orders", tag="work")


@router.post("/orders/{order_id}/facts")
async def record_fact(order_id: str, body: FactIn, running: Running, caller: Principal = allow()) -> dict[str, Any]:
    """One fact; the same operation_id again gets the same answer."""
    knowledge = await running.experience.get()
    fits = await dispatch_gates.fits_of(running, order_id, [line.part for line in body.parts_needed])
    async with running.db.transaction() as tx:
        return await work.record_fact(
            tx,
            order_id,
            _operation(body),
            body.kind,
            task=body.task,
            parts_needed=[(line.part, line.quantity) for line in body.parts_needed],
            service_s=body.service_s,
            causes=[one.told() for one in body.causes],
            catalogue=running.catalogue,
            knowledge=knowledge,
            fits=fits,
            caller=caller,
            now=running.clock.now(),
        )


@router.post("/orders/{order_id}/completion")
async def complete(order_id: str, body: CompletionIn, running: Running, caller: Principal = allow()) -> dict[str, Any]:
    """Completes the order, or answers 409 gate-not-met with the list of what is missing."""
    lists = await rules(running)
    async with running.db.transaction() as tx:
        return await completion.complete(
            tx,
            order_id,
            _operation(body),
            body.completion(),
            body.left_over(),
            [one.told() for one in body.causes],
            body.work_sheet(),
            rules=lists,
            catalogue=running.catalogue,
            caller=caller,
            now=running.clock.now(),
        )


def _operation(body: OperationIn) -> Operation:
    return Operation(
        operation_id=body.operation_id,
        appointment_id=body.appointment_id,
        engineer_id=body.engineer_id,
        at=body.at,
        received_at=body.received_at,
        body=body.body(),
        doubts=tuple(body.doubts),
    )
