"""Parts (and accounts, for tokens) on a real database, with two territories of two branches and a small catalogue.

After every test all figures are derived again from the ledger and from the claims.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from sqlalchemy import select, text

from kit.auth import service_token
from kit.clock import SystemClock
from kit.context import Context
from kit.ids import new_id
from kit.settings import Settings
from services.assembly import Assembly
from services.messages import LackedLine, PlanPublished, StockLine
from services.parts.store import claims, shelves
from services.parts.tables import stock
from services.parts.use_cases import plans
from tests import days
from tests.parts import derived
from tests.running import System, body

PARTS = ("PUMP", "SENSOR", "FILTER", "VALVE")
PLACES = (
    {"place_id": "CENTRAL", "kind": "depot", "name": "central"},
    {"place_id": "D-T1", "kind": "depot", "territory_id": "T1", "name": "depot of T1"},
    {"place_id": "D-T2", "kind": "depot", "territory_id": "T2", "name": "depot of T2"},
    {"place_id": "SHELF-S1", "kind": "station", "territory_id": "T1", "station_id": "S1", "name": "shelf"},
    {"place_id": "VAN-E1", "kind": "van", "territory_id": "T1", "engineer_id": "E1", "station_id": "S1", "name": "van"},
    {"place_id": "VAN-E2", "kind": "van", "territory_id": "T2", "engineer_id": "E2", "station_id": "S2", "name": "van"},
)


@dataclass
class Parts:
    """A running parts service. `service` may do what the other services may."""

    system: System
    context: Context
    service: httpx.AsyncClient

    async def import_rows(self, kind: str, rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
        report: dict[str, Any] = body(await self.service.post(f"/parts/v1/import/{kind}", json={"rows": list(rows)}))
        return report

    async def stock(self, place_id: str, part: str, quantity: int) -> None:
        report = await self.import_rows("stock", [{"place_id": place_id, "part": part, "quantity": quantity}])
        assert report["rows"][0]["status"] in ("created", "updated", "unchanged"), report

    async def shelf(self, place_id: str, part: str) -> tuple[int, int]:
        """Pieces on hand and claimed, as stored."""
        async with self.context.db.read() as tx:
            query = select(stock).where((stock.c.place_id == place_id) & (stock.c.part == part))
            row = (await tx.execute(query)).one()
            return row.on_hand, row.claimed

    async def hold(
        self, territory: str, epoch: int, *lines: dict[str, Any], lifetime_s: int = 600
    ) -> dict[str, str | None]:
        """Holds the lines; the reason of refusal by line, None where it is held."""
        asked = {"lines": [{"source": "pickup", **line} for line in lines], "lifetime_s": lifetime_s}
        answer = body(await self.service.put(f"/parts/v1/holds/{territory}/{epoch}", json=asked))
        return {line["line"]: line["reason"] for line in answer["lines"]}

    async def publish(
        self, territory: str, epoch: int, *lines: dict[str, Any], lacked: Sequence[LackedLine] = ()
    ) -> None:
        """What the feed does with dispatch's plan.published."""
        listed = [StockLine(**{"source": "pickup", "engineer_id": "E1", **line}) for line in lines]
        plan = PlanPublished(territory_id=territory, epoch=epoch, stock=listed, vehicles=[], lacked=list(lacked))
        async with self.context.db.transaction() as tx:
            await plans.publish(tx, plan, clock=self.context.clock, actor="service:dispatch")

    async def told(self, kind: str) -> list[dict[str, Any]]:
        """Payloads of the journal's rows of this kind, in order."""
        async with self.context.db.read() as tx:
            rows = await tx.execute(
                text('SELECT payload FROM journal WHERE kind = :kind ORDER BY "row"'), {"kind": kind}
            )
            return [row.payload for row in rows]

    async def verify(self) -> None:
        """Every figure is what the ledger bears out (`derived`), and what is claimed is what the claims say."""
        async with self.context.db.transaction() as tx:
            assert await derived.disagreements(tx) == {}
            rows = (await tx.execute(select(stock.c.place_id, stock.c.part))).all()
            # An hour back: expired holds are still claims until the sweeper has been there.
            long_ago = self.context.clock.now().replace(year=2000)
            keys = {(row.place_id, row.part) for row in rows}
            found = await shelves.lock(tx, keys, now=long_ago)
            for key, shelf in found.by_key.items():
                assert shelf.claimed() == found.balances[key][1], key
                assert 0 <= shelf.claimed() <= shelf.on_hand, key
            await tx.rollback()


@pytest.fixture(autouse=True)
def _one_day() -> None:
    """A test begins and ends on one day."""
    days.begin()


@pytest.fixture
async def parts(settings: Settings) -> AsyncIterator[Parts]:
    assembly = Assembly(settings=settings, names=["accounts", "parts"], clock=SystemClock())
    async with assembly.serving():
        system = System(assembly=assembly, service=None)  # type: ignore[arg-type]
        token = service_token(service="tests", secret=settings.shared_secret, now=assembly.clock.now())
        system.service = system.client(token)
        running = Parts(system, assembly.contexts["parts"], system.service)
        await seed(running)
        yield running
        await running.verify()
        await system.close()


async def seed(parts: Parts) -> None:
    """A small catalogue, its places, and two territories of two branches."""
    made = {"unit_cost_fen": 12_000, "weight_g": 800, "vmrs_system": "045"}
    await parts.import_rows("parts", [{"part": part, "name_zh": "件", "name_en": part, **made} for part in PARTS])
    place = {"lon": 117.0, "lat": 36.65, "datum": "WGS-84"}
    await parts.import_rows("places", [{**row, **place} for row in PLACES])
    async with parts.context.db.transaction() as tx:
        await claims.set_branch(tx, "T1", "B1")
        await claims.set_branch(tx, "T2", "B2")


def line(name: str, order_id: str, part: str = "PUMP", quantity: int = 1, place_id: str = "CENTRAL") -> dict[str, Any]:
    """One line of a plan."""
    return {"line": name, "order_id": order_id, "part": part, "quantity": quantity, "place_id": place_id}


@pytest.fixture
def order() -> str:
    return new_id()
