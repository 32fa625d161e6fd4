"""A phone that renews its tokens over a bad network in virtual time, and perhaps a thief with a copy of all it has.

What decides is the product's own rule; the answers, the network and the thief are played here.
"""

import random
from dataclasses import dataclass, field

from services.accounts import domain
from tests.sim.field import World


@dataclass
class Family:
    """The tokens of one phone as accounts keeps them."""

    used: int = 0
    withdrawn: bool = False
    answers: int = 0

    def refresh(self, generation: int) -> int | None:
        """The next token's generation; None when the phone is, or was, withdrawn."""
        if self.withdrawn or not domain.may_refresh(generation=generation, used=self.used):
            self.withdrawn = True
            return None
        self.used = generation
        self.answers += 1
        return generation + 1


@dataclass
class Holder:
    """Who holds a token of the family; requests and answers get lost."""

    world: World
    family: Family
    generation: int
    renewals: int = 0
    signed_out: bool = False
    lost: int = 0
    beside: int = 0
    """Of a thief: how often the phone had renewed when it was copied."""
    _waits: list[float] = field(default_factory=lambda: [1.0, 30.0, 900.0, 86_400.0])

    def live(self) -> None:
        rng = self.world.random
        if rng.random() > 0.2:  # the request arrives
            answer = self.family.refresh(self.generation)
            if rng.random() < 0.3:
                self.lost += 1
            elif answer is None:
                self.signed_out = True
                return
            else:
                self.generation, self.renewals = answer, self.renewals + 1
        self.world.after(rng.choice(self._waits), self.live)


def renewed(seed: int, *, stolen: bool, days: float = 14.0) -> tuple[Family, Holder, Holder | None]:
    """Days of one phone from a seed; with `stolen` a thief has copied it on one of them."""
    world = World(random.Random(seed))
    family = Family()
    phone = Holder(world, family, 1)
    thief = Holder(world, family, 0) if stolen else None
    phone.live()

    def copies(thief: Holder) -> None:
        thief.generation, thief.beside = phone.generation, phone.renewals
        thief.live()

    if thief is not None:
        world.after(world.random.uniform(0, days * 20_000), lambda: copies(thief))
    world.run(days * 86_400)
    return family, phone, thief
