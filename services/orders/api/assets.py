"""One machine, one record (一机一册)."""

from datetime import date, datetime
from typing import Annotated, Any

from fastapi import Query
from pydantic import BaseModel
from sqlalchemy import Row

from kit.problems import NotFound
from kit.routes import service_router
from kit.values import Code
from kit.web import Caller
from services.orders.api.operators import OperatorOut
from services.orders.api.wire import Point, Running
from services.orders.domain.told import ZONE
from services.orders.store import assets as store
from services.orders.store import machine_faults
from services.orders.use_cases.identification import machine_of
from services.orders.use_cases.import_rows import Plate, Vin
from services.orders.use_cases.labels import label_token

router = service_router("orders", tag="machines")
HISTORY = 100
_MAY_PRINT = ("admin", "dispatcher", "station", "system", "service")


class AssetOut(BaseModel):
    """A machine as it was built, where it belongs, what its meters showed last."""

    id: str
    serial: str
    vin: str | None
    plate: str | None
    customer_id: str
    customer_name: str
    tier: str
    product: str
    brand: str
    model: str
    configuration: dict[str, Any]
    software_level: str | None
    station_id: str | None
    branch_id: str | None
    built_on: date | None
    in_service_on: date | None
    warranty_until: date | None
    meter_km: int | None
    meter_h: int | None
    meter_at: datetime | None
    place: Point | None


class UsedPart(BaseModel):
    part: str
    quantity: int
    cost_fen: int


class HistoryEntry(BaseModel):
    """Work that was done on the machine. An implausible meter reading is shown and did not move the meter."""

    order_id: str
    number: str
    at: datetime
    work_type: str
    faults: list[dict[str, Any]]
    vmrs_system: str | None
    engineer_id: str
    meter_km: int | None
    meter_h: int | None
    meter_plausible: bool
    checklist: dict[str, str]
    parts: list[UsedPart]


class MachineFaultOut(BaseModel):
    """A code that the machine told by itself, and the order that it led to."""

    spn: int
    fmi: int
    first_at: datetime
    last_at: datetime
    times: int
    order_id: str | None


class CampaignOut(BaseModel):
    """What the maker still wants done on the machine."""

    campaign_id: str
    name_zh: str
    name_en: str
    safety: bool
    minutes: int


class AssetRecord(AssetOut):
    """`label_link` is what the QR code on the machine leads to, for those who may print one."""

    label_link: str | None
    history: list[HistoryEntry]
    faults: list[MachineFaultOut]
    campaigns: list[CampaignOut]
    operators: list[OperatorOut]


class AssetPage(BaseModel):
    items: list[AssetOut]
    next: str | None


@router.get("/assets")
async def list_assets(
    running: Running,
    caller: Caller,
    serial: Code | None = None,
    vin: Vin | None = None,
    plate: Plate | None = None,
    name: Plate | None = None,
    cursor: Code | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> AssetPage:
    """Machines that the caller may see, by serial number; narrowed by their names, or by one that is any of them."""
    async with running.db.read() as tx:
        names = {"serial": serial, "vin": vin, "plate": plate, "name": name}
        rows = await store.search(tx, caller, **names, after=cursor or "", limit=limit)
    items = [AssetOut(**_fields(row)) for row in rows]
    return AssetPage(items=items, next=rows[-1].asset_id if len(rows) == limit else None)


@router.get("/assets/{asset_id}")
async def read_asset(asset_id: str, running: Running, caller: Caller) -> AssetRecord:
    """The record of one machine with what was done on it, newest first."""
    async with running.db.read() as tx:
        row = await store.find(tx, asset_id, caller)
        if row is None:
            raise NotFound("there is no such machine, or it is not yours to see")
        entries = await store.history(tx, asset_id, limit=HISTORY)
        campaigns = machine_of(await store.with_record(tx, asset_id)).campaigns
        told = await machine_faults.of_assets(tx, [asset_id])
        operators = await store.operators(tx, asset_id)
        used = await store.parts_used_on(tx, [entry.order_id for entry in entries])
    printing = caller.role in _MAY_PRINT
    return AssetRecord(
        **_fields(row),
        label_link=f"/help/{label_token(running.settings.shared_secret, asset_id)}" if printing else None,
        history=[_entry(entry, used) for entry in entries],
        faults=[_fault(fault) for fault in told],
        campaigns=[CampaignOut(**{name: getattr(one, name) for name in CampaignOut.model_fields}) for one in campaigns],
        operators=[OperatorOut.of(one, running.clock.now().astimezone(ZONE).date()) for one in operators],
    )


def _fields(row: Row[Any]) -> dict[str, Any]:
    derived = {"id", "serial", "place"}
    fields = {name: getattr(row, name) for name in AssetOut.model_fields if name not in derived}
    place = Point(lon=row.lon, lat=row.lat) if row.lon is not None else None
    return {"id": row.asset_id, "serial": row.asset_id, "place": place, **fields}


def _fault(row: Row[Any]) -> MachineFaultOut:
    return MachineFaultOut(**{name: getattr(row, name) for name in MachineFaultOut.model_fields})


def _entry(entry: Row[Any], used: Any) -> HistoryEntry:
    parts = [
        UsedPart(part=line.part, quantity=line.quantity, cost_fen=line.cost_fen)
        for line in used
        if line.order_id == entry.order_id
    ]
    fields = {name: getattr(entry, name) for name in HistoryEntry.model_fields if name != "parts"}
    return HistoryEntry(**fields, parts=parts)
