"""What a finished order cost, what it brings, and what is claimed for it. Money is fen, hours are at the machine."""

from dataclasses import dataclass
from typing import Literal

from services.orders.domain.machines import WarrantyDecision

Payer = Literal["maker", "customer"]
SECONDS_PER_HOUR = 3600


@dataclass(frozen=True, slots=True)
class PriceList:
    """See data/prices.yaml."""

    labour_cost_fen_per_hour: int
    labour_price_fen_per_hour: int
    parts_price_factor: float
    warranty_labour_fen_per_hour: int
    warranty_handling_share: float


@dataclass(frozen=True, slots=True)
class Spent:
    """The facts: seconds at the machine without waits, and what was spent on it."""

    work_s: int
    parts_fen: int
    late_fen: int
    goodwill_fen: int
    replacement_fen: int


@dataclass(frozen=True, slots=True)
class Money:
    """`cost_fen` adds up what it cost, `revenue_fen` is the bill or the claim, the margin is their difference."""

    payer: Payer
    labour_cost_fen: int
    cost_fen: int
    labour_revenue_fen: int
    parts_revenue_fen: int

    @property
    def revenue_fen(self) -> int:
        return self.labour_revenue_fen + self.parts_revenue_fen

    @property
    def margin_fen(self) -> int:
        return self.revenue_fen - self.cost_fen


def money(spent: Spent, warranty: WarrantyDecision, prices: PriceList) -> Money:
    """Covered by warranty the maker pays by claim, otherwise the customer by bill."""
    hours = spent.work_s / SECONDS_PER_HOUR
    covered = warranty == "covered"
    rate = prices.warranty_labour_fen_per_hour if covered else prices.labour_price_fen_per_hour
    factor = 1 + prices.warranty_handling_share if covered else prices.parts_price_factor
    labour_cost = round(hours * prices.labour_cost_fen_per_hour)
    return Money(
        payer="maker" if covered else "customer",
        labour_cost_fen=labour_cost,
        cost_fen=labour_cost + spent.parts_fen + spent.late_fen + spent.goodwill_fen + spent.replacement_fen,
        labour_revenue_fen=round(hours * rate),
        parts_revenue_fen=round(spent.parts_fen * factor),
    )
