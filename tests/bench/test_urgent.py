"""The measurement of an urgent order: what is published is what the plan says."""

from dataclasses import replace

import pytest

from bench.solver import urgent
from tests.dispatch.solver.test_inserting import times, with_news


def test_the_published_plan_is_the_one_that_was_found_last(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where it would go on changing: an order that the plan left out finds a place in the only round."""
    monkeypatch.setattr(urgent, "SETTLING", 1)
    problem, plan = with_news(0, inspections=0.0)
    left_out = replace(plan, unassigned={**plan.unassigned, 24: "price"})
    published, settled = urgent._settled(problem, left_out)
    told = {number: order.published[:2] for number, order in enumerate(published.orders) if order.published}
    assert 24 in told
    assert told == times(problem, settled)
