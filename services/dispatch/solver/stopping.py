"""When an engine stops. The clock and the cancel switch are handed in: the solver has neither."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace


def _never() -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Stop:
    """Stops after `max_seconds` by `clock`, after `max_iterations`, or when `cancelled()` turns true.

    The same seed and iterations give the same plan; a time limit does not promise that. `cancelled` is asked often, and
    also from another thread than the engine's, but never by two at once.
    """

    clock: Callable[[], float]
    max_seconds: float | None = None
    max_iterations: int | None = None
    cancelled: Callable[[], bool] = _never
    began: float = field(default=0.0)

    @classmethod
    def seconds(cls, seconds: float, *, clock: Callable[[], float], cancelled: Callable[[], bool] = _never) -> "Stop":
        """Stop `seconds` after now."""
        return cls(clock, max_seconds=seconds, cancelled=cancelled, began=clock())

    @classmethod
    def iterations(
        cls, iterations: int, *, clock: Callable[[], float], cancelled: Callable[[], bool] = _never
    ) -> "Stop":
        """Stop after a number of the engine's own steps; the clock only measures."""
        return cls(clock, max_iterations=iterations, cancelled=cancelled, began=clock())

    def elapsed(self) -> float:
        """Seconds since the stop object was made."""
        return self.clock() - self.began

    def remaining(self) -> float:
        """Seconds left, infinite without a time limit."""
        return float("inf") if self.max_seconds is None else self.max_seconds - self.elapsed()

    def share(self, iterations: int) -> float:
        """Used share of the budget, 0 to 1; without a limit all of it."""
        if self.max_iterations:
            return min(1.0, iterations / self.max_iterations)
        return min(1.0, self.elapsed() / self.max_seconds) if self.max_seconds else 1.0

    def after(self, iterations: int) -> "Stop":
        """The same budget of which so many iterations are used."""
        if self.max_iterations is None:
            return self
        return replace(self, max_iterations=max(0, self.max_iterations - iterations))

    def part(self, parts: int, iterations: int) -> "Stop":
        """One of so many equal parts of what is left after `iterations`; it ends early when the whole is cancelled."""
        seconds = None if self.max_seconds is None else max(0.0, self.remaining()) / parts
        trials = None if self.max_iterations is None else -(-(self.max_iterations - iterations) // parts)
        return Stop(self.clock, seconds, trials, self.cancelled, self.clock())

    def is_over(self) -> bool:
        """Cancelled or out of time, whatever iterations are left."""
        return self.cancelled() or self.remaining() <= 0

    def reached(self, iterations: int) -> str | None:
        """Why to stop now: cancelled, seconds, iterations; None to go on."""
        if self.is_over():
            return "cancelled" if self.cancelled() else "seconds"
        if self.max_iterations is not None and iterations >= self.max_iterations:
            return "iterations"
        return None
