"""Customers and their machines, each with the configuration that was built and a named station."""

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Any

from demo import words
from demo.sites import Roadside
from demo.stations import Layout, Station, Territory

Row = dict[str, Any]
ASSETS_PER_ORDER = 1.5
ORDERS_PER_CUSTOMER = 8
TIERS = ("platinum", "gold", "standard"), (5, 20, 75)
PRODUCTS = {"tractor": 52, "tipper": 10, "mixer": 6, "excavator": 12, "loader": 8, "crane": 4, "engine": 8}
"""Products and their share of the fleet in per cent."""
ROAD_PRODUCTS = frozenset({"tractor", "tipper", "mixer", "crane"})
BRANDS = {"tractor": "RC-TRUCK", "tipper": "RC-TRUCK", "mixer": "RC-TRUCK", "engine": "RC-ENGINE"}
MACHINE_BRAND = "RC-MACH"
MODELS = {
    "tractor": ("RC-T460-6X4", "RC-T560-6X4", "RC-T480-4X2", "RC-T520-LNG"),
    "tipper": ("RC-D400-8X4", "RC-D350-6X4"),
    "mixer": ("RC-M380-8X4",),
    "excavator": ("RC-X215", "RC-X365"),
    "loader": ("RC-L955", "RC-L968"),
    "crane": ("RC-C25T", "RC-C50T"),
    "engine": ("RC-E12", "RC-E07"),
}
ENGINES = ("RC-E12-460", "RC-E12-520", "RC-E10-380", "RC-E07-240")
GEARBOXES = ("AMT12", "MT12", "MT10")
INSPECTIONS = ("inspection", 90), ("maintenance", 120)
"""Work types of maintenance plans and their period in days."""


@dataclass(frozen=True)
class Asset:
    """A machine as orders need it; `row` is the row of the import."""

    serial: str
    product: str
    territory: Territory
    row: Row


def customer_rows(layout: Layout, rng: Random) -> list[Row]:
    """One customer per eight orders, at least three per territory; its id begins with the territory's."""
    rows: list[Row] = []
    for territory in layout.territories:
        for number in range(max(3, territory.orders // ORDERS_PER_CUSTOMER)):
            city = rng.choice(territory.stations).site.city
            trades = words.CARRIERS if rng.random() < 0.65 else words.BUILDERS
            rows.append(
                {
                    "customer_id": f"{territory.territory_id}-C{number + 1:03}",
                    "name": words.firm(rng, city.name_zh, city.name_en, trades),
                    "tier": rng.choices(*TIERS)[0],
                    "phone": words.phone(50_000_000 + len(rows)),
                }
            )
    return rows


def contract_rows(customers: list[Row], today: date) -> list[Row]:
    """Platinum customers have the 4H contract for all their machines, this year and next."""
    begin, end = date(today.year, 1, 1), date(today.year + 1, 12, 31)
    return [
        {
            "contract_id": f"4H-{customer['customer_id']}",
            "kind": "4H",
            "customer_id": customer["customer_id"],
            "valid_from": begin.isoformat(),
            "valid_until": end.isoformat(),
        }
        for customer in customers
        if customer["tier"] == "platinum"
    ]


def certificate_rows(fleet: list[Asset], rng: Random, today: date) -> list[Row]:
    """One operator for each crane: the work that nobody may do without a certificate; some have run out."""
    return [
        {
            "operator_id": f"OP-{asset.row['serial']}",
            "certificate": "crane-Q2",
            "serial": asset.row["serial"],
            "name": words.person(rng),
            "valid_until": (today + timedelta(days=rng.randint(-60, 900))).isoformat(),
        }
        for asset in fleet
        if asset.row["product"] == "crane"
    ]


def build(layout: Layout, customers: list[Row], roadside: Roadside, rng: Random, today: date) -> list[Asset]:
    """The fleet, territory by territory: one and a half machines for every open order."""
    owners: dict[str, list[str]] = {}
    for customer in customers:
        owners.setdefault(customer["customer_id"].rpartition("-")[0], []).append(customer["customer_id"])
    plates = {branch.branch_id: branch.plate for branch in layout.branches}
    assets: list[Asset] = []
    for territory in layout.territories:
        for _ in range(round(territory.orders * ASSETS_PER_ORDER)):
            owner = rng.choice(owners[territory.territory_id])
            number = len(assets) + 1
            plate = words.plate(plates[territory.branch_id], number)
            assets.append(_asset(number, plate, territory, owner, roadside, rng, today))
    return assets


def _asset(
    number: int, plate: str, territory: Territory, owner: str, roadside: Roadside, rng: Random, today: date
) -> Asset:
    product = rng.choices(list(PRODUCTS), list(PRODUCTS.values()))[0]
    brand = BRANDS.get(product, MACHINE_BRAND)
    on_road = product in ROAD_PRODUCTS
    place = roadside.on_the_road(territory, rng) if on_road else roadside.near_a_town(territory, rng)
    built = today - timedelta(days=rng.randint(60, 2400))
    years = (today - built).days / 365
    serial = f"RC{product[:2].upper()}{built.year % 100:02}{number:06}"
    row = {
        "serial": serial,
        "vin": f"LRC{product[0].upper()}B6G70S1{number:06}" if on_road else None,
        "plate": plate if on_road else None,
        "customer_id": owner,
        "product": product,
        "brand": brand,
        "model": rng.choice(MODELS[product]),
        "configuration": _configuration(product, built, rng),
        "software_level": f"{rng.randint(2, 4)}.{rng.randint(0, 9)}",
        "station_id": _named_station(territory, brand, rng).station_id,
        "in_service_on": built.isoformat(),
        "warranty_until": (built + timedelta(days=730)).isoformat(),
        "meter_km": int(years * rng.uniform(40_000, 140_000)) if on_road else None,
        "meter_h": None if on_road else int(years * rng.uniform(900, 2600)),
        "lon": place.lon,
        "lat": place.lat,
        "datum": "WGS-84",
    }
    return Asset(serial, product, territory, row)


def _configuration(product: str, built: date, rng: Random) -> dict[str, str]:
    made = {"engine": rng.choice(ENGINES), "emission": "CN6" if built >= date(2021, 7, 1) else "CN5"}
    if product in ROAD_PRODUCTS:
        made |= {"gearbox": rng.choice(GEARBOXES), "axle_ratio": rng.choice(("2.87", "3.08", "3.70"))}
    return made


def _named_station(territory: Territory, brand: str, rng: Random) -> Station:
    return rng.choice([station for station in territory.stations if brand in station.brands])


def maintenance_plan_rows(assets: list[Asset], rng: Random, today: date) -> list[Row]:
    """A plan for each given machine, due between five days ago and three weeks ahead."""
    rows = []
    for asset in assets:
        work_type, every_days = rng.choice(INSPECTIONS)
        rows.append(
            {
                "plan_id": f"MP-{asset.serial}",
                "serial": asset.serial,
                "work_type": work_type,
                "next_due_on": (today + timedelta(days=rng.randint(-5, 21))).isoformat(),
                "every_days": every_days,
                "tolerance_days": rng.choice((5, 7, 10)),
            }
        )
    return rows
