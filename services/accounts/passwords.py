"""Password hashing: argon2id, off the event loop, a few at a time, and as slow for a login that does not exist."""

import asyncio
import secrets
import unicodedata
from base64 import b64encode

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

MEMORY_KIB = 19 * 1024
PASSES = 3
"""Above the least that OWASP's password storage guide recommends for argon2id (19 MiB, 2 passes)."""
AT_ONCE = 2
"""Hashes computed at the same time: bounds memory and keeps a flood of logins from starving everything else."""


class Passwords:
    """Hashes and verifies; both take some 50 ms of one core in a thread."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher(time_cost=PASSES, memory_cost=MEMORY_KIB, parallelism=1)
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._nobody = _hash_of_no_password()

    async def hash(self, password: str) -> str:
        """The hash of a password that `domain.check_password` let through."""
        async with self._slots:
            return await asyncio.to_thread(self._hasher.hash, password)

    async def matches(self, password_hash: str | None, password: str) -> bool:
        """Whether the password is the hashed one. None (no such login) takes as long as a wrong password."""
        normal = unicodedata.normalize("NFC", password)
        async with self._slots:
            right = await asyncio.to_thread(self._verify, password_hash or self._nobody, normal)
        return right and password_hash is not None

    def _verify(self, password_hash: str, password: str) -> bool:
        try:
            return self._hasher.verify(password_hash, password)
        except (VerificationError, InvalidHashError):
            return False


def _hash_of_no_password() -> str:
    """In the form of the real ones, so that verifying takes as long; nobody knows a password that it belongs to."""
    salt, digest = (b64encode(secrets.token_bytes(size)).decode().rstrip("=") for size in (16, 32))
    return f"$argon2id$v=19$m={MEMORY_KIB},t={PASSES},p=1${salt}${digest}"
