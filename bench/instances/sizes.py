"""The frozen sizes: how many of everything, and where on the road network."""

from dataclasses import dataclass

SEEDS = (1, 2, 3)
"""Published results are medians over these; growth is measured on the first."""

CENTRES = ((117.02, 36.67), (113.66, 34.75), (118.78, 32.06), (114.31, 30.59), (104.07, 30.67))
"""Jinan, Zhengzhou, Nanjing, Wuhan, Chengdu: each seed has another one, in turn."""


@dataclass(frozen=True)
class Size:
    """`days`: length of the plan; `radius_km`: of the area; `on_duty`: share of days that an engineer works.

    `history`: whether a plan was published before, with locks and work under way. `territories`: above 1 the ways come
    in blocks, one per territory with its borders.
    """

    name: str
    orders: int
    engineers: int
    stations: int
    days: int
    radius_km: float
    on_duty: float
    history: bool = True
    territories: int = 1

    @property
    def centrals(self) -> int:
        """Central depots."""
        return max(1, self.stations // 16)

    @property
    def vehicles(self) -> int:
        """Replacement vehicles: one for every fifth truck that stands with cargo, which is every fifth order."""
        return self.orders // 25


SIZES = {
    size.name: size
    for size in (
        Size("100x15", 100, 15, 3, days=1, radius_km=55, on_duty=1.0),
        Size("500x60", 500, 60, 12, days=2, radius_km=100, on_duty=0.9),
        Size("2000x250", 2000, 250, 50, days=3, radius_km=210, on_duty=0.7),
        Size("20000x5000", 20_000, 5_000, 800, days=1, radius_km=1_000, on_duty=1.0, history=False, territories=40),
    )
}
"""Sizes by name. An engineer on duty has 4 to 7 orders a day; the smallest is overfull, none fits whole. The largest is
for growth alone: one seed, no history."""
