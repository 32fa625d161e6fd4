"""Open orders: what broke, where it stands, what it carries and by when that is due."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

import numpy as np

from demo.geography import Floats, Ground, kilometres
from demo.machines import ROAD_PRODUCTS, Asset
from demo.people import ZONE
from demo.sites import Breakdown, Roadside
from demo.stations import Layout
from services.orders.catalogue import shipped
from services.orders.domain.faults import Fault

Row = dict[str, Any]
BREAKDOWN_SHARE = 0.92
OTHER_WORK = ("maintenance", "campaign", "commissioning")
STAKE_SHARE = 0.4
"""Of the breakdowns on a motorway, how many are reported by kilometre post rather than by coordinates."""
SECOND_CODE_SHARE = 0.12
CARGO_SHARE = 0.7
HAZARD_SHARE = 0.04
CARGO_CLASSES = ("semitrailer", "container", "flatbed", "reefer", "tank", "car_carrier"), (40, 22, 16, 12, 6, 4)
"""What tractors draw, and its share in per cent."""
ORDERS_PER_STRANDED = 60
"""One order in so many has stood for most of a day with a long repair ahead: its cargo needs another vehicle."""
STRANDED_MINUTES = 200
TRAILER_KM_PER_HOUR = 60
DETOUR = 1.3
CARGO_CITY = 200_000
"""Cargo goes to cities of so many people."""
DESTINATION_KM = (120, 900)


@dataclass(frozen=True)
class Scene:
    """What an order is drawn from. `faults` by product; `city_places` [n, 2] are where cargo can go."""

    roadside: Roadside
    faults: dict[str, list[Fault]]
    city_places: Floats
    now: datetime


def order_rows(
    layout: Layout, ground: Ground, roadside: Roadside, assets: list[Asset], rng: Random, now: datetime
) -> list[Row]:
    """One open order for each of the given machines, oldest report first; ids count from DEMO-00001."""
    products = {asset.product for asset in assets}
    faults = {product: [fault for fault in shipped().faults if fault.fits(product)] for product in products}
    branches = {branch.branch_id for branch in layout.branches}
    large = [city for city in ground.cities if city.branch_id in branches and city.population >= CARGO_CITY]
    scene = Scene(roadside, faults, np.array([(city.lon, city.lat) for city in large]), now)
    tractors = [asset.serial for asset in assets if asset.product == "tractor"]
    stranded = set(rng.sample(tractors, min(len(tractors), max(3, len(assets) // ORDERS_PER_STRANDED))))
    rows = [_order(scene, asset, asset.serial in stranded, rng) for asset in assets]
    rows.sort(key=lambda row: (row["reported_at"], row["serial"] or "", row["plate"] or "", row["vin"] or ""))
    return [{"external_id": f"DEMO-{at + 1:05}"} | row for at, row in enumerate(rows)]


def _order(scene: Scene, asset: Asset, stranded: bool, rng: Random) -> Row:
    on_road = asset.product in ROAD_PRODUCTS
    place = (scene.roadside.on_the_road if on_road else scene.roadside.near_a_town)(asset.territory, rng)
    work_type = "breakdown" if stranded or rng.random() < BREAKDOWN_SHARE else rng.choice(OTHER_WORK)
    minutes = rng.randint(780, 1020) if stranded else int(rng.triangular(2, 420, 15))
    reported_at = (scene.now - timedelta(minutes=minutes)).astimezone(ZONE).replace(second=0, microsecond=0)
    fault = _fault(scene, asset, stranded, rng) if work_type == "breakdown" else None
    loaded = stranded or (fault is not None and fault.stops_machine and rng.random() < CARGO_SHARE)
    carries = asset.product == "tractor" and loaded
    return (
        _identified(asset, rng)
        | {"reported_at": reported_at.isoformat()}
        | _placed(place, rng)
        | _told(scene, asset, fault, rng)
        | {"work_type": work_type}
        | (_cargo(scene, place, stranded, rng) if carries else NO_CARGO)
    )


def _identified(asset: Asset, rng: Random) -> Row:
    """Callers read the plate, systems send the serial or the VIN."""
    by = rng.choices(("plate", "serial", "vin"), (5, 3, 2))[0]
    if asset.row[by] is None:
        by = "serial"
    return {name: asset.row[name] if name == by else None for name in ("serial", "vin", "plate")}


def _placed(place: Breakdown, rng: Random) -> Row:
    if place.stake and rng.random() < STAKE_SHARE:
        return {"lon": None, "lat": None, "datum": "WGS-84", "stake": place.stake}  # the datum is the cargo's
    return {"lon": place.lon, "lat": place.lat, "datum": "WGS-84", "stake": None}


def _fault(scene: Scene, asset: Asset, stranded: bool, rng: Random) -> Fault:
    """Easier faults are commoner; a stranded truck has one that stops it and takes long."""
    known = scene.faults[asset.product]
    if stranded:
        return rng.choice([fault for fault in known if fault.stops_machine and fault.minutes >= STRANDED_MINUTES])
    return rng.choices(known, [6 - fault.level for fault in known])[0]


def _told(scene: Scene, asset: Asset, fault: Fault | None, rng: Random) -> Row:
    """The codes when the fault has one, else the caller's words."""
    if fault is None:
        return {"symptom": None, "fault_codes": []}
    if fault.spn is None:
        return {"symptom": f"{fault.words[0]}（{fault.name_zh}）", "fault_codes": []}
    codes = [{"spn": fault.spn, "fmi": rng.choice(fault.fmi)}]
    if rng.random() < SECOND_CODE_SHARE:
        further = rng.choice([f for f in scene.faults[asset.product] if f.spn not in (None, fault.spn)])
        codes.append({"spn": further.spn or 0, "fmi": rng.choice(further.fmi)})
    return {"symptom": fault.name_zh, "fault_codes": codes}


CARGO_COLUMNS = ("class", "coupling", "mass_kg", "dest_lon", "dest_lat", "deadline", "hazard")
NO_CARGO: Row = {f"cargo_{name}": None for name in CARGO_COLUMNS}


def _cargo(scene: Scene, place: Breakdown, stranded: bool, rng: Random) -> Row:
    """Trailer and load of a tractor; a stranded one has little time left beyond the drive."""
    away = kilometres(scene.city_places[:, 0], scene.city_places[:, 1], place.lon, place.lat)
    low, high = DESTINATION_KM
    within = np.flatnonzero((away >= low) & (away <= max(high, away[away >= low].min())))
    at = int(within[rng.randrange(len(within))])
    lon, lat = scene.city_places[at].tolist()
    drive = timedelta(hours=float(away[at]) * DETOUR / TRAILER_KM_PER_HOUR)
    slack = timedelta(hours=rng.uniform(5, 9) if stranded else rng.uniform(10, 40))
    deadline = (scene.now + drive + slack).astimezone(ZONE).replace(minute=0, second=0, microsecond=0)
    values = (
        rng.choices(*CARGO_CLASSES)[0],
        rng.choices(("kingpin-50", "kingpin-90"), (9, 1))[0],
        rng.randrange(9_000, 28_000, 500),
        lon,
        lat,
        deadline.isoformat(),
        rng.random() < HAZARD_SHARE,
    )
    return {f"cargo_{name}": value for name, value in zip(CARGO_COLUMNS, values, strict=True)}
