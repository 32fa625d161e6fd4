"""The port on the embedded road network: no server, no key, always there."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np

from kit.values import Place
from services.dispatch.travel.port import Route, TravelMatrix, lonlat, refuse_too_large
from services.dispatch.travel.speeds import HourClass, hour_class_at

if TYPE_CHECKING:
    from services.dispatch.travel.recent import RecentTables
    from services.dispatch.travel.roads import RoadNetwork, Snaps


def _china() -> "RoadNetwork":
    from services.dispatch.travel.roads import china  # with its libraries, at the first question

    return china()


class EmbeddedRoads:
    """Loads the network at the first question and answers in a thread, so that the event loop stays free."""

    source = "embedded-roads"

    def __init__(self, load: "Callable[[], RoadNetwork]" = _china) -> None:
        self._load = load
        self._network: RoadNetwork | None = None
        self._recent: RecentTables | None = None
        self._loading = asyncio.Lock()

    async def network(self) -> "RoadNetwork":
        """The network; loaded once, whoever asks first."""
        async with self._loading:
            if self._network is None:
                from services.dispatch.travel.recent import RecentTables  # with the network's libraries

                self._network = await asyncio.to_thread(self._load)
                self._recent = RecentTables(self._network)
            return self._network

    async def matrix(self, *, origins: Sequence[Place], destinations: Sequence[Place], at: datetime) -> TravelMatrix:
        """See TravelTimes."""
        refuse_too_large(origins, destinations)
        hours = hour_class_at(at)
        network = await self.network()

        def answer() -> TravelMatrix:
            if origins == destinations:
                return self._among(places=origins, hours=hours)
            starts, ends = network.snap(lonlat(origins)), network.snap(lonlat(destinations))
            seconds, metres = network.table_between(starts, ends, hours)
            return TravelMatrix(seconds, metres, _access(starts), _access(ends), self.source)

        return await asyncio.to_thread(answer)

    def _among(self, places: Sequence[Place], hours: HourClass) -> TravelMatrix:
        assert self._recent is not None  # noqa: S101 - it comes with the network
        table = self._recent.between(places, hours)
        rows = [table.at[place] for place in places]
        access = _access(table.snaps)[rows]
        block = np.ix_(rows, rows)
        return TravelMatrix(table.seconds[block], table.metres[block], access, access, self.source)

    async def nearest(self, *, origins: Sequence[Place], destinations: Sequence[Place], at: datetime) -> list[int]:
        """Seconds to each destination from whichever origin is nearest by road; NO_WAY where there is none."""
        hours = hour_class_at(at)
        network = await self.network()

        def answer() -> list[int]:
            starts, ends = network.snap(lonlat(origins)), network.snap(lonlat(destinations))
            seconds: list[int] = network.nearest(starts, ends, hours).tolist()
            return seconds

        return await asyncio.to_thread(answer)

    async def route(self, origin: Place, destination: Place, at: datetime) -> Route:
        """See TravelTimes."""
        hours = hour_class_at(at)
        network = await self.network()

        def answer() -> Route:
            start, end = network.snap(lonlat([origin])), network.snap(lonlat([destination]))
            return Route(tuple(network.path_between(start, end, hours)), self.source)

        return await asyncio.to_thread(answer)


def _access(snaps: "Snaps") -> np.ndarray[tuple[int], np.dtype[np.int32]]:
    return np.rint(snaps.access_metres).astype(np.int32)
