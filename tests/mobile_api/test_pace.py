"""A phone that brings days at once is answered unhurriedly, everybody else at once."""

import asyncio
from typing import Any

import pytest

from mobile_api.api import pace
from tests.mobile_api.conftest import Phone


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long answers waited, in seconds; they do not wait here."""
    asked: list[float] = []

    class Recorded:
        get_running_loop = staticmethod(asyncio.get_running_loop)

        @staticmethod
        async def sleep(seconds: float) -> None:
            asked.append(seconds)

    monkeypatch.setattr(pace, "asyncio", Recorded)
    return asked


@pytest.mark.parametrize(("count", "waits"), [(pace.MANY - 1, 0), (pace.MANY, 1)])
async def test_a_batch_of_many_waits_as_long_as_its_work_took(
    phone: Phone, visit: dict[str, Any], pauses: list[float], count: int, waits: int
) -> None:
    await phone.send(*(phone.operation("break_started", visit) for _ in range(count)))
    assert len(pauses) == waits
    assert all(0 < pause <= pace.LONGEST_S for pause in pauses)


async def test_it_waits_no_longer_than_a_second(pauses: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pace, "LONGEST_S", 0.01)
    async with pace.unhurried():
        await asyncio.sleep(0.02)
    assert pauses == [0.01]
