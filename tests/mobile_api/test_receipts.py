"""What the reference promises of receipts, kinds and reasons."""

import re
from pathlib import Path
from typing import Any, get_args

import mobile_api
from kit.problems import Problem
from kit.values import Wire
from mobile_api.domain.operations import ResultStatus
from mobile_api.domain.routes import LOCAL, ROUTES, Points, UnknownKind
from mobile_api.use_cases import asking, intake
from tests.mobile_api.conftest import Field, Phone

Json = dict[str, Any]
PAGE = (Path(mobile_api.__file__).parent.parent / "docs/reference/mobile-api.md").read_text()


async def test_receipts_outlive_the_season(field_: Field, phone: Phone, visit: Json) -> None:
    sent = [phone.operation("depart", visit), phone.operation("sing", visit)]
    first = await phone.send(*sent)
    assert [one["status"] for one in first] == ["applied", "rejected"]
    for days in (31, 150):
        await field_.later(phone, days=days)
        assert await phone.send(*sent) == [first[0] | {"status": "duplicate"}, first[1]]
    assert field_.owners.calls[sent[0]["id"]] == 1, "and nobody is asked again"


async def test_a_phone_that_starts_afresh_is_told_the_answers_of_a_month(
    field_: Field, phone: Phone, visit: Json
) -> None:
    old = await phone.do("depart", visit)
    await field_.later(phone, days=29)
    assert [one["id"] for one in (await phone.sync())["answers"]] == [old["id"]]
    await field_.later(phone, days=2)
    new = await phone.do("check_in", visit)
    assert [one["id"] for one in (await phone.sync())["answers"]] == [new["id"]]


def rows_of(head: str) -> list[list[str]]:
    """The cells of the table whose head begins like this."""
    lines = PAGE.partition(f"\n| {head} |")[2].splitlines()[2:]
    table = lines[: next(n for n, line in enumerate(lines) if not line.startswith("|"))]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table]


def named(text: str) -> list[str]:
    return re.findall(r"`([^`]+)`", text)


def test_every_kind_is_documented_with_its_owner_and_what_it_names() -> None:
    said = {kind: (owner, about) for kinds, owner, about, _ in rows_of("kind") for kind in named(kinds)}
    owners = {"mobile": "mobile_api"}
    names = {"appointment": "appointment", "order": "order or appointment", "nothing": "–"}
    assert said == {kind: (owners.get(to.owner, to.owner), names[to.about]) for kind, to in ROUTES.items()}


def test_the_payloads_that_are_our_own_are_documented() -> None:
    said = {kind: payload for kinds, _, _, payload in rows_of("kind") for kind in named(kinds)}
    models: dict[str, type[Wire]] = {**LOCAL, "position": Points}
    for kind, model in models.items():
        fields = {name + ("" if field.is_required() else "?") for name, field in model.model_fields.items()}
        documented = {name for field in named(said[kind]) for name in re.findall(r"^\w+\??", field)}
        choices = {"advice", "second_engineer", "tow"} if kind == "help" else set()
        assert documented - choices == fields, kind


def test_every_status_and_reason_of_our_own_is_documented() -> None:
    assert {status for row in rows_of("status") for status in named(row[0])} >= set(get_args(ResultStatus))
    ours = {intake.REUSED, intake.SEQUENCE_TAKEN, asking.UNREACHED, asking.NO_PHOTO, UnknownKind.slug, "overtaken"}
    raised = {"invalid", "not-found", "conflict"}
    assert raised <= set(Problem.catalogue)
    text = PAGE.partition("Reasons of our own:")[2].partition("All others")[0]
    assert set(named(text)) - {"problem.pointer", "received"} == ours | raised
