"""Photos: judged, kept under the hash of their content, tied to a step of an order of one's own."""

import asyncio
import hashlib
from dataclasses import dataclass
from typing import Any

from kit.auth import Principal
from kit.client import NeighbourDown
from kit.journal import append
from kit.problems import Conflict, Invalid, NotFound, Unavailable
from mobile_api import gateways
from mobile_api.context import Mobile
from mobile_api.photos.picture import Picture, judge
from mobile_api.store import lanes, operations, photos, visits
from mobile_api.use_cases.reading import ask
from services.messages import PhotoStored


class WrongHash(Invalid):
    """The content does not have the hash that was announced"""


@dataclass(frozen=True, slots=True)
class Upload:
    """A picture on its way in, for one step of one order."""

    operation_id: str
    order_id: str
    step: str
    sha256: str
    content: bytes


async def store_photo(context: Mobile, caller: Principal, engineer_id: str, upload: Upload) -> Picture | None:
    """Keeps the picture and its tie; None when the very same upload was here before.

    Raises WrongHash, the problems of `judge`, NotFound for an order that is not one's own, Conflict for an operation
    id that was used for something else, Unavailable.
    """
    if hashlib.sha256(upload.content).hexdigest() != upload.sha256:
        raise WrongHash("the body's SHA-256 is not the one in X-Content-SHA256: it was cut or changed on the way")
    await must_be_own(context, engineer_id, upload.order_id)
    if await _is_here(context, engineer_id, upload):
        return None
    async with context.picture_slots:
        picture = await asyncio.to_thread(judge, upload.content)
    await context.vault.keep(upload.sha256, original=upload.content, served=picture.served)
    await _record(context, caller, engineer_id, upload, picture)
    return picture


async def served_photo(context: Mobile, caller: Principal, sha256: str) -> bytes:
    """The served copy, for whoever may see one of the orders that it is of. Raises NotFound."""
    async with context.db.read() as tx:
        ties = await photos.ties(tx, sha256)
    for tie in ties:
        if tie.engineer_id == caller.engineer_id or await may_see_order(context, caller, tie.order_id):
            return await context.vault.served(sha256)
    raise NotFound("there is no such photo")


async def may_see_order(context: Mobile, caller: Principal, order_id: str) -> bool:
    """Whether the order lies within the caller's scope; an engineer's is what they were ever sent to."""
    if caller.role in ("admin", "auditor", "service"):
        return True
    if caller.role == "engineer":
        async with context.db.read() as tx:
            return await visits.find(tx, caller.engineer_id or "", appointment_id=None, order_id=order_id) is not None
    if caller.role == "system" and caller.branch_id is None:
        return True
    path = f"/orders/v1/orders/{order_id}"
    said = (await ask(context, [path])).get(path)
    order: dict[str, Any] = said.body if said is not None else {}
    if caller.station_id is not None:
        return bool(order.get("station_id") == caller.station_id)
    return caller.branch_id is not None and bool(order.get("branch_id") == caller.branch_id)


async def must_be_own(context: Mobile, engineer_id: str, order_id: str) -> None:
    """Raises NotFound for an order that is not one's own, Unavailable when that cannot be told now."""
    named = {"appointment_id": None, "order_id": order_id}
    async with context.db.read() as tx:
        if await visits.find(tx, engineer_id, **named) is not None:
            return
    try:
        visit = await gateways.own_visit(context.clients, engineer_id, **named)
    except NeighbourDown as error:
        raise Unavailable("it cannot be told now whose order this is: try again", retry_after=5) from error
    if visit is None:
        raise NotFound("there is no such order of yours")


async def _is_here(context: Mobile, engineer_id: str, upload: Upload) -> bool:
    """Whether this upload was completed before. Raises Conflict when its operation id means something else."""
    async with context.db.read() as tx:
        tie = await photos.tie_of(tx, upload.operation_id)
        operation = (await operations.by_ids(tx, [upload.operation_id])).get(upload.operation_id)
    if operation is not None and (operation.engineer_id, operation.kind) != (engineer_id, "photo"):
        raise Conflict("this operation id belongs to another operation: make a new one")
    if tie is None:
        return False
    wanted = (engineer_id, upload.order_id, upload.step, upload.sha256)
    if (tie.engineer_id, tie.order_id, tie.step, tie.sha256) != wanted:
        raise Conflict("this operation id belongs to another upload: make a new one")
    return True


async def _record(context: Mobile, caller: Principal, engineer_id: str, upload: Upload, picture: Picture) -> None:
    seen = {name: getattr(picture, name) for name in ("media_type", "width", "height", "taken_at", "lon", "lat")}
    tie = {name: getattr(upload, name) for name in ("operation_id", "order_id", "step", "sha256")}
    async with context.db.transaction() as tx:
        await lanes.enter(tx, engineer_id)
        now = context.clock.now()
        await photos.add(tx, seen | {"sha256": upload.sha256, "bytes": len(upload.content), "stored_at": now})
        if not await photos.tie(tx, tie | {"engineer_id": engineer_id, "tied_at": now}):
            return  # the same upload, twice at once: the other one told it
        others = {tie.order_id for tie in await photos.ties(tx, upload.sha256)} - {upload.order_id}
        fact = PhotoStored(
            order_id=upload.order_id,
            engineer_id=engineer_id,
            sha256=upload.sha256,
            step=upload.step,
            also_of=tuple(sorted(others)),
        )
        await append(tx, fact, subject=upload.order_id, actor=caller.actor)
        await operations.hurry(tx, engineer_id, now)
        await lanes.wake(tx, engineer_id, now)
