"""The KPIs of stations: how the engineers' paid time was used. Visits count in the month in which they ended."""

from kit.kpis import Definition

_PAID = """paid AS (
    SELECT engineer_id, sum(extract(epoch FROM upper(piece) - lower(piece))) / 60 AS minutes FROM (
        SELECT shift.engineer_id, unnest(range_agg(tstzrange(shift.start, shift."end"))
            * tstzmultirange(tstzrange(:begin, least(:until, :now)))
            - coalesce((SELECT range_agg(tstzrange(absence.start, absence."end")) FROM absence
                        WHERE absence.engineer_id = shift.engineer_id), '{}')) AS piece
        FROM shift WHERE shift.start < :until AND shift."end" > :begin GROUP BY shift.engineer_id) AS pieces
    GROUP BY engineer_id)"""
_WAY = """CASE WHEN departed_at < arrived_at
        THEN least(extract(epoch FROM arrived_at - departed_at), 86400) ELSE 0 END"""
_USED = f"""used AS (
    SELECT engineer_id, sum(least({_WAY}, work_s)) / 60 AS travel, sum(work_s) / 60.0 AS work
    FROM visit WHERE work_s IS NOT NULL AND done_at >= :begin AND done_at < :until GROUP BY engineer_id)"""  # noqa: S608


def _time(minutes: str) -> str:
    """Minutes of the visits by paid minutes of each engineer."""
    return f"""WITH {_PAID}, {_USED}
SELECT territory.branch_id, engineer.station_id, engineer.engineer_id, coalesce(paid.minutes, 0) AS n,
    coalesce({minutes}, 0) AS total
FROM engineer JOIN station USING (station_id) JOIN territory USING (territory_id)
LEFT JOIN paid USING (engineer_id) LEFT JOIN used USING (engineer_id)"""  # noqa: S608 - constants of this page


_PAID_TIME = (
    "Paid is the time in shifts without absences; work outside of it counts as well, so more than 1 is overtime"
)

KPIS = (
    Definition(
        kpi="engineer_utilisation",
        name_zh="工程师利用率（含在途）",
        name_en="Engineer utilisation, ways included",
        unit="share",
        better="high",
        counted="minutes",
        population=f"On-site and travel time by paid time. {_PAID_TIME}",
        sql=_time("used.work"),
    ),
    Definition(
        kpi="engineer_on_site",
        name_zh="工程师利用率（仅现场）",
        name_en="Engineer utilisation, on site alone",
        unit="share",
        better="high",
        counted="minutes",
        population=f"On-site time by paid time. {_PAID_TIME}",
        sql=_time("used.work - used.travel"),
    ),
    Definition(
        kpi="travel_share",
        name_zh="在途占比",
        name_en="Travel share",
        unit="share",
        better="low",
        counted="minutes",
        population=f"Travel time by paid time. {_PAID_TIME}",
        sql=_time("used.travel"),
    ),
    Definition(
        kpi="km_per_visit",
        name_zh="单次服务里程",
        name_en="Kilometres per visit",
        unit="km",
        better="low",
        counted="cases",
        population="Visits that ended in the month and whose track was kept",
        sql="""SELECT territory.branch_id, engineer.station_id, engineer.engineer_id, 1 AS n, metres / 1000.0 AS total
FROM visit JOIN engineer USING (engineer_id) JOIN station USING (station_id) JOIN territory USING (territory_id)
WHERE metres IS NOT NULL AND done_at >= :begin AND done_at < :until""",
    ),
)
