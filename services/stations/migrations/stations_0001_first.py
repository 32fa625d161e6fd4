"""first"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from kit import foundation

revision = "stations_0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    _branch()
    foundation.create_feed_tables()
    foundation.create_idempotency()
    foundation.create_journal()
    _published_plan()
    _partner()
    _territory()
    _station()
    _vehicle()
    _engineer()
    _replacement_cost()
    _vehicle_claim()
    _absence()
    _consent()
    _shift()
    _track()


def _branch() -> None:
    op.create_table(
        "branch",
        sa.Column("branch_id", sa.Text(), nullable=False),
        sa.Column("name_zh", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("lon", sa.Double(), nullable=False),
        sa.Column("lat", sa.Double(), nullable=False),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("branch_id"),
    )


def _published_plan() -> None:
    op.create_table(
        "published_plan",
        sa.Column("territory_id", sa.Text(), nullable=False),
        sa.Column("epoch", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("territory_id"),
    )


def _partner() -> None:
    op.create_table(
        "partner",
        sa.Column("partner_id", sa.Text(), nullable=False),
        sa.Column("branch_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("contract_from", sa.Date(), nullable=True),
        sa.Column("contract_until", sa.Date(), nullable=True),
        sa.CheckConstraint("contract_until >= contract_from", name="partner_contract"),
        sa.ForeignKeyConstraint(["branch_id"], ["branch.branch_id"]),
        sa.PrimaryKeyConstraint("partner_id"),
    )
    op.create_index(op.f("ix_partner_branch_id"), "partner", ["branch_id"], unique=False)


def _territory() -> None:
    op.create_table(
        "territory",
        sa.Column("territory_id", sa.Text(), nullable=False),
        sa.Column("branch_id", sa.Text(), nullable=False),
        sa.Column("name_zh", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["branch_id"], ["branch.branch_id"]),
        sa.PrimaryKeyConstraint("territory_id"),
    )
    op.create_index(op.f("ix_territory_branch_id"), "territory", ["branch_id"], unique=False)


def _station() -> None:
    op.create_table(
        "station",
        sa.Column("station_id", sa.Text(), nullable=False),
        sa.Column("territory_id", sa.Text(), nullable=False),
        sa.Column("name_zh", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("lon", sa.Double(), nullable=False),
        sa.Column("lat", sa.Double(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("grade", sa.Text(), nullable=False),
        sa.Column("brands", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("capabilities", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("opens", sa.Text(), nullable=True),
        sa.Column("closes", sa.Text(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.CheckConstraint("grade IN ('AAA','AA','A')", name="station_grade"),
        sa.CheckConstraint("level BETWEEN 1 AND 3", name="station_level"),
        sa.ForeignKeyConstraint(["territory_id"], ["territory.territory_id"]),
        sa.PrimaryKeyConstraint("station_id"),
    )
    op.create_index(op.f("ix_station_territory_id"), "station", ["territory_id"], unique=False)


def _vehicle() -> None:
    op.create_table(
        "vehicle",
        sa.Column("vehicle_id", sa.Text(), nullable=False),
        sa.Column("partner_id", sa.Text(), nullable=False),
        sa.Column("branch_id", sa.Text(), nullable=False),
        sa.Column("plate", sa.Text(), nullable=False),
        sa.Column("vehicle_class", sa.Text(), nullable=False),
        sa.Column("couplings", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("max_mass_kg", sa.Integer(), nullable=False),
        sa.Column("hazard_allowed", sa.Boolean(), nullable=False),
        sa.Column("lon", sa.Double(), nullable=False),
        sa.Column("lat", sa.Double(), nullable=False),
        sa.Column("base_fen", sa.BigInteger(), nullable=False),
        sa.Column("fen_per_km", sa.BigInteger(), nullable=False),
        sa.Column("available_from", sa.DateTime(timezone=True), nullable=True),
        sa.Column("available_until", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("vehicle_class IN ('tractor','rigid','tipper','mixer')", name="vehicle_class"),
        sa.CheckConstraint("available_until > available_from", name="vehicle_available"),
        sa.CheckConstraint("base_fen >= 0 AND fen_per_km >= 0 AND max_mass_kg > 0", name="vehicle_amounts"),
        sa.ForeignKeyConstraint(["branch_id"], ["branch.branch_id"]),
        sa.ForeignKeyConstraint(["partner_id"], ["partner.partner_id"]),
        sa.PrimaryKeyConstraint("vehicle_id"),
    )
    op.create_index(op.f("ix_vehicle_branch_id"), "vehicle", ["branch_id"], unique=False)
    op.create_index(op.f("ix_vehicle_partner_id"), "vehicle", ["partner_id"], unique=False)


def _engineer() -> None:
    op.create_table(
        "engineer",
        sa.Column("engineer_id", sa.Text(), nullable=False),
        sa.Column("station_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("home_lon", sa.Double(), nullable=False),
        sa.Column("home_lat", sa.Double(), nullable=False),
        sa.Column("van_place_id", sa.Text(), nullable=True),
        sa.Column("skills", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("skills_valid_until", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("certificates", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("brands", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("labour_fen_per_hour", sa.BigInteger(), nullable=False),
        sa.Column("overtime_fen_per_hour", sa.BigInteger(), nullable=False),
        sa.Column("tracking_consent", sa.Boolean(), server_default="false", nullable=False),
        sa.ForeignKeyConstraint(["station_id"], ["station.station_id"]),
        sa.PrimaryKeyConstraint("engineer_id"),
    )
    op.create_index(op.f("ix_engineer_station_id"), "engineer", ["station_id"], unique=False)


def _replacement_cost() -> None:
    op.create_table(
        "replacement_cost",
        sa.Column("case_id", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("vehicle_id", sa.Text(), nullable=False),
        sa.Column("partner_id", sa.Text(), nullable=False),
        sa.Column("kilometres", sa.Integer(), nullable=True),
        sa.Column("base_fen", sa.BigInteger(), nullable=False),
        sa.Column("fen_per_km", sa.BigInteger(), nullable=False),
        sa.Column("cost_fen", sa.BigInteger(), nullable=False),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("booked_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["partner_id"], ["partner.partner_id"]),
        sa.ForeignKeyConstraint(["vehicle_id"], ["vehicle.vehicle_id"]),
        sa.PrimaryKeyConstraint("case_id"),
    )
    op.create_index(op.f("ix_replacement_cost_order_id"), "replacement_cost", ["order_id"], unique=False)
    op.create_index(op.f("ix_replacement_cost_partner_id"), "replacement_cost", ["partner_id"], unique=False)
    op.create_index(op.f("ix_replacement_cost_vehicle_id"), "replacement_cost", ["vehicle_id"], unique=False)


def _vehicle_claim() -> None:
    op.create_table(
        "vehicle_claim",
        sa.Column("territory_id", sa.Text(), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("line", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("vehicle_id", sa.Text(), nullable=False),
        sa.Column("window", postgresql.TSTZRANGE(), nullable=False),
        sa.Column("underway", sa.Boolean(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        postgresql.ExcludeConstraint(
            (sa.column("vehicle_id"), "="),
            (sa.column("territory_id"), "<>"),
            (sa.column("window"), "&&"),
            using="gist",
            name="claim_of_one_territory",
        ),
        postgresql.ExcludeConstraint(
            (sa.column("vehicle_id"), "="),
            (sa.column("window"), "&&"),
            where=sa.text("expires_at IS NULL"),
            using="gist",
            name="booking_once",
        ),
        sa.CheckConstraint(
            'NOT isempty("window") AND NOT lower_inf("window") AND NOT upper_inf("window")', name="claim_window"
        ),
        sa.CheckConstraint("NOT underway OR expires_at IS NULL", name="claim_underway"),
        sa.ForeignKeyConstraint(["vehicle_id"], ["vehicle.vehicle_id"]),
        sa.PrimaryKeyConstraint("territory_id", "epoch", "line"),
    )
    op.create_index(op.f("ix_vehicle_claim_expires_at"), "vehicle_claim", ["expires_at"], unique=False)
    op.create_index(op.f("ix_vehicle_claim_order_id"), "vehicle_claim", ["order_id"], unique=False)
    op.create_index(op.f("ix_vehicle_claim_vehicle_id"), "vehicle_claim", ["vehicle_id"], unique=False)


def _absence() -> None:
    op.create_table(
        "absence",
        sa.Column("engineer_id", sa.Text(), nullable=False),
        sa.Column("start", sa.DateTime(timezone=True), nullable=False),
        sa.Column("end", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.CheckConstraint('"end" > start', name="absence_order"),
        sa.ForeignKeyConstraint(["engineer_id"], ["engineer.engineer_id"]),
        sa.PrimaryKeyConstraint("engineer_id", "start"),
    )


def _consent() -> None:
    op.create_table(
        "consent",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("engineer_id", sa.Text(), nullable=False),
        sa.Column("given", sa.Boolean(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["engineer_id"], ["engineer.engineer_id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_consent_engineer_id"), "consent", ["engineer_id"], unique=False)


def _shift() -> None:
    op.create_table(
        "shift",
        sa.Column("engineer_id", sa.Text(), nullable=False),
        sa.Column("start", sa.DateTime(timezone=True), nullable=False),
        sa.Column("end", sa.DateTime(timezone=True), nullable=False),
        sa.Column("overtime_until", sa.DateTime(timezone=True), nullable=False),
        postgresql.ExcludeConstraint(
            (sa.column("engineer_id"), "="), (sa.text('tstzrange(start, "end")'), "&&"), using="gist", name="shift_once"
        ),
        sa.CheckConstraint('"end" > start AND overtime_until >= "end"', name="shift_order"),
        sa.ForeignKeyConstraint(["engineer_id"], ["engineer.engineer_id"]),
        sa.PrimaryKeyConstraint("engineer_id", "start"),
    )


def _track() -> None:
    op.create_table(
        "track",
        sa.Column("engineer_id", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lon", sa.Double(), nullable=False),
        sa.Column("lat", sa.Double(), nullable=False),
        sa.Column("accuracy_m", sa.Double(), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["engineer_id"], ["engineer.engineer_id"]),
        sa.PrimaryKeyConstraint("engineer_id", "at"),
    )
    op.create_index("track_day", "track", ["at"], unique=False, postgresql_using="brin")


def downgrade() -> None:
    op.drop_index("track_day", table_name="track", postgresql_using="brin")
    op.drop_table("track")
    op.drop_table("shift")
    op.drop_index(op.f("ix_consent_engineer_id"), table_name="consent")
    op.drop_table("consent")
    op.drop_table("absence")
    op.drop_index(op.f("ix_vehicle_claim_vehicle_id"), table_name="vehicle_claim")
    op.drop_index(op.f("ix_vehicle_claim_order_id"), table_name="vehicle_claim")
    op.drop_index(op.f("ix_vehicle_claim_expires_at"), table_name="vehicle_claim")
    op.drop_table("vehicle_claim")
    op.drop_index(op.f("ix_replacement_cost_vehicle_id"), table_name="replacement_cost")
    op.drop_index(op.f("ix_replacement_cost_partner_id"), table_name="replacement_cost")
    op.drop_index(op.f("ix_replacement_cost_order_id"), table_name="replacement_cost")
    op.drop_table("replacement_cost")
    op.drop_index(op.f("ix_engineer_station_id"), table_name="engineer")
    op.drop_table("engineer")
    op.drop_index(op.f("ix_vehicle_partner_id"), table_name="vehicle")
    op.drop_index(op.f("ix_vehicle_branch_id"), table_name="vehicle")
    op.drop_table("vehicle")
    op.drop_index(op.f("ix_station_territory_id"), table_name="station")
    op.drop_table("station")
    op.drop_index(op.f("ix_territory_branch_id"), table_name="territory")
    op.drop_table("territory")
    op.drop_index(op.f("ix_partner_branch_id"), table_name="partner")
    op.drop_table("partner")
    op.drop_table("published_plan")
    foundation.drop_journal()
    foundation.drop_idempotency()
    foundation.drop_feed_tables()
    op.drop_table("branch")
