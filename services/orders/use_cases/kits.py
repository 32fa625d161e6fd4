"""The kit as an order keeps it."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from services.orders.domain.faults import KitLine


def kit_rows(kit: Sequence[KitLine]) -> list[dict[str, Any]]:
    """Lines numbered from 1."""
    return [{"line": f"{index}", **asdict(line)} for index, line in enumerate(kit, 1)]


def kit_of(rows: Sequence[dict[str, Any]]) -> list[KitLine]:
    return [KitLine(line["part"], line["quantity"], line["probability"]) for line in rows]
