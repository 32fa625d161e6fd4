"""What accounts tells."""

from typing import ClassVar, Literal

from kit.events import Message


class TokenRevoked(Message):
    """A session, or a phone with a token of its own, was signed out; `jti` is its token's id."""

    kind: ClassVar[str] = "token.revoked"
    person_id: str
    jti: str


class DeviceRevoked(Message):
    """A phone was withdrawn: by a person, or because its refresh token was in the hands of two."""

    kind: ClassVar[str] = "device.revoked"
    person_id: str
    device_id: str
    reason: Literal["withdrawn", "token_stolen"]
