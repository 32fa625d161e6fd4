"""What is known of a tour before any toll: who may be served, the legs, the ways to serve."""

from dataclasses import dataclass

import numpy as np

from services.dispatch.solver.problem import Problem, Span, Tour

from .kits import Source, sources, starts
from .relief import Relief, reliefs
from .tables import UNREACHABLE
from .tolls import Ints

BITS = 62
"""Orders that a route can remember at once, and depots of whose visits it keeps account. Any further order may be
served again and any further depot counts as passed, which only makes routes cheaper."""
NEIGHBOURS = 16
"""So many orders are remembered at an order's site, the nearest ones; elsewhere they are forgotten and may be served
again, which only makes routes cheaper."""


@dataclass(frozen=True)
class Sheet:
    """`orders`, `depots`: by node, in this order. `begin`: when the first new stop can be driven to. `seconds`, `fen`:
    [origin, target] of the legs; `nodes`, `clocks`, `keep`: see `tables`. By order: `reliefs`, `sources` by kit line,
    `starts` with the price of change. `depots` are those of which visits count: none on an engineer's later tours.
    `driven`: work under way has to drive home, so there is a route even without new orders."""

    tour: int
    orders: tuple[int, ...]
    depots: tuple[int, ...]
    begin: int
    seconds: Ints
    fen: Ints
    nodes: Ints
    clocks: Ints
    keep: Ints
    reliefs: tuple[tuple[Relief, ...], ...]
    sources: tuple[list[list[Source]], ...]
    starts: tuple[list[tuple[Span, int]], ...]
    driven: bool


def sheet(problem: Problem, index: int) -> Sheet:
    """The tour of this index."""
    tour = problem.tours[index]
    orders = tuple(order for order in range(len(problem.orders)) if _may(problem, tour, order))
    is_first = problem.tours_of[tour.engineer][0] == index
    depots = tuple(_useful(problem, orders)[:BITS]) if is_first else ()
    bits = {depot: 1 << number for number, depot in enumerate(depots)}
    begin, place = _begin(problem, tour)
    stops = [problem.orders[o].place for o in orders] + [problem.depots[d].place for d in depots]
    seconds, fen = _legs(problem, [*stops, place], [*stops, tour.end_place])
    order_bits, keep = _memory(seconds[:-1, :-1], len(orders))
    clocks, nodes = _nodes(problem, tour, orders, depots, order_bits)
    return Sheet(
        tour=index,
        orders=orders,
        depots=depots,
        begin=begin,
        seconds=seconds,
        fen=fen,
        nodes=nodes,
        clocks=clocks,
        keep=keep,
        reliefs=tuple(reliefs(problem, order) for order in orders),
        sources=tuple(sources(problem, problem.orders[o], tour.engineer, bits) for o in orders),
        starts=tuple(starts(problem, problem.orders[o], tour.engineer) for o in orders),
        driven=bool(tour.frozen),
    )


def _may(problem: Problem, tour: Tour, index: int) -> bool:
    """Skills, certificates, exclusions and pins let the engineer do it, and it is not under way."""
    order, who = problem.orders[index], tour.engineer
    return (
        order.frozen is None
        and all(problem.level[who, skill] >= level for skill, level in order.skills)
        and all(problem.certificate[who, name] for name in order.certificates)
        and who not in order.excluded
        and order.pin_engineer in (None, who)
    )


def _useful(problem: Problem, orders: tuple[int, ...]) -> list[int]:
    """Depots that hold what a kit line of these orders asks for, most wanted first."""
    lines = [line for order in orders for line in problem.orders[order].kit]
    shelves = problem.stock[problem.engineers :]
    wanted = [
        sum(any(shelf[part] >= line.quantity for part in line.parts) for line in lines) for shelf in shelves.tolist()
    ]
    ranked = sorted(range(len(wanted)), key=lambda depot: (-wanted[depot], depot))
    return [depot for depot in ranked if wanted[depot]]


def _begin(problem: Problem, tour: Tour) -> tuple[int, int]:
    """When and where the first new stop can be driven to: after the work under way."""
    if not tour.frozen:
        return tour.start, tour.start_place
    last = problem.orders[tour.frozen[-1]]
    return max(tour.start, last.frozen.until if last.frozen else 0), last.place


def _legs(problem: Problem, origins: list[int], targets: list[int]) -> tuple[Ints, Ints]:
    """Seconds and fen of the legs, each by its least way over any depots: stops at depots that no label tracks, or a
    second stop at one, are thereby in the relaxation even where the matrix breaks the triangle inequality."""
    via = [depot.place for depot in problem.depots]
    direct = [[_leg(problem, one, other) for other in [*targets, *via]] for one in [*origins, *via]]
    table = np.array(direct, np.int64).reshape(len(origins) + len(via), len(targets) + len(via), 2)
    for number in range(len(via)):
        table = np.minimum(table, table[:, len(targets) + number, None, :] + table[None, len(origins) + number, :, :])
    table = np.minimum(table, UNREACHABLE)[: len(origins), : len(targets)]
    return np.ascontiguousarray(table[:, :, 0]), np.ascontiguousarray(table[:, :, 1])


def _leg(problem: Problem, origin: int, target: int) -> tuple[int, int]:
    """Seconds and fen; time and distance are rounded up separately, as the judge does."""
    seconds, metres = problem.way(origin, target)
    if seconds < 0:
        return UNREACHABLE, UNREACHABLE
    prices = problem.prices
    fen = -(-prices.travel_fen_per_hour * seconds // 3600) - (-prices.distance_fen_per_km * max(metres, 0) // 1000)
    return seconds, fen


def _memory(seconds: Ints, orders: int) -> tuple[list[int], Ints]:
    """By order its bit (0: never remembered), and [origin, target] the bits that are still remembered at the target:
    those of orders that are near both nodes. Orders that are never remembered together may share a bit."""
    ranked = np.argsort(seconds + seconds.T, axis=0, kind="stable").T.tolist()
    nearest = [[one for one in row if one < orders] for row in ranked]
    near = [{node, *nearest[node][:NEIGHBOURS]} for node in range(orders)]
    bits = _bits(near)
    for depot in range(orders, len(seconds)):
        first_of = {bits[one]: one for one in reversed(nearest[depot])}
        near.append(set(first_of.values()))
    remembered = np.zeros((len(near), orders), np.int64)
    for node, own in enumerate(near):
        remembered[node, list(own)] = 1
    return bits, (remembered * np.array(bits, np.int64)) @ remembered.T


def _bits(near: list[set[int]]) -> list[int]:
    """By order the bit that the fewest others have, and none that is remembered beside it."""
    beside = [set[int]() for _ in near]
    for own in near:
        for one in own:
            beside[one] |= own
    number_of: dict[int, int] = {}
    uses = [0] * BITS
    for order, others in enumerate(beside):
        taken = {number_of[one] for one in others if one in number_of}
        free = [number for number in range(BITS) if number not in taken]
        if free:
            number_of[order] = min(free, key=uses.__getitem__)
            uses[number_of[order]] += 1
    return [1 << number_of[order] if order in number_of else 0 for order in range(len(near))]


def _nodes(
    problem: Problem, tour: Tour, orders: tuple[int, ...], depots: tuple[int, ...], bits: list[int]
) -> tuple[Ints, Ints]:
    """Clocks of all orders, the cargo's last, and the nodes that point into them."""
    clocks: list[tuple[int, ...]] = []
    nodes: list[tuple[int, ...]] = []
    relief = 0
    for node, order in enumerate(orders):
        record, first, first_relief = problem.orders[order], len(clocks), relief
        clocks += [(c.due, c.fen_per_hour, c.breach_fen, c.cap_fen, c.at_end, c.or_cargo, 0) for c in record.clocks]
        if record.cargo is not None and (c := record.cargo.clock) is not None:
            clocks.append((c.due, c.fen_per_hour, c.breach_fen, c.cap_fen, 1, 0, 1))
        relief += len(reliefs(problem, order))
        drive = (record.cargo.drive or 0) if record.cargo else 0
        work = _work(problem, tour.engineer, order)
        nodes.append((*work, bits[node], 0, first, len(clocks), first_relief, relief, drive))
    for number, depot in enumerate(depots):
        nodes.append((problem.depots[depot].pickup, 0, 0, 1 << number, 0, 0, 0, 0, 0))
    return np.array(clocks, np.int64).reshape(-1, 7), np.array(nodes, np.int64).reshape(-1, 9)


def _work(problem: Problem, engineer: int, index: int) -> tuple[int, int]:
    """Seconds of the work by this engineer, and its price wherever it stands: labour, region, levels to spare."""
    order, prices = problem.orders[index], problem.prices
    levels = [int(problem.level[engineer, skill]) for skill, _ in order.skills]
    seconds = order.service[levels[0] if levels else 0]
    fen = -(-prices.labour_fen_per_hour * seconds // 3600)
    if order.region >= 0 and not problem.home_region[engineer, order.region]:
        extra = int(problem.cross_permille[engineer]) - 1000
        fen -= -prices.labour_fen_per_hour * seconds * extra // 3_600_000
    spare = sum(have - need for have, (_, need) in zip(levels, order.skills, strict=True))
    return seconds, fen + prices.skill_excess_fen * spare
