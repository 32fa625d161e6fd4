"""The record of one machine as orders answers it; what a test changes is looked at by the service's own models."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from fastapi import APIRouter, Request

from kit.problems import NotFound
from services.orders.api.assets import AssetPage, AssetRecord
from services.orders.api.labels import BreakdownIn, LabelledOut
from services.orders.api.operators import CertificateIn
from services.orders.domain.problems import PlaceMissing, PossibleDuplicate

Json = dict[str, Any]
TODAY = datetime.now(UTC).date()
SERIAL, TWIN = "RC7000008", "RC7000009"
"""The machine of the order that stands before two gates."""


def _operator(operator_id: str, name: str, certificate: str, until: date | None) -> Json:
    told = {"operator_id": operator_id, "name": name, "certificate": certificate}
    valid = until is None or until >= TODAY
    return told | {"valid_until": until.isoformat() if until else None, "valid": valid}


class Garage:
    """One truck with an open safety campaign, three certificates and one repair."""

    def __init__(self) -> None:
        self.reported: list[Json] = []
        self.operators = [
            _operator("OP-1", "孙丽", "crane-Q2", TODAY + timedelta(days=400)),
            _operator("OP-2", "赵敏", "hazmat", TODAY + timedelta(days=12)),
            _operator("OP-3", "钱进", "B2", TODAY - timedelta(days=3)),
        ]

    def machine(self) -> Json:
        names = {"id": SERIAL, "serial": SERIAL, "vin": "LZZ5ELSD3KN000123", "plate": "鲁A12345"}
        owner = {"customer_id": "C1", "customer_name": "鲁峰物流", "tier": "gold"}
        built = {"product": "tractor", "brand": "RC-TRUCK", "model": "T7", "software_level": "4.2.1"}
        days = {"built_on": "2024-03-02", "in_service_on": "2024-04-11", "warranty_until": "2027-04-11"}
        meters = {"meter_km": 182_340, "meter_h": None, "meter_at": "2026-11-20T03:00:00Z"}
        where = {"station_id": "S001", "branch_id": "SD", "place": None}
        return names | owner | built | days | meters | where | {"configuration": {"engine": "WP13", "axle": "4.11"}}

    def called(self, name: str | None) -> list[Json]:
        """Two machines have the plate 鲁A00002."""
        if name == "鲁A00002":
            return [self.machine() | {"id": serial, "serial": serial, "plate": name} for serial in (SERIAL, TWIN)]
        return [self.machine()] if name in (None, SERIAL, "鲁A12345") else []

    def record(self) -> Json:
        campaign = {"campaign_id": "C-2026-07", "name_zh": "转向拉杆更换", "name_en": "Steering rod", "safety": True}
        visit = {"order_id": "a1", "number": "WO-20261012-00017", "at": "2026-10-12T05:00:00Z", "vmrs_system": "045"}
        work = {"work_type": "breakdown", "engineer_id": "E0001", "faults": [], "checklist": {}}
        read = {"meter_km": 12, "meter_h": None, "meter_plausible": False}
        parts = [{"part": "EN-1012", "quantity": 1, "cost_fen": 9_200}]
        told = {"spn": 100, "fmi": 1, "first_at": "2026-11-01T00:00:00Z", "last_at": "2026-11-20T03:00:00Z", "times": 4}
        more = {
            "history": [visit | work | read | {"parts": parts}],
            "faults": [told | {"order_id": None}],
            "campaigns": [campaign | {"minutes": 45}],
            "operators": self.operators,
            "label_link": f"/help/{SERIAL}.signed",
        }
        answer: Json = AssetRecord.model_validate(self.machine() | more).model_dump(mode="json")
        return answer


def machines_router(garage: Garage) -> APIRouter:
    router = APIRouter(prefix="/orders/v1")
    one = "/assets/{serial}/operators/{operator_id}/certificates/{certificate}"

    @router.get("/assets")
    async def found(name: str | None = None) -> Json:
        page: Json = {"items": garage.called(name), "next": None}
        answer: Json = AssetPage.model_validate(page).model_dump(mode="json")
        return answer

    @router.get("/assets/{serial}")
    async def record(serial: str) -> Json:
        if serial != SERIAL:
            raise NotFound("there is no such machine, or it is not yours to see")
        return garage.record()

    @router.put(one)
    async def certify(serial: str, operator_id: str, certificate: str, request: Request) -> Json:
        sent = CertificateIn.model_validate(await request.json())
        new = _operator(operator_id, sent.name, certificate, sent.valid_until)
        _drop(garage, operator_id, certificate)
        garage.operators.append(new)
        return new

    @router.delete(one, status_code=204)
    async def remove(serial: str, operator_id: str, certificate: str) -> None:
        _drop(garage, operator_id, certificate)

    @router.get("/labels/{token}")
    async def label(token: str) -> Json:
        if token != f"{SERIAL}.signed":
            raise NotFound("this label is not ours")
        return LabelledOut.model_validate(garage.machine()).model_dump(mode="json")

    @router.post("/labels/{token}/reports", status_code=201)
    async def report(token: str, request: Request) -> Json:
        sent = BreakdownIn.model_validate(await request.json()).model_dump(mode="json")
        if not (sent["place"] or sent["stake"] or sent["address"]):
            raise PlaceMissing("say where the machine stands")
        if garage.reported:
            raise PossibleDuplicate("reported already", number="WO-20261126-00001")
        garage.reported.append(sent)
        told = {
            "zh": "已受理：WO-20261126-00001。4 小时内到达。",
            "en": "Taken: WO-20261126-00001. On site within 4 h.",
        }
        return {"number": "WO-20261126-00001", "told": told, "tracking_link": "/track/signed"}

    return router


def _drop(garage: Garage, operator_id: str, certificate: str) -> None:
    gone = (operator_id, certificate)
    garage.operators = [one for one in garage.operators if (one["operator_id"], one["certificate"]) != gone]
