"""The parts catalogue and where its pieces lie: central depots, one depot per territory, station shelves, vans.

Fast movers are everywhere; what is dear lies in few places and in ones and twos, so that the choice of the depot
matters and now and then there is none near.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from random import Random
from typing import Any

import yaml

from demo.geography import Ground
from demo.machines import ENGINES, MODELS
from demo.people import Engineer
from demo.sizes import Size
from demo.stations import Layout, Territory
from services.orders.catalogue import shipped

Row = dict[str, Any]
SCARCE_FROM_FEN = 190_000
VAN_UP_TO_FEN = 100_000
VAN_UP_TO_G = 20_000
VAN_LOAD = 14
"""Kinds of part on a van."""
STATION_SHARE = {1: 0.6, 2: 0.45, 3: 0.3}
DEPOT_SHARE, DEPOT_SCARCE_SHARE = 0.9, 0.4
CORE_SHARE = 0.15
"""Deposit on a core, of the price of the part."""
BENCH_TESTED = "台架试验合格 passed on the test bench"
"""Why the demo's remanufactured parts may be fitted."""
PAST_MONTHS = 24
USED_PER_MONTH = {1: 8, 2: 5, 3: 3}
"""Pieces used at a station of a level, in an average month."""
DEPOT_HOURS = {"central": ("00:00", "23:59"), "territory": ("07:00", "21:00"), "station": ("08:00", "20:00")}
COURIER = {"fee_fen": 3_500, "fen_per_km": 45, "km_per_hour": 55, "cutoff": "19:00", "ready_s": 2_700}


@dataclass(frozen=True)
class Shelf:
    """A stock place with what decides its stock; `level` is the station's."""

    place_id: str
    kind: str
    level: int = 0


@cache
def _catalogue() -> list[Row]:
    text = files("services.orders").joinpath("data/faults.yaml").read_text(encoding="utf-8")
    parts: list[Row] = yaml.safe_load(text)["parts"]
    return parts


def part_rows() -> list[Row]:
    """The parts that the shipped causes name; for what is remanufactured the worn piece is wanted back."""
    rebuilt = _rebuilt()
    wanted = {row["part"] for row in substitute_rows() if row["substitute"] in rebuilt} | rebuilt
    rows = [{name: value for name, value in part.items() if name != "substitutes"} for part in _catalogue()]
    for row in rows:
        row["remanufactured"] = row["part"] in rebuilt
        row["core_deposit_fen"] = int(row["unit_cost_fen"] * CORE_SHARE) if row["part"] in wanted else 0
    return rows


def _rebuilt() -> set[str]:
    return {part["part"] for part in _catalogue() if part["name_zh"].endswith("（再制造）")}


def substitute_rows() -> list[Row]:
    rebuilt = _rebuilt()
    return [
        {
            "part": part["part"],
            "substitute": other["part"],
            "kind": "remanufactured" if other["part"] in rebuilt else "alternative",
            "approved": other["approved"],
            "reason": BENCH_TESTED if other["approved"] and other["part"] in rebuilt else None,
        }
        for part in _catalogue()
        for other in part.get("substitutes", ())
    ]


def fit_rows() -> list[Row]:
    """Remanufactured parts, and what they stand in for, fit our own engines in every model."""
    stood_for = {row["part"] for row in substitute_rows() if row["kind"] == "remanufactured"}
    engines = {"engine": "|".join(ENGINES)}
    models = sorted(model for models in MODELS.values() for model in models)
    return [
        {"part": part, "model": model, "configuration": engines}
        for part in sorted(stood_for | _rebuilt())
        for model in models
    ]


def _usual_need() -> Counter[str]:
    """How many pieces of each part one breakdown needs on average, times the number of faults."""
    need: Counter[str] = Counter()
    causes = shipped().causes.causes
    orders = Counter[str]()
    for cause in causes:
        orders[cause.fault] += cause.prior  # type: ignore[assignment]
    for cause in causes:
        for part, pieces in cause.parts.items():
            need[part] += pieces * cause.prior / orders[cause.fault]  # type: ignore[assignment]
    return need


def place_rows(layout: Layout, ground: Ground, size: Size, engineers: list[Engineer]) -> list[Row]:
    """Central depots have no territory; a van belongs to its engineer and starts at the engineer's home."""
    rows = [_central(ground, branch_id) for branch_id in size.central_depots]
    for territory in layout.territories:
        rows.append(_depot(territory))
        for station in territory.stations:
            shelf = f"SHELF-{station.station_id}"
            rows.append(
                _place(shelf, "station", f"{station.station_id} 配件库", station.site.lon, station.site.lat)
                | {"territory_id": territory.territory_id, "station_id": station.station_id}
                | _hours("station")
            )
    for engineer in engineers:
        rows.append(
            _place(engineer.van_place_id, "van", f"{engineer.engineer_id} 服务车", *engineer.home)
            | {"territory_id": engineer.territory_id, "engineer_id": engineer.engineer_id}
        )
    return rows


def _central(ground: Ground, branch_id: str) -> Row:
    province = ground.provinces[branch_id]
    capital = next(city for city in ground.cities_of(branch_id) if city.name_en == province.capital)
    lon, lat = ground.roads.nodes[ground.roads.nearest_node(capital.lon, capital.lat)].tolist()
    name = f"{capital.name_zh}中心库 {capital.name_en} central depot"
    return _place(f"DC-{branch_id}", "depot", name, lon, lat) | _hours("central")


def _depot(territory: Territory) -> Row:
    """Beside the territory's AAA station."""
    home = next(station for station in territory.stations if station.grade == "AAA")
    name = f"{home.site.city.name_zh}配件库 {home.site.city.name_en} depot"
    return (
        _place(f"DEPOT-{territory.territory_id}", "depot", name, home.site.lon, home.site.lat)
        | {"territory_id": territory.territory_id}
        | _hours("territory")
    )


def _place(place_id: str, kind: str, name: str, lon: float, lat: float) -> Row:
    return {
        "place_id": place_id,
        "kind": kind,
        "territory_id": None,
        "station_id": None,
        "engineer_id": None,
        "name": name,
        "lon": lon,
        "lat": lat,
        "datum": "WGS-84",
        "opens": None,
        "closes": None,
    }


def _hours(kind: str) -> Row:
    opens, closes = DEPOT_HOURS[kind]
    return {"opens": opens, "closes": closes}


def courier_rows(places: list[Row]) -> list[Row]:
    """Couriers call at depots."""
    return [{"place_id": place["place_id"]} | COURIER for place in places if place["kind"] == "depot"]


def stock_rows(layout: Layout, size: Size, engineers: list[Engineer], rng: Random) -> list[Row]:
    """What lies where, place by place; quantities of central depots grow with the number of orders."""
    need = _usual_need()
    per_fault = size.orders / len(shipped().faults) / len(size.central_depots)
    rows: list[Row] = []
    for branch_id in size.central_depots:
        rows += _rows(
            f"DC-{branch_id}", {p["part"]: 2 + round(0.5 * need[p["part"]] * per_fault) for p in _catalogue()}
        )
    for territory in layout.territories:
        rows += _rows(f"DEPOT-{territory.territory_id}", _depot_stock(need, territory, rng))
        for station in territory.stations:
            rows += _rows(f"SHELF-{station.station_id}", _station_stock(need, station.level, rng))
    loads = [part for part in _catalogue() if _fits_van(part)]
    weights = [0.2 + need[part["part"]] for part in loads]
    for engineer in engineers:
        carried = rng.choices(loads, weights, k=VAN_LOAD)
        rows += _rows(engineer.van_place_id, {part["part"]: rng.choice((1, 1, 2)) for part in carried})
    return rows


def demand_rows(layout: Layout, day: date, rng: Random) -> list[Row]:
    """Pieces used at each station in the `PAST_MONTHS` before the month of `day`; no row where none was."""
    need = _usual_need()
    kinds, weights = list(need), list(need.values())
    rows = []
    for station in (station for territory in layout.territories for station in territory.stations):
        mean = USED_PER_MONTH[station.level]
        for back in range(PAST_MONTHS, 0, -1):
            used = Counter(rng.choices(kinds, weights, k=rng.randint(mean // 2, mean + mean // 2)))
            year, month = divmod(day.year * 12 + day.month - 1 - back, 12)
            of = {"place_id": f"SHELF-{station.station_id}", "month": date(year, month + 1, 1).isoformat()}
            rows += [of | {"part": part, "pieces": pieces} for part, pieces in sorted(used.items())]
    return rows


def _rows(place_id: str, quantities: dict[str, int]) -> list[Row]:
    return [{"place_id": place_id, "part": part, "quantity": quantity} for part, quantity in sorted(quantities.items())]


def _depot_stock(need: Counter[str], territory: Territory, rng: Random) -> dict[str, int]:
    stock = {}
    for part in _catalogue():
        scarce = part["unit_cost_fen"] >= SCARCE_FROM_FEN
        if rng.random() < (DEPOT_SCARCE_SHARE if scarce else DEPOT_SHARE):
            usual = round(need[part["part"]] * territory.orders / 200)
            stock[part["part"]] = rng.randint(1, 2) if scarce else 1 + rng.randint(usual, 2 * usual + 2)
    return stock


def _station_stock(need: Counter[str], level: int, rng: Random) -> dict[str, int]:
    kept = [part for part in _catalogue() if part["unit_cost_fen"] < SCARCE_FROM_FEN]
    return {
        part["part"]: rng.randint(1, 2 + round(need[part["part"]]))
        for part in kept
        if rng.random() < STATION_SHARE[level]
    }


def _fits_van(part: Row) -> bool:
    return bool(part["unit_cost_fen"] <= VAN_UP_TO_FEN and part["weight_g"] <= VAN_UP_TO_G)
