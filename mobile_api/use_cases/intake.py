"""Taking a batch: everything is written in one transaction before anything is answered."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from kit.auth import Principal
from kit.ids import new_id
from kit.journal import append
from kit.problems import Invalid, Problem
from kit.sightings import teleport
from mobile_api.context import Mobile
from mobile_api.domain.doubts import backdated, sighting
from mobile_api.domain.operations import Envelope, ResultStatus, Sent, corrected, effective_at, measured_skew
from mobile_api.domain.routes import LOCAL, read_payload, route_of
from mobile_api.store import lanes, operations, visits
from services.messages import OperationApplied

Record = dict[str, Any]
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
    """One entry per operation, in the order sent. `holder` has the engineer's lane, due at `due_at`, unless somebody
    else is at it. `due` is all that waits in that lane, where that is known to be what has just come."""

    taken: list[Taken]
    holder: str | None
    due_at: datetime
    due: list[operations.Waiting] | None


@dataclass(frozen=True, slots=True)
class Asked:
    """A batch, who sent it, and when it came in: how long it waits for others says nothing about the phone's clock."""

    caller: Principal
    batch: Batch
    received_at: datetime

    @property
    def engineer_id(self) -> str:
        return self.batch.engineer_id


@dataclass(slots=True)
class _Sorted:
    """A batch beside what is known of it: an entry per operation, and the rows of those that are new."""

    asked: Asked
    taken: list[Taken]
    rows: list[Record]
    own: set[str]
    """Ids of those that name an appointment of the engineer's own that is known here."""


async def take(context: Mobile, caller: Principal, batch: Batch) -> Intake:
    """Stores what is new and takes the lane, in one transaction: whoever brought the batch applies it.

    Batches that come at the same time share it.
    """
    asked = Asked(caller, batch, context.clock.now())
    intake: Intake = await context.intake.do(asked, partial(_take_together, context))
    return intake


async def _take_together(context: Mobile, asked: Sequence[Asked], patient: bool) -> list[Intake | Exception | None]:
    """Leaves out the second batch of one engineer, those who have no lane yet, and those whose lane somebody has
    locked; with patience it makes the lane and waits."""
    first = {one.engineer_id: one for one in reversed(asked)}
    holders = {engineer_id: new_id() for engineer_id in first}
    async with context.db.transaction() as tx:
        if patient:
            await lanes.make(tx, holders)
        locked = await lanes.lock(tx, holders, wait=patient)
        now = context.clock.now()
        entered = await lanes.enter_and_take(tx, locked, holders, now=now, life=lanes.LEASE)
        found = await _gather(tx, [one for one in first.values() if one.engineer_id in entered], now=now)
        await _number_rejected(tx, found)
        rows = await operations.add(tx, [row for one in found for row in one.rows])
        added = {(row.engineer_id, row.id): row for row in rows}
        for row in rows:
            if row.status == "rejected":
                await _tell_rejected(tx, row)
    intakes = {
        id(one.asked): _intake(one, added, entered[one.asked.engineer_id], holders[one.asked.engineer_id], now)
        for one in found
    }
    return [intakes.get(id(one)) for one in asked]


def _intake(
    one: _Sorted, added: Mapping[tuple[str, str], Row[Any]], lane: lanes.Entered, holder: str, now: datetime
) -> Intake:
    mine = {row["id"]: added.get((one.asked.engineer_id, row["id"])) for row in one.rows}
    taken = [
        Taken(entry.id, refused=REUSED) if entry.id in mine and mine[entry.id] is None else entry for entry in one.taken
    ]
    waiting = [row for row in mine.values() if row is not None and row.status == "received"]
    due = [operations.Waiting(row, row.id in one.own) for row in sorted(waiting, key=lambda row: row.seq)]
    return Intake(taken, holder if lane.mine else None, now, due if lane.idle else None)


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


async def _gather(tx: AsyncConnection, asked: Sequence[Asked], *, now: datetime) -> list[_Sorted]:
    """The batches beside what is known of their operations, engineers and appointments."""
    if not asked:
        return []
    known = await operations.known(tx, [name for one in asked for name in _names(one.batch)])
    sorted_out = [(one, *_sort_out(one.batch, known)) for one in asked]
    own = await _own_visits(tx, {one.engineer_id: new for one, _, new in sorted_out})
    arriving = {one.engineer_id for one, _, new in sorted_out if any(_kind(sent) == "check_in" for sent in new)}
    seen = await operations.last_check_ins(tx, arriving) if arriving else {}
    found = []
    for one, taken, new in sorted_out:
        visits_ = own[one.engineer_id]
        skew = measured_skew(sent_at=one.batch.sent_at, received_at=one.received_at)
        rows = [_row(one, sent, visits_, skew=skew, now=now) for sent in new]
        mine = {row["id"] for row in rows if row.pop("own", False)}
        _doubt(one.batch, rows, known, seen.get(one.engineer_id))
        found.append(_Sorted(one, taken, rows, mine))
    return found


def _names(batch: Batch) -> Iterator[Record]:
    """How to find what is known of a batch."""
    device = {"engineer_id": batch.engineer_id, "device_id": batch.device_id}
    # With the one before the first, by whose time the first is judged.
    for seq in {sent.seq - back for sent in batch.operations for back in (0, 1)}:
        yield device | {"seq": seq}
    for sent in batch.operations:
        yield {"id": sent.id}


def _kind(sent: Sent) -> str | None:
    return sent.content.kind if isinstance(sent.content, Envelope) else None


async def _number_rejected(tx: AsyncConnection, found: Sequence[_Sorted]) -> None:
    """Those that cannot be right are rejected at once, and get their change numbers."""
    for one in found:
        rejected = [row for row in one.rows if row["status"] == "rejected"]
        if rejected:
            first = await lanes.next_changes(tx, one.asked.engineer_id, len(rejected))
            for number, row in enumerate(rejected, start=first):
                row["change"] = number


async def _own_visits(tx: AsyncConnection, new: Mapping[str, Sequence[Sent]]) -> dict[str, dict[str, Row[Any]]]:
    """By engineer, the own visits that the operations name, by appointment and by order."""
    named = [
        {"engineer_id": engineer_id, "appointment_id": sent.content.appointment_id, "order_id": sent.content.order_id}
        for engineer_id, sents in new.items()
        for sent in sents
        if isinstance(sent.content, Envelope) and (sent.content.appointment_id or sent.content.order_id)
    ]
    own: dict[str, dict[str, Row[Any]]] = {engineer_id: {} for engineer_id in new}
    for visit in await visits.several(tx, named):
        own[visit.engineer_id].setdefault(visit.appointment_id, visit)
        own[visit.engineer_id].setdefault(visit.order_id, visit)
    return own


def _row(one: Asked, sent: Sent, own: dict[str, Row[Any]], *, skew: timedelta | None, now: datetime) -> Record:
    batch = one.batch
    row: Record = {
        "id": sent.id,
        "engineer_id": batch.engineer_id,
        "device_id": batch.device_id,
        "seq": sent.seq,
        "kind": "unknown",
        "digest": sent.digest,
        "actor": one.caller.actor,
        "sent_at": batch.sent_at,
        "received_at": one.received_at,
        "skew_ms": None if skew is None else round(skew.total_seconds() * 1000),
    }
    row |= dict.fromkeys(("appointment_id", "order_id", "payload", "device_at", "effective_at", "dispatched_at"))
    row |= {"doubts": []}
    row |= dict.fromkeys(("reason", "problem", "answered_at", "change", "next_at"))
    try:
        known = _what(sent, own, skew=skew, received_at=one.received_at)
        return row | known | {"status": "received", "next_at": now}
    except Problem as problem:
        return row | {"status": "rejected", "reason": problem.slug, "problem": problem.document(), "answered_at": now}


def _what(sent: Sent, own: dict[str, Row[Any]], *, skew: timedelta | None, received_at: datetime) -> Record:
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
    happened = effective_at(envelope.at, skew=skew, dispatched_at=dispatched_at, received_at=received_at)
    return {
        "kind": envelope.kind,
        "appointment_id": appointment_id,
        "order_id": order_id,
        "payload": envelope.payload,
        "device_at": envelope.at,
        "effective_at": happened,
        "dispatched_at": dispatched_at,
        "own": visit is not None,
    }


def _doubt(batch: Batch, rows: list[Record], known: Sequence[Row[Any]], last: Row[Any] | None) -> None:
    """Marks what is implausible beside what this phone had told before, and beside the engineer's `last` check-in.

    Takes `dispatched_at` off the rows.
    """
    device = (batch.engineer_id, batch.device_id)
    times = {
        row.seq: corrected(row.device_at, timedelta(milliseconds=row.skew_ms or 0))
        for row in known
        if (row.engineer_id, row.device_id) == device and row.device_at is not None
    }
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


async def _tell_rejected(tx: AsyncConnection, row: Row[Any]) -> None:
    fact = OperationApplied(
        operation_id=row.id,
        order_id=row.order_id,
        engineer_id=row.engineer_id,
        operation=row.kind,
        status="rejected",
        reason=row.reason,
    )
    await append(tx, fact, subject=f"engineer:{row.engineer_id}", actor=row.actor)
