"""Photos that come in pieces (tus 1.0): after a cut the phone goes on where it stopped, on whichever replica."""

from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Row

from kit.auth import Principal
from kit.problems import Conflict, NotFound, Problem, TooManyRequests
from mobile_api.context import Mobile
from mobile_api.photos.picture import MAX_BYTES, PictureTooLarge
from mobile_api.store import photos, uploads
from mobile_api.use_cases.pictures import Upload, must_be_own, store_photo

KEPT = timedelta(days=7)
"""An upload that nobody goes on with is forgotten after this; the phone then begins it anew."""
MOST_AT_ONCE = 100


class WrongOffset(Conflict):
    """The upload does not stand at this offset"""


@dataclass(frozen=True, slots=True)
class Announced:
    """What the phone says before the first piece; `id` is that of its `photo` operation."""

    id: str
    order_id: str
    step: str
    sha256: str
    length: int


async def begin(context: Mobile, engineer_id: str, announced: Announced) -> int:
    """How much of it is here already: 0 for a new upload, everything for a photo that was completed before.

    Raises PictureTooLarge, NotFound for an order that is not one's own, Conflict for an id of another upload,
    TooManyRequests.
    """
    if announced.length > MAX_BYTES:
        raise PictureTooLarge(f"the file is larger than {MAX_BYTES} bytes: make it smaller on the phone")
    await must_be_own(context, engineer_id, announced.order_id)
    wanted = asdict(announced) | {"engineer_id": engineer_id}
    async with context.db.transaction() as tx:
        await uploads.forget(tx, untouched_since=context.clock.now() - KEPT)
        tie = await photos.tie_of(tx, announced.id)
        if tie is not None and (tie.engineer_id, tie.sha256) == (engineer_id, announced.sha256):
            return announced.length
        if await uploads.begun(tx, engineer_id) >= MOST_AT_ONCE:
            raise TooManyRequests("finish the uploads that were begun first", retry_after=60)
        row = await uploads.begin(tx, wanted | {"touched_at": context.clock.now()})
        if any(getattr(row, name) != value for name, value in wanted.items()):
            raise Conflict("this operation id belongs to another upload: make a new one")
        return int(row.received)


async def offset_of(context: Mobile, engineer_id: str, upload_id: str) -> tuple[int, int]:
    """How much is here and how much there will be; a completed photo is all here. Raises NotFound."""
    async with context.db.read() as tx:
        row = await uploads.find(tx, upload_id, engineer_id=engineer_id)
        if row is not None:
            return row.received, row.length
        tie = await photos.tie_of(tx, upload_id)
        kept = await photos.photo(tx, tie.sha256) if tie is not None and tie.engineer_id == engineer_id else None
    if kept is None:
        raise NotFound("there is no such upload: begin it anew")
    return kept.bytes, kept.bytes


async def add(context: Mobile, caller: Principal, engineer_id: str, upload_id: str, offset: int, piece: bytes) -> int:
    """Adds a piece and gives the new offset. The last one is here once the photo is judged and kept: who asks before
    that is told to send it again, whatever went wrong.

    Raises WrongOffset, NotFound, PictureTooLarge, and for the last piece whatever `store_photo` raises. A photo that is
    refused for good is forgotten with its pieces.
    """
    async with context.db.transaction() as tx:
        row = await uploads.find(tx, upload_id, engineer_id=engineer_id, lock=True)
        if row is None:
            raise NotFound("there is no such upload: begin it anew")
        if row.received != offset:
            raise WrongOffset(f"the upload stands at {row.received}", offset=row.received)
        if offset + len(piece) > row.length:
            raise PictureTooLarge(f"{row.length} bytes were announced, these are more")
        reached = offset + len(piece)
        if reached < row.length:
            if piece:
                await uploads.add_piece(tx, upload_id, offset=offset, content=piece, now=context.clock.now())
            return reached
        whole = await uploads.content(tx, upload_id) + piece
    await _finish(context, caller, engineer_id, row, whole)
    return reached


async def _finish(context: Mobile, caller: Principal, engineer_id: str, row: Row[Any], whole: bytes) -> None:
    upload = Upload(operation_id=row.id, order_id=row.order_id, step=row.step, sha256=row.sha256, content=whole)
    try:
        await store_photo(context, caller, engineer_id, upload)
    except Problem as problem:
        if problem.status < 500:
            await _end(context, row.id)
        raise
    await _end(context, row.id)


async def _end(context: Mobile, upload_id: str) -> None:
    async with context.db.transaction() as tx:
        await uploads.end(tx, upload_id)
