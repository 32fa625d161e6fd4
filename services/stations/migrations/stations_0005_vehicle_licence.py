"""A vehicle has an operating licence, good up to a day."""

import sqlalchemy as sa
from alembic import op

revision = "stations_0005"
down_revision = "stations_0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("vehicle", sa.Column("licence_until", sa.Date(), nullable=True))


def downgrade() -> None:
    op.drop_column("vehicle", "licence_until")
