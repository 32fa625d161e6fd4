"""Enrolling a phone and keeping it signed in (OAuth 2.1 with PKCE and proofs of the device's key)."""

from typing import Annotated
from urllib.parse import parse_qsl

from fastapi import Header, Request, Response
from pydantic import TypeAdapter, ValidationError

from kit.answers import invalid_of
from kit.auth import Principal
from kit.problems import Invalid
from kit.routes import service_router
from kit.web import allow
from services.accounts import domain
from services.accounts.api.sessions import address_of
from services.accounts.api.wire import (
    ChallengeIn,
    ChallengeOut,
    CodeGrant,
    EnrolmentOut,
    GrantOut,
    RefreshGrant,
    Running,
    TokenRequest,
)
from services.accounts.proofs import new_nonce, read_proof
from services.accounts.use_cases import devices

router = service_router("accounts", tag="devices")
_REQUESTS: TypeAdapter[CodeGrant | RefreshGrant] = TypeAdapter(TokenRequest)

_FIELDS = ("grant_type", "client_id", "code", "code_verifier", "refresh_token")
_SCHEMA = {
    "type": "object",
    "properties": {name: {"type": "string"} for name in _FIELDS},
    "required": ["grant_type", "client_id"],
}
_FORM = {"requestBody": {"required": True, "content": {"application/x-www-form-urlencoded": {"schema": _SCHEMA}}}}


@router.post("/people/{person_id}/enrolments", status_code=201)
async def offer_enrolment(person_id: str, running: Running, caller: Principal = allow("dispatcher")) -> EnrolmentOut:
    """A one-time code, good for a day, with which a person enrols a phone."""
    offered = await devices.offer_enrolment(running, caller, person_id)
    return EnrolmentOut(code=offered.code, expires_at=offered.expires_at)


@router.post("/oauth/authorize-challenge")
async def authorize(body: ChallengeIn, request: Request, running: Running) -> ChallengeOut:
    """An authorization code for an enrolment code, bound to the app by PKCE and to the phone by its key."""
    asked = devices.Challenge(
        enrolment_code=body.enrolment_code.get_secret_value(),
        code_challenge=body.code_challenge,
        jkt=body.dpop_jkt,
        label=body.device,
        address=address_of(request),
    )
    return ChallengeOut(authorization_code=await devices.authorize(running, asked))


@router.post("/oauth/token", openapi_extra=_FORM)
async def token(
    request: Request, response: Response, running: Running, dpop: Annotated[str | None, Header()] = None
) -> GrantOut:
    """Tokens for an authorization code or a refresh token; the body is a form (RFC 6749), DPoP is mandatory.

    400 `use_dpop_nonce` carries the nonce that the proof must contain; 400 `invalid_grant` means that the phone has to
    be enrolled anew.
    """
    asked = _request(await request.body())
    now, secret = running.clock.now(), running.settings.shared_secret
    proof = read_proof(dpop, method="POST", path=request.url.path, secret=secret, now=now)
    if isinstance(asked, CodeGrant):
        code, verifier = asked.code.get_secret_value(), asked.code_verifier.get_secret_value()
        grant = await devices.exchange(running, proof, code=code, verifier=verifier)
    else:
        grant = await devices.refresh(running, proof, token=asked.refresh_token.get_secret_value())
    response.headers.update({"Cache-Control": "no-store", "DPoP-Nonce": new_nonce(secret, now)})
    return GrantOut(
        access_token=grant.access_token,
        expires_in=int(domain.ACCESS_LIFE.total_seconds()),
        refresh_token=grant.refresh_token,
        device_id=grant.device_id,
    )


def _request(body: bytes) -> CodeGrant | RefreshGrant:
    """The form as one of the two requests. Raises Invalid."""
    try:
        form = dict(parse_qsl(body.decode("ascii", "replace"), keep_blank_values=True, max_num_fields=20))
    except ValueError as error:
        raise Invalid("the form has too many fields") from error
    try:
        return _REQUESTS.validate_python(form)
    except ValidationError as error:
        raise invalid_of(error) from error
