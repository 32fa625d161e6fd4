"""Experts of head office and of stations, trainers of the branches, and the tools that must be calibrated."""

from datetime import date, timedelta
from random import Random
from typing import Any

from demo import words
from demo.people import PROFILES
from demo.stations import Layout

Row = dict[str, Any]
HEAD_OFFICE_EXPERTS = 10
EXPERT_LEVEL = 5
TOOLS = (("DIAG", "诊断仪"), ("TORQ", "大扭矩扳手"), ("PRES", "共轨压力测试仪"))
GOOD_FOR_DAYS = (-20, 360)
"""Some calibrations are over already: somebody must see to it."""


def resource_rows(layout: Layout, rng: Random, today: date) -> list[Row]:
    """An expert joins two orders at once by video; a trainer and a tool serve one."""
    skills = sorted({skill for profile in PROFILES for skill in profile})
    rows = [_expert(f"EXP-HQ{number:02}", None, None, skills, rng) for number in range(1, HEAD_OFFICE_EXPERTS + 1)]
    for branch in layout.branches:
        rows.append(_row(f"TRN-{branch.branch_id}", "trainer", branch.branch_id, None, words.person(rng)))
    for territory in layout.territories:
        for station in territory.stations:
            if station.grade == "AAA":
                where = territory.branch_id, station.station_id
                rows.append(_expert(f"EXP-{station.station_id}", *where, skills, rng))
            for code, name in TOOLS[: 4 - station.level]:
                until = today + timedelta(days=rng.randint(*GOOD_FOR_DAYS))
                tool = _row(f"{code}-{station.station_id}", "tool", territory.branch_id, station.station_id, name)
                rows.append(tool | {"calibrated_until": until.isoformat()})
    return rows


def _expert(resource_id: str, branch_id: str | None, station_id: str | None, skills: list[str], rng: Random) -> Row:
    known = dict.fromkeys(sorted(rng.sample(skills, min(2, len(skills)))), EXPERT_LEVEL)
    row = _row(resource_id, "expert", branch_id, station_id, words.person(rng))
    return row | {"skills": known, "seats": 2}


def _row(resource_id: str, kind: str, branch_id: str | None, station_id: str | None, name: str) -> Row:
    row = {"resource_id": resource_id, "kind": kind, "branch_id": branch_id, "station_id": station_id, "name": name}
    return row | {"skills": {}, "seats": 1, "calibrated_until": None}
