"""Which parts carry the money: classes A, B and C by the value that was used."""

from collections.abc import Mapping
from typing import Literal

Class = Literal["A", "B", "C"]
A_SHARE, B_SHARE = 0.8, 0.95


def abc(used_fen: Mapping[str, int]) -> dict[str, Class]:
    """Class by part: A are the fewest parts that make 80 % of the value, B those up to 95 %, C the rest.

    A part with which a border is crossed belongs to the class before it; what was not used at all is C.
    """
    total = sum(used_fen.values())
    found: dict[str, Class] = {}
    before = 0
    for part, value in sorted(used_fen.items(), key=lambda one: (-one[1], one[0])):
        found[part] = "C" if value <= 0 or before >= B_SHARE * total else "B" if before >= A_SHARE * total else "A"
        before += value
    return found
