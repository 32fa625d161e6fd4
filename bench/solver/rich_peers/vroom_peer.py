"""VROOM through pyvroom: skills, windows, shifts, prices of legs. It has hard windows only: a promise that can still be
kept is given as one, so that VROOM leaves an order out rather than be late; the fill then serves it late."""

from datetime import timedelta

import numpy as np
import vroom

from ..reduced import Reduced, Sequences

EXPLORATION = 3


def plan(view: Reduced, seconds: float | None, seed: int) -> Sequences:
    """Exploration level 3 on one thread; ends by itself, or after `seconds`. The seed is not used."""
    problem = view.problem
    task = vroom.Input()
    task.set_durations_matrix("car", view.seconds.astype(np.uint32))
    task.set_costs_matrix("car", view.leg_fen.astype(np.uint32))
    for tour, record in enumerate(problem.tours):
        if view.starts[tour] > record.limit:
            continue
        task.add_vehicle(
            vroom.Vehicle(
                tour + 1,
                start=view.begins[tour],
                end=record.end_place,
                skills=set(np.flatnonzero(view.allowed[tour]).tolist()),
                time_window=vroom.TimeWindow(view.starts[tour], record.limit),
                max_tasks=min(record.max_orders, 1000),
                type=str(tour),
            )
        )
    dearest = max(view.drop_fen(order) for order in view.orders)
    for order in view.orders:
        windows = view.promised_windows(order)
        if windows:
            task.add_job(
                vroom.Job(
                    order + 1,
                    problem.orders[order].place,
                    default_service=view.longest(order),
                    skills={order},
                    priority=max(1, 100 * view.drop_fen(order) // dearest),
                    time_windows=[vroom.TimeWindow(*window) for window in windows],
                    service_per_type={
                        str(t): int(view.service[t, order]) for t in np.flatnonzero(view.allowed[:, order]).tolist()
                    },
                )
            )
    limit = None if seconds is None else timedelta(seconds=seconds)
    steps = task.solve(exploration_level=EXPLORATION, nb_threads=1, timeout=limit).routes
    sequences: Sequences = {}
    for vehicle, job in steps.loc[steps["type"] == "job", ["vehicle_id", "id"]].itertuples(index=False):
        sequences.setdefault(int(vehicle) - 1, []).append(int(job) - 1)
    return sequences
