"""Who skipped which control point."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

_REPORT = text("""
WITH walked AS (
    SELECT station_id, engineer_id, work_type, control_points FROM orders
    WHERE completed_at >= :begin AND completed_at < :until AND state <> 'cancelled' AND control_points IS NOT NULL
      AND (:branch_id = '' OR branch_id = :branch_id) AND (:station_id = '' OR station_id = :station_id)
)
SELECT station_id, engineer_id, work_type, count(*) AS orders,
       count(*) FILTER (WHERE NOT (control_points -> 'in_order')::boolean) AS disordered,
       (SELECT coalesce(jsonb_object_agg(task, times), '{}') FROM (
            SELECT task, count(*) AS times
            FROM walked others, jsonb_array_elements_text(others.control_points -> 'skipped') task
            WHERE (others.station_id, others.engineer_id, others.work_type)
                  = (walked.station_id, walked.engineer_id, walked.work_type)
            GROUP BY task) counted) AS skipped
FROM walked GROUP BY station_id, engineer_id, work_type ORDER BY station_id, engineer_id, work_type
""")


async def report(
    tx: AsyncConnection, *, begin: datetime, until: datetime, branch_id: str, station_id: str
) -> Sequence[Row[Any]]:
    """By station, engineer and kind of work: orders completed in [begin, until), and how often each task was skipped.

    An empty `branch_id` or `station_id` means all of them.
    """
    named = {"begin": begin, "until": until, "branch_id": branch_id, "station_id": station_id}
    return (await tx.execute(_REPORT, named)).all()
