"""Supersession, interchange, remanufactured parts, and which machine a part fits."""

from itertools import product
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.parts.domain.fitting import Fit, Machine, Rule, fit
from services.parts.domain.substitution import Kind, Option, Step, options, supersession_loop, wants_judgement
from services.parts.use_cases import machine_search
from tests.parts.conftest import Parts
from tests.running import body

NUMBERS = ("A", "B", "C", "D", "E")


def step(part: str, substitute: str, kind: Any = "supersession", *, approved: bool = True) -> Step:
    return Step(part, substitute, kind, approved)


def test_a_chain_is_followed_to_its_end_and_never_back() -> None:
    chain = [step("A", "B"), step("B", "C")]
    assert [one.part for one in options("A", chain)] == ["B", "C"]
    assert [one.part for one in options("B", chain)] == ["C"]
    assert options("C", chain) == []


def test_interchange_leads_both_ways_and_doubt_comes_last() -> None:
    steps = [step("A", "B", "interchange"), step("A", "R", "remanufactured", approved=False), step("R", "S")]
    assert [one.part for one in options("B", steps)] == ["A", "R", "S"]
    assert options("A", steps) == [
        Option("B", ("interchange",), True),
        Option("R", ("remanufactured",), False),
        Option("S", ("remanufactured", "supersession"), False),
    ]


def test_an_approved_way_beats_a_shorter_doubtful_one() -> None:
    steps = [step("A", "C", approved=False), step("A", "B", "alternative"), step("B", "C", "alternative")]
    assert Option("C", ("alternative", "alternative"), True) in options("A", steps)


edges = st.dictionaries(st.sampled_from(NUMBERS), st.sampled_from(NUMBERS), max_size=5)


@given(edges=edges, start=st.sampled_from(NUMBERS))
def test_a_loop_is_found_exactly_when_the_part_is_reached_again(edges: dict[str, str], start: str) -> None:
    """Against walking as many steps as there are parts."""
    visited, at = [], start
    for _ in range(len(NUMBERS)):
        if at not in edges:
            break
        at = edges[at]
        visited.append(at)
    loop = supersession_loop(edges, start)
    assert (loop is not None) == (start in visited)


RULES = [
    Rule("H7", {"engine": ["WP12", "WP13"], "abs": ["4S"]}, serial_from="H7000100", serial_until="H7000200"),
    Rule("H9", {}),
]
FITS: list[tuple[Machine, Fit]] = [
    (Machine("H7", {"engine": "WP13", "abs": "4S"}, "H7000100"), Fit("fits")),
    (Machine("H7", {"engine": "WP13", "abs": "4S"}, "H7000201"), Fit("does_not_fit", "serial")),
    (Machine("H7", {"engine": "WP10", "abs": "4S"}, "H7000150"), Fit("does_not_fit", "engine")),
    (Machine("H7", {"engine": "WP12"}, "H7000150"), Fit("unknown", "abs")),
    (Machine("H7", {"engine": "WP12", "abs": "4S"}), Fit("unknown", "serial")),
    (Machine("H9", {}), Fit("fits")),
    (Machine("X", {}), Fit("does_not_fit", "model")),
]


@pytest.mark.parametrize(("machine", "expected"), FITS)
def test_a_part_fits_the_machine_as_it_was_built(machine: Machine, expected: Fit) -> None:
    assert fit(RULES, machine) == expected


def test_without_rules_nobody_knows() -> None:
    assert fit([], Machine("H7", {})) == Fit("unknown", "no_rule")


# --- over HTTP ------------------------------------------------------------------------------------------------------


def row(part: str, substitute: str, kind: str = "supersession", *, approved: bool = True) -> dict[str, Any]:
    return {"part": part, "substitute": substitute, "kind": kind, "approved": approved}


async def test_loops_and_second_successors_are_refused_and_the_rest_is_taken(parts: Parts) -> None:
    rows = [row("PUMP", "SENSOR"), row("SENSOR", "FILTER"), row("FILTER", "PUMP"), row("PUMP", "VALVE")]
    report = await parts.import_rows("substitutes", rows)
    assert [one["status"] for one in report["rows"]] == ["created", "created", "refused", "refused"]
    loop, second = report["rows"][2]["problem"], report["rows"][3]["problem"]
    assert (loop["type"], loop["detail"]) == ("/problems/supersession-loop", "FILTER → PUMP → SENSOR → FILTER")
    assert (second["type"], second["pointer"]) == ("/problems/two-successors", "/rows/3/substitute")
    again = await parts.import_rows("substitutes", rows[:2])
    assert again["counts"] == {"unchanged": 2}


async def test_a_part_shows_what_can_stand_in_for_it_and_plans_get_the_whole_chain(parts: Parts) -> None:
    rows = [
        row("PUMP", "SENSOR"),
        row("FILTER", "SENSOR", "interchange"),
        row("PUMP", "VALVE", "remanufactured", approved=False),
    ]
    await parts.import_rows("substitutes", rows)
    for part in ("SENSOR", "FILTER", "VALVE"):
        await parts.stock("CENTRAL", part, 1)
    shown = body(await parts.service.get("/parts/v1/parts/PUMP"))["substitutes"]
    assert [(one["substitute"], one["approved"]) for one in shown] == [
        ("SENSOR", True),
        ("FILTER", True),
        ("VALVE", False),
    ]
    asked = {"territory_id": "T1", "parts": ["PUMP"], "order_places": []}
    planned = body(await parts.service.post("/parts/v1/plan-stock", json=asked))
    assert [one["part"] for one in planned["substitutes"]["PUMP"]] == ["SENSOR", "FILTER", "VALVE"]
    assert planned["places"][0]["stock"] == {"FILTER": 1, "SENSOR": 1, "VALVE": 1}


async def test_only_the_owner_of_the_catalogue_approves_and_the_reason_is_kept(parts: Parts) -> None:
    await parts.import_rows("substitutes", [row("PUMP", "VALVE", "remanufactured", approved=False)])
    where, said = "/parts/v1/parts/PUMP/substitutes/VALVE/approval", {"approved": True, "reason": "bench test 41"}
    dispatcher = await parts.system.sign_in("dispatcher", branch_id="B1")
    body(await dispatcher.put(where, json=said), 403)
    assert (await parts.service.put(where, json=said)).status_code == 204
    assert body(await parts.service.get("/parts/v1/parts/PUMP"))["substitutes"][0]["approved"]
    assert (await parts.told("substitute.judged"))[0]["reason"] == "bench test 41"
    body(await parts.service.put("/parts/v1/parts/PUMP/substitutes/SENSOR/approval", json=said), 404)


async def approved(parts: Parts) -> list[bool]:
    return [one["approved"] for one in body(await parts.service.get("/parts/v1/parts/PUMP"))["substitutes"]]


async def judge(parts: Parts, *, approved: bool) -> None:
    said = {"approved": approved, "reason": "bench test 41"}
    where = "/parts/v1/parts/PUMP/substitutes/VALVE/approval"
    assert (await parts.service.put(where, json=said)).status_code == 204


@pytest.mark.parametrize("first", [True, False])
async def test_an_import_overrules_a_judgement_only_with_another_word(parts: Parts, first: bool) -> None:
    """The file of each night says the same; a person has said the opposite in between."""
    same = [row("PUMP", "VALVE", "alternative", approved=first)]
    await parts.import_rows("substitutes", same)
    await judge(parts, approved=not first)
    assert (await parts.import_rows("substitutes", same))["counts"] == {"unchanged": 1}
    assert await approved(parts) == [not first]
    other = [row("PUMP", "VALVE", "alternative", approved=not first)]
    await parts.import_rows("substitutes", other)
    assert await approved(parts) == [not first]
    await parts.import_rows("substitutes", same)
    assert await approved(parts) == [first]


async def reman(parts: Parts) -> None:
    made = {"name_zh": "阀（再制造）", "name_en": "valve", "unit_cost_fen": 100, "weight_g": 10, "remanufactured": True}
    await parts.import_rows("parts", [{"part": "VALVE", **made}])


@pytest.mark.parametrize(
    "named", [("PUMP", "VALVE", kind) for kind in get_args(Kind)] + [("VALVE", "PUMP", "interchange")]
)
async def test_a_remanufactured_part_by_whatever_name_is_approved_with_a_reason(
    parts: Parts, named: tuple[str, str, str]
) -> None:
    await reman(parts)
    wanted = row(*named)
    [refused] = (await parts.import_rows("substitutes", [wanted]))["rows"]
    assert (refused["problem"]["type"], refused["problem"]["pointer"]) == (
        "/problems/reason-missing",
        "/rows/0/reason",
    )
    for _ in range(2):
        await parts.import_rows("substitutes", [wanted | {"reason": "bench test 7"}])
    assert await approved(parts) == [True]
    assert [one["reason"] for one in await parts.told("substitute.judged")] == ["bench test 7"]
    assert (await parts.import_rows("substitutes", [wanted]))["counts"] == {"unchanged": 1}, "it has been judged"


async def test_a_part_that_turns_out_to_be_remanufactured_waits_for_a_reason(parts: Parts) -> None:
    """Its substitution was approved as that of a new part."""
    await parts.import_rows("substitutes", [row("PUMP", "VALVE", "alternative")])
    assert await approved(parts) == [True]
    await reman(parts)
    assert await approved(parts) == [False]
    assert (await parts.import_rows("substitutes", [row("PUMP", "VALVE", "alternative")]))["counts"] == {"refused": 1}
    await judge(parts, approved=True)
    assert await approved(parts) == [True]


def test_only_a_step_from_new_to_rebuilt_needs_a_reason() -> None:
    ends = list(product((False, True), repeat=2))
    forward, either = [(False, True)], [(False, True), (True, False)]
    wanted = {"supersession": forward, "interchange": either, "alternative": forward, "remanufactured": ends}
    for kind in get_args(Kind):
        found = [(old, new) for old, new in ends if wants_judgement(kind, from_rebuilt=old, to_rebuilt=new)]
        assert found == wanted[kind], kind


async def test_parts_are_found_and_judged_by_machine(parts: Parts) -> None:
    rules: list[dict[str, Any]] = [
        {"part": "PUMP", "model": "H7", "configuration": {"engine": "WP12|WP13"}},
        {"part": "VALVE", "model": "H9"},
    ]
    assert (await parts.import_rows("fit", rules))["counts"] == {"created": 2}
    found = body(await parts.service.get("/parts/v1/parts", params={"model": "H7"}))["items"]
    assert [one["part"] for one in found] == ["PUMP"]
    asked = {"model": "H7", "configuration": {"engine": "WP10"}, "parts": ["PUMP", "VALVE", "SENSOR"]}
    judged = body(await parts.service.post("/parts/v1/fit", json=asked))["items"]
    assert [(one["verdict"], one["because"]) for one in judged] == [
        ("does_not_fit", "engine"),
        ("does_not_fit", "model"),
        ("unknown", "no_rule"),
    ]
    told = body(await parts.service.post("/parts/v1/fit", json=asked | {"parts": ["NO-SUCH"]}), 422)
    assert told["pointer"] == "/parts/0"


async def test_parts_are_searched_by_the_machine_as_it_was_built(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    """PUMP is for another engine, VALVE for another model; whether FILTER fits depends on what nobody recorded. Read in
    pages of one part, judged two at a time."""
    rules: list[dict[str, Any]] = [
        {"part": "FILTER", "model": "H7", "configuration": {"abs": "4S"}},
        {"part": "PUMP", "model": "H7", "configuration": {"engine": "WP12"}},
        {"part": "SENSOR", "model": "H7", "serial_from": "L001", "serial_until": "L009"},
        {"part": "VALVE", "model": "H9"},
    ]
    await parts.import_rows("fit", rules)
    monkeypatch.setattr(machine_search, "AT_ONCE", 2)
    asked: dict[str, Any] = {"machine": {"model": "H7", "configuration": {"engine": "WP10"}, "serial": "L005"}}
    asked["limit"] = 1

    async def found(**more: Any) -> list[tuple[str, str, str | None]]:
        listed: list[tuple[str, str, str | None]] = []
        page: dict[str, Any] = {"next": None}
        while not listed or page["next"] is not None:
            sent = asked | more | {"cursor": page["next"]}
            page = body(await parts.service.post("/parts/v1/parts/search", json=sent))
            listed += [(one["part"], one["verdict"], one["because"]) for one in page["items"]]
        return listed

    assert await found() == [("FILTER", "unknown", "abs"), ("SENSOR", "fits", None)]
    assert await found(q="sens") == [("SENSOR", "fits", None)]
    await parts.import_rows(
        "parts", [{"part": "SEAL", "name_zh": "封", "name_en": "s", "unit_cost_fen": 1, "weight_g": 1}]
    )
    assert await found(q="se") == [("SEAL", "unknown", "no_rule"), ("SENSOR", "fits", None)]
    named = await parts.service.get("/parts/v1/parts", params={"part": ["VALVE", "SEAL", "NO-SUCH"]})
    assert [(one["part"], one["ruled"]) for one in body(named)["items"]] == [("SEAL", False), ("VALVE", True)]


async def test_a_stocked_part_keeps_its_unit(parts: Parts) -> None:
    oil = {"part": "OIL", "name_zh": "机油", "name_en": "oil", "unit_cost_fen": 3000, "weight_g": 900}
    await parts.import_rows("parts", [oil | {"unit": "litre"}])
    await parts.stock("CENTRAL", "OIL", 20)
    [refused] = (await parts.import_rows("parts", [oil | {"unit": "kilogram"}]))["rows"]
    assert (refused["problem"]["type"], refused["problem"]["pointer"]) == ("/problems/unit-fixed", "/rows/0/unit")
    [wrong] = (await parts.import_rows("parts", [oil | {"unit": "bucket"}]))["rows"]
    assert wrong["problem"]["pointer"] == "/rows/0/unit"
