"""The appointment's state machine, the fence around a site, and the time of a phone's fact."""

from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest

from kit.values import Place
from services.dispatch.domain.appointments import (
    PHONE_STEPS,
    CheckIn,
    InvalidTransition,
    OutsideGeofence,
    PhoneStep,
    State,
    check_step,
    effective,
)

SITE = Place(117.0, 36.65)
NOON = datetime(2026, 11, 23, 4, tzinfo=UTC)
EXPECTED = {
    ("dispatched", "acknowledged"),
    ("dispatched", "declined"),
    ("acknowledged", "declined"),
    ("dispatched", "travelling"),
    ("acknowledged", "travelling"),
    ("dispatched", "on_site"),
    ("acknowledged", "on_site"),
    ("travelling", "on_site"),
}


@pytest.mark.parametrize("state", get_args(State))
@pytest.mark.parametrize("to", PHONE_STEPS)
def test_an_engineer_takes_only_the_steps_of_the_story(state: State, to: PhoneStep) -> None:
    if (state, to) in EXPECTED:
        check_step(state, to)
    else:
        with pytest.raises(InvalidTransition) as refused:
            check_step(state, to)
        assert refused.value.members == {"state": state, "to": to}


def _north(metres: float) -> Place:
    return Place(SITE.lon, SITE.lat + metres / 111_195)


def test_a_check_in_inside_the_fence_is_taken_without_a_question() -> None:
    check_in = CheckIn(site=SITE, place=_north(480), accuracy_m=None)
    assert check_in.distance_m == 480
    assert check_in.flagged(confirmed=False) is False


def test_a_vague_position_widens_the_fence_but_not_without_end() -> None:
    assert CheckIn(site=SITE, place=_north(650), accuracy_m=200).inside
    assert not CheckIn(site=SITE, place=_north(5_000), accuracy_m=50_000).inside


def test_a_coarse_address_alone_flags_no_arrival() -> None:
    """Mutant: without the error of the site the engineer who found the machine would have to confirm it; with all of
    it, an arrival anywhere in a prefecture would stop the clock."""
    there, beyond = _north(8_000), _north(12_000)
    for error_m in (9_000, 33_000, 96_000):
        assert CheckIn(site=SITE, place=there, accuracy_m=20, site_error_m=error_m).flagged(confirmed=False) is False
        far = CheckIn(site=SITE, place=beyond, accuracy_m=20, site_error_m=error_m)
        assert far.flagged(confirmed=True) is True
        assert far.fence_m == 520 + min(error_m, 10_000)
    assert not CheckIn(site=SITE, place=there, accuracy_m=20).inside


def test_outside_the_fence_the_engineer_must_confirm_and_a_person_looks_at_it() -> None:
    check_in = CheckIn(site=SITE, place=_north(12_000), accuracy_m=20)
    with pytest.raises(OutsideGeofence) as refused:
        check_in.flagged(confirmed=False)
    assert refused.value.members == {"distance_m": 12_000, "fence_m": 520}
    assert check_in.flagged(confirmed=True) is True


def test_no_position_is_no_proof_of_being_there() -> None:
    check_in = CheckIn(site=SITE, place=None, accuracy_m=None)
    with pytest.raises(OutsideGeofence):
        check_in.flagged(confirmed=False)
    assert check_in.flagged(confirmed=True) is True


@pytest.mark.parametrize(
    ("minutes", "counts"),
    [(-90, -60), (-60, -60), (-10, -10), (0, 0), (30, 0)],
    ids=["backdated", "when told", "honest", "at once", "from the future"],
)
def test_a_fact_counts_between_being_told_and_being_received(minutes: int, counts: int) -> None:
    told = NOON - timedelta(minutes=60)
    at = effective(NOON + timedelta(minutes=minutes), not_before=told, received_at=NOON)
    assert at == NOON + timedelta(minutes=counts)
