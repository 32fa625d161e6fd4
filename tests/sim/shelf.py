"""Territories plan with the pieces of one shelf in virtual time: they hold, think, publish or die, and engineers take.

What decides is the product's own shelf. Played here are the plans, who dies between hold and publication, and the work.
"""

import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from services.parts.domain.shelf import Claim, Shelf
from tests.sim.field import BEGAN, World

TERRITORIES = ("N", "S", "W")
ORDERS = 4
"""Of each territory at any time."""
START = 10
HOLD = timedelta(minutes=10)


@dataclass
class Store:
    """The shelf with all that happens to it; `broken` is what must not."""

    world: World
    shelf: Shelf = field(default_factory=lambda: Shelf(START))
    epochs: Counter[str] = field(default_factory=Counter)
    published: Counter[str] = field(default_factory=Counter)
    pieces: int = START
    """By a ledger of its own."""
    taken_at: dict[str, datetime] = field(default_factory=dict)
    """When pieces last left for a territory: plans made before may come short, as facts are never refused."""
    served: int = 0
    refused: int = 0
    broken: list[str] = field(default_factory=list)
    _orders: int = 0
    _open: dict[str, dict[str, int]] = field(default_factory=lambda: {name: {} for name in TERRITORIES})
    """What each territory's orders need."""

    @property
    def _rng(self) -> random.Random:
        return self.world.random

    def plan(self, territory: str) -> None:
        """Hold what the open orders need, and publish after a while; now and then the planner dies before that."""
        wanted = self._open[territory]
        while len(wanted) < ORDERS:
            self._orders += 1
            wanted[f"{territory}-{self._orders}"] = self._rng.randint(1, 3)
        self.epochs[territory] += 1
        epoch, granted = self.epochs[territory], []
        self.shelf.expire(self.world.instant)
        for order, quantity in wanted.items():
            claim = Claim(territory, epoch, order, order, quantity, "van", expires_at=self.world.instant + HOLD)
            if self.shelf.hold(claim):
                granted.append(Claim(territory, epoch, order, order, quantity, "van"))
            else:
                self.refused += 1
            self._look("a hold")
        if self._rng.random() < 0.8:
            held_at, after = self.world.instant, self._rng.choice((1, 30, 300, 900))
            self.world.after(after, lambda: self._publish(territory, epoch, granted, held_at))
        self.world.after(self._rng.uniform(120, 3_000), lambda: self.plan(territory))

    def _publish(self, territory: str, epoch: int, lines: list[Claim], held_at: datetime) -> None:
        if epoch < self.published[territory]:
            return  # dispatch refuses what is overtaken
        self.published[territory] = epoch
        lines = [line for line in lines if line.order_id in self._open[territory]]
        self.shelf.expire(self.world.instant)
        told = self.shelf.publish(territory, epoch, lines)
        in_time = self.world.instant < held_at + HOLD and self.taken_at.get(territory, BEGAN) < held_at
        if told.short and in_time:
            self.broken.append(f"what {territory} held was gone when it was published")
        self._look("a publication")
        for line in lines:
            self.world.after(self._rng.uniform(60, 7_200), lambda line=line: self._take(line))  # type: ignore[misc]

    def _take(self, line: Claim) -> None:
        """An engineer takes what is reserved for the order, and finishes it."""
        reserved = [one for one in self.shelf.claims if one.order_id == line.order_id and one.expires_at is None]
        if not reserved or line.order_id not in self._open[line.territory_id]:
            return  # a newer plan gets the pieces elsewhere
        quantity = sum(one.quantity for one in reserved)
        taking = self.shelf.take(line.order_id, quantity)
        self.pieces -= quantity
        self.taken_at[line.territory_id] = self.world.instant
        if taking.found or taking.displaced:
            self.broken.append(f"{line.order_id} took its own and others lost {taking.displaced}")
        self.shelf.release(line.order_id)
        del self._open[line.territory_id][line.order_id]
        self.served += 1
        self._look("a taking")

    def deliver(self) -> None:
        """Pieces come in; what is free may go on to another place."""
        quantity = self._rng.randint(1, 6)
        self.shelf.put(quantity)
        self.pieces += quantity
        if (free := self.shelf.on_hand - self.shelf.claimed()) > 2:
            self.shelf.send(free // 2)
            self.pieces -= free // 2
        self._look("a delivery")
        self.world.after(self._rng.uniform(600, 10_000), self.deliver)

    def _look(self, after: str) -> None:
        if self.shelf.on_hand != self.pieces:
            self.broken.append(f"after {after} {self.shelf.on_hand} of {self.pieces} pieces are there")
        if spoken_for(self.shelf) > self.shelf.on_hand:
            self.broken.append(f"after {after} more is spoken for than there is")


def spoken_for(shelf: Shelf) -> int:
    """The most that all territories may come for at once, each by one of its plans."""
    plans: Counter[tuple[str, int]] = Counter()
    for claim in shelf.claims:
        plans[claim.territory_id, claim.epoch] += claim.quantity
    return sum(max(n for (name, _), n in [*plans.items(), ((t, 0), 0)] if name == t) for t in TERRITORIES)


def stocked(seed: int, *, days: float = 0.15) -> Store:
    """Hours of planning from one seed; then all holds run out and all orders end."""
    store = Store(World(random.Random(seed)))
    for territory in TERRITORIES:
        store.world.after(store.world.random.uniform(0, 600), lambda name=territory: store.plan(name))  # type: ignore[misc]
    store.world.after(3_600, store.deliver)
    store.world.run(days * 86_400)
    store.shelf.expire(store.world.instant + HOLD)
    for order in {claim.order_id for claim in store.shelf.claims if claim.expires_at is None}:
        store.shelf.release(order)
    return store
