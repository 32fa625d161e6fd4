"""Who sees which rows: a scope is part of every statement that reads for a person."""

from sqlalchemy import ColumnElement, false, select, true

from kit.auth import Principal
from services.orders.tables import appointments, assets, orders

GONE = ("declined", "cancelled")


def visible_orders(principal: Principal) -> ColumnElement[bool]:
    """Orders of one's branch, of one's station, or (engineers) that one is or was sent to."""
    match principal.role:
        case "admin" | "auditor" | "service":
            return _branch(principal)
        case "dispatcher" | "system":
            return _branch(principal)
        case "station":
            return orders.c.station_id == (principal.station_id or "")
        case "engineer":
            return orders.c.order_id.in_(_sent_to(principal))
    return false()


def visible_assets(principal: Principal) -> ColumnElement[bool]:
    """Machines of one's branch, one's own station's, or (engineers) those of the orders that one is sent to."""
    match principal.role:
        case "admin" | "auditor" | "service" | "dispatcher" | "system":
            return assets.c.branch_id == principal.branch_id if principal.branch_id else true()
        case "station":
            return assets.c.station_id == (principal.station_id or "")
        case "engineer":
            return assets.c.asset_id.in_(select(orders.c.asset_id).where(orders.c.order_id.in_(_sent_to(principal))))
    return false()


def _branch(principal: Principal) -> ColumnElement[bool]:
    return orders.c.branch_id == principal.branch_id if principal.branch_id else true()


def _sent_to(principal: Principal):  # type: ignore[no-untyped-def]
    mine = appointments.c.engineer_id == (principal.engineer_id or "")
    return select(appointments.c.order_id).where(mine, appointments.c.state.not_in(GONE))
