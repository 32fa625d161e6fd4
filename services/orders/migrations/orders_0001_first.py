"""first"""

import sqlalchemy as sa
from alembic import op

from kit import foundation
from services.orders.migrations.first import machines, promises, work

revision = "orders_0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    work.appointments()
    machines.customers()
    foundation.create_feed_tables()
    foundation.create_idempotency()
    foundation.create_journal()
    promises.promise_templates()
    machines.route_reference()
    work.timeline()
    work.used_parts()
    machines.assets()
    machines.maintenance_plans()
    work.orders()
    work.indexes_of_orders()
    machines.asset_history()
    work.cargos()
    promises.clocks()
    promises.due_at()
    work.flagged_facts()
    work.order_facts()
    machines.plan_dues()
    promises.replacement_cases()
    promises.waits()
    promises.replacement_steps()


def downgrade() -> None:
    op.drop_index(op.f("ix_replacement_steps_case_id"), table_name="replacement_steps")
    op.drop_table("replacement_steps")
    op.drop_index(op.f("ix_waits_order_id"), table_name="waits")
    op.drop_table("waits")
    op.drop_index(
        "one_running_case",
        table_name="replacement_cases",
        postgresql_where=sa.text("state NOT IN ('delivered', 'withdrawn')"),
    )
    op.drop_index(op.f("ix_replacement_cases_order_id"), table_name="replacement_cases")
    op.drop_table("replacement_cases")
    op.drop_table("plan_dues")
    op.drop_index(op.f("ix_order_facts_order_id"), table_name="order_facts")
    op.drop_table("order_facts")
    op.drop_index(op.f("ix_flagged_facts_order_id"), table_name="flagged_facts")
    op.drop_table("flagged_facts")
    op.drop_index("timers_by_time", table_name="due_at")
    op.drop_table("due_at")
    op.drop_table("clocks")
    op.drop_table("cargos")
    op.drop_index("history_of_asset", table_name="asset_history")
    op.drop_table("asset_history")
    op.drop_index("orders_of_station", table_name="orders")
    op.drop_index("orders_of_branch", table_name="orders")
    op.drop_index("orders_of_asset", table_name="orders")
    op.drop_index(
        "open_orders_of_territory",
        table_name="orders",
        postgresql_where=sa.text("state IN ('new', 'accepted', 'in_progress', 'waiting', 'restored')"),
    )
    op.drop_index(
        "open_orders_of_branch",
        table_name="orders",
        postgresql_where=sa.text("state IN ('new', 'accepted', 'in_progress', 'waiting', 'restored')"),
    )
    op.drop_table("orders")
    op.drop_index("plans_by_due", table_name="maintenance_plans")
    op.drop_index(op.f("ix_maintenance_plans_asset_id"), table_name="maintenance_plans")
    op.drop_table("maintenance_plans")
    op.drop_index(op.f("ix_assets_plate"), table_name="assets")
    op.drop_index("assets_of_station", table_name="assets")
    op.drop_index("assets_of_branch", table_name="assets")
    op.drop_table("assets")
    op.drop_index(op.f("ix_used_parts_order_id"), table_name="used_parts")
    op.drop_table("used_parts")
    op.drop_index(op.f("ix_timeline_order_id"), table_name="timeline")
    op.drop_table("timeline")
    op.drop_table("route_reference")
    op.drop_table("promise_templates")
    foundation.drop_journal()
    foundation.drop_idempotency()
    foundation.drop_feed_tables()
    op.drop_table("customers")
    op.drop_index(op.f("ix_appointments_order_id"), table_name="appointments")
    op.drop_index("appointments_of_engineer", table_name="appointments")
    op.drop_table("appointments")
