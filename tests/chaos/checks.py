"""After a round: what the phones were told, held against every database, row by row."""

import asyncio
import time
from collections import Counter

import psycopg

from kit import journal
from kit.db import Database
from services.assembly import SERVICES
from tests.chaos import agreement, invariants, planned
from tests.chaos.findings import Connection, Findings, all_of, first_of, one_of
from tests.chaos.network import PART, STOCK
from tests.chaos.phones import ANSWERED, Phone
from tests.chaos.round import Round
from tests.chaos.work import Told

# ruff: noqa: S608 - table names come from the list of services
FACTS = ("work_started", "diagnosed", "task_done", "restored", "parts_request")
STEPS = {"depart": "travelling", "check_in": "on_site", "acknowledge": "acknowledged", "decline": "declined"}
OVERTAKEN = ("acknowledge", "decline")
"""What the plan or a dispatcher may have been faster than: then it is superseded."""
FOLLOWED = {
    "mobile": ("dispatch", "orders", "parts"),
    "orders": ("dispatch", "parts", "stations", "mobile"),
    "dispatch": ("orders", "parts", "stations", "mobile"),
}


def examine(running: Round, *, settled: bool) -> Findings:
    """Everything that can be held against the ledger, once all is at rest."""
    found = Findings()
    if not settled:
        waiting = [phone.in_hand for phone in running.phones if not phone.idle]
        found.broken.append(f"{len(waiting)} phones still wait, {waiting[:1]}; {running.failures[:2]}")
    with psycopg.connect(running.database_url, autocommit=True) as connection:
        late = _quiet(connection, running.size.told_s)
        found.missing_downstream += late
        for phone in running.phones:
            _operations(connection, phone, found)
            _owners(connection, phone, found)
            if phone.idle:  # what is still under way may have had its effect
                _sums(connection, phone, found)
            if not late:
                _downstream(connection, phone, found)
        found.broken += _abandoned(connection) + invariants.broken(connection)
        found.lost += invariants.photos_missing(connection, running.phones, running.vault)
        patience_s = running.size.told_s if settled and not late else 0.0
        found.missing_downstream += agreement.lasting(connection, running.phones, patience_s)
        planned.calls(connection, running.hotline, found, within_s=running.size.planned_s)
        planned.decisions(connection, running.dispatcher, found)
        found.missing_downstream += [f"parked: {row}" for row in _parked(connection)]
    found.broken += asyncio.run(_chains(running.database_url))
    return found


def behind(connection: Connection) -> list[str]:
    """Journals with unsealed rows and feeds that have not read to the end."""
    rows = []
    heads = {}
    for service in SERVICES:
        head, unsealed = one_of(
            connection, f"SELECT coalesce(max(seq), 0), count(*) - count(seq) FROM {service}.journal"
        )
        heads[service] = head
        rows += [f"{unsealed} rows of {service} are not sealed"] if unsealed else []
    for reader, publishers in FOLLOWED.items():
        cursors = dict(all_of(connection, f"SELECT publisher, after FROM {reader}.feed_cursor"))
        rows += [
            f"{reader} has read {cursors.get(name, 0)} of {heads[name]} of {name}"
            for name in publishers
            if name in cursors and cursors[name] < heads[name]
        ]
    return rows


def _quiet(connection: Connection, within_s: float) -> list[str]:
    """What still has not been told when everything had time to be."""
    deadline = time.monotonic() + within_s
    while (rows := behind(connection)) and time.monotonic() < deadline:
        time.sleep(0.1)
    return rows


def _operations(connection: Connection, phone: Phone, found: Findings) -> None:
    """Every acknowledged operation is stored once and applied."""
    stored = dict(
        all_of(connection, "SELECT id, status FROM mobile.operations WHERE engineer_id = %s", phone.engineer.id)
    )
    for told in phone.ledger.values():
        if told in phone.outbox:
            continue  # not lost: it still waits, which is found as that
        if not told.acknowledged:
            found.lost.append(f"{told.kind} {told.id} was never acknowledged")
        elif told.id not in stored:
            found.lost.append(f"{told.kind} {told.id} was acknowledged and is not stored")
        elif told.kind in OVERTAKEN and stored[told.id] == told.status == "superseded":
            continue
        elif stored[told.id] != "applied" or told.status not in ANSWERED:
            found.lost.append(f"{told.kind} {told.id} is {stored[told.id]}, told as {told.status} ({told.reason})")


def _abandoned(connection: Connection) -> list[str]:
    """Engineers whose operations wait for somebody who will not come."""
    waiting = "EXISTS (SELECT FROM mobile.operations o WHERE o.engineer_id = l.engineer_id AND o.status = 'received')"
    lanes = all_of(
        connection,
        f"SELECT engineer_id, due_at IS NULL AND coalesce(lease_until < now(), true), "
        f"coalesce(lease_until > now() + interval '5 minutes', false) FROM mobile.lanes l WHERE {waiting}",
    )
    nobody = [f"nobody will take up the operations of {engineer}" for engineer, undue, _ in lanes if undue]
    return nobody + [f"the operations of {engineer} are leased without end" for engineer, _, leased in lanes if leased]


def _owners(connection: Connection, phone: Phone, found: Findings) -> None:
    """Every operation has its effect once, where it belongs."""
    engineer, anchor = phone.engineer, phone.engineer.anchor[1]
    steps = Counter(
        all_of(
            connection,
            "SELECT j.subject, j.payload->>'state' FROM dispatch.journal j JOIN dispatch.appointments a "
            "ON a.id = j.subject WHERE a.engineer_id = %s AND j.kind = 'appointment.moved'",
            engineer.id,
        )
    )
    for told in _of(phone, *STEPS):
        found.count(f"dispatch: {told.kind} at {_visit(told)}", steps[_visit(told), STEPS[told.kind]], 1)
    _facts(connection, phone, found)
    said = Counter(
        first_of(
            connection,
            "SELECT coalesce(payload->>'reason', payload->>'note') FROM mobile.journal WHERE order_id = %s "
            "AND kind IN ('delay.reported', 'help.requested')",
            anchor,
        )
    )
    for told in _of(phone, "delay", "help"):
        words = told.operation["payload"].get("reason") or told.operation["payload"].get("note")
        found.count(f"mobile: {told.kind} {told.id}", said[words], 1)


def _facts(connection: Connection, phone: Phone, found: Findings) -> None:
    """Facts of each order, once and in their order, and that each completed job was completed once."""
    for order in (phone.engineer.anchor[1], *(job for _, job in phone.engineer.jobs)):
        lines = all_of(
            connection,
            "SELECT kind, payload->>'operation_id' FROM orders.journal WHERE subject = %s "
            "AND kind IN ('order.fact_recorded', 'order.completed') ORDER BY seq",
            order,
        )
        recorded = [id_ for kind, id_ in lines if kind == "order.fact_recorded"]
        facts, times = [told for told in _of(phone, *FACTS) if _order(told) == order], Counter(recorded)
        for told in facts:
            found.count(f"orders: {told.kind} {told.id}", times[told.id], 1)
        if [id_ for id_ in recorded if id_ in phone.ledger] != [told.id for told in facts] and not found.all:
            found.broken.append(f"facts of {order} were taken out of their order")
        completions = sum(_order(told) == order for told in _of(phone, "complete"))
        found.count(f"orders: completions of {order}", len(lines) - len(recorded), completions)


def _sums(connection: Connection, phone: Phone, found: Findings) -> None:
    """Pieces and points, which have no operation's name on them."""
    engineer, anchor = phone.engineer, phone.engineer.anchor[1]
    used, picked = len(_of(phone, "parts_used")), len(_of(phone, "pick_up"))
    (moved,) = one_of(connection, "SELECT -coalesce(sum(quantity), 0) FROM parts.movement WHERE order_id = %s", anchor)
    (on_hand,) = one_of(
        connection, "SELECT on_hand FROM parts.stock WHERE place_id = %s AND part = %s", engineer.van, PART
    )
    found.count(f"parts: pieces booked by {engineer.id}", moved, used)
    found.count(f"parts: pieces gone from {engineer.van}", STOCK + picked - on_hand, used)
    points = sum(len(told.operation["payload"]["points"]) for told in _of(phone, "position"))
    (tracked,) = one_of(connection, "SELECT count(*) FROM stations.track WHERE engineer_id = %s", engineer.id)
    found.count(f"stations: points of {engineer.id}", tracked, points)
    (told,) = one_of(
        connection,
        "SELECT coalesce(sum(quantity), 0) FROM orders.used_parts WHERE order_id = %s",
        phone.engineer.anchor[1],
    )
    found.count(f"orders: pieces of {phone.engineer.id}", told, used, downstream=True)


def _downstream(connection: Connection, phone: Phone, found: Findings) -> None:
    """The others were told, once: the order's timeline at orders, pieces by order, the phone's own list."""
    orders = [phone.engineer.anchor[1], *(_order(told) for told in _of(phone, *STEPS))]
    lines = all_of(connection, "SELECT kind, facts FROM orders.timeline WHERE order_id = ANY(%s)", orders)
    answered = Counter(facts["operation_id"] for kind, facts in lines if kind == "operation.answered")
    steps = Counter((facts["appointment_id"], facts["state"]) for kind, facts in lines if kind == "appointment.moved")
    told_of = Counter(
        facts.get("reason") or facts.get("note")
        for kind, facts in lines
        if kind in ("delay.reported", "help.requested")
    )
    for told in _of(phone, *(told.kind for told in phone.ledger.values())):
        if "order_id" in told.operation:
            found.count(f"timeline: {told.kind} {told.id}", answered[told.id], 1, downstream=True)
        if (state := STEPS.get(told.kind)) is not None:
            found.count(f"timeline: {told.kind} at {_visit(told)}", steps[_visit(told), state], 1, downstream=True)
        if told.kind in ("delay", "help"):
            words = told.operation["payload"].get("reason") or told.operation["payload"].get("note")
            found.count(f"timeline: {told.kind} {told.id}", told_of[words], 1, downstream=True)


def _parked(connection: Connection) -> list[str]:
    return [
        f"{service} {row}"
        for service in FOLLOWED
        for row in all_of(connection, f"SELECT publisher, seq, error FROM {service}.feed_parked")
    ]


async def _chains(url: str) -> list[str]:
    broken = []
    for service in SERVICES:
        database = Database(url, service, pool_size=2)
        async with database.read() as tx:
            if (at := await journal.verify(tx)) is not None:
                broken.append(f"the journal of {service} does not hold at {at}")
        await database.close()
    return broken


def _of(phone: Phone, *kinds: str) -> list[Told]:
    """What was told as applied; only its effects must be there."""
    return [told for told in phone.ledger.values() if told.kind in kinds and told.status in ANSWERED]


def _visit(told: Told) -> str:
    return str(told.operation["appointment_id"])


def _order(told: Told) -> str:
    return str(told.operation["order_id"])
