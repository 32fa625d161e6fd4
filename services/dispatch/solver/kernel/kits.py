"""Kits that were chosen elsewhere into the kernel's memory."""

from collections.abc import Iterable

from ..plan import Source
from ..problem import FOREVER, Problem
from .facts import KINDS
from .layout import (
    ARRIVES_AT,
    DELIVERIES,
    DELIVERY,
    DELIVERY_END,
    DELIVERY_FIRST,
    FEE_FEN,
    FROM,
    FROM_PLACE,
    KIND,
    KIT_DEPOTS,
    KIT_PRICE,
    KIT_RELEASE,
    KIT_SOURCE,
    LEFT,
    LINE_FIRST,
    LINES,
    NOWHERE,
    ORDERS,
    PART,
    Desk,
    Facts,
    State,
    view,
)


class KitWriter:
    """Writes sources of parts as kit 0 of a desk."""

    def __init__(self, problem: Problem, facts: Facts, state: State, desk: Desk) -> None:
        self.problem, self.facts = problem, facts
        self.left, self.first = view(state, LEFT), view(facts, ORDERS)[:, LINE_FIRST]
        self.depots, self.rows = view(desk, KIT_DEPOTS)[0], view(desk, KIT_SOURCE)[0]
        self.price, self.release = view(desk, KIT_PRICE), view(desk, KIT_RELEASE)

    def write(self, order: int, engineer: int, sources: Iterable[Source]) -> bool:
        """False when a source is gone or has not enough left, or when a line that must be there has none."""
        chosen = {source.line: source for source in sources}
        needed: dict[tuple[int, int], int] = {}
        depots: list[int] = []
        price, release = 0, -FOREVER
        for number, line in enumerate(self.problem.orders[order].kit):
            row = self.rows[3 * number : 3 * number + 3]
            row[:] = NOWHERE
            source = chosen.get(number)
            if source is None:
                if line.miss_fen is None:
                    return False
                price += line.miss_fen
                continue
            delivery = _delivery(self.facts, int(self.first[order]) + number, source)
            is_here = (source.kind == "van" and source.place == engineer) or source.kind == "pickup" or delivery >= 0
            if source.part not in line.parts or not is_here:
                return False
            taken = self.problem.shelf(source.place), source.part
            needed[taken] = needed.get(taken, 0) + line.quantity
            row[FROM], row[PART], row[DELIVERY] = source.place, source.part, delivery
            if delivery >= 0:
                price += source.fee_fen
                release = max(release, source.arrives_at)
            elif source.kind == "pickup" and source.place - self.problem.engineers not in depots:
                depots.append(source.place - self.problem.engineers)
        self.depots[:] = NOWHERE
        self.depots[: len(depots)] = depots
        self.price[0], self.release[0] = price, release
        return all(self.left[place, part] >= pieces for (place, part), pieces in needed.items())


def _delivery(facts: Facts, line: int, source: Source) -> int:
    """The problem's delivery that the source names, NOWHERE when it is no longer offered."""
    if source.kind not in KINDS:
        return NOWHERE
    wanted = (KINDS.index(source.kind), source.place, source.arrives_at, source.fee_fen)
    first, end = view(facts, LINES)[line, [DELIVERY_FIRST, DELIVERY_END]].tolist()
    rows = view(facts, DELIVERIES)[first:end, [KIND, FROM_PLACE, ARRIVES_AT, FEE_FEN]].tolist()
    return next((first + index for index, row in enumerate(rows) if tuple(row) == wanted), NOWHERE)
