"""two engineers for one order: as what each of them comes"""

import sqlalchemy as sa
from alembic import op

revision = "dispatch_0009"
down_revision = "dispatch_0008"
branch_labels = None
depends_on = None

_ACTIVE = sa.text("state IN ('planned', 'dispatched', 'acknowledged', 'travelling', 'on_site')")


def upgrade() -> None:
    op.add_column("appointments", sa.Column("role", sa.Text(), server_default="lead", nullable=False))
    op.create_check_constraint("appointment_role_known", "appointments", "role IN ('lead', 'second')")
    op.drop_index("one_active_appointment", table_name="appointments")
    op.create_index(
        "one_active_appointment", "appointments", ["order_id", "role"], unique=True, postgresql_where=_ACTIVE
    )


def downgrade() -> None:
    op.drop_index("one_active_appointment", table_name="appointments")
    op.execute("UPDATE appointments SET state = 'cancelled', reason = 'crew_broken' WHERE role = 'second'")
    op.create_index("one_active_appointment", "appointments", ["order_id"], unique=True, postgresql_where=_ACTIVE)
    op.drop_constraint("appointment_role_known", "appointments")
    op.drop_column("appointments", "role")
