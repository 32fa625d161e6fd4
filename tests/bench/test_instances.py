"""The rich instances are what the committed digests say, and look like a network's day."""

import time

import pytest

from bench.instances import instance
from bench.instances.assembly import digest, frozen, names
from bench.instances.sizes import SEEDS, SIZES
from services.dispatch.documents import to_problem
from services.dispatch.solver import Stop, solve

SMALL = [f"100x15/{seed}" for seed in SEEDS]


def test_every_instance_has_its_digest() -> None:
    assert set(frozen()) == set(names())


@pytest.mark.parametrize("name", SMALL)
def test_an_instance_is_the_frozen_one(name: str) -> None:
    assert digest(instance(name)) == frozen()[name]


def test_a_digest_sees_every_number() -> None:
    """One second more of one drive, one fen more of one price: another digest."""
    document = instance("100x15/1")
    assert document.travel is not None
    seconds = document.travel.seconds.copy()
    seconds[3, 5] += 1
    longer = document.model_copy(update={"travel": document.travel.model_copy(update={"seconds": seconds})})
    price = document.price.model_copy(update={"overtime_fen_per_hour": 9_001})
    dearer = document.model_copy(update={"price": price})
    assert len({digest(document), digest(longer), digest(dearer)}) == 3


@pytest.mark.parametrize("name", [*SMALL, "500x60/1"])
def test_it_looks_like_a_day_in_the_field(name: str) -> None:
    """A fifth of the orders have cargo, somebody can do each, most engineers have 4 to 8 a day, not all fit."""
    document = instance(name)
    size = SIZES[name.split("/", maxsplit=1)[0]]
    assert (len(document.orders), len(document.engineers)) == (size.orders, size.engineers)
    assert 0.12 <= sum(order.cargo is not None for order in document.orders) / size.orders <= 0.28
    assert any(order.frozen for order in document.orders)
    assert any(order.published for order in document.orders)
    problem = to_problem(document)
    result = solve(problem, stop=Stop.iterations(0, clock=time.monotonic), engine="greedy")
    assert 4 <= result.verdict.totals.served / len(result.plan.routes) <= 8
    assert result.verdict.totals.unassigned
    assert not {"skill", "certificate"} & set(result.plan.unassigned.values())
    assert {"van", "pickup", "courier"} <= {source.kind for source in result.plan.sources}
