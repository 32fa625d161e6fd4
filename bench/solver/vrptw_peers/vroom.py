"""VROOM: heuristics and local search at its highest exploration level; it decides itself how long that takes."""

import vroom

from services.dispatch.solver.public.problems import PublicPlan, Vrptw

LEVEL = 5


def solve(problem: Vrptw, seconds: float, seed: int) -> PublicPlan:
    """Travel time is distance and all that costs. A vehicle for every fourth customer: more only slow it down."""
    model = vroom.Input()
    model.set_durations_matrix(profile="car", matrix_input=problem.distance.astype("uint32"))
    ready, due = problem.ready.tolist(), problem.due.tolist()
    for vehicle in range(1, max(2, problem.size // 4) + 1):
        window = vroom.TimeWindow(ready[0], due[0])
        model.add_vehicle(vroom.Vehicle(vehicle, start=0, end=0, capacity=[problem.capacity], time_window=window))
    for node in range(1, problem.size):
        model.add_job(
            vroom.Job(
                node,
                location=node,
                default_service=int(problem.service[node]),
                delivery=vroom.Amount([int(problem.demand[node])]),
                time_windows=[vroom.TimeWindow(ready[node], due[node])],
            )
        )
    stops = model.solve(exploration_level=LEVEL, nb_threads=1).routes
    visits = stops[stops["type"] == "job"]
    routes = {int(vehicle): tuple(map(int, group["id"])) for vehicle, group in visits.groupby("vehicle_id")}
    planned = {node for route in routes.values() for node in route}
    absent = {node: "capacity" for node in range(1, problem.size) if node not in planned}
    return PublicPlan(tuple(routes.items()), absent)
