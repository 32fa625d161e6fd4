"""The rules of accounts: which scope a role needs, who may act on whom, how long a token lives, when to wait."""

import hashlib
import secrets
import unicodedata
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal, get_args

from kit.auth import API_KEY_PREFIX, Principal
from kit.problems import Invalid

PersonRole = Literal["admin", "auditor", "dispatcher", "station", "engineer"]
"""The roles that a person may have; `system` belongs to API keys, `service` to our own calls."""
PersonState = Literal["active", "disabled", "erased"]
TokenKind = Literal["session", "device"]

LIFE: dict[TokenKind, timedelta] = {"session": timedelta(hours=12), "device": timedelta(days=30)}
"""A person signs in every working day; an engineer's phone stays enrolled through a month without signal."""

ACCESS_LIFE = timedelta(minutes=10)
"""Of a phone's access token: short, so that it is worth little to a thief without the device's key."""
REFRESH_LIFE = timedelta(days=90)
"""A phone may lie in a drawer through a season."""
ENROLMENT_LIFE = timedelta(days=1)
AUTHORIZATION_LIFE = timedelta(minutes=2)
ENROLMENT_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's: none of them is taken for another."""
ENROLMENT_LENGTH = 12

PASSWORD_LENGTH = (12, 128)

FREE_FAILURES = {"person": 5, "address": 60}
"""Failed logins that cost nothing: per login and address, and per address (a whole station shares one)."""
LONGEST_WAIT = timedelta(minutes=15)
FORGOTTEN_AFTER = timedelta(hours=1)
"""Failures older than this do not count: nobody is locked out for good."""

_NEEDED: dict[str, tuple[str, ...]] = {
    "admin": (),
    "auditor": (),
    "dispatcher": ("branch_id",),
    "station": ("station_id",),
    "engineer": ("engineer_id",),
}
_ALLOWED: dict[str, tuple[str, ...]] = {
    "admin": (),
    "auditor": (),
    "dispatcher": ("branch_id",),
    "station": ("branch_id", "station_id"),
    "engineer": ("branch_id", "station_id", "engineer_id"),
}


@dataclass(frozen=True, slots=True)
class Scope:
    """What of the network somebody may touch; None in every field is the whole network."""

    branch_id: str | None = None
    station_id: str | None = None
    engineer_id: str | None = None


@dataclass(frozen=True, slots=True)
class NewPerson:
    """A person to be created; without a login they come in by an enrolled phone only."""

    name: str
    role: PersonRole
    scope: Scope
    login: str | None = None
    password: str | None = None


def check_scope(role: PersonRole, scope: Scope) -> None:
    """Raises Invalid when a role lacks its scope or carries one that would look like a limit and be none."""
    for field in Scope.__slots__:
        given = getattr(scope, field) is not None
        if field in _NEEDED[role] and not given:
            raise Invalid(f"the role {role} needs {field}", pointer=f"/{field}")
        if given and field not in _ALLOWED[role]:
            raise Invalid(f"the role {role} has no {field}", pointer=f"/{field}")


def check_password(password: str, *, login: str) -> str:
    """The password in the form that is hashed (NFC). Raises Invalid when it is too easy to guess."""
    normal = unicodedata.normalize("NFC", password)
    shortest, longest = PASSWORD_LENGTH
    if not shortest <= len(normal) <= longest:
        raise Invalid(f"a password has {shortest} to {longest} characters", pointer="/password")
    if len(set(normal)) < 5 or login.casefold() in normal.casefold():
        raise Invalid("this password is too easy to guess", pointer="/password")
    return normal


def may_see(principal: Principal, *, subject: str, branch_id: str | None) -> bool:
    """Whether the principal may read a person: everybody themselves, a dispatcher their branch's people."""
    if principal.role in ("admin", "auditor", "service") or principal.subject == subject:
        return True
    return principal.role == "dispatcher" and branch_id is not None and branch_id == principal.branch_id


def may_enrol(principal: Principal, *, role: str, branch_id: str | None) -> bool:
    """Whether the principal may issue or withdraw a person's tokens.

    Admins (and our own services) may for all; dispatchers for the engineers and stations of their branch, so that
    nobody can make a token stronger than their own.
    """
    if principal.role in ("admin", "service"):
        return True
    own_branch = branch_id is not None and branch_id == principal.branch_id
    return principal.role == "dispatcher" and own_branch and role in ("engineer", "station")


def wait_before_login(*, failures: int, since_last: timedelta, free: int) -> timedelta:
    """How long to wait before the next attempt is looked at: doubles with each failure past the free ones.

    `since_last` is the time since the last failure. Zero or less means: go on.
    """
    if failures < free or since_last >= FORGOTTEN_AFTER:
        return timedelta(0)
    pause = min(timedelta(seconds=2 ** min(failures - free + 1, 20)), LONGEST_WAIT)
    return pause - since_last


def buckets(*, login: str, address: str) -> dict[str, str]:
    """Under which keys a failed login counts, by the name of their allowance in FREE_FAILURES."""
    return {
        "person": fingerprint(f"login:{login}:{address}"),
        "address": fingerprint(f"address:{address}"),
    }


def may_refresh(*, generation: int, used: int) -> bool:
    """Whether a refresh token of this generation is honoured, when `used` is the newest generation in use.

    The next one is used for the first time; the present one comes again when its answer was lost. One that is older
    than that is in the hands of two.
    """
    return generation in (used, used + 1)


def new_enrolment_code() -> str:
    """60 random bits that can be read out over the telephone."""
    return "".join(secrets.choice(ENROLMENT_LETTERS) for _ in range(ENROLMENT_LENGTH))


def spaced(code: str) -> str:
    """An enrolment code as it is shown: in groups of four."""
    return "-".join(code[at : at + 4] for at in range(0, len(code), 4))


def plain(typed: str) -> str:
    """An enrolment code as somebody typed it: in any case, with O for 0 and I or L for 1, with or without hyphens."""
    folded = typed.upper().translate(str.maketrans("OIL", "011"))
    return "".join(letter for letter in folded if letter in ENROLMENT_LETTERS)


def new_secret(prefix: str = "") -> str:
    """A secret of 256 bits that can be typed into a header."""
    return prefix + secrets.token_urlsafe(32)


def new_api_key() -> str:
    return new_secret(API_KEY_PREFIX)


def shown_prefix(key: str) -> str:
    """What of a key may be shown later: enough to recognise it, too little to use it."""
    return key[: len(API_KEY_PREFIX) + 6]


def fingerprint(secret: str) -> str:
    """The hash that is stored. SHA-256 is enough for secrets of 256 random bits; passwords use argon2id instead."""
    return hashlib.sha256(secret.encode()).hexdigest()


assert set(_NEEDED) == set(_ALLOWED) == set(get_args(PersonRole))  # noqa: S101 - a new role must say its scope
