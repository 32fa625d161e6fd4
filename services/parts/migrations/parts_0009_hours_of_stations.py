"""Opening hours of stations, as stations tells them."""

import sqlalchemy as sa
from alembic import op

revision = "parts_0009"
down_revision = "parts_0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "station_hours",
        sa.Column("station_id", sa.Text(), nullable=False),
        sa.Column("opens", sa.Text(), nullable=True),
        sa.Column("closes", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("station_id"),
    )


def downgrade() -> None:
    op.drop_table("station_hours")
