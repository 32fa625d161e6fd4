"""After a round: what the phones were told, held against every database, row by row."""

import asyncio
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import psycopg

from kit import journal
from kit.db import Database
from services.assembly import SERVICES
from tests.chaos import agreement, invariants
from tests.chaos.network import PART, STOCK
from tests.chaos.phones import ANSWERED, Hotline, Phone, Told
from tests.chaos.round import Round

# ruff: noqa: S608 - table names come from the list of services
Connection = psycopg.Connection[Any]
QUIET_S = 30.0
PLANNED_WITHIN_S = 90.0
"""A job of a killed worker is given to another one after 15 s, whose solver starts first."""
FACTS = ("work_started", "diagnosed", "task_done", "restored", "parts_request")
STEPS = {"depart": "travelling", "check_in": "on_site"}
FOLLOWED = {
    "mobile": ("dispatch", "orders", "parts"),
    "orders": ("dispatch", "parts", "stations", "mobile"),
    "dispatch": ("orders", "parts", "stations", "mobile"),
}


@dataclass
class Findings:
    """What should not be; all empty after a good round."""

    lost: list[str] = field(default_factory=list)
    """Acknowledged, and not stored, not applied, or without its effect at the owner."""
    duplicated: list[str] = field(default_factory=list)
    """An effect that is there more than once."""
    missing_downstream: list[str] = field(default_factory=list)
    """An effect that another service was never told of."""
    broken: list[str] = field(default_factory=list)
    """Everything else: a queue that does not drain, a broken chain, a phone that shows something else."""

    @property
    def all(self) -> list[str]:
        return [*self.lost, *self.duplicated, *self.missing_downstream, *self.broken]

    def count(self, what: str, found: int, wanted: int, *, downstream: bool = False) -> None:
        """`found` effects where `wanted` belong."""
        if found < wanted:
            (self.missing_downstream if downstream else self.lost).append(f"{what}: {found} of {wanted}")
        elif found > wanted:
            self.duplicated.append(f"{what}: {found} instead of {wanted}")


def examine(running: Round, *, settled: bool) -> Findings:
    """Everything that can be held against the ledger, once all is at rest."""
    found = Findings()
    if not settled:
        waiting = [phone.in_hand for phone in running.phones if not phone.idle]
        found.broken.append(f"{len(waiting)} phones still wait, {waiting[:1]}; {running.failures[:2]}")
    with psycopg.connect(running.database_url, autocommit=True) as connection:
        late = _quiet(connection)
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
        look = agreement.lasting if settled and not late else agreement.disagreements
        found.missing_downstream += look(connection, running.phones)
        _hotline(connection, running.hotline, found)
        found.missing_downstream += [f"parked: {row}" for row in _parked(connection)]
    found.broken += asyncio.run(_chains(running.database_url))
    return found


def behind(connection: Connection) -> list[str]:
    """Journals with unsealed rows and feeds that have not read to the end."""
    rows = []
    heads = {}
    for service in SERVICES:
        head, unsealed = _one(connection, f"SELECT coalesce(max(seq), 0), count(*) - count(seq) FROM {service}.journal")
        heads[service] = head
        rows += [f"{unsealed} rows of {service} are not sealed"] if unsealed else []
    for reader, publishers in FOLLOWED.items():
        cursors = dict(_all(connection, f"SELECT publisher, after FROM {reader}.feed_cursor"))
        rows += [
            f"{reader} has read {cursors.get(name, 0)} of {heads[name]} of {name}"
            for name in publishers
            if name in cursors and cursors[name] < heads[name]
        ]
    return rows


def _quiet(connection: Connection) -> list[str]:
    """What still has not been told when everything had time to be."""
    deadline = time.monotonic() + QUIET_S
    while (rows := behind(connection)) and time.monotonic() < deadline:
        time.sleep(0.1)
    return rows


def _operations(connection: Connection, phone: Phone, found: Findings) -> None:
    """Every acknowledged operation is stored once and applied."""
    stored = dict(
        _all(connection, "SELECT id, status FROM mobile.operations WHERE engineer_id = %s", phone.engineer.id)
    )
    for told in phone.ledger.values():
        if told in phone.outbox:
            continue  # not lost: it still waits, which is found as that
        if not told.acknowledged:
            found.lost.append(f"{told.kind} {told.id} was never acknowledged")
        elif told.id not in stored:
            found.lost.append(f"{told.kind} {told.id} was acknowledged and is not stored")
        elif stored[told.id] != "applied" or told.status not in ANSWERED:
            found.lost.append(f"{told.kind} {told.id} is {stored[told.id]}, told as {told.status} ({told.reason})")


def _abandoned(connection: Connection) -> list[str]:
    """Engineers whose operations wait for somebody who will not come."""
    waiting = "EXISTS (SELECT FROM mobile.operations o WHERE o.engineer_id = l.engineer_id AND o.status = 'received')"
    lanes = _all(
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
        _all(
            connection,
            "SELECT j.subject, j.payload->>'state' FROM dispatch.journal j JOIN dispatch.appointments a "
            "ON a.id = j.subject WHERE a.engineer_id = %s AND j.kind = 'appointment.moved'",
            engineer.id,
        )
    )
    for told in _of(phone, *STEPS):
        found.count(f"dispatch: {told.kind} at {_visit(told)}", steps[_visit(told), STEPS[told.kind]], 1)
    recorded = _first(
        connection,
        "SELECT payload->>'operation_id' FROM orders.journal WHERE subject = %s AND kind = 'order.fact_recorded' "
        "ORDER BY seq",
        anchor,
    )
    facts, times = _of(phone, *FACTS), Counter(recorded)
    for told in facts:
        found.count(f"orders: {told.kind} {told.id}", times[told.id], 1)
    if [id_ for id_ in recorded if id_ in phone.ledger] != [told.id for told in facts] and not found.all:
        found.broken.append(f"facts of {engineer.id} were taken out of their order")
    said = Counter(
        _first(
            connection,
            "SELECT coalesce(payload->>'reason', payload->>'note') FROM mobile.journal WHERE order_id = %s "
            "AND kind IN ('delay.reported', 'help.requested')",
            anchor,
        )
    )
    for told in _of(phone, "delay", "help"):
        words = told.operation["payload"].get("reason") or told.operation["payload"].get("note")
        found.count(f"mobile: {told.kind} {told.id}", said[words], 1)


def _sums(connection: Connection, phone: Phone, found: Findings) -> None:
    """Pieces and points, which have no operation's name on them."""
    engineer, anchor = phone.engineer, phone.engineer.anchor[1]
    used, picked = len(_of(phone, "parts_used")), len(_of(phone, "pick_up"))
    (moved,) = _one(connection, "SELECT -coalesce(sum(quantity), 0) FROM parts.movement WHERE order_id = %s", anchor)
    (on_hand,) = _one(
        connection, "SELECT on_hand FROM parts.stock WHERE place_id = %s AND part = %s", engineer.van, PART
    )
    found.count(f"parts: pieces booked by {engineer.id}", moved, used)
    found.count(f"parts: pieces gone from {engineer.van}", STOCK + picked - on_hand, used)
    points = sum(len(told.operation["payload"]["points"]) for told in _of(phone, "position"))
    (tracked,) = _one(connection, "SELECT count(*) FROM stations.track WHERE engineer_id = %s", engineer.id)
    found.count(f"stations: points of {engineer.id}", tracked, points)
    (told,) = _one(
        connection,
        "SELECT coalesce(sum(quantity), 0) FROM orders.used_parts WHERE order_id = %s",
        phone.engineer.anchor[1],
    )
    found.count(f"orders: pieces of {phone.engineer.id}", told, used, downstream=True)


def _downstream(connection: Connection, phone: Phone, found: Findings) -> None:
    """The others were told, once: the order's timeline at orders, pieces by order, the phone's own list."""
    orders = [phone.engineer.anchor[1], *(_order(told) for told in _of(phone, *STEPS))]
    lines = _all(connection, "SELECT kind, facts FROM orders.timeline WHERE order_id = ANY(%s)", orders)
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


def _hotline(connection: Connection, hotline: Hotline, found: Findings) -> None:
    """Every acknowledged call is one order, and the worker's plan speaks of it."""
    made = _all(connection, "SELECT external_id, order_id FROM orders.orders WHERE external_id LIKE 'X-W-%%'")
    known = Counter(external for external, _ in made)
    for serial, order_id in hotline.orders.items():
        found.count(f"orders: call about {serial}", known[f"X-{serial}"], 1)
        if (f"X-{serial}", order_id) not in made:
            found.lost.append(f"the order {order_id} that was answered for {serial} does not exist")
    deadline = time.monotonic() + PLANNED_WITHIN_S
    while (unplanned := _unplanned(connection, hotline.orders.values())) and time.monotonic() < deadline:
        time.sleep(0.2)
    found.missing_downstream += [f"no plan speaks of order {order_id}" for order_id in unplanned]


def _unplanned(connection: Connection, orders: Iterable[str]) -> list[str]:
    planned = set(_first(connection, "SELECT order_id FROM dispatch.appointments WHERE territory_id = 'W'"))
    reasons = _first(
        connection,
        "SELECT line->>'order_id' FROM dispatch.plans, jsonb_array_elements(proposal->'unassigned') line "
        "WHERE territory_id = 'W'",
    )
    return [order_id for order_id in orders if order_id not in planned | set(reasons)]


def _parked(connection: Connection) -> list[str]:
    return [
        f"{service} {row}"
        for service in FOLLOWED
        for row in _all(connection, f"SELECT publisher, seq, error FROM {service}.feed_parked")
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


def _all(connection: Connection, query: str, *given: Any) -> list[tuple[Any, ...]]:
    return connection.execute(query, given or None).fetchall()


def _first(connection: Connection, query: str, *given: Any) -> list[Any]:
    return [row[0] for row in _all(connection, query, *given)]


def _one(connection: Connection, query: str, *given: Any) -> tuple[Any, ...]:
    return _all(connection, query, *given)[0]
