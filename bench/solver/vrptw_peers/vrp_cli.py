"""vrp-cli (rosomaxa): its budget is wall time alone: a busy machine gives it less, and its CPU time says how much."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import vrp_cli

from services.dispatch.solver.public.problems import PublicPlan, Vrptw

MIDNIGHT = datetime(2000, 1, 1, tzinfo=UTC)


def solve(problem: Vrptw, seconds: float, seed: int) -> PublicPlan:
    """Distance alone counts. A vehicle for every fourth customer: more only slow it down."""
    matrix = {
        "profile": "car",
        "travelTimes": problem.distance.ravel().tolist(),
        "distances": problem.distance.ravel().tolist(),
    }
    config = {
        "termination": {"maxTime": round(seconds)},
        "environment": {"parallelism": {"numThreadPools": 1, "threadsPerPool": 1}},
    }
    answer = vrp_cli.solve_pragmatic(
        problem=json.dumps(_pragmatic(problem)), matrices=[json.dumps(matrix)], config=json.dumps(config)
    )
    routes = [
        tuple(int(act["jobId"]) for stop in tour["stops"] for act in stop["activities"] if act["type"] == "delivery")
        for tour in json.loads(answer)["tours"]
    ]
    planned = {node for route in routes for node in route}
    absent = {node: "capacity" for node in range(1, problem.size) if node not in planned}
    return PublicPlan(tuple(enumerate(routes, start=1)), absent)


def _pragmatic(problem: Vrptw) -> dict[str, Any]:
    ready, due = problem.ready.tolist(), problem.due.tolist()
    jobs = [
        {
            "id": str(node),
            "deliveries": [
                {
                    "places": [
                        {
                            "location": {"index": node},
                            "duration": int(problem.service[node]),
                            "times": [[_moment(ready[node]), _moment(due[node])]],
                        }
                    ],
                    "demand": [int(problem.demand[node])],
                }
            ],
        }
        for node in range(1, problem.size)
    ]
    depot = {"index": 0}
    shift = {
        "start": {"earliest": _moment(ready[0]), "location": depot},
        "end": {"latest": _moment(due[0]), "location": depot},
    }
    vehicle = {
        "typeId": "van",
        "vehicleIds": [f"van_{number}" for number in range(max(2, problem.size // 4))],
        "profile": {"matrix": "car"},
        "costs": {"fixed": 0, "distance": 1, "time": 0},
        "shifts": [shift],
        "capacity": [problem.capacity],
    }
    return {
        "plan": {"jobs": jobs},
        "fleet": {"vehicles": [vehicle], "profiles": [{"name": "car"}]},
        "objectives": [[{"type": "minimize-unassigned"}], [{"type": "minimize-cost"}]],
    }


def _moment(tenths: int) -> str:
    return (MIDNIGHT + timedelta(seconds=tenths)).isoformat().replace("+00:00", "Z")
