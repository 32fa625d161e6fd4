"""The life of a work order: one state machine, with who may do what from where.

What a person commands is refused when the state does not allow it. What happened out there is a fact and is never
refused: it moves the order forward when it can and leaves the state alone when the order is already further.
"""

from dataclasses import dataclass
from typing import Literal, get_args

State = Literal[
    "new", "accepted", "in_progress", "waiting", "restored", "completed", "confirmed", "closed", "cancelled"
]
STATES: tuple[str, ...] = get_args(State)
OPEN: frozenset[State] = frozenset({"new", "accepted", "in_progress", "waiting", "restored"})
"""States in which work is still to be done."""

WaitingReason = Literal["parts", "customer", "expert", "weather"]
WAITING_REASONS: tuple[str, ...] = get_args(WaitingReason)
PLANNED_WHILE_WAITING: frozenset[str] = frozenset({"parts"})
"""A plan decides when the parts come; for a customer, an expert or better weather it can only wait."""

Command = Literal["accept", "wait", "resume", "cancel", "close"]
Fact = Literal["on_site", "work_started", "diagnosed", "task_done", "restored", "completed", "confirmed"]
FACTS: tuple[str, ...] = get_args(Fact)


@dataclass(frozen=True, slots=True)
class Transition:
    """`command` leads from any of `sources` to `target`; `target` None means back to where the work stood."""

    command: Command
    sources: frozenset[State]
    target: State | None
    roles: tuple[str, ...]


TRANSITIONS: dict[Command, Transition] = {
    transition.command: transition
    for transition in (
        Transition("accept", frozenset({"new"}), "accepted", ("dispatcher", "station", "system")),
        Transition("wait", frozenset({"accepted", "in_progress"}), "waiting", ("dispatcher", "station", "engineer")),
        Transition("resume", frozenset({"waiting"}), None, ("dispatcher", "station", "engineer")),
        Transition(
            "cancel", frozenset({"new", "accepted", "in_progress", "waiting"}), "cancelled", ("dispatcher", "system")
        ),
        Transition("close", frozenset({"confirmed"}), "closed", ("dispatcher", "station")),
    )
}

_FORWARD: dict[Fact, tuple[frozenset[State], State]] = {
    "on_site": (frozenset({"new", "accepted", "waiting"}), "in_progress"),
    "work_started": (frozenset({"new", "accepted", "waiting"}), "in_progress"),
    "diagnosed": (frozenset({"new", "accepted", "waiting"}), "in_progress"),
    "task_done": (frozenset(), "in_progress"),
    "restored": (frozenset({"new", "accepted", "in_progress", "waiting"}), "restored"),
    # An engineer without signal may finish what was cancelled meanwhile: the work done is worth more.
    "completed": (OPEN | {"cancelled"}, "completed"),
    "confirmed": (frozenset({"completed"}), "confirmed"),
}

STAMPS: dict[Fact, str] = {
    "on_site": "arrived_at",
    "work_started": "work_started_at",
    "diagnosed": "diagnosed_at",
    "restored": "restored_at",
    "completed": "completed_at",
    "confirmed": "confirmed_at",
}
"""The time field that a fact sets, when nothing earlier has set it."""


def setters(column: str) -> list[Fact]:
    """The facts that set this time field: a completion says that the machine runs again, too."""
    also: list[Fact] = ["completed"] if column == "restored_at" else []
    return [fact for fact, stamped in STAMPS.items() if stamped == column] + also


class NotAllowed(ValueError):
    """This state has no such transition; the message says which states have it."""


def command(state: State, wanted: Command, *, started: bool = False) -> State:
    """The state after a command. `started` says whether work has begun. Raises NotAllowed."""
    transition = TRANSITIONS[wanted]
    if state not in transition.sources:
        allowed = ", ".join(sorted(transition.sources))
        raise NotAllowed(f"an order that is {state} cannot {wanted}: that is possible from {allowed}")
    return transition.target or ("in_progress" if started else "accepted")


def after(state: State, fact: Fact) -> State:
    """The state after a fact: further along, or the same."""
    sources, target = _FORWARD[fact]
    return target if state in sources else state


def plannable(state: State, waiting_reason: str | None) -> bool:
    """Whether a plan should find an appointment for the order (or keep the one that is under way)."""
    return state in OPEN and (state != "waiting" or waiting_reason in PLANNED_WHILE_WAITING)
