"""The key that signs people's tokens. Only accounts has the private half; everybody else gets the JWKS."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from joserfc import jwt
from joserfc.jwk import OKPKey

from kit.auth import TOKEN_TYPE, Principal, claims_of
from kit.db import Database
from services.accounts.store import people as store

ALGORITHM: Literal["Ed25519"] = "Ed25519"


@dataclass(frozen=True, slots=True)
class Signer:
    """Signs with one private key."""

    key: OKPKey

    def sign(self, principal: Principal, *, token_id: str, issued: datetime, life: timedelta) -> str:
        """A compact JWT that says who the principal is until `issued + life`."""
        claims = claims_of(principal, token_id=token_id, issued=issued, life=life)
        header = {"alg": ALGORITHM, "typ": TOKEN_TYPE, "kid": self.key.kid}
        return jwt.encode(header, claims, self.key, algorithms=[ALGORITHM])


class Signing:
    """The stored keys: made on first use, read once."""

    def __init__(self, db: Database):
        self._db = db
        self._keys: list[OKPKey] = []

    async def signer(self) -> Signer:
        """Signs with the newest key."""
        return Signer((await self._stored())[0])

    async def public_keys(self) -> dict[str, Any]:
        """The JWKS: the public half of every key whose tokens may still live, newest first."""
        return {"keys": [key.as_dict(private=False) for key in await self._stored()]}

    async def _stored(self) -> list[OKPKey]:
        if not self._keys:
            made = OKPKey.generate_key(ALGORITHM, {"use": "sig", "alg": ALGORITHM}, auto_kid=True)
            async with self._db.transaction() as tx:
                await store.keep_first_signing_key(tx, str(made.kid), dict(made.as_dict(private=True)))
                self._keys = [OKPKey.import_key(dict(key)) for key in await store.private_keys(tx)]
        return self._keys
