"""The real ground: provinces, cities, and which road nodes belong to which province."""

import csv
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import shapely

from services.dispatch.travel.roads import RoadNetwork

HERE = Path(__file__).parent
FARTHEST_FROM_CITY_DEG = 1.5
"""A road node farther than this (in degrees) from any city is too remote to break down on in a demo."""

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Province:
    """A province as a branch: its names, plate character and population of the 2020 census."""

    branch_id: str
    name_zh: str
    name_en: str
    plate: str
    capital: str
    population: int


@dataclass(frozen=True)
class City:
    """A populated place, WGS-84 degrees."""

    branch_id: str
    name_zh: str
    name_en: str
    lon: float
    lat: float
    population: int

    @property
    def weight(self) -> float:
        """How much of the trade it draws: less than in proportion, and immune to the outliers of the source."""
        return float(min(self.population, 8_000_000) ** 0.6)


@dataclass(frozen=True)
class Motorway:
    """A national expressway as the cities it joins, `branch_id/name_zh` each."""

    motorway: str
    name: str
    cities: tuple[str, ...]


@dataclass(frozen=True)
class Ground:
    """Everything that is real. Loaded once; nothing of it depends on seed or size."""

    provinces: dict[str, Province]
    cities: tuple[City, ...]
    motorways: tuple[Motorway, ...]
    roads: RoadNetwork

    @cached_property
    def city_by_name(self) -> dict[str, City]:
        """Cities by `branch_id/name_zh`, as motorways name them."""
        return {f"{city.branch_id}/{city.name_zh}": city for city in self.cities}

    @cached_property
    def node_at(self) -> dict[tuple[float, float], int]:
        """The node of an exact place on the network, as paths give them."""
        return {(lon, lat): node for node, (lon, lat) in enumerate(self.roads.nodes.tolist())}

    @cached_property
    def node_branch(self) -> npt.NDArray[np.str_]:
        """The branch of each road node by its nearest city [n]; "" abroad, too remote, or off the main network."""
        tree = shapely.STRtree(shapely.points([(city.lon, city.lat) for city in self.cities]))
        names = np.array([city.branch_id if city.branch_id in self.provinces else "" for city in self.cities])
        points = shapely.points(self.roads.nodes)
        city_at = tree.nearest(points)
        away = shapely.distance(points, tree.geometries[city_at])
        usable = (away <= FARTHEST_FROM_CITY_DEG) & self._on_main_network()
        return np.where(usable, names[city_at], "")

    def nodes_of(self, branch_id: str) -> Ints:
        """The road nodes of one branch, ascending."""
        return np.flatnonzero(self.node_branch == branch_id)

    def cities_of(self, branch_id: str) -> list[City]:
        """The cities of one branch, the most populous first."""
        return [city for city in self.cities if city.branch_id == branch_id]

    def _on_main_network(self) -> npt.NDArray[np.bool_]:
        """Which nodes every other one of the large component reaches, by pointer jumping."""
        tail, head = self.roads.edges.T
        label = np.arange(len(self.roads.nodes))
        while True:
            low = np.minimum(label[tail], label[head])
            lowered = label.copy()
            np.minimum.at(lowered, tail, low)
            np.minimum.at(lowered, head, low)
            lowered = lowered[lowered]
            if np.array_equal(lowered, label):
                main: npt.NDArray[np.bool_] = label == np.bincount(label).argmax()
                return main
            label = lowered


@lru_cache(maxsize=1)
def ground() -> Ground:
    """The shipped data files; read once per process."""
    provinces = {
        row["branch_id"]: Province(
            row["branch_id"],
            row["name_zh"],
            row["name_en"],
            row["plate"],
            row["capital"],
            int(row["population"]),
        )
        for row in _rows("provinces.csv")
    }
    cities = tuple(
        City(
            row["branch_id"],
            row["name_zh"],
            row["name_en"],
            float(row["lon"]),
            float(row["lat"]),
            int(row["population"]),
        )
        for row in _rows("cities.csv")
    )
    motorways = tuple(
        Motorway(row["motorway"], row["name"], tuple(row["cities"].split(";"))) for row in _rows("motorways.csv")
    )
    return Ground(provinces, cities, motorways, RoadNetwork.load())


def _rows(name: str) -> list[dict[str, str]]:
    with (HERE / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def kilometres(lon: Floats | float, lat: Floats | float, to_lon: float, to_lat: float) -> Floats:
    """Flat distance in kilometres, right to a per cent within a province."""
    east = (np.asarray(lon) - to_lon) * np.cos(np.radians(to_lat))
    away: Floats = 111.2 * np.hypot(east, np.asarray(lat) - to_lat)
    return away
