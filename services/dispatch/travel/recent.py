"""Tables between the same places, remembered in this process: a plan asks for nearly those of the plan before.

The embedded roads are open both ways and as long back as there, so a new place costs its own row alone.
"""

import threading
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from kit.values import Place
from services.dispatch.travel.port import Ints, lonlat
from services.dispatch.travel.roads import RoadNetwork, Snaps
from services.dispatch.travel.speeds import HourClass

MOST_CELLS = 4_000_000
"""Of all remembered tables: 32 MB. The longest unused table gives way."""


@dataclass(frozen=True, eq=False)
class Table:
    """All ways between k places: `at` is the row of each; seconds, metres [k, k]."""

    hours: HourClass
    at: dict[Place, int]
    snaps: Snaps
    seconds: Ints
    metres: Ints


class RecentTables:
    """Of one network. Threads may ask at once; two that ask for the same may both work."""

    def __init__(self, network: RoadNetwork, most_cells: int = MOST_CELLS) -> None:
        self._network = network
        self._most_cells = most_cells
        self._tables: deque[Table] = deque()
        self._changing = threading.Lock()

    def between(self, places: Sequence[Place], hours: HourClass) -> Table:
        """The table of these places, each once, in the order of their first mention."""
        distinct = list(dict.fromkeys(places))
        with self._changing:
            tables = [table for table in self._tables if table.hours == hours]
        known = max(tables, key=lambda one: _shared(one, distinct), default=None)
        if known is None or not _shared(known, distinct):
            table = self._new(distinct, hours)
        else:
            table = self._extended(known, distinct)
        self._remember(table)
        return table

    def _new(self, places: Sequence[Place], hours: HourClass) -> Table:
        snaps = self._network.snap(lonlat(places))
        seconds, metres = self._network.table_between(snaps, snaps, hours)
        return Table(hours, _rows_of(places), snaps, seconds, metres)

    def _extended(self, known: Table, places: Sequence[Place]) -> Table:
        fresh = [row for row, place in enumerate(places) if place not in known.at]
        kept = [row for row, place in enumerate(places) if place in known.at]
        before = [known.at[places[row]] for row in kept]
        snaps = _merged(known.snaps, before, kept, self._network.snap(lonlat([places[row] for row in fresh])), fresh)
        shape = (len(places), len(places))
        seconds, metres = np.empty(shape, np.int32), np.empty(shape, np.int32)
        seconds[np.ix_(kept, kept)] = known.seconds[np.ix_(before, before)]
        metres[np.ix_(kept, kept)] = known.metres[np.ix_(before, before)]
        if fresh:
            there = self._network.table_between(_rows(snaps, fresh), snaps, known.hours)
            seconds[fresh], metres[fresh] = there
            seconds[:, fresh], metres[:, fresh] = there[0].T, there[1].T
        return Table(known.hours, _rows_of(places), snaps, seconds, metres)

    def _remember(self, table: Table) -> None:
        """In place of those that it has most of: the same territory's, earlier."""
        with self._changing:
            others = [one for one in self._tables if one.hours != table.hours or not _has_most(table, one)]
            self._tables = deque([*others, table])
            while sum(one.seconds.size for one in self._tables) > self._most_cells:
                self._tables.popleft()


def _shared(table: Table, places: Iterable[Place]) -> int:
    return sum(place in table.at for place in places)


def _has_most(table: Table, of: Table) -> bool:
    return 2 * _shared(table, of.at) > len(of.at)


def _rows_of(places: Sequence[Place]) -> dict[Place, int]:
    return {place: row for row, place in enumerate(places)}


def _rows(snaps: Snaps, rows: Sequence[int]) -> Snaps:
    return Snaps(
        snaps.site[rows], snaps.edge[rows], snaps.fraction[rows], snaps.access_metres[rows], snaps.reachable[rows]
    )


def _merged(old: Snaps, before: Sequence[int], kept: Sequence[int], new: Snaps, fresh: Sequence[int]) -> Snaps:
    def column(name: str) -> Any:
        known, added = getattr(old, name)[before], getattr(new, name)
        whole = np.empty((len(kept) + len(fresh), *added.shape[1:]), added.dtype)
        whole[kept], whole[fresh] = known, added
        return whole

    return Snaps(*(column(name) for name in ("site", "edge", "fraction", "access_metres", "reachable")))
