"""Forecasts equal an independent library's, beat the naive one, and drivers do what they are for."""

import csv
import json
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import data
from services.parts.domain.stock_value import months_back
from services.parts.forecast import smoothing
from services.parts.forecast.choosing import JUDGED, errors, forecast
from services.parts.forecast.classes import abc
from services.parts.forecast.drivers import fleet_factor, not_yet_seen, season
from services.parts.forecast.smoothing import METHODS, Floats
from services.parts.gateways import Fleet
from services.parts.use_cases import forecasting

ORACLE: dict[str, Any] = json.loads(Path(__file__).with_name("oracle.json").read_text())


def ours(name: str) -> Floats:
    demand = np.array(ORACLE["demand"], float)
    return METHODS[name](demand, [demand.shape[1]])[:, 0]


@pytest.mark.parametrize("name", ["sba", "tsb"])
def test_a_method_says_what_statsforecast_says(name: str) -> None:
    """Written down by make_oracle.py, to six places."""
    assert ours(name) == pytest.approx(ORACLE[name], abs=2e-6)


def test_imapa_says_nearly_what_statsforecast_says() -> None:
    """It seeks the smoothing constant continuously in the range of which we try five values."""
    theirs = np.array(ORACLE["imapa"])
    off = np.abs(ours("imapa") - theirs) / np.maximum(theirs, 0.05)
    assert np.quantile(off, 0.95) < 0.05
    assert np.median(off) < 0.005


def test_a_wrong_interval_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control of the oracle: Croston's method without the correction of its bias."""
    monkeypatch.setattr(smoothing, "ALPHA", 0.2)
    with pytest.raises(AssertionError):
        test_a_method_says_what_statsforecast_says("sba")


def intermittent(series: int, periods: int, seed: int) -> Floats:
    rng = np.random.default_rng(seed)
    chance = np.minimum(0.9, rng.gamma(0.6, 0.5, series))
    demand = (rng.random((series, periods)) < chance[:, None]) * rng.geometric(0.6, (series, periods))
    return demand.astype(np.float64)


@pytest.mark.parametrize("name", METHODS)
@given(drawn=st.data())
def test_a_forecast_from_the_past_does_not_know_the_future(name: str, drawn: st.DataObject) -> None:
    """Whatever comes after an origin changes nothing of what is said at it."""
    periods = drawn.draw(st.integers(3, 20))
    rows = st.lists(st.integers(0, 4), min_size=periods, max_size=periods)
    demand = np.array(drawn.draw(st.lists(rows, min_size=1, max_size=4)), float)
    origin = drawn.draw(st.integers(1, periods))
    alone = METHODS[name](demand[:, :origin], [origin])
    assert METHODS[name](demand, [origin]) == pytest.approx(alone)
    assert (alone >= 0).all()
    assert not alone[~demand[:, :origin].any(axis=1)].any()


def test_the_chosen_methods_beat_the_naive_forecast_on_months_that_did_not_choose_them() -> None:
    demand = intermittent(2000, 36, seed=3)
    found = forecast(demand, np.ones_like(demand))
    assert (found.true == demand[:, -JUDGED:]).all()
    chosen, naive = errors(found.past, found.true), errors(found.naive, found.true)
    assert chosen["wape"] < 0.9 * naive["wape"]
    assert abs(chosen["bias"]) < 0.05


def public_series() -> Floats:
    """Pieces of 204 months, 90 of them without any: windows of three years, each month of the rest judged once."""
    with (Path(data.__file__).parent / "demand_pbs.csv").open() as file:
        pieces = np.array([int(row["pieces"]) for row in csv.DictReader(file)], float)
    return np.stack([pieces[start : start + 36] for start in range(0, len(pieces) - 35, JUDGED)])


def test_the_chosen_methods_beat_the_naive_forecast_on_a_public_series() -> None:
    """Squared error, which stock has to cover, by a tenth at least; distances and bias are near the naive one's."""
    windows = public_series()
    found = forecast(windows, np.ones_like(windows))
    chosen, naive = errors(found.past, found.true), errors(found.naive, found.true)
    assert found.true.size == 174
    assert chosen["wape"] < naive["wape"]
    assert abs(chosen["bias"]) < 0.05
    assert ((found.past - found.true) ** 2).mean() < 0.9 * ((found.naive - found.true) ** 2).mean()


def test_a_forecast_that_lags_a_month_would_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control: every method says what the month before the last was."""
    monkeypatch.setattr(
        "services.parts.forecast.choosing.METHODS",
        {"late": lambda demand, origins: smoothing.last(demand, [origin - 1 for origin in origins])},
    )
    with pytest.raises(AssertionError):
        test_the_chosen_methods_beat_the_naive_forecast_on_a_public_series()


def test_what_dies_out_is_forecast_by_a_method_that_notices() -> None:
    demand = np.zeros((1, 36))
    demand[0, :12] = 4
    found = forecast(demand, np.ones_like(demand))
    assert found.rate[0] < 0.5


def test_errors_of_nothing_are_none() -> None:
    assert errors(np.ones((2, 3)), np.zeros((2, 3)))["wape"] is None


def test_a_season_is_found_in_the_group() -> None:
    """Coolant parts are wanted twice as often in July; forty thin series show it together."""
    rng = np.random.default_rng(2)
    month = np.arange(36) % 12
    rate = np.where(month == 6, 6.0, 3.0) / 10
    demand = rng.poisson(rate, (40, 36)).astype(float)
    index = season(demand, np.zeros(40, np.int64), month)
    assert index.shape == (1, 12)
    assert index.mean() == pytest.approx(1)
    assert index[0, 6] > 1.4
    assert np.delete(index[0], 6).max() < 1.2
    assert (season(demand[:, :20], np.zeros(40, np.int64), month[:20]) == 1).all()


def test_a_fleet_that_ages_into_failing_years_raises_demand() -> None:
    """Ten machines of 2024 fail 0 times a year when new and once a year from three years on."""
    failures = {0: 0.0, 1: 0.0, 2: 0.5, 3: 1.0}
    assert fleet_factor({2024: 10}, failures, 2027, back=1) == pytest.approx(2.0)
    assert fleet_factor({2015: 10}, failures, 2027, back=2) == 1.0
    assert fleet_factor({}, failures, 2027, back=2) == fleet_factor({2024: 1}, {}, 2027, back=2) == 1.0


class Used(NamedTuple):
    place_id: str
    part: str
    month: date
    pieces: int


def forecast_of_july() -> dict[str, tuple[float, float]]:
    """(pieces a month over the year, pieces in July) by shelf. Both used 10 a month and 20 in each July; the machines
    of S1 come into the year in which they fail, those of S2 have long been there."""
    months = [months_back(date(2026, 7, 1), ago) for ago in range(36, 0, -1)]
    rows: Any = [Used(shelf, "P", month, 20 if month.month == 7 else 10) for shelf in ("A", "B") for month in months]
    fleet = Fleet({"S1": {2023: 10}, "S2": {2015: 10}}, {0: 0.0, 1: 0.0, 2: 0.5, 3: 1.0})
    known = forecasting._known(rows, [], date(2026, 7, 1), {"A": "S1", "B": "S2"}, {}, fleet)
    [chunk], _ = forecasting._worked_out(known)
    figures = zip(chunk["rates"], chunk["expected"], strict=True)
    return dict(zip(chunk["places"], figures, strict=True))


def test_july_and_an_ageing_fleet_come_out_of_the_forecast() -> None:
    found = forecast_of_july()
    """A season is believed by its weight: 1.75 of the mean instead of 1.85, for 780 pieces known."""
    assert found["B"] == pytest.approx((130 / 12, 19), rel=0.05)
    assert found["A"] == pytest.approx((130 / 6, 38), rel=0.05)


@pytest.mark.parametrize(
    ("driver", "off"),
    [("fleet_factor", lambda *_, **__: 1.0), ("season", lambda _, group, __: np.ones((int(group.max()) + 1, 12)))],
)
def test_a_driver_that_is_switched_off_would_be_seen(monkeypatch: pytest.MonkeyPatch, driver: str, off: Any) -> None:
    monkeypatch.setattr(forecasting, driver, off)
    with pytest.raises(AssertionError):
        test_july_and_an_ageing_fleet_come_out_of_the_forecast()


def test_a_plans_wear_fades_as_the_past_shows_it() -> None:
    assert [not_yet_seen(months) for months in (-1, 0, 6, 12, 30)] == [1, 1, 0.5, 0, 0]


def test_classes_follow_the_value_that_was_used() -> None:
    assert abc({"a": 800, "b": 150, "c": 50, "d": 0}) == {"a": "A", "b": "B", "c": "C", "d": "C"}
    assert abc({"only": 5}) == {"only": "A"}
    assert abc({"none": 0}) == {"none": "C"}
