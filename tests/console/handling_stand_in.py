"""What people command on an order and reports by hand, looked at by the service's own models."""

from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter, Request

from services.orders.api.calls import CancelIn, OrderIn, ProofIn, WaitIn
from services.orders.api.complaints import ComplaintIn
from services.orders.domain.problems import PossibleDuplicate, ProofMissing
from tests.console.scenery import Scenery

Json = dict[str, Any]


def handling_router(scenery: Scenery, reports: list[Json]) -> APIRouter:
    """A wait for the customer wants a proof; the first report of a machine meets an open order of the same kind."""
    router = APIRouter(prefix="/orders/v1")

    @router.get("/work-types")
    async def work_types() -> Json:
        kinds = [("breakdown", "故障维修", "Breakdown repair"), ("maintenance", "保养", "Maintenance")]
        return {"items": [{"work_type": code, "name_zh": zh, "name_en": en} for code, zh, en in kinds], "next": None}

    @router.post("/orders", status_code=201)
    async def take_report(request: Request) -> Json:
        report = OrderIn.model_validate_json(await request.body())
        if scenery.orders[0]["id"] not in report.not_duplicate_of:
            other = scenery.orders[0]
            raise PossibleDuplicate("add to that one", order_id=other["id"], number=other["number"])
        reports.append(report.model_dump(mode="json"))
        told = {"zh": "已受理，工单号 WO-200001。", "en": "Your order is WO-200001."}
        return {"id": scenery.orders[1]["id"], "number": "WO-200001", "told": told}

    @router.post("/orders/{order_id}/respond")
    async def respond(order_id: str) -> Json:
        scenery.answered[order_id] = _now()
        return scenery.order(order_id)

    @router.post("/orders/{order_id}/wait")
    async def wait(order_id: str, body: WaitIn) -> Json:
        if body.reason == "customer" and not (body.proof or body.proof_follows):
            raise ProofMissing("waiting for customer stops arrive only with a proof", pointer="/proof")
        told = {"reason": body.reason, "note": body.note, "proof": body.proof, "ended_at": None}
        scenery.waits[order_id] = told | {"wait_id": "w1", "started_at": _now()}
        return _moved(scenery, order_id, state="waiting", waiting_reason=body.reason)

    @router.post("/orders/{order_id}/waits/{wait_id}/proof")
    async def prove(order_id: str, wait_id: str, body: ProofIn) -> Json:
        scenery.waits[order_id]["proof"] = body.proof
        return scenery.order(order_id)

    @router.post("/orders/{order_id}/resume")
    async def resume(order_id: str) -> Json:
        del scenery.waits[order_id]
        return _moved(scenery, order_id, state="accepted", waiting_reason=None)

    @router.post("/orders/{order_id}/cancel")
    async def cancel(order_id: str, body: CancelIn) -> Json:
        return _moved(scenery, order_id, state="cancelled", waiting_reason=None)

    @router.post("/orders/{order_id}/complaints", status_code=201)
    async def complain(order_id: str, body: ComplaintIn) -> Json:
        scenery.care.complaints[0]["said"] = body.said
        return {}

    return router


def _now() -> str:
    return datetime.now(UTC).isoformat()


def _moved(scenery: Scenery, order_id: str, **changes: Any) -> Json:
    next(one for one in scenery.orders if one["id"] == order_id).update(changes)
    return scenery.order(order_id)
