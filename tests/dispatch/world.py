"""A small world around dispatch: neighbours that answer over HTTP as the contract says, and can be made to misbehave.

Places are real: stations and sites along the motorways around Jinan.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from kit import journal
from kit.auth import Authenticator
from kit.client import Clients, ServiceClient
from kit.context import Context
from kit.db import Database
from kit.ids import new_id
from kit.jobs import Jobs
from kit.settings import Settings
from kit.wake import Wakeups
from services.dispatch.context import DispatchContext, dispatch_context
from services.dispatch.domain.policy import Policy
from services.dispatch.solver_process import SolverProcess
from services.dispatch.store import territories

NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
"""A Monday, 09:00 in China."""

JINAN, TAIAN, ZIBO, LIAOCHENG = (117.00, 36.65), (117.09, 36.19), (118.05, 36.81), (115.98, 36.45)


@dataclass
class FixedClock:
    at: datetime = NOW

    def now(self) -> datetime:
        return self.at


def order(name: str = "", place: tuple[float, float] = TAIAN, **given: Any) -> dict[str, Any]:
    """An order as `/orders/v1/plannable` tells it: a breakdown with a 24-hour restore clock."""
    order_id = given.pop("id", None) or new_id()
    return {
        "id": order_id,
        "number": name or order_id[-4:],
        "state": "accepted",
        "kind": "breakdown",
        "work_type": "breakdown",
        "territory_id": "T1",
        "place": {"lon": place[0], "lat": place[1], "datum": "WGS-84"},
        "asset_id": "A1",
        "product": "tractor",
        "brand": "RC-TRUCK",
        "service_s": 3600,
        "skills": [{"skill": "engine", "level": 2}],
        "certificates": [],
        "earliest_start": None,
        "latest_start": None,
        "clocks": [clock("restore", NOW + timedelta(hours=24))],
        "kit": [],
        "drop_fen": 5_000_000,
        "interruptible": False,
        "cargo": None,
        "replacement_eligible": False,
        "replacement_case": None,
        "declined_by": [],
    } | given


def clock(name: str, due: datetime, **given: Any) -> dict[str, Any]:
    return {
        "name": name,
        "due": due.isoformat(),
        "price_fen_per_hour": 40_000,
        "breach_fen": 300_000,
        "cap_fen": 5_000_000,
        "stops_at": "start" if name == "arrive" else "end",
        "cargo_can_stop": name == "restore",
    } | given


def line(part: str, quantity: int = 1, probability: float = 1.0, name: str = "1") -> dict[str, Any]:
    return {"line": name, "part": part, "quantity": quantity, "probability": probability}


def engineer(name: str, home: tuple[float, float] = JINAN, **given: Any) -> dict[str, Any]:
    """An engineer who works 08:00 to 18:00 China time for a week, with two hours of overtime."""
    days = [NOW.replace(hour=0) + timedelta(days=day) for day in range(7)]
    shifts = [
        {
            "start": day.isoformat(),
            "end": (day + timedelta(hours=10)).isoformat(),
            "overtime_until": (day + timedelta(hours=12)).isoformat(),
        }
        for day in days
    ]
    return {
        "id": name,
        "name": name,
        "station_id": "S1",
        "home": {"lon": home[0], "lat": home[1]},
        "van_place_id": f"VAN-{name}",
        "skills": [{"skill": "engine", "level": 3, "valid_until": None}],
        "certificates": [],
        "brands": ["RC-TRUCK"],
        "shifts": shifts,
    } | given


def shelf(name: str, place: tuple[float, float] = JINAN, kind: str = "depot", **stock: int) -> dict[str, Any]:
    owner = name.removeprefix("VAN-") if kind == "van" else None
    return {"id": name, "kind": kind, "engineer_id": owner, "lon": place[0], "lat": place[1], "stock": dict(stock)}


def vehicle(name: str, place: tuple[float, float] = JINAN, **given: Any) -> dict[str, Any]:
    return {
        "id": name,
        "partner_id": "P1",
        "plate": name,
        "vehicle_class": "tractor",
        "couplings": ["fifth_wheel_2in"],
        "max_mass_kg": 40_000,
        "hazard_allowed": False,
        "place": {"lon": place[0], "lat": place[1]},
        "base_fen": 60_000,
        "fen_per_km": 800,
        "available": [{"start": NOW.isoformat(), "end": (NOW + timedelta(days=7)).isoformat()}],
    } | given


def expert(name: str, seats: int = 2, level: int = 5) -> dict[str, Any]:
    """An expert for engines whose seats are free for a week."""
    free = [{"start": NOW.isoformat(), "end": (NOW + timedelta(days=7)).isoformat()}]
    return {"id": name, "name": name, "skills": {"engine": level}, "seats": [free] * seats}


@dataclass
class World:
    """What the neighbours know. `taken` is stock that somebody else grabbed after it was shown as free."""

    orders: list[dict[str, Any]] = field(default_factory=list)
    known_seq: int = 0
    """The newest event of orders' journal that these orders know."""
    engineers: list[dict[str, Any]] = field(default_factory=list)
    vehicles: list[dict[str, Any]] = field(default_factory=list)
    shelves: list[dict[str, Any]] = field(default_factory=list)
    couriers: list[dict[str, Any]] = field(default_factory=list)
    substitutes: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    moved: list[dict[str, Any]] = field(default_factory=list)
    misfits: dict[str, list[str]] = field(default_factory=dict)
    """By model, what parts would say does not fit."""
    taken: Counter[tuple[str, str]] = field(default_factory=Counter)
    taken_vehicles: set[str] = field(default_factory=set)
    experts: list[dict[str, Any]] = field(default_factory=list)
    taken_experts: set[str] = field(default_factory=set)
    down: set[str] = field(default_factory=set)
    holds: list[tuple[str, list[dict[str, Any]]]] = field(default_factory=list)
    published_epoch: int = 0
    """What parts has seen published."""
    on_hold: Any = None
    """Called when parts is asked to hold: what happens while a plan is being published."""

    def app(self) -> FastAPI:
        app = FastAPI()

        @app.middleware("http")
        async def outage(request: Request, answer: Any) -> Any:
            if request.url.path.split("/")[1] in self.down:
                return JSONResponse({"detail": "down"}, 503)
            return await answer(request)

        @app.get("/orders/v1/plannable")
        async def plannable(territory_id: str) -> Any:
            listed = [one for one in self.orders if one["territory_id"] == territory_id]
            return {"known_seq": self.known_seq, "orders": listed}

        @app.get("/orders/v1/orders/{order_id}")
        async def one_order(order_id: str) -> Any:
            found = [one for one in self.orders if one["id"] == order_id]
            return found[0] if found else JSONResponse({"detail": "no such order"}, 404)

        self._add_stations(app)
        self._add_parts(app)
        return app

    def _add_stations(self, app: FastAPI) -> None:
        @app.get("/stations/v1/availability")
        async def availability(territory_id: str) -> Any:
            return {"engineers": [one for one in self.engineers if one.get("territory_id", "T1") == territory_id]}

        @app.get("/stations/v1/fleet")
        async def fleet(territory_id: str) -> Any:
            return {"vehicles": self.vehicles}

        @app.get("/stations/v1/experts")
        async def experts(territory_id: str) -> Any:
            return {"experts": self.experts}

        @app.put("/stations/v1/expert-holds/{territory_id}/{epoch}")
        async def hold_experts(territory_id: str, epoch: int, request: Request) -> Any:
            lines = (await request.json())["lines"]
            return {
                "lines": [
                    {"line": one["line"], "status": "refused" if one["expert_id"] in self.taken_experts else "held"}
                    for one in lines
                ]
            }

        @app.put("/stations/v1/holds/{territory_id}/{epoch}")
        async def hold_vehicles(territory_id: str, epoch: int, request: Request) -> Any:
            lines = (await request.json())["lines"]
            return {
                "lines": [
                    {"line": one["line"], "status": "refused" if one["vehicle_id"] in self.taken_vehicles else "held"}
                    for one in lines
                ]
            }

    def _add_parts(self, app: FastAPI) -> None:
        @app.post("/parts/v1/plan-stock")
        async def plan_stock(request: Request) -> Any:
            asked = await request.json()
            wanted = set(asked["parts"])
            built = {one["order_id"]: one["machine"] for one in asked["order_places"]}
            wanted |= {other["part"] for part in wanted for other in self.substitutes.get(part, [])}
            shown = [
                place | {"stock": {part: free for part, free in place["stock"].items() if part in wanted}}
                for place in self.shelves
            ]
            return {
                "places": shown,
                "substitutes": self.substitutes,
                "couriers": self.couriers,
                "unit_cost": {},
                "moved": self.moved,
                "misfits": {order: self.misfits.get(made["model"], []) for order, made in built.items() if made},
            }

        @app.put("/parts/v1/holds/{territory_id}/{epoch}")
        async def hold_parts(territory_id: str, epoch: int, request: Request) -> Any:
            lines = (await request.json())["lines"]
            self.holds.append((territory_id, lines))
            if self.on_hold is not None:
                await self.on_hold()
            if epoch <= self.published_epoch:
                stale = {"type": "/problems/stale-epoch", "published_epoch": self.published_epoch}
                return JSONResponse(stale, 409)
            return {"lines": self._held(lines)}

    def _held(self, lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
        free = Counter({(place["id"], part): n for place in self.shelves for part, n in place["stock"].items()})
        free.subtract(self.taken)
        answers = []
        for one in lines:
            key = (one["place_id"], one["part"])
            held = free[key] >= one["quantity"]
            free[key] -= one["quantity"] if held else 0
            answers.append({"line": one["line"], "status": "held" if held else "refused", "reason": "no_stock"})
        return answers


@dataclass
class Dispatch:
    """Dispatch on a real database inside a world of its own."""

    context: DispatchContext
    world: World
    clock: FixedClock

    async def know(self, territory_id: str = "T1", branch_id: str = "B1") -> None:
        async with self.context.db.transaction() as tx:
            await territories.know(tx, territory_id=territory_id, branch_id=branch_id)

    async def told(self, kind: str | None = None) -> list[dict[str, Any]]:
        """What dispatch told so far, as it will be sealed: kind and payload."""
        await journal.Sealer(self.context.db, self.context.wakeups).seal_batch()
        async with self.context.db.read() as tx:
            events = await journal.read(tx, publisher="dispatch", after=0, limit=500)
        return [{"kind": one.kind, **one.payload} for one in events if kind in (None, one.kind)]


PLANNER = SolverProcess(idle_s=600.0)
"""One for all tests of this process: starting one takes a second."""


@asynccontextmanager
async def dispatch_in(
    world: World, settings: Settings, real: Mapping[str, ServiceClient] | None = None
) -> AsyncIterator[Dispatch]:
    """Dispatch without web server and worker; its use cases are called directly. `real` neighbours by name."""
    clock, app = FixedClock(), world.app()
    jobs = Jobs(settings.database_url)
    names = ("orders", "parts", "stations", "accounts")
    clients = {
        name: ServiceClient(
            caller="dispatch",
            service=name,
            base_url="http://world",
            secret="a secret of the tests",
            clock=clock,
            transport=httpx.ASGITransport(app=app, raise_app_exceptions=False),
        )
        for name in names
    }
    context = Context(
        name="dispatch",
        settings=settings,
        clock=clock,
        db=Database(settings.database_url, "dispatch"),
        clients=Clients(clients | dict(real or {})),
        wakeups=Wakeups(),
        jobs=jobs,
        authenticator=Authenticator(keys=None, secret="", clock=clock),  # type: ignore[arg-type]
    )
    here = replace(dispatch_context(context), policy=Policy(improve_s=1.0), planner=PLANNER)
    travelling = asyncio.create_task(here.travel.run())
    async with jobs.app.open_async():
        try:
            yield Dispatch(here, world, clock)
        finally:
            travelling.cancel()
            here.improver.kill()
            here.runner.kill()
            await context.clients.close()
            await context.db.close()
