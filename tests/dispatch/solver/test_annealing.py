"""How the temperature falls in the searches of the public sets."""

import itertools
from dataclasses import dataclass, field

import pytest

from services.dispatch.solver.public.annealing import SETTLING, Annealing, Heat, Tuning
from services.dispatch.solver.stopping import Stop

NODES, PACE = 10, 0.001
TUNING = Tuning(removed=1, hot=8.0, warm=1.0, cold=1.0, raised=(1, 1), rounds=4)


@dataclass
class Thermometer:
    """Notes the temperature of each step behind the settling; a step takes `PACE` seconds."""

    nodes: int = NODES
    now: float = 0.0
    seen: list[float] = field(default_factory=list)

    def run(self, removed: float, heat: Heat, begin: int, steps: int) -> None:
        self.now += PACE * steps
        cooling = heat.cold / heat.hot
        temperatures = (heat.hot * cooling ** (heat.share + heat.slope * k) for k in range(begin, begin + steps))
        self.seen += [one for one in temperatures if one > 0.5]  # without the settling's, which has no heat

    def best(self) -> float:
        return 1.0

    def unit(self) -> float:
        return 1.0


def temperatures(steps: int, *, timed: bool) -> list[float]:
    meter = Thermometer()
    stop = Stop.iterations(SETTLING * NODES + steps, clock=lambda: meter.now)
    if timed:
        stop = Stop.seconds(PACE * (1 + SETTLING * NODES + steps), clock=lambda: meter.now)
    annealing = Annealing(meter, TUNING, stop=stop, progress=lambda iterations, cost: None)
    assert annealing.anneal() == ("seconds" if timed else "iterations")
    assert abs(annealing.done - SETTLING * NODES - steps) <= timed  # the clock's fractions may make room for one more
    return meter.seen


@pytest.mark.parametrize("timed", [False, True])
@pytest.mark.parametrize("steps", [1600, 4000])
def test_a_search_falls_as_often_as_it_was_tuned(steps: int, timed: bool) -> None:
    """Each fall begins hot, at 8, never rises and ends near the coldest, at 1."""
    seen = temperatures(steps, timed=timed)
    starts = [0, *(k for k in range(1, len(seen)) if seen[k] > seen[k - 1]), len(seen)]
    assert len(starts) == 1 + TUNING.rounds
    for begin, end in itertools.pairwise(starts):
        assert seen[begin] == pytest.approx(8.0)
        assert 1.0 <= seen[end - 1] < 1.6


def test_chunks_change_no_temperature() -> None:
    """400 steps in 4 falls: of the first 100 the k-th is taken at 8 * (1 / 8) ** (k / 100), however slow the clock."""
    fast, slow = Thermometer(), Thermometer()
    for meter, pace in ((fast, 1e-5), (slow, 0.02)):
        stop = Stop.iterations(430, clock=lambda meter=meter, pace=pace: meter.now * pace / PACE)  # type: ignore[misc]
        Annealing(meter, TUNING, stop=stop, progress=lambda iterations, cost: None).anneal()
    assert fast.seen == slow.seen
    assert fast.seen[25] == pytest.approx(8.0 * (1 / 8) ** (25 / 100), rel=0.03)
