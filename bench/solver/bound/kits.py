"""When an order's work can start in a tour, and what its parts and its change cost then: offers.

An offer is an interval of starts with one price. Within it lateness alone grows with the start, so that the earliest
start that it allows is its best, and the offers of an order together hold every start that the judge accepts.
"""

from typing import NamedTuple

from services.dispatch.solver.problem import FOREVER, Line, Order, Problem, Span

from .tolls import Pieces, Tolls


class Source(NamedTuple):
    """A way to serve a kit line: for starts from `since` on, where the depots in `depots` (bits) were passed before.
    `pieces` None: the line is left out."""

    since: int
    depots: int
    fen: int
    pieces: Pieces | None


class Offer(NamedTuple):
    """Starts from `first` to `last` once the depots in `depots` (bits) were passed. `toll_fen`: what is charged for
    `pieces`, beside the judge's `fen`."""

    first: int
    last: int
    fen: int
    toll_fen: int
    depots: int
    pieces: tuple[Pieces, ...]

    @property
    def price(self) -> int:
        """With the toll."""
        return self.fen + self.toll_fen


def sources(problem: Problem, order: Order, engineer: int, depot_bits: dict[int, int]) -> list[list[Source]]:
    """Sources by kit line. `depot_bits`: the bit of each depot that is tracked; the others count as passed."""
    return [_of_line(problem, line, engineer, depot_bits) for line in order.kit]


def _of_line(problem: Problem, line: Line, engineer: int, depot_bits: dict[int, int]) -> list[Source]:
    found: list[Source] = []
    if line.miss_fen is not None:
        found.append(Source(-FOREVER, 0, line.miss_fen, None))
    for part in line.parts:
        if problem.stock[engineer, part] >= line.quantity:
            found.append(Source(-FOREVER, 0, 0, Pieces(engineer, part, line.quantity)))
        for depot in range(len(problem.depots)):
            place = problem.shelf(problem.engineers + depot)
            if problem.stock[place, part] >= line.quantity:
                pieces = Pieces(place, part, line.quantity)
                found.append(Source(-FOREVER, depot_bits.get(depot, 0), 0, pieces))
                brought = [quote for quote in line.deliveries if quote.depot == depot]
                found += [Source(quote.arrives_at, 0, quote.fee_fen, pieces) for quote in brought]
    return found


def kits(lines: list[list[Source]], tolls: Tolls) -> tuple[list[Offer], list[Offer]]:
    """For starts from each instant on, the kits that no other one makes needless by being there as early, for no more
    and for no more depots: those that are needed where every depot was passed, and the rest."""
    found: list[Offer] = []
    for since in sorted({-FOREVER, *(source.since for line in lines for source in line)}):
        in_time = [Offer(since, FOREVER, 0, 0, 0, ())]
        for line in lines:
            at_hand = [source for source in line if source.since <= since]
            in_time = _needed([_with(kit, source, tolls) for kit in in_time for source in at_hand])
        found = _needed(found + in_time)
    enough: list[Offer] = []
    for kit in found:
        if not enough or kit.price < enough[-1].price:
            enough.append(kit)
    return enough, [kit for kit in found if kit not in enough]


def _with(kit: Offer, source: Source, tolls: Tolls) -> Offer:
    pieces = kit.pieces if source.pieces is None else (*kit.pieces, source.pieces)
    fen, toll = kit.fen + source.fen, kit.toll_fen + _toll(source, tolls)
    return Offer(kit.first, kit.last, fen, toll, kit.depots | source.depots, pieces)


def _needed(kits: list[Offer]) -> list[Offer]:
    """Those for which no other one stands, earlier ones first."""
    found: list[Offer] = []
    for kit in sorted(kits, key=lambda kit: (kit.first, kit.price)):
        if all(kit.price < other.price or other.depots & ~kit.depots for other in found):
            found.append(kit)
    return found


def _toll(source: Source, tolls: Tolls) -> int:
    if source.pieces is None:
        return 0
    return int(tolls.pieces[source.pieces.place, source.pieces.part]) * source.pieces.quantity


def starts(problem: Problem, order: Order, engineer: int) -> list[tuple[Span, int]]:
    """Spans of starts that windows and pins allow, each with the price of change in it."""
    pin = (-FOREVER, FOREVER) if order.pin_start is None else (order.pin_start, order.pin_start)
    changes = [(pin, 0)]
    if order.published is not None:
        prices, told = problem.prices, order.published.start
        if order.published.engineer != engineer:
            changes = [(pin, prices.change_engineer_fen)]
        else:
            near = (told - prices.change_tolerance, told + prices.change_tolerance)
            changes = [(_common(pin, near), 0), (pin, prices.change_time_fen)]
    spans = [(_common(window, span), fen) for window in order.windows for span, fen in changes]
    return [(span, fen) for span, fen in spans if span[0] <= span[1]]


def _common(one: Span, other: Span) -> Span:
    return max(one[0], other[0]), min(one[1], other[1])


def offers(kits: list[Offer], starts: list[tuple[Span, int]]) -> list[Offer]:
    """Every kit in every span of starts."""
    found = [
        kit._replace(first=max(kit.first, first), last=min(kit.last, last), fen=kit.fen + fen)
        for kit in kits
        for (first, last), fen in starts
    ]
    return [offer for offer in found if offer.first <= offer.last]
