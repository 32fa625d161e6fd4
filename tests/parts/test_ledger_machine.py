"""Whatever people, plans, rivals and carriers do with stock, in any order: the database has what the model has."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from kit.ids import new_id
from services.parts.domain.shelf import Claim, Shelf
from services.parts.use_cases import cores, plans, shipments
from tests.parts.conftest import Parts
from tests.parts.ledger_model import DEPOTS, PLACES, VAN, Act, Machine

places, depots, pieces = st.sampled_from(PLACES), st.sampled_from(DEPOTS), st.integers(0, 4)
ACTS = st.one_of(
    st.tuples(st.just("count"), places, pieces),
    st.tuples(st.just("write down"), places, pieces),
    st.tuples(st.just("post"), places, pieces),
    st.tuples(st.just("ship"), st.sampled_from([(a, b) for a in PLACES for b in PLACES if a != b]), pieces),
    st.tuples(st.just("receive"), st.integers(0, 3), pieces),
    st.tuples(st.just("hold"), depots, pieces),
    st.tuples(st.just("plan"), st.tuples(depots, st.sampled_from(("pickup", "courier"))), pieces),
    st.tuples(st.just("carry"), st.sampled_from(("picked", "shipped", "received")), st.integers(0, 1)),
    st.tuples(st.just("pick up"), depots, pieces),
    st.tuples(st.just("use"), st.just(VAN), pieces),
    st.tuples(st.just("bring back"), st.just(VAN), pieces),
    st.tuples(st.just("hand in"), st.just(VAN), pieces),
)


async def play(parts: Parts, acts: list[Act]) -> None:
    part = f"P-{new_id()[-12:]}"
    made = {"part": part, "name_zh": "件", "name_en": "part", "unit_cost_fen": 100, "weight_g": 10}
    await parts.import_rows("parts", [made | {"core_deposit_fen": 50}])
    machine = Machine(parts, part)
    try:
        for act in acts:
            await machine.act(*act)
    finally:
        await machine.close()


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(stocked=st.integers(2, 8), acts=st.lists(ACTS, min_size=5, max_size=14))
async def test_the_shelves_are_those_of_the_model(parts: Parts, stocked: int, acts: list[Act]) -> None:
    await play(parts, [("count", "CENTRAL", stocked), ("count", "D-T1", 2), *acts])


def _put_for_nobody(shelf: Shelf, quantity: int, *, picked_for: str | None = None) -> None:
    shelf.on_hand += quantity


async def _as_much_as_ever(*_: Any) -> None:
    return None


def _again(lines: Any, moved: Any) -> list[Claim]:
    return [claim for _, claim in lines]


STOCKED: Act = ("count", "CENTRAL", 5)
MUTANTS: dict[str, tuple[Any, str, Any, list[Act]]] = {
    "a transfer leaves its pieces behind": (
        Shelf, "send", lambda shelf, quantity: None, [STOCKED, ("ship", ("CENTRAL", "D-T1"), 2)]
    ),
    "what was picked up is reserved once more": (
        plans, "less_what_has_moved", _again, [STOCKED, ("pick up", "CENTRAL", 2), ("plan", ("CENTRAL", "pickup"), 3)]
    ),
    "a parcel is received for nobody": (
        Shelf, "put", _put_for_nobody, [STOCKED, ("plan", ("CENTRAL", "courier"), 2), ("carry", "received", 0)]
    ),
    "a parcel is carried twice": (
        shipments, "RANK", dict.fromkeys(shipments.RANK, 0) | {"received": 1},
        [STOCKED, ("plan", ("CENTRAL", "courier"), 2), ("carry", "picked", 0), ("carry", "received", 0)],
    ),
    "a hold takes what is reserved": (
        Shelf, "claimed", lambda shelf: 0, [STOCKED, ("plan", ("CENTRAL", "pickup"), 4), ("hold", "CENTRAL", 2)]
    ),
    "the core of an unused piece stays owed": (
        cores, "owe_less", _as_much_as_ever, [("count", VAN, 3), ("use", VAN, 2), ("bring back", VAN, 1)]
    ),
}  # fmt: skip


async def test_the_machine_sees_each_fault(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative controls: each play is good, and is not once its fault is planted. Balances are made whole again."""
    for owner, what, fault, acts in MUTANTS.values():
        await play(parts, acts)
        with monkeypatch.context() as broken:
            broken.setattr(owner, what, fault)
            with pytest.raises(AssertionError):
                await play(parts, acts)
    async with parts.context.db.transaction() as tx:
        await tx.execute(
            text("UPDATE stock s SET on_hand = coalesce((SELECT sum(quantity) FROM movement m "
            "WHERE (m.place_id, m.part) = (s.place_id, s.part)), 0), claimed = 0")
        )  # fmt: skip
        for table in ("claim", "picked", "shipment_event", "shipment"):
            await tx.execute(text(f"DELETE FROM {table}"))  # noqa: S608 - names of this line
