"""A phone that comes back after 72 hours without signal: all that it wrote down is taken, the others hardly notice."""

import asyncio
import hashlib
import io
import json
import statistics
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import numpy as np
from PIL import Image

from bench.phone.network import SITE, Appointments
from kit.ids import new_id

OPERATIONS, PHOTOS, POINTS, BATCH = 2_000, 50, 20, 100
OTHERS, OTHERS_EVERY_S, BEFORE_S = 20, 0.5, 15.0
"""Enough for a 99th percentile that is not simply the slowest request."""
Json = dict[str, Any]


async def measure(back: httpx.AsyncClient, others: list[httpx.AsyncClient], visits: Appointments) -> dict[str, float]:
    """Seconds until all is taken, and until all has its final answer. `visits` are the phone's own, without arrival.

    What the phone brings is made before: this process times the others as well and must not keep them waiting itself.
    """
    batches, pictures = _batches(_written_down(visits)), [_picture() for _ in range(PHOTOS)]
    cursors = [await _up_to_date(client) for client in others[:OTHERS]]
    mine = await _up_to_date(back)
    quiet: list[float] = []
    async with _working(others, cursors, quiet):
        await asyncio.sleep(BEFORE_S)
    rushed: list[float] = []
    async with _working(others, cursors, rushed):
        began = time.perf_counter()
        await asyncio.gather(_send(back, batches), _upload(back, pictures, visits[0][1]))
        taken_s = time.perf_counter() - began
        await _all_final(back, mine)
        final_s = time.perf_counter() - began
    return {
        "offline_taken_s": round(taken_s, 1),
        "offline_final_s": round(final_s, 1),
        "others_p99_ms_before": round(_p99(quiet), 1),
        "others_p99_ms_meanwhile": round(_p99(rushed), 1),
        "others_p99_ratio": round(_p99(rushed) / _p99(quiet), 2),
    }


async def _all_final(client: httpx.AsyncClient, cursor: str) -> None:
    """Listens as a phone does, until nothing waits any more and everything was heard."""
    while True:
        news = await _news(client, cursor)
        cursor = news["cursor"]
        if not news["waiting"] and not news["more"]:
            return
        if not news["more"]:
            await asyncio.sleep(0.2)


def _written_down(visits: Appointments) -> list[Json]:
    """Three days: an arrival now and then, delays and breaks, and positions most of the time."""
    start = datetime.now(UTC) - timedelta(hours=72)
    arrivals, made = iter(visits), []
    for seq in range(1, OPERATIONS + 1):
        at = start + timedelta(hours=72) * (seq / (OPERATIONS + 1))
        payload: Json = {"points": [_point(at, n) for n in range(POINTS)]}
        about, kind = None, "position"
        if seq % 50 == 0 and (about := next(arrivals, None)) is not None:
            kind, payload = "check_in", {"place": _place(), "accuracy_m": 9.0}
        elif seq % 5 == 0:
            kind, payload = ("break_started" if seq % 10 else "break_ended"), {}
        named = {} if about is None else {"appointment_id": about[0], "order_id": about[1]}
        made.append({"id": new_id(), "seq": seq, "kind": kind, "at": at.isoformat(), "payload": payload, **named})
    return made


def _batches(operations: list[Json]) -> list[bytes]:
    sent = {"device": "offline", "sent_at": datetime.now(UTC).isoformat()}
    parts = [operations[first : first + BATCH] for first in range(0, len(operations), BATCH)]
    return [json.dumps(sent | {"operations": part}).encode() for part in parts]


def _picture() -> bytes:
    picture = io.BytesIO()
    Image.effect_noise((1280, 960), 40).convert("RGB").save(picture, "JPEG", quality=70)
    return picture.getvalue()


async def _send(client: httpx.AsyncClient, batches: list[bytes]) -> None:
    for body in batches:
        answer = await client.post("/mobile/v1/operations", content=body, headers={"Content-Type": "application/json"})
        results = answer.raise_for_status().json()["results"]
        if bad := [result for result in results if result["status"] not in ("applied", "received")]:
            raise SystemExit(f"not taken: {bad[0]}")


async def _upload(client: httpx.AsyncClient, pictures: list[bytes], order_id: str) -> None:
    for content in pictures:
        about = {"X-Operation-Id": new_id(), "X-Order-Id": order_id, "X-Step": "before"}
        headers = {"X-Content-SHA256": hashlib.sha256(content).hexdigest(), "Content-Type": "image/jpeg", **about}
        (await client.post("/mobile/v1/photos", content=content, headers=headers)).raise_for_status()


@asynccontextmanager
async def _working(clients: list[httpx.AsyncClient], cursors: list[str], took: list[float]) -> AsyncIterator[None]:
    """Other phones look at their news at a steady pace inside this block."""

    async def look(client: httpx.AsyncClient, cursor: str, first: float) -> None:
        await asyncio.sleep(first)  # not all at the same moment
        while True:
            began = time.perf_counter()
            await _news(client, cursor)
            took.append((time.perf_counter() - began) * 1000)
            await asyncio.sleep(OTHERS_EVERY_S)

    phones = zip(clients, cursors, np.linspace(0, OTHERS_EVERY_S, OTHERS, endpoint=False).tolist(), strict=False)
    tasks = [asyncio.create_task(look(*phone)) for phone in phones]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _news(client: httpx.AsyncClient, cursor: str | None) -> Json:
    params = {} if cursor is None else {"cursor": cursor}
    news: Json = (await client.get("/mobile/v1/sync", params=params)).raise_for_status().json()
    return news


async def _up_to_date(client: httpx.AsyncClient) -> str:
    news = await _news(client, None)
    while news["more"]:
        news = await _news(client, news["cursor"])
    return str(news["cursor"])


def _place() -> Json:
    return {"lon": SITE[0], "lat": SITE[1], "datum": "WGS-84"}


def _point(at: datetime, n: int) -> Json:
    return _place() | {"at": (at - timedelta(seconds=3 * n)).isoformat()}


def _p99(took: list[float]) -> float:
    return statistics.quantiles(took, n=100)[98]
