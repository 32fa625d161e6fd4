"""What the other services' events mean for phones: whose list changed, so that delta sync finds it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from kit.events import Event
from mobile_api.store import lanes, push, visits
from services.messages import AppointmentMoved, AppointmentPlanned, DeviceRevoked, TokenRevoked

Record = dict[str, Any]
Key = tuple[str, str]
"""Engineer and appointment."""
ENDED = ("done", "declined", "cancelled")
GONE = ("declined", "cancelled")


@dataclass
class _Visits:
    """The visits of some appointments by engineer and appointment, as they become event by event."""

    known: dict[Key, Record]
    puts: list[tuple[Key, bool]] = field(default_factory=list)
    """What was changed, in order, and whether it is news to the engineer; each takes a change number of theirs."""

    def put(self, key: Key, values: Record, *, news: bool = False) -> None:
        engineer_id, appointment_id = key
        new = {"engineer_id": engineer_id, "appointment_id": appointment_id}
        self.known[key] = self.known.get(key, new) | values
        self.puts.append((key, news))

    def on_phone(self, key: Key) -> str | None:
        """The state of an appointment that was sent to the engineer and not taken back."""
        known = self.known.get(key)
        return None if known is None or known["removed"] or known["state"] == "planned" else known["state"]


async def appointments_told(tx: AsyncConnection, events: Sequence[Event]) -> None:
    """Appointments that are new, were moved, or took a step."""
    messages = [event.message for event in events]
    told = {
        message.appointment_id for message in messages if isinstance(message, AppointmentPlanned | AppointmentMoved)
    }
    rows = await visits.of_appointments(tx, told)
    found = _Visits({(row.engineer_id, row.appointment_id): dict(row._mapping) for row in rows})
    for event, message in zip(events, messages, strict=True):
        if isinstance(message, AppointmentPlanned):
            _planned(found, message)
        if isinstance(message, AppointmentMoved):
            _moved(found, message, event.effective_at)
    wanted = Counter(engineer_id for (engineer_id, _), _ in found.puts)
    last = await lanes.next_changes_of(tx, wanted)
    for key, news in found.puts:
        change = last[key[0]] - wanted[key[0]] + 1
        wanted[key[0]] -= 1
        found.known[key] |= {"change": change, "news": change} if news else {"change": change}
    await visits.put(tx, [found.known[key] for key in dict.fromkeys(key for key, _ in found.puts)])


def _planned(found: _Visits, message: AppointmentPlanned) -> None:
    """Whoever had the appointment before and has it no longer loses it."""
    key = (message.engineer_id, message.appointment_id)
    before = found.known.get(key)
    state = before["state"] if before is not None and not before["removed"] else "planned"
    window = {"scheduled_start": message.scheduled_start, "scheduled_end": message.scheduled_end}
    for other, known in sorted(found.known.items()):
        if other[1] == message.appointment_id and other != key and not known["removed"]:
            taken = found.on_phone(other) is not None
            found.put(other, {"removed": True, "order_id": message.order_id}, news=taken)
    found.put(key, {"state": state, "removed": False, "order_id": message.order_id, **window})


def _moved(found: _Visits, message: AppointmentMoved, at: datetime) -> None:
    values: Record = {"order_id": message.order_id, "state": message.state, "removed": message.state in GONE}
    if message.state == "dispatched":
        values["dispatched_at"] = at
    values["ended_at"] = at if message.state in ENDED else None
    key = (message.engineer_id, message.appointment_id)
    before = found.on_phone(key)
    sent = message.state == "dispatched" and before != "dispatched"
    found.put(key, values, news=sent or (message.state == "cancelled" and before is not None))


async def orders_touched(tx: AsyncConnection, events: Sequence[Event]) -> None:
    """Something that engineers see of orders changed: kit, clocks, parts on their way."""
    rows = await visits.current_of_orders(tx, {event.order_id for event in events if event.order_id is not None})
    wanted = Counter(row.engineer_id for row in rows)
    last = await lanes.next_changes_of(tx, wanted)
    touched = []
    for row in rows:
        change = last[row.engineer_id] - wanted[row.engineer_id] + 1
        wanted[row.engineer_id] -= 1
        touched.append({"engineer_id": row.engineer_id, "appointment_id": row.appointment_id, "change": change})
    await visits.touch(tx, touched)


async def phones_withdrawn(tx: AsyncConnection, events: Sequence[Event]) -> None:
    """Whoever has these phones now is woken no more."""
    messages = [event.message for event in events]
    gone = {message.device_id for message in messages if isinstance(message, DeviceRevoked)}
    gone |= {message.jti for message in messages if isinstance(message, TokenRevoked)}
    await push.remove_sessions(tx, gone)
