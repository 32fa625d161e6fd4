"""No sequence of plan, override and completion undoes an override, takes work under way, or does an order twice."""

from typing import Any

import pytest

from mobile_api.domain import verdicts
from services.dispatch.domain import appointments, plan_diff
from services.dispatch.domain.standing import Appointment
from tests.sim import hands
from tests.sim.hands import decide

SEEDS = 1_000


def violations(seed: int) -> list[str]:
    """What no history may show."""
    found = decide(seed)
    desk = found.desk
    broken = list(desk.broken)
    if set(desk.completed) != found.done or len(desk.completed) != len(found.done):
        broken.append(f"{sorted(found.done)} were finished, {sorted(desk.completed)} are completed")
    answers = {answer for told in found.told.values() for answer in told}
    if not answers <= {"applied", "superseded"}:
        broken.append(f"honest steps were answered {answers}")
    for appointment in desk.active.values():
        if appointment.state != desk.states[appointment.id]:
            broken.append(f"{appointment.id} is {appointment.state} and {desk.states[appointment.id]}")
    return broken


def test_nothing_goes_wrong_in_any_of_the_seeds() -> None:
    assert {seed: found for seed in range(SEEDS) if (found := violations(seed))} == {}


def test_the_histories_are_full_of_collisions() -> None:
    histories = [decide(seed) for seed in range(50)]
    answers = [answer for one in histories for told in one.told.values() for answer in told]
    assert sum(one.desk.stale for one in histories) > 100
    assert sum(len(one.desk.locks) for one in histories) > 50
    assert answers.count("superseded") > 50
    assert decide(7).told == decide(7).told


def _what_is_overtaken_is_new(proposal: Any, **read: Any) -> plan_diff.Changes:
    changes = plan_diff.difference(proposal, **read)
    for slot, (engineer, stop) in proposal.stops_of_orders().items():
        if slot[0] in changes.overtaken:
            changes.new.append(plan_diff._wanted(slot, engineer, stop, [], None))
    return changes


BUGS: dict[str, tuple[Any, str, Any]] = {
    "a plan ends what is under way": (plan_diff, "FROZEN", frozenset()),
    "what got under way meanwhile is moved": (Appointment, "frozen", False),
    "what was finished meanwhile is planned anew": (hands, "difference", _what_is_overtaken_is_new),
    "a step on what was cancelled is a mistake": (verdicts, "_ENDED", frozenset()),
    "only who has acknowledged may arrive": (
        appointments,
        "PHONE_STEPS",
        appointments.PHONE_STEPS | {"on_site": frozenset(("acknowledged",))},
    ),
}


@pytest.mark.parametrize("bug", BUGS)
def test_a_seeded_bug_is_found(monkeypatch: pytest.MonkeyPatch, bug: str) -> None:
    where, name, planted = BUGS[bug]
    monkeypatch.setattr(where, name, planted)
    assert any(violations(seed) for seed in range(100))
