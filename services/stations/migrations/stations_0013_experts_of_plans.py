"""Plans hold and book the seats of experts."""

import sqlalchemy as sa
from alembic import op

revision = "stations_0013"
down_revision = "stations_0012"
branch_labels = None
depends_on = None

TABLE = "resource_booking"
SEAT = 'resource_id WITH =, seat WITH =, "window" WITH &&'


def upgrade() -> None:
    op.add_column(TABLE, sa.Column("territory_id", sa.Text()))
    op.add_column(TABLE, sa.Column("epoch", sa.BigInteger()))
    op.add_column(TABLE, sa.Column("line", sa.Text()))
    op.add_column(TABLE, sa.Column("expires_at", sa.DateTime(timezone=True)))
    for name in ("territory_id", "expires_at"):
        op.create_index(op.f(f"ix_{TABLE}_{name}"), TABLE, [name])
    op.create_check_constraint("resource_of_plan", TABLE, "num_nonnulls(territory_id, epoch, line) IN (0, 3)")
    op.create_check_constraint("resource_hold", TABLE, "expires_at IS NULL OR territory_id IS NOT NULL")
    op.drop_constraint("seat_once", TABLE)
    _exclude("seat_once", SEAT, where="released_at IS NULL AND expires_at IS NULL")
    _exclude("seat_of_one_holder", f"COALESCE(territory_id, id) WITH <>, {SEAT}", where="released_at IS NULL")


def _exclude(name: str, what: str, *, where: str) -> None:
    op.execute(f"ALTER TABLE {TABLE} ADD CONSTRAINT {name} EXCLUDE USING gist ({what}) WHERE ({where})")


def downgrade() -> None:
    op.drop_constraint("seat_of_one_holder", TABLE)
    op.drop_constraint("seat_once", TABLE)
    op.execute("DELETE FROM resource_booking WHERE expires_at IS NOT NULL")
    for name in ("expires_at", "line", "epoch", "territory_id"):
        op.drop_column(TABLE, name)
    _exclude("seat_once", SEAT, where="released_at IS NULL")
