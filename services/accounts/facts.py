"""What accounts writes into its journal: who changed whose access. Ids and roles only, never names or logins."""

from typing import ClassVar, Literal

from kit.events import Message
from kit.values import Code, Text


class PersonCreated(Message):
    kind: ClassVar[str] = "person.created"
    person_id: str
    role: Text
    branch_id: Code | None = None
    station_id: Code | None = None
    engineer_id: Code | None = None


class PersonChanged(Message):
    """`fields` names what changed, without the values of personal ones."""

    kind: ClassVar[str] = "person.changed"
    person_id: str
    fields: list[Text]
    role: Text
    state: Literal["active", "disabled", "erased"]


class TokenIssued(Message):
    """Somebody signed in (session) or a phone was enrolled (device)."""

    kind: ClassVar[str] = "token.issued"
    person_id: str
    jti: str
    token_kind: Literal["session", "device"]


class EnrolmentOffered(Message):
    """Somebody was given a one-time code for a phone."""

    kind: ClassVar[str] = "enrolment.offered"
    person_id: str


class DeviceEnrolled(Message):
    kind: ClassVar[str] = "device.enrolled"
    person_id: str
    device_id: str


class KeyCreated(Message):
    kind: ClassVar[str] = "key.created"
    key_id: str
    shown_prefix: Text
    branch_id: Code | None = None


class KeyRevoked(Message):
    kind: ClassVar[str] = "key.revoked"
    key_id: str
