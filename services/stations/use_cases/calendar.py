"""Shifts and absences of one engineer, as people change them."""

from datetime import datetime
from typing import Literal

from kit.auth import Principal
from kit.context import Context
from kit.problems import NotFound
from services.stations.store import people
from services.stations.use_cases.imports import tell_changes

CalendarKind = Literal["shifts", "absences"]


async def delete_entry(
    context: Context, caller: Principal, kind: CalendarKind, engineer_id: str, start: datetime
) -> None:
    """Remove the shift or absence that starts at `start`. Raises NotFound when there is none within the scope."""
    async with context.db.transaction() as tx:
        engineer = await people.engineer_by_id(tx, engineer_id, people.visible_engineers(caller))
        if engineer is None or not await people.delete_calendar_entry(tx, kind, engineer_id, start):
            raise NotFound(f"{engineer_id} has nothing in the calendar that starts at {start.isoformat()}")
        changed = [(engineer_id, engineer.territory_id)]
        await tell_changes(tx, changed, what=kind.removesuffix("s"), actor=caller.actor)
