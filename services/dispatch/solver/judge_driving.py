"""The judge on driving: when one arrives who leaves now, through slow hours, bans and breaks.

Driving `seconds` of the matrix needs `seconds` x 10^9 units. A second inside a factor's window makes
10^12 / permille of them, rounded up, any other second 10^9, a second in a ban (heavy vehicles) or in a break none.
One arrives at the first whole second at which the units are made: who leaves later never arrives earlier.
For the judge, and for documents that describe a plan; engines count on their own (`kernel.driving`, `kernel.pacing`).
"""

from collections.abc import Iterable

from .problem import Pace, Span

UNITS = 10**9


def arrival(pace: Pace, leaves: int, seconds: int, *, heavy: bool, pauses: Iterable[Span] = ()) -> int:
    """When a drive that takes `seconds` at normal pace ends; `pauses` and bans hold [start, end)."""
    standing = [*pauses, *(pace.bans if heavy else ())]
    left, now = seconds * UNITS, leaves
    turns = {instant for start, end, *_ in (*standing, *pace.factors) for instant in (start, end)}
    for turn in sorted(turn for turn in turns if turn > leaves):
        made = _made(pace, standing, now) * (turn - now)
        if left <= made:
            break
        left, now = left - made, turn
    if left == 0:
        return now
    speed = _made(pace, standing, now)
    return now + -(-left // speed)


def _made(pace: Pace, standing: Iterable[Span], instant: int) -> int:
    """Units in the second that begins now."""
    if any(start <= instant < end for start, end in standing):
        return 0
    return next((-(-(10**12) // permille) for start, end, permille in pace.factors if start <= instant < end), UNITS)


def departure(pace: Pace, arrives: int, seconds: int, *, heavy: bool, pauses: Iterable[Span] = ()) -> int:
    """The latest second at which one can leave and still be there at `arrives`."""
    pauses = list(pauses)
    late, early, step = arrives - seconds // 10, arrives - seconds, seconds + 1
    while arrival(pace, early, seconds, heavy=heavy, pauses=pauses) > arrives:
        early, step = early - step, 2 * step
    while early < late:
        middle = -(-(early + late) // 2)
        if arrival(pace, middle, seconds, heavy=heavy, pauses=pauses) <= arrives:
            early = middle
        else:
            late = middle - 1
    return early
