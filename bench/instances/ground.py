"""Where everything is: stations, homes, sites and yards on the real road network, and the ways between them."""

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from data import ROADS_CN
from services.dispatch.solver.dice import Dice
from services.dispatch.travel.ground import metres_between
from services.dispatch.travel.roads import RoadNetwork
from services.dispatch.travel.speeds import HourClass

from .sizes import CENTRES, Size

CACHE = Path(__file__).parent / ".matrices"
"""Computed matrices; git ignores them, they can be thrown away."""

STATIONS_APART_M = 8_000
HOME_M = 25_000
ON_MOTORWAY = 0.4
"""Share of sites on long edges of the network, anywhere along them; the others lie at junctions, as towns do."""
MOTORWAY_M = 2_000
OFF_ROAD_DEGREES = 0.008

LonLat = tuple[float, float]
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int32]


@cache
def roads() -> RoadNetwork:
    """The embedded road network, loaded once."""
    return RoadNetwork.load()


@dataclass(frozen=True)
class Ground:
    """Places by kind, degrees lon, lat. `homes`: where each engineer's day begins; `station`: whose engineer, and
    `nearest`: which station a site is nearest to, both by index."""

    stations: list[LonLat]
    centrals: list[LonLat]
    homes: list[LonLat]
    station: list[int]
    yards: list[LonLat]
    destinations: list[LonLat]
    sites: list[LonLat]
    nearest: list[int]

    def named(self) -> dict[str, LonLat]:
        """Every place by the id that the documents use."""
        kinds = {
            "station": self.stations,
            "central": self.centrals,
            "home": self.homes,
            "yard": self.yards,
            "to": self.destinations,
            "site": self.sites,
        }
        return {f"{kind}{i}": place for kind, places in kinds.items() for i, place in enumerate(places)}


def ground(size: Size, seed: int, dice: Dice) -> Ground:
    """Places drawn for one instance; more where the network is denser, as people are."""
    area = _Area(CENTRES[(seed - 1) % len(CENTRES)], size.radius_km, dice)
    stations = area.apart(size.stations)
    station = [i % size.stations for i in range(size.engineers)]
    sites = [area.road() if dice.random() < ON_MOTORWAY else area.town() for _ in range(size.orders)]
    return Ground(
        stations=stations,
        centrals=[area.town() for _ in range(size.centrals)],
        homes=[stations[own] if dice.random() < 0.6 else area.near(stations[own]) for own in station],
        station=station,
        yards=[area.town() for _ in range(max(2, size.vehicles // 4))],
        destinations=[area.town() for _ in range(max(3, size.orders // 50))],
        sites=sites,
        nearest=[int(metres_between(np.array(stations), np.array(site)).argmin()) for site in sites],
    )


class _Area:
    """The network within `radius_km` of a centre, to draw places from."""

    def __init__(self, centre: LonLat, radius_km: float, dice: Dice) -> None:
        network, self.dice = roads(), dice
        inside = metres_between(network.nodes, np.array(centre)) <= radius_km * 1000
        self.towns: Floats = network.nodes[inside]
        long = (network.metres >= MOTORWAY_M) & inside[network.edges].all(axis=1)
        self.edges = network.nodes[network.edges[long]]
        self.upto = np.cumsum(network.metres[long], dtype=np.int64)

    def town(self) -> LonLat:
        """Close to a junction."""
        return self._off_road(*self._one(self.towns))

    def road(self) -> LonLat:
        """Somewhere along a motorway, every kilometre as likely as any other."""
        edge = int(np.searchsorted(self.upto, self.dice.random() * float(self.upto[-1]), side="right"))
        tail, head = self.edges[edge]
        lon, lat = (tail + (head - tail) * self.dice.random()).tolist()
        return self._off_road(lon, lat)

    def apart(self, count: int) -> list[LonLat]:
        """Towns that are no neighbours of each other."""
        found: list[LonLat] = []
        while len(found) < count:
            place = self.town()
            if not found or metres_between(np.array(found), np.array(place)).min() >= STATIONS_APART_M:
                found.append(place)
        return found

    def near(self, place: LonLat) -> LonLat:
        """A town within the way that people drive to work."""
        close = self.towns[metres_between(self.towns, np.array(place)) <= HOME_M]
        return self._off_road(*self._one(close)) if len(close) else place

    def _one(self, places: Floats) -> LonLat:
        lon, lat = places[self.dice.randint(0, len(places) - 1)].tolist()
        return lon, lat

    def _off_road(self, lon: float, lat: float) -> LonLat:
        """Rounded, so that the documents say exactly what was measured."""
        shift = self.dice.uniform(-1, 1) * OFF_ROAD_DEGREES, self.dice.uniform(-1, 1) * OFF_ROAD_DEGREES
        return round(lon + shift[0], 5), round(lat + shift[1], 5)


def ways(places: list[LonLat]) -> tuple[Ints, Ints]:
    """Seconds and metres [from, to] by day between all places, -1 for no way; computed once, then cached."""
    sites = np.array(places, float)
    key = hashlib.sha256(sites.tobytes() + ROADS_CN.read_bytes()).hexdigest()[:24]
    path = CACHE / f"{key}.npz"
    if not path.exists():
        network = roads()
        snaps = network.snap(sites)
        seconds, metres = network.table_between(snaps, snaps, HourClass.DAY)
        CACHE.mkdir(exist_ok=True)
        np.savez(path, seconds=seconds, metres=metres)
    with np.load(path, allow_pickle=False) as arrays:
        return arrays["seconds"], arrays["metres"]
