"""Reading an order for its page."""

from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from kit.auth import Principal
from kit.problems import NotFound
from services.orders.api.order_wire import OrderOut
from services.orders.api.wire import CaseOut
from services.orders.context import Orders
from services.orders.domain.intake import DUPLICATE_WITHIN, SIMILAR_WITHIN_M
from services.orders.store import clocks as clock_store
from services.orders.store import dispatch_gates as gate_store
from services.orders.store import facts as fact_store
from services.orders.store import orders as store
from services.orders.store import replacement as case_store
from services.orders.use_cases import tracking
from services.orders.use_cases.replacement import link_token

HANDS_OUT_LINKS = ("admin", "dispatcher", "station", "service")


async def order_document(
    tx: AsyncConnection, running: Orders, caller: Principal, order_id: str, *, new: bool = False
) -> OrderOut:
    """The order's page. Raises NotFound unless the caller may see it.

    A `new` order, made in this transaction, has no replacement case, no flagged facts and no waits yet.
    """
    row = await store.find(tx, order_id, caller)
    if row is None:
        raise NotFound("there is no such order, or it is not yours")
    case = None if new else await case_store.latest_case(tx, order_id)
    return OrderOut.build(
        row,
        (await clock_store.of_orders(tx, [order_id])).get(order_id, []),
        work_type=running.catalogue.work_types[row.work_type],
        case=CaseOut.of(case, _link(running, caller, case)) if case is not None else None,
        flags=() if new else await fact_store.flagged(tx, order_id),
        waits=() if new else await clock_store.wait_rows(tx, order_id),
        gates=await gate_store.of_order(tx, order_id) if row.open_gates is not None else (),
        similar=await store.similar(tx, row, within=DUPLICATE_WITHIN, metres=SIMILAR_WITHIN_M),
        tracking_link=_tracking_link(running, caller, order_id),
    )


def _link(running: Orders, caller: Principal, case: Row[Any]) -> str | None:
    """Where the partner's driver works; whoever has it needs no account."""
    if caller.role not in HANDS_OUT_LINKS or case.state == "withdrawn":
        return None
    return f"/replacement/{link_token(running.settings.shared_secret, case.case_id)}"


def _tracking_link(running: Orders, caller: Principal, order_id: str) -> str | None:
    """Where the customer follows the order and rates it."""
    if caller.role not in HANDS_OUT_LINKS and caller.role != "system":
        return None
    return f"/track/{tracking.link_token(running.settings.shared_secret, order_id)}"
