"""Messages (facts that a service tells) and events (messages as they lie in a journal)."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, ClassVar

from pydantic import ConfigDict

from kit.values import Wire


class Message(Wire):
    """A fact in the past tense. Subclasses set `kind`, which is unique over the whole system."""

    # Each is compiled when it is first used: every service knows all of them and most see few.
    model_config = ConfigDict(defer_build=True)

    kind: ClassVar[str]
    known: ClassVar[dict[str, type["Message"]]] = {}

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "kind" in cls.__dict__:
            other = Message.known.setdefault(cls.kind, cls)
            if other.__qualname__ != cls.__qualname__:
                raise TypeError(f"{cls.__qualname__} and {other.__qualname__} are both the message {cls.kind!r}")


@dataclass(frozen=True)
class Event:
    """One sealed row of a publisher's journal.

    `seq` is gapless per publisher and starts at 1; `effective_at` is when the fact happened, `recorded_at` when the
    publisher learned of it.
    """

    publisher: str
    seq: int
    id: str
    kind: str
    subject: str
    order_id: str | None
    actor: str
    effective_at: datetime
    recorded_at: datetime
    payload: dict[str, Any]

    @cached_property
    def message(self) -> Message:
        """The payload as its message class, the same one for all who follow the journal here.

        Raises KeyError when this reader does not know the kind: it then has no business handling it.
        """
        # A reader may run older code than the publisher: fields that it does not know are none of its business.
        model = Message.known[self.kind]
        return model.model_validate({name: value for name, value in self.payload.items() if name in model.model_fields})


def event_to_wire(event: Event) -> dict[str, Any]:
    """One row of `GET /journal`."""
    return {
        "seq": event.seq,
        "id": event.id,
        "kind": event.kind,
        "subject": event.subject,
        "order_id": event.order_id,
        "actor": event.actor,
        "effective_at": event.effective_at.isoformat(),
        "recorded_at": event.recorded_at.isoformat(),
        "payload": event.payload,
    }


def event_from_wire(publisher: str, row: dict[str, Any]) -> Event:
    """The reverse of `event_to_wire`."""
    return Event(
        publisher=publisher,
        seq=row["seq"],
        id=row["id"],
        kind=row["kind"],
        subject=row["subject"],
        order_id=row["order_id"],
        actor=row["actor"],
        effective_at=datetime.fromisoformat(row["effective_at"]),
        recorded_at=datetime.fromisoformat(row["recorded_at"]),
        payload=row["payload"],
    )
