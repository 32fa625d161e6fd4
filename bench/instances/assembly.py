"""One instance: a problem document by size and seed, the same for ever, and its digest to prove it."""

import hashlib
import json
from pathlib import Path
from typing import Any

from services.dispatch.documents import ProblemDocument
from services.dispatch.documents.travel import Travel
from services.dispatch.solver.dice import Dice

from .draws import DAY, HOUR
from .ground import ground, ways
from .history import lived
from .orders import orders
from .resources import NOW, depots, engineers, vehicles
from .sizes import SEEDS, SIZES, Size
from .territories import blocks, deliver_nearby

FROZEN = Path(__file__).with_name("frozen.json")
"""Digests by instance. A change of the generator that changes an instance is a new instance, not this one."""

PRICE = {
    "travel_fen_per_hour": 6_000,
    "distance_fen_per_km": 120,
    "labour_fen_per_hour": 1_500,
    "overtime_fen_per_hour": 9_000,
    "skill_excess_fen_per_level": 500,
    "second_visit_fen": 80_000,
    "change_engineer_fen": 8_000,
    "change_time_fen": 2_000,
}


def names() -> list[str]:
    """Every frozen instance, `size/seed`."""
    return [f"{size.name}/{seed}" for size in SIZES.values() for seed in (SEEDS if size.history else SEEDS[:1])]


def instance(name: str) -> ProblemDocument:
    """The problem document of `size/seed`; any seed from 1 on makes one, those of `names()` are frozen."""
    size, seed = name.split("/")
    return _document(SIZES[size], int(seed))


def digest(document: ProblemDocument) -> str:
    """SHA-256 over everything that the document states, matrices included; new members of the format change nothing."""
    assert document.travel is not None  # noqa: S101 (every instance has it)
    rest = document.model_dump(mode="json", exclude={"travel"}, exclude_unset=True)
    found = hashlib.sha256(json.dumps(rest, sort_keys=True).encode())
    matrices = [(document.travel.seconds, document.travel.metres)]
    for seconds, metres in matrices + [(block.seconds, block.metres) for block in document.travel.blocks]:
        found.update(seconds.tobytes())
        found.update(metres.tobytes())
    return found.hexdigest()


def frozen() -> dict[str, str]:
    """Digests by instance, as committed."""
    found: dict[str, str] = json.loads(FROZEN.read_text())
    return found


def _document(size: Size, seed: int) -> ProblemDocument:
    dice = Dice(seed * 1000 + size.orders)
    area = ground(size, seed, dice)
    places = area.named()
    people = engineers(size, area, dice)
    work = orders(size, area, people, dice)
    if size.territories > 1:
        travel, work = Travel(blocks=blocks(area, size.territories)), deliver_nearby(work, area)
    else:
        seconds, metres = ways(list(places.values()))
        travel = Travel(seconds=seconds, metres=metres)
    if size.history:
        rows = {place: row for row, place in enumerate(places)}
        work = lived(work, people, rows, travel.seconds, dice)
    document: dict[str, Any] = {
        "version": "roadcall-problem/1",
        "origin": "2026-03-02T00:00:00+08:00",
        "horizon": {"start": NOW, "end": size.days * DAY + 10 * HOUR},
        "price": PRICE,
        "places": [{"id": name, "lon": lon, "lat": lat} for name, (lon, lat) in places.items()],
        "travel": travel,
        "engineers": people,
        "depots": depots(size, area, dice),
        "orders": work,
        "replacement_vehicles": vehicles(size, area, dice),
    }
    return ProblemDocument.model_validate(document)
