"""Notices to confirm, and suggestions with their answers."""

from datetime import datetime
from typing import Annotated, Any, Self

from fastapi import Depends, Query
from fastapi.responses import Response
from pydantic import BaseModel, StringConstraints, model_validator
from sqlalchemy import Row

from kit.auth import Principal
from kit.idempotency import Once, once
from kit.problems import NotFound
from kit.routes import service_router
from kit.values import Code, Instant, LongText, Text, Wire
from kit.web import Caller, allow
from services.orders.api.wire import Running
from services.orders.store import notices as store
from services.orders.use_cases import notices

router = service_router("orders", tag="notices")
OnceOnly = Annotated[Once, Depends(once)]
Title = Annotated[Text, StringConstraints(min_length=1)]
Said = Annotated[LongText, StringConstraints(min_length=1)]
Limit = Annotated[int, Query(ge=1, le=200)]
Cursor = Annotated[str, Query(max_length=64)]


class NoticeIn(Wire):
    """To a station of a branch, to a branch, or (neither) to everybody."""

    title: Title
    body: Said
    branch_id: Code | None = None
    station_id: Code | None = None
    confirm_by: Instant | None = None

    @model_validator(mode="after")
    def _addressed(self) -> Self:
        if self.station_id is not None and self.branch_id is None:
            raise ValueError("name the branch of the station as well")
        return self


class NoticeOut(BaseModel):
    """`confirmed_at`: when the caller confirmed it; `confirmations`: how many people did."""

    notice_id: str
    title: str
    body: str
    branch_id: str | None
    station_id: str | None
    confirm_by: datetime | None
    made_by: str
    made_at: datetime
    confirmed_at: datetime | None
    confirmations: int


class NoticePage(BaseModel):
    items: list[NoticeOut]
    next: str | None


class Made(BaseModel):
    id: str


class Confirmation(BaseModel):
    actor: str
    confirmed_at: datetime


class SuggestionIn(Wire):
    title: Title
    body: Said


class AnswerIn(Wire):
    answer: Said


class SuggestionOut(BaseModel):
    """Closed once its author has confirmed the answer."""

    suggestion_id: str
    title: str
    body: str
    branch_id: str | None
    station_id: str | None
    made_by: str
    made_at: datetime
    answer: str | None
    answered_by: str | None
    answered_at: datetime | None
    confirmed_at: datetime | None


class SuggestionPage(BaseModel):
    items: list[SuggestionOut]
    next: str | None


@router.post("/notices", status_code=201, response_model=Made)
async def publish_notice(
    body: NoticeIn, running: Running, once: OnceOnly, caller: Principal = allow("dispatcher")
) -> Response:
    """Publishes a notice; whoever gets it confirms to have read it."""
    notice = notices.Notice(body.title, body.body, body.branch_id, body.station_id, body.confirm_by)
    async with running.db.transaction() as tx:
        if (reply := await once.replay(tx)) is not None:
            return reply
        made = await notices.publish(tx, caller, notice, now=running.clock.now())
        return await once.keep(tx, 201, Made(id=made))


@router.get("/notices")
async def list_notices(
    running: Running, caller: Caller, unconfirmed: bool = False, cursor: Cursor = "", limit: Limit = 50
) -> NoticePage:
    """Notices to the caller, newest first; `unconfirmed` leaves out those that the caller has confirmed."""
    async with running.db.read() as tx:
        rows = await store.notice_page(tx, caller, unconfirmed=unconfirmed, after=cursor, limit=limit)
    items = [NoticeOut(**_fields(row, NoticeOut)) for row in rows]
    return NoticePage(items=items, next=rows[-1].notice_id if len(rows) == limit else None)


@router.post("/notices/{notice_id}/confirm", status_code=204)
async def confirm_notice(notice_id: str, running: Running, caller: Caller) -> None:
    """The caller has read it."""
    async with running.db.transaction() as tx:
        await notices.confirm(tx, caller, notice_id, now=running.clock.now())


@router.get("/notices/{notice_id}/confirmations")
async def list_confirmations(
    notice_id: str, running: Running, caller: Principal = allow("dispatcher", "auditor")
) -> list[Confirmation]:
    """Who has confirmed it, in the order of confirming."""
    async with running.db.read() as tx:
        if await store.notice(tx, notice_id, caller) is None:
            raise NotFound("there is no such notice, or it is not to you")
        rows = await store.confirmations(tx, notice_id)
    return [Confirmation(actor=row.actor, confirmed_at=row.confirmed_at) for row in rows]


@router.post("/suggestions", status_code=201, response_model=Made)
async def make_suggestion(body: SuggestionIn, running: Running, once: OnceOnly, caller: Caller) -> Response:
    """Anybody may suggest something; the branch answers."""
    async with running.db.transaction() as tx:
        if (reply := await once.replay(tx)) is not None:
            return reply
        made = await notices.suggest(tx, caller, body.title, body.body, now=running.clock.now())
        return await once.keep(tx, 201, Made(id=made))


@router.get("/suggestions")
async def list_suggestions(
    running: Running, caller: Caller, open_only: bool = False, cursor: Cursor = "", limit: Limit = 50
) -> SuggestionPage:
    """One's own suggestions; for dispatchers those of their branch. Newest first."""
    async with running.db.read() as tx:
        rows = await store.suggestion_page(tx, caller, open_only=open_only, after=cursor, limit=limit)
    items = [SuggestionOut(**_fields(row, SuggestionOut)) for row in rows]
    return SuggestionPage(items=items, next=rows[-1].suggestion_id if len(rows) == limit else None)


@router.post("/suggestions/{suggestion_id}/answer", status_code=204)
async def answer_suggestion(
    suggestion_id: str, body: AnswerIn, running: Running, caller: Principal = allow("dispatcher")
) -> None:
    """Answers it once."""
    async with running.db.transaction() as tx:
        await notices.answer(tx, caller, suggestion_id, body.answer, now=running.clock.now())


@router.post("/suggestions/{suggestion_id}/confirm", status_code=204)
async def confirm_answer(suggestion_id: str, running: Running, caller: Caller) -> None:
    """Its author has read the answer: the suggestion is closed."""
    async with running.db.transaction() as tx:
        await notices.confirm_answer(tx, caller, suggestion_id, now=running.clock.now())


def _fields(row: Row[Any], model: type[BaseModel]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in model.model_fields}
