"""What keeps ending is started ever more seldom; what had run well is started at once."""

import pytest

from cli.kept import FIRST_PAUSE_S, LONGEST_PAUSE_S, SETTLED_S, Kept


class Minute:
    """A clock and a process that ends when it is told to."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 0.0
        self.alive = True
        self.starts: list[float] = []
        self.said: list[str] = []
        monkeypatch.setattr("cli.kept.time.monotonic", lambda: self.now)
        self.kept = Kept("it", start=self.start, running=lambda: self.alive, log="a log")

    def start(self) -> str | None:
        self.starts.append(self.now)
        return None

    def watch(self, seconds: float) -> None:
        until = self.now + seconds
        while self.now < until:
            self.now += 0.25
            self.kept.look(self.said.append)


def test_a_crash_loop_slows_down(monkeypatch: pytest.MonkeyPatch) -> None:
    minute = Minute(monkeypatch)
    minute.alive = False
    minute.watch(300)
    pauses = [after - before for before, after in zip(minute.starts, minute.starts[1:], strict=False)]
    assert minute.starts[0] <= 2 * FIRST_PAUSE_S + 0.5
    assert pauses == sorted(pauses)
    assert LONGEST_PAUSE_S <= pauses[-1] < LONGEST_PAUSE_S + 1
    assert len(minute.said) < 20


def test_what_ran_well_comes_back_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    minute = Minute(monkeypatch)
    minute.watch(SETTLED_S + 1)
    assert minute.starts == []
    minute.alive = False
    ended = minute.now
    minute.watch(1)
    assert minute.starts[0] - ended <= FIRST_PAUSE_S + 0.5
