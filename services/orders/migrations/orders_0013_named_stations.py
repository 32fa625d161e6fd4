"""Which station answered for a machine since when, and why."""

import sqlalchemy as sa
from alembic import op

revision = "orders_0013"
down_revision = "orders_0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "named_stations",
        sa.Column("asset_id", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("station_id", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.CheckConstraint("why IN ('first_maintenance','changed')", name="named_why"),
        sa.ForeignKeyConstraint(["asset_id"], ["assets.asset_id"]),
        sa.PrimaryKeyConstraint("asset_id", "at"),
    )


def downgrade() -> None:
    op.drop_table("named_stations")
