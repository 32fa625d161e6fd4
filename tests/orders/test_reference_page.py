"""The reference page and the code speak of the same closed lists."""

import re
from pathlib import Path
from typing import get_args

import pytest

from services.orders.api.promise_templates import LONGEST_TRY
from services.orders.catalogue import shipped
from services.orders.domain import callbacks, complaints, life
from services.orders.domain.dispatch_gates import DECISIONS, DISPATCH_GATES
from services.orders.domain.gates import GATES, MAX_HOURS_PER_DAY, MAX_KM_PER_DAY
from services.orders.domain.intake import ANSWERED_BY_A_PERSON, DUPLICATE_WITHIN, SIMILAR_WITHIN_M, SOURCES, CargoClass
from services.orders.domain.machines import (
    CONTRACT_REASONS,
    NAMED_STATION_REACH_M,
    WARRANTY_DECISIONS,
    WARRANTY_REASONS,
)
from services.orders.domain.promise import CLOCK_STATES, CLOCKS, START_EVENTS, STOP_EVENTS
from services.orders.domain.replacement import LINK_LIVES_DAYS, STEPS
from services.orders.domain.tracking import ENOUGH, TRACKED_FOR
from services.orders.domain.tryout import WORST
from services.orders.store.kpis import page as kpi_page
from services.orders.use_cases.callbacks import DRAWN_FROM
from services.orders.use_cases.closing import CLOSE_AFTER
from services.orders.use_cases.kpis import ADJUSTED_MONTHS, FREEZE_AFTER
from services.orders.use_cases.programmes import AHEAD

WORST_IN_WORDS = {20: "twenty"}[WORST]
PAGE = (Path(__file__).parents[2] / "docs/reference/orders.md").read_text(encoding="utf-8")


def table(first_column: str) -> list[list[str]]:
    """The cells of the table whose first column has this head, without the head."""
    lines = PAGE.splitlines()
    start = next(index for index, line in enumerate(lines) if line.startswith(f"| {first_column} |"))
    rows = []
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in line.strip("|").split("|")])
    return rows


def words(cell: str) -> list[str]:
    return re.findall(r"`([a-z0-9_]+)`", cell)


@pytest.mark.parametrize(
    ("head", "known"),
    [
        ("State", life.STATES),
        ("Command", tuple(life.TRANSITIONS)),
        ("Fact", life.FACTS),
        ("Reason", life.WAITING_REASONS),
        ("Clock", CLOCKS),
        ("State of a clock", CLOCK_STATES),
        ("Gate", GATES),
        ("Gate of dispatch", DISPATCH_GATES),
        ("Source", SOURCES),
        ("Warranty", WARRANTY_DECISIONS),
    ],
)
def test_the_page_lists_exactly_what_the_code_knows(head: str, known: tuple[str, ...]) -> None:
    assert sorted(words(row[0])[0] for row in table(head)) == sorted(known)


def test_commands_are_described_as_they_are() -> None:
    for command, sources, target, who in table("Command"):
        transition = life.TRANSITIONS[words(command)[0]]  # type: ignore[index]
        assert sources == ", ".join(sorted(transition.sources))
        assert target == (transition.target or "back to where the work stood")
        assert who == ", ".join(transition.roles)


def test_facts_set_what_the_page_says() -> None:
    for fact, sets, moves in table("Fact"):
        name = words(fact)[0]
        assert life.STAMPS.get(name) == (words(sets)[0] if words(sets) else None)  # type: ignore[call-overload]
        reached = life.after("accepted", name) if name != "confirmed" else life.after("completed", name)  # type: ignore[arg-type]
        assert moves.split(",")[0] == ("—" if name == "task_done" else reached)


def test_waiting_respond_and_warranty_are_described_as_they_are() -> None:
    for reason, planned in table("Reason"):
        assert planned.startswith("yes") == life.plannable("waiting", words(reason)[0])
    stopped = {words(source)[0] for source, clock in table("Source") if clock.startswith("stops")}
    assert stopped == ANSWERED_BY_A_PERSON
    assert sorted(word for row in table("Contract") for word in words(row[1])) == sorted(CONTRACT_REASONS)
    assert sorted(word for row in table("Warranty") for word in words(row[1])) == sorted(WARRANTY_REASONS)


def test_gates_of_dispatch_are_decided_as_the_page_says() -> None:
    for gate, _, decided in table("Gate of dispatch"):
        assert tuple(words(decided)) == DECISIONS[words(gate)[0]]  # type: ignore[index]


def test_figures_on_the_page() -> None:
    days, reach = AHEAD.days, NAMED_STATION_REACH_M // 1000
    for figure in (
        f"{CLOSE_AFTER.seconds} s after confirmation",
        f"within {DUPLICATE_WITHIN.seconds // 3600} hours",
        f"within {reach} km",
        f"within {SIMILAR_WITHIN_M} m and {DUPLICATE_WITHIN.seconds // 3600} hours",
        f"{MAX_KM_PER_DAY:,} km or {MAX_HOURS_PER_DAY} h a day".replace(",", " "),
        f"for {LINK_LIVES_DAYS} days after",
        f"coming {days} days",
        ", ".join(f"`{step}`" for step in STEPS),
        ", ".join(f"`{event}`" for event in STOP_EVENTS),
        f"the {WORST_IN_WORDS} dearest",
        f"at most {LONGEST_TRY.days} days",
        ", ".join(f"`{name}`" for name in get_args(CargoClass)),
    ):
        assert figure in " ".join(PAGE.split()), figure
    assert get_args(life.Command) == tuple(life.TRANSITIONS)


def test_every_event_that_starts_a_clock_and_every_shipped_promise_is_on_the_page() -> None:
    for name in (*START_EVENTS, *(one.template_id for one in shipped().templates)):
        assert f"`{name}`" in PAGE, name
    for calendar in shipped().calendars:
        assert f"`{calendar.calendar}`" in PAGE


def test_the_page_of_kpis_is_the_one_that_the_definitions_write() -> None:
    assert kpi_page.PAGE.read_text(encoding="utf-8") == kpi_page.page(), "python -m services.orders.store.kpis.page"
    assert f"{FREEZE_AFTER.days} days after its end" in kpi_page.page().replace("three", "3")
    assert f"{ADJUSTED_MONTHS} months" in kpi_page.page()


def test_complaints_and_callbacks_are_described_as_they_are() -> None:
    rows = table("Category")
    columns = [[words(row[index])[0] for row in rows if words(row[index])] for index in range(3)]
    assert columns == [list(known) for known in (complaints.CATEGORIES, complaints.SEVERITIES, complaints.SOURCES)]
    for name in (*complaints.STEPS, *callbacks.LEVELS, *callbacks.RISKS, *callbacks.CHECKS):
        assert f"`{name}`" in PAGE, name
    page = " ".join(PAGE.split())
    assert f"at least {ENOUGH} of them" in page
    assert f"until {TRACKED_FOR.days} days after" in page
    assert f"last {DRAWN_FROM.days} days" in page


def drawing() -> str:
    """The state machine as the code has it, in the language of the page's diagram."""
    arrows = []
    for command, transition in life.TRANSITIONS.items():
        targets = {life.command(next(iter(transition.sources)), command, started=started) for started in (False, True)}
        for source in sorted(transition.sources):
            arrows += [f"{source} --> {target}: {command}" for target in sorted(targets)]
    for fact in life.FACTS:
        for state in life.STATES:
            target = life.after(state, fact)  # type: ignore[arg-type]
            if target != state:
                arrows.append(f"{state} --> {target}: fact {fact}")
    return "\n".join(["stateDiagram-v2", *(f"    {arrow}" for arrow in arrows)])


def test_the_drawn_state_machine_is_the_one_in_the_code() -> None:
    assert f"```mermaid\n{drawing()}\n```" in PAGE, f"put this into the page:\n{drawing()}"
