"""A small round of `make chaos`: everything is killed five times under its phones, and one planted bug is found."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chaos.bars import NOWHERE, WHOLE, missed
from tests.chaos.mutants import MUTANTS
from tests.chaos.nemesis import COMPONENTS, Plan, schedule
from tests.chaos.round import Site, Size, site
from tests.chaos.whole import caught, shaken

pytestmark = [pytest.mark.xdist_group("chaos"), pytest.mark.timeout(400)]
SEED = 20261126


@pytest.fixture(scope="module")
def where(scratch: Path) -> Iterator[Site]:
    with site(scratch / "chaos", phones=4, visits=40, trucks=3) as prepared:
        yield prepared


def test_nothing_is_lost_doubled_or_untold(where: Site) -> None:
    size = Size(operations=120, phones=4, trucks=3, heal_s=120.0)
    outcome = shaken(where, size, Plan(kills_each=5, stops=3, restarts=2, cuts=3), SEED, cuts=2)
    assert outcome.findings.all == []
    assert outcome.toll.stuck == []
    assert outcome.acknowledged >= size.operations
    assert set(outcome.toll.kills) == set(COMPONENTS)
    assert min(outcome.toll.kills.values()) == 5
    assert outcome.dropped_replies > 0
    assert outcome.toll.restarts == 2


def test_a_planted_bug_is_found(where: Site) -> None:
    """By the count of its effects, or because orders refuses the second order of one report as a look-alike."""
    found, instead = caught(where, "owner_without_memory", SEED)
    assert found, instead


def test_a_run_that_misses_a_bar_ends_with_an_error() -> None:
    good = WHOLE | {"kills_min_component": 21, "mutants": 17, "mutants_caught": 17, "minutes": 24.0}
    good |= dict.fromkeys(NOWHERE, 0)
    assert missed(good, whole=True) == []
    for name, least in WHOLE.items():
        assert [line.split(":")[0] for line in missed(good | {name: least - 1}, whole=True)][-1] == name
        assert missed(good | {name: least - 1, "mutants": 17}, whole=False) == []
    for name in NOWHERE:
        assert missed(good | {name: 1}, whole=False) == [f"{name}: 1, must be 0"]
    assert missed(good | {"mutants_caught": 16}, whole=False)
    assert missed(good | {"minutes": 26.0}, whole=True)


def test_a_seed_is_one_schedule() -> None:
    plan = Plan(kills_each=2, stops=2, restarts=2, cuts=2)
    assert schedule(plan, random.Random(1)) == schedule(plan, random.Random(1))
    assert schedule(plan, random.Random(1)) != schedule(plan, random.Random(2))
    assert len(MUTANTS) >= 12
