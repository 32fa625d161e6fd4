"""Proof that a request comes from the phone that was enrolled: DPoP (RFC 9449) with a nonce of ours.

A phone's clock may be days off, so the time in a proof says nothing: its freshness comes from the nonce alone.
"""

import base64
import hashlib
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from kit.auth import signature
from kit.problems import Problem

NONCE_LIFE = timedelta(minutes=5)
LONGEST = 4_000


class InvalidDpopProof(Problem):
    """The proof of the device's key is not good"""

    status = 400


class UseDpopNonce(Problem):
    """The proof of the device's key needs the nonce of this answer"""

    status = 400


@dataclass(frozen=True, slots=True)
class Proof:
    """`jkt` is the thumbprint of the key that signed it (RFC 7638), `fingerprint` tells it from every other proof."""

    jkt: str
    fingerprint: str


def new_nonce(secret: str, now: datetime) -> str:
    """A nonce that proofs may carry for five minutes."""
    issued = str(int(now.timestamp()))
    return f"{issued}.{signature(secret, 'dpop-nonce', issued)[:32]}"


def read_proof(proof: str | None, *, method: str, path: str, secret: str, now: datetime) -> Proof:
    """The proof in a DPoP header. Raises InvalidDpopProof, or UseDpopNonce with the nonce to use.

    Of `htu` only the path counts: which name and scheme this server has outside is known to the proxy before it.
    """
    fresh = new_nonce(secret, now)
    if proof is None or len(proof) > LONGEST:
        raise _bad("send a DPoP header: a JWT signed with the device's key")
    header, claims = _parts(proof)
    key = _key(header)
    try:
        jws.deserialize_compact(proof, key, algorithms=["ES256"])
    except (JoseError, ValueError) as error:
        raise _bad("its signature is not of the key that it names") from error
    if (claims.get("htm"), urlsplit(str(claims.get("htu"))).path) != (method, path) or not claims.get("jti"):
        raise _bad(f"it must say htm {method}, htu with the path {path}, and a jti")
    if not _is_fresh(claims.get("nonce"), secret=secret, now=now):
        detail = "sign again with the nonce of the DPoP-Nonce header"
        raise UseDpopNonce(detail, headers={"DPoP-Nonce": fresh}, error="use_dpop_nonce", error_description=detail)
    return Proof(key.thumbprint(), hashlib.sha256(proof.encode()).hexdigest())


def _parts(proof: str) -> tuple[dict[str, Any], dict[str, Any]]:
    try:
        header, claims = (
            json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))) for part in proof.split(".")[:2]
        )
    except (ValueError, RecursionError) as error:
        raise _bad("it is not a JWT") from error
    if not (isinstance(header, dict) and isinstance(claims, dict)) or header.get("typ") != "dpop+jwt":
        raise _bad("its type must be dpop+jwt")
    return header, claims


def _key(header: dict[str, Any]) -> ECKey:
    jwk = header.get("jwk")
    if not isinstance(jwk, dict) or "d" in jwk or (jwk.get("kty"), jwk.get("crv")) != ("EC", "P-256"):
        raise _bad("its header must carry the public key (jwk) of a P-256 pair")
    try:
        return ECKey.import_key(jwk)
    except (JoseError, ValueError, TypeError) as error:
        raise _bad("its public key cannot be read") from error


def _is_fresh(nonce: object, *, secret: str, now: datetime) -> bool:
    issued = str(nonce).partition(".")[0]
    if not issued.isdecimal() or len(issued) > 12:
        return False
    made = datetime.fromtimestamp(int(issued), tz=now.tzinfo)
    return nonce == new_nonce(secret, made) and abs(now - made) <= NONCE_LIFE


def _bad(detail: str) -> InvalidDpopProof:
    return InvalidDpopProof(detail, error="invalid_dpop_proof", error_description=detail)
