"""Orders say whether the station that answers is authorised for the machine's brand."""

import sqlalchemy as sa
from alembic import op

revision = "orders_0017"
down_revision = "orders_0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    told = sa.Column("station_authorised", sa.Boolean(), server_default="true", nullable=False)
    op.add_column("orders", told)


def downgrade() -> None:
    op.drop_column("orders", "station_authorised")
