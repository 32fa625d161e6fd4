"""What holds, reservations and facts do to one shelf, that is one part at one place. Pure.

Three kinds of claim compete for the pieces on a shelf:

- *Picked* pieces lie in an engineer's van for one order. They serve that order's own lines first.
- A *reservation* belongs to the published plan of a territory.
- A *hold* belongs to a plan that is about to be published, named by its epoch, and expires.

A territory's epochs are alternatives: publishing one replaces the others. So a territory claims of a shelf what its
hungriest epoch needs, not the sum of them; a replan never competes with the plan that it replaces.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal

ShelfKey = tuple[str, str]
"""Place and part."""
Source = Literal["van", "pickup", "courier", "transfer"]


@dataclass(slots=True)
class Claim:
    """One line of one plan on one shelf.

    `quantity` pieces are still to be taken from the shelf, `taken` pieces of the line have left it already.
    `expires_at` is None for a reservation.
    """

    territory_id: str
    epoch: int
    line: str
    order_id: str
    quantity: int
    source: Source
    taken: int = 0
    engineer_id: str | None = None
    expires_at: datetime | None = None

    @property
    def key(self) -> tuple[str, int, str]:
        return self.territory_id, self.epoch, self.line

    def asks_the_same(self, other: "Claim") -> bool:
        """Whether both are the same line for the same pieces, whatever was taken of it since."""
        mine, theirs = self.quantity + self.taken, other.quantity + other.taken
        return (self.key, self.order_id, mine) == (other.key, other.order_id, theirs)


@dataclass(frozen=True, slots=True)
class Taking:
    """What it took to let pieces leave: `found` were not on record; `displaced` claims lost theirs to this fact."""

    found: int
    displaced: list[Claim]


@dataclass(frozen=True, slots=True)
class Publication:
    """What a new plan changed on a shelf: pieces by order newly reserved and freed, and lines that found nothing."""

    reserved: Counter[str]
    released: Counter[str]
    short: list[Claim]


@dataclass(slots=True)
class Shelf:
    """One part at one place. Every method keeps `claimed() <= on_hand`."""

    on_hand: int = 0
    claims: list[Claim] = field(default_factory=list)
    picked: Counter[str] = field(default_factory=Counter)

    def claimed(self) -> int:
        """Pieces that are spoken for."""
        needs: defaultdict[tuple[str, int], Counter[str]] = defaultdict(Counter)
        for claim in self.claims:
            needs[claim.territory_id, claim.epoch][claim.order_id] += claim.quantity
        hungriest: Counter[str] = Counter()
        for (territory_id, _), by_order in needs.items():
            need = sum(max(0, pieces - self.picked[order]) for order, pieces in by_order.items())
            hungriest[territory_id] = max(hungriest[territory_id], need)
        return sum(hungriest.values()) + sum(self.picked.values())

    def free_for(self, territory_id: str, orders: Collection[str]) -> int:
        """Pieces that a new plan of this territory may count on for `orders`, which give back what they have."""
        others = [claim for claim in self.claims if self._binds(claim, territory_id, orders)]
        picked = Counter({order: pieces for order, pieces in self.picked.items() if order not in orders})
        return self.on_hand - Shelf(self.on_hand, others, picked).claimed()

    @staticmethod
    def _binds(claim: Claim, territory_id: str, orders: Collection[str]) -> bool:
        if claim.territory_id != territory_id:
            return True
        return claim.expires_at is None and claim.order_id not in orders

    def expire(self, now: datetime) -> None:
        """Forget holds whose time is over."""
        self.claims = [claim for claim in self.claims if claim.expires_at is None or claim.expires_at > now]

    def hold(self, wanted: Claim) -> bool:
        """Hold a line; False when nothing is left. The same line again renews its hold, perhaps by another way."""
        for claim in self.claims:
            if claim.asks_the_same(wanted):
                claim.expires_at, claim.source = wanted.expires_at, wanted.source
                return True
        self.drop([wanted.key])
        return self._add(wanted)

    def drop(self, keys: Collection[tuple[str, int, str]]) -> None:
        """Forget these claims."""
        self.claims = [claim for claim in self.claims if claim.key not in keys]

    def publish(self, territory_id: str, epoch: int, lines: Sequence[Claim]) -> Publication:
        """Turn the holds of `lines` into reservations and drop the territory's other claims up to this epoch.

        A line whose hold is gone takes what is free; later epochs' holds stay.
        """
        before = self._reserved(territory_id)
        held = {claim.line: claim for claim in self.claims if claim.key[:2] == (territory_id, epoch)}
        self.claims = [claim for claim in self.claims if claim.territory_id != territory_id or claim.epoch > epoch]
        unheld: list[Claim] = []
        for line in lines:
            hold = held.get(line.line)
            if hold is None or not hold.asks_the_same(line):
                unheld.append(line)
            elif hold.quantity:
                self.claims.append(replace(hold, expires_at=None, engineer_id=line.engineer_id, source=line.source))
        short = [line for line in unheld if line.quantity and not self._add(replace(line, expires_at=None))]
        after = self._reserved(territory_id)
        return Publication(reserved=after - before, released=before - after, short=short)

    def release(self, order_id: str) -> Counter[str]:
        """End every claim of an order; reserved pieces that became free, by territory."""
        freed: Counter[str] = Counter()
        for claim in self.claims:
            if claim.order_id == order_id and claim.expires_at is None:
                freed[claim.territory_id] += claim.quantity
        self.claims = [claim for claim in self.claims if claim.order_id != order_id]
        self.picked.pop(order_id, None)
        return freed

    def take(self, order_id: str, quantity: int) -> Taking:
        """Let pieces leave the shelf for an order: its own first, then free ones, then those of others.

        The pieces have left whatever the records say, so this is never refused.
        """
        found = max(0, quantity - self.on_hand)
        epochs: defaultdict[tuple[str, int], list[Claim]] = defaultdict(list)
        for claim in self.claims:
            if claim.order_id == order_id:
                epochs[claim.territory_id, claim.epoch].append(claim)
        for claims in epochs.values():
            _move(claims, quantity)
        self.claims = [claim for claim in self.claims if claim.quantity or claim.expires_at is not None]
        self.picked = +(self.picked - Counter({order_id: quantity}))
        self.on_hand += found - quantity
        return Taking(found, self._displace())

    def put(self, quantity: int, *, picked_for: str | None = None) -> None:
        """Pieces arrive on the shelf, free or for one order."""
        self.on_hand += quantity
        if picked_for is not None:
            self.picked[picked_for] += quantity

    def send(self, quantity: int) -> None:
        """Free pieces leave for another place. Raises ValueError when fewer are free."""
        if quantity > self.on_hand - self.claimed():
            raise ValueError(f"{quantity} pieces are not free")
        self.on_hand -= quantity

    def count(self, quantity: int) -> list[Claim]:
        """So many pieces were counted; the claims that thereby lost theirs."""
        self.on_hand = quantity
        return self._displace()

    def _add(self, claim: Claim) -> bool:
        self.claims.append(claim)
        if self.claimed() <= self.on_hand:
            return True
        self.claims.pop()
        return False

    def _displace(self) -> list[Claim]:
        """Drop claims until the rest fits: holds first, the newest plan first, picked pieces last."""
        displaced: list[Claim] = []
        while self.claimed() > self.on_hand and self.claims:
            victim = max(self.claims, key=lambda claim: (claim.expires_at is not None, claim.epoch, claim.line))
            self.claims.remove(victim)
            displaced.append(victim)
        while (excess := self.claimed() - self.on_hand) > 0:
            order, pieces = max(self.picked.items())
            self.picked = +(self.picked - Counter({order: min(pieces, excess)}))
        return [claim for claim in displaced if claim.expires_at is None]

    def _reserved(self, territory_id: str) -> Counter[str]:
        reserved: Counter[str] = Counter()
        for claim in self.claims:
            if claim.territory_id == territory_id and claim.expires_at is None:
                reserved[claim.order_id] += claim.quantity
        return reserved


def _move(claims: Iterable[Claim], quantity: int) -> None:
    """Mark up to `quantity` pieces of these lines as taken."""
    for claim in claims:
        pieces = min(claim.quantity, quantity)
        claim.quantity -= pieces
        claim.taken += pieces
        quantity -= pieces


def less_what_has_moved(lines: Sequence[tuple[ShelfKey, Claim]], moved: Counter[tuple[str, str]]) -> list[Claim]:
    """The lines without pieces that have left a shelf for their order already, in the order given.

    `moved` counts, by order and part, pieces that lie in a van for the order or travel to it by courier. A plan that
    was computed before they left asks for them once more at the place that they came from. Lines that take from a
    van are the moved pieces themselves and use the count up first.
    """
    left = Counter(moved)
    covered: dict[tuple[str, int, str], int] = {}
    for (_, part), claim in sorted(lines, key=lambda line: line[1].source != "van"):
        pieces = min(claim.quantity, left[claim.order_id, part])
        left[claim.order_id, part] -= pieces
        covered[claim.key] = 0 if claim.source == "van" else pieces
    return [
        replace(claim, quantity=claim.quantity - covered[claim.key], taken=claim.taken + covered[claim.key])
        for _, claim in lines
    ]
