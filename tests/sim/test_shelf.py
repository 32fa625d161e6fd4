"""No sequence of holds, deaths, publications and takings promises a piece twice or keeps one for nobody."""

from typing import Any

import pytest

from services.parts.domain import shelf
from tests.sim.shelf import stocked

SEEDS = 1_000


def violations(seed: int) -> list[str]:
    store = stocked(seed)
    left = [claim.order_id for claim in store.shelf.claims]
    return store.broken + ([f"pieces are kept for {left}"] if left or store.shelf.claimed() else [])


def test_nothing_goes_wrong_in_any_of_the_seeds() -> None:
    assert {seed: found for seed in range(SEEDS) if (found := violations(seed))} == {}


def test_the_shelf_is_fought_for() -> None:
    stores = [stocked(seed) for seed in range(20)]
    assert all(store.served > 5 for store in stores)
    assert sum(store.refused for store in stores) > 200
    assert stocked(7).served == stores[7].served


BUGS: dict[str, tuple[Any, str, Any]] = {
    "a hold is granted unseen": (shelf.Shelf, "_add", lambda self, claim: self.claims.append(claim) or True),
    "a hold never ends": (shelf.Shelf, "expire", lambda self, now: None),
    "what was taken is still wanted": (shelf, "_move", lambda claims, quantity: None),
    "only what is published counts": (
        shelf.Shelf,
        "claimed",
        lambda self: sum(claim.quantity for claim in self.claims if claim.expires_at is None),
    ),
}


@pytest.mark.parametrize("bug", BUGS)
def test_a_seeded_bug_is_found(monkeypatch: pytest.MonkeyPatch, bug: str) -> None:
    where, name, planted = BUGS[bug]
    monkeypatch.setattr(where, name, planted)
    assert any(violations(seed) for seed in range(50))
