"""What stations asks the other services: where machines stand, what was promised there, and how far it is by road."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt

from kit.context import Context
from services.stations.siting.coverage import Demand, Seconds
from services.stations.siting.promises import ArrivalPromises

DEADLINE_S = 60.0
Points = npt.NDArray[np.float64]
"""Degrees lon, lat [n, 2]."""


@dataclass(frozen=True)
class Population:
    """Machines by place; `without_place` of them have none on record."""

    demand: Demand
    without_place: int


async def population(context: Context, branch_id: str | None) -> Population:
    """The machines of a branch, or all. Raises NeighbourDown."""
    answer = await context.clients.orders.get(
        "/orders/v1/population", params={"branch_id": branch_id}, deadline_s=DEADLINE_S
    )
    rows = np.array(answer["places"], float).reshape(-1, 3)
    return Population(Demand(rows[:, :2], rows[:, 2].astype(np.int64)), answer["without_place"])


async def arrival_promises(context: Context, branch_id: str | None) -> ArrivalPromises:
    """The arrival promises of the last year in a branch, or all. Raises NeighbourDown."""
    answer = await context.clients.orders.get(
        "/orders/v1/arrival-promises", params={"branch_id": branch_id}, deadline_s=DEADLINE_S
    )
    rows = np.array(answer["promises"], float).reshape(-1, 4)
    return ArrivalPromises(rows[:, :2], rows[:, 2].astype(np.int64), rows[:, 3].astype(np.int64))


async def seconds_to_nearest(context: Context, origins: Points, destinations: Points, *, at: datetime) -> Seconds:
    """Seconds [destinations] by road from the nearest origin; -1: no way. Raises NeighbourDown."""
    if not len(origins) or not len(destinations):
        return np.full(len(destinations), -1, np.int32)
    answer = await context.clients.dispatch.post(
        "/dispatch/v1/travel/nearest", json=_question(origins, destinations, at), deadline_s=DEADLINE_S
    )
    return np.array(answer["seconds"], np.int32)


async def seconds_between(context: Context, origins: Points, destinations: Points, *, at: datetime) -> Seconds:
    """Seconds [origins, destinations] by road; -1: no way. Raises NeighbourDown."""
    if not len(origins) or not len(destinations):
        return np.empty((len(origins), len(destinations)), np.int32)
    answer = await context.clients.dispatch.post(
        "/dispatch/v1/travel/matrix", json=_question(origins, destinations, at), deadline_s=DEADLINE_S
    )
    return np.array(answer["seconds"], np.int32).reshape(len(origins), len(destinations))


def _question(origins: Points, destinations: Points, at: datetime) -> dict[str, Sequence[Sequence[float]] | str]:
    return {"origins": origins.tolist(), "destinations": destinations.tolist(), "at": at.isoformat()}


async def stock_values(context: Context) -> dict[str, int]:
    """What lies on each station's shelf, in fen. Raises NeighbourDown."""
    answer = await context.clients.parts.get("/parts/v1/stock-values", deadline_s=DEADLINE_S)
    return dict(answer["stations"])
