"""A month of figures as the KPI routes answer them, made from the real definitions."""

from random import Random
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from services.dispatch.store.kpis import KPIS as OF_DISPATCH
from services.orders.api.kpi_wire import KpiOut
from services.orders.store.kpis.definitions import KPIS as OWN
from services.orders.store.kpis.sums import AS_KPIS
from services.parts.store.scorecard_kpis import KPIS as OF_PARTS
from services.stations.store.kpis import KPIS as OF_STATIONS

DEFINITIONS = [
    *(KpiOut.of(kpi) for kpi in (OWN | AS_KPIS).values()),
    *(
        KpiOut(service=service, **kpi.model_dump())
        for service, told in (("stations", OF_STATIONS), ("dispatch", OF_DISPATCH), ("parts", OF_PARTS))
        for kpi in told
    ),
]

TIERS = ("gold", "platinum", "standard")
ENGINEERS = ("E000", "E001")
DECILES = tuple("3579")
STATIONS = tuple(f"S{number:03}" for number in range(6))
TYPICAL = {
    "share": (0.85, 0.999),
    "seconds": (1_200.0, 70_000.0),
    "fen": (1_000.0, 220_000.0),
    "km": (20.0, 90.0),
    "times": (0.5, 6.0),
    "score": (0.02, 0.24),
}


def figures(seed: int = 5) -> list[dict[str, Any]]:
    dice, found = Random(seed), []
    scopes = [("branch", "SD"), *(("tier", tier) for tier in TIERS), *(("station", station) for station in STATIONS)]
    scopes += [("decile", decile) for decile in DECILES]
    for kpi in DEFINITIONS:
        for kind, scope_id in scopes:
            if kind == "decile" and not kpi.kpi.endswith(("_foretold", "_came_true")):
                continue
            mean = dice.uniform(*TYPICAL[kpi.unit])
            scope = {"kind": kind, "scope_id": scope_id, "branch_id": "SD"}
            frozen = {"frozen_n": 40, "frozen_mean": mean if dice.random() < 0.9 else mean * 0.98}
            n = dice.randrange(20, 400)
            found.append({"kpi": kpi.kpi, **scope, "n": n, "mean": mean, "p90": mean * 2, "total": mean * n, **frozen})
    return found


def month(name: str) -> dict[str, Any]:
    return {
        "month": name,
        "frozen_at": "2026-11-03T18:40:00Z",
        "figures": figures(),
        "adjustments": [],
        "silent": ["parts"] if name == "2026-09" else [],
    }


def cards(period: str, of: str = "station") -> dict[str, Any]:
    dice, made = Random(7), []
    for scope_id in STATIONS if of == "station" else ENGINEERS:
        lines: list[dict[str, Any]] = [
            {"kpi": kpi, "n": 30, "mean": 0.9, "points": dice.uniform(40, 100), "weight": 10.0}
            for kpi in ("promise_arrive", "promise_restore", "first_visit_fix")
        ]
        score = sum(line["points"] for line in lines) / len(lines)
        stars = next((count for least, count in ((95, 5), (90, 4), (80, 3)) if score >= least), 0)
        made.append({"scope_id": scope_id, "branch_id": "SD", "score": score, "passed": score >= 70, "stars": stars})
        made[-1]["lines"] = lines
        made[-1]["outside"] = [{"evaluator": "CAAM", "score": 91.5, "note": "mystery visit"}]
    return {
        "period": period,
        "of": of,
        "weights_version": 1,
        "cards": sorted(made, key=lambda one: -one["score"]),
    }


def walked(period: str) -> dict[str, Any]:
    """Two engineers who skipped something, and one who did not."""
    told: tuple[tuple[Any, ...], ...] = (
        ("E000", "breakdown", 40, 9, 2, {"diagnosis": 6, "handover": 3}),
        ("E001", "inspection", 25, 1, 1, {}),
        ("E001", "breakdown", 12, 0, 0, {}),
    )
    names = ("engineer_id", "work_type", "orders", "flawed", "disordered", "skipped")
    return {"month": period, "items": [{"station_id": "S001", **dict(zip(names, one, strict=True))} for one in told]}


def report_router() -> APIRouter:
    router = APIRouter(prefix="/orders/v1")

    @router.get("/kpi-definitions")
    async def definitions() -> dict[str, Any]:
        return {"items": [one.model_dump() for one in DEFINITIONS], "silent": []}

    @router.get("/kpis")
    async def one_month(name: Annotated[str, Query(alias="month")]) -> dict[str, Any]:
        return month(name)

    @router.get("/kpis/{kpi}/orders")
    async def cases(kpi: str) -> dict[str, Any]:
        order = {"branch_id": "SD", "station_id": "S001", "engineer_id": None, "tier": "gold", "product": "tractor"}
        names = [("a1", "WO-20261012-00017", 0.0), ("a2", "WO-20261020-00031", 1.0)]
        items = [
            {"order_id": order_id, "number": number, "value": value, "reported_at": "2026-10-12T02:00:00Z", **order}
            for order_id, number, value in names
        ]
        return {"kpi": kpi, "items": items}

    @router.get("/scorecards")
    async def scorecards(period: str, of: str) -> dict[str, Any]:
        return cards(period, of)

    @router.get("/control-points")
    async def control_points(month: str) -> dict[str, Any]:
        return walked(month)

    @router.get("/reports/{name}")
    async def file(name: str) -> Response:
        return Response(b"a,b\n", media_type="text/csv")

    return router
