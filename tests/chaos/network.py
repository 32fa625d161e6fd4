"""The network that the phones work in, made by the front door; appointments are written as a large plan has them.

Every engineer has an anchor, an order on which facts and parts are told again and again. Those of territory T also have
jobs, orders that they work off from the arrival to the signature, and many appointments to check in at, which lie in
territory Q, which nobody plans. The orders of territory W come in while everything is shaken: the worker plans them for
its own engineers, who take or decline them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import psycopg

from kit.auth import service_token
from kit.clock import SystemClock
from kit.ids import new_id

SECRET = "a secret of the chaos"
SITE = (117.12, 36.65)
PART = "FILTER"
DEPOT = "DEPOT"
STOCK = 1_000_000
"""Pieces in the depot and on each van: more than any round uses."""
JOBS = 8
"""Of each engineer of territory T."""
PLANNED_FOR = ("W1", "W2")
"""The engineers of territory W."""
TASKS = ("reception", "diagnosis", "repair", "test", "handover")
Json = dict[str, Any]


@dataclass
class Engineer:
    """`jobs` and `visits` are (appointment, order) ids, to work off and to check in at."""

    id: str
    token: str
    anchor: tuple[str, str]
    jobs: list[tuple[str, str]] = field(default_factory=list)
    visits: list[tuple[str, str]] = field(default_factory=list)

    @property
    def van(self) -> str:
        return f"VAN-{self.id}"


@dataclass
class Network:
    """`engineers` are those of territory T, `planned` those of W."""

    engineers: list[Engineer]
    planned: list[Engineer]
    trucks: list[str]
    """Serials of machines that will break down in territory W."""


def at_site() -> Json:
    return {"lon": SITE[0], "lat": SITE[1], "datum": "WGS-84"}


@dataclass
class Door:
    """The front door: the services' own token may do everything."""

    ports: dict[str, int]

    def post(self, path: str, body: Json, *, headers: dict[str, str] | None = None, method: str = "POST") -> Any:
        token = service_token(service="chaos", secret=SECRET, now=SystemClock().now())
        url = f"http://127.0.0.1:{self.ports[path.split('/')[1]]}{path}"
        given = {"Authorization": f"Bearer {token}", **(headers or {})}
        answer = httpx.request(method, url, json=body, headers=given, timeout=60)
        assert answer.is_success, f"{path}: {answer.status_code} {answer.text[:1000]}"
        return answer.json() if answer.content else None

    def load(self, service: str, kind: str, rows: list[Json]) -> None:
        told = self.post(f"/{service}/v1/import/{kind}", {"rows": rows})
        refused = [row for row in told["rows"] if row["status"] == "refused"]
        assert not refused, refused[0]


def build(door: Door, database_url: str, *, phones: int, visits: int, trucks: int) -> Network:
    """`phones` engineers with `visits` appointments each, those who are planned, and machines that will break down."""
    _load_places(door)
    codes = [f"E{i:02}" for i in range(phones)]
    _load_people(door, codes, territory="T")
    _load_people(door, PLANNED_FOR, territory="W")
    serials = [f"W-TRUCK-{i:04}" for i in range(trucks)]
    _load_machines(door, [_truck(code, number) for code in codes for number in range(1 + JOBS)], territory="T")
    _load_machines(door, [*(_truck(code, 0) for code in PLANNED_FOR), *serials], territory="W")
    engineers = [_engineer(door, code, territory="T", jobs=JOBS, visits=visits) for code in codes]
    planned = [_engineer(door, code, territory="W", jobs=0, visits=0) for code in PLANNED_FOR]
    with psycopg.connect(database_url) as connection, connection.cursor() as cursor:
        cursor.execute("INSERT INTO dispatch.territories (territory_id, branch_id) VALUES ('Q', 'B')")
        for engineer in [*engineers, *planned]:
            rows = _appointments(engineer, "T" if engineer in engineers else "W")
            cursor.execute("INSERT INTO mobile.lanes (engineer_id) VALUES (%s) ON CONFLICT DO NOTHING", (engineer.id,))
            cursor.executemany(_APPOINTMENT, rows)
            cursor.executemany(_VISIT, rows)
    return Network(engineers, planned, serials)


def _load_places(door: Door) -> None:
    names = {"name_zh": "济南", "name_en": "Jinan"}
    door.load("stations", "branches", [{"branch_id": "B", **names, **at_site()}])
    territories = [{"territory_id": name, "branch_id": "B", **names} for name in ("T", "W")]
    door.load("stations", "territories", territories)
    station = {"level": 1, "grade": "AAA", "brands": ["RC-TRUCK"], "opens": "00:00", "closes": "23:59", **names}
    stations = [{"station_id": f"S-{name}", "territory_id": name, **station, **at_site()} for name in ("T", "W")]
    door.load("stations", "stations", stations)
    part = {"part": PART, "name_zh": PART, "name_en": PART, "unit_cost_fen": 100, "weight_g": 10, "vmrs_system": "045"}
    door.load("parts", "parts", [part])
    door.load(
        "parts", "places", [{"place_id": DEPOT, "name": DEPOT, "kind": "depot", "territory_id": "T", **at_site()}]
    )


def _load_people(door: Door, codes: Sequence[str], *, territory: str) -> None:
    now = datetime.now(UTC)
    home = {"home_lon": SITE[0], "home_lat": SITE[1], "datum": "WGS-84"}
    skills = dict.fromkeys(("engine", "aftertreatment", "transmission", "electrical", "brakes", "chassis"), 4)
    person = {"station_id": f"S-{territory}", "skills": skills, "brands": ["RC-TRUCK"], **home}
    people = [{"engineer_id": code, "name": code, "van_place_id": f"VAN-{code}", **person} for code in codes]
    door.load("stations", "engineers", people)
    shift = {"start": (now - timedelta(hours=3)).isoformat(), "end": (now + timedelta(hours=20)).isoformat()}
    door.load("stations", "shifts", [{"engineer_id": code, **shift} for code in codes])
    van = {"kind": "van", "territory_id": territory, **at_site()}
    vans = [{"place_id": f"VAN-{code}", "name": code, "engineer_id": code, **van} for code in codes]
    door.load("parts", "places", vans)
    places = [DEPOT, *(f"VAN-{code}" for code in codes)]
    door.load("parts", "stock", [{"place_id": place, "part": PART, "quantity": STOCK} for place in places])
    for code in codes:
        door.post(f"/stations/v1/engineers/{code}/consent", {"given": True}, method="PUT")


def _load_machines(door: Door, serials: list[str], *, territory: str) -> None:
    door.load("orders", "customers", [{"customer_id": "C", "name": "Fleet", "tier": "gold", "phone": "13800000000"}])
    machine = {"customer_id": "C", "product": "tractor", "brand": "RC-TRUCK", "model": "T7", **at_site()}
    rows = []
    for number, serial in enumerate(serials):
        named = {"vin": f"LRC{territory}{number:013}", "plate": f"鲁{territory}{number:05}"}
        rows.append({"serial": serial, **named, "station_id": f"S-{territory}", **machine})
    door.load("orders", "assets", rows)


def _engineer(door: Door, code: str, *, territory: str, jobs: int, visits: int) -> Engineer:
    person = {"name": code, "role": "engineer", "engineer_id": code, "branch_id": "B", "station_id": f"S-{territory}"}
    made = door.post("/accounts/v1/people", person)
    token = door.post(f"/accounts/v1/people/{made['id']}/tokens", {"device": "chaos"})["access_token"]
    anchor, *others = [(new_id(), _order(door, _truck(code, number))) for number in range(1 + jobs)]
    made_up = [(new_id(), new_id()) for _ in range(visits)]
    return Engineer(code, token, anchor, others, made_up)


def _truck(code: str, number: int) -> str:
    """The serial of the machine of an engineer's anchor (0) or job."""
    return f"TRUCK-{code}-{number}"


def _order(door: Door, serial: str) -> str:
    made = door.post("/orders/v1/orders", report(serial), headers={"Idempotency-Key": new_id()})
    return str(made["id"])


def report(serial: str) -> Json:
    """A breakdown call that needs no part."""
    return {"source": "hotline", "asset": {"serial": serial}, "place": at_site(), "external_id": f"X-{serial}"}


def starts_at_home(visit: int) -> bool:
    """Whether the engineer must still depart for the visit of this number; for the others they are under way."""
    return visit % 2 == 1


def _appointments(engineer: Engineer, territory: str) -> list[Json]:
    """An hour apart, so that nobody is booked twice, where no plan touches them."""
    now = datetime.now(UTC)
    real = [engineer.anchor, *engineer.jobs]
    states = ["on_site"] + ["travelling"] * len(engineer.jobs)
    states += ["dispatched" if starts_at_home(number) else "travelling" for number in range(len(engineer.visits))]
    rows = []
    for number, (appointment_id, order_id) in enumerate([*real, *engineer.visits]):
        start = now + timedelta(hours=number)
        rows.append(
            {
                "id": appointment_id,
                "order_id": order_id,
                "engineer_id": engineer.id,
                "territory_id": territory if number < len(real) else "Q",
                "state": states[number],
                "start": start,
                "end": start + timedelta(minutes=59),
                "sent": now - timedelta(hours=1),
                "lon": SITE[0],
                "lat": SITE[1],
            }
        )
    return rows


_APPOINTMENT = """INSERT INTO dispatch.appointments
  (id, order_id, territory_id, engineer_id, state, epoch, scheduled_start, scheduled_end, lon, lat, dispatched_at)
  VALUES (%(id)s, %(order_id)s, %(territory_id)s, %(engineer_id)s, %(state)s, 0, %(start)s, %(end)s, %(lon)s, %(lat)s,
          %(sent)s)"""
_VISIT = """INSERT INTO mobile.visits
  (engineer_id, appointment_id, order_id, state, scheduled_start, scheduled_end, dispatched_at, change)
  VALUES (%(engineer_id)s, %(id)s, %(order_id)s, %(state)s, %(start)s, %(end)s, %(sent)s, 0)"""
