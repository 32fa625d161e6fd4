"""What the other services' events mean for phones: whose list changed, so that delta sync finds it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from kit.events import Event
from mobile_api.store import lanes, visits
from services.messages import AppointmentMoved, AppointmentPlanned

Record = dict[str, Any]
Key = tuple[str, str]
"""Engineer and appointment."""
ENDED = ("done", "declined", "cancelled")
GONE = ("declined", "cancelled")


@dataclass
class _Visits:
    """The visits of some appointments by engineer and appointment, as they become event by event."""

    known: dict[Key, Record]
    puts: list[Key] = field(default_factory=list)
    """What was changed, in order; each takes a change number of its engineer's."""

    def put(self, key: Key, values: Record) -> None:
        engineer_id, appointment_id = key
        new = {"engineer_id": engineer_id, "appointment_id": appointment_id}
        self.known[key] = self.known.get(key, new) | values
        self.puts.append(key)


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
    wanted = Counter(engineer_id for engineer_id, _ in found.puts)
    last = await lanes.next_changes_of(tx, wanted)
    for key in found.puts:
        found.known[key]["change"] = last[key[0]] - wanted[key[0]] + 1
        wanted[key[0]] -= 1
    await visits.put(tx, [found.known[key] for key in dict.fromkeys(found.puts)])


def _planned(found: _Visits, message: AppointmentPlanned) -> None:
    """Whoever had the appointment before and has it no longer loses it."""
    key = (message.engineer_id, message.appointment_id)
    before = found.known.get(key)
    state = before["state"] if before is not None and not before["removed"] else "planned"
    window = {"scheduled_start": message.scheduled_start, "scheduled_end": message.scheduled_end}
    for other, known in sorted(found.known.items()):
        if other[1] == message.appointment_id and other != key and not known["removed"]:
            found.put(other, {"removed": True, "order_id": message.order_id})
    found.put(key, {"state": state, "removed": False, "order_id": message.order_id, **window})


def _moved(found: _Visits, message: AppointmentMoved, at: datetime) -> None:
    values: Record = {"order_id": message.order_id, "state": message.state, "removed": message.state in GONE}
    if message.state == "dispatched":
        values["dispatched_at"] = at
    values["ended_at"] = at if message.state in ENDED else None
    found.put((message.engineer_id, message.appointment_id), values)


async def order_touched(tx: AsyncConnection, event: Event) -> None:
    """Something that an engineer sees of an order changed: kit, clocks, parts on their way."""
    if event.order_id is None:
        return
    for row in await visits.current_of_order(tx, event.order_id):
        change = await lanes.next_change(tx, row.engineer_id)
        await visits.touch(tx, engineer_id=row.engineer_id, appointment_id=row.appointment_id, change=change)
