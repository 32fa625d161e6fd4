"""The engine that always answers: cheapest insertion, most urgent order first, preventive work last."""

from collections.abc import Iterable

from .draft import Draft
from .insertion import best_insertion
from .plan import Plan
from .problem import FOREVER, Order
from .reasons import reason
from .step import dropped_fen
from .vehicles import send_where_worth


def urgency(order: Order) -> tuple[bool, bool, int, int]:
    """Sort key: promises before preventive work, what a person fixed first, then the earliest clock or window."""
    fixed = order.pin_engineer is not None or order.pin_start is not None
    due = min((clock.due for clock in order.clocks), default=FOREVER)
    last = order.windows[-1][1] if order.windows else FOREVER
    return order.preventive, not fixed, min(due, last), -order.drop_fen


def insert_all(draft: Draft, orders: list[int]) -> None:
    """Insert what is worth its price, in order of urgency; what a person fixed is inserted at any price."""
    records = draft.tables.orders
    for order in sorted(orders, key=lambda o: (*urgency(records[o]), o)):
        insert(draft, order)


def insert(draft: Draft, order: int, *, at_any_price: bool = False) -> bool:
    """Insert one order at its best place if that is cheaper than leaving it out; says whether it did."""
    record = draft.tables.orders[order]
    found = best_insertion(draft, order)
    if found is None:
        return False
    at_any_price |= record.pin_engineer is not None or record.pin_start is not None
    if not at_any_price and found.fen >= dropped_fen(draft.tables, order, draft.relief):
        return False
    draft.put(order, found.tour, found.visits, found.kit)
    return True


def spare_promises(draft: Draft, tours: Iterable[int]) -> None:
    """Take preventive work off those tours where it makes a promise late, unless a person fixed it there."""
    orders = draft.tables.orders
    for tour in tours:
        visits = draft.visits[tour]
        loose = [v for v in visits if v >= 0 and orders[v].preventive and orders[v].pin_engineer is None]
        promised = [visit for visit in visits if visit not in loose]
        if loose and draft.promises_fen(tour, visits) > draft.promises_fen(tour, promised):
            for order in loose:
                draft.take_out(order)


def construct(draft: Draft) -> Draft:
    """Fill the draft: routes first, then replacement vehicles for what will be late, then a second try."""
    insert_all(draft, draft.unassigned())
    send_where_worth(draft, range(len(draft.tour_of)))
    return draft


def finished(draft: Draft) -> Plan:
    """The draft as a plan, with a true reason for every order left out.

    What has become worth its price meanwhile (a vehicle takes the cargo, stock is free again) is inserted first.
    """
    for order in draft.unassigned():
        insert(draft, order)
    return draft.plan({order: reason(draft, order) for order in draft.unassigned()})
