"""Stations (and accounts, for tokens) on a real database: two branches, three territories, engineers, a small bank."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from kit.auth import service_token
from kit.clock import SystemClock
from kit.context import Context
from kit.ids import new_id
from kit.settings import Settings
from services.assembly import Assembly
from services.messages import PlanPublished, ReplacementStepTaken, VehicleLine
from services.stations.use_cases import bank, published
from tests import days
from tests.days import this_hour
from tests.running import System, body

AT = {"lon": 117.0, "lat": 36.65, "datum": "WGS-84"}
HOME = {"home_lon": 117.1, "home_lat": 36.7, "datum": "WGS-84"}


def hour(hours: float) -> str:
    """So many hours from now."""
    return (this_hour() + timedelta(hours=hours)).isoformat()


@dataclass
class Stations:
    """A running stations service. `service` may do what the other services may."""

    system: System
    context: Context
    service: httpx.AsyncClient

    async def import_rows(self, kind: str, rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
        answer = await self.service.post(f"/stations/v1/import/{kind}", json={"rows": list(rows)})
        report: dict[str, Any] = body(answer)
        return report

    async def must_import(self, kind: str, *rows: dict[str, Any]) -> None:
        report = await self.import_rows(kind, rows)
        assert "refused" not in report["counts"], report

    async def get(self, path: str, **params: Any) -> Any:
        return body(await self.service.get(f"/stations/v1/{path}", params=params))

    async def fleet(self, territory_id: str, start: float = 0, end: float = 48) -> dict[str, list[tuple[str, str]]]:
        """Free spans by vehicle."""
        span = {"territory_id": territory_id, "from": hour(start), "to": hour(end)}
        vehicles = (await self.get("fleet", **span))["vehicles"]
        return {row["id"]: [(span["start"], span["end"]) for span in row["available"]] for row in vehicles}

    async def hold(
        self, territory: str, epoch: int, *lines: dict[str, Any], lifetime_s: int = 600
    ) -> dict[str, str | None]:
        """Holds the lines; the reason of refusal by line, None where it is held."""
        asked = {"lines": list(lines), "lifetime_s": lifetime_s}
        answer = body(await self.service.put(f"/stations/v1/holds/{territory}/{epoch}", json=asked))
        return {line["line"]: line["reason"] for line in answer["lines"]}

    async def publish(self, territory: str, epoch: int, *lines: dict[str, Any]) -> None:
        """What the feed does with dispatch's plan.published."""
        listed = [
            VehicleLine.model_validate({"start": line["from"], "end": line["to"]} | _without(line, "from", "to"))
            for line in lines
        ]
        plan = PlanPublished(territory_id=territory, epoch=epoch, stock=[], vehicles=listed)
        async with self.context.db.transaction() as tx:
            await published.take_in(tx, plan, clock=self.context.clock, actor="service:dispatch")

    async def step(
        self, order_id: str, vehicle_id: str, step: Any, *, case_id: str, kilometres: int | None = None
    ) -> None:
        """What the feed does with a driver's step."""
        message = ReplacementStepTaken(
            order_id=order_id,
            case_id=case_id,
            vehicle_id=vehicle_id,
            territory_id="T1",
            step=step,
            kilometres=kilometres,
        )
        async with self.context.db.transaction() as tx:
            await bank.take_step(tx, message, at=this_hour(), actor="partner:driver")

    async def told(self, kind: str) -> list[dict[str, Any]]:
        """Payloads of the journal's rows of this kind, in order."""
        async with self.context.db.read() as tx:
            rows = await tx.execute(
                text('SELECT payload FROM journal WHERE kind = :kind ORDER BY "row"'), {"kind": kind}
            )
            return [row.payload for row in rows]


def _without(row: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in names}


def line(name: str, order_id: str, vehicle_id: str = "V1", start: float = 1, end: float = 5) -> dict[str, Any]:
    """One vehicle line of a plan, in hours from now."""
    return {"line": name, "order_id": order_id, "vehicle_id": vehicle_id, "from": hour(start), "to": hour(end)}


def vehicle(vehicle_id: str, **given: Any) -> dict[str, Any]:
    made = {"partner_id": "P1", "branch_id": "B1", "plate": f"鲁A{vehicle_id}", "vehicle_class": "tractor", **AT}
    made |= {"couplings": ["kingpin-50"], "max_mass_kg": 30_000, "base_fen": 80_000, "fen_per_km": 700}
    return {"vehicle_id": vehicle_id, **made, **given}


def engineer(engineer_id: str, station_id: str = "S1", **given: Any) -> dict[str, Any]:
    made = {
        "name": "张伟",
        "phone": "13900000000",
        "van_place_id": f"VAN-{engineer_id}",
        "skills": {"engine": 3},
        **HOME,
    }
    made |= {"labour_fen_per_hour": 6_000, "overtime_fen_per_hour": 9_000, "certificates": {}, "brands": ["RC-TRUCK"]}
    return {"engineer_id": engineer_id, "station_id": station_id, **made, **given}


@pytest.fixture(autouse=True)
def _one_day() -> None:
    """A test begins and ends on one day."""
    days.begin()


@pytest.fixture
async def stations(settings: Settings) -> AsyncIterator[Stations]:
    assembly = Assembly(settings=settings, names=["accounts", "stations"], clock=SystemClock())
    async with assembly.serving():
        system = System(assembly=assembly, service=None)  # type: ignore[arg-type]
        token = service_token(service="tests", secret=settings.shared_secret, now=assembly.clock.now())
        system.service = system.client(token)
        running = Stations(system, assembly.contexts["stations"], system.service)
        await seed(running)
        yield running
        await system.close()


async def seed(stations: Stations) -> None:
    """Two branches, three territories with a station and an engineer each, two vehicles of one partner."""
    named = {"name_zh": "名", "name_en": "name"}
    await stations.must_import("branches", *({"branch_id": branch, **named, **AT} for branch in ("B1", "B2")))
    territories = (("T1", "B1"), ("T2", "B1"), ("T3", "B2"))
    await stations.must_import(
        "territories", *({"territory_id": one, "branch_id": branch, **named} for one, branch in territories)
    )
    graded = {"level": 1, "grade": "AAA", "brands": ["RC-TRUCK"], "capabilities": ["breakdown"]}
    homes = (("S1", "T1"), ("S2", "T2"), ("S3", "T3"))
    await stations.must_import(
        "stations", *({"station_id": one, "territory_id": home, **named, **graded, **AT} for one, home in homes)
    )
    await stations.must_import("engineers", engineer("E1"), engineer("E2", "S2"), engineer("E3", "S3"))
    await stations.must_import("partners", {"partner_id": "P1", "branch_id": "B1", "name": "物流"})
    await stations.must_import("vehicles", vehicle("V1"), vehicle("V2"))


@pytest.fixture
def order() -> str:
    return new_id()
