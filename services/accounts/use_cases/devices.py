"""Engineers' phones: enrolled with a one-time code and a key of their own, kept signed in by rotating tokens.

OAuth 2.1 for the maker's own apps: the authorization code is asked for by the app itself (OAuth 2.0 for First-Party
Applications), bound to it by PKCE, and every token request carries a proof of the device's key (RFC 9449).
"""

import base64
import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from kit.auth import Principal
from kit.ids import new_id
from kit.journal import append
from kit.problems import Conflict, NotFound, Problem
from services.accounts import domain
from services.accounts.context import Accounts
from services.accounts.facts import DeviceEnrolled, EnrolmentOffered
from services.accounts.proofs import NONCE_LIFE, Proof
from services.accounts.signing import Signer
from services.accounts.store import devices, people
from services.accounts.use_cases.sessions import count_attempt, forgive
from services.messages import DeviceRevoked


class InvalidGrant(Problem):
    """This code or token is unknown, spent, expired or withdrawn"""

    status = 400


@dataclass(frozen=True, slots=True)
class Enrolment:
    """A one-time code for somebody's phone, shown this once."""

    code: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Challenge:
    """What an app brings to get an authorization code: the engineer's one-time code, its PKCE challenge and its key."""

    enrolment_code: str
    code_challenge: str
    jkt: str
    label: str
    address: str


@dataclass(frozen=True, slots=True)
class Grant:
    """What a token request answers; the refresh token serves once."""

    access_token: str
    refresh_token: str
    device_id: str


async def offer_enrolment(context: Accounts, caller: Principal, person_id: str) -> Enrolment:
    """A code of one day for a person's phone. Raises NotFound for people whom the caller may not enrol."""
    now, code = context.clock.now(), domain.new_enrolment_code()
    async with context.db.transaction() as tx:
        person = await people.person(tx, person_id, lock=True)
        if person is None or not domain.may_enrol(caller, role=person.role, branch_id=person.branch_id):
            raise NotFound("there is no such person")
        if person.state != "active":
            raise Conflict(f"this person is {person.state}")
        expires = now + domain.ENROLMENT_LIFE
        row = {"code_hash": domain.fingerprint(code), "person_id": person_id, "expires_at": expires, "jkt": None}
        await devices.add_enrolment(tx, row)
        await append(tx, EnrolmentOffered(person_id=person_id), subject=person_id, actor=caller.actor)
    return Enrolment(domain.spaced(code), expires)


async def authorize(context: Accounts, asked: Challenge) -> str:
    """An authorization code of two minutes. Raises InvalidGrant, TooManyRequests after too many wrong ones."""
    now, code = context.clock.now(), domain.new_secret()
    buckets = domain.buckets(login="enrolment", address=asked.address)
    await count_attempt(context, buckets)
    enrolment = domain.fingerprint(domain.plain(asked.enrolment_code))
    async with context.db.transaction() as tx:
        person_id = await devices.claim_enrolment(tx, enrolment, jkt=asked.jkt, now=now)
        if person_id is None:
            raise _refused("this code is wrong, has expired or was used on another phone: ask for a new one")
        await forgive(tx, buckets, now=now)
        row = {"code_hash": domain.fingerprint(code), "person_id": person_id, "jkt": asked.jkt, "label": asked.label}
        more = {"challenge": asked.code_challenge, "expires_at": now + domain.AUTHORIZATION_LIFE}
        await devices.add_authorization(tx, row | more)
    return code


async def exchange(context: Accounts, proof: Proof, *, code: str, verifier: str) -> Grant:
    """The first tokens of a phone. Raises InvalidGrant."""
    now, signer = context.clock.now(), await context.signing.signer()
    async with context.db.transaction() as tx:
        await _only_once(tx, proof, now)
        given = await devices.take_authorization(tx, domain.fingerprint(code), now)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        if given is None or given.jkt != proof.jkt or not hmac.compare_digest(given.challenge, challenge):
            raise _refused("this authorization code is not good: start again")
        values = {"id": new_id(), "person_id": given.person_id, "jkt": proof.jkt, "label": given.label}
        device = await devices.enrol(tx, values | {"enrolled_at": now, "last_used_at": now})
        if device.revoked_at is not None:
            raise _refused("this phone was withdrawn: it needs a new key and a new code")
        if device.id == values["id"]:
            fact = DeviceEnrolled(person_id=device.person_id, device_id=device.id)
            await append(tx, fact, subject=device.person_id, actor=f"device:{device.id}")
        return await _grant(tx, signer, device, generation=device.used_generation + 1, now=now)


async def refresh(context: Accounts, proof: Proof, *, token: str) -> Grant:
    """New tokens for a refresh token.

    Whoever did not hear the answer asks with the same token again, until the new one is used. A token older than that,
    or with the proof of another key, has been stolen: the device is withdrawn. Raises InvalidGrant.
    """
    now, signer = context.clock.now(), await context.signing.signer()
    async with context.db.transaction() as tx:
        await _only_once(tx, proof, now)
        device = await devices.of_refresh_token(tx, domain.fingerprint(token), now)
        if device is None:
            raise _refused("this phone is not signed in any more: ask for a new code")
        own_key = hmac.compare_digest(device.jkt, proof.jkt)
        if own_key and domain.may_refresh(generation=device.generation, used=device.used_generation):
            await devices.use(tx, device.id, generation=device.generation, now=now)
            return await _grant(tx, signer, device, generation=device.generation + 1, now=now)
        await devices.revoke(tx, now, device_id=device.id)
        fact = DeviceRevoked(person_id=device.person_id, device_id=device.id, reason="token_stolen")
        await append(tx, fact, subject=device.person_id, actor=f"device:{device.id}")
    raise _refused("this token was used before by somebody else: the phone was withdrawn, ask for a new code")


async def _grant(tx: AsyncConnection, signer: Signer, device: Row[Any], *, generation: int, now: datetime) -> Grant:
    person = await people.person(tx, device.person_id)
    if person is None or person.state != "active":
        raise _refused("whoever this phone belongs to may not sign in")
    secret = domain.new_secret()
    row = {"token_hash": domain.fingerprint(secret), "device_id": device.id, "generation": generation}
    await devices.add_refresh_token(tx, row | {"expires_at": now + domain.REFRESH_LIFE})
    principal = Principal(
        subject=person.id,
        role=person.role,
        branch_id=person.branch_id,
        station_id=person.station_id,
        engineer_id=person.engineer_id,
        session_id=device.id,
    )
    access = signer.sign(principal, token_id=new_id(), issued=now, life=domain.ACCESS_LIFE)
    return Grant(access, secret, device.id)


async def _only_once(tx: AsyncConnection, proof: Proof, now: datetime) -> None:
    if not await devices.first_sight(tx, proof.fingerprint, expires_at=now + 2 * NONCE_LIFE, now=now):
        raise _refused("this proof of the device's key was used before: sign a new one")


def _refused(detail: str) -> InvalidGrant:
    return InvalidGrant(detail, error="invalid_grant", error_description=detail)
