"""Sending replacement vehicles where they save more lateness than they cost."""

from collections.abc import Iterable

from .draft import Draft
from .problem import FOREVER, Problem
from .step import promise_fen


def promises_with(draft: Draft, order: int, moved: int, delivered: int) -> int:
    """Lateness of the order's clocks and cargo as planned now, if the cargo moved on at these times."""
    record, tour = draft.tables.orders[order], draft.tour_of[order]
    if tour < 0:
        start = end = draft.problem.end
    elif record.frozen:
        start, end = record.frozen.start, record.frozen.until
    else:
        end = draft.states[tour][draft.visits[tour].index(order) + 1][1]
        start = end - draft.tables.service(order, draft.tables.tours[tour].engineer)
    return promise_fen(record, start, end, moved, delivered)


def send_where_worth(draft: Draft, orders: Iterable[int]) -> None:
    """Send the vehicles whose price is below the lateness they save, best saving first, one case each."""
    busy = {case.vehicle for case in draft.cases.values()} | vehicles_underway(draft.problem)
    offers = []
    for order in orders:
        if not _open_case(draft, order) or not (now := promises_with(draft, order, FOREVER, FOREVER)):
            continue
        for case in draft.tables.quotes(order):
            saved = now - promises_with(draft, order, case.cargo_at, case.delivered_at) - case.fen
            offers.append((-saved, order, case.vehicle, case))
    for loss, order, vehicle, case in sorted(offers, key=lambda offer: offer[:3]):
        if loss < 0 and vehicle not in busy and order not in draft.cases:
            busy.add(vehicle)
            draft.send(case)


def vehicles_underway(problem: Problem) -> set[int]:
    """Vehicles already sent: they take no further case."""
    return {order.cargo.sent.vehicle for order in problem.orders if order.cargo and order.cargo.sent}


def _open_case(draft: Draft, order: int) -> bool:
    """The cargo could still be taken over: no vehicle is sent yet."""
    cargo = draft.tables.orders[order].cargo
    return cargo is not None and cargo.sent is None and order not in draft.cases
