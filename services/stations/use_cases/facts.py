"""What stations writes into its journal for nobody but the record."""

from typing import ClassVar

from kit.events import Message
from kit.values import Code


class ConsentGiven(Message):
    """The engineer agreed to be located while on shift."""

    kind: ClassVar[str] = "consent.given"
    engineer_id: Code


class ConsentWithdrawn(Message):
    """The engineer no longer agrees; what was known of their places was removed."""

    kind: ClassVar[str] = "consent.withdrawn"
    engineer_id: Code
