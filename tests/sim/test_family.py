"""Lost answers never sign a phone out; a copy of it is found out when both have gone on."""

import pytest

from services.accounts import domain
from tests.sim.family import renewed

SEEDS = 1_000
SOON = 3
"""After so many renewals of each side both cannot go on."""


def violations(seed: int) -> list[str]:
    family, phone, _ = renewed(seed, stolen=False)
    found = ["an honest phone was signed out"] if family.withdrawn or phone.signed_out else []
    family, phone, thief = renewed(seed, stolen=True)
    assert thief is not None
    if min(phone.renewals - thief.beside, thief.renewals) > SOON and not family.withdrawn:
        found.append(f"a thief renewed {thief.renewals} times beside the phone")
    return found


def test_nothing_goes_wrong_in_any_of_the_seeds() -> None:
    assert {seed: found for seed in range(SEEDS) if (found := violations(seed))} == {}


def test_answers_are_lost_and_thieves_are_found() -> None:
    honest = [renewed(seed, stolen=False)[1] for seed in range(50)]
    assert sum(phone.lost for phone in honest) > 300
    assert all(phone.renewals > 5 for phone in honest)
    assert sum(renewed(seed, stolen=True)[0].withdrawn for seed in range(50)) > 40


@pytest.mark.parametrize(
    "bug",
    [
        lambda *, generation, used: generation == used + 1,  # a lost answer looks like a theft
        lambda *, generation, used: True,  # any token of the family is as good as the newest
    ],
)
def test_a_seeded_bug_is_found(monkeypatch: pytest.MonkeyPatch, bug: object) -> None:
    monkeypatch.setattr(domain, "may_refresh", bug)
    assert any(violations(seed) for seed in range(50))
