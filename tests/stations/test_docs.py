"""The closed lists of the reference page are those of the code."""

import re
from pathlib import Path
from typing import get_args

from services.stations.use_cases import imports
from services.stations.use_cases.bank import RefusalReason

PAGE = (Path(__file__).parent.parent.parent / "docs/reference/stations.md").read_text(encoding="utf-8")


def test_the_closed_lists_are_those_of_the_code() -> None:
    reasons = re.search(r"(?:^\|.*\n)+", PAGE[PAGE.index("Reasons of a refusal (closed)") :], re.MULTILINE)
    assert reasons is not None
    assert set(re.findall(r"^\| `(\w+)`", reasons.group(), re.MULTILINE)) == set(get_args(RefusalReason))
    kinds = PAGE[PAGE.index("Kinds (closed):") :].split(";")[0]
    assert set(re.findall(r"`(\w+)`", kinds)) == set(get_args(imports.Kind))
