"""What a broken clock proposes by itself; a breach that turns out to be none takes it back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from kit.ids import new_id
from services.orders.catalogue import shipped, template_from_document
from services.orders.domain.promise import ClockName, ClockState
from services.orders.store import promises as template_store
from services.orders.store import remedies as store


@dataclass(frozen=True, slots=True)
class Turned:
    """A clock of an order that broke, or was broken and is so no more."""

    order: Row[Any]
    clock: ClockName
    state: ClockState


async def propose_remedies(tx: AsyncConnection, turned: Sequence[Turned], *, now: datetime) -> None:
    """Propose what the templates say for broken clocks, once per clock; take it back where nothing is broken."""
    broken = [one for one in turned if one.state == "breached" and one.order.template_id is not None]
    if broken:
        own = [template_from_document(row.document) for row in await template_store.templates(tx)]
        templates = {(known.template_id, known.version): known for known in (*shipped().templates, *own)}
        rows = [
            {"remedy_id": new_id(), "order_id": one.order.order_id, "clock": one.clock, "kind": remedy.kind}
            | {"amount_fen": remedy.amount_fen, "work_type": remedy.work_type, "state": "proposed"}
            | {"reason": f"{one.clock} of {one.order.template_id} was broken", "proposed_at": now}
            for one in broken
            for remedy in templates[one.order.template_id, one.order.template_version].remedies
            if remedy.clock == one.clock
        ]
        await store.propose(tx, rows)
    mended = [one for one in turned if one.state != "breached"]
    await store.withdraw(tx, [(one.order.order_id, one.clock) for one in mended])
