"""Points that are kept although nobody can have been there."""

import sqlalchemy as sa
from alembic import op

revision = "stations_0012"
down_revision = "stations_0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("track", sa.Column("doubt", sa.Text()))


def downgrade() -> None:
    op.drop_column("track", "doubt")
