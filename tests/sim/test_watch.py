"""Whatever is late, down or heard too late: a clock is told once, never early, and soon after it is so."""

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from services.orders.domain import clocks, promise
from tests.sim.watch import RULES, News, watched

SEEDS = 1_000
STATE = promise._state


def violations(seed: int) -> list[str]:
    """What no history may show."""
    watch = watched(seed)
    found = watch.overdue[:1]
    for (name, said), times in Counter((one.clock, one.said) for one in watch.news).items():
        if times > 1 and said in ("warned", "breached", "met", "withdrawn"):
            found.append(f"{name} was told {times} times as {said}")
    found += [f"{one.clock} was told as late {-one.late_s:.0f} s early" for one in watch.news if early(one)]
    for rule in RULES:
        clock, late = watch.clocks[rule.clock], watch.late_s(rule.clock) > 0
        raised = any(one.said == "breached" for one in watch.news if one.clock == rule.clock)
        ends = "breached" if late else "withdrawn" if raised else "met"
        if clock.state != ends:
            found.append(f"{rule.clock} ended as {clock.state}, it is {ends}")
    return found


def early(one: News) -> bool:
    return one.said == "breached" and one.late_s <= 0


def test_nothing_goes_wrong_in_any_of_the_seeds() -> None:
    assert {seed: found for seed in range(SEEDS) if (found := violations(seed))} == {}


def test_the_histories_have_everything() -> None:
    said = Counter(one.said for seed in range(50) for one in watched(seed).news)
    assert min(said[name] for name in ("warned", "paused", "running", "breached", "met", "withdrawn")) > 5
    assert watched(7).news == watched(7).news


def _no_limit(spans: Any, limit: Any) -> Any:
    return list(spans)


def _forgetful(clock: clocks.Clock, **known: Any) -> clocks.Reassessed:
    return clocks.reassess(replace(clock, breach_raised=False, warned=False), **known)


BUGS: dict[str, tuple[str, Any]] = {
    "a clock has no timer": ("services.orders.domain.clocks._timers", lambda *_, **__: {}),
    "what was told is forgotten": ("tests.sim.watch.reassess", _forgetful),
    "a pause has no limit": ("services.orders.domain.promise._limited", _no_limit),
    "waits do not count": ("services.orders.domain.promise._standstills", lambda *_: []),
    "a late fact changes nothing": (
        "services.orders.domain.promise._state",
        lambda **known: STATE(**known | {"late": known["late"] or known["breach_raised"]}),
    ),
}


@pytest.mark.parametrize("bug", BUGS)
def test_a_seeded_bug_is_found(monkeypatch: pytest.MonkeyPatch, bug: str) -> None:
    where, planted = BUGS[bug]
    monkeypatch.setattr(where, planted)
    assert any(violations(seed) for seed in range(100))
