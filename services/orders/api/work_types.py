"""The kinds of work."""

from dataclasses import asdict

from pydantic import BaseModel

from kit.routes import service_router
from kit.web import Caller
from services.orders.api.wire import Json, Running

router = service_router("orders", tag="promises")


class WorkTypeList(BaseModel):
    items: list[Json]
    next: None = None


@router.get("/work-types")
async def list_work_types(running: Running, _: Caller) -> WorkTypeList:
    """The kinds of work with their tasks, checklists and gates."""
    return WorkTypeList(items=[asdict(kind) for kind in running.catalogue.work_types.values()])
