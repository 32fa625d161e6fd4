"""The engine `ortools`: parts and vehicles over all orders at once, and routes, in turn; sums by head."""

from typing import Any

import pytest

from tests.dispatch.solver.solving import solved
from tests.dispatch.solver.test_vehicles import CARGO, RESTORE
from tests.dispatch.solver.tiny import depot, document, engineer, order

URGENT = 2_000_000
"""Price of leaving it out: twice that of the others, so it is inserted first."""


def pump(fee_fen: int) -> list[dict[str, Any]]:
    """A kit of one pump, which the depot `far` would bring at once for the fee."""
    offer = {"kind": "transfer", "depot": "far", "arrives_at": 0, "fee_fen": fee_fen}
    return [{"part": "pump", "quantity": 1, "deliveries": [offer]}]


def fen(problem: dict[str, Any], iterations: int) -> tuple[int, int]:
    """Prices of the plans of `greedy` and `ortools`, both kept to the rules."""
    results = [solved(problem, engine, iterations) for engine in ("greedy", "ortools")]
    assert all(result.verdict.violations == () for result in results)
    return results[0].verdict.total, results[1].verdict.total


def test_the_last_pump_goes_to_the_order_for_which_another_one_is_dear() -> None:
    """Both are at p1, one pump lies on the way at p0. Inserted first, x takes it and y pays 5 000 for another; if y
    takes it, x pays 500. 24 000 for the way to p1 and back are the same, so routing sees nothing of it."""
    orders = [order("x", kit=pump(500), drop_price_fen=URGENT), order("y", kit=pump(5000))]
    shelves = [depot("near", "p0"), depot("far", "p5", stock={"pump": 2})]
    assert fen(document(depots=shelves, orders=orders), 1) == (24_000 + 5000, 24_000 + 500)


@pytest.mark.parametrize("people", [[engineer("a", skills={})], []], ids=["unable", "nobody"])
def test_two_vehicles_change_places(people: list[dict[str, Any]]) -> None:
    """Also where there is no tour to route. Inserted first, x at p3 has v from p2 and y at p0 has w from p5: 1 + 5 h of
    way. The other way round it is 2 + 2 h, and neither could change alone: the case without a vehicle would be late."""
    truck = {"classes": ["box"], "max_mass_kg": 20_000, "base_fen": 9000, "fen_per_km": 10, "mobilise_seconds": 1800}
    cargo = {"clocks": [RESTORE], "cargo": CARGO}
    problem = document(
        engineers=people,
        orders=[order("x", "p3", drop_price_fen=URGENT, **cargo), order("y", "p0", **cargo)],
        replacement_vehicles=[truck | {"id": "v", "place": "p2"}, truck | {"id": "w", "place": "p5"}],
    )
    # left out 2 + 1 million, two base prices; an hour is 60 km at 10; with the cargo to p5 it is 2 h from p3, 5 from p0
    always = 3_000_000 + 2 * 9000 + (2 + 5) * 600
    assert fen(problem, 1) == (always + (1 + 5) * 600, always + (2 + 2) * 600)


def test_parts_follow_the_routes_that_follow_the_parts() -> None:
    """b at p4 can do one order: x at p3 comes first, with a pump brought for 1 000, and y at p4 stays out. Routing
    gives y to b and x to a, who has 2 h more each way but whose van has a pump: only now nobody need bring one."""
    people = [
        engineer("a", van_stock={"pump": 1}),
        engineer("b", start_place="p4", end_place="p4", max_orders=1, skills={"diesel": 5}),
    ]
    orders = [
        order("x", "p3", kit=pump(1000), drop_price_fen=URGENT),
        order("y", "p4", skills=[{"skill": "diesel", "level": 4}]),
    ]
    problem = document(engineers=people, depots=[depot("far", "p5")], orders=orders)
    # p4 to p3 and back, or p0 to p3 and back
    assert fen(problem, 20) == (1_000_000 + 24_000 + 1000, 72_000)
