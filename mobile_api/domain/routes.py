"""Which owner each kind of operation belongs to, and what is asked of it."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal, TypeVar

from pydantic import Field, StringConstraints, TypeAdapter, ValidationError

from kit.problems import Invalid
from kit.values import Instant, Text, Wire
from mobile_api.domain.operations import corrected

Owner = Literal["dispatch", "orders", "parts", "stations", "mobile"]
Body = dict[str, Any]
Model = TypeVar("Model", bound=Wire)
_INSTANT: TypeAdapter[datetime] = TypeAdapter(Instant)


class UnknownKind(Invalid):
    """There is no such kind of operation"""


Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


def is_sha256(text: str) -> bool:
    return re.fullmatch(r"[0-9a-f]{64}", text) is not None


@dataclass(frozen=True, slots=True)
class Resolved:
    """A stored operation with everything that its call is made of. `payload` is the phone's."""

    id: str
    kind: str
    engineer_id: str
    appointment_id: str | None
    order_id: str | None
    payload: Mapping[str, Any]
    effective_at: datetime
    received_at: datetime
    skew: timedelta
    doubts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Call:
    """One request to an owner; `together`: its path takes those of many phones at once."""

    owner: Owner
    path: str
    body: Body
    together: bool = False


@dataclass(frozen=True, slots=True)
class Route:
    """Where a kind of operation goes. `about` is what it must name: with `appointment`, the order follows from it."""

    owner: Owner
    about: Literal["appointment", "order", "nothing"]
    call: Callable[[Resolved], Call] | None = None


class Photo(Wire):
    """Payload of `photo`: the picture, uploaded before or after, that shows this step of the order."""

    sha256: Sha256
    step: Annotated[Text, StringConstraints(min_length=1)]


class Delay(Wire):
    """Payload of `delay`: when the engineer now expects to arrive."""

    expected_at: Instant
    reason: Text = ""


class Help(Wire):
    """Payload of `help`: what would help the engineer at the machine."""

    wanted: Literal["advice", "second_engineer", "tow"]
    note: Text = ""


class Break(Wire):
    """Payload of `break_started` and `break_ended`."""

    note: Text = ""


class Points(Wire):
    """Payload of `position`: stations judges each point by itself, so that a bad one costs no other."""

    points: Annotated[list[dict[str, Any]], Field(min_length=1, max_length=200)]


def _transition(to: str) -> Callable[[Resolved], Call]:
    def call(operation: Resolved) -> Call:
        own = {
            "appointment_id": operation.appointment_id,
            "operation_id": operation.id,
            "to": to,
            "at": operation.effective_at.isoformat(),
            "received_at": operation.received_at.isoformat(),
            **_doubts(operation),
        }
        return Call("dispatch", "/dispatch/v1/transitions", _around(operation.payload, own), together=True)

    return call


def _fact(operation: Resolved) -> Call:
    own = _told(operation) | {"kind": operation.kind}
    return Call("orders", f"/orders/v1/orders/{operation.order_id}/facts", _around(operation.payload, own))


def _parts_request(operation: Resolved) -> Call:
    """Who says which parts are needed has diagnosed: orders is told it as that."""
    own = _told(operation) | {"kind": "diagnosed"}
    return Call("orders", f"/orders/v1/orders/{operation.order_id}/facts", _around(operation.payload, own))


def _completion(operation: Resolved) -> Call:
    path = f"/orders/v1/orders/{operation.order_id}/completion"
    return Call("orders", path, _around(operation.payload, _told(operation)))


def _told(operation: Resolved) -> Body:
    return {
        "operation_id": operation.id,
        "appointment_id": operation.appointment_id,
        "engineer_id": operation.engineer_id,
        "at": operation.effective_at.isoformat(),
        "received_at": operation.received_at.isoformat(),
        **_doubts(operation),
    }


def _doubts(operation: Resolved) -> Body:
    return {"doubts": list(operation.doubts)} if operation.doubts else {}


def _pick_up(operation: Resolved) -> Call:
    own = _booking(operation) | {"appointment_id": operation.appointment_id}
    return Call("parts", "/parts/v1/pickups", _around(operation.payload, own))


def _usage(operation: Resolved) -> Call:
    return Call("parts", "/parts/v1/usage", _around(operation.payload, _booking(operation)))


def _booking(operation: Resolved) -> Body:
    return {
        "order_id": operation.order_id,
        "engineer_id": operation.engineer_id,
        "at": operation.effective_at.isoformat(),
    }


def _positions(operation: Resolved) -> Call:
    points = [_by_our_clock(point, operation) for point in read_payload(Points, operation.payload).points]
    report = {"engineer_id": operation.engineer_id, "points": points}
    return Call("stations", "/stations/v1/positions/batch", report, together=True)


def _by_our_clock(point: Body, operation: Resolved) -> Body:
    """A point with its time by our clock; one whose time cannot be read as it is, for its owner to refuse."""
    try:
        at = corrected(_INSTANT.validate_python(point.get("at")), operation.skew)
    except ValidationError:
        return point
    return point | {"at": min(at or operation.received_at, operation.received_at).isoformat()}


ROUTES: dict[str, Route] = {
    "acknowledge": Route("dispatch", "appointment", _transition("acknowledged")),
    "decline": Route("dispatch", "appointment", _transition("declined")),
    "depart": Route("dispatch", "appointment", _transition("travelling")),
    "check_in": Route("dispatch", "appointment", _transition("on_site")),
    "work_started": Route("orders", "appointment", _fact),
    "diagnosed": Route("orders", "appointment", _fact),
    "restored": Route("orders", "appointment", _fact),
    "task_done": Route("orders", "appointment", _fact),
    "complete": Route("orders", "appointment", _completion),
    "pick_up": Route("parts", "appointment", _pick_up),
    "parts_used": Route("parts", "appointment", _usage),
    "position": Route("stations", "nothing", _positions),
    "photo": Route("mobile", "order"),
    "delay": Route("mobile", "appointment"),
    "help": Route("mobile", "appointment"),
    "parts_request": Route("orders", "appointment", _parts_request),
    "break_started": Route("mobile", "nothing"),
    "break_ended": Route("mobile", "nothing"),
}


LOCAL: dict[str, type[Wire]] = {
    "photo": Photo,
    "delay": Delay,
    "help": Help,
    "break_started": Break,
    "break_ended": Break,
}
"""Payloads of the kinds that are our own."""


def route_of(kind: str, *, appointment_id: str | None, order_id: str | None) -> Route:
    """The route of a kind. Raises UnknownKind, or Invalid when the operation does not name what it is about."""
    route = ROUTES.get(kind)
    if route is None:
        raise UnknownKind(f"the kinds of operations are {', '.join(ROUTES)}", pointer="/kind")
    if route.about != "nothing" and appointment_id is None and order_id is None:
        raise Invalid(f"{kind} needs an appointment_id", pointer="/appointment_id")
    return route


def read_payload(model: type[Model], payload: Mapping[str, Any]) -> Model:
    """The payload as its model. Raises Invalid with the pointer."""
    try:
        return model.model_validate(dict(payload))
    except ValidationError as error:
        fault = error.errors()[0]
        pointer = "/payload" + "".join(f"/{step}" for step in fault["loc"])
        raise Invalid(f"{pointer}: {fault['msg']}", pointer=pointer) from error


def _around(payload: Mapping[str, Any], own: Body) -> Body:
    """The payload with what we know ourselves. Raises Invalid when the phone tries to say that for us."""
    if said := sorted(set(payload) & set(own)):
        raise Invalid(f"{said[0]} is not for the payload to say", pointer=f"/payload/{said[0]}")
    return {**payload, **own}
