"""The closed lists of the reference page are those of the code."""

import re
from pathlib import Path
from typing import get_args

from kit.kpis import reference
from services.stations.api.wire_studies import StudyState
from services.stations.store.kpis import KPIS
from services.stations.use_cases import experts, imports
from services.stations.use_cases.bank import RefusalReason
from services.stations.use_cases.strength import RESOURCES
from services.stations.use_cases.studies import Objective

PAGE = (Path(__file__).parent.parent.parent / "docs/reference/stations.md").read_text(encoding="utf-8")


def table(heading: str) -> set[str]:
    """First column of the first table after `heading`."""
    first = re.search(r"(?:^\|.*\n)+", PAGE[PAGE.index(heading) :], re.MULTILINE)
    assert first is not None, heading
    return set(re.findall(r"^\| `(\w+)`", first.group(), re.MULTILINE))


def test_the_closed_lists_are_those_of_the_code() -> None:
    assert table("Reasons of a refusal (closed)") == set(get_args(RefusalReason))
    assert table("Reasons of a refused expert (closed)") == set(get_args(experts.Refusal))
    assert table("## Siting") == set(get_args(Objective))
    assert table("States of a study") == set(get_args(StudyState))
    assert table("Resources (closed)") == set(RESOURCES)
    kinds = PAGE[PAGE.index("Kinds (closed):") :].split(";")[0]
    assert set(re.findall(r"`(\w+)`", kinds)) == set(get_args(imports.Kind))


def test_the_kpis_are_shown_with_their_sql() -> None:
    assert reference(KPIS) in PAGE
