"""What the other services' events mean for phones: whose list changed, so that delta sync finds it."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from kit.events import Event
from mobile_api.store import lanes, visits
from services.messages import AppointmentMoved, AppointmentPlanned

ENDED = ("done", "declined", "cancelled")
GONE = ("declined", "cancelled")


async def planned(tx: AsyncConnection, event: Event) -> None:
    """An appointment is new or moved; whoever had it before and has it no longer loses it."""
    message = event.message
    assert isinstance(message, AppointmentPlanned)  # noqa: S101 - the subscription names this handler for it
    before = {row.engineer_id: row for row in await visits.engineers_of(tx, message.appointment_id)}
    for engineer_id in sorted({*before, message.engineer_id}):
        known = before.get(engineer_id)
        if engineer_id == message.engineer_id:
            values = {
                "state": known.state if known is not None and not known.removed else "planned",
                "scheduled_start": message.scheduled_start,
                "scheduled_end": message.scheduled_end,
                "removed": False,
            }
        elif known is not None and not known.removed:
            values = {"state": known.state, "removed": True}
        else:
            continue
        await _put(tx, engineer_id, message.appointment_id, values | {"order_id": message.order_id})


async def moved(tx: AsyncConnection, event: Event) -> None:
    """An appointment took a step."""
    message = event.message
    assert isinstance(message, AppointmentMoved)  # noqa: S101 - the subscription names this handler for it
    values: dict[str, Any] = {"order_id": message.order_id, "state": message.state, "removed": message.state in GONE}
    if message.state == "dispatched":
        values["dispatched_at"] = event.effective_at
    values["ended_at"] = event.effective_at if message.state in ENDED else None
    await _put(tx, message.engineer_id, message.appointment_id, values)


async def order_touched(tx: AsyncConnection, event: Event) -> None:
    """Something that an engineer sees of an order changed: kit, clocks, parts on their way."""
    if event.order_id is None:
        return
    for row in await visits.current_of_order(tx, event.order_id):
        change = await lanes.next_change(tx, row.engineer_id)
        await visits.touch(tx, engineer_id=row.engineer_id, appointment_id=row.appointment_id, change=change)


async def _put(tx: AsyncConnection, engineer_id: str, appointment_id: str, values: dict[str, Any]) -> None:
    values["change"] = await lanes.next_change(tx, engineer_id)
    await visits.put(tx, engineer_id=engineer_id, appointment_id=appointment_id, values=values)
