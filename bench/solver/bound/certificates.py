"""Tolls that prove a bound, kept so that anybody can check it in seconds: `certificates.json`, by instance."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from services.dispatch.solver.problem import Problem

from .tolls import Tolls

KEPT = Path(__file__).with_name("certificates.json")


def certificate(name: str, problem: Problem) -> Tolls | None:
    """The kept tolls for the instance, None where there are none."""
    kept = _all().get(name)
    if kept is None:
        return None
    pieces = np.zeros(problem.stock.shape, np.int64)
    for place, part, fen in kept["pieces"]:
        pieces[place, part] = fen
    return Tolls(np.array(kept["orders"], np.int64), np.array(kept["vehicles"], np.int64), pieces)


def keep(name: str, tolls: Tolls) -> None:
    """Write the tolls in the place of those that were kept."""
    shelves = [(int(place), int(part), int(tolls.pieces[place, part])) for place, part in np.argwhere(tolls.pieces)]
    entry = {"orders": tolls.orders.tolist(), "vehicles": tolls.vehicles.tolist(), "pieces": shelves}
    lines = [f" {json.dumps(one)}: {json.dumps(kept)}" for one, kept in sorted((_all() | {name: entry}).items())]
    KEPT.write_text("{\n" + ",\n".join(lines) + "\n}\n")


def _all() -> dict[str, Any]:
    return dict(json.loads(KEPT.read_text())) if KEPT.exists() else {}
