"""What accounts reads and writes over HTTP. Passwords and tokens are secret strings, so that no log shows them."""

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import Depends
from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, StringConstraints
from sqlalchemy import Row

from kit.auth import Role
from kit.values import Code, Text, Wire
from kit.web import context as service_context
from services.accounts.context import Accounts
from services.accounts.domain import PersonRole, TokenKind
from services.accounts.use_cases.tokens import IssuedToken


def _bounded(secret: SecretStr) -> SecretStr:
    if not 1 <= len(secret.get_secret_value()) <= 200:
        raise ValueError("has 1 to 200 characters")
    return secret


def _folded(login: Any) -> Any:
    return login.strip().lower() if isinstance(login, str) else login


Login = Annotated[str, BeforeValidator(_folded), StringConstraints(pattern=r"^[a-z0-9._@+-]{2,64}$")]
"""A name to sign in with, in any case."""
Secret = Annotated[SecretStr, AfterValidator(_bounded)]
Name = Annotated[Text, StringConstraints(min_length=1)]
Running = Annotated[Accounts, Depends(service_context)]


class FirstRun(Wire):
    """`open` while there is nobody who could sign in."""

    open: bool


class FirstAdmin(Wire):
    token: Secret
    name: Name
    login: Login
    password: Secret


class SignIn(Wire):
    login: Login
    password: Secret


class PasswordChange(Wire):
    current: Secret
    new: Secret


class PersonIn(Wire):
    """The scope that the role needs is mandatory, any other is refused."""

    name: Name
    role: PersonRole
    login: Login | None = None
    password: Secret | None = None
    branch_id: Code | None = None
    station_id: Code | None = None
    engineer_id: Code | None = None


class PersonChange(Wire):
    """Only what is sent is changed; a scope is taken away by sending null."""

    name: Name | None = None
    role: PersonRole | None = None
    login: Login | None = None
    password: Secret | None = None
    branch_id: Code | None = None
    station_id: Code | None = None
    engineer_id: Code | None = None
    state: Literal["active", "disabled"] | None = None

    def changes(self) -> dict[str, Any]:
        """What was sent, with the password in clear; a null where none is possible counts as not sent."""
        clearable = {"login", "branch_id", "station_id", "engineer_id"}
        sent = {field: getattr(self, field) for field in self.model_fields_set}
        if self.password is not None:
            sent["password"] = self.password.get_secret_value()
        return {field: value for field, value in sent.items() if value is not None or field in clearable}


class PersonOut(Wire):
    id: str
    name: str
    role: PersonRole
    login: str | None
    branch_id: str | None
    station_id: str | None
    engineer_id: str | None
    state: str
    version: int
    created_at: datetime

    @classmethod
    def of(cls, row: Row[Any]) -> "PersonOut":
        return cls(**{field: getattr(row, field) for field in cls.model_fields})


class Me(Wire):
    """Who the caller is; `name` is the person's or the key's."""

    subject: str
    role: Role
    name: str
    branch_id: str | None
    station_id: str | None
    engineer_id: str | None


class DeviceIn(Wire):
    """`device` is what its owner calls the phone."""

    device: Text = ""


class TokenOut(Wire):
    """A bearer token, shown this once."""

    access_token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 - a scheme's name
    token_id: str
    expires_at: datetime

    @classmethod
    def of(cls, issued: IssuedToken) -> "TokenOut":
        return cls(access_token=issued.token, token_id=issued.jti, expires_at=issued.expires_at)


class EnrolmentOut(Wire):
    """A one-time code for a phone, shown this once."""

    code: str
    expires_at: datetime


Base64Url = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{43}$")]
"""The SHA-256 of something in base64url."""


class ChallengeIn(Wire):
    """What an app asks an authorization code with; `dpop_jkt` is the thumbprint of the device's key (RFC 7638)."""

    client_id: Code
    enrolment_code: Secret
    code_challenge: Base64Url
    code_challenge_method: Literal["S256"]
    dpop_jkt: Base64Url
    device: Text = ""


class ChallengeOut(Wire):
    """An authorization code of two minutes."""

    authorization_code: str


class CodeGrant(Wire):
    grant_type: Literal["authorization_code"]
    client_id: Code
    code: Secret
    code_verifier: Annotated[SecretStr, AfterValidator(_bounded)]


class RefreshGrant(Wire):
    grant_type: Literal["refresh_token"]
    client_id: Code
    refresh_token: Secret


TokenRequest = Annotated[CodeGrant | RefreshGrant, Field(discriminator="grant_type")]


class GrantOut(Wire):
    """An access token of ten minutes, and the refresh token that gets the next one."""

    access_token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 - a scheme's name
    expires_in: int
    refresh_token: str
    device_id: str


class TokenListed(Wire):
    token_id: str
    kind: TokenKind
    device: str
    issued_at: datetime
    expires_at: datetime
    revoked_at: datetime | None


class KeyIn(Wire):
    """`branch_id` limits the key to one branch; without it, it reaches the whole network."""

    name: Name
    branch_id: Code | None = None


class KeyCreated(Wire):
    """The key is shown this once."""

    id: str
    key: str


class KeyListed(Wire):
    id: str
    name: str
    shown_prefix: str
    branch_id: str | None
    created_at: datetime
    revoked_at: datetime | None


class KeyAsked(Wire):
    """Whatever somebody sent as a key: anything that is none is answered with 404, not refused."""

    key: SecretStr


class KeyAnswer(Wire):
    """Whose key it is and what it reaches; `branch_id` null is the whole network."""

    subject: str
    branch_id: str | None


class Revocations(Wire):
    """Ids of tokens that are withdrawn and have not expired."""

    token_ids: list[str]


class PeoplePage(Wire):
    items: list[PersonOut]
    next: str | None


class TokenList(Wire):
    items: list[TokenListed]


class KeyPage(Wire):
    items: list[KeyListed]
    next: str | None
