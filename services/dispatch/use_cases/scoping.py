"""Who may see and decide what: a dispatcher sees the territories of the own branch, foreign ones do not exist."""

from typing import Any

from sqlalchemy import Row

from kit.auth import Principal
from kit.client import NeighbourProblem
from kit.problems import NotFound

from ..context import DispatchContext
from ..store import appointments, territories
from ..store.territories import Territory


def _in_scope(caller: Principal, branch_id: str) -> bool:
    return caller.branch_id is None or caller.branch_id == branch_id


async def territory_for(context: DispatchContext, caller: Principal, territory_id: str) -> Territory:
    """The territory, if the caller may know of it. Raises NotFound."""
    async with context.db.read() as tx:
        territory = await territories.find(tx, territory_id)
    if territory is None or not _in_scope(caller, territory.branch_id):
        raise NotFound(f"there is no territory {territory_id}")
    return territory


async def appointment_for(context: DispatchContext, caller: Principal, appointment_id: str) -> Row[Any]:
    """The appointment, if the caller may know of it. Raises NotFound."""
    async with context.db.read() as tx:
        row = await appointments.find(tx, appointment_id)
    mine = caller.engineer_id is None or (row is not None and caller.engineer_id == row.engineer_id)
    if row is None or not mine or not _in_scope(caller, row.branch_id):
        raise NotFound(f"there is no appointment {appointment_id}")
    return row


async def territory_of_order(context: DispatchContext, caller: Principal, order_id: str) -> Territory:
    """The territory that plans an order, if the caller may know of it. Raises NotFound."""
    async with context.db.read() as tx:
        territory_id = await appointments.territory_of_order(tx, order_id)
    if territory_id is None:
        try:
            order = await context.clients.orders.get(f"/orders/v1/orders/{order_id}")
        except NeighbourProblem as problem:
            raise NotFound(f"there is no order {order_id}") from problem
        territory_id = str(order["territory_id"])
    return await territory_for(context, caller, territory_id)
