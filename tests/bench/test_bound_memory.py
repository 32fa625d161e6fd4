"""What a route of the relaxation remembers: never an order that it has not served, and always the nearest ones."""

from itertools import pairwise

import numpy as np
import pytest

from bench.solver.bound import tours


@pytest.mark.parametrize("bits", [4, 9, tours.BITS])
def test_only_what_was_served_can_be_remembered(bits: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """On ways without repetitions over 40 orders and 3 depots, however few bits they share."""
    monkeypatch.setattr(tours, "BITS", bits)
    dice = np.random.default_rng(bits)
    for _ in range(20):
        at = dice.integers(0, 5000, (43, 2))
        seconds = np.abs(at[:, None, :] - at[None, :, :]).sum(axis=2)
        own, keep = tours._memory(seconds, 40)
        assert max(own) < 1 << bits
        for way in dice.permuted(np.tile(np.arange(43), (50, 1)), axis=1).tolist():
            memory = 0
            for node, to in pairwise(way):
                memory |= own[node] if node < 40 else 0
                memory &= int(keep[node, to])
                assert to >= 40 or not memory & own[to]


def test_what_is_near_is_remembered() -> None:
    """On a line of 100 orders, more than there are bits, from each to any of its three neighbours on either side and
    back; far off them it is forgotten."""
    spots = np.arange(100)
    own, keep = tours._memory(np.abs(spots[:, None] - spots[None, :]), 100)
    for one in range(4, 96):
        for other in (*range(one - 3, one), *range(one + 1, one + 4)):
            assert own[one] & keep[one, other] & keep[other, one]
        assert not own[one] & keep[one, (one + 50) % 100]
