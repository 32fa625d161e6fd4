"""vrp-cli in its pragmatic format: qualification as skills, hard windows, values; one shift is one vehicle."""

import json
import os
import time
from datetime import UTC, datetime
from typing import Any

import numpy as np

from ..reduced import Reduced, Sequences

EPOCH = 1_700_000_000
"""Second 0 of a problem, for a format that wants dates."""


def plan(view: Reduced, seconds: float, seed: int) -> Sequences:
    """Best plan after so much processor time, on one thread. The seed is not used."""
    import vrp_cli

    os.environ["RAYON_NUM_THREADS"] = "1"
    matrix = {
        "profile": "car",
        "travelTimes": view.seconds.ravel().tolist(),
        "distances": view.leg_fen.ravel().tolist(),
    }
    config = {
        "termination": {"maxTime": max(1, round(seconds * _crowding()))},
        "environment": {"parallelism": {"numThreadPools": 1, "threadsPerPool": 1}, "logging": {"enabled": False}},
    }
    answer = vrp_cli.solve_pragmatic(
        problem=json.dumps(_problem(view)), matrices=[json.dumps(matrix)], config=json.dumps(config)
    )
    sequences: Sequences = {}
    for tour in json.loads(answer)["tours"]:
        jobs = [one["jobId"] for stop in tour["stops"] for one in stop["activities"] if one["type"] == "service"]
        sequences[int(tour["typeId"])] = [int(job) for job in jobs]
    return sequences


def _crowding() -> float:
    """Seconds on the wall per second of processor time, just now: vrp-cli counts only the former."""
    wall, cpu = time.monotonic(), time.process_time()
    while time.process_time() - cpu < 0.5:
        pass
    return (time.monotonic() - wall) / (time.process_time() - cpu)


def _problem(view: Reduced) -> dict[str, Any]:
    jobs = [_job(view, order) for order in view.orders if view.promised_windows(order)]
    objectives = [[{"type": kind}] for kind in ("maximize-value", "minimize-unassigned", "minimize-cost")]
    return {
        "plan": {"jobs": jobs},
        "fleet": {
            "vehicles": [
                _vehicle(view, tour) for tour, t in enumerate(view.problem.tours) if view.starts[tour] <= t.limit
            ],
            "profiles": [{"name": "car"}],
        },
        "objectives": objectives,
    }


def _job(view: Reduced, order: int) -> dict[str, Any]:
    times = [[_date(first), _date(last)] for first, last in view.promised_windows(order)]
    place = {
        "location": {"index": view.problem.orders[order].place},
        "duration": float(view.longest(order)),
        "times": times,
    }
    return {
        "id": str(order),
        "services": [{"places": [place]}],
        "skills": {"allOf": [f"order{order}"]},
        "value": float(view.drop_fen(order)),
    }


def _vehicle(view: Reduced, tour: int) -> dict[str, Any]:
    record, prices = view.problem.tours[tour], view.problem.prices
    return {
        "typeId": str(tour),
        "vehicleIds": [f"{tour}_1"],
        "profile": {"matrix": "car"},
        "costs": {"fixed": 0.0, "distance": 1.0, "time": prices.travel_fen_per_hour / 3600 / 10},
        "shifts": [
            {
                "start": {"earliest": _date(view.starts[tour]), "location": {"index": view.begins[tour]}},
                "end": {"latest": _date(record.limit), "location": {"index": record.end_place}},
            }
        ],
        "capacity": [1000],
        "skills": [f"order{order}" for order in np.flatnonzero(view.allowed[tour]).tolist()],
        "limits": {"tourSize": min(record.max_orders, 1000)},
    }


def _date(instant: int) -> str:
    return datetime.fromtimestamp(EPOCH + instant, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
