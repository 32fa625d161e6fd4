"""What each visit asked of its engineer."""

import sqlalchemy as sa
from alembic import op

revision = "stations_0008"
down_revision = "stations_0007"
branch_labels = None
depends_on = None


def upgrade() -> None:

    op.create_table(
        "visit",
        sa.Column("appointment_id", sa.Text(), nullable=False),
        sa.Column("engineer_id", sa.Text(), nullable=False),
        sa.Column("departed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("arrived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("work_s", sa.Integer(), nullable=True),
        sa.Column("night_s", sa.Integer(), nullable=True),
        sa.Column("overtime_s", sa.Integer(), nullable=True),
        sa.Column("metres", sa.Integer(), nullable=True),
        sa.CheckConstraint("night_s BETWEEN 0 AND work_s AND overtime_s BETWEEN 0 AND work_s", name="visit_parts"),
        sa.PrimaryKeyConstraint("appointment_id"),
    )
    op.create_index("visit_done", "visit", ["engineer_id", "done_at"], unique=False)


def downgrade() -> None:

    op.drop_index("visit_done", table_name="visit")
    op.drop_table("visit")
