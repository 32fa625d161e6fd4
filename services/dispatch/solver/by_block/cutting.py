"""One block of a problem as a problem of its own, and plans between the two."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..blocks import Blocks, Matrix
from ..plan import Case, Plan, Route, Session, Source, Stop
from ..problem import FOREVER, Cargo, Depot, Frozen, Ints, Line, Order, Problem, Span, Told, Tour
from .shared import Seat


def positions(names: Sequence[int]) -> dict[int, int]:
    """Where each index stands in a list."""
    return {one: index for index, one in enumerate(names)}


@dataclass(frozen=True)
class Members:
    """What belongs to a block, by its index in the whole problem, which has `everybody` engineers. `seats`: the block's
    record of the expert who joins an order so far."""

    orders: list[int]
    engineers: list[int]
    tours: list[int]
    depots: list[int]
    vehicles: list[int]
    experts: list[int]
    seats: dict[int, int]
    everybody: int


@dataclass(frozen=True)
class Share:
    """One block as a problem, and what its indices mean in the whole one."""

    problem: Problem
    members: Members

    def whole(self, plan: Plan) -> Plan:
        """A plan of the block in the indices of the whole problem."""
        orders, vehicles = self.members.orders, self.members.vehicles
        return Plan(
            routes=tuple(self._route(route) for route in plan.routes),
            sources=tuple(replace(one, order=orders[one.order], place=self._shelf(one.place)) for one in plan.sources),
            cases=tuple(replace(one, order=orders[one.order], vehicle=vehicles[one.vehicle]) for one in plan.cases),
            unassigned={orders[order]: reason for order, reason in plan.unassigned.items()},
            sessions=tuple(Session(orders[one.order], self.members.experts[one.expert]) for one in plan.sessions),
        )

    def _route(self, route: Route) -> Route:
        return replace(route, tour=self.members.tours[route.tour], stops=tuple(map(self._stop, route.stops)))

    def _stop(self, stop: Stop) -> Stop:
        if stop.order >= 0:
            return replace(stop, order=self.members.orders[stop.order])
        return replace(stop, depot=self.members.depots[stop.depot])

    def _shelf(self, place: int) -> int:
        own = len(self.members.engineers)
        if place < own:
            return self.members.engineers[place]
        return self.members.everybody + self.members.depots[place - own]

    def own(self, plan: Plan) -> Plan:
        """The part of a whole plan that this block can hold, in its indices: what is not its own is left out."""
        index = Index(self.members)
        stops = {
            index.tours[route.tour]: tuple(stop for one in route.stops if (stop := index.stop(one)))
            for route in plan.routes
            if route.tour in index.tours
        }
        planned = {stop.order for own in stops.values() for stop in own}
        sources = (index.source(one) for one in plan.sources)
        cases = (index.case(one) for one in plan.cases)
        return Plan(
            routes=tuple(
                replace(route, tour=index.tours[route.tour], stops=stops[index.tours[route.tour]])
                for route in plan.routes
                if route.tour in index.tours
            ),
            sources=tuple(one for one in sources if one and one.order in planned),
            cases=tuple(one for one in cases if one),
            unassigned={index.orders[one]: why for one, why in plan.unassigned.items() if one in index.orders},
            sessions=tuple(
                Session(index.orders[one.order], self.members.seats[one.order])
                for one in plan.sessions
                if one.order in self.members.seats
            ),
        )


class Index:
    """Where each member stands in its block."""

    def __init__(self, members: Members) -> None:
        self.orders, self.people, self.tours, self.depots, self.vehicles = map(
            positions, (members.orders, members.engineers, members.tours, members.depots, members.vehicles)
        )
        self._everybody = members.everybody

    def stop(self, stop: Stop) -> Stop | None:
        """The stop in the block's indices; None for one that is not its own."""
        if stop.order >= 0:
            return replace(stop, order=self.orders[stop.order]) if stop.order in self.orders else None
        return replace(stop, depot=self.depots[stop.depot]) if stop.depot in self.depots else None

    def source(self, source: Source) -> Source | None:
        """As `stop`, for where a part comes from."""
        depot = source.place - self._everybody
        place = self.people.get(source.place) if depot < 0 else self.depots.get(depot)
        if place is None or source.order not in self.orders:
            return None
        return replace(source, order=self.orders[source.order], place=place if depot < 0 else len(self.people) + place)

    def case(self, case: Case) -> Case | None:
        """As `stop`, for a replacement vehicle."""
        if case.order not in self.orders or case.vehicle not in self.vehicles:
            return None
        return replace(case, order=self.orders[case.order], vehicle=self.vehicles[case.vehicle])


def cut(
    problem: Problem,
    blocks: Blocks,
    block: int,
    *,
    orders: list[int],
    engineers: list[int],
    vehicles: list[int],
    stock: Ints,
    experts: Sequence[Seat],
) -> Share:
    """One block as a problem of its own, with these of the whole problem's orders, engineers, vehicles and experts, and
    what is left on the shelves. All places of other blocks are one place to which no way leads."""
    rows = positions(blocks.places[block])
    tours = [tour for engineer in engineers for tour in problem.tours_of[engineer]]
    brought = {d.depot for order in orders for line in problem.orders[order].kit for d in line.deliveries}
    brought |= {depot.parcels_from for depot in problem.depots if depot.place in rows}
    depots = [index for index, depot in enumerate(problem.depots) if depot.place in rows or index in brought]
    seats = {order: number for number, seat in enumerate(experts) for order in seat.orders}
    members = Members(
        orders, engineers, tours, depots, vehicles, [seat.expert for seat in experts], seats, problem.engineers
    )
    records = _Records(problem, members, rows)
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
        tours=tuple(records.tour(tour) for tour in tours),
        depots=tuple(records.depot(problem.depots[depot]) for depot in depots),
        vehicles=tuple(replace(one, place=records.place(one.place)) for one in (problem.vehicles[v] for v in vehicles)),
        orders=tuple(records.order(order) for order in orders),
        experts=tuple(seat.record for seat in experts),
    )
    return Share(part, members)


def _with_nowhere(matrix: Matrix) -> Matrix:
    size = len(matrix)
    whole = np.full((size + 1, size + 1), -1, np.int32)
    whole[:size, :size] = matrix
    whole[size, size] = 0
    return whole


class _Records(Index):
    """Records of the whole problem in the indices of a block."""

    def __init__(self, problem: Problem, members: Members, rows: dict[int, int]) -> None:
        super().__init__(members)
        self.problem, self.rows = problem, rows

    def place(self, place: int) -> int:
        return self.rows.get(place, len(self.rows))

    def depot(self, record: Depot) -> Depot:
        return replace(record, place=self.place(record.place), parcels_from=self.depots.get(record.parcels_from, -1))

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
        record = self.problem.orders[order]
        frozen = record.frozen
        return replace(
            record,
            place=self.place(record.place),
            kit=tuple(self._line(line) for line in record.kit),
            cargo=self._cargo(record.cargo) if record.cargo else None,
            pin_engineer=self._person(record.pin_engineer),
            pin_second=self._person(record.pin_second),
            frozen=self._frozen(frozen) if frozen else None,
            links=tuple(
                link._replace(order=self.orders[link.order]) for link in record.links if link.order in self.orders
            ),
            windows=self._windows(record),
            published=self._told(record.published) if record.published else None,
            excluded=frozenset(self.people[one] for one in record.excluded if one in self.people),
        )

    def _person(self, engineer: int | None) -> int | None:
        """Somebody of another block is nobody here."""
        return None if engineer is None else self.people.get(engineer, len(self.people))

    def _told(self, told: Told) -> Told:
        nobody = len(self.people)
        return Told(self.people.get(told.engineer, nobody), told.start, self._person(told.second))

    def _windows(self, record: Order) -> tuple[Span, ...]:
        """The order's windows from when it may start after work that is under way in other blocks."""
        waits = [link for link in record.links if link.order not in self.orders]
        under_way = [(link, work) for link in waits if (work := self.problem.orders[link.order].frozen)]
        since = max(
            ((work.until if link.at_end else work.start) + link.gap for link, work in under_way), default=-FOREVER
        )
        return tuple((max(first, since), last) for first, last in record.windows if last >= since)

    def _frozen(self, frozen: Frozen) -> Frozen:
        return replace(
            frozen, engineer=self.people[frozen.engineer], second=self.people.get(frozen.second, frozen.second)
        )

    def _line(self, line: Line) -> Line:
        return replace(line, deliveries=tuple(replace(d, depot=self.depots[d.depot]) for d in line.deliveries))

    def _cargo(self, cargo: Cargo) -> Cargo:
        sent = replace(cargo.sent, vehicle=self.vehicles[cargo.sent.vehicle]) if cargo.sent else None
        return replace(cargo, destination=self.place(cargo.destination), sent=sent)
