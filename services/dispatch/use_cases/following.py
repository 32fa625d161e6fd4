"""What dispatch does when the others tell something: end appointments, follow replacement vehicles, plan again."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from kit.events import Event
from services.messages import ReplacementStepTaken

from ..context import DispatchContext
from ..domain.appointments import CancelReason
from ..store import appointments, decisions, territories
from .appointing import SOLVER, end_appointment
from .planning import ask_for_plan


async def order_ended(
    context: DispatchContext, tx: AsyncConnection, event: Event, *, order_id: str, reason: CancelReason
) -> None:
    """The order wants no engineer any more: whatever is still planned for it is cancelled."""
    await territories.hold_of(tx, [], order_id=order_id)
    for row in await appointments.of_order(tx, order_id):
        await end_appointment(
            tx,
            appointment_id=row.id,
            order_id=order_id,
            engineer_id=row.engineer_id,
            role=row.role,
            territory_id=row.territory_id,
            reason=reason,
            at=event.effective_at,
            actor=SOLVER,
        )
        await ask_for_plan(context, tx, row.territory_id)
    await decisions.release(tx, order_id=order_id, at=event.effective_at, actor=event.actor)
    await decisions.forget_order(tx, order_id)


async def order_completed(
    context: DispatchContext, tx: AsyncConnection, event: Event, *, order_id: str, appointment_id: str
) -> None:
    """The work is done in one appointment, even one that the plan had taken away meanwhile; any other is recalled."""
    await territories.hold_of(tx, [appointment_id], order_id=order_id)
    await order_ended_elsewhere(context, tx, event, order_id=order_id, appointment_id=appointment_id)
    row = (await appointments.hold(tx, [appointment_id], wait=True)).get(appointment_id)
    if row is None or row.order_id != order_id or row.state == "done":
        return
    await end_appointment(
        tx,
        appointment_id=row.id,
        order_id=order_id,
        engineer_id=row.engineer_id,
        role=row.role,
        territory_id=row.territory_id,
        reason=None,
        at=event.effective_at,
        actor=event.actor,
    )
    await ask_for_plan(context, tx, row.territory_id)
    await decisions.release(tx, order_id=order_id, at=event.effective_at, actor=event.actor)


async def order_ended_elsewhere(
    context: DispatchContext, tx: AsyncConnection, event: Event, *, order_id: str, appointment_id: str
) -> None:
    """Recall engineers who are still meant to come for work that somebody else has done. The second of a crew who is
    there has done it too."""
    for row in await appointments.of_order(tx, order_id):
        if row.id != appointment_id:
            await end_appointment(
                tx,
                appointment_id=row.id,
                order_id=order_id,
                engineer_id=row.engineer_id,
                role=row.role,
                territory_id=row.territory_id,
                reason=None if row.state == "on_site" and row.role == "second" else "done_by_another",
                at=event.effective_at,
                actor=SOLVER,
            )


async def replacement_step(context: DispatchContext, tx: AsyncConnection, event: Event) -> None:
    """The driver's steps make the plan's guesses certain: when the cargo moved, when it arrived."""
    message = event.message
    assert isinstance(message, ReplacementStepTaken)  # noqa: S101 - by subscription
    decided = await decisions.case_of(tx, message.order_id)
    if decided is None or decided.case.vehicle_id != message.vehicle_id:
        return
    times: dict[str, datetime] = {
        "cargo_moving": {"cargo_at": event.effective_at},
        "delivered": {"delivered_at": event.effective_at},
    }.get(message.step, {})
    await decisions.step_case(tx, case=decided.case.model_copy(update=times), step=message.step)
    await ask_for_plan(context, tx, message.territory_id)


async def delayed(context: DispatchContext, tx: AsyncConnection, *, appointment_id: str, expected_at: datetime) -> None:
    """An engineer on the way says to be late: what comes after is planned anew, and perhaps given to somebody else."""
    await territories.hold_of(tx, [appointment_id])
    row = (await appointments.hold(tx, [appointment_id], wait=True)).get(appointment_id)
    if row is None or row.state not in ("dispatched", "acknowledged", "travelling"):
        return
    await appointments.move(tx, [appointment_id], {"expected_at": expected_at})
    await ask_for_plan(context, tx, row.territory_id)


async def vehicle_short(context: DispatchContext, tx: AsyncConnection, *, order_id: str, territory_id: str) -> None:
    """A decided vehicle cannot come after all: the next plan decides anew."""
    await decisions.drop_case(tx, order_id)
    await ask_for_plan(context, tx, territory_id)


async def stock_changed(context: DispatchContext, tx: AsyncConnection, *, territory_id: str | None) -> None:
    """A shelf of a territory matters to it; a central depot to every territory that it leaves orders unserved."""
    if territory_id is not None:
        await ask_for_plan(context, tx, territory_id)
        return
    for other in await territories.lacking_parts(tx):
        await ask_for_plan(context, tx, other)
