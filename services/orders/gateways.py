"""What orders asks the other services."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from kit.client import NeighbourDown, NeighbourProblem, ServiceClient
from kit.clock import Clock
from kit.values import Place
from services.orders.domain.dispatch_gates import Fit
from services.orders.domain.intake import Machine
from services.orders.domain.kpis import Figure, Kpi, Scope
from services.orders.domain.machines import Station

FRESH_S = 60
NAMES_FRESH_S = 600
MOST_NAMES = 10_000
PAGE = 200
PARTS_AT_ONCE = 100
"""They stand in the address of the question."""
KPIS_DEADLINE_S = 60.0
PAUSE_S = 15
"""So long nobody asks a neighbour again that did not answer: intake must not wait for it each time."""


class StationDirectory:
    """The stations of the network, at most a minute old, so that intake does not ask for them each time; and names."""

    def __init__(self, client: ServiceClient, clock: Clock):
        self._client = client
        self._clock = clock
        self._stations: list[Station] = []
        self._read_at = 0.0
        self._names: dict[str, tuple[str, float]] = {}

    async def all(self, *, knowing: Collection[str] = ()) -> list[Station]:
        """All stations; read anew when they are a minute old or one of `knowing` is not among them.

        Raises NeighbourDown when that needs stations and it is out of reach.
        """
        now = self._clock.now().timestamp()
        known = {station.station_id for station in self._stations}
        if not known or not known.issuperset(knowing) or now - self._read_at >= FRESH_S:
            self._stations = [_station(item) for item in await self._list("/stations/v1/stations")]
            self._read_at = now
        return self._stations

    async def engineer_name(self, engineer_id: str) -> str | None:
        """What the engineer is called; None when stations does not know or cannot be asked now."""
        known = self._names.get(engineer_id)
        now = self._clock.now().timestamp()
        if known is not None and now - known[1] < NAMES_FRESH_S:
            return known[0]
        try:
            engineer = await self._client.get(f"/stations/v1/engineers/{engineer_id}")
        except (NeighbourDown, NeighbourProblem):
            return None
        if len(self._names) >= MOST_NAMES:
            self._names.clear()
        self._names[engineer_id] = (str(engineer["name"]), now)
        return self._names[engineer_id][0]

    async def _list(self, path: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        cursor: str | None = None
        while True:
            page = await self._client.get(path, params={"limit": PAGE, "cursor": cursor})
            found += page["items"]
            cursor = page["next"]
            if cursor is None:
                return found


@dataclass(frozen=True, slots=True)
class _Known:
    """A part of the catalogue: price in fen, weight in grams, and whether rules say which machines it fits."""

    cost: tuple[int, int]
    ruled: bool


class PartFacts:
    """What parts knows of parts, at most ten minutes old, and which of them fit a machine."""

    def __init__(self, client: ServiceClient, clock: Clock):
        self._client = client
        self._clock = clock
        self._known: dict[str, tuple[_Known | None, float]] = {}
        self._asked_in_vain = 0.0

    async def costs(self, parts: Collection[str]) -> dict[str, tuple[int, int]]:
        """Price and weight of the parts that are in the catalogue, as far as it can be asked now."""
        now = self._clock.now().timestamp()
        if 0 <= now - self._asked_in_vain < PAUSE_S:
            return self._costs(parts)
        stale = [part for part in parts if part not in self._known or now - self._known[part][1] >= NAMES_FRESH_S]
        if len(self._known) + len(stale) > MOST_NAMES:
            self._known.clear()
        for begin in range(0, len(stale), PARTS_AT_ONCE):
            await self._ask(stale[begin : begin + PARTS_AT_ONCE], now)
        return self._costs(parts)

    async def known(self, parts: Collection[str]) -> set[str]:
        """Which of the parts are in the catalogue. Raises NeighbourDown when it cannot be asked."""
        self._asked_in_vain = 0.0
        known = await self.costs(parts)
        if self._asked_in_vain:
            raise NeighbourDown("parts", "the catalogue cannot be asked")
        return set(known)

    def _costs(self, parts: Collection[str]) -> dict[str, tuple[int, int]]:
        return {part: known.cost for part in parts if (known := self._known.get(part, (None,))[0]) is not None}

    def ruled(self, parts: Collection[str]) -> list[str]:
        """Those of the parts asked for before that do not fit every machine."""
        return sorted(part for part in parts if (known := self._known.get(part, (None,))[0]) and known.ruled)

    async def fits(self, machine: Machine, parts: Collection[str]) -> dict[str, Fit]:
        """What is known of these parts on a machine; nothing while parts cannot be asked."""
        await self.costs(parts)
        if not (ruled := self.ruled(parts)):
            return {}
        built = {"model": machine.model, "configuration": machine.configuration, "serial": machine.asset_id}
        try:
            answer = await self._client.post("/parts/v1/fit", json=built | {"parts": ruled})
        except (NeighbourDown, NeighbourProblem):
            return {}
        return {one["part"]: Fit(one["verdict"], one["because"]) for one in answer["items"]}

    async def _ask(self, parts: Sequence[str], now: float) -> None:
        """What parts answers; when it cannot be asked, what was known stays, and it is left alone for a while."""
        try:
            answer = await self._client.get("/parts/v1/parts", params={"part": parts, "limit": PAGE})
        except (NeighbourDown, NeighbourProblem):
            self._asked_in_vain = now
        else:
            self._known |= dict.fromkeys(parts, (None, now))
            self._known |= {one["part"]: (_known(one), now) for one in answer["items"]}


def _known(told: Mapping[str, Any]) -> _Known:
    return _Known((int(told["unit_cost_fen"]), int(told["weight_g"])), ruled=told["ruled"])


@dataclass(frozen=True, slots=True)
class ToldKpis:
    """What the other services measured of their months; `silent` are those that could not be asked now."""

    figures: Mapping[tuple[str, Scope], Figure] = field(default_factory=dict)
    silent: tuple[str, ...] = ()

    def complete(self) -> Mapping[tuple[str, Scope], Figure]:
        """The figures of all. Raises NeighbourDown when one did not answer: books are kept whole or not at all."""
        if self.silent:
            raise NeighbourDown(self.silent[0], "its KPIs cannot be asked")
        return self.figures


class NeighbourKpis:
    """The KPIs that other services compute of their own; what they mean is remembered from their last answers."""

    def __init__(self, clients: Sequence[ServiceClient]):
        self._clients = clients
        self._definitions: dict[str, list[Kpi]] = {}

    @property
    def definitions(self) -> dict[str, Kpi]:
        """By name, as far as they were told since this process began."""
        return {kpi.kpi: kpi for told in self._clients for kpi in self._definitions.get(told.service, ())}

    async def month(self, month: str) -> ToldKpis:
        """The figures of a month that has begun."""
        answers = await asyncio.gather(*(self._ask(client, month) for client in self._clients))
        figures: dict[tuple[str, Scope], Figure] = {}
        for answer in answers:
            figures |= answer or {}
        silent = [client.service for client, answer in zip(self._clients, answers, strict=True) if answer is None]
        return ToldKpis(figures, tuple(silent))

    async def _ask(self, client: ServiceClient, month: str) -> dict[tuple[str, Scope], Figure] | None:
        path = f"/{client.service}/v1/kpi-figures"
        try:
            answer = await client.get(path, params={"month": month}, deadline_s=KPIS_DEADLINE_S)
        except (NeighbourDown, NeighbourProblem):
            return None
        self._definitions[client.service] = [_kpi(told, client.service) for told in answer["definitions"]]
        return {
            (one["kpi"], Scope(one["kind"], one["scope_id"], one["branch_id"])): _figure(one)
            for one in answer["figures"]
        }


def _figure(told: dict[str, Any]) -> Figure:
    return Figure(told["n"], told["total"], told["p90"])


def _kpi(told: dict[str, Any], service: str) -> Kpi:
    names = ("kpi", "name_zh", "name_en", "unit", "better", "population", "sql", "counted")
    return Kpi(**{name: told[name] for name in names}, service=service)


def _station(item: dict[str, Any]) -> Station:
    return Station(
        station_id=item["id"],
        territory_id=item["territory_id"],
        branch_id=item["branch_id"],
        place=Place(item["lon"], item["lat"]),
        brands=tuple(item["brands"]),
        grade=item.get("grade"),
        permitted=None if item["permitted"] is None else frozenset(item["permitted"]),
    )
