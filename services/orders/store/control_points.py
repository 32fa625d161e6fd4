"""Who skipped which control point."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

_REPORT = text("""
WITH walked AS (
    SELECT station_id, coalesce(engineer_id, '') AS engineer_id, work_type, control_points FROM orders
    WHERE completed_at >= :begin AND completed_at < :until AND state <> 'cancelled' AND control_points IS NOT NULL
      AND (:branch_id = '' OR branch_id = :branch_id) AND (:station_id = '' OR station_id = :station_id)
), by_task AS (
    SELECT station_id, engineer_id, work_type, task, count(*) AS times
    FROM walked, jsonb_array_elements_text(control_points -> 'skipped') task
    GROUP BY station_id, engineer_id, work_type, task
), skips AS (
    SELECT station_id, engineer_id, work_type, jsonb_object_agg(task, times) AS skipped
    FROM by_task GROUP BY station_id, engineer_id, work_type
), counted AS (
    SELECT station_id, engineer_id, work_type, count(*) AS orders,
           count(*) FILTER (WHERE NOT (control_points -> 'in_order')::boolean) AS disordered,
           count(*) FILTER (WHERE NOT (control_points -> 'in_order')::boolean
                                  OR control_points -> 'skipped' <> '[]') AS flawed
    FROM walked GROUP BY station_id, engineer_id, work_type
)
SELECT counted.*, coalesce(skipped, '{}') AS skipped
FROM counted LEFT JOIN skips USING (station_id, engineer_id, work_type)
ORDER BY flawed DESC, station_id, engineer_id, work_type LIMIT :limit
""")


async def report(
    tx: AsyncConnection, *, begin: datetime, until: datetime, branch_id: str, station_id: str, limit: int
) -> Sequence[Row[Any]]:
    """By station, engineer and kind of work, the most flawed first: orders completed in [begin, until), and how often
    each task was skipped.

    An empty `branch_id` or `station_id` means all of them.
    """
    named = {"begin": begin, "until": until, "branch_id": branch_id, "station_id": station_id, "limit": limit}
    return (await tx.execute(_REPORT, named)).all()
