"""What each visit asked of its engineer: kept to share nights, overtime and long ways fairly."""

from sqlalchemy import CheckConstraint, Column, Index, Integer, Table
from sqlalchemy import Text as SqlText

from services.stations.tables.foundation import Moment, metadata

# Written as dispatch tells the steps; the figures are there once it is done.
visit = Table(
    "visit",
    metadata,
    Column("appointment_id", SqlText, primary_key=True),
    Column("engineer_id", SqlText, nullable=False),
    Column("departed_at", Moment),
    Column("arrived_at", Moment),
    Column("done_at", Moment),
    Column("work_s", Integer),  # from departure (or arrival, when nobody told that) to the end
    Column("night_s", Integer),  # of it, between 22:00 and 06:00 in the zone of the branch
    Column("overtime_s", Integer),  # of it, outside of the shift
    Column("metres", Integer),  # along the track; none where no track was kept
    CheckConstraint("night_s BETWEEN 0 AND work_s AND overtime_s BETWEEN 0 AND work_s", name="visit_parts"),
)
Index("visit_done", visit.c.engineer_id, visit.c.done_at)
