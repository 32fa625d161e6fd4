"""The reference page of KPIs, written from the definitions: `python -m services.orders.store.kpis.page`."""

from pathlib import Path

from kit.kpis import reference
from services.orders.store.kpis.definitions import KPIS
from services.orders.store.kpis.sums import SUMS

PAGE = Path(__file__).parents[4] / "docs/reference/kpis.md"
_HEAD = """# KPIs of orders

Written from the definitions in the code (`python -m services.orders.store.kpis.page`). Every KPI is one SELECT that
gives the cases of a month, `order_id` and `value`, for [`:begin`, `:until`) in the zone of the network, as known at
`:now`. From the cases come `n`, mean, P90 and total for the network, each branch, station, engineer, customer tier and
product. Cancelled orders are out everywhere; what a customer pauses is out of promise clocks and in everything that is
counted from the report.

What was foretold is judged: the chance that a plan told first of each promise clock, and the chance of the kit to mend
a breakdown on the first visit. Beside the Brier score, the mean of (chance - outcome)², stand what was foretold and
what came true, both also by decile of the chance (`kind=decile`): where the two differ, its chances are wrong.

A month is frozen three days after its end. What is told later becomes adjustment lines, found every night for the last
13 months; the database refuses any change to what is frozen. `GET /orders/v1/kpis` answers both, frozen and adjusted;
`GET /orders/v1/kpis/{kpi}/orders` the orders behind a figure, worst first.

What other services know, they measure themselves: [engineers' time](stations.md#kpis), [plans](dispatch.md#kpis),
[stock by station](parts.md#kpis). Orders asks them (`GET /{service}/v1/kpi-figures?month=`), freezes their figures with
its own or, when one is out of reach, nothing, and names those that are missing from a running month as `silent`.

Scorecards weigh all these KPIs by versioned weights (`/orders/v1/scorecard-weights`): no points at `floor`, 100 at
`target`, straight in between; a KPI without cases does not count. The score stands in the frame of GB/T 27922: 70
passes, 80 is three stars, 90 four, 95 five. `GET /orders/v1/reports/{period}.csv` (or `.xlsx`) gives figures and cards
as a file in which no text can act as a formula.
"""


def page() -> str:
    """The whole page."""
    parts = [_HEAD]
    for kpi in KPIS.values():
        unit = {"seconds": "seconds", "share": "share from 0 to 1", "fen": "fen", "score": "score from 0 to 1"}[
            kpi.unit
        ]
        good = "higher is better" if kpi.better == "high" else "lower is better"
        parts.append(
            f"\n## {kpi.name_en} ({kpi.name_zh})\n\n`{kpi.kpi}`, {unit}, {good}. Population: {kpi.population}.\n\n"
            f"```sql\n{kpi.sql}\n```\n"
        )
    parts.append("\n## Sums over machines\n\nThe mean of these is `total` / `n`; no orders stand behind a figure.\n")
    parts.append(reference(SUMS))
    return "".join(parts)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
