"""Territory W after a round: the calls that came in, the plan that speaks of them, and what a dispatcher decided."""

import time
from collections import Counter
from collections.abc import Iterable

from tests.chaos.findings import Connection, Findings, all_of, first_of
from tests.chaos.office import Dispatcher, Hotline


def calls(connection: Connection, hotline: Hotline, found: Findings, *, within_s: float) -> None:
    """Every acknowledged call is one order, and the worker's plan speaks of it."""
    made = all_of(connection, "SELECT external_id, order_id FROM orders.orders WHERE external_id LIKE 'X-W-%%'")
    known = Counter(external for external, _ in made)
    for serial, order_id in hotline.orders.items():
        found.count(f"orders: call about {serial}", known[f"X-{serial}"], 1)
        if (f"X-{serial}", order_id) not in made:
            found.lost.append(f"the order {order_id} that was answered for {serial} does not exist")
    deadline = time.monotonic() + within_s
    while (unplanned := _unplanned(connection, hotline.orders.values())) and time.monotonic() < deadline:
        time.sleep(0.2)
    found.missing_downstream += [f"no plan speaks of order {order_id}" for order_id in unplanned]


def decisions(connection: Connection, dispatcher: Dispatcher, found: Findings) -> None:
    """Every acknowledged override is there once and in force, and the order's timeline tells of it once. That no plan
    undid one is asked of the invariants."""
    rows = {
        reason: (count, in_force)
        for reason, count, in_force in all_of(
            connection, "SELECT reason, count(*), bool_or(released_at IS NULL) FROM dispatch.overrides GROUP BY reason"
        )
    }
    told = Counter(first_of(connection, "SELECT facts->>'reason' FROM orders.timeline WHERE kind = 'order.overridden'"))
    for order_id, wish in dispatcher.decided.items():
        count, in_force = rows.get(wish["reason"], (0, True))
        found.count(f"dispatch: override of {order_id}", count, 1)
        found.count(f"timeline: override of {order_id}", told[wish["reason"]], 1, downstream=True)
        if not in_force:
            found.broken.append(f"the override of {order_id} was lifted by nobody")


def _unplanned(connection: Connection, orders: Iterable[str]) -> list[str]:
    planned = set(first_of(connection, "SELECT order_id FROM dispatch.appointments WHERE territory_id = 'W'"))
    reasons = first_of(
        connection,
        "SELECT line->>'order_id' FROM dispatch.plans, jsonb_array_elements(proposal->'unassigned') line "
        "WHERE territory_id = 'W'",
    )
    return [order_id for order_id in orders if order_id not in planned | set(reasons)]
