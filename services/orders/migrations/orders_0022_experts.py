"""an expert who joins an order from afar"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "orders_0022"
down_revision = "orders_0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("orders", sa.Column("expert", JSONB(none_as_null=True)))


def downgrade() -> None:
    op.drop_column("orders", "expert")
