"""Imports of catalogue, places, lanes and counted stock."""

import time
from typing import Any

from tests.parts.conftest import Parts
from tests.running import body

AT = {"lon": 117.0, "lat": 36.65, "datum": "WGS-84"}
PART = {"name_zh": "件", "name_en": "part", "unit_cost_fen": 100, "weight_g": 10}
LANE = {"fee_fen": 100, "fen_per_km": 2, "km_per_hour": 60, "cutoff": "18:00", "ready_s": 600}
BAD: list[tuple[str, dict[str, Any], str]] = [
    ("parts", {"part": "a b", **PART}, "/part"),
    ("parts", {"part": "A", **PART, "unit_cost_fen": -1}, "/unit_cost_fen"),
    ("parts", {"part": "A", **PART, "unit_cost_fen": "100"}, "/unit_cost_fen"),
    ("parts", {"part": "A", **PART, "weight_g": True}, "/weight_g"),
    ("substitutes", {"part": "PUMP", "substitute": "PUMP", "approved": True}, ""),
    ("substitutes", {"part": "PUMP", "substitute": "NO-SUCH", "approved": True}, "/substitute"),
    ("substitutes", {"part": "PUMP", "substitute": "VALVE", "approved": "yes"}, "/approved"),
    ("places", {"place_id": "X", "kind": "van", "name": "x", **AT}, ""),
    ("places", {"place_id": "X", "kind": "shed", "name": "x", **AT}, "/kind"),
    ("places", {"place_id": "X", "kind": "depot", "name": "x", **AT, "lon": 36.6, "lat": 117.0}, "/lat"),
    ("places", {"place_id": "X", "kind": "depot", "name": "x", **AT, "opens": "25:00"}, "/opens"),
    ("stock", {"place_id": "CENTRAL", "part": "PUMP", "quantity": -1}, "/quantity"),
    ("stock", {"place_id": "CENTRAL", "part": "PUMP", "quantity": 1.5}, "/quantity"),
    ("stock", {"place_id": "CENTRAL", "part": "NO-SUCH", "quantity": 1}, "/part"),
    ("stock", {"place_id": "NOWHERE", "part": "PUMP", "quantity": 1}, "/place_id"),
    ("courier_lanes", {"place_id": "NOWHERE", **LANE}, "/place_id"),
    ("courier_lanes", {"place_id": "CENTRAL", **LANE, "km_per_hour": 0}, "/km_per_hour"),
]
GOOD: dict[str, dict[str, Any]] = {
    "parts": {"part": "NEW", **PART},
    "substitutes": {"part": "PUMP", "substitute": "VALVE", "approved": False},
    "places": {"place_id": "NEW", "kind": "depot", "name": "新", **AT},
    "stock": {"place_id": "CENTRAL", "part": "PUMP", "quantity": 3},
    "courier_lanes": {"place_id": "CENTRAL", **LANE},
}


async def test_bad_rows_are_named_and_the_good_ones_taken(parts: Parts) -> None:
    for kind, good in GOOD.items():
        bad = [(row, pointer) for of, row, pointer in BAD if of == kind]
        report = await parts.import_rows(kind, [*(row for row, _ in bad), good])
        assert report["counts"] == {"created": 1, "refused": len(bad)}, report
        pointers = [row["problem"]["pointer"] for row in report["rows"][:-1]]
        assert pointers == [f"/rows/{index}{pointer}" for index, (_, pointer) in enumerate(bad)]
        again = await parts.import_rows(kind, [good, good])
        assert again["counts"] == {"unchanged": 1, "refused": 1}
        assert again["rows"][1]["problem"]["type"] == "/problems/repeated-row"


async def test_counted_stock_is_booked_as_a_difference(parts: Parts) -> None:
    for quantity in (5, 5, 2):
        await parts.stock("CENTRAL", "PUMP", quantity)
    ledger = body(await parts.service.get("/parts/v1/places/CENTRAL/movements"))["items"]
    assert [(row["kind"], row["quantity"], row["actor"]) for row in ledger] == [
        ("count", -3, "service:tests"),
        ("count", 5, "service:tests"),
    ]
    [stock] = body(await parts.service.get("/parts/v1/places/CENTRAL/stock"))["items"]
    assert (stock["part"], stock["on_hand"], stock["claimed"]) == ("PUMP", 2, 0)
    rows = [{"place_id": "CENTRAL", "part": part, "quantity": 9} for part in ("PUMP", "VALVE")]
    await parts.import_rows("stock", rows)
    changed = [(said["place_id"], said["part"]) for said in await parts.told("stock.changed")]
    assert changed == [("CENTRAL", "PUMP"), ("CENTRAL", "PUMP"), ("CENTRAL", None)]


async def test_five_hundred_rows_are_taken_in_one_call(parts: Parts) -> None:
    """The limit is loose because other work shares the machine; the time is what the assertion shows when it fails."""
    names = [f"P-{number:04}" for number in range(500)]
    await parts.import_rows("parts", [{"part": name, **PART} for name in names])
    started = time.perf_counter()
    rows = [{"place_id": "CENTRAL", "part": name, "quantity": 4} for name in names]
    report = await parts.import_rows("stock", rows)
    took = time.perf_counter() - started
    assert report["counts"] == {"created": 500}
    assert took < 10, took


async def test_the_catalogue_is_found_by_number_and_name(parts: Parts) -> None:
    named = {"part": "TURBO-1", "name_zh": "涡轮增压器", "name_en": "Turbocharger 100%"}
    await parts.import_rows("parts", [PART | named])

    async def found(words: str) -> list[str]:
        items = body(await parts.service.get("/parts/v1/parts", params={"q": words}))["items"]
        return [row["part"] for row in items]

    assert await found("turbo") == await found("增压") == await found("100%") == ["TURBO-1"]
    assert await found("%") == ["TURBO-1"], "a percent sign is a percent sign"
    first = body(await parts.service.get("/parts/v1/parts", params={"limit": 3}))
    second = body(await parts.service.get("/parts/v1/parts", params={"limit": 3, "cursor": first["next"]}))
    assert [row["part"] for row in first["items"] + second["items"]] == ["FILTER", "PUMP", "SENSOR", "TURBO-1", "VALVE"]
    body(await parts.service.get("/parts/v1/parts/NO-SUCH"), 404)
