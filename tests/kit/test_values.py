"""Places and instants that would mislead are refused; converted ones land where they should."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from kit.geo import distance_m
from kit.values import Code, Fen, Instant, Place, Text, WirePlace

BEIJING = Place(116.404, 39.915)


@pytest.mark.parametrize(
    "given_",
    [
        {"lon": 116.4, "lat": 39.9},
        {"lon": 39.9, "lat": 116.4, "datum": "WGS-84"},
        {"lon": 0, "lat": 0, "datum": "WGS-84"},
        {"lon": "116.4", "lat": 39.9, "datum": "WGS-84"},
        {"lon": 116.4, "lat": 39.9, "datum": "CGCS"},
        {"lon": 181.0, "lat": 39.9, "datum": "WGS-84"},
        {"lon": True, "lat": 39.9, "datum": "WGS-84"},
        {"lon": 116.4, "lat": 39.9, "datum": "WGS-84", "alt": 3},
        {"lon": 10.0, "lat": -90.0, "datum": "BD-09"},
        {"lon": -74.0, "lat": 40.7, "datum": "GCJ-02"},
    ],
)
def test_misleading_places_are_refused(given_: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        WirePlace.model_validate(given_)


def test_a_swapped_place_is_told_so() -> None:
    with pytest.raises(ValidationError, match="longitude comes first"):
        WirePlace.model_validate({"lon": 39.9, "lat": 116.4, "datum": "WGS-84"})


# Published pair: Tiananmen in the three datums differs by some 560 m (GCJ-02) and 1.3 km (BD-09).
@pytest.mark.parametrize(("datum", "lon", "lat"), [("GCJ-02", 116.410244, 39.916404), ("BD-09", 116.416617, 39.9227)])
def test_chinese_datums_come_home_within_a_metre(datum: str, lon: float, lat: float) -> None:
    place = WirePlace.model_validate({"lon": lon, "lat": lat, "datum": datum}).to_wgs84()
    assert distance_m(place, BEIJING) < 1


@given(st.floats(75, 134), st.floats(19, 52))
def test_a_wgs_place_is_kept_to_the_last_digit(lon: float, lat: float) -> None:
    assert WirePlace(lon=lon, lat=lat, datum="WGS-84").to_wgs84() == Place(lon, lat)


def test_naive_times_are_refused_and_others_kept_in_utc() -> None:
    instants = TypeAdapter(Instant)
    with pytest.raises(ValidationError):
        instants.validate_python("2026-11-21T10:00:00")
    assert instants.validate_python("2026-11-21T10:00:00+08:00") == datetime(2026, 11, 21, 2, tzinfo=UTC)


INSTANTS = [
    1_700_000_000,
    1.5,
    "1700000000",
    "-1700000000",
    "0001-01-01T00:00:00+08:00",
    "9999-12-31T23:59:59-08:00",
    "2026-11-21T10:00:00",
]


@pytest.mark.parametrize(
    ("kind", "bad"),
    [(Fen, 1.5), (Fen, True), (Fen, "7"), (Fen, -1), (Code, "a b"), (Code, ""), (Text, "a\x1bb"), (Text, "\ud800")]
    + [(Instant, bad) for bad in INSTANTS],
)
def test_loose_values_are_refused(kind: Any, bad: object) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(kind).validate_python(bad)
