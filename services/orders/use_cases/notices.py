"""Notices are confirmed by each who gets them; suggestions are answered, and their author confirms the answer."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from kit.auth import Principal
from kit.ids import new_id
from kit.journal import append
from kit.problems import Conflict, NotFound
from services.orders.domain.problems import OutsideYourScope
from services.orders.facts import NoticeConfirmed, NoticePublished, SuggestionMoved
from services.orders.store import notices as store


@dataclass(frozen=True, slots=True)
class Notice:
    """To a station, to a branch (`station_id` None), or to everybody (both None)."""

    title: str
    body: str
    branch_id: str | None
    station_id: str | None
    confirm_by: datetime | None


async def publish(tx: AsyncConnection, caller: Principal, notice: Notice, *, now: datetime) -> str:
    """Its id. Raises OutsideYourScope for a notice beyond the caller's branch."""
    if caller.branch_id is not None and notice.branch_id != caller.branch_id:
        raise OutsideYourScope("a notice goes to your own branch: send its id in branch_id")
    notice_id = new_id()
    addressed = {"branch_id": notice.branch_id, "station_id": notice.station_id}
    told = {"title": notice.title, "body": notice.body, "confirm_by": notice.confirm_by}
    await store.add_notice(tx, notice_id=notice_id, **addressed, **told, made_by=caller.actor, made_at=now)
    await append(tx, NoticePublished(notice_id=notice_id), subject=notice_id, actor=caller.actor)
    return notice_id


async def confirm(tx: AsyncConnection, caller: Principal, notice_id: str, *, now: datetime) -> None:
    """The caller has read it; doing it again changes nothing. Raises NotFound."""
    if await store.notice(tx, notice_id, caller) is None:
        raise NotFound("there is no such notice, or it is not to you")
    await store.confirm_notice(tx, notice_id=notice_id, actor=caller.actor, confirmed_at=now)
    await append(tx, NoticeConfirmed(notice_id=notice_id), subject=notice_id, actor=caller.actor)


async def suggest(tx: AsyncConnection, caller: Principal, title: str, body: str, *, now: datetime) -> str:
    """Its id."""
    suggestion_id = new_id()
    scope = {"branch_id": caller.branch_id, "station_id": caller.station_id}
    told = {"title": title, "body": body, "made_by": caller.actor, "made_at": now}
    await store.add_suggestion(tx, suggestion_id=suggestion_id, **scope, **told)
    await _moved(tx, caller, suggestion_id, "made")
    return suggestion_id


async def answer(tx: AsyncConnection, caller: Principal, suggestion_id: str, text: str, *, now: datetime) -> None:
    """Raises NotFound, Conflict when it has an answer."""
    known = await store.suggestion(tx, suggestion_id, caller)
    if known is None:
        raise NotFound("there is no such suggestion, or it is not yours to answer")
    if known.answer is not None:
        raise Conflict("this suggestion has an answer already", answered_by=known.answered_by)
    given = {"answer": text, "answered_by": caller.actor, "answered_at": now}
    await store.change_suggestion(tx, suggestion_id, **given)
    await _moved(tx, caller, suggestion_id, "answered")


async def confirm_answer(tx: AsyncConnection, caller: Principal, suggestion_id: str, *, now: datetime) -> None:
    """Its author has read the answer. Raises NotFound, Conflict while there is none."""
    known = await store.suggestion(tx, suggestion_id, caller)
    if known is None or known.made_by != caller.actor:
        raise NotFound("there is no such suggestion of yours")
    if known.answer is None:
        raise Conflict("there is no answer yet to confirm")
    if known.confirmed_at is None:
        await store.change_suggestion(tx, suggestion_id, confirmed_at=now)
        await _moved(tx, caller, suggestion_id, "confirmed")


async def _moved(tx: AsyncConnection, caller: Principal, suggestion_id: str, state: str) -> None:
    moved = SuggestionMoved(suggestion_id=suggestion_id, state=state)
    await append(tx, moved, subject=suggestion_id, actor=caller.actor)
