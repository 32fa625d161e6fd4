"""The cheapest routes of a tour under tolls, as columns of the relaxation."""

from collections import Counter
from dataclasses import dataclass

import numpy as np

from services.dispatch.solver.problem import Problem

from . import search
from .kits import Offer, kits, offers
from .relief import Relief, promise_fen
from .tables import FIXED_FEN, RELIEF_FEN, RELIEF_FIRST, SERVICE, UNREACHABLE, Tables
from .tolls import NOBODY, Ints, Pieces, Tolls
from .tours import sheet

SLOT = 300
"""Seconds of a slot of the search, unless a stop is shorter."""
MOST = 25
"""Routes of a tour that are kept of one search; more of them keep the linear program busy for little."""


@dataclass(frozen=True)
class Column:
    """A route with its kits and vehicles. `fen`: what the judge charges for it, or less, without any toll. `orders`,
    `vehicles`: (index, how often)."""

    tour: int
    fen: int
    orders: tuple[tuple[int, int], ...]
    vehicles: tuple[tuple[int, int], ...]
    pieces: tuple[Pieces, ...]


@dataclass(frozen=True)
class Cheapest:
    """`fen`: no route of the tour is cheaper under the tolls; only the least that was found unless `proven`. `columns`:
    some routes cheaper than to do nothing, the cheapest among them."""

    fen: int
    proven: bool
    columns: list[Column]


class Memory:
    """Room for labels, shared by all tours; it grows when somebody asks."""

    def __init__(self) -> None:
        self.labels = search.room(1 << 16)

    def grow(self) -> None:
        """Four times the room."""
        self.labels = search.room(4 * len(self.labels))


class Pricer:
    """Finds the cheapest routes of one tour, whatever the tolls."""

    def __init__(self, problem: Problem, tour: int, memory: Memory) -> None:
        self.problem, self.record, self.sheet, self.memory = problem, problem.tours[tour], sheet(problem, tour), memory
        self.home = len(self.sheet.nodes)
        self.still = Column(tour, self._home_fen(self.home, self.sheet.begin) if self.sheet.driven else 0, (), (), ())

    def cheapest(self, tolls: Tolls, *, strict: bool) -> Cheapest:
        """Found fast, and proven only if `strict`."""
        kept, on = self.under(tolls)
        slots = 1 + max(0, on.limit - on.begin) // on.width
        stages = 2 + len(self.sheet.depots) if strict else 2
        ahead = np.empty((stages, self.home + 1, slots), np.int64)
        search.look_ahead(on, ahead, np.empty_like(ahead))
        desk = search.desk(self.memory.labels, self.home + 1, slots)
        least, columns, proven = self.still.fen, list[Column](), False
        for exactly in (False, True) if strict else (False,):
            proven = search.label(on, ahead, least, exactly, desk) != search.FULL and exactly
            ends = sorted((self._end_fen(label), label) for label in desk.best.tolist() if label > 0)
            columns += [self._column(on, kept, label) for fen, label in ends[:MOST] if fen < least]
            least = min([least, *(fen for fen, _ in ends)])
        return Cheapest(least, proven, columns)

    def under(self, tolls: Tolls) -> tuple[list[Offer], Tables]:
        """The offers with the pieces that they take, and the tour's tables, under these tolls."""
        sheet, tour = self.sheet, self.record
        kept, span = self._offers(tolls)
        helps = [
            (r.cargo_at, search.NONE if r.delivered_at is None else r.delivered_at, r.fen + tolls.of_vehicle(r.vehicle))
            for own in sheet.reliefs
            for r in own
        ]
        gain = np.zeros(len(sheet.nodes), np.int64)
        gain[: len(sheet.orders)] = tolls.orders[list(sheet.orders)]
        return kept, Tables(
            nodes=sheet.nodes,
            clocks=sheet.clocks,
            seconds=sheet.seconds,
            fen=sheet.fen,
            keep=sheet.keep,
            gain=gain,
            offers=np.array([(o.first, o.last, o.price, o.depots) for o in kept], np.int64).reshape(-1, 4),
            span=span,
            reliefs=np.array(helps, np.int64).reshape(-1, 3),
            begin=sheet.begin,
            end=tour.end,
            limit=tour.limit,
            overtime_rate=self.problem.prices.overtime_fen_per_hour,
            width=int(min([SLOT, *sheet.nodes[:, SERVICE].tolist()])),
        )

    def _offers(self, tolls: Tolls) -> tuple[list[Offer], Ints]:
        """Offers one after the other, and by node where the own ones begin and end (see `tables`)."""
        sheet = self.sheet
        kept: list[Offer] = []
        span = np.zeros((len(sheet.nodes), 3), np.int64)
        for node, (lines, begins) in enumerate(zip(sheet.sources, sheet.starts, strict=True)):
            span[node, 0] = len(kept)
            for column, part in enumerate(kits(lines, tolls), 1):
                kept += offers(part, begins)
                span[node, column] = len(kept)
        for node, depot in enumerate(sheet.depots, len(sheet.orders)):
            windows = self.problem.depots[depot].windows
            span[node] = (len(kept), len(kept) + len(windows), len(kept) + len(windows))
            kept += [Offer(first, last, 0, 0, 0, ()) for first, last in windows]
        return kept, span

    def _home_fen(self, node: int, ready: int) -> int:
        """Drive home and overtime, whatever the limit."""
        over = max(0, ready + int(self.sheet.seconds[node, self.home]) - self.record.end)
        rate = self.problem.prices.overtime_fen_per_hour
        return int(self.sheet.fen[node, self.home]) - (-rate * over // 3600)

    def _end_fen(self, label: int) -> int:
        """Price under the tolls of going home from there."""
        node, ready, fen = (int(self.memory.labels[label, c]) for c in (search.NODE, search.READY, search.PRICE))
        in_time = ready + int(self.sheet.seconds[node, self.home]) <= self.record.limit
        return fen + self._home_fen(node, ready) if in_time else UNREACHABLE

    def _column(self, on: Tables, kept: list[Offer], label: int) -> Column:
        """The route that ends with this label."""
        labels, sheet = self.memory.labels, self.sheet
        orders, vehicles = Counter[int](), Counter[int]()
        pieces: list[Pieces] = []
        fen = self._home_fen(int(labels[label, search.NODE]), int(labels[label, search.READY]))
        while label:
            node, start, offer, before = labels[
                label, [search.NODE, search.START, search.OFFER, search.BEFORE]
            ].tolist()
            fen += int(sheet.fen[labels[before, search.NODE], node] + sheet.nodes[node, FIXED_FEN]) + kept[offer].fen
            pieces += kept[offer].pieces
            if node < len(sheet.orders):
                relief, late = self._relief(on, node, start)
                orders[sheet.orders[node]] += 1
                fen += relief.fen + late
                if relief.vehicle != NOBODY:
                    vehicles[relief.vehicle] += 1
            label = before
        counts = tuple(sorted(orders.items())), tuple(sorted(vehicles.items()))
        return Column(sheet.tour, fen, *counts, tuple(sorted(pieces)))

    def _relief(self, on: Tables, node: int, start: int) -> tuple[Relief, int]:
        """The relief that is cheapest under the tolls, and what is late with it."""
        record, end = self.problem.orders[self.sheet.orders[node]], start + int(on.nodes[node, SERVICE])
        tolled = on.reliefs[on.nodes[node, RELIEF_FIRST] :, RELIEF_FEN].tolist()
        late = [promise_fen(record, relief, start, end) for relief in self.sheet.reliefs[node]]
        best = min(range(len(late)), key=lambda number: tolled[number] + late[number])
        return self.sheet.reliefs[node][best], late[best]
