"""A circuit breaker: whoever failed repeatedly is left alone for a while, then tried once."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from kit.clock import Clock


class BreakerOpen(Exception):
    """The other side failed repeatedly and is not asked at the moment."""


class CircuitBreaker:
    """Closed: all pass. Open after most_failures in a row: none pass for `rest`. Then half open: one passes on trial,
    its success closes, its failure opens again."""

    def __init__(self, *, clock: Clock, most_failures: int = 3, rest: timedelta = timedelta(seconds=30)) -> None:
        self._clock = clock
        self._most_failures = most_failures
        self._rest = rest
        self._failures = 0
        self._opened_at: datetime | None = None
        self._on_trial = False

    @property
    def is_open(self) -> bool:
        """Whether the next attempt would be turned away."""
        if self._opened_at is None:
            return False
        return self._on_trial or self._clock.now() < self._opened_at + self._rest

    @contextmanager
    def attempt(self, is_failure: Callable[[Exception], bool] = lambda _: True) -> Iterator[None]:
        """Wraps one attempt. Raises BreakerOpen instead of letting it begin. Exceptions that is_failure denies, and
        a cancelled task, count as neither failure nor success; every exception goes on to the caller."""
        if self.is_open:
            raise BreakerOpen
        self._on_trial = on_trial = self._opened_at is not None
        try:
            yield
        except Exception as error:
            if is_failure(error):
                self._failures += 1
                if on_trial or self._failures >= self._most_failures:
                    self._opened_at = self._clock.now()
            raise
        else:
            self._failures = 0
            self._opened_at = None
        finally:
            if on_trial:
                self._on_trial = False
