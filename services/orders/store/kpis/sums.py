"""KPIs of orders that add up time of machines instead of counting orders."""

from kit.kpis import Definition
from services.orders.domain.kpis import Kpi

_AVAILABLE = """WITH contracts AS (
    SELECT asset_id, valid_from, valid_until FROM service_contracts WHERE asset_id IS NOT NULL
    UNION ALL
    SELECT assets.asset_id, valid_from, valid_until FROM service_contracts JOIN assets USING (customer_id)
    WHERE service_contracts.asset_id IS NULL),
planned AS (
    SELECT asset_id, tstzmultirange(tstzrange(:begin, least(:until, :now))) * range_agg(tstzrange(
        valid_from::timestamp AT TIME ZONE 'Asia/Shanghai',
        (valid_until + 1)::timestamp AT TIME ZONE 'Asia/Shanghai')) AS span
    FROM contracts GROUP BY asset_id),
down AS (
    SELECT asset_id, range_agg(tstzrange(reported_at, greatest(reported_at, coalesce(restored_at, :now)))) AS span
    FROM orders WHERE work_type = 'breakdown' AND state <> 'cancelled' AND reported_at < :until
      AND coalesce(restored_at, 'infinity') > :begin
    GROUP BY asset_id),
minutes AS (
    SELECT asset_id,
        (SELECT sum(extract(epoch FROM upper(piece) - lower(piece))) / 60 FROM unnest(planned.span) piece) AS n,
        (SELECT sum(extract(epoch FROM upper(piece) - lower(piece))) / 60
         FROM unnest(planned.span - coalesce(down.span, '{}')) piece) AS up
    FROM planned LEFT JOIN down USING (asset_id))
SELECT branch_id, station_id, NULL::text AS engineer_id, n, coalesce(up, 0) AS total
FROM minutes JOIN assets USING (asset_id) WHERE n > 0"""

SUMS = (
    Definition(
        kpi="vehicle_availability",
        name_zh="车辆出勤率",
        name_en="Vehicle availability",
        unit="share",
        better="high",
        counted="minutes",
        population="Time under a service contract of machines; down from the report of a breakdown until it works"
        " again, by the machine's named station",
        sql=_AVAILABLE,
    ),
)
AS_KPIS = {one.kpi: Kpi(**one.model_dump()) for one in SUMS}
"""The same definitions as the report lists them."""
