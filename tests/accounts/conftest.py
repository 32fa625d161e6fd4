"""Accounts alone, on a real database, with a clock that tests can move."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from kit.auth import service_token
from kit.settings import Settings
from services.assembly import Assembly
from tests.running import System, body, eventually

PASSWORD = "correct horse battery"


@dataclass
class MovableClock:
    """Stands still until it is moved."""

    instant: datetime = field(default_factory=lambda: datetime.now(UTC))

    def now(self) -> datetime:
        return self.instant

    def move(self, **by: float) -> None:
        self.instant += timedelta(**by)


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock()


@pytest.fixture
async def accounts(settings: Settings, clock: MovableClock) -> AsyncIterator[System]:
    """A running accounts service without people."""
    assembly = Assembly(settings=settings, names=["accounts"], clock=clock)
    async with assembly.serving():
        system = System(assembly=assembly, service=None)  # type: ignore[arg-type]
        system.service = system.client(service_token(service="tests", secret=settings.shared_secret, now=clock.now()))
        yield system
        await system.close()


@pytest.fixture
async def admin(accounts: System, settings: Settings) -> httpx.AsyncClient:
    """The first admin, made with the first-run token."""
    file = settings.data / "first-run-token"

    async def token_is_there() -> bool:
        return file.exists()

    await eventually(token_is_there, bool, within_s=30)
    first = {"token": file.read_text(), "name": "First", "login": "first", "password": PASSWORD}
    made = await accounts.client(None).post("/accounts/v1/first-run", json=first)
    return accounts.client(body(made, 201)["access_token"])
