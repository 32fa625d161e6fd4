"""The steps of a replacement vehicle's driver, in their order."""

from typing import Literal, get_args

Step = Literal["accept", "at_truck", "cargo_moving", "delivered"]
STEPS: tuple[Step, ...] = get_args(Step)
CaseState = Literal["open", "accept", "at_truck", "cargo_moving", "delivered", "withdrawn"]
CASE_STATES: tuple[str, ...] = get_args(CaseState)
LINK_LIVES_DAYS = 7
"""The driver's link can be read this many days after the case is over."""


def next_step(state: CaseState) -> Step | None:
    """The step that comes next; None when the case is over."""
    if state in ("delivered", "withdrawn"):
        return None
    return STEPS[0] if state == "open" else STEPS[STEPS.index(state) + 1]
