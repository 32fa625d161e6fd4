"""Every way in which an order can get its parts, with arrival, cost and what may go wrong. Pure.

Distances are straight lines times `DETOUR`, driven at `DRIVE_KMH` (a courier at the speed of its lane): good enough to
rank depots and to say "today" or "tomorrow"; the plan itself uses the road network.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple, Self

import numpy as np
import numpy.typing as npt

from services.parts.domain.channels import Channel, Risk, Way
from services.parts.domain.substitution import Option

DETOUR = 1.35
DRIVE_KMH = 60.0
EARTH_M = 6_371_008.8
Matrix = npt.NDArray[np.float64]


class Supply(NamedTuple):
    """Free pieces of a part at a place; those of a transfer from `ready_at` on. `late`: it should be there already.

    A tuple: a territory makes tens of thousands, and a frozen dataclass takes five times as long to make.
    """

    place_id: str
    part: str
    quantity: int
    ready_at: datetime | None = None
    late: bool = False


@dataclass(frozen=True, slots=True)
class Need:
    """Pieces of a part wanted at a site, which is a row of the sites given beside it, and from when on: nothing leaves
    before `at`. What is `barred` does not fit the machine there and cannot stand in."""

    site: int
    part: str
    quantity: int
    at: datetime
    barred: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Offer:
    """`quantity` pieces (at most what is wanted) by one way. `part` differs from the one asked for: it stands in."""

    part: str
    place_id: str
    way: Way
    quantity: int
    arrives_at: datetime
    cost_fen: int
    metres: int
    risks: tuple[Risk, ...]


@dataclass(frozen=True)
class Network:
    """The channels of a territory with what can leave through them."""

    channels: Sequence[Channel]
    supplies: Sequence[Supply]
    options: Mapping[str, Sequence[Option]]


def offers(network: Network, sites: Sequence[tuple[float, float]], needs: Sequence[Need]) -> list[list[Offer]]:
    """For each need the offers that no other beats in arrival, price and quantity, earliest first.

    Each need is answered as if it were alone: what two of them may both count on is decided by holds.
    """
    roads = _Roads.of(network.channels, sites)
    by_part = {part: _Ways.of(found) for part, found in _candidates(network, {n.part for n in needs}).items()}
    leaving = {at: _Leaving.of(network.channels, at) for at in {need.at for need in needs}}
    return [by_part[need.part].unbeaten(need, network, roads, leaving[need.at]) for need in needs]


@dataclass(frozen=True)
class _Roads:
    """The channels as arrays: metres [channels, sites], and what travelling on them takes."""

    metres: Matrix
    metres_per_second: Matrix
    fee_fen: Matrix
    fen_per_metre: Matrix

    @classmethod
    def of(cls, channels: Sequence[Channel], sites: Sequence[tuple[float, float]]) -> Self:
        lanes = [channel.lane for channel in channels]
        return cls(
            _metres(channels, sites),
            np.array([DRIVE_KMH if lane is None else lane.km_per_hour for lane in lanes], float) / 3.6,
            np.array([0 if lane is None else lane.fee_fen for lane in lanes], float),
            np.array([0 if lane is None else lane.fen_per_km / 1000 for lane in lanes], float),
        )


@dataclass(frozen=True)
class _Leaving:
    """When what lies ready at one moment leaves by each channel (POSIX seconds), and what that hangs on."""

    departs: Matrix
    risks: list[tuple[Risk, ...]]

    @classmethod
    def of(cls, channels: Sequence[Channel], at: datetime) -> Self:
        known: dict[object, tuple[float, tuple[Risk, ...]]] = {}
        for channel in channels:
            if channel.times not in known:
                departs, risks = channel.departure(at)
                known[channel.times] = departs.timestamp(), tuple(risks)
        found = [known[channel.times] for channel in channels]
        return cls(np.array([departs for departs, _ in found], float), [risks for _, risks in found])


@dataclass(slots=True)
class _Candidates:
    """The ways to one part, as parallel lists: a territory has tens of thousands, an object each would cost more."""

    supplies: list[Supply] = field(default_factory=list)
    channels: list[int] = field(default_factory=list)
    doubtful: list[bool] = field(default_factory=list)

    def extend(self, other: "_Candidates", *, approved: bool) -> None:
        """With the ways to a part that stands in."""
        self.supplies += other.supplies
        self.channels += other.channels
        self.doubtful += [not approved] * len(other.supplies)


def _candidates(network: Network, parts: Iterable[str]) -> dict[str, _Candidates]:
    leaving: defaultdict[str, list[tuple[int, Way]]] = defaultdict(list)
    for index, channel in enumerate(network.channels):
        leaving[channel.place_id].append((index, channel.way))
    own: defaultdict[str, _Candidates] = defaultdict(_Candidates)
    for supply in network.supplies:
        found = own[supply.part]
        for index, way in leaving[supply.place_id]:
            if supply.ready_at is None or way != "courier":  # nobody hands a parcel over that has not arrived
                found.supplies.append(supply)
                found.channels.append(index)
    complete = {}
    for part in parts:
        complete[part] = _Candidates()
        complete[part].extend(own[part], approved=True)
        for option in network.options.get(part, ()):
            complete[part].extend(own[option.part], approved=option.approved)
    return complete


@dataclass(frozen=True)
class _Ways:
    """The candidates for one part, with what is reckoned with as arrays; `arriving` are those on their way."""

    found: _Candidates
    channel: npt.NDArray[np.int64]
    pieces: npt.NDArray[np.int64]
    arriving: list[tuple[int, datetime]]
    departs: dict[datetime, Matrix] = field(default_factory=dict)

    @classmethod
    def of(cls, found: _Candidates) -> Self:
        pieces = np.array([supply.quantity for supply in found.supplies], int)
        arriving = [(index, one.ready_at) for index, one in enumerate(found.supplies) if one.ready_at is not None]
        return cls(found, np.array(found.channels, int), pieces, arriving)

    def unbeaten(self, need: Need, network: Network, roads: _Roads, leaving: _Leaving) -> list[Offer]:
        """The offers to one site that no other beats, earliest first."""
        if not self.found.supplies:
            return []
        way = roads.metres[self.channel, need.site]
        arrives = self._departs(need.at, network, leaving) + np.rint(way / roads.metres_per_second[self.channel])
        costs = np.rint(roads.fee_fen[self.channel] + roads.fen_per_metre[self.channel] * way)
        pieces = np.minimum(self.pieces, need.quantity)
        cheapest = costs.min()
        kept: list[Offer] = []
        for index in np.lexsort((-pieces, costs, arrives)).tolist():
            if (part := self.found.supplies[index].part) in need.barred and part != need.part:
                continue
            doubtful = self.found.doubtful[index]
            cost, quantity = int(costs[index]), int(pieces[index])
            if any(_beats(other, cost, quantity, doubtful=doubtful) for other in kept):
                continue
            arrives_at = datetime.fromtimestamp(float(arrives[index]), need.at.tzinfo)
            channel = network.channels[self.channel[index]]
            risks = self._risks(index, channel, need, leaving)
            kept.append(self._offer(index, channel, need, arrives_at, cost, round(float(way[index])), risks))
            if cost == cheapest and quantity == need.quantity and not doubtful:
                break  # whatever comes later is beaten by this one
        return kept

    def _departs(self, at: datetime, network: Network, leaving: _Leaving) -> Matrix:
        """When each leaves that nobody wants before `at`; many needs ask for the same moment."""
        if at not in self.departs:
            departs: Matrix = leaving.departs[self.channel]
            for index, ready_at in self.arriving:
                leaves, _ = network.channels[self.channel[index]].departure(max(ready_at, at))
                departs[index] = leaves.timestamp()
            self.departs[at] = departs
        return self.departs[at]

    def _risks(self, index: int, channel: Channel, need: Need, leaving: _Leaving) -> tuple[Risk, ...]:
        supply = self.found.supplies[index]
        risks = list(leaving.risks[self.channel[index]])
        if supply.ready_at is not None:
            risks = channel.departure(max(supply.ready_at, need.at))[1]
        told: list[tuple[Risk, bool]] = [
            ("late_transfer", supply.late),
            ("unapproved", self.found.doubtful[index]),
            ("last_piece", supply.quantity <= need.quantity),
        ]
        return (*risks, *(risk for risk, there in told if there))

    def _offer(
        self,
        index: int,
        channel: Channel,
        need: Need,
        arrives_at: datetime,
        cost_fen: int,
        metres: int,
        risks: tuple[Risk, ...],
    ) -> Offer:
        supply = self.found.supplies[index]
        return Offer(
            part=supply.part,
            place_id=supply.place_id,
            way=channel.way if supply.ready_at is None else "transfer",
            quantity=min(supply.quantity, need.quantity),
            arrives_at=arrives_at,
            cost_fen=cost_fen,
            metres=metres,
            risks=risks,
        )


def _beats(other: Offer, cost_fen: int, quantity: int, *, doubtful: bool) -> bool:
    """`other` arrives no later, as the offers come in that order."""
    as_good = other.cost_fen <= cost_fen and other.quantity >= quantity
    return as_good and (doubtful or "unapproved" not in other.risks)


@dataclass(frozen=True, slots=True)
class Complete:
    """When all pieces of a need can be there, and for how much; `short` pieces cannot be had at all."""

    arrives_at: datetime | None
    cost_fen: int
    short: int


def complete(need: Need, ways: Sequence[Offer]) -> Complete:
    """Take approved offers, earliest first, until there is enough; a shelf is used by one way only."""
    left, cost, arrives = need.quantity, 0, None
    used: set[tuple[str, str]] = set()
    for offer in ways:
        if left == 0:
            break
        if "unapproved" in offer.risks or (offer.place_id, offer.part) in used:
            continue
        used.add((offer.place_id, offer.part))
        left -= min(left, offer.quantity)
        cost, arrives = cost + offer.cost_fen, offer.arrives_at
    return Complete(None if left else arrives, cost, left)


def _metres(channels: Sequence[Channel], sites: Sequence[tuple[float, float]]) -> Matrix:
    """Road metres [channels, sites], estimated."""
    here = np.radians(np.array([(one.lon, one.lat) for one in channels], float).reshape(-1, 2))[:, None, :]
    there = np.radians(np.array(sites, float).reshape(-1, 2))[None, :, :]
    half = np.sin((there[..., 1] - here[..., 1]) / 2) ** 2
    half = half + np.cos(here[..., 1]) * np.cos(there[..., 1]) * np.sin((there[..., 0] - here[..., 0]) / 2) ** 2
    metres: Matrix = 2 * EARTH_M * np.arcsin(np.minimum(1.0, np.sqrt(half))) * DETOUR
    return metres
