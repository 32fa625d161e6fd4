"""two engineers for one order"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "orders_0021"
down_revision = "orders_0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("orders", sa.Column("crew_size", sa.Integer(), server_default="1", nullable=False))
    op.add_column("orders", sa.Column("second_skills", JSONB(), server_default="[]", nullable=False))
    op.create_check_constraint("order_crew_of_two_at_most", "orders", "crew_size BETWEEN 1 AND 2")
    op.add_column("appointments", sa.Column("role", sa.Text(), server_default="lead", nullable=False))


def downgrade() -> None:
    op.drop_column("appointments", "role")
    op.drop_constraint("order_crew_of_two_at_most", "orders")
    op.drop_column("orders", "second_skills")
    op.drop_column("orders", "crew_size")
