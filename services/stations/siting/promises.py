"""Arrival promises by place and limit, and which of them a station there could keep."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from services.stations.siting.coverage import Demand, Seconds
from services.stations.siting.places import gathered


@dataclass(frozen=True)
class ArrivalPromises:
    """At lon, lat in degrees (WGS-84) [n, 2] somebody was promised to be there within `limit` seconds [n], so often."""

    places: npt.NDArray[np.float64]
    limit: npt.NDArray[np.int64]
    promises: npt.NDArray[np.int64]


def gathered_promises(given: ArrivalPromises, most: int) -> ArrivalPromises:
    """At most `most` points (one for each limit at least): those of the same limit in the centre of their H3 cell."""
    if len(given.limit) <= most:
        return given
    limits = np.unique(given.limit)
    alike = [given.limit == limit for limit in limits]
    share = max(1, most // len(limits))
    points = [gathered(Demand(given.places[which], given.promises[which]), share) for which in alike]
    return ArrivalPromises(
        np.concatenate([one.places for one in points]),
        np.repeat(limits, [len(one.places) for one in points]),
        np.concatenate([one.machines for one in points]),
    )


def in_time(seconds: Seconds, given: ArrivalPromises, *, preparation_s: int) -> npt.NDArray[np.bool_]:
    """Whether a station keeps a promise: who leaves `preparation_s` after the clock began arrives by its last second.

    `seconds` [..., n] by road to the places of the promises, -1 where there is no way.
    """
    return (seconds >= 0) & (seconds + preparation_s <= given.limit)
