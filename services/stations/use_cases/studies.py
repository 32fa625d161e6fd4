"""Siting studies: where so many new stations would reach the most machines, keep the most promises, or be nearest."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

import numpy as np
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncConnection

from kit.auth import Principal
from kit.client import NeighbourDown, NeighbourProblem
from kit.context import Context
from kit.ids import new_id
from kit.problems import Invalid, Problem
from services.stations.gateways import Points, arrival_promises, population, seconds_between, seconds_to_nearest
from services.stations.siting.coverage import Seconds, reached
from services.stations.siting.covering import Reach, Weights, maximal_covering
from services.stations.siting.median import p_median
from services.stations.siting.places import busiest, gathered
from services.stations.siting.promises import gathered_promises, in_time
from services.stations.store import network
from services.stations.store import studies as store
from services.stations.use_cases.coverage import branch_in_scope, points

JOB = "stations.site"
MOST_CANDIDATES, MOST_DEMAND = 400, 3000
FARTHEST_S = 12 * 3600
"""In a median a longer way, or none at all, counts as this one."""
CURVE_POINTS = 8
Objective = Literal["covering", "promises", "median"]


class Asked(BaseModel):
    """A study as it is asked for. Without `candidates` [lon, lat] the 400 busiest places are tried.

    `preparation_minutes` pass between the start of an arrival clock and the departure.
    """

    objective: Objective
    minutes: int
    sites: int
    keep_existing: bool
    candidates: list[tuple[float, float]] | None
    at: datetime
    preparation_minutes: int = 60


class NothingToSite(Problem):
    """There are no machines with a place, no promises to keep, or too few places for so many stations"""

    status = 422


async def ask(context: Context, tx: AsyncConnection, caller: Principal, *, branch_id: str | None, asked: Asked) -> str:
    """Queue a study; its id. Raises NotFound for a branch outside of the scope, Invalid."""
    branch_id = await branch_in_scope(tx, caller, branch_id)
    if asked.candidates is not None and asked.sites > len(asked.candidates):
        raise Invalid(f"{asked.sites} sites need at least as many candidates", pointer="/sites")
    study_id = new_id()
    values = {"id": study_id, "branch_id": branch_id, "state": "queued", "asked": asked.model_dump(mode="json")}
    await store.add(tx, values | {"actor": caller.actor, "created_at": context.clock.now()})
    await context.jobs.defer(tx, JOB, study_id=study_id)
    return study_id


async def work_out(context: Context, study_id: str) -> None:
    """The job: gather, choose, store. A study that cannot be made says why; an outage lets the job be tried again."""
    async with context.db.read() as tx:
        row = await store.by_id(tx, study_id)
    if row is None or row.state != "queued":
        return
    try:
        result = await _study(context, row.branch_id, Asked.model_validate(row.asked))
        values: dict[str, Any] = {"state": "done", "result": result}
    except (NothingToSite, NeighbourProblem) as error:
        values = {"state": "failed", "problem": str(error)[:500]}
    async with context.db.transaction() as tx:
        await store.finish(tx, study_id, values | {"finished_at": context.clock.now()})


async def give_up(context: Context, study_id: str, error: NeighbourDown) -> None:
    """The last attempt failed: the study says so."""
    async with context.db.transaction() as tx:
        values = {"state": "failed", "problem": str(error), "finished_at": context.clock.now()}
        await store.finish(tx, study_id, values)


@dataclass(frozen=True)
class Served:
    """What stations at the sites (rows; the first is all that are there already) would serve: `weight` by point."""

    reach: Reach
    weight: Weights

    def by(self, sites: Sequence[int]) -> int:
        """The weight that at least one of the sites serves."""
        return int(self.weight[self.reach[list(sites)].any(axis=0)].sum())


@dataclass(frozen=True)
class Ground:
    """`seconds` [sites, points] by road to the machines; which of them, and which promises, each site serves."""

    seconds: Seconds
    machines: Served
    promises: Served


async def _study(context: Context, branch_id: str | None, asked: Asked) -> dict[str, Any]:
    machines = (await population(context, branch_id)).demand
    tried = np.array(asked.candidates, float) if asked.candidates else busiest(machines, MOST_CANDIDATES)
    if len(tried) < max(1, asked.sites):
        raise NothingToSite(f"{len(tried)} places could have a station, {asked.sites} are wanted")
    demand = gathered(machines, MOST_DEMAND)
    promises = gathered_promises(await arrival_promises(context, branch_id), MOST_DEMAND)
    if asked.objective == "promises" and not len(promises.places):
        raise NothingToSite("no order of the last year has an arrival promise")
    async with context.db.read() as tx:
        there = points(await network.station_places(tx, branch_id)) if asked.keep_existing else points([])

    async def table(places: Points) -> Seconds:
        existing = await seconds_to_nearest(context, there, places, at=asked.at)
        # What is there already is one more candidate, in the first row, that stays.
        return np.vstack([existing, await seconds_between(context, tried, places, at=asked.at)])

    seconds = await table(demand.places)
    kept = in_time(await table(promises.places), promises, preparation_s=asked.preparation_minutes * 60)
    ground = Ground(seconds, Served(reached(seconds, asked.minutes), demand.machines), Served(kept, promises.promises))
    choose = _median if asked.objective == "median" else _covering
    chosen = await asyncio.to_thread(choose, ground, asked)
    totals = {"machines": int(demand.machines.sum()), "promises": int(promises.promises.sum())}
    return chosen | {"features": _features(tried, chosen["chosen"])} | totals


def _covering(ground: Ground, asked: Asked) -> dict[str, Any]:
    """The most machines, or promises, by each number of sites."""
    wanted = ground.promises if asked.objective == "promises" else ground.machines
    curve = []
    for sites in _steps(asked.sites):
        limit = timedelta(seconds=60 if sites == asked.sites else 15)
        found = maximal_covering(wanted.reach, wanted.weight, sites, fixed=[0], limit=limit)
        served = _served(ground, found.sites)
        curve.append({"sites": sites, **served, "at_most": found.bound, "proven": found.proven})
    return {"chosen": _new(found.sites), "curve": curve, "mean_s": None, "gap": None}


def _median(ground: Ground, asked: Asked) -> dict[str, Any]:
    seconds = np.where(ground.seconds < 0, FARTHEST_S, np.minimum(ground.seconds, FARTHEST_S)).astype(float)
    found = p_median(seconds, ground.machines.weight, asked.sites, fixed=[0], gap=0.005)
    machines = int(ground.machines.weight.sum())
    curve = [{"sites": asked.sites, **_served(ground, found.sites), "at_most": machines, "proven": False}]
    mean = found.cost / max(1, machines)
    return {"chosen": _new(found.sites), "curve": curve, "mean_s": round(mean), "gap": round(found.gap, 5)}


def _served(ground: Ground, sites: Sequence[int]) -> dict[str, int]:
    return {"reached": ground.machines.by(sites), "kept": ground.promises.by(sites)}


def _new(sites: Sequence[int]) -> list[int]:
    return [site - 1 for site in sites if site > 0]


def _steps(sites: int) -> list[int]:
    """Up to `CURVE_POINTS` numbers of sites, from none to all."""
    return sorted({round(sites * step / (CURVE_POINTS - 1)) for step in range(CURVE_POINTS)})


def _features(tried: Points, chosen: Sequence[int]) -> list[dict[str, Any]]:
    return [
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": tried[site].tolist()},
            "properties": {"rank": rank},
        }
        for rank, site in enumerate(chosen, 1)
    ]
