"""Snapshots of machines by ISO/TS 15143-3 (AEMP 2.0), in XML or JSON: meters, place and fault codes.

Makers differ in the spelling of names and in which of them they leave out, so names are compared without case and
namespace, and each machine of a snapshot is read for itself: one that cannot be read never hides the others.
"""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from xml.etree import ElementTree

from pydantic import TypeAdapter, ValidationError

from kit.problems import Invalid
from kit.values import Instant, Place, WirePlace
from services.orders.domain.faults import FaultCode

KM_PER = {"kilometre": 1.0, "kilometer": 1.0, "km": 1.0, "mile": 1.609344, "mi": 1.609344}
MOST_MACHINES = 5_000
MOST_CODES = 50
URGENT = frozenset({"high", "severe", "critical", "red", "stop"})
_SPN_FMI = re.compile(r"^\D{0,12}?(\d{1,6})\s*(?:[-/.:,_ ]|\s*fmi[\s:=]*)\s*(\d{1,2})$", re.IGNORECASE | re.ASCII)
_INSTANT: TypeAdapter[datetime] = TypeAdapter(Instant)
Node = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ToldCode:
    """A fault code as a machine told it; `code` None: not a J1939 SPN/FMI, kept as `identifier`."""

    code: FaultCode | None
    identifier: str
    at: datetime
    urgent: bool


@dataclass(frozen=True, slots=True)
class Reading:
    """What one machine told. Meters are whole kilometres and hours; `place` is WGS-84."""

    serial: str | None
    pin: str | None
    at: datetime
    meter_km: int | None
    meter_h: int | None
    place: Place | None
    codes: tuple[ToldCode, ...]


def read_snapshot(content: bytes, *, xml: bool) -> list[Reading | Invalid]:
    """The machines of a snapshot, or what is wrong with each; the pointer is `/Equipment/{index}/…`.

    Raises Invalid when the document as a whole cannot be read.
    """
    document = _from_xml(content) if xml else _from_json(content)
    fleet = document.get("fleet", document) if isinstance(document, dict) else None
    if not isinstance(fleet, dict) or (equipment := fleet.get("equipment")) is None:
        raise Invalid("the snapshot has no Equipment: send the Fleet document of ISO/TS 15143-3", pointer="/Equipment")
    machines = _many(equipment)
    if len(machines) > MOST_MACHINES:
        raise Invalid(f"a snapshot brings at most {MOST_MACHINES} machines: send it page by page", pointer="/Equipment")
    snapshot_time = fleet.get("snapshottime")
    return [_machine(one, index, snapshot_time) for index, one in enumerate(machines)]


def fault_code(identifier: str) -> FaultCode | None:
    """SPN and FMI of `SPN 100 FMI 1`, `100/1`, `100-1`, `100.1`; None for a code of another kind."""
    found = _SPN_FMI.match(identifier.strip())
    if found is None:
        return None
    code = FaultCode(int(found[1]), int(found[2]))
    return code if code.spn < 2**19 and code.fmi < 2**5 else None


# --- the two spellings ------------------------------------------------------------------------------------------


def _from_json(content: bytes) -> Any:
    try:
        return _lower(json.loads(content))
    except ValueError:  # other faults were refused at the door; an empty body comes as far as this
        raise Invalid("this is not JSON: send the Fleet document of ISO/TS 15143-3") from None


def _from_xml(content: bytes) -> Node:
    if b"<!" in content.replace(b"<!--", b""):  # entities could make gigabytes of a kilobyte
        raise Invalid("the XML declares a document type or entities: send it without")
    try:
        root = ElementTree.fromstring(content)  # noqa: S314 - declarations, which the attacks need, are refused above
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise Invalid(f"this is not XML: {str(error)[:100]}") from None
    return {_name(root.tag): _element(root, depth=0)}


def _element(element: ElementTree.Element, *, depth: int) -> Any:
    """An element as the JSON spelling has it: attributes and children are members, repeated children a list."""
    if depth > 20:
        raise Invalid("the XML is nested deeper than a snapshot can be")
    members: Node = {_name(name): value for name, value in element.attrib.items()}
    for child in element:
        name, value = _name(child.tag), _element(child, depth=depth + 1)
        members[name] = [*_many(members[name]), value] if name in members else value
    return members or (element.text or "").strip()


def _name(tag: str) -> str:
    return tag.rpartition("}")[2].casefold()


def _lower(value: Any) -> Any:
    if isinstance(value, dict):
        return {name.casefold(): _lower(member) for name, member in value.items()}
    return [_lower(one) for one in value] if isinstance(value, list) else value


def _many(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


# --- one machine ------------------------------------------------------------------------------------------------


def _machine(told: Any, index: int, snapshot_time: Any) -> Reading | Invalid:
    try:
        if not isinstance(told, dict):
            raise _Wrong("", "is not a machine")
        header = _member(told, "equipmentheader")
        identity = _text(header, "equipmentid")
        serial, pin = _text(header, "serialnumber"), _text(header, "pin")
        if not (serial or pin or identity):
            raise _Wrong("EquipmentHeader", "names no SerialNumber, PIN or EquipmentID")
        hours, distance = _member(told, "cumulativeoperatinghours"), _member(told, "distance")
        location = _member(told, "location")
        times = [node["datetime"] for node in (hours, distance, location) if node.get("datetime")]
        at = max((_instant(time) for time in times), default=None) or _instant(snapshot_time)
        return Reading(
            serial=serial or (None if pin else identity),
            pin=pin.upper() if pin else None,
            at=at,
            meter_km=_kilometres(distance),
            meter_h=_whole(hours.get("hour"), "CumulativeOperatingHours/Hour", 1.0),
            place=_place(location),
            codes=tuple(_codes(told, at)),
        )
    except _Wrong as wrong:
        return Invalid(str(wrong), pointer=f"/Equipment/{index}/{wrong.where}".rstrip("/"))


class _Wrong(Exception):
    """A member of a machine cannot be read; `where` is its path below the machine."""

    def __init__(self, where: str, what: str):
        super().__init__(f"{where} {what}".strip())
        self.where = where


def _member(node: Node, name: str) -> Node:
    value = node.get(name)
    value = value[-1] if isinstance(value, list) and value else value
    return value if isinstance(value, dict) else {}


def _text(node: Node, name: str) -> str | None:
    value = node.get(name)
    if not isinstance(value, str | int):
        return None
    return "".join(character for character in str(value) if character.isprintable()).strip()[:40] or None


def _instant(value: Any) -> datetime:
    try:
        return _INSTANT.validate_python(value)
    except ValidationError:
        raise _Wrong("datetime", "is not a time with its offset, as 2026-11-21T10:00:00Z") from None


def _kilometres(distance: Node) -> int | None:
    unit = str(distance.get("odometerunits", "kilometre")).strip().casefold()
    per = KM_PER.get(unit) or KM_PER.get(unit.removesuffix("s"))
    if per is None:
        raise _Wrong("Distance/OdometerUnits", f"is none of {', '.join(KM_PER)}")
    return _whole(distance.get("odometer"), "Distance/Odometer", per)


def _whole(value: Any, where: str, per: float) -> int | None:
    if value is None or value == "":
        return None
    try:
        number = float(value) * per
    except (TypeError, ValueError):
        raise _Wrong(where, "is not a number") from None
    if not 0 <= number <= 10_000_000:
        raise _Wrong(where, "is not between 0 and 10 000 000")
    return int(number)


def _place(location: Node) -> Place | None:
    lon, lat = location.get("longitude"), location.get("latitude")
    if lon in (None, "") or lat in (None, ""):
        return None
    try:
        return WirePlace(lon=float(str(lon)), lat=float(str(lat)), datum="WGS-84").to_wgs84()
    except (ValueError, ValidationError):
        raise _Wrong("Location", "needs Longitude and Latitude in WGS-84 degrees, not swapped, not both 0") from None


def _codes(told: Node, at: datetime) -> Iterator[ToldCode]:
    listed: Sequence[Any] = _many(_member(told, "faultcodes").get("faultcode") or told.get("faultcode") or [])
    if len(listed) > MOST_CODES:
        raise _Wrong("FaultCode", f"comes more than {MOST_CODES} times")
    for one in listed:
        identifier = _text(one, "codeidentifier") if isinstance(one, dict) else None
        if identifier is None:
            raise _Wrong("FaultCode", "has no CodeIdentifier")
        severity = str(one.get("codeseverity", "")).strip().casefold()
        when = _instant(one["datetime"]) if one.get("datetime") else at
        yield ToldCode(fault_code(identifier), identifier, when, severity in URGENT)
