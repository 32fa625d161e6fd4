"""What of the stock counts in scorecards: fill rate, record accuracy and dead stock by station."""

from kit.kpis import Definition
from services.parts.store.kpis import LINES

_YEAR_AGO = "(:until AT TIME ZONE 'Asia/Shanghai' - interval '12 months') AT TIME ZONE 'Asia/Shanghai'"
_OF_STATION = """JOIN place USING (place_id) LEFT JOIN territory USING (territory_id)
WHERE place.kind IN ('station', 'van') AND branch_id IS NOT NULL"""

_FILL = f"""SELECT branch_id, station_id, NULL::text AS engineer_id, 1 AS n, (NOT waited)::int AS total FROM (
    SELECT order_id, part, min(at) AS at, bool_or(why IS NOT NULL) AS waited FROM ({LINES}) AS lines
    GROUP BY order_id, part) AS asked JOIN work_order USING (order_id)
WHERE at >= :begin AND at < :until"""  # noqa: S608 - put together from a constant

_ACCURACY = f"""SELECT branch_id, station_id, engineer_id, 1 AS n, (counted = recorded)::int AS total
FROM count_line JOIN count_sheet ON count_sheet.id = sheet_id {_OF_STATION}
  AND counted IS NOT NULL AND count_sheet.state = 'posted' AND posted_at >= :begin AND posted_at < :until"""  # noqa: S608 - see above

_DEAD = f"""WITH shelf AS (
    SELECT s.place_id, sum(m.quantity) * p.unit_cost_fen / 100.0 AS value,
        NOT p.insurance_spare AND min(m.effective_at) < {_YEAR_AGO}
        AND coalesce(max(m.effective_at) FILTER (WHERE m.kind IN ('issue', 'transfer_out')), '-infinity') < {_YEAR_AGO}
        AS dead
    FROM stock s JOIN part p USING (part) JOIN movement m USING (place_id, part)
    WHERE m.effective_at < :until GROUP BY s.place_id, p.part HAVING sum(m.quantity) > 0)
SELECT branch_id, station_id, engineer_id, value AS n, CASE WHEN dead THEN value ELSE 0 END AS total
FROM shelf {_OF_STATION}"""  # noqa: S608 - see above

KPIS = (
    Definition(
        kpi="parts_fill",
        name_zh="现货满足率",
        name_en="Parts fill rate",
        unit="share",
        better="high",
        counted="cases",
        population="Lines (order and part) first asked in the month, by the station of the order; filled means complete"
        " and at once from a shelf",
        sql=_FILL,
    ),
    Definition(
        kpi="stock_accuracy",
        name_zh="帐实准确率",
        name_en="Stock-record accuracy",
        unit="share",
        better="high",
        counted="cases",
        population="Lines of count sheets posted in the month, of stations and vans; right means counted as recorded",
        sql=_ACCURACY,
    ),
    Definition(
        kpi="dead_stock",
        name_zh="呆滞率",
        name_en="Dead-stock ratio",
        unit="share",
        better="low",
        counted="yuan",
        population="Value of the stock of stations and vans at the end of the month; dead means stocked for twelve"
        " months with nothing issued or sent out in them, and no insurance spare",
        sql=_DEAD,
    ),
)
