"""What places are found by: kilometre posts of motorways, and names of places and landmarks."""

import csv
from asyncio import to_thread
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, Generic, TypeVar

from sqlalchemy import Row, Table, func, select

from data import PLACES_CN
from kit.db import Database
from kit.values import Place
from services.orders.addresses import Gazetteer, Named, by_name, names_of
from services.orders.stake_numbers import KilometrePost, Line, RouteReference
from services.orders.tables import journal, landmarks, route_reference

Read = TypeVar("Read")


class Imported(Generic[Read]):
    """What is made of an imported table, made again only when an import changed it: imports are told under its name."""

    def __init__(self, db: Database, table: Table, make: Callable[[Sequence[Row[Any]]], Read]):
        self._db = db
        self._table = table
        self._make = make
        self._made: tuple[int, Read] | None = None

    async def get(self) -> Read:
        latest = select(func.coalesce(func.max(journal.c.row), 0)).where(journal.c.subject == self._table.name)
        async with self._db.read() as tx:
            version = int((await tx.execute(latest)).scalar_one())
            if self._made is not None and self._made[0] == version:
                return self._made[1]
            rows = (await tx.execute(select(self._table))).all()
        made = await to_thread(self._make, rows)
        self._made = version, made
        return made


def imported_posts(db: Database) -> Imported[RouteReference]:
    """The imported kilometre posts."""
    return Imported(db, route_reference, _posts)


def imported_landmarks(db: Database) -> Imported[Gazetteer]:
    """The shipped places with the imported landmarks."""
    return Imported(db, landmarks, _gazetteer)


def _posts(rows: Sequence[Row[Any]]) -> RouteReference:
    return RouteReference(
        KilometrePost(row.motorway, row.name, Line(row.line), row.km, Place(row.lon, row.lat), row.made) for row in rows
    )


def _gazetteer(rows: Sequence[Row[Any]]) -> Gazetteer:
    provinces, places = shipped_places()
    own = [
        Named(name, Place(row.lon, row.lat), row.radius_m)
        for row in rows
        for name in dict.fromkeys((row.name, *row.aliases))
    ]
    return Gazetteer(provinces, by_name(own), places)


@cache
def shipped_places() -> tuple[dict[str, str], dict[str, list[Named]]]:
    """Provinces by each of their names, and every populated place by each of its own."""
    provinces: dict[str, str] = {}
    places: list[Named] = []
    with PLACES_CN.open(encoding="utf-8") as file:
        for line in csv.DictReader(file):
            names, province = line["names_zh"].split("|"), line["province"]
            if line["rank"] == "province":
                provinces |= dict.fromkeys([*names, line["name_en"]], province)
                continue
            at = Place(float(line["lon"]), float(line["lat"]))
            places += names_of(names, line["name_en"], place=at, province=province, people=int(line["population"]))
    return provinces, by_name(places)
