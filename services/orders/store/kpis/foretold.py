"""What was foretold beside what came: Brier score and deciles of promises and of first-visit fixes."""

from collections.abc import Callable, Iterable

from services.orders.domain.kpis import Kpi
from services.orders.store.kpis.terms import COMPLETED, FIXED, RETURN_DAYS, kpi_of

_DECILE = "least(width_bucket({chance}, 0, 1, 10), 10) - 1 AS decile"
_KEPT = "(clocks.state IN ('met', 'withdrawn'))::int"


def _foretold_promise(value: str) -> str:
    """Of promise clocks whose chance a plan told: the first one that it told is judged."""
    return (
        f"SELECT clocks.order_id, {value} AS value, {_DECILE.format(chance='first_chance')}\n"
        "FROM clocks JOIN orders USING (order_id)\n"
        "WHERE first_chance IS NOT NULL AND clocks.due >= :begin AND clocks.due < least(:until, :now)\n"
        "  AND clocks.state IN ('met', 'withdrawn', 'breached') AND orders.state <> 'cancelled'"
    )


def _foretold_fix(value: str) -> str:
    """Of breakdown orders with a visit whose kit had a chance to mend them at once."""
    return (
        f"SELECT order_id, {value} AS value, {_DECILE.format(chance='fix_chance')}\n"
        f"FROM orders WHERE fix_chance IS NOT NULL AND work_type = 'breakdown' AND {COMPLETED} "
        "AND arrived_at IS NOT NULL"
    )


def _judged(
    name: str, names: str, population: str, sql: Callable[[str], str], *, chance: str, outcome: str
) -> Iterable[Kpi]:
    """What was foretold and what came, each by decile of the chance, and the Brier score of the two."""
    zh, _, en = names.partition(" | ")
    brier = f"power({chance} - {outcome}, 2)"
    yield kpi_of(
        f"{name}_brier", f"{zh}预测评分（Brier） | Brier score of {en}", "score", "low", population, sql(brier)
    )
    yield kpi_of(
        f"{name}_foretold", f"{zh}预测概率 | Foretold chance of {en}", "share", "high", population, sql(chance)
    )
    yield kpi_of(
        f"{name}_came_true", f"{zh}实际比例 | Share of {en} that came true", "share", "high", population, sql(outcome)
    )


FORETOLD = (
    *_judged(
        "promise",
        "承诺达成 | promises",
        "clocks due in the month that were met or broken, by the chance that a plan told of them first",
        _foretold_promise,
        chance="first_chance",
        outcome=_KEPT,
    ),
    *_judged(
        "fix",
        "一次修复 | first-visit fixes",
        "breakdown orders completed in the month with a visit, by the chance of their kit at intake; came true means "
        f"one visit and no return within {RETURN_DAYS} days",
        _foretold_fix,
        chance="fix_chance",
        outcome=FIXED,
    ),
)
"""In the order of the report."""
