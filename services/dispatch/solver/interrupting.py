"""Ends a solver of OR-Tools that does not look at the cancel switch itself."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread

from .stopping import Stop

LOOKS_EVERY_S = 0.05
"""A solver is interrupted so soon after a cancel."""


@contextmanager
def interrupted_by(stop: Stop, interrupt: Callable[[], None]) -> Iterator[None]:
    """While this lasts, a thread beside looks at the cancel switch and, once it is on, calls `interrupt` again and
    again: a solver that has not begun yet would not hear the first call. Nobody else may look at the switch."""
    over = Event()

    def watch() -> None:
        while not over.wait(LOOKS_EVERY_S):
            if stop.cancelled():
                interrupt()

    watcher = Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join()
