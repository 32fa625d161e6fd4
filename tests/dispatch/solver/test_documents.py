"""The wire documents: what is refused names its pointer; what is written is read back the same."""

import json
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import ValidationError

from services.dispatch.documents import PlanReader, PlanWriter, ProblemDocument, to_problem
from services.dispatch.documents.plan import PlanDocument, Reason
from services.dispatch.solver import ProblemError
from services.dispatch.solver.rules import HARD, PRICED, REASONS
from tests.dispatch.solver.instances import random_document
from tests.dispatch.solver.solving import problem_of, solved
from tests.dispatch.solver.tiny import depot, document, engineer, order

REFERENCE = Path(__file__).parents[3] / "docs/reference/problem-format.md"


def test_a_plan_is_read_back_as_it_was_written() -> None:
    raw = random_document(5, orders=30, engineers=6, days=2)
    parsed = ProblemDocument.model_validate_json(json.dumps(raw))
    result = solved(raw)
    text = PlanWriter(parsed, to_problem(parsed)).plan(result.plan, result.verdict, result).model_dump_json()
    reading = PlanReader(parsed, to_problem(parsed)).read(PlanDocument.model_validate_json(text))
    assert (reading.plan, reading.unknown, reading.timed) == (result.plan, (), True)


def test_unknown_ids_of_a_plan_are_reported_by_pointer() -> None:
    parsed = ProblemDocument.model_validate(document(orders=[order("x")]))
    plan = {
        "version": "roadcall-plan/1",
        "origin": "2026-03-02T00:00:00Z",
        "routes": [
            {"engineer": "nobody", "shift": 0, "stops": []},
            {"engineer": "a", "shift": 7, "stops": []},
            {"engineer": "a", "shift": 0, "stops": [{"kind": "order", "order": "gone"}]},
        ],
        "unassigned": [{"id": "lost", "reason": "price"}],
    }
    reading = PlanReader(parsed, to_problem(parsed)).read(PlanDocument.model_validate(plan))
    pointers = ("/routes/0/engineer", "/routes/1/shift", "/routes/2/stops/0/order", "/unassigned/0/id")
    assert reading.unknown == pointers


REFUSED: list[tuple[str, dict[str, Any]]] = [
    ("/orders/0/place", document(orders=[order("x", "nowhere")])),
    ("/orders/1/id", document(orders=[order("x"), order("x")])),
    ("/orders/0/pin", document(orders=[order("x", pin={"kind": "resource"})])),
    ("/orders/0/pin/engineer", document(orders=[order("x", pin={"kind": "resource", "engineer": "z"})])),
    ("/orders/0/windows/0/end", document(orders=[order("x", windows=[{"start": 9, "end": 8}])])),
    ("/orders/0/crew_size", document(orders=[order("x", crew_size=2)])),
    ("/orders/0/links", document(orders=[order("x", links=[{"order": "x", "relation": "start_start"}])])),
    ("/orders/0/remote_expert_skill", document(orders=[order("x", remote_expert_skill="diesel")])),
    ("/price/fairness_fen_per_hour", document(price={"fairness_fen_per_hour": 1})),
    ("/engineers/0/overnight", document(engineers=[engineer("a", overnight={"fen_per_night": 1, "max_nights": 1})])),
    (
        "/engineers/0/shifts/0/breaks",
        document(
            engineers=[
                engineer("a", shifts=[{"start": 0, "end": 9, "breaks": [{"earliest": 0, "latest": 1, "seconds": 1}]}])
            ]
        ),
    ),
    ("/engineers/0/shifts/0", document(engineers=[engineer("a", shifts=[{"start": 9, "end": 8}])])),
    (
        "/engineers/0/shifts/1/start",
        document(engineers=[engineer("a", shifts=[{"start": 0, "end": 9}, {"start": 8, "end": 20}])]),
    ),
    ("/horizon/end", document(horizon={"start": 2, "end": 1})),
    ("/travel", {k: v for k, v in document().items() if k != "travel"}),
    ("/travel/seconds", document(travel={"seconds": [[0]], "metres": [[0]]})),
    ("/travel/bans", document(travel=document()["travel"] | {"bans": [{"start": 0, "end": 1}]})),
    ("/depots/0/place", document(depots=[depot("d", "nowhere")])),
]


@pytest.mark.parametrize(("pointer", "problem"), REFUSED, ids=[pointer for pointer, _ in REFUSED])
def test_a_contradiction_names_its_member(pointer: str, problem: dict[str, Any]) -> None:
    with pytest.raises(ProblemError) as caught:
        problem_of(problem)
    assert caught.value.pointer == pointer


@pytest.mark.parametrize(
    "changes",
    [
        {"surprise": 1},
        {"origin": "2026-03-02T00:00:00"},
        {"horizon": {"start": 0.5, "end": 9}},
        {"horizon": {"start": True, "end": 9}},
        {"places": [{"id": "p", "lon": float("nan"), "lat": 0}]},
        {"places": [{"id": "p", "lon": 30.0, "lat": 104.0}]},
        {"places": [{"id": "\ud800", "lon": 0, "lat": 0}]},
        {"depots": [depot("d", "p1", stock={"pump": -1})]},
        {"travel": {"seconds": [[0, 1], [0]], "metres": [[0]]}},
        {"travel": {"seconds": [[-2]], "metres": [[0]]}},
        {"travel": {"seconds": [[True]], "metres": [[0]]}},
        {"orders": [order("x", kit=[{"part": "pump", "quantity": 1, "probability": float("inf")}])]},
    ],
)
def test_wrong_types_and_numbers_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        ProblemDocument.model_validate(document(**changes))


def test_code_and_reference_name_the_same_rules_and_reasons() -> None:
    text = REFERENCE.read_text(encoding="utf-8")
    assert set(get_args(Reason)) == set(REASONS)
    missing = [name for name in (*PRICED, *HARD, *REASONS) if f"`{name}`" not in text]
    assert missing == []


def test_the_reference_names_every_member() -> None:
    text = REFERENCE.read_text(encoding="utf-8")
    names = {name for schema in ProblemDocument.model_json_schema()["$defs"].values() for name in schema["properties"]}
    assert [name for name in sorted(names) if name not in text] == []
