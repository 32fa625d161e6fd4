"""Dispatch on a real database, with neighbours that the test makes up."""

from collections.abc import AsyncIterator

import pytest

from kit.settings import Settings
from tests.dispatch.world import Dispatch, World, dispatch_in


@pytest.fixture
async def dispatch(settings: Settings) -> AsyncIterator[Dispatch]:
    async with dispatch_in(World(), settings) as running:
        await running.know("T1", "B1")
        yield running
