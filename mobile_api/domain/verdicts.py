"""What an owner's answer means for the phone."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mobile_api.domain.operations import Status

ASK_AGAIN = frozenset({401, 403, 408, 425, 429})
"""Refusals that say nothing about the operation: our own credentials or the owner's load. It is asked again."""

_PROGRESS = ("planned", "dispatched", "acknowledged", "travelling", "on_site", "done")
_ENDED = frozenset({"done", "declined", "cancelled"})


@dataclass(frozen=True, slots=True)
class Verdict:
    """The final word on an operation. `problem` is the owner's, `answer` its result."""

    status: Status
    reason: str | None = None
    problem: dict[str, Any] | None = None
    answer: dict[str, Any] | None = None


def accepted(answer: Any) -> Verdict:
    """The owner took it; it may say itself that something else had been faster."""
    body = answer if isinstance(answer, dict) else None
    if body is not None and body.get("status") == "superseded":
        return Verdict("superseded", reason="overtaken", answer=body)
    return Verdict("applied", answer=body)


def refused(status: int, problem: Mapping[str, Any]) -> Verdict | None:
    """The owner refused; None when that says nothing about the operation and it must be asked again."""
    if status in ASK_AGAIN:
        return None
    document = dict(problem)
    reason = str(document.get("type", "")).rpartition("/")[2] or "refused"
    if overtaken(document):
        return Verdict("superseded", reason=reason, problem=document)
    return Verdict("rejected", reason=reason, problem=document)


def overtaken(problem: Mapping[str, Any]) -> bool:
    """Whether the appointment is already past the step: a later fact, a person or the plan had been faster."""
    state, to = problem.get("state"), problem.get("to")
    if state in _ENDED:
        return True
    return state in _PROGRESS and to in _PROGRESS and _PROGRESS.index(state) >= _PROGRESS.index(to)
