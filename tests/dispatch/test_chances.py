"""The chance that a promise is kept: by hand, and against frequencies of a world that spreads as supposed."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.dispatch.domain.chances import Spread, along, chance, either
from services.dispatch.domain.published import Prediction
from services.dispatch.domain.telling import risk_news

NOON = datetime(2026, 11, 2, 4, tzinfo=UTC)
HALF = Spread(travel=0.25, work=0.5)


@dataclass(frozen=True)
class At:
    arrival: int
    start: int
    end: int


ROUTE = (At(3600, 3600, 10_800), At(14_400, 16_000, 23_200))
"""One hour's way, two hours' work; another hour's way, a wait, two hours' work."""


def test_ways_and_work_before_a_stop_add_up() -> None:
    """A way of an hour spreads by 900 s, two hours of work by 3 600 s; the wait by nothing."""
    first, second = along(ROUTE, depart=0, spread=HALF)
    assert first.begin_s == 900
    assert first.end_s == pytest.approx(sqrt(900**2 + 3600**2))
    assert second.begin_s == pytest.approx(sqrt(2 * 900**2 + 3600**2))
    assert second.end_s == pytest.approx(sqrt(2 * 900**2 + 2 * 3600**2))


def test_one_standard_deviation_of_slack_is_84_percent() -> None:
    assert chance(NOON + timedelta(hours=1), NOON, 3600) == pytest.approx(0.8413, abs=1e-4)
    assert chance(NOON, NOON, 3600) == 0.5
    assert (chance(NOON, NOON, 0), chance(NOON - timedelta(seconds=1), NOON, 0)) == (1.0, 0.0)


def test_two_ways_fail_together_only() -> None:
    assert either(0.5, 0.8) == 0.9
    assert either(0.5, None) == 0.5
    assert either(None, None) is None


@given(slack=st.integers(-40_000, 40_000), more=st.integers(0, 20_000), sigma=st.floats(0, 20_000))
def test_more_time_never_makes_it_less_likely(slack: int, more: int, sigma: float) -> None:
    due = NOON + timedelta(seconds=slack)
    assert 0 <= chance(due, NOON, sigma) <= chance(due + timedelta(seconds=more), NOON, sigma) <= 1


def test_it_is_calibrated_where_ways_and_work_spread_as_supposed() -> None:
    """20 000 days of this route without its wait: in each the engineer is late by what ways and work took longer. Of
    what is foretold with a chance, that share comes true, within two points."""
    dice = np.random.default_rng(11)
    ways, works = dice.normal(0, 900, (20_000, 2)), dice.normal(0, 3600, (20_000, 2))
    late = ways.sum(axis=1) + works.sum(axis=1)
    sure = along((ROUTE[0], At(14_400, 14_400, 21_600)), depart=0, spread=HALF)[1]
    for slack in (-6000, -2000, 0, 3000, 8000):
        foretold = chance(NOON + timedelta(seconds=slack), NOON, sure.end_s)
        assert np.mean(late <= slack) == pytest.approx(foretold, abs=0.02)
    assert np.mean(late <= 3000) != pytest.approx(
        chance(NOON + timedelta(seconds=3000), NOON, sure.begin_s / 2), abs=0.05
    )


def test_a_chance_that_moved_far_is_news() -> None:
    def told(chance: float | None) -> Prediction:
        return Prediction(order_id="1", clock="restore", due=NOON, predicted=NOON, chance=chance)

    def is_news(before: float | None, after: float | None) -> bool:
        return bool(risk_news([told(after)], {("1", "restore"): told(before)}))

    assert is_news(0.5, 0.61)
    assert is_news(None, 0.5)
    assert not is_news(0.5, 0.55)
    assert not is_news(None, None)
