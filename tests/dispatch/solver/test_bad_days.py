"""Whatever a valid problem holds, an engine answers with a plan that the judge accepts, or with reasons."""

import pytest
from hypothesis import HealthCheck, given, settings

from services.dispatch.solver.rules import REASONS
from tests.dispatch.solver.solving import solved
from tests.dispatch.solver.strategies import Json, documents


@pytest.mark.parametrize(("engine", "iterations"), [("greedy", 0), ("roadcall", 60), ("insert", 60), ("ortools", 1)])
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
@given(document=documents())
def test_bad_days_have_plans_or_reasons(engine: str, iterations: int, document: Json) -> None:
    result = solved(document, engine, iterations)
    assert result.verdict.violations == ()
    served = result.verdict.totals.served
    assert served + len(result.plan.unassigned) == len(document["orders"])
    assert set(result.plan.unassigned.values()) <= set(REASONS)
