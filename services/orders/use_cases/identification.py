"""Which machine is meant, by serial, VIN, plate or its owner's telephone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from kit.problems import Problem
from kit.values import Place
from services.orders.domain.causes import Found
from services.orders.domain.dispatch_gates import Campaign
from services.orders.domain.faults import SkillNeed
from services.orders.domain.intake import Machine
from services.orders.domain.machines import Contract
from services.orders.domain.problems import MachineAmbiguous, MachineUnknown
from services.orders.store import assets as asset_store


@dataclass(frozen=True, slots=True)
class MachineName:
    """How the caller names the machine: at least one is given, all that are given must fit."""

    serial: str | None = None
    vin: str | None = None
    plate: str | None = None
    phone_digits: str | None = None
    """Of the owner, as `domain.phones` writes it."""


async def machines_named(
    tx: AsyncConnection, names: Sequence[MachineName], *, lock: bool = True
) -> list[Machine | Problem]:
    """The machine of each name, or why it is not clear which; locked, for an order is about to be made."""
    fields = by_field(names)
    if phones := [name.phone_digits for name in names if name.phone_digits and not (name.serial or name.vin)]:
        fields["serials"] += await asset_store.owned(tx, phones)
    rows = await asset_store.named(tx, **fields, lock=lock)
    columns = (("serial", "asset_id"), ("vin", "vin"), ("plate", "plate"), ("phone_digits", "phone_digits"))
    indexes = [(field, _grouped(rows, column)) for field, column in columns]
    found = [_identified(name, indexes) for name in names]
    return [one if isinstance(one, Problem) else machine_of(one) for one in found]


def by_field(names: Sequence[MachineName]) -> dict[str, list[str]]:
    return {
        "serials": [name.serial for name in names if name.serial],
        "vins": [name.vin for name in names if name.vin],
        "plates": [name.plate for name in names if name.plate],
    }


def _grouped(rows: Sequence[Row[Any]], column: str) -> dict[str, list[Row[Any]]]:
    groups: dict[str, list[Row[Any]]] = {}
    for row in rows:
        groups.setdefault(getattr(row, column), []).append(row)
    return groups


def _identified(name: MachineName, indexes: Sequence[tuple[str, Mapping[str, list[Row[Any]]]]]) -> Row[Any] | Problem:
    fitting: dict[str, Row[Any]] | None = None
    for field, index in indexes:
        value = getattr(name, field)
        if value is None:
            continue
        found = {row.asset_id: row for row in index.get(value, [])}
        fitting = found if fitting is None else {key: row for key, row in fitting.items() if key in found}
        if not fitting:
            told = field.removesuffix("_digits")
            return MachineUnknown(
                f"no machine with this {told} is recorded: check it, name the machine by serial, vin or plate, or "
                "import the machine first",
                pointer=f"/asset/{told}",
            )
    if not fitting:
        return MachineUnknown("name the machine by serial, vin or plate", pointer="/asset")
    return next(iter(fitting.values())) if len(fitting) == 1 else _ambiguous(name, fitting)


def _ambiguous(name: MachineName, fitting: Mapping[str, Row[Any]]) -> MachineAmbiguous:
    """Which machines it may be, so that the caller can choose."""
    some = [fitting[serial] for serial in sorted(fitting)[: asset_store.MOST_NAMED]]
    choice: dict[str, Any] = {
        "serials": [row.asset_id for row in some],
        "machines": [{"serial": row.asset_id, "plate": row.plate, "model": row.model} for row in some],
    }
    if name.plate is not None:
        said = "more than one machine carries this plate: name it by serial or vin"
        return MachineAmbiguous(said, pointer="/asset/plate", **choice)
    said = "the owner of this number has more than one machine: name it by plate, serial or vin"
    return MachineAmbiguous(said, pointer="/asset/phone", **choice)


def machine_of(row: Row[Any]) -> Machine:
    """The record as intake needs it, from a row of `store.assets` with the record."""
    return Machine(
        asset_id=row.asset_id,
        product=row.product,
        brand=row.brand,
        tier=row.tier,
        station_id=row.station_id,
        built_on=row.built_on,
        in_service_on=row.in_service_on,
        warranty_until=row.warranty_until,
        place=Place(row.lon, row.lat) if row.lon is not None else None,
        model=row.model,
        meter_km=row.meter_km,
        meter_h=row.meter_h,
        configuration=row.configuration,
        found=tuple(Found(fault, cause, model, band, 1) for fault, cause, model, band in row.found),
        campaigns=tuple(_campaign(*one) for one in row.campaigns),
        contracts=tuple(Contract(name, kind, *map(_day, days)) for name, kind, *days in row.contracts),
    )


def _campaign(
    name: str, name_zh: str, name_en: str, safety: bool, minutes: int, parts: Any, skill: str | None, level: Any
) -> Campaign:
    need = SkillNeed(skill, level) if skill is not None else None
    return Campaign(name, name_zh, name_en, safety, minutes, parts, need)


def _day(written: str | None) -> Any:
    return date.fromisoformat(written) if written is not None else None
