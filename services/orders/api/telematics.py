"""Snapshots of ISO/TS 15143-3, as machines and their makers' servers send them."""

import asyncio
from typing import Any, Self

from fastapi import Request
from pydantic import BaseModel

from kit.auth import Principal
from kit.problems import Problem
from kit.routes import service_router
from kit.web import allow
from services.orders.api.wire import Json, Running
from services.orders.domain.problems import SnapshotUnread
from services.orders.domain.telematics import read_snapshot
from services.orders.use_cases.telematics import Meters, Taken, take_snapshot

router = service_router("orders", tag="telematics")
_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": {"type": "object"}},
            "application/xml": {"schema": {"type": "string"}},
        },
    }
}


class MachineTaken(BaseModel):
    """What became of one machine. Codes by what they are: new, told before, or not SPN/FMI (kept in the symptom)."""

    index: int
    serial: str | None
    meters: Meters
    new_codes: list[str]
    known_codes: list[str]
    other_codes: list[str]
    order_id: str | None
    problem: Json | None
    order_problem: Json | None

    @classmethod
    def of(cls, index: int, taken: Taken) -> Self:
        told = {name: getattr(taken, name) for name in cls.model_fields if hasattr(taken, name)}
        problems = {name: _document(getattr(taken, name)) for name in ("problem", "order_problem")}
        return cls(index=index, **(told | problems))


class SnapshotTaken(BaseModel):
    """Every machine of the snapshot, in its order."""

    machines: list[MachineTaken]


@router.post("/telematics/snapshots", openapi_extra=_BODY)
async def take_snapshot_document(
    request: Request, running: Running, caller: Principal = allow("system")
) -> SnapshotTaken:
    """Takes meters and fault codes of each machine for itself; a fault that stops the machine becomes an order."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().casefold()
    xml = kind in ("application/xml", "text/xml")
    if not xml and kind != "application/json":
        raise SnapshotUnread("send the snapshot as application/xml or application/json")
    content = await request.body()
    readings = await asyncio.to_thread(read_snapshot, content, xml=xml)
    taken = await take_snapshot(running, caller, readings)
    return SnapshotTaken(machines=[MachineTaken.of(index, one) for index, one in enumerate(taken)])


def _document(problem: Problem | None) -> Json | None:
    return problem.document() if problem is not None else None
