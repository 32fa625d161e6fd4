"""Remedies of broken promises, goodwill, and the budgets they are paid from."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self

from fastapi import Depends, Query
from fastapi.responses import Response
from pydantic import BaseModel, Field, StringConstraints
from sqlalchemy import Row

from kit.auth import Principal
from kit.idempotency import Once, once
from kit.months import month_span
from kit.problems import NotFound
from kit.routes import service_router
from kit.values import Code, Fen, LongText, Wire
from kit.web import Caller, allow
from services.orders.api import cursors
from services.orders.api.kpi_wire import MonthName
from services.orders.api.wire import Running
from services.orders.store import remedies as store
from services.orders.use_cases import remedies
from services.orders.use_cases.intake import rules

router = service_router("orders", tag="remedies")
OnceOnly = Annotated[Once, Depends(once)]
Said = Annotated[LongText, StringConstraints(min_length=1)]


class GoodwillIn(Wire):
    """Money for a customer beyond what is owed, and why."""

    amount_fen: Annotated[Fen, Field(gt=0)]
    reason: Said


class DecisionIn(Wire):
    """Approved or refused; `amount_fen` when it is another sum than was proposed."""

    approved: Annotated[bool, Field(strict=True)]
    amount_fen: Fen | None = None
    note: LongText = ""


class RemedyOut(BaseModel):
    """`clock` null: a person asked for it; `month` is whose budget paid."""

    remedy_id: str
    order_id: str
    number: str
    branch_id: str
    clock: str | None
    kind: str
    amount_fen: int
    work_type: str | None
    state: str
    reason: str
    proposed_at: datetime
    decided_at: datetime | None
    decided_by: str | None
    note: str | None
    month: str | None
    opened_order_id: str | None

    @classmethod
    def of(cls, row: Row[Any]) -> Self:
        return cls(**{name: getattr(row, name) for name in cls.model_fields})


class RemedyPage(BaseModel):
    items: list[RemedyOut]
    next: str | None


class BudgetIn(Wire):
    amount_fen: Fen


class BudgetOut(BaseModel):
    """A branch's money for a month; null when none is set, and then nothing can be approved."""

    branch_id: str
    month: str
    amount_fen: int | None
    spent_fen: int


@router.get("/remedies")
async def list_remedies(
    running: Running,
    caller: Caller,
    state: Literal["proposed", "approved", "refused", "withdrawn"] | None = None,
    order_id: Annotated[str | None, Query(max_length=64)] = None,
    branch_id: Code | None = None,
    decided_in: MonthName | None = None,
    cursor: Annotated[str | None, Query(max_length=300)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> RemedyPage:
    """The caller's remedies, oldest first; those `decided_in` a month (Asia/Shanghai) the newest decision first."""
    which = store.fitting(state=state, order_id=order_id, branch_id=branch_id)
    last = cursors.decode(cursor, (str, str) if decided_in else (str,)) if cursor else None
    async with running.db.read() as tx:
        if decided_in is None:
            rows = await store.page(tx, caller, which, after=last[0] if last else "", limit=limit)
        else:
            which &= store.decided_between(*month_span(decided_in))
            before = (cursors.moment(last[0]), last[1]) if last else None
            rows = await store.decided_page(tx, caller, which, before=before, limit=limit)
    return RemedyPage(
        items=[RemedyOut.of(row) for row in rows],
        next=_key(rows[-1], decided=decided_in is not None) if len(rows) == limit else None,
    )


def _key(row: Row[Any], *, decided: bool) -> str:
    return cursors.encode([row.decided_at.isoformat(), row.remedy_id] if decided else [row.remedy_id])


@router.post("/orders/{order_id}/goodwill", status_code=201, response_model=RemedyOut)
async def ask_goodwill(
    order_id: str,
    body: GoodwillIn,
    running: Running,
    once: OnceOnly,
    caller: Principal = allow("dispatcher", "station"),
) -> Response:
    """Asks for goodwill; a dispatcher of the branch approves it."""
    async with running.db.transaction() as tx:
        if (reply := await once.replay(tx)) is not None:
            return reply
        remedy_id = await remedies.ask_goodwill(
            tx, caller, order_id, amount_fen=body.amount_fen, reason=body.reason, now=running.clock.now()
        )
        return await once.keep(tx, 201, await _document(tx, caller, remedy_id))


@router.post("/remedies/{remedy_id}/decision", response_model=RemedyOut)
async def decide(
    remedy_id: str, body: DecisionIn, running: Running, once: OnceOnly, caller: Principal = allow("dispatcher")
) -> Response:
    """Approves or refuses what is proposed; 409 `budget-exceeded` tells what is left."""
    lists = await rules(running)
    decision = remedies.Decision(body.approved, body.amount_fen, body.note)
    async with running.db.transaction() as tx:
        if (reply := await once.replay(tx)) is not None:
            return reply
        await remedies.decide(tx, caller, remedy_id, decision, rules=lists, now=running.clock.now())
        return await once.keep(tx, 200, await _document(tx, caller, remedy_id))


@router.get("/goodwill-budgets/{branch_id}/{month}")
async def read_budget(branch_id: Code, month: MonthName, running: Running, caller: Caller) -> BudgetOut:
    """What a branch may spend in a month, and has spent."""
    if caller.role not in ("admin", "auditor", "dispatcher", "service") or caller.branch_id not in (None, branch_id):
        raise NotFound("there is no such budget, or it is not yours to see")
    async with running.db.read() as tx:
        amount = await store.budget(tx, branch_id, month)
        return BudgetOut(
            branch_id=branch_id, month=month, amount_fen=amount, spent_fen=await store.spent(tx, branch_id, month)
        )


@router.put("/goodwill-budgets/{branch_id}/{month}", status_code=204)
async def set_budget(
    branch_id: Code, month: MonthName, body: BudgetIn, running: Running, caller: Principal = allow()
) -> None:
    """Sets what a branch may spend in a month."""
    given = {"branch_id": branch_id, "month": month, "amount_fen": body.amount_fen}
    async with running.db.transaction() as tx:
        await store.set_budget(tx, **given, set_by=caller.actor, set_at=running.clock.now())


async def _document(tx: Any, caller: Principal, remedy_id: str) -> RemedyOut:
    row = await store.find(tx, remedy_id, caller)
    if row is None:
        raise NotFound("there is no such remedy, or it is not yours")
    return RemedyOut.of(row)
