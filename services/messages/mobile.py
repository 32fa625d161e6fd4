"""What phones tell, by mobile_api."""

from typing import ClassVar, Literal

from kit.events import Message
from kit.values import Code, Instant, Text


class OperationApplied(Message):
    """A phone's operation reached its owner (or was refused by it): the audit of what the engineer did."""

    kind: ClassVar[str] = "operation.answered"
    operation_id: str
    order_id: str | None
    engineer_id: Code
    operation: Text
    status: Literal["applied", "duplicate", "rejected", "superseded", "received"]
    reason: Text | None = None
    doubts: tuple[Text, ...] = ()
    """Why a person should look at it."""


class PhotoStored(Message):
    """`also_of` are other orders that the very same picture was told to show."""

    kind: ClassVar[str] = "photo.stored"
    order_id: str
    engineer_id: Code
    sha256: Text
    step: Text
    also_of: tuple[Text, ...] = ()


class DelayReported(Message):
    """The engineer will be later than planned, and says when they now expect to arrive."""

    kind: ClassVar[str] = "delay.reported"
    order_id: str
    appointment_id: str
    engineer_id: Code
    expected_at: Instant
    reason: Text = ""


class HelpRequested(Message):
    """The engineer at the machine asks for an expert: by video, or to come."""

    kind: ClassVar[str] = "help.requested"
    order_id: str
    appointment_id: str
    engineer_id: Code
    wanted: Literal["advice", "second_engineer", "tow"]
    note: Text = ""
