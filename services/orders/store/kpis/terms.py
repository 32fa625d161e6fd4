"""What several definitions say alike."""

from kit.kpi_terms import Better, Unit
from services.orders.domain.kpis import Kpi

RETURN_DAYS = 30
"""A machine that comes back with the same complaint within so many days was not repaired the first time."""
COMPLETED = "state <> 'cancelled' AND completed_at >= :begin AND completed_at < :until"
"""Orders completed in the month."""
RETURNED = f"""EXISTS (
    SELECT FROM orders later
    WHERE later.asset_id = orders.asset_id AND later.order_id <> orders.order_id
      AND later.work_type = 'breakdown' AND later.state <> 'cancelled' AND later.vmrs_system = orders.vmrs_system
      AND later.reported_at >= orders.completed_at
      AND later.reported_at < orders.completed_at + interval '{RETURN_DAYS} days')"""
"""Whether the machine of an order came back with the same complaint."""
FIXED = f"""((SELECT count(*) FROM appointments visits
     WHERE visits.order_id = orders.order_id AND visits.state IN ('on_site', 'done')) <= 1
    AND NOT {RETURNED})::int"""  # noqa: S608 - put together from a constant
"""Whether an order was solved by one visit."""


def kpi_of(kpi: str, names: str, unit: Unit, better: Better, population: str, sql: str) -> Kpi:
    """A definition; `names` are the Chinese and the English one, parted by a bar."""
    name_zh, _, name_en = names.partition(" | ")
    return Kpi(kpi, name_zh, name_en, unit, better, population, sql, by_decile=" AS decile" in sql)
