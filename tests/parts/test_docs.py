"""The closed lists of the reference page are those of the code."""

import re
from pathlib import Path
from typing import get_args

from kit.kpis import reference
from services.parts.api.wire_facts import DiscrepancyOut, ShipmentOut
from services.parts.api.wire_handling import SheetState, TransferState
from services.parts.domain import channels, fitting, substitution
from services.parts.store.scorecard_kpis import KPIS
from services.parts.use_cases import imports, ledger
from services.parts.use_cases.plans import RefusalReason
from services.parts.use_cases.shipments import RANK, CarrierKind

PAGE = (Path(__file__).parent.parent.parent / "docs/reference/parts.md").read_text(encoding="utf-8")


def table(heading: str) -> set[str]:
    """First column of the first table after `heading`."""
    first = re.search(r"(?:^\|.*\n)+", PAGE[PAGE.index(heading) :], re.MULTILINE)
    assert first is not None, heading
    return set(re.findall(r"^\| `(\w+)`", first.group(), re.MULTILINE))


def literals(model: type, field: str) -> set[str]:
    return set(get_args(model.__annotations__[field]))


def test_the_closed_lists_are_those_of_the_code() -> None:
    assert table("## The ledger (closed)") == set(get_args(ledger.Kind))
    assert table("Reasons of a refusal (closed)") == set(get_args(RefusalReason))
    assert table("lists them (closed)") == literals(DiscrepancyOut, "reason")
    assert table("## Shipments (closed)") == literals(ShipmentOut, "state") == set(RANK)
    assert table("## Substitutes (closed)") == set(get_args(substitution.Kind))
    assert table("Verdicts (closed)") == set(get_args(fitting.Verdict))
    assert table("## Transfers (closed)") == set(get_args(TransferState))
    assert table("Ways (closed)") == set(get_args(channels.Way))
    assert table("Risks (closed)") == set(get_args(channels.Risk))
    assert table("States of a sheet (closed)") == set(get_args(SheetState))
    assert all(f"`{name}`" in PAGE for name in (*get_args(imports.Kind), *get_args(CarrierKind)))


def test_the_kpis_are_shown_with_their_sql() -> None:
    assert reference(KPIS) in PAGE
