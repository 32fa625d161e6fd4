"""How the temperature falls in the searches of the public sets."""

import itertools
from dataclasses import dataclass, field

import pytest

from services.dispatch.solver.public.annealing import SETTLING, Heat, Tuning, anneal
from services.dispatch.solver.stopping import Stop

NODES, PACE = 10, 0.001
TUNING = Tuning(removed=1, hot=8.0, cold=1.0, rounds=1, longest=50)


@dataclass
class Thermometer:
    """Notes the temperature of each step behind the settling; a step takes `PACE` seconds."""

    nodes: int = NODES
    now: float = 0.0
    seen: list[float] = field(default_factory=list)

    def run(self, removed: float, heat: Heat, begin: int, steps: int) -> None:
        self.now += PACE * steps
        cooling = heat.cold / heat.hot
        temperatures = (heat.hot * cooling ** ((heat.share + heat.slope * k) % 1) for k in range(begin, begin + steps))
        self.seen += [one for one in temperatures if one > 0.5]  # without the settling's, which has no heat

    def best(self) -> float:
        return 1.0

    def unit(self) -> float:
        return 1.0


def falls(steps: int, tuning: Tuning, *, timed: bool) -> int:
    meter = Thermometer()
    stop = Stop.iterations(SETTLING * NODES + steps, clock=lambda: meter.now)
    if timed:
        stop = Stop.seconds(PACE * (1 + SETTLING * NODES + steps), clock=lambda: meter.now)
    anneal(meter, tuning, stop=stop, progress=lambda iterations, cost: None)
    assert max(meter.seen) <= 8.0
    return 1 + sum(later > 1.5 * sooner for sooner, later in itertools.pairwise(meter.seen))


@pytest.mark.parametrize("timed", [False, True])
@pytest.mark.parametrize(("steps", "expected"), [(600, 1), (1000, 2), (1600, 3)])
def test_one_fall_takes_no_more_than_its_longest(steps: int, expected: int, timed: bool) -> None:
    """At most 50 steps for each of 10 nodes: 600 steps are nearer to one fall of 500 than to two, 1 600 to three."""
    assert falls(steps, TUNING, timed=timed) == expected


def test_a_search_falls_as_often_as_it_was_tuned() -> None:
    assert falls(1600, Tuning(removed=1, hot=8.0, cold=1.0, rounds=4), timed=False) == 4
    assert Tuning(removed=1, hot=8.0, cold=1.0, rounds=2, longest=5).falls(float("inf")) == 2
