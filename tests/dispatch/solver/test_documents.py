"""The wire documents: what is refused names its pointer; what is written is read back the same."""

import json
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
from pydantic import ValidationError

from services.dispatch.documents import PlanReader, PlanWriter, ProblemDocument, matrices_early, to_problem
from services.dispatch.documents.plan import PlanDocument, Reason
from services.dispatch.documents.travel import Block
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


ON_SITE = {"state": "on_site", "engineer": "a", "start": 0, "until": 60}


def with_breaks(*breaks: tuple[int, int, int]) -> dict[str, Any]:
    names = ("earliest", "latest", "seconds")
    shift = {"start": 0, "end": 99, "breaks": [dict(zip(names, entry, strict=True)) for entry in breaks]}
    return document(engineers=[engineer("a", shifts=[shift])])


def with_factors(*windows: tuple[int, int]) -> dict[str, Any]:
    factors = [{"window": {"start": start, "end": end}, "permille": 1500} for start, end in windows]
    return document(travel=document()["travel"] | {"factors": factors})


def in_blocks(*blocks: list[str]) -> dict[str, Any]:
    """The line of places in blocks; each has its part of the matrices."""
    whole = document()["travel"]
    found = []
    for places in blocks:
        rows = [int(place[1:]) for place in places]
        cells = {name: [[whole[name][i][j] for j in rows] for i in rows] for name in ("seconds", "metres")}
        found.append({"places": places} | cells)
    return document(travel={"blocks": found})


def linked(name: str, other: str) -> dict[str, Any]:
    return order(name, links=[{"order": other, "relation": "start_start"}])


REFUSED: list[tuple[str, dict[str, Any]]] = [
    ("/orders/0/place", document(orders=[order("x", "nowhere")])),
    ("/orders/1/id", document(orders=[order("x"), order("x")])),
    ("/orders/0/pin", document(orders=[order("x", pin={"kind": "resource"})])),
    ("/orders/0/pin/engineer", document(orders=[order("x", pin={"kind": "resource", "engineer": "z"})])),
    ("/orders/0/windows/0/end", document(orders=[order("x", windows=[{"start": 9, "end": 8}])])),
    ("/orders/0/links", document(orders=[linked("x", "x")])),
    ("/orders/0/links", document(orders=[linked("x", "y"), linked("y", "x")])),
    ("/engineers/0/shifts/0/breaks/0/latest", with_breaks((5, 4, 1))),
    ("/engineers/0/shifts/0/breaks/1/earliest", with_breaks((0, 4, 3), (6, 9, 1))),
    ("/places/5", in_blocks(["p0", "p1", "p2", "p3", "p4"])),
    ("/travel/blocks/0/places", in_blocks(["p0", "p0"])),
    ("/travel/blocks", document(travel=document()["travel"] | in_blocks(["p0"])["travel"])),
    ("/travel/blocks/0/metres", document(travel={"blocks": [{"places": ["p0"], "seconds": [[0]], "metres": []}]})),
    ("/travel/factors", with_factors((0, 9), (8, 12))),
    ("/travel/factors/0/end", with_factors((9, 8))),
    ("/orders/0/links/0/order", document(orders=[linked("x", "gone")])),
    ("/orders/0/pin/second", document(orders=[order("x", pin={"second": "a"})])),
    (
        "/orders/0/pin/second",
        document(orders=[order("x", crew_size=2, pin={"kind": "resource", "engineer": "a", "second": "a"})]),
    ),
    ("/orders/0/pin/second", document(orders=[order("x", crew_size=2, pin={"second": "nobody"})])),
    ("/orders/0/frozen/second", document(orders=[order("x", frozen=ON_SITE | {"second": "a"})])),
    ("/experts/1/id", document(experts=[{"id": "z"}, {"id": "z"}])),
    ("/engineers/0/shifts/0", document(engineers=[engineer("a", shifts=[{"start": 9, "end": 8}])])),
    (
        "/engineers/0/shifts/1/start",
        document(engineers=[engineer("a", shifts=[{"start": 0, "end": 9}, {"start": 8, "end": 20}])]),
    ),
    ("/horizon/end", document(horizon={"start": 2, "end": 1})),
    ("/travel", {k: v for k, v in document().items() if k != "travel"}),
    ("/travel/seconds", document(travel={"seconds": [[0]], "metres": [[0]]})),
    ("/depots/0/place", document(depots=[depot("d", "nowhere")])),
]


WAYS = [[[0, 1], [2, -1]], [], [[]], [[0, 1], [2]], [[True]], [[1.0]], [[-2]], [[2**31]], [["1"]], [1], "x", None]


@pytest.mark.parametrize("ways", WAYS)
def test_matrices_read_early_are_those_read_late(ways: Any) -> None:
    """The same arrays, and the same pointer where something is wrong."""
    text = json.dumps({"places": ["p"], "seconds": ways, "metres": [[0]]})

    def read(**how: Any) -> Any:
        try:
            return Block.model_validate(json.loads(text, **how)).seconds.tolist()
        except ValidationError as error:
            return [(one["loc"], one["type"]) for one in error.errors()]

    assert read(object_hook=matrices_early) == read()


def test_only_what_is_a_matrix_is_read_early() -> None:
    for number, ways in enumerate(WAYS):
        assert isinstance(matrices_early({"seconds": ways})["seconds"], np.ndarray) == (number == 0)


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
