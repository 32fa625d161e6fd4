"""Call-backs: the list of whom to call, and what they said."""

from datetime import datetime
from typing import Annotated, Any, Self

from fastapi import Depends, Query
from fastapi.responses import Response
from pydantic import BaseModel, Field
from sqlalchemy import Row

from kit.auth import Principal
from kit.idempotency import Once, once
from kit.routes import service_router
from kit.values import LongText, Wire
from kit.web import Caller, allow
from services.orders.api import cursors
from services.orders.api.wire import Running
from services.orders.domain.callbacks import Check, Level, Outcome
from services.orders.store.feedback import callbacks as store
from services.orders.use_cases.callbacks import Call, answer, draw, levels_of

router = service_router("orders", tag="call-backs")
OnceOnly = Annotated[Once, Depends(once)]


class CallIn(Wire):
    """A call; when somebody was reached every check has its answer."""

    outcome: Outcome
    checks: dict[Check, Annotated[bool, Field(strict=True)]] = Field(default_factory=dict)
    note: LongText = ""


class CallBackOut(BaseModel):
    """A call-back: `share` is the chance with which its order was drawn, `risks` why."""

    order_id: str
    number: str
    level: str
    branch_id: str
    station_id: str
    customer_name: str
    phone: str | None
    share: float
    risks: list[str]
    due: datetime
    attempts: int
    ended_at: datetime | None
    reached: bool | None
    checks: dict[str, bool] | None
    compliant: bool | None
    note: str | None

    @classmethod
    def of(cls, row: Row[Any]) -> Self:
        phone = row.contact_phone or row.customer_phone
        return cls(**{name: getattr(row, name) for name in cls.model_fields if name != "phone"}, phone=phone)


class CallBackPage(BaseModel):
    items: list[CallBackOut]
    next: str | None


class Drawn(BaseModel):
    new: int


@router.get("/callbacks")
async def list_callbacks(
    running: Running,
    caller: Caller,
    level: Level | None = None,
    only_open: bool = True,
    cursor: Annotated[str | None, Query(max_length=300)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> CallBackPage:
    """Whom the caller is to call at which level, those that are due first."""
    levels = [one for one in levels_of(caller) if level in (None, one)]
    after = cursors.decode(cursor, (str, str)) if cursor else None
    async with running.db.read() as tx:
        rows = await store.page(
            tx,
            caller,
            levels=levels,
            only_open=only_open,
            after=(cursors.moment(after[0]), after[1]) if after else None,
            limit=limit,
        )
    last = rows[-1] if len(rows) == limit else None
    return CallBackPage(
        items=[CallBackOut.of(row) for row in rows],
        next=cursors.encode([last.due.isoformat(), last.order_id]) if last else None,
    )


@router.post("/callbacks/draw")
async def draw_now(running: Running, caller: Principal = allow("system")) -> Drawn:
    """Draws call-backs from what was completed in the last week; a job does so every hour."""
    return Drawn(new=await draw(running))


@router.post("/callbacks/{order_id}/{level}/calls", response_model=CallBackOut)
async def record_call(
    order_id: str,
    level: Level,
    body: CallIn,
    running: Running,
    once: OnceOnly,
    caller: Principal = allow("dispatcher", "station", "auditor"),
) -> Response:
    """What came of a call; three without an answer end it, one that finds something wrong opens a complaint."""
    call = Call(body.outcome, dict(body.checks.items()), body.note)
    async with running.db.transaction() as tx:
        if (reply := await once.replay(tx)) is not None:
            return reply
        changed = await answer(tx, running, caller, order_id, level, call)
        return await once.keep(tx, 200, CallBackOut.of(changed))
