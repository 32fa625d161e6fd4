"""Asking an operation's owner, with everything that the question needs. Nothing is locked meanwhile."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Row

from kit.client import NeighbourDown
from kit.problems import Conflict, NotFound, Problem
from mobile_api import gateways
from mobile_api.context import Mobile
from mobile_api.domain.routes import ROUTES, Photo, Resolved, is_sha256, read_payload
from mobile_api.domain.verdicts import Verdict
from mobile_api.store import operations, photos, visits

CALL_DEADLINE_S = 10.0
UNREACHED = "owner-out-of-reach"
NO_PHOTO = "waits-for-photo"


@dataclass(frozen=True, slots=True)
class Later:
    """No final answer yet; `reason` is UNREACHED or NO_PHOTO."""

    reason: str


async def attempt(context: Mobile, row: Row[Any], *, own: bool) -> Verdict | Later:
    """The owner's verdict on a stored operation (our own, for photos and delays), or why it has to wait.

    `own`: the appointment and order that it names are known here to be the engineer's.
    """
    route = ROUTES[row.kind]
    try:
        known = own or route.about == "nothing"
        operation = _resolved(row) if known else await _resolve(context, row)
        if not await _photos_are_here(context, operation):
            return Later(NO_PHOTO)
        if route.call is None:
            return Verdict("applied")
        call = route.call(operation)
    except Problem as problem:
        return Verdict("rejected", reason=problem.slug, problem=problem.document())
    except NeighbourDown:
        return Later(UNREACHED)
    verdict = await gateways.apply(context, call, operation_id=row.id, actor=row.actor, deadline_s=CALL_DEADLINE_S)
    return verdict or Later(UNREACHED)


async def _resolve(context: Mobile, row: Row[Any]) -> Resolved:
    """The operation with the engineer's own appointment and order.

    The first answer is kept: the owner must be asked the same every time. Raises NotFound for what is not theirs,
    NeighbourDown when that cannot be told now.
    """
    named = {"appointment_id": row.appointment_id, "order_id": row.order_id}
    async with context.db.read() as tx:
        visit: Any = await visits.find(tx, row.engineer_id, **named)
    if visit is None:
        visit = await gateways.own_visit(context.clients, row.engineer_id, **named)
    if visit is None:
        raise NotFound("there is no such appointment of yours")
    found = {"appointment_id": visit.appointment_id, "order_id": visit.order_id}
    if found != named:
        async with context.db.transaction() as tx:
            await operations.change(tx, row.id, found)
    return _resolved(row, **found)


def _resolved(row: Row[Any], **found: str) -> Resolved:
    named = {"appointment_id": row.appointment_id, "order_id": row.order_id} | found
    return Resolved(
        id=row.id,
        kind=row.kind,
        engineer_id=row.engineer_id,
        payload=row.payload,
        effective_at=row.effective_at,
        received_at=row.received_at,
        skew=timedelta(milliseconds=row.skew_ms or 0),
        doubts=tuple(row.doubts),
        **named,
    )


async def _photos_are_here(context: Mobile, operation: Resolved) -> bool:
    """Whether every photo that the operation names was uploaded. Raises Conflict when its upload was something else."""
    if operation.kind == "photo":
        payload = read_payload(Photo, operation.payload)
        async with context.db.read() as tx:
            tie = await photos.tie_of(tx, operation.id)
        if tie is None:
            return False
        if (tie.engineer_id, tie.sha256, tie.order_id) != (operation.engineer_id, payload.sha256, operation.order_id):
            raise Conflict("the upload with this operation id was another picture or for another order")
    signature = str(operation.payload.get("signature_photo")) if operation.kind == "complete" else ""
    if not is_sha256(signature):
        return True  # its owner says what it thinks of a missing or odd one
    async with context.db.read() as tx:
        return any(tie.order_id == operation.order_id for tie in await photos.ties(tx, signature))
