"""Every service's journal over HTTP: what others follow and auditors read."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from fastapi.responses import JSONResponse, Response
from pydantic import AwareDatetime, BaseModel

from kit import journal
from kit.auth import Principal
from kit.context import Context
from kit.dependencies import allow
from kit.dependencies import context as service_context
from kit.events import event_to_wire
from kit.feed import parked_events
from kit.routes import service_router

PAGE = 500
Running = Annotated[Context, Depends(service_context)]


class JournalRow(BaseModel):
    """One sealed fact; `seq` is gapless and starts at 1."""

    seq: int
    id: str
    kind: str
    subject: str
    order_id: str | None
    actor: str
    effective_at: AwareDatetime
    recorded_at: AwareDatetime
    payload: dict[str, Any]


class JournalPage(BaseModel):
    """Rows in order; `head` is the newest row's seq, whatever was asked for."""

    items: list[JournalRow]
    head: int


class Verification(BaseModel):
    """Whether the hash chain holds: the first row where it does not, None when it does."""

    head: int
    first_bad_seq: int | None


class ParkedEvent(BaseModel):
    """An event that this service could not apply, with the reason."""

    publisher: str
    seq: int
    subject: str
    error: str
    event: JournalRow


class ParkedEvents(BaseModel):
    items: list[ParkedEvent]


def journal_router(service: str) -> APIRouter:
    """The same routes for every service: what belongs to it comes with each request."""
    router = service_router(service, tag="journal")
    router.add_api_route("/journal", read_journal, response_model=JournalPage)
    router.add_api_route("/journal/verification", verify_journal)
    router.add_api_route("/parked-events", read_parked)
    return router


async def read_journal(
    running: Running,
    after: Annotated[int, Query(ge=0, le=2**62)] = 0,
    limit: Annotated[int, Query(ge=1, le=PAGE)] = PAGE,
    _: Principal = allow("auditor"),
) -> Response:
    """Sealed journal rows with seq > after, in order."""
    async with running.db.look() as tx:  # each of the two is whole by itself: what is sealed stays as it is
        events = await journal.read(tx, publisher=running.name, after=after, limit=limit)
        newest = events[-1].seq if 0 < len(events) < limit else await journal.head(tx)
    # What every neighbour follows: the rows are as they shall be, no model need look at them.
    return JSONResponse({"items": [event_to_wire(event) for event in events], "head": newest})


async def verify_journal(running: Running, _: Principal = allow("auditor")) -> Verification:
    """Whether the hash chain holds, and the first row where it does not."""
    async with running.db.read() as tx:
        return Verification(head=await journal.head(tx), first_bad_seq=await journal.verify(tx))


async def read_parked(running: Running, _: Principal = allow("auditor")) -> ParkedEvents:
    """Events that this service could not apply, with the reason."""
    async with running.db.read() as tx:
        return ParkedEvents(items=[ParkedEvent(**row) for row in await parked_events(tx)])
