"""Where new stations would go."""

from sqlalchemy import CheckConstraint, Column, ForeignKey, Table
from sqlalchemy import Text as SqlText
from sqlalchemy.dialects.postgresql import JSONB

from services.stations.tables.foundation import Moment, metadata

# Where new stations would reach how many machines: asked by a planner, worked out by a job.
siting_study = Table(
    "siting_study",
    metadata,
    Column("id", SqlText, primary_key=True),
    Column("branch_id", SqlText, ForeignKey("branch.branch_id"), index=True),  # none: the whole network
    Column("state", SqlText, nullable=False),
    Column("asked", JSONB, nullable=False),
    Column("result", JSONB),
    Column("problem", SqlText),
    Column("actor", SqlText, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("finished_at", Moment),
    CheckConstraint("state IN ('queued','done','failed')", name="study_state"),
    CheckConstraint("(state = 'done') = (result IS NOT NULL)", name="study_result"),
)
