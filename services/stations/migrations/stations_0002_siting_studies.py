"""Siting studies, asked by planners and worked out by a job."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "stations_0002"
down_revision = "stations_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "siting_study",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("branch_id", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("asked", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("result", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(state = 'done') = (result IS NOT NULL)", name="study_result"),
        sa.CheckConstraint("state IN ('queued','done','failed')", name="study_state"),
        sa.ForeignKeyConstraint(
            ["branch_id"],
            ["branch.branch_id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_siting_study_branch_id"), "siting_study", ["branch_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_siting_study_branch_id"), table_name="siting_study")
    op.drop_table("siting_study")
