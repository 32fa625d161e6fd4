"""how the place of an order is known, and the landmarks that addresses name"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "orders_0018"
down_revision = "orders_0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("orders", sa.Column("place_source", sa.Text(), server_default="coordinates", nullable=False))
    op.add_column("orders", sa.Column("place_matched", sa.Text()))
    op.execute("UPDATE orders SET place_source = 'stake' WHERE stake IS NOT NULL AND place_error_m > 0")
    op.create_table(
        "landmarks",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("aliases", JSONB(), nullable=False),
        sa.Column("lon", sa.Float(), nullable=False),
        sa.Column("lat", sa.Float(), nullable=False),
        sa.Column("radius_m", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_landmarks")),
    )


def downgrade() -> None:
    op.drop_table("landmarks")
    op.drop_column("orders", "place_matched")
    op.drop_column("orders", "place_source")
