"""Coverage and siting behind the pages: the real arithmetic on made-up machines, roads as the crow flies at 60 km/h."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import numpy as np
from fastapi import APIRouter, Request

from services.stations.api.wire_studies import CoverageOut, StudyOut
from services.stations.siting.coverage import Demand, Seconds, gaps, reached, shares
from services.stations.siting.promises import ArrivalPromises, in_time
from services.stations.use_cases import studies
from services.stations.use_cases.coverage import Coverage, LevelCoverage
from tests.console.scenery import Scenery

SEED = 5
MACHINES = 3000
METRES_PER_DEGREE = 111_000


def network_router(scenery: Scenery) -> APIRouter:
    """Studies are queued when they are asked for and done when they are looked at again."""
    router = APIRouter(prefix="/stations/v1")
    rng = np.random.default_rng(SEED)
    demand = Demand(
        np.stack([rng.uniform(114, 122, MACHINES), rng.uniform(34, 38.5, MACHINES)], axis=1),
        rng.integers(1, 9, MACHINES),
    )
    asked: dict[str, Any] = {}

    def seconds(level: int) -> Seconds:
        there = np.array([(one["lon"], one["lat"]) for one in scenery.stations if one["level"] <= level]).reshape(-1, 2)
        nearest: Seconds = _seconds(there, demand.places).min(axis=0, initial=10**6)
        return nearest

    @router.get("/coverage")
    async def coverage(minutes: int) -> CoverageOut:
        levels = [
            LevelCoverage(
                level, sum(one["level"] <= level for one in scenery.stations), shares(demand, seconds(level), [minutes])
            )
            for level in (1, 2, 3)
        ]
        areas = gaps(demand, reached(seconds(3), minutes))
        return CoverageOut.of(Coverage(levels, int(demand.machines.sum()), 12, minutes, areas))

    @router.post("/siting", status_code=202)
    async def ask(request: Request) -> StudyOut:
        asked.update({"candidates": None, "at": datetime.now(UTC), **await request.json()})
        return _study(asked, None)

    @router.get("/siting/{study_id}")
    async def read(study_id: str) -> StudyOut:
        tried = demand.places[:60]
        table = np.vstack([seconds(3), _seconds(tried, demand.places)])
        promises = ArrivalPromises(demand.places, np.full(MACHINES, 2 * 3600), np.ones(MACHINES, np.int64))
        question = studies.Asked(**asked)
        kept = in_time(table, promises, preparation_s=question.preparation_minutes * 60)
        machines = studies.Served(reached(table, question.minutes), demand.machines)
        ground = studies.Ground(table, machines, studies.Served(kept, promises.promises))
        choose = studies._median if question.objective == "median" else studies._covering
        found = choose(ground, question) | {"machines": int(demand.machines.sum()), "promises": MACHINES}
        return _study(asked, found | {"features": studies._features(tried, found["chosen"])})

    return router


def _seconds(origins: Any, destinations: Any) -> Seconds:
    apart = np.hypot(*(origins[:, None, :] - destinations[None, :, :]).transpose(2, 0, 1))
    seconds: Seconds = (apart * METRES_PER_DEGREE / 60_000 * 3600).astype(np.int32)
    return seconds


def _study(asked: dict[str, Any], result: dict[str, Any] | None) -> StudyOut:
    state = "queued" if result is None else "done"
    row: dict[str, Any] = {"id": "study-1", "branch_id": "SD", "asked": asked, "state": state, "result": result}
    row |= {"problem": None, "created_at": datetime.now(UTC), "finished_at": None}
    return StudyOut.of(SimpleNamespace(**row))  # type: ignore[arg-type]
