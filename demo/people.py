"""Service engineers: what they can do, where they live, when they work."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from demo import words
from demo.geography import Ground, kilometres
from demo.sizes import apportion
from demo.stations import BRANDS, Layout, Station, Territory

Row = dict[str, Any]
ZONE = ZoneInfo("Asia/Shanghai")
SHIFT_DAYS = 5
HOME_WITHIN_KM = 12.0
NIGHT_SHARE = 6
"""Every sixth engineer works nights; everyone rests one day in seven."""

PROFILES: tuple[dict[str, int], ...] = (
    {"engine": 3, "aftertreatment": 3, "electrical": 2, "brakes": 2, "chassis": 2},
    {"transmission": 3, "chassis": 3, "brakes": 3, "engine": 2},
    {"hydraulics": 3, "engine": 3, "electrical": 2, "chassis": 2},
    {"engine": 4, "aftertreatment": 3, "transmission": 2, "software": 2},
    {"electrical": 3, "software": 3, "aftertreatment": 2, "engine": 2},
    {"brakes": 3, "chassis": 3, "electrical": 2, "engine": 2, "transmission": 2},
)
"""Skills and usual levels of the trades, dealt in turn; the first of each trade in a territory is its master."""
MASTER_EXTRA = 2
HIGHEST_LEVEL = 5
CERTIFICATES = ("electrician", "welder", "work-at-height", "hazardous-cargo")
LABOUR_FEN_PER_HOUR = {1: 6000, 2: 6000, 3: 8000, 4: 10000, 5: 12000}


@dataclass(frozen=True)
class Engineer:
    """An engineer as stock and tests need it; `row` is the row of the import."""

    engineer_id: str
    station: Station
    territory_id: str
    skills: dict[str, int]
    van_place_id: str
    home: tuple[float, float]
    row: Row


def hire(layout: Layout, ground: Ground, rng: Random, today: date) -> list[Engineer]:
    """The engineers of every station; a larger station has more, and each has at least one."""
    engineers: list[Engineer] = []
    numbers = {branch.branch_id: 0 for branch in layout.branches}
    for territory in layout.territories:
        counts = apportion(territory.engineers, [4 - s.level for s in territory.stations], least=1)
        posts = [s for s, count in zip(territory.stations, counts, strict=True) for _ in range(count)]
        for turn, station in enumerate(rng.sample(posts, len(posts))):
            numbers[territory.branch_id] += 1
            engineer_id = f"{territory.branch_id}-E{numbers[territory.branch_id]:04}"
            phone = words.phone(len(engineers) + 1)
            engineers.append(_engineer(engineer_id, phone, territory, station, turn, ground, rng, today))
    return engineers


def _engineer(
    engineer_id: str,
    phone: str,
    territory: Territory,
    station: Station,
    turn: int,
    ground: Ground,
    rng: Random,
    today: date,
) -> Engineer:
    skills = _skills(turn, rng)
    home = _home(ground, territory, station, rng)
    price = LABOUR_FEN_PER_HOUR[max(skills.values())]
    certificates = rng.sample(CERTIFICATES, rng.choice((0, 1, 1, 2)))
    row = {
        "engineer_id": engineer_id,
        "station_id": station.station_id,
        "name": words.person(rng),
        "phone": phone,
        "home_lon": home[0],
        "home_lat": home[1],
        "datum": "WGS-84",
        "van_place_id": f"VAN-{engineer_id}",
        "skills": skills,
        "certificates": {name: (today + timedelta(days=rng.randint(-20, 700))).isoformat() for name in certificates},
        "brands": _brands(station, skills, is_master=turn < len(PROFILES)),
        "labour_fen_per_hour": price,
        "overtime_fen_per_hour": price * 3 // 2,
    }
    return Engineer(engineer_id, station, territory.territory_id, skills, f"VAN-{engineer_id}", home, row)


def _skills(turn: int, rng: Random) -> dict[str, int]:
    profile = PROFILES[turn % len(PROFILES)]
    if turn < len(PROFILES):
        return {skill: min(level + MASTER_EXTRA, HIGHEST_LEVEL) for skill, level in profile.items()}
    return {skill: max(1, min(level + rng.choice((-1, 0, 0, 1)), HIGHEST_LEVEL)) for skill, level in profile.items()}


def _brands(station: Station, skills: dict[str, int], *, is_master: bool) -> list[str]:
    """A master is authorised for every brand, hydraulics is the trade of machines, the others follow their station."""
    if is_master:
        return BRANDS["AAA"]
    return ["RC-MACH", "RC-ENGINE"] if "hydraulics" in skills else station.brands


def trades(engineers: Sequence[Engineer]) -> dict[str, set[str]]:
    """Brands that the engineers of each station are authorised for."""
    found: dict[str, set[str]] = {}
    for engineer in engineers:
        found.setdefault(engineer.station.station_id, set()).update(engineer.row["brands"])
    return found


def _home(ground: Ground, territory: Territory, station: Station, rng: Random) -> tuple[float, float]:
    places = ground.roads.nodes[territory.nodes]
    near = kilometres(places[:, 0], places[:, 1], station.site.lon, station.site.lat) <= HOME_WITHIN_KM
    lon, lat = places[near][rng.randrange(int(near.sum()))].tolist()
    return lon, lat


def shift_rows(engineers: list[Engineer], now: datetime) -> list[Row]:
    """Ten hours by day (08-18) or night (20-06) with two hours of overtime allowed, for SHIFT_DAYS days from now.

    Only shifts that end after now are written.
    """
    first = now.astimezone(ZONE).date() - timedelta(days=1)
    rows = []
    for at, engineer in enumerate(engineers):
        begins = time(20) if at % NIGHT_SHARE == NIGHT_SHARE - 1 else time(8)
        for offset in range(SHIFT_DAYS + 1):
            day = first + timedelta(days=offset)
            start = datetime.combine(day, begins, ZONE)
            end = start + timedelta(hours=10)
            if (day.toordinal() + at) % 7 != 0 and end > now:
                rows.append(
                    {
                        "engineer_id": engineer.engineer_id,
                        "start": start.isoformat(),
                        "end": end.isoformat(),
                        "overtime_until": (end + timedelta(hours=2)).isoformat(),
                    }
                )
    return rows


def absence_rows(engineers: list[Engineer], rng: Random, now: datetime) -> list[Row]:
    """One engineer in fifty is away for a day or two."""
    midnight = datetime.combine(now.astimezone(ZONE).date(), time(0), ZONE)
    rows = []
    for engineer in rng.sample(engineers, len(engineers) // 50):
        start = midnight + timedelta(days=rng.randint(0, SHIFT_DAYS - 1))
        rows.append(
            {
                "engineer_id": engineer.engineer_id,
                "start": start.isoformat(),
                "end": (start + timedelta(days=rng.randint(1, 2))).isoformat(),
                "reason": rng.choice(("年假 leave", "培训 training", "病假 sick")),
            }
        )
    return rows
