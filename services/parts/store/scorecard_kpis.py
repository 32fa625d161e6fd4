"""The stock KPIs of the report and of scorecards, by station where a station answers for them."""

from kit.kpis import Definition
from services.parts.store.kpis import LINES, STOCKED

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

_STOCK_OUT = f"""SELECT branch_id, station_id, NULL::text AS engineer_id, 1 AS n, empty AS total
FROM ({STOCKED}) AS lines"""  # noqa: S608 - see above

_TURNOVER = """WITH bounds AS (
    SELECT array_agg((:until AT TIME ZONE 'Asia/Shanghai' - make_interval(months => back)) AT TIME ZONE 'Asia/Shanghai'
                     ORDER BY back DESC) AS ends FROM generate_series(0, 12) AS back),
moved AS (
    SELECT place_id, kind, effective_at >= ends[1] AS this_year, quantity * unit_cost_fen / 100.0 AS yuan,
        13 - width_bucket(effective_at, ends) AS held_at
    FROM movement, bounds WHERE effective_at < :until)
SELECT branch_id, station_id, engineer_id, sum(yuan * held_at) / 13 AS n,
    coalesce(-sum(yuan) FILTER (WHERE moved.kind IN ('issue', 'return') AND this_year), 0) AS total
FROM moved JOIN place USING (place_id) LEFT JOIN territory USING (territory_id)
GROUP BY place_id, branch_id, station_id, engineer_id"""


_MONTH = "(:begin AT TIME ZONE 'Asia/Shanghai')::date"


def _foreseen(total: str) -> str:
    """A sum over shelf and part by pieces asked for, in a month whose forecast was made when it began."""
    return f"""SELECT branch_id, station_id, NULL::text AS engineer_id, coalesce(pieces, 0) AS n, {total} AS total
FROM (SELECT place_id, part, expected FROM forecast WHERE month = {_MONTH}) AS told
FULL JOIN (SELECT place_id, part, booked + imported AS pieces FROM past_demand WHERE month = {_MONTH}) AS asked
    USING (place_id, part)
JOIN place USING (place_id) LEFT JOIN territory USING (territory_id)
WHERE EXISTS (SELECT FROM forecast_run WHERE month = {_MONTH})"""  # noqa: S608 - see above


_TO_DOOR = """SELECT branch_id, work_order.station_id, NULL::text AS engineer_id, 1 AS n,
    extract(epoch FROM min(event.at) - shipment.created_at) AS total
FROM shipment JOIN shipment_event event ON event.shipment_id = shipment.id AND event.kind = 'received'
JOIN work_order USING (order_id)
WHERE shipment.state = 'received' GROUP BY shipment.id, branch_id, work_order.station_id
HAVING min(event.at) >= :begin AND min(event.at) < :until"""

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
    Definition(
        kpi="stock_out",
        name_zh="缺货率",
        name_en="Stock-out rate",
        unit="share",
        better="low",
        counted="cases",
        population="Lines (order and part) first asked in the month for what the order's station stocks: has on its"
        " shelf or in a van, or was filled up with in the twelve months before; hit means that it had no piece then",
        sql=_STOCK_OUT,
    ),
    Definition(
        kpi="turnover",
        name_zh="库存周转率",
        name_en="Inventory turnover",
        unit="times",
        better="high",
        counted="yuan",
        population="Cost of what was used, less what came back, in the twelve months to the end of the month, by the "
        "average value of the stock at the thirteen ends of months around them; depots count for their branch and the "
        "network alone",
        sql=_TURNOVER,
    ),
    Definition(
        kpi="forecast_wape",
        name_zh="需求预测误差",
        name_en="Forecast error (WAPE)",
        unit="share",
        better="low",
        counted="pieces",
        population="Distances between the pieces expected when the month began and those asked for, by shelf and part, "
        "over the pieces asked for; months without a forecast are out",
        sql=_foreseen("abs(coalesce(expected, 0) - coalesce(pieces, 0))"),
    ),
    Definition(
        kpi="forecast_bias",
        name_zh="需求预测偏差",
        name_en="Forecast bias",
        unit="share",
        better="low",
        counted="pieces",
        population="Pieces expected when the month began less those asked for, over the pieces asked for: 0 is best, "
        "more says that too much was expected; months without a forecast are out",
        sql=_foreseen("coalesce(expected, 0) - coalesce(pieces, 0)"),
    ),
    Definition(
        kpi="order_to_door",
        name_zh="备件物流时间",
        name_en="Order-to-door time of parts",
        unit="seconds",
        better="low",
        counted="cases",
        population="Parcels of orders received in the month, from the request until they were received, by the station "
        "of the order",
        sql=_TO_DOOR,
    ),
)
