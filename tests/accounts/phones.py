"""A phone as accounts sees it: a key pair of its own, PKCE, and proofs of the key."""

import base64
import hashlib
from dataclasses import dataclass, field
from typing import Any

import httpx
from joserfc import jwt
from joserfc.jwk import ECKey

from kit.ids import new_id
from tests.running import body

PATH = "/accounts/v1/oauth/token"
Json = dict[str, Any]


@dataclass
class KeyedPhone:
    """An app with a device key; `client` has no token of its own."""

    client: httpx.AsyncClient
    key: ECKey = field(default_factory=lambda: ECKey.generate_key("P-256"))
    nonce: str = ""
    verifier: str = field(default_factory=lambda: new_id() + new_id())

    @property
    def challenge(self) -> str:
        return base64.urlsafe_b64encode(hashlib.sha256(self.verifier.encode()).digest()).rstrip(b"=").decode()

    def proof(self, *, key: ECKey | None = None, nonce: str | None = None, **claims: Any) -> str:
        signing = key or self.key
        header = {"alg": "ES256", "typ": "dpop+jwt", "jwk": signing.as_dict(private=False)}
        said = {"htm": "POST", "htu": f"https://any.host{PATH}", "iat": 1, "jti": new_id(), **claims}
        return jwt.encode(header, said | {"nonce": nonce or self.nonce}, signing, algorithms=["ES256"])

    async def ask(self, form: Json, *, proof: str | None = None) -> httpx.Response:
        """One token request; learns the nonce and asks again when the server wants a fresh one."""
        answer = await self._post(form, proof or self.proof())
        if answer.status_code == 400 and answer.json().get("error") == "use_dpop_nonce":
            self.nonce = answer.headers["DPoP-Nonce"]
            if proof is None:
                answer = await self._post(form, self.proof())
        return answer

    async def _post(self, form: Json, proof: str) -> httpx.Response:
        return await self.client.post(PATH, data={"client_id": "a-test", **form}, headers={"DPoP": proof})

    async def challenge_with(self, code: str, **changes: str) -> httpx.Response:
        asked = {
            "client_id": "a-test",
            "enrolment_code": code,
            "code_challenge": self.challenge,
            "code_challenge_method": "S256",
            "dpop_jkt": self.key.thumbprint(),
            "device": "Pixel",
        }
        return await self.client.post("/accounts/v1/oauth/authorize-challenge", json=asked | changes)

    async def enrol(self, code: str) -> Json:
        given = body(await self.challenge_with(code))["authorization_code"]
        return await self.redeem(given)

    async def redeem(self, authorization_code: str) -> Json:
        form = {"grant_type": "authorization_code", "code": authorization_code, "code_verifier": self.verifier}
        grant: Json = body(await self.ask(form))
        return grant

    async def refresh(self, token: str, **proof: Any) -> httpx.Response:
        given = self.proof(**proof) if proof else None
        return await self.ask({"grant_type": "refresh_token", "refresh_token": token}, proof=given)
