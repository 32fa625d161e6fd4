"""Every way in which an order can get its parts, with arrival, cost and what may go wrong. Pure.

Distances are straight lines times `DETOUR`, driven at `DRIVE_KMH` (a courier at the speed of its lane): good enough to
rank depots and to say "today" or "tomorrow"; the plan itself uses the road network.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Literal, NamedTuple, Self
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from services.parts.domain.substitution import Option

Way = Literal["van", "pickup", "courier", "transfer"]
Risk = Literal["last_piece", "closing_soon", "cutoff_soon", "late_transfer", "unapproved"]
ZONE = ZoneInfo("Asia/Shanghai")
DETOUR = 1.35
DRIVE_KMH = 60.0
SOON = timedelta(minutes=30)
EARTH_M = 6_371_008.8
Matrix = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Hours:
    """Open from `opens` to just before `closes`, every day; closing at or before opening means over midnight."""

    opens: time
    closes: time

    def next_open(self, at: datetime) -> datetime:
        """`at` itself when it is open then, otherwise the next opening."""
        local = at.astimezone(ZONE)
        now = local.time()
        over_midnight = self.closes <= self.opens
        inside = (now >= self.opens or now < self.closes) if over_midnight else self.opens <= now < self.closes
        return at if inside else _next(local, self.opens)

    def closes_soon(self, at: datetime) -> bool:
        return _next(at.astimezone(ZONE), self.closes) - at <= SOON


@dataclass(frozen=True, slots=True)
class Lane:
    """A courier: price, speed, time until a parcel is ready, time of day of the last parcel."""

    fee_fen: int
    fen_per_km: int
    km_per_hour: int
    ready: timedelta
    cutoff: time | None


@dataclass(frozen=True, slots=True)
class Channel:
    """One way out of one place."""

    place_id: str
    way: Way
    lon: float
    lat: float
    hours: Hours | None = None
    lane: Lane | None = None

    def departure(self, ready: datetime) -> tuple[datetime, list[Risk]]:
        """When pieces that lie ready from `ready` on leave, and what that hangs on."""
        start = self.hours.next_open(ready) if self.hours is not None else ready
        if self.lane is None:
            soon = self.hours is not None and self.hours.closes_soon(start)
            return start, ["closing_soon"] if soon else []
        parcel = start + self.lane.ready
        if self.lane.cutoff is None:
            return parcel, []
        last = _next(start.astimezone(ZONE), self.lane.cutoff)
        if parcel <= last:
            return parcel, ["cutoff_soon"] if last - parcel <= SOON else []
        opens = self.hours.opens if self.hours is not None else time(8)
        return _next(last.astimezone(ZONE), opens) + self.lane.ready, []


def _next(local: datetime, at: time) -> datetime:
    """The first moment after `local` at which the clock there shows `at`."""
    today = datetime.combine(local.date(), at, local.tzinfo)
    return today if today > local else today + timedelta(days=1)


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
    """Pieces of a part wanted at a site, which is a row of the sites given beside it. What is `barred` does not fit the
    machine there and cannot stand in."""

    site: int
    part: str
    quantity: int
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


def offers(
    network: Network, sites: Sequence[tuple[float, float]], needs: Sequence[Need], now: datetime
) -> list[list[Offer]]:
    """For each need the offers that no other beats in arrival, price and quantity, earliest first.

    Each need is answered as if it were alone: what two of them may both count on is decided by holds.
    """
    roads = _Roads.of(network.channels, sites)
    by_part = {part: _Ways.of(found) for part, found in _candidates(network, {n.part for n in needs}, now).items()}
    return [by_part[need.part].unbeaten(need, network, roads, now) for need in needs]


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


@dataclass(slots=True)
class _Candidates:
    """The ways to one part, as parallel lists: a territory has tens of thousands, an object each would cost more."""

    supplies: list[Supply] = field(default_factory=list)
    channels: list[int] = field(default_factory=list)
    departs: list[float] = field(default_factory=list)
    risks: list[tuple[Risk, ...]] = field(default_factory=list)

    def add(self, supply: Supply, channel: int, departs: float, risks: tuple[Risk, ...]) -> None:
        self.supplies.append(supply)
        self.channels.append(channel)
        self.departs.append(departs)
        self.risks.append(risks)

    def extend(self, other: "_Candidates", *, approved: bool) -> None:
        """With the ways to a part that stands in."""
        self.supplies += other.supplies
        self.channels += other.channels
        self.departs += other.departs
        self.risks += other.risks if approved else [(*risks, "unapproved") for risks in other.risks]


def _candidates(network: Network, parts: Iterable[str], now: datetime) -> dict[str, _Candidates]:
    leaving: defaultdict[str, list[tuple[int, Channel, float, tuple[Risk, ...]]]] = defaultdict(list)
    for index, channel in enumerate(network.channels):
        departs, risks = channel.departure(now)
        leaving[channel.place_id].append((index, channel, departs.timestamp(), tuple(risks)))
    own: defaultdict[str, _Candidates] = defaultdict(_Candidates)
    for supply in network.supplies:
        found = own[supply.part]
        for index, channel, at, hangs_on in leaving[supply.place_id]:
            if supply.ready_at is None:
                found.add(supply, index, at, hangs_on)
            elif channel.way != "courier":  # nobody hands a parcel over that has not arrived
                _add_arriving(found, index, channel, supply, supply.ready_at)
    complete = {}
    for part in parts:
        complete[part] = _Candidates()
        complete[part].extend(own[part], approved=True)
        for option in network.options.get(part, ()):
            complete[part].extend(own[option.part], approved=option.approved)
    return complete


def _add_arriving(found: _Candidates, index: int, channel: Channel, supply: Supply, ready: datetime) -> None:
    departs, risks = channel.departure(ready)
    late: list[Risk] = ["late_transfer"] if supply.late else []
    found.add(supply, index, departs.timestamp(), (*risks, *late))


@dataclass(frozen=True)
class _Ways:
    """The candidates for one part, with what is reckoned with as arrays."""

    found: _Candidates
    channel: npt.NDArray[np.int64]
    departs: Matrix
    pieces: npt.NDArray[np.int64]

    @classmethod
    def of(cls, found: _Candidates) -> Self:
        pieces = np.array([supply.quantity for supply in found.supplies], int)
        return cls(found, np.array(found.channels, int), np.array(found.departs, float), pieces)

    def unbeaten(self, need: Need, network: Network, roads: _Roads, now: datetime) -> list[Offer]:
        """The offers to one site that no other beats, earliest first."""
        if not self.found.supplies:
            return []
        way = roads.metres[self.channel, need.site]
        arrives = self.departs + np.rint(way / roads.metres_per_second[self.channel])
        costs = np.rint(roads.fee_fen[self.channel] + roads.fen_per_metre[self.channel] * way)
        pieces = np.minimum(self.pieces, need.quantity)
        cheapest = costs.min()
        kept: list[Offer] = []
        for index in np.lexsort((-pieces, costs, arrives)).tolist():
            if (part := self.found.supplies[index].part) in need.barred and part != need.part:
                continue
            doubtful = "unapproved" in self.found.risks[index]
            cost, quantity = int(costs[index]), int(pieces[index])
            if any(_beats(other, cost, quantity, doubtful=doubtful) for other in kept):
                continue
            channel = network.channels[self.found.channels[index]]
            arrives_at = datetime.fromtimestamp(float(arrives[index]), now.tzinfo)
            kept.append(self._offer(index, channel, need, arrives_at, cost, round(float(way[index]))))
            if cost == cheapest and quantity == need.quantity and not doubtful:
                break  # whatever comes later is beaten by this one
        return kept

    def _offer(
        self, index: int, channel: Channel, need: Need, arrives_at: datetime, cost_fen: int, metres: int
    ) -> Offer:
        supply, risks = self.found.supplies[index], self.found.risks[index]
        return Offer(
            part=supply.part,
            place_id=supply.place_id,
            way=channel.way if supply.ready_at is None else "transfer",
            quantity=min(supply.quantity, need.quantity),
            arrives_at=arrives_at,
            cost_fen=cost_fen,
            metres=metres,
            risks=(*risks, "last_piece") if supply.quantity <= need.quantity else risks,
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
