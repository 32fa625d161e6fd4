"""Taking a batch: everything is written in one transaction before anything is answered."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from kit.auth import Principal
from kit.ids import new_id
from kit.journal import append
from kit.problems import Invalid, Problem
from mobile_api.context import Mobile
from mobile_api.domain.doubts import backdated, sighting, teleport
from mobile_api.domain.operations import Envelope, ResultStatus, Sent, corrected, effective_at, measured_skew
from mobile_api.domain.routes import LOCAL, read_payload, route_of
from mobile_api.store import lanes, operations, visits
from services.messages import OperationApplied

REUSED = "operation-reused"
SEQUENCE_TAKEN = "sequence-reused"


@dataclass(frozen=True, slots=True)
class Batch:
    """What one phone sent at once; `sent_at` is its own clock at sending."""

    engineer_id: str
    device_id: str
    sent_at: datetime | None
    operations: Sequence[Sent]


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of one operation at intake: stored now or before, or refused without being stored."""

    id: str
    before: bool = False
    refused: str | None = None


@dataclass(frozen=True, slots=True)
class Intake:
    """One entry per operation, in the order sent. `holder` has the engineer's lane, unless somebody else is at it."""

    taken: list[Taken]
    holder: str | None
    at: datetime


async def take(context: Mobile, caller: Principal, batch: Batch) -> Intake:
    """Stores what is new and takes the lane, in one transaction: whoever brought the batch applies it."""
    now, holder = context.clock.now(), new_id()
    async with context.db.transaction() as tx:
        leased = await lanes.enter_and_take(tx, batch.engineer_id, holder, now=now, life=lanes.LEASE)
        known = await operations.known(
            tx,
            engineer_id=batch.engineer_id,
            device_id=batch.device_id,
            ids=[sent.id for sent in batch.operations],
            # With the one before the first, by whose time the first is judged.
            sequences=[*{sent.seq - back for sent in batch.operations for back in (0, 1)}],
        )
        taken, new = _sort_out(batch, known)
        rows = await _rows(tx, batch, new, caller=caller, now=now)
        await _doubt(tx, batch, rows, known)
        added = await operations.add(tx, rows)
        for row in rows:
            if row["status"] == "rejected" and row["id"] in added:
                await _tell_rejected(tx, row, batch.engineer_id)
    lost = {sent.id for sent in new} - added
    answered = [Taken(entry.id, refused=REUSED) if entry.id in lost else entry for entry in taken]
    return Intake(answered, holder if leased else None, now)


def result_status(row: Row[Any], *, before: bool) -> ResultStatus:
    """What the phone is told about a stored operation; `before` when an earlier request had brought it."""
    status: ResultStatus = row.status
    return "duplicate" if before and status == "applied" else status


def _sort_out(batch: Batch, stored: Sequence[Row[Any]]) -> tuple[list[Taken], list[Sent]]:
    known = {row.id: row for row in stored}
    device = (batch.engineer_id, batch.device_id)
    sequences = {row.seq: row.id for row in stored if (row.engineer_id, row.device_id) == device}
    taken: list[Taken] = []
    new: dict[str, Sent] = {}
    for sent in batch.operations:
        earlier = known.get(sent.id)
        if earlier is not None:
            same = (earlier.engineer_id, earlier.digest) == (batch.engineer_id, sent.digest)
            taken.append(Taken(sent.id, before=True) if same else Taken(sent.id, refused=REUSED))
        elif sent.id in new:
            same = new[sent.id].digest == sent.digest
            taken.append(Taken(sent.id, before=True) if same else Taken(sent.id, refused=REUSED))
        elif sequences.setdefault(sent.seq, sent.id) != sent.id:
            taken.append(Taken(sent.id, refused=SEQUENCE_TAKEN))
        else:
            new[sent.id] = sent
            taken.append(Taken(sent.id))
    return taken, list(new.values())


async def _rows(
    tx: AsyncConnection, batch: Batch, new: Sequence[Sent], *, caller: Principal, now: datetime
) -> list[dict[str, Any]]:
    """The rows of new operations; those that cannot be right are rejected at once and get their change number."""
    own = await _own_visits(tx, batch.engineer_id, new)
    skew = measured_skew(sent_at=batch.sent_at, received_at=now)
    rows = [_row(batch, sent, own, skew=skew, actor=caller.actor, now=now) for sent in new]
    rejected = [row for row in rows if row["status"] == "rejected"]
    if rejected:
        first = await lanes.next_changes(tx, batch.engineer_id, len(rejected))
        for number, row in enumerate(rejected, start=first):
            row["change"] = number
    return rows


async def _own_visits(tx: AsyncConnection, engineer_id: str, new: Sequence[Sent]) -> dict[str, Row[Any]]:
    """The engineer's visits that the operations name, by appointment and by order."""
    envelopes = [sent.content for sent in new if isinstance(sent.content, Envelope)]
    found = await visits.several(
        tx,
        engineer_id,
        appointments=[envelope.appointment_id for envelope in envelopes if envelope.appointment_id],
        orders=[envelope.order_id for envelope in envelopes if envelope.order_id],
    )
    own: dict[str, Row[Any]] = {}
    for visit in found:
        own.setdefault(visit.appointment_id, visit)
        own.setdefault(visit.order_id, visit)
    return own


def _row(
    batch: Batch, sent: Sent, own: dict[str, Row[Any]], *, skew: timedelta | None, actor: str, now: datetime
) -> dict[str, Any]:
    row: dict[str, Any] = {
        "id": sent.id,
        "engineer_id": batch.engineer_id,
        "device_id": batch.device_id,
        "seq": sent.seq,
        "kind": "unknown",
        "digest": sent.digest,
        "actor": actor,
        "sent_at": batch.sent_at,
        "received_at": now,
        "skew_ms": None if skew is None else round(skew.total_seconds() * 1000),
    }
    row |= dict.fromkeys(("appointment_id", "order_id", "payload", "device_at", "effective_at", "dispatched_at"))
    row |= {"doubts": []}
    row |= dict.fromkeys(("reason", "problem", "answered_at", "change", "next_at"))
    try:
        return row | _what(sent, own, skew=skew, now=now) | {"status": "received", "next_at": now}
    except Problem as problem:
        return row | {"status": "rejected", "reason": problem.slug, "problem": problem.document(), "answered_at": now}


def _what(sent: Sent, own: dict[str, Row[Any]], *, skew: timedelta | None, now: datetime) -> dict[str, Any]:
    """What the operation says, with the visit that it is about as far as that is known here. Raises Invalid."""
    envelope = sent.content
    if isinstance(envelope, Invalid):
        raise envelope
    appointment_id, order_id = envelope.appointment_id, envelope.order_id
    route_of(envelope.kind, appointment_id=appointment_id, order_id=order_id)
    if envelope.kind in LOCAL:
        read_payload(LOCAL[envelope.kind], envelope.payload)
    visit = own.get(appointment_id or order_id or "")
    if visit is not None and order_id not in (None, visit.order_id):
        raise Invalid("this appointment belongs to another order", pointer="/order_id")
    dispatched_at = None
    if visit is not None:
        appointment_id, order_id, dispatched_at = visit.appointment_id, visit.order_id, visit.dispatched_at
    happened = effective_at(envelope.at, skew=skew, dispatched_at=dispatched_at, received_at=now)
    return {
        "kind": envelope.kind,
        "appointment_id": appointment_id,
        "order_id": order_id,
        "payload": envelope.payload,
        "device_at": envelope.at,
        "effective_at": happened,
        "dispatched_at": dispatched_at,
    }


async def _doubt(tx: AsyncConnection, batch: Batch, rows: list[dict[str, Any]], known: Sequence[Row[Any]]) -> None:
    """Marks what is implausible beside what this phone had told before. Takes `dispatched_at` off the rows."""
    device = (batch.engineer_id, batch.device_id)
    times = {
        row.seq: corrected(row.device_at, timedelta(milliseconds=row.skew_ms or 0))
        for row in known
        if (row.engineer_id, row.device_id) == device and row.device_at is not None
    }
    seen = None
    if any(row["kind"] == "check_in" and row["status"] == "received" for row in rows):
        last = await operations.last_check_in(tx, batch.engineer_id)
        seen = sighting(last.payload, last.effective_at) if last is not None else None
    for row in sorted(rows, key=lambda row: row["seq"]):
        dispatched_at = row.pop("dispatched_at")
        if row["status"] != "received":
            continue
        at = corrected(row["device_at"], timedelta(milliseconds=row["skew_ms"] or 0)) or row["received_at"]
        times[row["seq"]] = at
        if backdated(at, earlier=times.get(row["seq"] - 1), dispatched_at=dispatched_at):
            row["doubts"].append("backdated")
        here = sighting(row["payload"], row["effective_at"]) if row["kind"] == "check_in" else None
        if here is not None:
            if teleport(here, seen):
                row["doubts"].append("teleport")
            seen = here


async def _tell_rejected(tx: AsyncConnection, row: dict[str, Any], engineer_id: str) -> None:
    fact = OperationApplied(
        operation_id=row["id"],
        order_id=row["order_id"],
        engineer_id=engineer_id,
        operation=row["kind"],
        status="rejected",
        reason=row["reason"],
    )
    await append(tx, fact, subject=f"engineer:{engineer_id}", actor=row["actor"])
