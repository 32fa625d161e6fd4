"""A dispatcher without a solver: the most pressing order first, to the nearest qualified engineer with time."""

import numpy as np

from ..reduced import Reduced, Sequences


def plan(view: Reduced, seconds: float, seed: int) -> Sequences:
    """Appends only; the budget and the seed are not used."""
    problem, places, free = view.problem, list(view.begins), list(view.starts)
    sequences: Sequences = {tour: [] for tour in range(len(problem.tours))}
    for order in sorted(view.orders, key=lambda order: (_pressing(view, order), order)):
        site = problem.orders[order].place
        drives = view.seconds[np.array(places), site]
        for tour in np.argsort(drives, kind="stable").tolist():
            if not view.allowed[tour, order] or len(sequences[tour]) >= problem.tours[tour].max_orders:
                continue
            start = _opening(view, order, free[tour] + int(drives[tour]))
            end = None if start is None else start + int(view.service[tour, order])
            home = int(view.seconds[site, problem.tours[tour].end_place])
            if end is not None and end + home <= problem.tours[tour].limit:
                places[tour], free[tour] = site, end
                sequences[tour].append(order)
                break
    return sequences


def _pressing(view: Reduced, order: int) -> int:
    dues = [clock.due for clock in view.problem.orders[order].clocks]
    return min([*dues, *(last for _, last in view.windows(order)), view.problem.end])


def _opening(view: Reduced, order: int, ready: int) -> int | None:
    return next((max(first, ready) for first, last in view.windows(order) if ready <= last), None)
