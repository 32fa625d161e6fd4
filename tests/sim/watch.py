"""The clocks of one order in virtual time: waits, facts that come in late, and a server that is down for a while.

What decides is the product's own code: a clock's standing, what of it is news, and when it must be looked at again.
Played here are the table of timers and the loop that looks at what has run out.
"""

import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from services.orders.domain.clocks import Clock, attach, reassess
from services.orders.domain.promise import ClockRule, PauseRule, Waiting
from tests.sim.field import BEGAN, World

HOUR = 3_600
LOOK_S = 20.0
"""How often the loop looks at the timers."""
LIMIT_S = 2 * HOUR
"""So long a wait for the customer holds a clock up, in all."""
RULES = tuple(
    ClockRule(name, "reported_at", hours * HOUR, (stop,), (PauseRule("customer", LIMIT_S),), 0.8, 1_000, 0, 10**9)  # type: ignore[arg-type]
    for name, hours, stop in (("arrive", 4, "arrived_at"), ("restore", 24, "restored_at"))
)
STOPS = {"arrive": "arrived_at", "restore": "restored_at"}


@dataclass(frozen=True)
class News:
    """What the journal was told of a clock, and when."""

    at: datetime
    clock: str
    said: str
    late_s: float
    """By the truth as it was known then; negative while there is time left."""


@dataclass
class Watch:
    """The order as the server keeps it, its timers, and what was told."""

    world: World
    stamps: dict[str, datetime] = field(default_factory=lambda: {"reported_at": BEGAN})
    waits: list[Waiting] = field(default_factory=list)
    clocks: dict[str, Clock] = field(default_factory=dict)
    timers: dict[str, datetime] = field(default_factory=dict)
    news: list[News] = field(default_factory=list)
    up_from: float = 0.0
    overdue: list[str] = field(default_factory=list)
    """What nobody had told a minute after it was so, with the server up."""

    def begin(self) -> None:
        clocks, _ = attach(RULES, self.stamps, {})
        self.clocks = {clock.rule.clock: clock for clock in clocks}
        self.judge()
        self._complain()

    def judge(self) -> None:
        """Bring all clocks up to date, tell what is news, and set the timers anew."""
        now, self.timers = self.world.instant, {}
        for name, clock in self.clocks.items():
            told = reassess(clock, waits=self.waits, stamps=self.stamps, now=now, waived=False, calendars={})
            self.clocks[name] = told.clock
            self.timers |= told.timers
            if told.state_changed:
                self.news.append(News(now, name, told.clock.state, self.late_s(name)))
            if told.warning:
                self.news.append(News(now, name, "warned", self.late_s(name)))
        for due in self.timers.values():
            left = max(0.0, (due - now).total_seconds())
            self.world.after(left + self.world.random.uniform(0.1, LOOK_S), self.look)

    def look(self) -> None:
        """What the loop does once a timer has run out, and is up: whose timer has run out is judged."""
        if self.world.now >= self.up_from and any(due < self.world.instant for due in self.timers.values()):
            self.judge()

    def _complain(self) -> None:
        for name, clock in self.clocks.items():
            late = self.late_s(name) > 60 and self.world.now - self.up_from > 60
            if late and clock.stopped_at is None and not clock.breach_raised:
                self.overdue.append(f"{name} is {self.late_s(name):.0f} s late and {clock.state}")
        self.world.after(900, self._complain)

    def hear(self, what: str, at: datetime) -> None:
        """The order's fact of this time field reaches the server, or waits until it is up."""
        if self.world.now < self.up_from:
            self.world.after(self.up_from - self.world.now, lambda: self.hear(what, at))
            return
        if what == "wait_begins":
            self.waits.append(Waiting("customer", self.world.instant, None))
        elif what == "wait_ends" and self.waits:
            self.waits[-1] = Waiting("customer", self.waits[-1].start, self.world.instant)
        else:
            self.stamps[what] = at
        self.judge()

    def late_s(self, name: str) -> float:
        """Seconds that count beyond the promise, reckoned minute by minute of nothing but the facts."""
        rule = next(rule for rule in RULES if rule.clock == name)
        until = self.stamps.get(STOPS[name], self.world.instant)
        stood = sum(
            (min(wait.end or until, until) - wait.start).total_seconds() for wait in self.waits if wait.start < until
        )
        return (until - BEGAN).total_seconds() - min(stood, LIMIT_S) - rule.seconds

    def fall(self) -> None:
        """Everything is down for seconds or hours."""
        self.up_from = self.world.now + self.world.random.choice((5.0, 120.0, HOUR, 4.0 * HOUR))
        self.world.after(self.up_from - self.world.now + self.world.random.uniform(0.1, LOOK_S), self.look)
        self.world.after(self.world.random.uniform(2 * HOUR, 12 * HOUR), self.fall)


def watched(seed: int) -> Watch:
    """Two days of one order from a seed."""
    world = World(random.Random(seed))
    rng, watch = world.random, Watch(world)
    watch.begin()
    at = rng.uniform(0, 6 * HOUR)
    for _ in range(rng.randint(0, 3)):
        lasts = rng.choice((600.0, HOUR, 3.0 * HOUR))
        world.after(at, lambda: watch.hear("wait_begins", world.instant))
        world.after(at + lasts, lambda: watch.hear("wait_ends", world.instant))
        at += lasts + rng.uniform(60, 8 * HOUR)
    for stop, latest in (("arrived_at", 8 * HOUR), ("restored_at", 40 * HOUR)):
        happens = rng.uniform(HOUR, latest)
        heard = happens + rng.choice((0.0, 60.0, 2.0 * HOUR, 10.0 * HOUR))
        moment = BEGAN + timedelta(seconds=happens)
        world.after(heard, lambda stop=stop, moment=moment: watch.hear(stop, moment))  # type: ignore[misc]
    world.after(rng.uniform(0, 4 * HOUR), watch.fall)
    world.run(60 * HOUR)
    return watch
