"""The judge refuses every way of breaking a good plan, and only for the rule that was broken."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from tests.dispatch.solver.solving import broken, judged, plan_document, solved
from tests.dispatch.solver.tiny import HOUR, depot, document, engineer, order

Json = dict[str, Any]


def rich() -> Json:
    """Two engineers, two orders that want the only pump of their source, one truck with cargo."""
    cargo = {"cargo_class": "box", "mass_kg": 20_000, "destination": "p5"}
    return document(
        engineers=[
            engineer("a", van_stock={"pump": 1}, certificates=["gas"], max_orders=2),
            engineer("b", skills={"diesel": 1}),
        ],
        depots=[depot("d", "p1", open_windows=[{"start": 0, "end": 6 * HOUR}])],
        orders=[
            order("x", "p2", kit=[{"part": "pump", "quantity": 1}], windows=[{"start": 0, "end": 4 * HOUR}]),
            order("y", "p3", kit=[{"part": "pump", "quantity": 1}], certificates=["gas"], cargo=cargo),
        ],
        replacement_vehicles=[
            {"id": "v", "place": "p3", "classes": ["box"], "max_mass_kg": 30_000, "base_fen": 500},
            {"id": "w", "place": "p3", "classes": ["tank"], "max_mass_kg": 30_000, "base_fen": 500},
        ],
    )


@pytest.fixture
def good() -> Json:
    plan = plan_document(rich(), solved(rich()))
    assert broken(judged(rich(), plan)) == set()
    assert [stop.get("order", stop.get("depot")) for stop in plan["routes"][0]["stops"]] == ["d", "x", "y"]
    return plan


def shift_start(plan: Json, position: int, seconds: int) -> None:
    stop = plan["routes"][0]["stops"][position]
    stop["start"] += seconds
    stop["end"] += seconds


def other_engineer(plan: Json) -> None:
    plan["routes"][0]["engineer"] = "b"


def oversell(plan: Json) -> None:
    for source in plan["parts"]:
        source.update(source="van")
        source.pop("depot", None)


def forget_pickup(plan: Json) -> None:
    del plan["routes"][0]["stops"][0]


def overlap(plan: Json) -> None:
    first, second = plan["routes"][0]["stops"][1:]
    second.update(arrival=first["end"], start=first["end"], end=first["end"] + HOUR)


def same_route_twice(plan: Json) -> None:
    plan["routes"].append(copy.deepcopy(plan["routes"][0]))


def send(plan: Json, vehicle: str, cargo_at: int = 0, times: int = 1) -> None:
    case = {"order": "y", "vehicle": vehicle, "decide_by": 0, "depart": 0, "cargo_at": cargo_at}
    plan["replacement_cases"] += [case | {"delivered_at": cargo_at + 2 * HOUR, "fen": 500}] * times


MUTANTS: dict[str, tuple[Callable[[Json], object], set[str]]] = {
    # x starts at 2 h and may until 4 h; 4 h later it also ends after y has begun
    "late for its window": (lambda p: shift_start(p, 1, 4 * HOUR), {"time_window", "route_overlap"}),
    "unskilled engineer": (other_engineer, {"skill", "certificate", "stock_oversold"}),
    "line without source": (lambda p: p["parts"].pop(), {"part_missing"}),
    "two orders, one pump": (oversell, {"stock_oversold"}),
    "pick-up never made": (forget_pickup, {"part_missing"}),
    "two places at once": (overlap, {"route_overlap"}),
    "one shift driven twice": (same_route_twice, {"route_overlap", "order_twice"}),
    "started before arrival": (lambda p: shift_start(p, 1, -HOUR), {"times"}),
    "service cut short": (lambda p: p["routes"][0]["stops"][2].update(end=4 * HOUR), {"times"}),
    "home after the overtime": (lambda p: shift_start(p, 2, 6 * HOUR), {"shift"}),
    "planned and unassigned": (lambda p: p["unassigned"].append({"id": "x", "reason": "price"}), {"order_twice"}),
    "order forgotten": (lambda p: p["routes"][0]["stops"].pop(), {"order_missing", "part_missing"}),
    "vehicle of a wrong class": (lambda p: send(p, "w"), {"vehicle_unfit"}),
    "vehicle faster than its drive": (lambda p: send(p, "v", cargo_at=-60), {"vehicle_unfit"}),
    "vehicle sent twice": (lambda p: send(p, "v", times=2), {"vehicle_twice"}),
}


@pytest.mark.parametrize("name", MUTANTS)
def test_the_judge_refuses_the_mutant(name: str, good: Json) -> None:
    mutate, rules = MUTANTS[name]
    good.setdefault("unassigned", [])
    mutate(good)
    assert broken(judged(rich(), good)) == rules


def test_a_fitting_vehicle_is_accepted(good: Json) -> None:
    send(good, "v")
    assert broken(judged(rich(), good)) == set()


def test_locks_are_kept() -> None:
    """A pin on engineer and time, and work under way, are each refused when moved by a second."""
    pinned = order("x", "p1", pin={"kind": "both", "engineer": "a", "start": 2 * HOUR})
    moving = order("y", "p2", frozen={"state": "travelling", "engineer": "a", "start": 1800, "until": 5400})
    for orders, rule in (([pinned], "pin"), ([moving], "frozen")):
        problem = document(orders=orders)
        plan = plan_document(problem, solved(problem))
        assert broken(judged(problem, plan)) == set()
        stop = plan["routes"][0]["stops"][-1]
        stop.update(start=stop["start"] + 1, end=stop["end"] + 1)
        assert broken(judged(problem, plan)) == {rule}


@pytest.mark.parametrize(
    ("rule", "problem", "stops"),
    [
        ("max_orders", document(engineers=[engineer("a", max_orders=1)], orders=[order("x"), order("y")]), "xy"),
        ("excluded", document(orders=[order("x", excluded_engineers=["a"])]), "x"),
        (
            "reserve",  # 2 h of inspections where the shift of 8 h leaves 8 - 6.5 = 1.5 h
            document(
                engineers=[engineer("a", shifts=[{"start": 0, "end": 8 * HOUR, "reserve_seconds": 23_400}])],
                orders=[order("x", kind="inspection"), order("y", kind="inspection")],
            ),
            "xy",
        ),
    ],
)
def test_limits_of_a_shift_are_kept(rule: str, problem: Json, stops: str) -> None:
    plan = {"routes": [{"engineer": "a", "shift": 0, "stops": [{"kind": "order", "order": s} for s in stops]}]}
    assert broken(judged(problem, plan)) == {rule}


def test_no_way_and_closed_depot_are_refused() -> None:
    problem = document(orders=[order("x", "p2", kit=[{"part": "pump", "quantity": 1}])])
    problem["depots"] = [depot("d", "p1", open_windows=[{"start": 0, "end": HOUR - 1}])]
    parts = [
        {"order": "x", "line": 0, "part": "pump", "used_part": "pump", "quantity": 1, "source": "pickup", "depot": "d"}
    ]
    stops = [{"kind": "pickup", "depot": "d"}, {"kind": "order", "order": "x"}]
    plan = {"routes": [{"engineer": "a", "shift": 0, "stops": stops}], "parts": parts}
    assert broken(judged(problem, plan)) == {"depot_closed"}
    problem["travel"]["seconds"][2][0] = -1
    problem["depots"] = [depot("d", "p1")]
    assert broken(judged(problem, plan)) == {"unreachable"}
