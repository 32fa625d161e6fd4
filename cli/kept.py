"""Keeping something running that may end by itself."""

import time
from collections.abc import Callable

FIRST_PAUSE_S = 0.1
LONGEST_PAUSE_S = 30.0
SETTLED_S = 20.0
"""What ran for so long had started well: the next pause is a short one again."""


class Kept:
    """Started again when it ended: soon at first, then with growing pauses as long as it keeps ending.

    `start` says by its answer why it could not, or returns None.
    """

    def __init__(self, name: str, *, start: Callable[[], str | None], running: Callable[[], bool], log: object):
        self._name = name
        self._start = start
        self._running = running
        self._log = log
        self._started = time.monotonic()
        self._pause = FIRST_PAUSE_S / 2
        self._due: float | None = None

    def look(self, say: Callable[[str], None]) -> None:
        """Look once; tells when it ended and when it is started again."""
        now = time.monotonic()
        if self._due is not None and now >= self._due:
            self._due, self._started = None, now
            if (reason := self._start()) is not None:
                say(f"{self._name}: {reason}")
        elif self._due is None and not self._running():
            settled = now - self._started > SETTLED_S
            self._pause = FIRST_PAUSE_S if settled else min(2 * self._pause, LONGEST_PAUSE_S)
            self._due = now + self._pause
            say(f"{self._name} ended: starting it again in {self._pause:g} s, see {self._log}")
