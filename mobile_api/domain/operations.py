"""Operations as phones send them, and when the fact that one reports counts as having happened."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, StringConstraints, ValidationError

from kit.problems import Invalid
from kit.values import Instant, Text, Wire

Status = Literal["received", "applied", "rejected", "superseded"]
"""How an operation stands here: `received` waits for its owner, the others are final."""
ResultStatus = Literal["received", "applied", "rejected", "superseded", "duplicate"]
"""What a phone is told: `duplicate` is an operation that was applied when it was sent before."""

MAX_BATCH = 500
UUID = r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"


def _folded(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value


OperationId = Annotated[str, BeforeValidator(_folded), StringConstraints(pattern=UUID)]
"""A UUID that the phone made, in either case (some platforms write capitals)."""
Sequence = Annotated[int, Field(strict=True, ge=1, le=2**53)]


class Key(Wire):
    """What an operation must have for an answer to be possible at all."""

    id: OperationId
    seq: Sequence


class Envelope(Wire):
    """An operation around its payload, which only its owner understands."""

    id: OperationId
    seq: Sequence
    kind: Text
    at: Instant
    appointment_id: OperationId | None = None
    order_id: OperationId | None = None
    payload: dict[str, Any] = Field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sent:
    """One operation of a batch: its envelope, or the problem why that cannot be read."""

    id: str
    seq: int
    digest: str
    content: Envelope | Invalid


def read_batch(raw: list[dict[str, Any]]) -> list[Sent]:
    """The operations of a batch.

    Raises Invalid when one has no usable id or sequence number: nothing could be answered to it. Whatever else is
    wrong with an operation is a matter of that operation alone.
    """
    return [_read(operation, f"/operations/{index}") for index, operation in enumerate(raw)]


def _read(raw: dict[str, Any], pointer: str) -> Sent:
    try:
        key = Key.model_validate({name: raw.get(name) for name in ("id", "seq")})
    except ValidationError as error:
        fault = error.errors()[0]
        raise Invalid(f"{fault['loc'][0]}: {fault['msg']}", pointer=f"{pointer}/{fault['loc'][0]}") from error
    content: Envelope | Invalid
    try:
        content = Envelope.model_validate(raw)
    except ValidationError as error:
        faults = [{"pointer": _pointer(fault["loc"]), "detail": fault["msg"]} for fault in error.errors()[:10]]
        first = faults[0]
        content = Invalid(f"{first['pointer']}: {first['detail']}", pointer=first["pointer"], errors=faults)
    return Sent(key.id, key.seq, digest(raw), content)


def digest(raw: Mapping[str, Any]) -> str:
    """SHA-256 of the operation in canonical JSON: two operations with it are the same one."""
    folded = {**raw, "id": _folded(raw.get("id"))}
    canonical = json.dumps(folded, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(canonical.encode()).hexdigest()


def measured_skew(*, sent_at: datetime | None, received_at: datetime) -> timedelta | None:
    """Our clock minus the phone's, with the time on the wire in it; None when the phone did not say its time."""
    return None if sent_at is None else received_at - sent_at


def effective_at(
    at: datetime, *, skew: timedelta | None, dispatched_at: datetime | None, received_at: datetime
) -> datetime:
    """The phone's time corrected by its skew, clipped to [dispatched_at, received_at].

    Nobody arrives before being sent or after having told so.
    """
    happened = corrected(at, skew) or received_at
    if dispatched_at is not None:
        happened = max(happened, dispatched_at)
    return min(happened, received_at)


def corrected(at: datetime, skew: timedelta | None) -> datetime | None:
    """The phone's time by our clock; None for a clock that leaves the calendar."""
    try:
        return at + (skew or timedelta(0))
    except OverflowError:
        return None


def _pointer(location: tuple[int | str, ...]) -> str:
    return "".join(f"/{step}" for step in location)
