"""Borders of territories."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "stations_0009"
down_revision = "stations_0008"
branch_labels = None
depends_on = None


def upgrade() -> None:

    op.create_table(
        "territory_border",
        sa.Column("territory_id", sa.Text(), nullable=False),
        sa.Column("geometry", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["territory_id"],
            ["territory.territory_id"],
        ),
        sa.PrimaryKeyConstraint("territory_id"),
    )


def downgrade() -> None:

    op.drop_table("territory_border")
