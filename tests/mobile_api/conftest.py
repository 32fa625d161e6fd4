"""mobile_api and accounts on a real database, with owners that tests can take away."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from kit.auth import service_token
from kit.client import ServiceClient
from kit.clock import SystemClock
from kit.ids import new_id
from kit.settings import Settings
from kit.wake import feed_channel
from services.assembly import Assembly
from services.messages import AppointmentMoved, AppointmentPlanned
from tests.mobile_api.owners import Owners
from tests.running import System, body, eventually

Json = dict[str, Any]


@dataclass
class WithOwners(Assembly):
    """Our services as they are; whoever is not in this process is played by `owners`."""

    owners: Owners = field(default_factory=Owners)

    def _client(self, caller: str, service: str) -> ServiceClient:
        if service in self.names:
            return super()._client(caller, service)
        return ServiceClient(
            caller=caller,
            service=service,
            base_url="http://inside",
            secret=self.settings.shared_secret,
            clock=self.clock,
            transport=httpx.MockTransport(self.owners.answer),
        )


@dataclass
class Ahead(SystemClock):
    """The machine's clock, so far ahead."""

    by: timedelta = timedelta(0)

    def now(self) -> datetime:
        return super().now() + self.by


@dataclass
class Field:
    """The system, its owners, and what happens in the field."""

    system: System
    owners: Owners

    async def later(self, phone: "Phone", **by: float) -> None:
        """So much time passes, then the phone's engineer signs in again."""
        person = body(await phone.client.get("/accounts/v1/me"))["subject"]
        clock = self.system.assembly.clock
        assert isinstance(clock, Ahead)
        clock.by += timedelta(**by)
        self.system.service = self.system.client(_of_the_services(self.system.assembly))
        token = await self.system.service.post(f"/accounts/v1/people/{person}/tokens", json={"device": "a test"})
        phone.client = self.system.client(body(token, 201)["access_token"])

    async def engineer(self, engineer_id: str = "E-1") -> "Phone":
        client = await self.system.sign_in("engineer", engineer_id=engineer_id, branch_id="HB", station_id="HB-01")
        return Phone(self, engineer_id, client)

    async def appointment(self, phone: "Phone", *, order_id: str | None = None) -> Json:
        """An appointment of this engineer that dispatch has sent to the phone, an hour ago."""
        order_id, appointment_id = order_id or new_id(), new_id()
        start = datetime.now(UTC)
        known = {"order_id": order_id, "appointment_id": appointment_id, "engineer_id": phone.engineer_id}
        window = {"scheduled_start": start, "scheduled_end": start + timedelta(hours=2), "version": 1}
        planned = AppointmentPlanned(**known, territory_id="T", **window)
        self.owners.tell("dispatch", planned, subject=appointment_id)
        sent = AppointmentMoved(**known, territory_id="T", state="dispatched")
        self.owners.tell("dispatch", sent, subject=appointment_id, at=start - timedelta(hours=1))
        self.system.assembly.wakeups.wake_here(feed_channel("dispatch"))
        self.owners.documents[f"/dispatch/v1/appointments/{appointment_id}"] = {
            "id": appointment_id,
            "order_id": order_id,
            "engineer_id": phone.engineer_id,
            "sourcing": [],
            "place": {"lon": 117.1, "lat": 36.6, "datum": "WGS-84"},
        }
        self.owners.documents[f"/orders/v1/orders/{order_id}"] = order_document(order_id)
        self.owners.documents["/orders/v1/assets/SN-1"] = {"serial": "SN-1", "model": "T7", "history": []}
        self.owners.documents[f"/parts/v1/orders/{order_id}/parts"] = {"order_id": order_id, "reservations": []}

        async def day() -> list[str]:
            return [shown["id"] for shown in (await phone.day())["appointments"]]

        await eventually(day, lambda ids: appointment_id in ids)
        return {"appointment_id": appointment_id, "order_id": order_id}


def order_document(order_id: str) -> Json:
    return {
        "id": order_id,
        "number": "RC-1",
        "state": "accepted",
        "branch_id": "HB",
        "station_id": "HB-01",
        "asset": {"serial": "SN-1"},
        "contact": {"name": "Zhang", "phone": "139"},
        "drop_fen": 5_000_000,
        "clocks": [{"name": "arrive", "price_fen_per_hour": 7}],
        "replacement": {"link": "/replacement/secret"},
    }


@dataclass
class Phone:
    """One installation of the app."""

    field: Field
    engineer_id: str
    client: httpx.AsyncClient
    seq: int = 0

    def operation(self, kind: str, about: Json, **payload: Any) -> Json:
        """The next operation, made now and not sent."""
        self.seq += 1
        at = datetime.now(UTC).isoformat()
        return {"id": new_id(), "seq": self.seq, "kind": kind, "at": at, **about, "payload": payload}

    async def send(self, *operations: Json, status: int = 200, **more: Any) -> list[Json]:
        """The results of a batch."""
        answer = await self.client.post("/mobile/v1/operations", json={"operations": list(operations), **more})
        results: list[Json] = body(answer, status)["results"]
        return results

    async def do(self, kind: str, about: Json, **payload: Any) -> Json:
        return (await self.send(self.operation(kind, about, **payload)))[0]

    async def day(self) -> Json:
        day: Json = body(await self.client.get("/mobile/v1/day"))
        return day

    async def sync(self, cursor: str | None = None) -> Json:
        params = {"cursor": cursor} if cursor is not None else {}
        new: Json = body(await self.client.get("/mobile/v1/sync", params=params))
        return new

    async def final(self, *ids: str, within_s: float = 15.0) -> dict[str, Json]:
        """The final answers of these operations, as delta sync tells them."""

        found: dict[str, Json] = {}
        cursor: str | None = None

        async def answers() -> dict[str, Json]:
            nonlocal cursor
            more = True
            while more:
                new = await self.sync(cursor)
                found.update({answer["id"]: answer for answer in new["answers"]})
                cursor, more = new["cursor"], new["more"]
            return found

        return await eventually(answers, lambda found: set(ids) <= set(found), within_s=within_s)


@pytest.fixture
async def field_(settings: Settings) -> AsyncIterator[Field]:
    owners = Owners()
    assembly = WithOwners(settings=settings, names=["accounts", "mobile"], clock=Ahead(), owners=owners)
    async with assembly.serving():
        system = System(assembly=assembly, service=None)  # type: ignore[arg-type]
        system.service = system.client(_of_the_services(assembly))
        yield Field(system, owners)
        await system.close()


def _of_the_services(assembly: Assembly) -> str:
    return service_token(service="tests", secret=assembly.settings.shared_secret, now=assembly.clock.now())


@pytest.fixture
async def phone(field_: Field) -> Phone:
    return await field_.engineer()


@pytest.fixture
async def visit(field_: Field, phone: Phone) -> Json:
    """An appointment of the phone's engineer: its id and its order's."""
    return await field_.appointment(phone)
