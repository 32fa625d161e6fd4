"""One shelf under every kind of request: it never promises more than it has. Pure."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from services.parts.domain.shelf import Claim, Shelf, less_what_has_moved

NOW = datetime(2026, 11, 5, 8, tzinfo=UTC)
LATER = NOW + timedelta(minutes=10)
ORDERS = ("o1", "o2", "o3")
orders = st.sampled_from(ORDERS)
territories = st.sampled_from(("T1", "T2"))
pieces = st.integers(1, 3)


def claim(line: str, order: str = "o1", quantity: int = 1, *, territory: str = "T1", epoch: int = 1) -> Claim:
    return Claim(
        territory_id=territory,
        epoch=epoch,
        line=line,
        order_id=order,
        quantity=quantity,
        source="pickup",
        expires_at=LATER,
    )


class ShelfMachine(RuleBasedStateMachine):
    """Two territories plan, publish and take from one shelf, in any order.

    The model: a territory publishes only what it was told it holds, and then really has it.
    """

    def __init__(self) -> None:
        super().__init__()
        self.shelf = Shelf(on_hand=4)
        self.epoch = Counter({"T1": 1, "T2": 1})
        self.held: dict[str, dict[str, Claim]] = {"T1": {}, "T2": {}}
        self.physical = 4

    @rule(territory=territories, line=st.sampled_from("abc"), order=orders, quantity=pieces)
    def hold(self, territory: str, line: str, order: str, quantity: int) -> None:
        wanted = claim(line, order, quantity, territory=territory, epoch=self.epoch[territory])
        before = self.shelf.claimed()
        if self.shelf.hold(wanted):
            self.held[territory][line] = wanted
            claimed = self.shelf.claimed()
            assert self.shelf.hold(claim(line, order, quantity, territory=territory, epoch=self.epoch[territory]))
            assert self.shelf.claimed() == claimed, "the same hold again claims nothing more"
        else:
            self.held[territory].pop(line, None)
            assert self.shelf.claimed() <= before

    @rule(territory=territories)
    def publish(self, territory: str) -> None:
        lines = list(self.held[territory].values())
        result = self.shelf.publish(territory, self.epoch[territory], lines)
        assert result.short == [], "what was held can be published"
        self.epoch[territory] += 1
        self.held[territory] = {}
        kept = [one for one in self.shelf.claims if one.territory_id == territory]
        assert all(one.expires_at is None for one in kept)
        assert {one.line for one in kept} <= {line.line for line in lines}

    @rule(territory=territories)
    def give_up(self, territory: str) -> None:
        """A plan is never published: its holds expire."""
        self.shelf.claims = [
            one for one in self.shelf.claims if one.territory_id != territory or one.expires_at is None
        ]
        self.held[territory] = {}

    @rule(order=orders, quantity=pieces)
    def take(self, order: str, quantity: int) -> None:
        taking = self.shelf.take(order, quantity)
        assert taking.found == max(0, quantity - self.physical)
        self.physical = max(0, self.physical - quantity)
        self._forget_lost()

    @rule(quantity=pieces, order=st.none() | orders)
    def put(self, quantity: int, order: str | None) -> None:
        self.shelf.put(quantity, picked_for=order)
        self.physical += quantity

    @rule(quantity=st.integers(0, 5))
    def count(self, quantity: int) -> None:
        self.shelf.count(quantity)
        self.physical = quantity
        self._forget_lost()

    @rule(order=orders)
    def end(self, order: str) -> None:
        self.shelf.release(order)
        self._forget_lost()

    def _forget_lost(self) -> None:
        """A fact may cost a plan its hold; it will be told short, which is not what this machine looks at."""
        there = {one.key for one in self.shelf.claims}
        for territory, lines in self.held.items():
            self.held[territory] = {name: line for name, line in lines.items() if line.key in there}

    @invariant()
    def never_promises_more_than_it_has(self) -> None:
        assert 0 <= self.shelf.claimed() <= self.shelf.on_hand == self.physical

    @invariant()
    def what_is_free_for_a_plan_can_be_held(self) -> None:
        for territory in ("T1", "T2"):
            free = self.shelf.free_for(territory, ())
            if free > 0:
                trial = Shelf(self.shelf.on_hand, list(self.shelf.claims), Counter(self.shelf.picked))
                assert trial.hold(claim("new", "new", free, territory=territory, epoch=99))


TestShelf = ShelfMachine.TestCase
TestShelf.settings = settings(max_examples=150, stateful_step_count=25, deadline=None)


def test_a_taken_piece_is_not_reserved_again_by_a_plan_that_did_not_know() -> None:
    """Epoch 2 was computed and held before the piece left; its publication must not ask for it once more."""
    shelf = Shelf(on_hand=2)
    shelf.hold(claim("a"))
    shelf.publish("T1", 1, [claim("a")])
    shelf.hold(claim("a", epoch=2))
    assert shelf.take("o1", 1).displaced == []
    shelf.publish("T1", 2, [claim("a", epoch=2)])
    assert (shelf.on_hand, shelf.claimed()) == (1, 0)


def test_picked_up_pieces_serve_their_own_order_first() -> None:
    van = Shelf()
    van.put(1, picked_for="o1")
    assert van.hold(claim("a", "o1")), "the line is the picked-up piece"
    assert van.claimed() == 1
    assert not van.hold(claim("b", "o2", territory="T2"))


def test_a_fact_displaces_holds_before_reservations_and_the_newest_plan_first() -> None:
    shelf = Shelf(on_hand=3)
    shelf.publish("T1", 1, [claim("a", "o1"), claim("b", "o2")])
    shelf.hold(claim("c", "o3", territory="T2"))
    assert shelf.take("other", 1).displaced == [], "only the hold had to go"
    assert [one.order_id for one in shelf.take("other", 1).displaced] == ["o2"]
    assert (shelf.on_hand, shelf.claimed()) == (1, 1)


def test_a_line_counts_what_has_moved_for_its_order_once() -> None:
    """One piece lies in the van: the van's own line is that piece, so the depot's line is still needed."""
    van = claim("v", quantity=1)
    van.source = "van"
    depot, other = claim("d", quantity=2), claim("x", "o2", quantity=2)
    moved = Counter({("o1", "PUMP"): 1, ("o2", "PUMP"): 1})
    lines = [(("D", "PUMP"), depot), (("V", "PUMP"), van), (("D", "PUMP"), other)]
    left = [(one.line, one.quantity, one.taken) for one in less_what_has_moved(lines, moved)]
    assert left == [("d", 2, 0), ("v", 1, 0), ("x", 1, 1)]


@pytest.mark.parametrize("broken", ["_add", "_displace", "put"])
def test_the_machine_sees_broken_shelves(monkeypatch: pytest.MonkeyPatch, broken: str) -> None:
    """Negative controls: a shelf that holds without looking, keeps displaced claims, or forgets what was picked."""

    def hold_blindly(shelf: Shelf, wanted: Claim) -> bool:
        shelf.claims.append(wanted)
        return True

    mutants: dict[str, tuple[str, Any]] = {
        "_add": ("_add", hold_blindly),
        "_displace": ("_displace", lambda shelf: []),
        "put": ("put", lambda shelf, quantity, picked_for=None: shelf.picked.update({"o1": quantity})),
    }
    name, mutant = mutants[broken]
    monkeypatch.setattr(Shelf, name, mutant)
    with pytest.raises(AssertionError):
        run_state_machine_as_test(ShelfMachine, settings=settings(max_examples=50, deadline=None, database=None))
