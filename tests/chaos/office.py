"""Who works in the office while everything is shaken: a hotline that calls come in at, and a dispatcher."""

import asyncio
import random
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import httpx

from kit.auth import service_token
from kit.clock import SystemClock
from kit.ids import new_id
from tests.chaos.network import SECRET, report
from tests.chaos.phones import REQUEST_DEADLINE_S, Progress, asked

Json = dict[str, Any]
CREATED, REFUSED = 201, (404, 409, 412)
"""An override that is made; one that is not possible, or that somebody was faster than."""
OPEN = ("planned", "dispatched", "acknowledged")


@dataclass
class Hotline:
    """Another system that reports breakdowns, each under a key of its own, until it is answered."""

    address: str
    trucks: list[str]
    random: random.Random
    every_s: float
    orders: dict[str, str] = field(default_factory=dict)
    """Order id by serial, as acknowledged."""
    idle: bool = True

    async def live(self) -> None:
        """Report one machine after the other until cancelled."""
        async with httpx.AsyncClient(base_url=self.address, timeout=REQUEST_DEADLINE_S) as client:
            for serial in self.trucks:
                key, self.idle = new_id(), False
                while (order := await self._report(client, serial, key)) is None:  # noqa: ASYNC110 - nobody tells
                    await asyncio.sleep(self.random.uniform(0.1, 0.4))
                self.orders[serial] = order["id"]
                self.idle = True
                await asyncio.sleep(self.every_s)

    async def _report(self, client: httpx.AsyncClient, serial: str, key: str) -> Json | None:
        headers = _signed() | {"Idempotency-Key": key}
        order: Json | None = await asked(client, "POST", "/orders/v1/orders", json=report(serial), headers=headers)
        return order


@dataclass
class Dispatcher:
    """Knows better than the plan of territory W: gives each of its orders to another engineer, once."""

    address: str
    engineers: Sequence[str]
    random: random.Random
    every_s: float
    progress: Progress
    decided: dict[str, Json] = field(default_factory=dict)
    """What was acknowledged, by order."""
    idle: bool = True

    async def live(self) -> None:
        """Decide while there is work, until cancelled."""
        async with httpx.AsyncClient(base_url=self.address, timeout=REQUEST_DEADLINE_S) as client:
            while True:
                await asyncio.sleep(self.every_s)
                if self.progress.telling:
                    self.idle = False
                    await self._look(client)
                    self.idle = True

    async def _look(self, client: httpx.AsyncClient) -> None:
        plan = await asked(client, "GET", "/dispatch/v1/territories/W/plan", headers=_signed())
        where = {"territory_id": "W", "limit": 200}
        page = await asked(client, "GET", "/dispatch/v1/appointments", params=where, headers=_signed())
        if plan is None or page is None:
            return
        open_ones = [one for one in page["items"] if one["state"] in OPEN and one["order_id"] not in self.decided]
        if open_ones:
            chosen = self.random.choice(open_ones)
            other = self.random.choice([name for name in self.engineers if name != chosen["engineer_id"]])
            wish = {"engineer_id": other, "pin": "resource", "reason": f"knows better {new_id()}"}
            if await self._decide(client, chosen["order_id"], wish, plan["epoch"]):
                self.decided[chosen["order_id"]] = wish

    async def _decide(self, client: httpx.AsyncClient, order_id: str, wish: Json, epoch: int) -> bool:
        """Whether it was done. Without an answer the order itself must say it."""
        path, headers = f"/dispatch/v1/orders/{order_id}/override", _signed() | {"If-Match": f'"{epoch}"'}
        with suppress(httpx.HTTPError):
            answer = await client.post(f"{path}s", json=wish, headers=headers)
            if answer.status_code in (CREATED, *REFUSED):
                return answer.status_code == CREATED
            assert answer.status_code >= 500, answer.text[:500]
        while True:
            with suppress(httpx.HTTPError):
                found = await client.get(path, headers=_signed())
                if found.status_code in (200, 404):
                    return found.is_success and found.json()["reason"] == wish["reason"]
            await asyncio.sleep(self.random.uniform(0.1, 0.4))


def _signed() -> dict[str, str]:
    token = service_token(service="chaos", secret=SECRET, now=SystemClock().now())
    return {"Authorization": f"Bearer {token}"}
