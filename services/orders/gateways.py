"""What orders asks the other services."""

from typing import Any

from kit.client import ServiceClient
from kit.clock import Clock
from kit.values import Place
from services.orders.domain.machines import Station

FRESH_S = 60
PAGE = 200


class StationDirectory:
    """The stations of the network, at most a minute old, so that intake does not ask for them each time."""

    def __init__(self, client: ServiceClient, clock: Clock):
        self._client = client
        self._clock = clock
        self._stations: list[Station] = []
        self._read_at: float | None = None

    async def all(self) -> list[Station]:
        """Raises NeighbourDown when they were never read and stations is out of reach."""
        now = self._clock.now().timestamp()
        if not self._stations or self._read_at is None or now - self._read_at >= FRESH_S:
            self._stations = await self._read()
            self._read_at = now
        return self._stations

    async def by_id(self) -> dict[str, Station]:
        return {station.station_id: station for station in await self.all()}

    async def _read(self) -> list[Station]:
        territories = await self._list("/stations/v1/territories")
        branches = {territory["id"]: territory["branch_id"] for territory in territories}
        return [
            Station(
                station_id=item["id"],
                territory_id=item["territory_id"],
                branch_id=branches[item["territory_id"]],
                place=Place(item["lon"], item["lat"]),
                brands=tuple(item["brands"]),
            )
            for item in await self._list("/stations/v1/stations")
        ]

    async def _list(self, path: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        cursor: str | None = None
        while True:
            page = await self._client.get(path, params={"limit": PAGE, "cursor": cursor})
            found += page["items"]
            cursor = page["next"]
            if cursor is None:
                return found
