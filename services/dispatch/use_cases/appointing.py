"""Steps of appointments that no phone takes: they are ended, and sent to the phone when they come near."""

from datetime import datetime
from typing import Literal

from sqlalchemy.ext.asyncio import AsyncConnection

from kit import journal
from services.messages import AppointmentMoved

from ..context import DispatchContext
from ..domain.appointments import CancelReason, Role
from ..store import appointments

SOLVER = "dispatch:solver"
"""The actor in the journal where no person decided."""


async def end_appointment(
    tx: AsyncConnection,
    *,
    appointment_id: str,
    order_id: str,
    engineer_id: str,
    role: Role,
    territory_id: str,
    reason: CancelReason | None,
    at: datetime,
    actor: str,
) -> None:
    """Cancel an appointment for a reason, or end it as done when there is none, and tell it."""
    state: Literal["cancelled", "done"] = "cancelled" if reason else "done"
    await appointments.move(tx, [appointment_id], {"state": state, "ended_at": at, "reason": reason})
    message = AppointmentMoved(
        order_id=order_id,
        appointment_id=appointment_id,
        engineer_id=engineer_id,
        territory_id=territory_id,
        state=state,
        reason=reason,
        role=role,
    )
    await journal.append(tx, message, subject=appointment_id, actor=actor)


async def dispatch_due(
    context: DispatchContext, tx: AsyncConnection, territory_id: str, *, now: datetime, actor: str = SOLVER
) -> int:
    """Send the appointments that start soon to their engineers' phones; how many it were."""
    before = now + context.policy.dispatch_ahead
    due = await appointments.waiting_for_dispatch(tx, territory_id=territory_id, before=before)
    await appointments.dispatch(tx, [one.id for one in due], at=now)
    for one in due:
        message = AppointmentMoved(
            order_id=one.order_id,
            appointment_id=one.id,
            engineer_id=one.engineer_id,
            territory_id=territory_id,
            state="dispatched",
            role=one.role,
        )
        await journal.append(tx, message, subject=one.id, actor=actor)
    return len(due)
