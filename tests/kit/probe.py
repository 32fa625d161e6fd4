"""A service of nobody with routes that take, keep and refuse, so that what every service shares is tested alone."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any, Literal

import httpx
from fastapi import APIRouter, Depends, FastAPI, Query, Request
from joserfc.jwk import KeySet
from pydantic import Field
from sqlalchemy import text

from kit.auth import Authenticator, Principal, service_token
from kit.client import Clients, NeighbourDown, NeighbourProblem
from kit.clock import SystemClock
from kit.context import Context
from kit.db import Database
from kit.idempotency import Once, once
from kit.jobs import Jobs
from kit.problems import Conflict, NotFound, Stale
from kit.routes import service_router
from kit.settings import Settings
from kit.values import Code, Instant, LongText, Number, Quantity, Text, Wire, WirePlace
from kit.wake import Wakeups
from kit.web import Caller, allow, if_match, service_app

SECRET = "a secret of the tests"


class ByKey:
    """Principals by API key: `rk_engineer` is an engineer."""

    async def public_keys(self) -> KeySet:
        return KeySet([])

    async def is_revoked(self, _: str) -> bool:
        return False

    async def principal_of_api_key(self, key: str) -> Principal | None:
        role = key.removeprefix("rk_")
        return Principal(role, role) if role in ("engineer", "dispatcher", "auditor") else None  # type: ignore[arg-type]


class Cat(Wire):
    kind: Literal["cat"]


class Dog(Wire):
    kind: Literal["dog"]


class Thing(Wire):
    name: Text
    code: Code | None = None
    note: LongText = ""
    count: Quantity = 1
    size: Number = 1.0
    at: Instant | None = None
    place: WirePlace | None = None
    pet: Annotated[Cat | Dog, Field(discriminator="kind")] | None = None
    more: list[dict[str, Any]] = Field(default_factory=list)


def probe_router(db: Database) -> APIRouter:
    router = service_router("nobody", tag="probe")

    @router.post("/things", status_code=201)
    async def make(thing: Thing, _: Principal = allow("dispatcher"), first: Once = Depends(once)) -> Any:
        async with db.transaction() as tx:
            if (reply := await first.replay(tx)) is not None:
                return reply
            await tx.execute(text("INSERT INTO things VALUES (:name, :count)"), {"name": thing.name, "count": 1})
            if thing.note == "refuse":
                raise Conflict("refused after the effect")
            if thing.note == "slow":
                await tx.execute(text("SELECT pg_sleep(0.3)"))
            return await first.keep(tx, 201, {"name": thing.name})

    @router.put("/things/{name}")
    async def change(name: str, thing: Thing, _: Caller, version: int = Depends(if_match)) -> dict[str, str]:
        if version != 3:
            raise Stale("read it again")
        return {"name": name}

    @router.get("/things/{name}")
    async def read(name: str, _: Caller, limit: Annotated[int, Query(ge=1, le=200)] = 50) -> dict[str, Any]:
        async with db.read() as tx:
            found = (await tx.execute(text("SELECT name FROM things WHERE name = :name"), {"name": name})).first()
        if found is None:
            raise NotFound("there is no such thing")
        return {"name": found.name, "limit": limit}

    @router.post("/raw")
    async def raw(request: Request, _: Caller) -> dict[str, int]:
        return {"bytes": len(await request.body())}

    @router.post("/open")
    async def open_to_all(thing: Thing) -> dict[str, str]:
        return {"name": thing.name}

    @router.get("/doors/{token}/bell")
    async def ring(token: str) -> dict[str, str]:
        return {"token": token}

    @router.get("/fails/{how}")
    async def fails(how: str, _: Caller) -> None:
        async with db.transaction() as tx:
            if how in SQL:
                await tx.execute(text(SQL[how]))
            raise FAILURES[how]

    return router


SQL = {
    "unique": "INSERT INTO things VALUES ('secret', 1), ('secret', 1)",
    "check": "INSERT INTO things VALUES ('secret', -1)",
    "range": "INSERT INTO things VALUES ('x', 10000000000000)",
    "lock": "SET LOCAL lock_timeout = 1; DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = 'lock_not_available'; END $$",
    "full": "DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = 'disk_full'; END $$",
    "table": "SELECT * FROM of_another_service",
}
FAILURES: dict[str, Exception] = {
    "down": NeighbourDown("orders", "secret"),
    "refused": NeighbourProblem(service="orders", status=422, problem={"detail": "why"}),
    "timeout": TimeoutError("secret"),
    "disk": OSError(28, "secret"),
    "bug": RuntimeError("secret"),
}


@asynccontextmanager
async def probe(db: Database, settings: Settings) -> AsyncIterator[FastAPI]:
    """The application, its table made, its loops not running."""
    async with db.transaction() as tx:
        await tx.execute(text("CREATE TABLE IF NOT EXISTS things (name text PRIMARY KEY, count int CHECK (count > 0))"))
    clock, wakeups = SystemClock(), Wakeups()
    yield service_app(
        routers=[probe_router(db)],
        links=["windows", "doors"],
        max_body_bytes=1_000_000,
        context=Context(
            name="nobody",
            settings=settings,
            clock=clock,
            db=db,
            clients=Clients({}),
            wakeups=wakeups,
            jobs=Jobs(settings.database_url),
            authenticator=Authenticator(keys=ByKey(), secret=SECRET, clock=clock),
        ),
    )


def caller(app: FastAPI, who: str | None = "dispatcher") -> httpx.AsyncClient:
    """A client of that role, `service`, or nobody."""
    token = service_token(service="tests", secret=SECRET, now=SystemClock().now()) if who == "service" else f"rk_{who}"
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app, raise_app_exceptions=False),
        base_url="http://probe/nobody/v1",
        headers={"Authorization": f"Bearer {token}"} if who else {},
    )
