"""The how-to names every kind and every column as the command knows them."""

import re
from pathlib import Path

from cli.importing.kinds import KINDS

PAGE = Path(__file__).parent.parent.parent / "docs" / "how-to" / "import.md"
COLUMN = re.compile(r"^\| `(\w+)` \| (.+?) \| (key|required|) ?\|$", re.MULTILINE)


def test_the_page_lists_the_kinds_in_order_with_their_columns() -> None:
    sections = PAGE.read_text(encoding="utf-8").partition("## Kinds and columns")[2].split("### ")[1:]
    told = {section.split("\n", 1)[0].strip(): COLUMN.findall(section) for section in sections}
    assert list(told) == list(KINDS)
    for name, kind in KINDS.items():
        expected = [
            (column, cell.what, "key" if column in kind.key else "required" if column in kind.required else "")
            for column, cell in kind.columns.items()
        ]
        assert told[name] == expected
