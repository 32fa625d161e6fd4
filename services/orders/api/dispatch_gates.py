"""Gates of dispatch: a person lets an order through."""

from typing import Annotated

from fastapi import Depends
from fastapi.responses import Response
from pydantic import StringConstraints

from kit.auth import Principal
from kit.idempotency import Once, once
from kit.routes import service_router
from kit.values import Code, Text, Wire
from kit.web import allow
from services.orders.api.documents import order_document
from services.orders.api.order_wire import OrderOut
from services.orders.api.wire import Running, etag
from services.orders.domain.dispatch_gates import Decision, DispatchGate
from services.orders.use_cases import dispatch_gates

router = service_router("orders", tag="gates")


class GateDecisionIn(Wire):
    """How the order goes on, and why; `part` is the fitting one, with replace."""

    decision: Decision
    reason: Annotated[Text, StringConstraints(min_length=1)]
    part: Code | None = None


@router.post("/orders/{order_id}/dispatch-gates/{gate}/{subject}/decision", response_model=OrderOut)
async def decide_gate(
    order_id: str,
    gate: DispatchGate,
    subject: Code,
    body: GateDecisionIn,
    running: Running,
    once: Annotated[Once, Depends(once)],
    caller: Principal = allow("dispatcher"),
) -> Response:
    """Lets the order through: another part, without the part, all the same; with the campaign, without it."""
    decision = dispatch_gates.GateDecision(body.decision, body.reason, body.part)
    await dispatch_gates.check(running, caller, order_id, gate, decision)
    async with running.db.transaction() as tx:
        if (reply := await once.replay(tx)) is not None:
            return reply
        await dispatch_gates.decide(tx, caller, order_id, gate, subject, decision, now=running.clock.now())
        document = await order_document(tx, running, caller, order_id)
        reply = await once.keep(tx, 200, document)
    reply.headers.update(etag(document.version))
    return reply
