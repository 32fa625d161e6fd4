"""Reading an order for its page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from kit.auth import Principal
from kit.problems import NotFound
from services.orders.api.order_wire import OrderOut
from services.orders.api.wire import CaseOut
from services.orders.context import Orders
from services.orders.domain.clocks import Clock
from services.orders.domain.intake import DUPLICATE_WITHIN, SIMILAR_WITHIN_M
from services.orders.store import clocks as clock_store
from services.orders.store import dispatch_gates as gate_store
from services.orders.store import facts as fact_store
from services.orders.store import links as link_store
from services.orders.store import orders as store
from services.orders.store import replacement as case_store
from services.orders.use_cases import tracking
from services.orders.use_cases.replacement import link_token

HANDS_OUT_LINKS = ("admin", "dispatcher", "station", "service")


async def order_document(tx: AsyncConnection, running: Orders, caller: Principal, order_id: str) -> OrderOut:
    """The order's page. Raises NotFound unless the caller may see it."""
    row = await store.find(tx, order_id, caller)
    if row is None:
        raise NotFound("there is no such order, or it is not yours")
    case = await case_store.latest_case(tx, order_id)
    around = await _around(tx, [row])
    return _page(
        running,
        caller,
        row,
        around,
        case=CaseOut.of(case, _link(running, caller, case)) if case is not None else None,
        flags=await fact_store.flagged(tx, order_id),
        waits=await clock_store.wait_rows(tx, order_id),
        followers=(await link_store.followers(tx, [order_id])).get(order_id, []),
    )


async def new_documents(tx: AsyncConnection, running: Orders, made: Mapping[str, Principal]) -> dict[str, OrderOut]:
    """The pages of orders that were made in this transaction, each for its maker: there is no replacement case, no
    flagged fact, no wait and nobody who waits for them yet."""
    rows = await store.pages(tx, list(made))
    around = await _around(tx, list(rows.values()))
    return {order_id: _page(running, made[order_id], row, around) for order_id, row in rows.items()}


@dataclass(frozen=True, slots=True)
class _Around:
    """What belongs to orders, by order."""

    clocks: Mapping[str, Sequence[Clock]]
    gates: Mapping[str, Sequence[Row[Any]]]
    similar: Mapping[str, Sequence[Row[Any]]]
    links: Mapping[str, Sequence[Row[Any]]]


async def _around(tx: AsyncConnection, rows: Sequence[Row[Any]]) -> _Around:
    ids = [row.order_id for row in rows]
    gated = [row.order_id for row in rows if row.open_gates is not None]
    return _Around(
        clocks=await clock_store.of_orders(tx, ids),
        gates=await gate_store.of_orders(tx, gated) if gated else {},
        similar=await store.similar(tx, ids, within=DUPLICATE_WITHIN, metres=SIMILAR_WITHIN_M),
        links=await link_store.of_orders(tx, ids),
    )


def _page(
    running: Orders,
    caller: Principal,
    row: Row[Any],
    around: _Around,
    *,
    case: CaseOut | None = None,
    flags: Sequence[Row[Any]] = (),
    waits: Sequence[Row[Any]] = (),
    followers: Sequence[Row[Any]] = (),
) -> OrderOut:
    order_id = row.order_id
    return OrderOut.build(
        row,
        around.clocks.get(order_id, []),
        work_type=running.catalogue.work_types[row.work_type],
        case=case,
        flags=flags,
        waits=waits,
        gates=around.gates.get(order_id, []),
        similar=around.similar.get(order_id, []),
        links=around.links.get(order_id, []),
        followers=followers,
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
