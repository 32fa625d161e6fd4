"""Who looked where engineers are or were."""

import sqlalchemy as sa
from alembic import op

revision = "stations_0004"
down_revision = "stations_0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "position_read",
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.CheckConstraint("what = 'last_known' OR reason <> ''", name="position_read_reason"),
        sa.CheckConstraint("what IN ('last_known','track')", name="position_read_what"),
        sa.PrimaryKeyConstraint("actor", "what", "subject", "at"),
    )
    op.create_index("position_read_subject", "position_read", ["subject", "at"], unique=False)


def downgrade() -> None:
    op.drop_index("position_read_subject", table_name="position_read")
    op.drop_table("position_read")
