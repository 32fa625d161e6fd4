"""The reference of dispatch says what the code does: every closed list, word by word."""

import re
from pathlib import Path
from typing import get_args

import pytest

from kit.kpis import reference
from services.dispatch.domain.appointments import (
    CANCEL_REASONS,
    PHONE_STEPS,
    CancelReason,
    InvalidTransition,
    OutsideGeofence,
    State,
)
from services.dispatch.domain.policy import Policy
from services.dispatch.domain.proposing import BAD_DATA
from services.dispatch.domain.standing import PinKind
from services.dispatch.store.kpis import KPIS
from services.dispatch.tables import runs
from services.dispatch.use_cases.overriding import AlreadyUnderWay, OverrideImpossible
from services.dispatch.use_cases.running import ProblemContradictsItself
from services.dispatch.use_cases.transitions import FromTheFuture

PAGE = (Path(__file__).parents[2] / "docs/reference/dispatch.md").read_text()


def table(heading: str) -> dict[str, list[str]]:
    """First column (a code word) to the other cells of the first table below a heading."""
    below = re.split(rf"^#+ {re.escape(heading)}$", PAGE, flags=re.MULTILINE)[1]
    rows = [line.strip("|").split("|") for line in below.split("\n#")[0].splitlines() if line.startswith("|")]
    return {cells[0].strip(" `"): [cell.strip() for cell in cells[1:]] for cells in rows[2:]}


def test_states_of_appointments() -> None:
    assert list(table("Appointment states")) == list(get_args(State))


def test_steps_of_phones() -> None:
    written = {step: set(re.findall(r"`(\w+)`", cells[0])) for step, cells in table("Steps of a phone").items()}
    assert written == {step: set(sources) for step, sources in PHONE_STEPS.items()}


def test_reasons_of_cancellation() -> None:
    assert {name: cells[0] for name, cells in table("Reasons of a cancellation").items()} == CANCEL_REASONS
    assert set(get_args(CancelReason)) == set(CANCEL_REASONS)


def test_our_own_reason_of_unassigned_orders() -> None:
    assert list(table("Why an order is unassigned")) == [BAD_DATA]


def test_pins() -> None:
    assert list(table("Locks")) == list(get_args(PinKind))


def test_states_of_runs() -> None:
    checks = [str(one.sqltext) for one in runs.constraints if one.name == "run_state_known"]  # type: ignore[attr-defined]
    assert list(table("Runs")) == re.findall(r"'(\w+)'", checks[0])


def test_problems() -> None:
    ours = (
        InvalidTransition,
        OutsideGeofence,
        FromTheFuture,
        OverrideImpossible,
        AlreadyUnderWay,
        ProblemContradictsItself,
    )
    written = {name: int(cells[0]) for name, cells in table("Problems").items()}
    assert written == {problem.slug: problem.status for problem in ours}


def test_prices() -> None:
    price = Policy().price
    assert (price.travel_fen_per_hour, price.distance_fen_per_km, price.overtime_fen_per_hour) == (6_000, 120, 9_000)
    assert (price.skill_excess_fen_per_level, price.second_visit_fen) == (500, 80_000)
    assert (price.change_engineer_fen, price.change_time_fen, price.change_time_tolerance_seconds) == (
        8_000,
        2_000,
        900,
    )
    assert (Policy().horizon.days, Policy().dispatch_ahead.seconds, Policy().reserve.seconds) == (3, 43_200, 5_400)
    assert (Policy().improve_s, Policy().better_by) == (10.0, 0.002)


def test_the_kpis_are_shown_with_their_sql() -> None:
    assert reference(KPIS) in PAGE


@pytest.mark.parametrize(
    ("word", "check"),
    [
        ("| `travelling` |", "test_states_of_appointments"),
        ("| `order_cancelled` |", "test_reasons_of_cancellation"),
        ("| `resource` |", "test_pins"),
        ("| `running` |", "test_states_of_runs"),
    ],
)
def test_a_word_that_the_page_does_not_know_is_noticed(monkeypatch: pytest.MonkeyPatch, word: str, check: str) -> None:
    """The planted breach of the fifth law."""
    assert word in PAGE
    monkeypatch.setitem(globals(), "PAGE", PAGE.replace(word, "| `other` |"))
    with pytest.raises(AssertionError):
        globals()[check]()
