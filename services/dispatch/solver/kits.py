"""Where an order's parts could come from, for one engineer: van, pick-up at a depot, courier, transfer."""

from collections.abc import Iterable, Iterator

from .draft import NO_KIT, Draft, Kit
from .plan import Source
from .problem import FOREVER, Delivery, Line
from .tables import Tables

NEAR_DEPOTS = 3
"""Depots tried for a pick-up besides those already on the tour: the ones with the shortest way round."""


def kits(draft: Draft, order: int, tour: int) -> list[Kit]:
    """Complete kits from the stock that is left, without duplicates; empty when a certain line has no source."""
    record = draft.tables.orders[order]
    if not record.kit:
        return [NO_KIT]
    cheap = Picker(draft, order, tour, (), False, True).kit()
    if cheap and all(source.kind == "van" for source in cheap.sources) and len(cheap.sources) == len(record.kit):
        return [cheap]
    depots = list(_depot_choices(draft, order, tour))
    unsure = any(line.miss_fen is not None for line in record.kit)
    found = [cheap, Picker(draft, order, tour, (), True, True).kit()]
    for optional in (True, False) if unsure else (True,):
        found += [Picker(draft, order, tour, choice, False, optional).kit() for choice in [(), *depots]]
    return list(dict.fromkeys(kit for kit in found if kit is not None))


class Picker:
    """Collects one kit: each line from the van, else from `depots`, else by delivery, else missed.

    Lines that must be there choose first.
    """

    def __init__(
        self, draft: Draft, order: int, tour: int, depots: tuple[int, ...], quick: bool, optional: bool
    ) -> None:
        self.draft, self.order, self.depots, self.quick, self.optional = draft, order, depots, quick, optional
        self.engineer = draft.tables.tours[tour].engineer
        self.first_depot = draft.problem.engineers
        self.taken: dict[tuple[int, int], int] = {}

    def kit(self) -> Kit | None:
        """The kit, or None when a line that must be there has no source."""
        sources, fen, release, depots = [], 0, -FOREVER, set()
        lines = enumerate(self.draft.tables.orders[self.order].kit)
        for number, line in sorted(lines, key=lambda entry: entry[1].miss_fen is not None):
            source = self._source(number, line)
            if source is None:
                if line.miss_fen is None:
                    return None
                fen += line.miss_fen
                continue
            self.taken[source.place, source.part] = self.taken.get((source.place, source.part), 0) + line.quantity
            sources.append(source)
            fen += source.fee_fen
            if source.kind in ("courier", "transfer"):
                release = max(release, source.arrives_at)
            if source.kind == "pickup":
                depots.add(source.place - self.first_depot)
        return Kit(tuple(sources), release, fen, tuple(sorted(depots)))

    def _source(self, number: int, line: Line) -> Source | None:
        on_van = self._part(line, self.engineer)
        if on_van is not None:
            return Source(self.order, number, on_van, "van", self.engineer)
        if line.miss_fen is not None and not self.optional:
            return None
        for depot in self.depots:
            part = self._part(line, self.first_depot + depot)
            if part is not None:
                return Source(self.order, number, part, "pickup", self.first_depot + depot)
        return self._delivered(number, line)

    def _delivered(self, number: int, line: Line) -> Source | None:
        for delivery in sorted(line.deliveries, key=self._rank):
            part = self._part(line, self.first_depot + delivery.depot)
            if part is not None and (line.miss_fen is None or delivery.fee_fen < line.miss_fen):
                place = self.first_depot + delivery.depot
                return Source(self.order, number, part, delivery.kind, place, delivery.arrives_at, delivery.fee_fen)
        return None

    def _rank(self, delivery: Delivery) -> tuple[int, int]:
        fast, cheap = delivery.arrives_at, delivery.fee_fen
        return (fast, cheap) if self.quick else (cheap, fast)

    def _part(self, line: Line, place: int) -> int | None:
        shelf = self.draft.left[place]
        for part in line.parts:
            if shelf[part] - self.taken.get((place, part), 0) >= line.quantity:
                return part
        return None


def _depot_choices(draft: Draft, order: int, tour: int) -> Iterator[tuple[int, ...]]:
    """Depots on the tour, each near depot, and sets of depots for kits that no single one holds."""
    tables, first = draft.tables, draft.problem.engineers
    wanted = {part for line in tables.orders[order].kit for part in line.parts}
    holding = [depot for depot in tables.depots_near(order) if any(draft.left[first + depot][p] for p in wanted)]
    on_tour = [-1 - visit for visit in draft.visits[tour] if visit < 0 and -1 - visit in holding]
    if on_tour:
        yield tuple(dict.fromkeys(on_tour))
    near = nearest_depots(tables, order, tour, holding[: 3 * NEAR_DEPOTS])[:NEAR_DEPOTS]
    for depot in near:
        yield (depot,)
    if len(near) > 1:
        yield tuple(near)
    # What only a far depot has must not be missed because nearer ones hold the rest of the kit.
    yield tuple(dict.fromkeys(_nearest_holders(draft, order, tour)))


def _nearest_holders(draft: Draft, order: int, tour: int) -> Iterator[int]:
    """For each line the depot with the shortest way round that holds enough of it."""
    tables, first = draft.tables, draft.problem.engineers
    for line in tables.orders[order].kit:
        holders = [
            depot
            for depot in tables.depots_near(order)
            if any(draft.left[first + depot][part] >= line.quantity for part in line.parts)
        ]
        yield from nearest_depots(tables, order, tour, holders)[:1]


def nearest_depots(tables: Tables, order: int, tour: int, depots: Iterable[int]) -> list[int]:
    """Depots by the way from the start of the tour over the depot to the site."""
    start, site = tables.first_place(tour), tables.orders[order].place

    def way(depot: int) -> int:
        place = tables.depots[depot].place
        return int(tables.seconds[start, place] + tables.seconds[place, site])

    return sorted(depots, key=way)
