"""The words of every KPI, for those who define them and those who print them."""

from typing import Literal

Unit = Literal["seconds", "share", "fen", "km", "times", "score"]
"""Of the quotient: seconds, a share (0 to 1 unless its definition says more), money, kilometres, times a year, or a
Brier score (0 is best)."""
Better = Literal["high", "low"]
Counted = Literal["cases", "minutes", "yuan", "pieces"]
"""What `n` counts."""
