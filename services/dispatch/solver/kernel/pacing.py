"""The pace of driving as a table, and what it means for many vehicles at once, before a kernel is there to be asked."""

import numpy as np

from ..problem import FOREVER, Ints, Pace
from .driving import UNITS
from .layout import HEAVY_UNITS, LIGHT_UNITS, SINCE


def pace_rows(pace: Pace) -> Ints:
    """The table PACE: units of driving per second, from each turn on."""
    turns = sorted({instant for start, end, *_ in (*pace.factors, *pace.bans) for instant in (start, end)})
    rows = []
    for since in (-FOREVER, *turns):
        light = next((-(-UNITS * 1000 // permille) for a, b, permille in pace.factors if a <= since < b), UNITS)
        banned = any(start <= since < end for start, end in pace.bans)
        rows.append((since, light, 0 if banned else light))
    return np.array(rows, np.int64)


class Pacing:
    """When light or heavy vehicles arrive and have to leave. Counts the units made since the first turn (before it they
    are negative): a sum that never falls, so that an instant is looked up by its units and the other way round."""

    def __init__(self, pace: Pace, *, heavy: bool) -> None:
        rows = pace_rows(pace)
        self._turns, self._speeds = rows[1:, SINCE], rows[:, HEAVY_UNITS if heavy else LIGHT_UNITS]
        self._made = np.cumsum([0, *(self._speeds[1:-1] * np.diff(self._turns))])

    def arrivals(self, leaves: Ints, seconds: Ints) -> Ints:
        """The first instants at which drives of `seconds` at normal pace, begun at `leaves`, are made."""
        if not len(self._turns):
            return leaves + seconds
        goal = self._units(leaves) + seconds * UNITS
        span = np.searchsorted(self._made, goal, side="left")
        turn = np.maximum(span - 1, 0)
        arrives = self._turns[turn] - (self._made[turn] - goal) // self._speeds[span]
        return np.where(seconds > 0, arrives, leaves)

    def departure(self, arrives: int, seconds: int) -> int:
        """The last instant at which one can leave and still be there at `arrives`."""
        if not len(self._turns) or seconds == 0:
            return arrives - seconds
        goal = int(self._units(np.array([arrives]))[0]) - seconds * UNITS
        span = int(np.searchsorted(self._made, goal, side="right"))
        turn = max(span - 1, 0)
        return int(self._turns[turn] + (goal - self._made[turn]) // self._speeds[span])

    def _units(self, instants: Ints) -> Ints:
        span = np.searchsorted(self._turns, instants, side="right")
        turn = np.maximum(span - 1, 0)
        made: Ints = self._made[turn] + self._speeds[span] * (instants - self._turns[turn])
        return made
