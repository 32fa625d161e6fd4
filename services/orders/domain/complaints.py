"""Complaints: steps in their order, each with its clock, and back to the first when the effect was not there."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, get_args

from services.orders.domain.life import NotAllowed

Step = Literal["classified", "acted", "told", "analysed", "checked"]
STEPS: tuple[Step, ...] = get_args(Step)
ComplaintState = Literal["received", "classified", "acted", "told", "analysed", "closed"]
STATES: tuple[str, ...] = get_args(ComplaintState)
Category = Literal["quality", "timeliness", "manner", "parts", "price", "other"]
CATEGORIES: tuple[str, ...] = get_args(Category)
Severity = Literal["critical", "serious", "normal"]
SEVERITIES: tuple[str, ...] = get_args(Severity)
ComplaintSource = Literal["hotline", "survey", "call_back", "system"]
SOURCES: tuple[str, ...] = get_args(ComplaintSource)
Hours = Mapping[Severity, Mapping[Step, int]]


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a complaint stands: `round` counts from 1 and grows with each reopening, `began_at` is that round's."""

    state: ComplaintState
    severity: Severity
    round: int
    began_at: datetime

    @property
    def next_step(self) -> Step | None:
        """The step that comes next; None when the complaint is closed."""
        if self.state == "closed":
            return None
        return STEPS[0] if self.state == "received" else STEPS[STEPS.index(self.state) + 1]

    def due(self, hours: Hours) -> datetime | None:
        """When the next step must have been taken."""
        step = self.next_step
        return None if step is None else self.began_at + timedelta(hours=hours[self.severity][step])


def after(progress: Progress, step: Step, *, effective: bool | None, at: datetime) -> Progress:
    """The complaint after a step; `effective` goes with `checked`: without effect it all begins again.

    Raises NotAllowed for a step that is not the next one.
    """
    if step != progress.next_step:
        wanted = f"the next step is {progress.next_step}" if progress.next_step else "it is closed: reopen it first"
        raise NotAllowed(f"this complaint cannot be {step} now: {wanted}")
    if step != "checked":
        return Progress(step, progress.severity, progress.round, progress.began_at)
    if effective:
        return Progress("closed", progress.severity, progress.round, progress.began_at)
    return Progress("received", progress.severity, progress.round + 1, at)


def reopened(progress: Progress, *, at: datetime) -> Progress:
    """A closed complaint begins again. Raises NotAllowed for one that is open."""
    if progress.state != "closed":
        raise NotAllowed("this complaint is open: go on with its steps")
    return Progress("received", progress.severity, progress.round + 1, at)
