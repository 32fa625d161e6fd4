"""Machines gathered to so few points that a table between them can be made, and cells where a station could be."""

import h3
import numpy as np
import numpy.typing as npt

from services.stations.siting.coverage import Demand

FINEST, COARSEST = 8, 2
"""H3 resolutions: 0.5 km and 180 km from centre to corner."""


def gathered(demand: Demand, most: int) -> Demand:
    """At most `most` points: in each H3 cell, as fine as that allows, the machines' centre of gravity."""
    if len(demand.places) <= most:
        return demand
    for resolution in range(FINEST, COARSEST - 1, -1):
        cells = [h3.latlng_to_cell(lat, lon, resolution) for lon, lat in demand.places.tolist()]
        names, group = np.unique(cells, return_inverse=True)
        if len(names) <= most:
            return _centres(demand, group)
    return _centres(demand, group)


def _centres(demand: Demand, group: npt.NDArray[np.int64]) -> Demand:
    machines = np.bincount(group, weights=demand.machines)
    centre = [np.bincount(group, weights=demand.machines * demand.places[:, axis]) / machines for axis in (0, 1)]
    return Demand(np.stack(centre, axis=1), machines.astype(np.int64))


def busiest(demand: Demand, most: int) -> npt.NDArray[np.float64]:
    """Where most machines stand: degrees lon, lat of up to `most` points, the busiest first."""
    points = gathered(demand, 4 * most)
    order = np.argsort(-points.machines, kind="stable")[:most]
    places: npt.NDArray[np.float64] = points.places[order]
    return places
