"""What people and plans decided beyond appointments: overrides, replacement vehicles, predictions told."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, delete, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from ..domain.published import Prediction, VehicleCase
from ..domain.standing import DecidedCase, Lock
from ..tables import overrides, predictions, replacement_cases

_in_force = overrides.c.released_at.is_(None)


async def locks(tx: AsyncConnection, territory_id: str) -> dict[str, Lock]:
    """Overrides in force by order id."""
    rows = await tx.execute(select(overrides).where(overrides.c.territory_id == territory_id, _in_force))
    return {row.order_id: Lock(row.order_id, row.engineer_id, row.pin, row.start, row.second_id) for row in rows}


async def override_of(tx: AsyncConnection, order_id: str) -> Row[Any] | None:
    """The override in force on an order."""
    return (await tx.execute(select(overrides).where(overrides.c.order_id == order_id, _in_force))).first()


async def add_override(tx: AsyncConnection, row: dict[str, Any]) -> None:
    """A newer override of the same order takes the place of the older one."""
    await release(tx, order_id=row["order_id"], at=row["at"], actor=row["actor"])
    await tx.execute(insert(overrides).values(row))


async def release(tx: AsyncConnection, *, order_id: str, at: datetime, actor: str) -> bool:
    """Lift the lock on an order; False when there was none."""
    here = (overrides.c.order_id == order_id) & _in_force
    return (await tx.execute(update(overrides).where(here).values(released_at=at, released_by=actor))).rowcount > 0


async def cases(tx: AsyncConnection, territory_id: str) -> dict[str, DecidedCase]:
    """Replacement vehicles decided in the last 30 days, by order id."""
    recent = replacement_cases.c.decided_at > func.now() - timedelta(days=30)
    here = replacement_cases.c.territory_id == territory_id
    rows = await tx.execute(select(replacement_cases).where(here, recent))
    return {row.order_id: DecidedCase(VehicleCase.model_validate(row.plan), row.step) for row in rows}


async def decide(tx: AsyncConnection, *, territory_id: str, case: VehicleCase, at: datetime) -> None:
    row = {
        "order_id": case.order_id,
        "territory_id": territory_id,
        "vehicle_id": case.vehicle_id,
        "decided_at": at,
        "plan": case.model_dump(mode="json"),
    }
    await tx.execute(insert(replacement_cases).values(row))


async def case_of(tx: AsyncConnection, order_id: str) -> DecidedCase | None:
    query = select(replacement_cases).where(replacement_cases.c.order_id == order_id).with_for_update()
    row = (await tx.execute(query)).first()
    return None if row is None else DecidedCase(VehicleCase.model_validate(row.plan), row.step)


async def step_case(tx: AsyncConnection, *, case: VehicleCase, step: str) -> None:
    """The driver took a step; `case` carries what is now known of its times."""
    here = replacement_cases.c.order_id == case.order_id
    await tx.execute(update(replacement_cases).where(here).values(step=step, plan=case.model_dump(mode="json")))


async def drop_case(tx: AsyncConnection, order_id: str) -> None:
    """The vehicle does not come."""
    await tx.execute(delete(replacement_cases).where(replacement_cases.c.order_id == order_id))


async def forget_order(tx: AsyncConnection, order_id: str) -> None:
    """An order has ended: nothing is predicted for it any more. Cargo that moves is brought to its destination."""
    moving = replacement_cases.c.step == "cargo_moving"
    await tx.execute(delete(replacement_cases).where(replacement_cases.c.order_id == order_id, ~moving))
    await tx.execute(delete(predictions).where(predictions.c.order_id == order_id))


async def told_predictions(tx: AsyncConnection, territory_id: str) -> dict[tuple[str, str], Prediction]:
    """What was told last of each promise clock, by order id and clock."""
    rows = await tx.execute(select(predictions).where(predictions.c.territory_id == territory_id))
    return {
        (row.order_id, row.clock): Prediction(
            order_id=row.order_id, clock=row.clock, due=row.due, predicted=row.predicted, chance=row.chance
        )
        for row in rows
    }


async def tell_predictions(tx: AsyncConnection, *, territory_id: str, told: Sequence[Prediction]) -> None:
    if not told:
        return
    row = upsert(predictions)
    newest = row.on_conflict_do_update(
        index_elements=["order_id", "clock"],
        set_={name: row.excluded[name] for name in ("territory_id", "due", "predicted", "chance")},
    )
    await tx.execute(newest, [one.model_dump() | {"territory_id": territory_id} for one in told])
