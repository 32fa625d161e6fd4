"""Who holds which key post of a station."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "stations_0011"
down_revision = "stations_0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("station", sa.Column("posts", postgresql.JSONB(), nullable=False, server_default="{}"))


def downgrade() -> None:
    op.drop_column("station", "posts")
