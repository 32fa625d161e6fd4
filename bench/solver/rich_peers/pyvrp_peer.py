"""PyVRP: qualification by one profile per engineer, prizes, overtime; promises as hard windows, as for VROOM."""

import time

import numpy as np
import pyvrp

from ..reduced import Reduced, Sequences

FAR = 10**8
"""Distance and duration to an order that the engineer may not do."""
SCALE = 2
"""Prices are fen x SCALE, so that the price of a second of overtime is a whole number."""
LARGEST = 10**9
"""Cells of all profiles' matrices; above, they do not fit into memory."""


class TooLarge(RuntimeError):
    """One profile per engineer needs more memory than there is."""


def plan(view: Reduced, seconds: float, seed: int) -> Sequences:
    """One client per order and first window: PyVRP takes one window each. Raises TooLarge."""
    problem = view.problem
    orders = [order for order in view.orders if view.promised_windows(order)]
    ends = [place for pair in zip(view.begins, (t.end_place for t in problem.tours), strict=True) for place in pair]
    places = [*ends, *(problem.orders[order].place for order in orders)]
    if len(places) ** 2 * problem.engineers > LARGEST:
        raise TooLarge(f"{problem.engineers} profiles of {len(places)} x {len(places)}")
    data = pyvrp.ProblemData(
        locations=[pyvrp.Location(0, 0)] * len(places),
        depots=[pyvrp.Depot(location=index) for index in range(len(ends))],
        clients=[_client(view, order, len(ends) + index) for index, order in enumerate(orders)],
        vehicle_types=[_vehicle(view, tour) for tour in range(len(problem.tours))],
        distance_matrices=_by_engineer(view, SCALE * view.leg_fen, places, orders, len(ends)),  # type: ignore[arg-type]
        duration_matrices=_by_engineer(view, view.seconds, places, orders, len(ends)),  # type: ignore[arg-type]
    )
    begun = time.process_time()
    result = pyvrp.solve(data, stop=lambda _: time.process_time() - begun > seconds, seed=seed, display=False)
    sequences: Sequences = {}
    for route in result.best.routes():
        clients = [step.idx for step in route.schedule() if step.is_client()]
        sequences[route.vehicle_type()] = [orders[index] for index in clients]
    return sequences


def _client(view: Reduced, order: int, location: int) -> pyvrp.Client:
    first, last = view.promised_windows(order)[0]
    return pyvrp.Client(
        location=location,
        service_duration=view.longest(order),
        tw_early=first,
        tw_late=last,
        prize=SCALE * view.drop_fen(order),
        required=False,
    )


def _vehicle(view: Reduced, tour: int) -> pyvrp.VehicleType:
    record = view.problem.tours[tour]
    starts = min(view.starts[tour], record.limit)
    regular = max(0, record.end - starts)
    return pyvrp.VehicleType(
        num_available=1,
        start_depot=2 * tour,
        end_depot=2 * tour + 1,
        tw_early=starts,
        tw_late=record.limit,
        start_late=starts,
        shift_duration=regular,
        max_overtime=max(0, record.limit - starts - regular),
        unit_overtime_cost=SCALE * view.problem.prices.overtime_fen_per_hour // 3600,
        profile=record.engineer,
    )


def _by_engineer(
    view: Reduced, matrix: np.ndarray, places: list[int], orders: list[int], first: int
) -> list[np.ndarray]:
    whole = matrix[np.ix_(places, places)].astype(np.int64)
    found = []
    for engineer in range(view.problem.engineers):
        tours = view.problem.tours_of[engineer]
        own = whole.copy()
        if tours:
            barred = np.flatnonzero(~view.allowed[tours[0], orders]) + first
            own[:, barred] = FAR
            np.fill_diagonal(own, 0)
        found.append(own)
    return found
