"""Orders and accounts running for real; the other services are stood in for by what they would answer and tell."""

import json
from collections.abc import AsyncIterator, Generator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import psycopg
import pytest
from sqlalchemy import text

from kit.auth import service_token
from kit.embedded import EmbeddedPostgres, EmbeddedValkey
from kit.events import Event, Message, event_to_wire
from kit.ids import new_id
from kit.settings import Settings
from services.assembly import Assembly
from services.dispatch.store.kpis import KPIS as dispatch_kpis
from services.messages import AppointmentMoved, AppointmentPlanned
from services.orders.catalogue import shipped
from services.orders.context import Orders
from services.orders.use_cases.timers import fire_due
from services.parts.store.scorecard_kpis import KPIS as parts_kpis
from services.stations.store.kpis import KPIS as stations_kpis
from tests.conftest import TEMPLATE
from tests.running import System, body, eventually

JINAN = {"lon": 117.0, "lat": 36.65, "datum": "WGS-84"}
SHANGHAI = {"lon": 121.47, "lat": 31.23, "datum": "WGS-84"}
Json = dict[str, Any]
KNOWN_PARTS = {part for cause in shipped().causes.causes for part in cause.parts}


@dataclass
class MovableClock:
    """A clock that a test moves."""

    at: datetime = field(default_factory=lambda: datetime.now(UTC))

    def now(self) -> datetime:
        return self.at

    def move(self, **by: float) -> None:
        self.at += timedelta(**by)


class ServiceAuth(httpx.Auth):
    """A fresh service token for each request: the test's clock outruns the life of a token."""

    def __init__(self, secret: str, clock: MovableClock):
        self._secret = secret
        self._clock = clock

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        token = service_token(service="tests", secret=self._secret, now=self._clock.now())
        request.headers["Authorization"] = f"Bearer {token}"
        yield request


MEASURED = {"stations": stations_kpis, "dispatch": dispatch_kpis, "parts": parts_kpis}


def told_kpis(service: str, figures: Sequence[Json] = ()) -> Json:
    """What a service answers for its KPIs: its real definitions, and figures or none."""
    return {"definitions": [one.model_dump() for one in MEASURED[service]], "figures": list(figures)}


AUTHORISED: Json = {"brands": ["RC-TRUCK"], "permitted": None}


@dataclass
class Neighbours:
    """What stations answers and what the others have told in their journals."""

    stations: list[Json] = field(
        default_factory=lambda: [
            {"id": "S1", "territory_id": "T1", "branch_id": "B1", "lon": 117.1, "lat": 36.6, **AUTHORISED},
            {"id": "S2", "territory_id": "T2", "branch_id": "B2", "lon": 121.4, "lat": 31.2, **AUTHORISED},
        ]
    )
    engineers: dict[str, str] = field(default_factory=lambda: {"E1": "Wang Gang"})
    part_costs: dict[str, Json] = field(
        default_factory=lambda: {
            part: {"unit_cost_fen": 10_000, "weight_g": 1_000, "ruled": False} for part in KNOWN_PARTS
        }
    )
    asked: list[list[str]] = field(default_factory=list)
    """The parts of each question for parts."""
    misfits: dict[str, dict[str, str]] = field(default_factory=dict)
    """The parts that do not fit a machine, by its serial, with the option that is wrong."""
    told: dict[str, list[Json]] = field(default_factory=dict)
    kpis: dict[str, Json | None] = field(default_factory=dict)
    """What a service answers for its KPIs of any month; None: it is out of reach."""

    def answer(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        if path.endswith("/journal"):
            after = int(request.url.params["after"])
            rows = self.told.get(path.split("/")[1], [])
            return httpx.Response(200, json={"items": [row for row in rows if row["seq"] > after]})
        if path.startswith("/stations/v1/engineers/"):
            name = self.engineers.get(path.rsplit("/", 1)[1])
            return httpx.Response(200, json={"name": name}) if name else httpx.Response(503, json={})
        if path.endswith("/kpi-figures"):
            service = path.split("/")[1]
            answer = self.kpis.get(service, told_kpis(service))
            return httpx.Response(503, json={}) if answer is None else httpx.Response(200, json=answer)
        if path == "/parts/v1/fit":
            return httpx.Response(200, json={"items": self._fit(json.loads(request.content))})
        if path == "/parts/v1/parts":
            self.asked.append(request.url.params.get_list("part"))
            known = [{"part": part} | self.part_costs[part] for part in self.asked[-1] if part in self.part_costs]
            return httpx.Response(200, json={"items": known, "next": None})
        assert path == "/stations/v1/stations", path
        return httpx.Response(200, json={"items": self.stations, "next": None})

    def _fit(self, asked: Json) -> list[Json]:
        wrong = self.misfits.get(asked["serial"], {})
        return [
            {"part": part, "verdict": "does_not_fit" if part in wrong else "fits", "because": wrong.get(part)}
            for part in asked["parts"]
        ]


@dataclass
class World:
    """One network of two branches, shared by the tests of a file, with two tractors of the test's own."""

    system: System
    clock: MovableClock
    neighbours: Neighbours
    hotline: httpx.AsyncClient
    """A dispatcher of the branch B1."""
    truck: Json = field(default_factory=dict)
    other: Json = field(default_factory=dict)
    """The rows that the test's tractors were imported with."""

    @property
    def serial(self) -> str:
        return str(self.truck["serial"])

    @property
    def service(self) -> httpx.AsyncClient:
        return self.system.service

    @property
    def orders(self) -> Orders:
        context: Orders = self.system.assembly.apps["orders"].state.context
        return context

    async def load(self, kind: str, *rows: Json) -> Json:
        answer: Json = body(await self.service.post(f"/orders/v1/import/{kind}", json={"rows": list(rows)}))
        return answer

    async def report(self, *, status: int = 201, **more: Any) -> Json:
        """A breakdown call for the test's first tractor at the hotline."""
        call = {"source": "hotline", "asset": {"serial": self.serial}, "place": JINAN, **more}
        answer: Json = body(await self.hotline.post("/orders/v1/orders", json=call), status)
        return answer

    async def order(self, order_id: str) -> Json:
        answer: Json = body(await self.service.get(f"/orders/v1/orders/{order_id}"))
        return answer

    async def clocks(self, order_id: str) -> dict[str, Json]:
        return {clock["name"]: clock for clock in (await self.order(order_id))["clocks"]}

    async def timeline(self, order_id: str) -> list[Json]:
        """What has happened until now; rows are read once they are sealed."""
        await eventually(self._unsealed, lambda rows: rows == 0)
        answer = body(await self.service.get(f"/orders/v1/orders/{order_id}/timeline", params={"limit": 500}))
        items: list[Json] = answer["items"]
        return items

    async def kinds(self, order_id: str) -> list[str]:
        """The kinds of what is in the timeline."""
        return [entry["kind"] for entry in await self.timeline(order_id)]

    async def _unsealed(self) -> int:
        async with self.orders.db.read() as tx:
            rows = await tx.execute(text("SELECT count(*) FROM journal WHERE seq IS NULL"))
            return int(rows.scalar_one())

    async def tell(self, publisher: str, message: Message, *, at: datetime | None = None, actor: str = "x:y") -> None:
        """Have a neighbour tell something, and wait until orders has heard it."""
        rows = self.neighbours.told.setdefault(publisher, [])
        event = Event(
            publisher=publisher,
            seq=len(rows) + 1,
            id=new_id(),
            kind=message.kind,
            subject=getattr(message, "order_id", "") or "",
            order_id=getattr(message, "order_id", None),
            actor=actor,
            effective_at=at or self.clock.now(),
            recorded_at=self.clock.now(),
            payload=message.model_dump(mode="json"),
        )
        rows.append(event_to_wire(event))
        await self.heard(publisher, event.seq)

    async def heard(self, publisher: str, seq: int) -> None:
        async def cursor() -> int:
            async with self.orders.db.read() as tx:
                query = text("SELECT after FROM feed_cursor WHERE publisher = :publisher")
                return int((await tx.execute(query, {"publisher": publisher})).scalar() or 0)

        self.orders.wakeups.wake_here(f"feed:{publisher}")
        await eventually(cursor, lambda after: after >= seq)

    async def sent(self, order: Json, *, engineer_id: str = "E1") -> str:
        """Dispatch plans an appointment and sends it to the engineer's phone; its id."""
        appointment_id = new_id()
        names = {"order_id": order["id"], "appointment_id": appointment_id, "engineer_id": engineer_id}
        now = self.clock.now()
        times = {"scheduled_start": now, "scheduled_end": now + timedelta(hours=2)}
        await self.tell("dispatch", AppointmentPlanned(**names, territory_id="T1", version=1, **times))
        await self.moved(order, appointment_id, "dispatched", engineer_id=engineer_id)
        return appointment_id

    async def moved(
        self, order: Json, appointment_id: str, state: Any, *, engineer_id: str = "E1", **more: Any
    ) -> None:
        """Dispatch tells that an appointment took a step; `at` is when."""
        at = more.pop("at", None)
        names = {"order_id": order["id"], "appointment_id": appointment_id, "engineer_id": engineer_id}
        await self.tell("dispatch", AppointmentMoved(**names, territory_id="T1", state=state, **more), at=at)

    async def fact(self, order: Json, appointment_id: str, kind: str, *, status: int = 200, **more: Any) -> Json:
        """The phone tells a fact."""
        answer: Json = body(
            await self.service.post(
                f"/orders/v1/orders/{order['id']}/facts", json=self.operation(appointment_id) | {"kind": kind} | more
            ),
            status,
        )
        return answer

    async def complete(self, order: Json, appointment_id: str, *, status: int = 200, **more: Any) -> Json:
        """The phone completes the order; everything that the gates of a breakdown ask for, unless `more` says else."""
        full = {
            "checklist": dict.fromkeys(("fault_cleared", "no_leaks", "road_or_function_test"), "ok"),
            "meter_reading": {"km": 100_500},
            "test_result": "passed",
            "signature_photo": "a" * 64,
        }
        sent = {name: value for name, value in (full | more).items() if value is not None}
        answer: Json = body(
            await self.service.post(
                f"/orders/v1/orders/{order['id']}/completion", json=self.operation(appointment_id) | sent
            ),
            status,
        )
        return answer

    def operation(self, appointment_id: str) -> Json:
        """What every operation of the phone says."""
        return {
            "operation_id": new_id(),
            "appointment_id": appointment_id,
            "engineer_id": "E1",
            "at": self.clock.now().isoformat(),
        }

    async def fire(self) -> None:
        """Look at what is due now, as the loop beside us does; until nothing is due any more."""

        async def left() -> int:
            await fire_due(self.orders)
            async with self.orders.db.read() as tx:
                query = text("SELECT count(*) FROM due_at WHERE at < :now")
                return int((await tx.execute(query, {"now": self.clock.now()})).scalar_one())

        await eventually(left, lambda count: count == 0)


CUSTOMER = {"customer_id": "C1", "name": "Lu Feng Logistics", "tier": "gold", "phone": "0531-1"}


def new_truck() -> Json:
    """The import row of a tractor that nobody has seen before."""
    name = new_id().replace("-", "")[-10:].upper()
    return {
        "serial": f"RCT-{name}",
        "vin": f"LRC{name}0001",
        "plate": f"鲁A{name}",
        "customer_id": "C1",
        "product": "tractor",
        "brand": "RC-TRUCK",
        "model": "T7",
        "station_id": "S1",
        "in_service_on": "2025-01-01",
        "warranty_until": "2099-01-01",
        "meter_km": 100_000,
        **JINAN,
    }


@asynccontextmanager
async def running_world(settings: Settings) -> AsyncIterator[World]:
    clock, neighbours = MovableClock(), Neighbours()
    assembly = Assembly(settings=settings, names=["accounts", "orders"], clock=clock)
    for name in ("stations", "dispatch", "parts", "mobile"):
        client = assembly.contexts["orders"].clients._by_name[name]
        client._http = httpx.AsyncClient(transport=httpx.MockTransport(neighbours.answer), base_url="http://stand-in")
    async with assembly.serving():
        system = System(assembly=assembly, service=None)  # type: ignore[arg-type]
        system.service = system.client(None)
        system.service.auth = ServiceAuth(settings.shared_secret, clock)
        hotline = await system.sign_in("dispatcher", branch_id="B1")
        world = World(system=system, clock=clock, neighbours=neighbours, hotline=hotline)
        await world.load("customers", CUSTOMER)
        try:
            yield world
        finally:
            await system.close()


@pytest.fixture(scope="module")
async def network(
    postgres: EmbeddedPostgres, valkey: EmbeddedValkey, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[World]:
    """One running network per file: a database costs more than most of these tests."""
    with fresh_database(postgres) as url:
        data = tmp_path_factory.mktemp("data")
        settings = Settings(
            data=data, database_url=url, redis_url=valkey.url, secret="a secret of the tests", requests_per_s=0
        )
        async with running_world(settings) as world:
            yield world


@pytest.fixture
async def world(network: World) -> World:
    """The network of the file with two tractors that no other test knows."""
    truck, other = new_truck(), new_truck()
    await network.load("assets", truck, other)
    return replace(network, truck=truck, other=other)


@contextmanager
def fresh_database(postgres: EmbeddedPostgres) -> Iterator[str]:
    """A migrated database of its own."""
    name = f"test_{new_id().replace('-', '')}"
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
    yield postgres.url.replace("/postgres?", f"/{name}?")
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
