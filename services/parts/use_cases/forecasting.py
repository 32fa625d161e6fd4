"""The demand of a month is forecast from what is known when it begins: history, season, fleet, plans of wear."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

import numpy as np
from sqlalchemy import Row

from kit.context import Context
from services.parts import gateways
from services.parts.domain.stock_value import months_back
from services.parts.forecast.choosing import Forecasts, errors, forecast
from services.parts.forecast.drivers import fleet_factor, not_yet_seen, season
from services.parts.forecast.smoothing import METHODS, Floats
from services.parts.store import demand_months as store
from services.parts.use_cases.kpis import ZONE

PERIODS, LEAST_PERIODS = 36, 14
"""Months that a forecast looks back; as many as anything is known of, but so many at least."""
YEARS = 3
LATE_MONTHS = 3
"""Phones report late: so many of the last months are summed again."""
CHUNK = 20_000
NAMES = list(METHODS)
Key = tuple[str, str]
"""Shelf and part."""


@dataclass(frozen=True)
class Known:
    """What a forecast is made from: pieces by month ([series, months], newest last), and what drives them."""

    keys: list[Key]
    demand: Floats
    season: Floats  # of the shape of `demand`
    season_now: Floats  # of the month that is forecast, per series
    ahead: Floats  # per series, by the age of its station's fleet
    wear: dict[Key, float]  # pieces per month that plans expect and the past does not show yet


async def refresh(context: Context, month: date) -> None:
    """Forecast the month that begins on `month` for every shelf, in place of what was said of it before.

    Raises NeighbourDown when nobody knows the fleet.
    """
    first = months_back(month, PERIODS)
    async with context.db.transaction() as tx:
        since = months_back(month, LATE_MONTHS) if await store.any_booked(tx) else first
        await store.book(tx, since=_begin(since), until=_begin(month))
    fleet = await gateways.fleet(context)
    async with context.db.read() as tx:
        rows = await store.history(tx, since=first, until=month)
        wear = await store.wear_between(tx, month, months_back(month, -1))
        shelves, systems = await store.shelves(tx), await store.systems(tx)
    known = await asyncio.to_thread(_known, rows, wear, month, shelves, systems, fleet)
    chunks, result = await asyncio.to_thread(_worked_out, known)
    async with context.db.transaction() as tx:
        await store.replace_forecasts(tx, month, chunks)
        await store.store_run(tx, month, context.clock.now(), result)


def _begin(first: date) -> datetime:
    return datetime.combine(first, time(), ZONE)


def _known(
    rows: Sequence[Row[Any]],
    wear: Sequence[Row[Any]],
    month: date,
    shelves: dict[str, str],
    systems: dict[str, str],
    fleet: gateways.Fleet,
) -> Known:
    known = min((row.month for row in rows), default=month)
    periods = min(PERIODS, max(LEAST_PERIODS, (month.year - known.year) * 12 + month.month - known.month))
    first = months_back(month, periods)
    index: dict[Key, int] = {}
    for row in rows:
        index.setdefault((row.place_id, row.part), len(index))
    demand = np.zeros((len(index), periods))
    for row in rows:
        period = (row.month.year - first.year) * 12 + row.month.month - first.month
        demand[index[row.place_id, row.part], period] = row.pieces
    names = {name: number for number, name in enumerate(sorted({systems.get(part, "") for _, part in index}))}
    group = np.array([names[systems.get(part, "")] for _, part in index], np.int64)
    of_year = (first.month - 1 + np.arange(periods)) % 12
    by_group = season(demand, group, of_year)
    factors = {
        place_id: fleet_factor(fleet.machines.get(station_id, {}), fleet.failures, month.year, back=YEARS)
        for place_id, station_id in shelves.items()
    }
    expected: dict[Key, float] = {}
    for line in wear:
        running = (month.year - line.valid_from.year) * 12 + month.month - line.valid_from.month
        key = (line.place_id, line.part)
        expected[key] = expected.get(key, 0.0) + line.pieces_per_month * not_yet_seen(running)
    return Known(
        keys=list(index),
        demand=demand,
        season=by_group[:, of_year][group],
        season_now=by_group[group, month.month - 1],
        ahead=np.array([factors.get(place_id, 1.0) for place_id, _ in index]),
        wear={key: pieces for key, pieces in expected.items() if pieces > 0},
    )


def _worked_out(known: Known) -> tuple[list[dict[str, list[Any]]], dict[str, Any]]:
    """The rows to store, in chunks, and how well the methods did."""
    chunks: list[dict[str, list[Any]]] = []
    done: list[Forecasts] = []
    for start in range(0, len(known.keys), CHUNK):
        piece = slice(start, start + CHUNK)
        found = forecast(known.demand[piece], known.season[piece], ahead=known.ahead[piece])
        done.append(found)
        chunks.append(_chunk(known, piece, found))
    seen = set(known.keys)
    new = sorted((key, pieces) for key, pieces in known.wear.items() if key not in seen)
    if new:
        rates = [pieces for _, pieces in new]
        places, parts = ([key[end] for key, _ in new] for end in (0, 1))
        named = {"places": places, "parts": parts, "methods": ["plan"] * len(new)}
        chunks.append(named | {"rates": rates, "expected": rates, "dispersions": [1.0] * len(new)})
    return chunks, _judged(done) | {"series": len(known.keys), "planned": len(known.wear)}


def _chunk(known: Known, piece: slice, found: Forecasts) -> dict[str, list[Any]]:
    keys = known.keys[piece]
    wear = np.array([known.wear.get(key, 0.0) for key in keys])
    return {
        "places": [place_id for place_id, _ in keys],
        "parts": [part for _, part in keys],
        "methods": [NAMES[method] for method in found.method.tolist()],
        "rates": (found.rate + wear).tolist(),
        "expected": (found.rate * known.season_now[piece] + wear).tolist(),
        "dispersions": found.dispersion.tolist(),
    }


def _judged(done: Sequence[Forecasts]) -> dict[str, Any]:
    """Errors of the judged months, of the chosen methods and of the naive one; and how often each was chosen."""
    if not done:
        return {"chosen": errors(np.zeros(0), np.zeros(0)), "naive": errors(np.zeros(0), np.zeros(0)), "methods": {}}
    past, naive, true = (np.concatenate([getattr(one, name) for one in done]) for name in ("past", "naive", "true"))
    counts = np.bincount(np.concatenate([one.method for one in done]), minlength=len(NAMES))
    methods = dict(zip(NAMES, counts.tolist(), strict=True))
    return {"chosen": errors(past, true), "naive": errors(naive, true), "methods": methods}
