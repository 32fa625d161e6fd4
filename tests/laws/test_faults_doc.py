"""The list of faults names tests that there are."""

import re

from tests.laws.source import ROOT

NAMED = re.compile(r"`(tests/\S+\.py)::(\w+)`")


def test_every_test_that_the_list_names_exists() -> None:
    named = NAMED.findall((ROOT / "docs/reference/faults.md").read_text())
    assert len(named) > 20
    assert [
        f"{path}::{name}"
        for path, name in named
        if not re.search(rf"^(async )?def {name}\(", (ROOT / path).read_text(), re.MULTILINE)
    ] == []
