"""How services call each other over TCP: what a connection that ends without an answer means."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from kit.client import NeighbourDown, ServiceClient
from kit.clock import SystemClock

pytestmark = pytest.mark.anyio
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ntrue"


@asynccontextmanager
async def neighbour(hangs_up: int) -> AsyncIterator[tuple[ServiceClient, list[str]]]:
    """One that ends its first `hangs_up` connections when it was asked, and the requests that it has read."""
    asked: list[str] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append((await reader.readuntil(b"\r\n\r\n")).decode())
        if len(asked) > hangs_up:
            writer.write(ANSWER)
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    secret: dict[str, Any] = {"secret": "a secret of the tests", "clock": SystemClock()}
    client = ServiceClient(caller="mobile", service="orders", base_url=url, **secret)
    try:
        yield client, asked
    finally:
        await client.close()
        server.close()


async def test_what_may_be_repeated_is_asked_again_at_once() -> None:
    async with neighbour(hangs_up=1) as (client, asked):
        assert await client.get("/orders/v1/orders") is True
        assert len(asked) == 2
    async with neighbour(hangs_up=1) as (client, asked):
        assert await client.post("/orders/v1/orders", idempotency_key="K-1") is True
        assert ["K-1" in request for request in asked] == [True, True]
    async with neighbour(hangs_up=1) as (client, asked):
        assert await client.post("/dispatch/v1/transitions", repeatable=True) is True


async def test_who_hangs_up_twice_is_out_of_reach() -> None:
    async with neighbour(hangs_up=9) as (client, asked):
        with pytest.raises(NeighbourDown):
            await client.get("/orders/v1/orders")
        assert len(asked) == 2


async def test_what_would_count_twice_is_asked_once() -> None:
    async with neighbour(hangs_up=1) as (client, asked):
        with pytest.raises(NeighbourDown):
            await client.post("/orders/v1/orders")
        assert len(asked) == 1
