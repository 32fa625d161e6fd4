"""A batch from its intake to its answers."""

import asyncio
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row

from kit.auth import Principal
from mobile_api.context import Mobile
from mobile_api.domain.operations import ResultStatus
from mobile_api.store import operations
from mobile_api.use_cases.intake import Batch, result_status, take
from mobile_api.use_cases.lane import Round, apply_due, drain

BUDGET_S = 3.0
"""After this the phone gets its answer; what is not applied yet is `received` and goes on without it: days without
signal are taken as fast as they can be written down."""
TURN_S = 0.5
"""How long to wait for somebody else who is at the same engineer's operations."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What one operation is answered; without a row it was refused and not stored."""

    id: str
    status: ResultStatus
    row: Row[Any] | None = None
    refused: str | None = None


async def take_and_apply(context: Mobile, caller: Principal, batch: Batch) -> list[Answer]:
    """One answer per operation, in the order sent; all of it is written before this returns."""
    intake = await take(context, caller, batch)
    rows: dict[str, Row[Any]] = {}
    if intake.holder is None:
        await _wait_for_a_turn(context, batch.engineer_id)
    else:
        met = Round(batch.engineer_id, intake.holder, intake.due_at)
        rows = await apply_due(context, met, budget_s=BUDGET_S, due=intake.due)
    if others := [entry.id for entry in intake.taken if not entry.refused and entry.id not in rows]:
        async with context.db.look() as tx:
            rows |= await operations.by_ids(tx, others)
    return [
        Answer(entry.id, "rejected", refused=entry.refused)
        if entry.refused
        else Answer(entry.id, result_status(rows[entry.id], before=entry.before), rows[entry.id])
        for entry in intake.taken
    ]


async def _wait_for_a_turn(context: Mobile, engineer_id: str) -> None:
    loop = asyncio.get_running_loop()
    ends = loop.time() + TURN_S
    while not await drain(context, engineer_id, budget_s=BUDGET_S):
        if loop.time() > ends:
            return
        await asyncio.sleep(0.05)
