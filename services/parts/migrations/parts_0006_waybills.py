"""Who brings a parcel, and under which number."""

import sqlalchemy as sa
from alembic import op

revision = "parts_0006"
down_revision = "parts_0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("shipment", sa.Column("carrier", sa.Text(), nullable=True))
    op.add_column("shipment", sa.Column("waybill", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("shipment", "waybill")
    op.drop_column("shipment", "carrier")
