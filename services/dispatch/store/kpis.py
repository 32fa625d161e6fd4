"""The KPIs of dispatch: how plans were kept, how often they were changed, and what people decided against them."""

from kit.kpis import Definition

EARLY, LATE = "interval '15 minutes'", "interval '60 minutes'"
"""The arrival window around the start that was sent to the phone, as wide as what customers are shown at first."""
MOVED = "interval '15 minutes'"

_PLANNED = """planned AS (
    SELECT payload ->> 'appointment_id' AS id, payload ->> 'territory_id' AS territory_id, "row",
        payload ->> 'engineer_id' AS engineer_id, (payload ->> 'scheduled_start')::timestamptz AS start
    FROM journal WHERE kind = 'appointment.planned' AND effective_at >= :begin AND effective_at < :until),
first AS (SELECT DISTINCT ON (id) * FROM planned ORDER BY id, "row")"""

_ADHERENCE = f"""SELECT branch_id, station_id, engineer_id, 1 AS n,
    coalesce(arrived_at BETWEEN reference_start - {EARLY} AND reference_start + {LATE}, false)::int AS total
FROM appointments JOIN territories USING (territory_id)
WHERE reference_start IS NOT NULL AND state NOT IN ('cancelled', 'declined')
  AND reference_start + {LATE} >= :begin AND reference_start + {LATE} < least(:until, :now)"""  # noqa: S608 - constants

_CHURN = f"""WITH {_PLANNED}
SELECT branch_id, NULL::text AS station_id, first.engineer_id, 1 AS n, EXISTS (
    SELECT FROM planned later WHERE later.id = first.id AND later."row" > first."row"
      AND (later.engineer_id <> first.engineer_id
           OR later.start NOT BETWEEN first.start - {MOVED} AND first.start + {MOVED}))::int AS total
FROM first JOIN territories USING (territory_id)"""  # noqa: S608 - constants of this page

_RATE = f"""WITH {_PLANNED}
SELECT branch_id, NULL::text AS station_id, NULL::text AS engineer_id, count(*) AS n,
    (SELECT count(*) FROM overrides JOIN territories own USING (territory_id)
     WHERE own.branch_id = territories.branch_id AND at >= :begin AND at < :until) AS total
FROM first JOIN territories USING (territory_id) GROUP BY branch_id"""  # noqa: S608 - constants of this page

_VALUE = """SELECT branch_id, NULL::text AS station_id, NULL::text AS engineer_id, 1 AS n, difference_fen AS total
FROM overrides JOIN territories USING (territory_id) WHERE at >= :begin AND at < :until"""

KPIS = (
    Definition(
        kpi="schedule_adherence",
        name_zh="计划准时率",
        name_en="Schedule adherence",
        unit="share",
        better="high",
        counted="cases",
        population="Appointments that were sent to a phone and whose window (15 minutes before to 60 minutes after the "
        "start that was sent, or the last one that lay more than 15 minutes off) ended in the month; kept means that "
        "somebody arrived inside it",
        sql=_ADHERENCE,
    ),
    Definition(
        kpi="plan_churn",
        name_zh="计划变动率",
        name_en="Plan churn",
        unit="share",
        better="low",
        counted="cases",
        population="Appointments first published in the month; changed means that engineer or start (by more than 15 "
        "minutes) was published otherwise later in the month",
        sql=_CHURN,
    ),
    Definition(
        kpi="override_rate",
        name_zh="人工调整率",
        name_en="Override rate",
        unit="share",
        better="low",
        counted="cases",
        population="Overrides of the month by the appointments first published in it",
        sql=_RATE,
    ),
    Definition(
        kpi="override_value",
        name_zh="人工调整代价",
        name_en="Cost of an override",
        unit="fen",
        better="low",
        counted="cases",
        population="Overrides of the month: what the plan then cost more than what the optimiser would have done; less "
        "than 0 when it was the better choice",
        sql=_VALUE,
    ),
)
