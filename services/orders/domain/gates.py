"""Gates: what must be there before an order is completed, and which of it is missing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

Gate = Literal["work_started", "diagnosed", "checklist", "meter_reading", "test_passed", "signature"]
GATES: tuple[str, ...] = get_args(Gate)
ItemResult = Literal["ok", "failed", "not_applicable"]
TestResult = Literal["passed", "failed"]

# The pause between two shifts of the same machine is longer than this share of a day, a meter never runs faster.
MAX_KM_PER_DAY = 1_800
MAX_HOURS_PER_DAY = 24


@dataclass(frozen=True, slots=True)
class Missing:
    """One unfinished gate; `item` is the entry of the checklist that has no answer."""

    gate: Gate
    item: str | None = None


@dataclass(frozen=True, slots=True)
class Completion:
    """What the engineer hands in: answers per checklist item, meters, test, and the photo of the signature."""

    checklist: Mapping[str, ItemResult]
    meter_km: int | None = None
    meter_h: int | None = None
    test_result: TestResult | None = None
    signature_photo: str | None = None

    @property
    def failed_items(self) -> tuple[str, ...]:
        """Checklist items that need a follow-up order."""
        return tuple(item for item, result in self.checklist.items() if result == "failed")


def missing(
    gates: Sequence[Gate], checklist: Sequence[str], stamped: frozenset[str], completion: Completion
) -> list[Missing]:
    """Gates that are not met, in the order of the work. `stamped` names the time fields that are set,
    or wait for a person."""
    found: list[Missing] = []
    for gate in gates:
        if gate == "checklist":
            found += [Missing("checklist", item) for item in checklist if item not in completion.checklist]
        elif not _met(gate, stamped, completion):
            found.append(Missing(gate))
    return found


def _met(gate: Gate, stamped: frozenset[str], completion: Completion) -> bool:
    if gate in ("work_started", "diagnosed"):
        return f"{gate}_at" in stamped
    if gate == "meter_reading":
        return completion.meter_km is not None or completion.meter_h is not None
    if gate == "test_passed":
        return completion.test_result == "passed"
    return completion.signature_photo is not None


@dataclass(frozen=True, slots=True)
class ControlPoints:
    """How the tasks of an order were walked through: those nobody reported, and whether the others came in order."""

    skipped: tuple[str, ...]
    in_order: bool


def control_points(tasks: Sequence[str], done: Sequence[tuple[str, datetime]]) -> ControlPoints:
    """`tasks` in their order against what was reported as done and when; of a task reported twice the first counts."""
    first: dict[str, datetime] = {}
    for task, at in sorted(done, key=lambda one: one[1]):
        first.setdefault(task, at)
    reported = [first[task] for task in tasks if task in first]
    return ControlPoints(tuple(task for task in tasks if task not in first), reported == sorted(reported))


def plausible_meter(*, before: int | None, now: int, days: float, most_per_day: int) -> bool:
    """Whether a meter can read `now`, having read `before` that many days ago; it never runs backwards."""
    return before is None or before <= now <= before + most_per_day * (days + 1)
