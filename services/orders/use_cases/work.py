"""Facts about the work, told by phones one by one: they move the order forward and stop its clocks."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from kit.auth import Principal
from kit.problems import Invalid
from services.orders.catalogue import Catalogue
from services.orders.domain import life
from services.orders.domain.causes import Knowledge
from services.orders.domain.dispatch_gates import Fit
from services.orders.store import clocks as clock_store
from services.orders.store import orders as order_store
from services.orders.use_cases.causes import Told, record
from services.orders.use_cases.dispatch_gates import hold_wrong_variants
from services.orders.use_cases.flags import flag_told
from services.orders.use_cases.life import tell_changed
from services.orders.use_cases.operations import Operation, begin, effective_at_of, keep_answer, stamp, tell_fact
from services.orders.use_cases.promises import refresh

PhoneFact = Literal["work_started", "diagnosed", "restored", "task_done"]


async def record_fact(
    tx: AsyncConnection,
    order_id: str,
    operation: Operation,
    kind: PhoneFact,
    *,
    task: str | None,
    parts_needed: list[tuple[str, int]],
    service_s: int | None,
    causes: Sequence[Told],
    catalogue: Catalogue,
    knowledge: Knowledge,
    fits: Mapping[str, Fit],
    caller: Principal,
    now: datetime,
) -> dict[str, Any]:
    """Record one fact; the same operation again gets the same answer.

    Facts move the order forward when they can and are never refused for its state. Raises NotFound, OperationReused,
    Invalid (an unknown task or cause, an appointment of another order).
    """
    order, answered = await begin(tx, order_id, operation)
    if answered is not None:
        return answered
    work_type = catalogue.work_types[order.work_type]
    if kind == "task_done" and task not in work_type.tasks:
        raise Invalid(f"the tasks of this order are {', '.join(work_type.tasks)}", pointer="/task")
    happened = await effective_at_of(tx, order, operation, now=now)
    values: dict[str, Any] = {"state": life.after(order.state, kind)}
    column = life.STAMPS.get(kind)
    if operation.doubts and column is not None:
        await flag_told(tx, order, operation, column, happened=happened, actor=caller.actor)
    else:
        values |= stamp(order, column, happened)
    if values["state"] != "waiting":
        values["waiting_reason"] = None
        await clock_store.end_wait(tx, order_id, happened)
    if kind == "task_done":
        values["tasks_done"] = [*order.tasks_done, {"task": task, "at": happened.isoformat()}]
    if parts_needed or service_s is not None:
        values |= _needs(order, parts_needed, service_s)
        values |= await hold_wrong_variants(tx, order, [part for part, _ in parts_needed], fits)
    status = "applied" if order.state in life.OPEN else "superseded"
    await record(tx, order, causes, catalogue, knowledge, actor=caller.actor, now=now)
    order = await order_store.change(tx, order_id, **values)
    answer = await keep_answer(tx, order, operation, kind, happened=happened, status=status, now=now)
    await tell_fact(tx, order, operation, kind, actor=caller.actor, happened=happened)
    if parts_needed or service_s is not None:
        await tell_changed(tx, order, what="needs of the visit", actor=caller.actor)
    await refresh(tx, [order], now=now, actor=caller.actor)
    return answer


def _needs(order: Row[Any], parts: list[tuple[str, int]], service_s: int | None) -> dict[str, Any]:
    """The kit after a diagnosis: what the engineer asked for is certain, the guesses about other parts stay."""
    lines = {line["part"]: line for line in order.kit}
    for part, quantity in parts:
        line = lines.get(part, {"line": str(len(lines) + 1), "part": part})
        lines[part] = line | {"quantity": quantity, "probability": 1.0}
    return {"kit": list(lines.values()), "service_s": order.service_s if service_s is None else service_s}
