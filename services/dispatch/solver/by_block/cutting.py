"""One block of a problem as a problem of its own, and plans between the two."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..blocks import Blocks, Matrix
from ..plan import Case, Plan, Route, Source, Stop
from ..problem import Cargo, Ints, Line, Order, Problem, Tour


def positions(names: Sequence[int]) -> dict[int, int]:
    """Where each index stands in a list."""
    return {one: index for index, one in enumerate(names)}


@dataclass(frozen=True)
class Share:
    """One block as a problem, and what its indices mean in the whole one."""

    problem: Problem
    orders: list[int]
    engineers: list[int]
    tours: list[int]
    depots: list[int]
    vehicles: list[int]

    def whole(self, plan: Plan, engineers: int) -> Plan:
        """A plan of the block in the indices of the whole problem, which has so many engineers."""
        return Plan(
            routes=tuple(self._route(route) for route in plan.routes),
            sources=tuple(self._source(source, engineers) for source in plan.sources),
            cases=tuple(
                replace(case, order=self.orders[case.order], vehicle=self.vehicles[case.vehicle]) for case in plan.cases
            ),
            unassigned={self.orders[order]: reason for order, reason in plan.unassigned.items()},
        )

    def _route(self, route: Route) -> Route:
        stops = tuple(
            replace(stop, order=self.orders[stop.order])
            if stop.order >= 0
            else replace(stop, depot=self.depots[stop.depot])
            for stop in route.stops
        )
        return replace(route, tour=self.tours[route.tour], stops=stops)

    def _source(self, source: Source, engineers: int) -> Source:
        own = len(self.engineers)
        place = self.engineers[source.place] if source.place < own else engineers + self.depots[source.place - own]
        return replace(source, order=self.orders[source.order], place=place)

    def own(self, plan: Plan, engineers: int) -> Plan:
        """The part of a whole plan that belongs to this block, in its indices."""
        orders, tours, depots, vehicles, people = map(
            positions, (self.orders, self.tours, self.depots, self.vehicles, self.engineers)
        )

        def stop(one: Stop) -> Stop:
            return replace(one, order=orders[one.order]) if one.order >= 0 else replace(one, depot=depots[one.depot])

        def source(one: Source) -> Source:
            far = one.place - engineers
            return replace(
                one, order=orders[one.order], place=people[one.place] if far < 0 else len(people) + depots[far]
            )

        def case(one: Case) -> Case:
            return replace(one, order=orders[one.order], vehicle=vehicles[one.vehicle])

        routes = (
            replace(route, tour=tours[route.tour], stops=tuple(map(stop, route.stops)))
            for route in plan.routes
            if route.tour in tours
        )
        sources = (source(one) for one in plan.sources if one.order in orders)
        return Plan(tuple(routes), tuple(sources), tuple(case(one) for one in plan.cases if one.order in orders))


def cut(
    problem: Problem,
    blocks: Blocks,
    block: int,
    *,
    orders: list[int],
    engineers: list[int],
    vehicles: list[int],
    stock: Ints,
) -> Share:
    """One block as a problem of its own, with these of the whole problem's orders, engineers and vehicles, and what is
    left on the shelves. All places of other blocks are one place to which no way leads."""
    rows = positions(blocks.places[block])
    tours = [tour for engineer in engineers for tour in problem.tours_of[engineer]]
    brought = {d.depot for order in orders for line in problem.orders[order].kit for d in line.deliveries}
    depots = [index for index, depot in enumerate(problem.depots) if depot.place in rows or index in brought]
    share = Share(problem, orders, engineers, tours, depots, vehicles)
    index = _Index(share, rows)
    seconds, metres = (_with_nowhere(matrices[block]) for matrices in (blocks.seconds, blocks.metres))
    part = replace(
        problem,
        blocks=None,
        seconds=seconds,
        metres=metres,
        level=problem.level[engineers],
        certificate=problem.certificate[engineers],
        home_region=problem.home_region[engineers],
        cross_permille=problem.cross_permille[engineers],
        heavy=problem.heavy[engineers],
        night_fen=problem.night_fen[engineers],
        max_nights=problem.max_nights[engineers],
        burden=problem.burden[engineers],
        stock=stock[[*engineers, *(problem.engineers + depot for depot in depots)]],
        tours=tuple(index.tour(tour) for tour in tours),
        depots=tuple(replace(one, place=index.place(one.place)) for one in (problem.depots[depot] for depot in depots)),
        vehicles=tuple(replace(one, place=index.place(one.place)) for one in (problem.vehicles[v] for v in vehicles)),
        orders=tuple(index.order(order) for order in orders),
    )
    return replace(share, problem=part)


def _with_nowhere(matrix: Matrix) -> Ints:
    size = len(matrix)
    whole = np.full((size + 1, size + 1), -1, np.int64)
    whole[:size, :size] = matrix
    whole[size, size] = 0
    return whole


class _Index:
    """Records of the whole problem in the indices of a block."""

    def __init__(self, share: Share, rows: dict[int, int]) -> None:
        self.problem, self.rows = share.problem, rows
        self.orders, self.people, self.depots, self.vehicles = map(
            positions, (share.orders, share.engineers, share.depots, share.vehicles)
        )

    def place(self, place: int) -> int:
        return self.rows.get(place, len(self.rows))

    def tour(self, tour: int) -> Tour:
        record = self.problem.tours[tour]
        return replace(
            record,
            engineer=self.people[record.engineer],
            start_place=self.place(record.start_place),
            end_place=self.place(record.end_place),
            frozen=tuple(self.orders[order] for order in record.frozen),
        )

    def order(self, order: int) -> Order:
        record, nobody = self.problem.orders[order], len(self.people)
        told, frozen, pinned = record.published, record.frozen, record.pin_engineer
        return replace(
            record,
            place=self.place(record.place),
            kit=tuple(self._line(line) for line in record.kit),
            cargo=self._cargo(record.cargo) if record.cargo else None,
            pin_engineer=None if pinned is None else self.people.get(pinned, nobody),
            frozen=replace(frozen, engineer=self.people[frozen.engineer]) if frozen else None,
            published=(self.people.get(told[0], nobody), told[1]) if told else None,
            excluded=frozenset(self.people[one] for one in record.excluded if one in self.people),
        )

    def _line(self, line: Line) -> Line:
        return replace(line, deliveries=tuple(replace(d, depot=self.depots[d.depot]) for d in line.deliveries))

    def _cargo(self, cargo: Cargo) -> Cargo:
        sent = replace(cargo.sent, vehicle=self.vehicles[cargo.sent.vehicle]) if cargo.sent else None
        return replace(cargo, destination=self.place(cargo.destination), sent=sent)
