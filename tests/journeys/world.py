"""A small network for one journey, made through the import routes, and the people in it."""

import hashlib
import io
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import geocoordinates_ffi as coordinates
import httpx

from kit.geo import distance_m
from kit.ids import new_id
from kit.values import Place
from tests.journeys.installation import Installation

JINAN = Place(117.12, 36.65)
"""The centre of the small world: a provincial capital with motorways around it."""
BELT, TENSIONER = "EN-1012", "EN-1013"
"""The kit of a broken belt: the belt always, the tensioner in four of ten cases."""
GASKET = "EN-1007"
PARTS = {BELT: 9_200, TENSIONER: 26_500, GASKET: 31_000, "CO-2005": 16_800, "EN-1006": 42_000, "EN-1004": 8_600}
BROKEN_BELT = "发动机皮带断裂，无法行驶"
BLOWN_GASKET = "冲缸垫，油水混合"
Json = dict[str, Any]


def now() -> datetime:
    return datetime.now(UTC)


def at(place: Place) -> Json:
    return {"lon": place.lon, "lat": place.lat, "datum": "WGS-84"}


def as_gcj02(place: Place) -> Json:
    """The place as a phone with a Chinese map tells it."""
    point = coordinates.wgs84_to_gcj02(coordinates.Wgs84(lat=place.lat, lon=place.lon))
    return {"lon": point.lon, "lat": point.lat, "datum": "GCJ-02"}


def near(east: float, north: float = 0.0) -> Place:
    """A place so many degrees from the centre (0.1° are some 9–11 km)."""
    return Place(round(JINAN.lon + east, 5), round(JINAN.lat + north, 5))


def ok(answer: httpx.Response, status: int | None = None) -> Any:
    """The decoded answer of a request that must succeed (or have this status)."""
    good = answer.status_code == status if status else answer.is_success
    assert good, f"{answer.request.method} {answer.request.url}: {answer.status_code} {answer.text[:1500]}"
    return answer.json() if answer.content else None


GUESTS_ASK_S = 0.6
"""A link that needs no account is answered twice a second."""


def wait_for(
    ask: Callable[[], Any], wanted: Callable[[Any], Any], *, within_s: float = 20.0, every_s: float = 0.1
) -> Any:
    """Ask until the answer is wanted; fails with the last answer."""
    deadline = time.monotonic() + within_s
    while True:
        answer = ask()
        if wanted(answer):
            return answer
        assert time.monotonic() < deadline, f"not within {within_s} s, the last answer was {str(answer)[:3000]}"
        time.sleep(every_s)


@dataclass
class World:
    """One branch with one territory `T`; codes carry the journey's name so that journeys do not meet."""

    installation: Installation
    name: str
    territory_id: str = ""
    _phones: dict[str, "Phone"] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.admin = self.installation.admin
        self.branch_id = f"{self.name}-B"
        self.territory_id = f"{self.name}-T"
        centre = {"lon": JINAN.lon, "lat": JINAN.lat, "datum": "WGS-84"}
        self.load(
            "stations", "branches", {"branch_id": self.branch_id, "name_zh": "山东", "name_en": "Shandong", **centre}
        )
        self.add_territory(self.territory_id)
        self.load(
            "orders",
            "customers",
            {"customer_id": f"{self.name}-C", "name": "Fleet", "tier": "gold", "phone": "13800000000"},
        )
        for part, cost in PARTS.items():
            names = {"name_zh": part, "name_en": part, "unit_cost_fen": cost, "weight_g": 3000, "vmrs_system": "045"}
            self.load("parts", "parts", {"part": part, **names})
        self.dispatcher = self.installation.sign_in("dispatcher", branch_id=self.branch_id)

    def load(self, service: str, kind: str, *rows: Json) -> None:
        """Import rows; each must be taken."""
        answer = ok(self.installation.admin.post(f"/{service}/v1/import/{kind}", json={"rows": list(rows)}))
        refused = [row for row in answer["rows"] if row["status"] == "refused"]
        assert not refused, refused

    def add_territory(self, territory_id: str, *, east: float = 0.0) -> None:
        """A territory with one station."""
        place = near(east)
        names = {"name_zh": "济南", "name_en": "Jinan"}
        self.load("stations", "territories", {"territory_id": territory_id, "branch_id": self.branch_id, **names})
        station = {"station_id": f"{territory_id}-S", "territory_id": territory_id, **names, **at(place)}
        more = {
            "level": 1,
            "grade": "AAA",
            "brands": ["RC-TRUCK"],
            "capabilities": [],
            "opens": "00:00",
            "closes": "23:59",
        }
        self.load("stations", "stations", {**station, **more, "phone": "0531"})

    def add_engineer(
        self,
        code: str,
        home: Place,
        *,
        level: int = 4,
        territory_id: str | None = None,
        hours: float = 20,
        **stock: int,
    ) -> "Phone":
        """An engineer on shift from an hour ago, with a van holding `stock` (part with _ for -, quantity)."""
        engineer_id, van = f"{self.name}-{code}", f"{self.name}-VAN-{code}"
        station_id = f"{territory_id or self.territory_id}-S"
        skills = dict.fromkeys(SKILLS, level)
        person = {
            "engineer_id": engineer_id,
            "station_id": station_id,
            "name": code,
            "phone": "13800000000",
            "skills": skills,
        }
        home_of = {"home_lon": home.lon, "home_lat": home.lat, "datum": "WGS-84", "van_place_id": van}
        paid = {"labour_fen_per_hour": 8000, "overtime_fen_per_hour": 12000, "brands": ["RC-TRUCK"], "certificates": {}}
        self.load("stations", "engineers", {**person, **home_of, **paid})
        begin, end = now() - timedelta(hours=1), now() + timedelta(hours=hours)
        shift = {"start": begin.isoformat(), "end": end.isoformat()}
        overtime = (end + timedelta(hours=2)).isoformat()
        self.load("stations", "shifts", {"engineer_id": engineer_id, **shift, "overtime_until": overtime})
        self.add_place(van, "van", home, engineer_id=engineer_id, territory_id=territory_id or self.territory_id)
        self.stock(van, **stock)
        phone = Phone(self, engineer_id, van, self.installation.sign_in("engineer", engineer_id=engineer_id))
        self._phones[engineer_id] = phone
        return phone

    def phone(self, engineer_id: str) -> "Phone":
        return self._phones[engineer_id]

    def add_place(self, place_id: str, kind: str, place: Place, **more: str) -> None:
        self.load("parts", "places", {"place_id": place_id, "kind": kind, "name": place_id, **at(place), **more})

    def stock(self, place_id: str, **quantities: int) -> None:
        """Set stock; part numbers are written with _ for -."""
        rows = [
            {"place_id": place_id, "part": part.replace("_", "-"), "quantity": quantity}
            for part, quantity in quantities.items()
        ]
        if rows:
            self.load("parts", "stock", *rows)

    def free_stock(self, place_id: str, part: str) -> Json:
        stock = ok(self.admin.get(f"/parts/v1/places/{place_id}/stock"))["items"]
        return next((row for row in stock if row["part"] == part), {"on_hand": 0})

    def add_truck(self, serial: str, *, territory_id: str | None = None) -> str:
        """A tractor under warranty, with the territory's station as its named one; its serial."""
        serial = f"{self.name}-{serial}"
        made = {
            "serial": serial,
            "vin": f"LRC{serial}".replace("-", "")[:17].ljust(17, "0"),
            "plate": f"鲁A{serial[-5:]}",
        }
        owned = {"customer_id": f"{self.name}-C", "product": "tractor", "brand": "RC-TRUCK", "model": "T7"}
        used = {"in_service_on": "2025-06-01", "warranty_until": "2028-06-01", "meter_km": 120000, "meter_h": 2100}
        named = {
            "station_id": f"{territory_id or self.territory_id}-S",
            "software_level": "1.4",
            "configuration": {"engine": "D13"},
        }
        self.load("orders", "assets", {**made, **owned, **used, **named, **at(JINAN)})
        return serial

    def report(self, serial: str, place: Place, **more: Any) -> Json:
        """The breakdown call of the hotline; the order as answered."""
        call = {"source": "hotline", "asset": {"serial": serial}, "place": at(place), **more}
        key = {"Idempotency-Key": new_id()}
        order: Json = ok(self.dispatcher.post("/orders/v1/orders", json=call, headers=key), 201)
        return order

    def order(self, order_id: str) -> Json:
        order: Json = ok(self.dispatcher.get(f"/orders/v1/orders/{order_id}"))
        return order

    def timeline(self, order_id: str) -> list[Json]:
        items: list[Json] = ok(self.dispatcher.get(f"/orders/v1/orders/{order_id}/timeline", params={"limit": 200}))[
            "items"
        ]
        return items

    def plan(self, territory_id: str | None = None) -> Json:
        plan: Json = ok(self.dispatcher.get(f"/dispatch/v1/territories/{territory_id or self.territory_id}/plan"))
        return plan

    def appointment_of(self, order_id: str, *, within_s: float = 20.0) -> Json:
        """The order's live appointment, as soon as a plan has one."""

        def ask() -> Json | None:
            found = ok(self.dispatcher.get("/dispatch/v1/appointments", params={"order_id": order_id}))["items"]
            live = [row for row in found if row["state"] not in ("declined", "cancelled")]
            return live[0] if live else None

        appointment: Json = wait_for(ask, bool, within_s=within_s)
        return appointment

    def add_vehicle(self, code: str, place: Place, *, base_fen: int = 80_000, fen_per_km: int = 600) -> str:
        """A partner firm with one tractor that takes any semitrailer."""
        partner, vehicle = f"{self.name}-P-{code}", f"{self.name}-V-{code}"
        firm = {"partner_id": partner, "branch_id": self.branch_id, "name": "Partner", "phone": "13800000000"}
        self.load("stations", "partners", {**firm, "contract_from": "2026-01-01", "contract_until": "2027-12-31"})
        made = {
            "vehicle_id": vehicle,
            "partner_id": partner,
            "branch_id": self.branch_id,
            "plate": f"鲁B{self.name[-2:]}{code}",
        }
        kind = {
            "vehicle_class": "tractor",
            "couplings": ["fifth-wheel-50"],
            "max_mass_kg": 49_000,
            "hazard_allowed": False,
        }
        span = {
            "available_from": (now() - timedelta(days=1)).isoformat(),
            "available_until": (now() + timedelta(days=9)).isoformat(),
        }
        self.load(
            "stations",
            "vehicles",
            {**made, **kind, **at(place), **span, "base_fen": base_fen, "fen_per_km": fen_per_km},
        )
        return vehicle


SKILLS = ("engine", "aftertreatment", "transmission", "electrical", "brakes", "hydraulics", "chassis", "software")


@dataclass
class Phone:
    """An engineer's phone: a queue of operations that are sent when there is signal."""

    world: World
    engineer_id: str
    van: str
    client: httpx.Client
    online: bool = True
    queue: list[Json] = field(default_factory=list)
    seq: int = 0

    def do(self, kind: str, appointment: Json, **payload: Any) -> Json | None:
        """Do something now; the result when there is signal, None while it waits in the queue."""
        self.seq += 1
        operation = {
            "id": new_id(),
            "seq": self.seq,
            "kind": kind,
            "at": now().isoformat(),
            "appointment_id": appointment["id"],
            "order_id": appointment["order_id"],
            "payload": payload,
        }
        self.queue.append(operation)
        return self.send()[-1] if self.online else None

    def send(self) -> list[Json]:
        """Send what is queued; every operation has its final answer, at once or by delta sync."""
        cursor = self.day()["cursor"]
        results: list[Json] = ok(self.client.post("/mobile/v1/operations", json=self.batch()))["results"]
        self.queue.clear()
        return [result if result["status"] != "received" else self._final(result["id"], cursor) for result in results]

    def _final(self, operation_id: str, cursor: str) -> Json:
        """An owner was out of reach: its answer comes by delta sync."""

        def ask() -> Json | None:
            answers = self.since(cursor)["answers"]
            return next((one for one in answers if one["id"] == operation_id and one["status"] != "received"), None)

        final: Json = wait_for(ask, bool, within_s=60)
        return final

    def batch(self) -> Json:
        return {"device": "phone", "sent_at": now().isoformat(), "operations": list(self.queue)}

    def day(self) -> Json:
        day: Json = ok(self.client.get("/mobile/v1/day"))
        return day

    def since(self, cursor: str) -> Json:
        """What is new since then."""
        news: Json = ok(self.client.get("/mobile/v1/sync", params={"cursor": cursor}))
        return news

    def repair(self, appointment: Json, *, site: Place, used: Json | None = None) -> list[Json]:
        """Everything from acknowledging to the customer's signature, as the app sends it."""
        results = [
            self.do("acknowledge", appointment),
            self.do("depart", appointment),
            self.do("check_in", appointment, place=at(site), accuracy_m=12.0),
            self.do("work_started", appointment),
            self.do("diagnosed", appointment, note="belt torn"),
        ]
        if used:
            lines = [{"part": part, "quantity": quantity} for part, quantity in used.items()]
            results.append(self.do("parts_used", appointment, van_place_id=self.van, lines=lines))
        results.append(self.do("restored", appointment))
        results.append(self.complete(appointment))
        return [result for result in results if result]

    def complete(self, appointment: Json, signature: str = "") -> Json | None:
        """`signature` is the photo's hash; without it one is taken now."""
        signature = signature or self.photograph(appointment, "signature")
        return self.do(
            "complete",
            appointment,
            checklist={"fault_cleared": "ok", "no_leaks": "ok", "road_or_function_test": "ok"},
            meter_reading={"km": 120_350, "h": 2_110},
            test_result="passed",
            signature_photo=signature,
        )

    def photograph(self, appointment: Json, step: str) -> str:
        """Upload a real picture; its sha256."""
        from PIL import Image

        buffer = io.BytesIO()
        Image.effect_noise((320, 240), 60).convert("RGB").save(buffer, "JPEG")
        content = buffer.getvalue()
        digest = hashlib.sha256(content).hexdigest()
        headers = {
            "X-Content-SHA256": digest,
            "X-Operation-Id": new_id(),
            "X-Order-Id": appointment["order_id"],
            "X-Step": step,
        }
        ok(self.client.post("/mobile/v1/photos", content=content, headers={**headers, "Content-Type": "image/jpeg"}))
        return digest


def far(a: Place, b: Place) -> float:
    """Kilometres as the crow flies."""
    return distance_m(a, b) / 1000
