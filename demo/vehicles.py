"""The bank of replacement vehicles: partners of each branch and what they can send."""

from datetime import datetime, timedelta
from random import Random
from typing import Any

from demo import words
from demo.geography import Ground
from demo.people import ZONE
from demo.stations import Layout, Territory

Row = dict[str, Any]
ORDERS_PER_VEHICLE = 15
PARTNERS_PER_TERRITORY = 2
CLASSES = ("tractor", "rigid", "tipper", "mixer"), (72, 14, 9, 5)
COUPLINGS = (["kingpin-50"], ["kingpin-50", "kingpin-90"], ["kingpin-90"]), (6, 3, 1)
"""Kingpins by diameter: the usual 50 mm and the 90 mm of heavy loads."""
MAX_MASS_KG = {
    "tractor": (28_000, 34_000),
    "rigid": (12_000, 18_000),
    "tipper": (18_000, 25_000),
    "mixer": (16_000, 20_000),
}


def partner_rows(layout: Layout, rng: Random, now: datetime) -> list[Row]:
    """Local carriers under contract, two for every territory; the id begins with the territory's."""
    today = now.astimezone(ZONE).date()
    rows: list[Row] = []
    for territory in layout.territories:
        for number in range(PARTNERS_PER_TERRITORY):
            city = rng.choice(territory.stations).site.city
            rows.append(
                {
                    "partner_id": f"{territory.territory_id}-P{number + 1}",
                    "branch_id": territory.branch_id,
                    "name": words.firm(rng, city.name_zh, city.name_en, words.CARRIERS),
                    "phone": words.phone(70_000_000 + len(rows)),
                    "contract_from": (today - timedelta(days=rng.randint(30, 300))).isoformat(),
                    "contract_until": (today + timedelta(days=rng.randint(60, 600))).isoformat(),
                }
            )
    return rows


def vehicle_rows(layout: Layout, ground: Ground, rng: Random, now: datetime) -> list[Row]:
    """One vehicle per fifteen orders, standing near the territory's stations."""
    plates = {branch.branch_id: branch.plate for branch in layout.branches}
    rows: list[Row] = []
    for territory in layout.territories:
        for _ in range(max(3, territory.orders // ORDERS_PER_VEHICLE)):
            number = len(rows) + 1
            plate = words.plate(plates[territory.branch_id], 200_000 + number)
            rows.append(_vehicle(number, plate, territory, ground, rng, now))
    return rows


def plate_limit_rows(layout: Layout) -> list[Row]:
    """In the largest city of each branch, plates with two of the digits stay on each working day."""
    rows: list[Row] = []
    for branch in layout.branches:
        mine = [one for one in layout.territories if one.branch_id == branch.branch_id]
        city = max((station.site.city for one in mine for station in one.stations), key=lambda city: city.population)
        for weekday, digits in enumerate(("16", "27", "38", "49", "50"), start=1):
            place = {"lon": city.lon, "lat": city.lat, "datum": "WGS-84", "radius_km": 15.0}
            named = {"limit_id": f"{branch.branch_id}-LIMIT{weekday}", "name": city.name_zh}
            rows.append({**named, **place, "weekday": weekday, "digits": digits, "opens": "07:00", "closes": "20:00"})
    return rows


def _vehicle(number: int, plate: str, territory: Territory, ground: Ground, rng: Random, now: datetime) -> Row:
    vehicle_class = rng.choices(*CLASSES)[0]
    lon, lat = ground.roads.nodes[territory.nodes[rng.randrange(len(territory.nodes))]].tolist()
    start = now.astimezone(ZONE).replace(minute=0, second=0, microsecond=0) - timedelta(hours=rng.randint(1, 12))
    return {
        "vehicle_id": f"{territory.branch_id}-V{number:05}",
        "partner_id": f"{territory.territory_id}-P{rng.randint(1, PARTNERS_PER_TERRITORY)}",
        "branch_id": territory.branch_id,
        "plate": plate,
        "vehicle_class": vehicle_class,
        "couplings": rng.choices(*COUPLINGS)[0] if vehicle_class == "tractor" else [],
        "max_mass_kg": rng.randrange(*MAX_MASS_KG[vehicle_class], 500),
        "hazard_allowed": rng.random() < 0.15,
        "lon": lon,
        "lat": lat,
        "datum": "WGS-84",
        "base_fen": rng.randrange(60_000, 160_000, 5_000),
        "fen_per_km": rng.randrange(550, 950, 10),
        "available_from": start.isoformat(),
        "available_until": (start + timedelta(days=rng.randint(5, 30))).isoformat(),
    }
