"""Hundreds of virtual days of phones with wrong clocks and bad networks; seeded bugs in the same code are found."""

import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from mobile_api.domain import operations
from mobile_api.use_cases import intake
from services.dispatch.domain import appointments
from services.orders.domain import life
from tests.sim import field
from tests.sim.field import BEGAN, SLOWEST_S, STEPS, simulate

SEEDS = 1_000
MINUTE = timedelta(minutes=1)


def violations(seed: int) -> list[str]:
    """What no run may show."""
    server, phones = simulate(seed)
    found = []
    for phone in phones:
        mine = [row for row in server.rows.values() if row.engineer_id == phone.engineer_id]
        told = [id_ for id_ in phone.happened if id_ in server.rows]
        if len(told) * 2 != len(phone.happened):
            found.append(f"{len(phone.happened) // 2 - len(told)} operations are lost")
        for row in mine:
            truth = phone.happened[row.id]
            if server.effects.count(row.id) != 1:
                found.append(f"{row.envelope.kind} had {server.effects.count(row.id)} effects: {row.verdict}")
            if not BEGAN <= row.effective_at <= row.received_at:
                found.append(f"{row.envelope.kind} counts outside of what is possible")
            if abs(row.effective_at - truth) > timedelta(seconds=SLOWEST_S):
                found.append(f"{row.envelope.kind} counts {row.effective_at - truth} beside the truth")
        order = [row.seq for id_ in server.effects if (row := server.rows[id_]).engineer_id == phone.engineer_id]
        if order != sorted(order):
            found.append("effects are out of their order")
        steps = len(STEPS)
        for number, (visit, order_id) in enumerate(phone.visits, start=1):
            if len(mine) >= number * steps and server.appointments[visit] != "on_site":
                found.append(f"{visit} ended as {server.appointments[visit]}")
            if len(mine) >= number * steps and server.orders[order_id] != "restored":
                found.append(f"{order_id} ended as {server.orders[order_id]}")
    return found


def test_nothing_goes_wrong_in_any_of_the_seeds() -> None:
    bad = {seed: found for seed in range(SEEDS) if (found := violations(seed))}
    assert bad == {}


def test_a_seed_is_one_history() -> None:
    first, second = simulate(7)[0], simulate(7)[0]
    assert first.effects == second.effects
    assert len(first.effects) > 5
    assert random.Random(1).random() != random.Random(2).random()


def _skew_of_the_wrong_sign(**times: Any) -> timedelta | None:
    skew = operations.measured_skew(**times)
    return None if skew is None else -skew


def _clock_as_it_is(at: Any, **_: Any) -> Any:
    return at


def _numbers_without_devices(batch: Any, stored: Any) -> Any:
    taken = {row.seq for row in stored}
    new = [sent for sent in batch.operations if sent.seq not in taken]
    fresh = {sent.id for sent in new}
    return [intake.Taken(sent.id, refused=None if sent.id in fresh else "seq") for sent in batch.operations], new


BUGS: dict[str, tuple[Any, str, Callable[..., Any]]] = {
    "the skew is added where it belongs subtracted": (field, "measured_skew", _skew_of_the_wrong_sign),
    "the phone's clock is believed": (field, "effective_at", _clock_as_it_is),
    "numbers are looked up without their device": (field, "_sort_out", _numbers_without_devices),
    "nobody arrives from the road": (
        appointments,
        "PHONE_STEPS",
        lambda: {**appointments.PHONE_STEPS, "on_site": frozenset(("acknowledged",))},
    ),
    "a restored machine is still in progress": (
        life,
        "_FORWARD",
        lambda: {name: step for name, step in life._FORWARD.items() if name != "restored"},
    ),
}


@pytest.mark.parametrize("bug", BUGS)
def test_a_seeded_bug_is_found(monkeypatch: pytest.MonkeyPatch, bug: str) -> None:
    where, name, planted = BUGS[bug]
    value = planted() if name.isupper() or name == "_FORWARD" else planted
    monkeypatch.setattr(where, name, value)

    def shows(seed: int) -> bool:
        try:
            return bool(violations(seed))
        except (KeyError, AssertionError):
            return True

    assert any(shows(seed) for seed in range(50))
