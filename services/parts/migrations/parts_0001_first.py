"""first"""

import sqlalchemy as sa
from alembic import op

from kit import foundation

revision = "parts_0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    _discrepancy()
    foundation.create_feed_tables()
    foundation.create_idempotency()
    foundation.create_journal()
    _part()
    _place()
    _territory()
    _work_order()
    _courier_lane()
    _shipment()
    _stock()
    _substitute()
    _claim()
    _movement()
    _picked()
    _shipment_event()


def _discrepancy() -> None:
    op.create_table(
        "discrepancy",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("place_id", sa.Text(), nullable=False),
        sa.Column("part", sa.Text(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("engineer_id", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("act IN ('pickup','use','return')", name="discrepancy_act"),
        sa.CheckConstraint(
            "reason IN ('not_on_record','unknown_part','unknown_place','no_van','not_issued')",
            name="discrepancy_reason",
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_discrepancy_order_id"), "discrepancy", ["order_id"], unique=False)
    op.create_index(op.f("ix_discrepancy_place_id"), "discrepancy", ["place_id"], unique=False)


def _part() -> None:
    op.create_table(
        "part",
        sa.Column("part", sa.Text(), nullable=False),
        sa.Column("name_zh", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("unit_cost_fen", sa.BigInteger(), nullable=False),
        sa.Column("weight_g", sa.Integer(), nullable=False),
        sa.Column("vmrs_system", sa.Text(), nullable=True),
        sa.CheckConstraint("unit_cost_fen >= 0 AND weight_g >= 0", name="part_amounts"),
        sa.PrimaryKeyConstraint("part"),
    )


def _place() -> None:
    op.create_table(
        "place",
        sa.Column("place_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("territory_id", sa.Text(), nullable=True),
        sa.Column("station_id", sa.Text(), nullable=True),
        sa.Column("engineer_id", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("lon", sa.Double(), nullable=False),
        sa.Column("lat", sa.Double(), nullable=False),
        sa.Column("opens", sa.Text(), nullable=True),
        sa.Column("closes", sa.Text(), nullable=True),
        sa.CheckConstraint("kind <> 'van' OR engineer_id IS NOT NULL", name="place_van_engineer"),
        sa.CheckConstraint("kind IN ('depot','station','van')", name="place_kind"),
        sa.PrimaryKeyConstraint("place_id"),
    )
    op.create_index(op.f("ix_place_engineer_id"), "place", ["engineer_id"], unique=False)
    op.create_index(op.f("ix_place_station_id"), "place", ["station_id"], unique=False)
    op.create_index(op.f("ix_place_territory_id"), "place", ["territory_id"], unique=False)


def _territory() -> None:
    op.create_table(
        "territory",
        sa.Column("territory_id", sa.Text(), nullable=False),
        sa.Column("branch_id", sa.Text(), nullable=True),
        sa.Column("published_epoch", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("territory_id"),
    )


def _work_order() -> None:
    op.create_table(
        "work_order",
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("territory_id", sa.Text(), nullable=False),
        sa.Column("branch_id", sa.Text(), nullable=False),
        sa.Column("station_id", sa.Text(), nullable=False),
        sa.Column("ended", sa.Boolean(), server_default="false", nullable=False),
        sa.PrimaryKeyConstraint("order_id"),
    )


def _courier_lane() -> None:
    op.create_table(
        "courier_lane",
        sa.Column("place_id", sa.Text(), nullable=False),
        sa.Column("fee_fen", sa.BigInteger(), nullable=False),
        sa.Column("fen_per_km", sa.BigInteger(), nullable=False),
        sa.Column("km_per_hour", sa.Integer(), nullable=False),
        sa.Column("cutoff", sa.Text(), nullable=True),
        sa.Column("ready_s", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "km_per_hour > 0 AND fee_fen >= 0 AND fen_per_km >= 0 AND ready_s >= 0", name="lane_amounts"
        ),
        sa.ForeignKeyConstraint(["place_id"], ["place.place_id"]),
        sa.PrimaryKeyConstraint("place_id"),
    )


def _shipment() -> None:
    op.create_table(
        "shipment",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("territory_id", sa.Text(), nullable=False),
        sa.Column("part", sa.Text(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("from_place_id", sa.Text(), nullable=False),
        sa.Column("to_place_id", sa.Text(), nullable=True),
        sa.Column("engineer_id", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("fee_fen", sa.BigInteger(), nullable=False),
        sa.Column("eta", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("state IN ('ordered','picked','shipped','received','cancelled')", name="shipment_state"),
        sa.CheckConstraint("quantity > 0", name="shipment_quantity"),
        sa.ForeignKeyConstraint(["from_place_id"], ["place.place_id"]),
        sa.ForeignKeyConstraint(["part"], ["part.part"]),
        sa.ForeignKeyConstraint(["to_place_id"], ["place.place_id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_shipment_order_id"), "shipment", ["order_id"], unique=False)
    op.create_index(op.f("ix_shipment_territory_id"), "shipment", ["territory_id"], unique=False)


def _stock() -> None:
    op.create_table(
        "stock",
        sa.Column("place_id", sa.Text(), nullable=False),
        sa.Column("part", sa.Text(), nullable=False),
        sa.Column("on_hand", sa.Integer(), server_default="0", nullable=False),
        sa.Column("claimed", sa.Integer(), server_default="0", nullable=False),
        sa.CheckConstraint("claimed >= 0 AND claimed <= on_hand", name="stock_claimed"),
        sa.CheckConstraint("on_hand >= 0", name="stock_on_hand"),
        sa.ForeignKeyConstraint(["part"], ["part.part"]),
        sa.ForeignKeyConstraint(["place_id"], ["place.place_id"]),
        sa.PrimaryKeyConstraint("place_id", "part"),
    )
    op.create_index("stock_part", "stock", ["part"], unique=False)


def _substitute() -> None:
    op.create_table(
        "substitute",
        sa.Column("part", sa.Text(), nullable=False),
        sa.Column("substitute", sa.Text(), nullable=False),
        sa.Column("approved", sa.Boolean(), nullable=False),
        sa.CheckConstraint("part <> substitute", name="substitute_other"),
        sa.ForeignKeyConstraint(["part"], ["part.part"]),
        sa.ForeignKeyConstraint(["substitute"], ["part.part"]),
        sa.PrimaryKeyConstraint("part", "substitute"),
    )


def _claim() -> None:
    op.create_table(
        "claim",
        sa.Column("territory_id", sa.Text(), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("line", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("place_id", sa.Text(), nullable=False),
        sa.Column("part", sa.Text(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("taken", sa.Integer(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("engineer_id", sa.Text(), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("source IN ('van','pickup','courier','transfer')", name="claim_source"),
        sa.CheckConstraint("quantity >= 0 AND taken >= 0 AND quantity + taken > 0", name="claim_quantity"),
        sa.ForeignKeyConstraint(["place_id", "part"], ["stock.place_id", "stock.part"]),
        sa.PrimaryKeyConstraint("territory_id", "epoch", "line"),
    )
    op.create_index("claim_shelf", "claim", ["place_id", "part"], unique=False)
    op.create_index(op.f("ix_claim_expires_at"), "claim", ["expires_at"], unique=False)
    op.create_index(op.f("ix_claim_order_id"), "claim", ["order_id"], unique=False)


def _movement() -> None:
    op.create_table(
        "movement",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("place_id", sa.Text(), nullable=False),
        sa.Column("part", sa.Text(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("unit_cost_fen", sa.BigInteger(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=True),
        sa.Column("appointment_id", sa.Text(), nullable=True),
        sa.Column("engineer_id", sa.Text(), nullable=True),
        sa.Column("shipment_id", sa.Text(), nullable=True),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("effective_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "recorded_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.CheckConstraint(
            "kind IN ('count','found','issue','return','transfer_out','transfer_in')", name="movement_kind"
        ),
        sa.CheckConstraint("kind NOT IN ('found','return','transfer_in') OR quantity > 0", name="movement_in"),
        sa.CheckConstraint("kind NOT IN ('issue','transfer_out') OR quantity < 0", name="movement_out"),
        sa.CheckConstraint("quantity <> 0", name="movement_quantity"),
        sa.ForeignKeyConstraint(["place_id", "part"], ["stock.place_id", "stock.part"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_movement_order_id"), "movement", ["order_id"], unique=False)
    op.create_index("movement_shelf", "movement", ["place_id", "part", "id"], unique=False)


def _picked() -> None:
    op.create_table(
        "picked",
        sa.Column("place_id", sa.Text(), nullable=False),
        sa.Column("part", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.CheckConstraint("quantity > 0", name="picked_quantity"),
        sa.ForeignKeyConstraint(["place_id", "part"], ["stock.place_id", "stock.part"]),
        sa.PrimaryKeyConstraint("place_id", "part", "order_id"),
    )
    op.create_index(op.f("ix_picked_order_id"), "picked", ["order_id"], unique=False)


def _shipment_event() -> None:
    op.create_table(
        "shipment_event",
        sa.Column("shipment_id", sa.Text(), nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("eta", sa.DateTime(timezone=True), nullable=True),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["shipment_id"], ["shipment.id"]),
        sa.PrimaryKeyConstraint("shipment_id", "event_id"),
    )


def downgrade() -> None:
    op.drop_table("shipment_event")
    op.drop_index(op.f("ix_picked_order_id"), table_name="picked")
    op.drop_table("picked")
    op.drop_index("movement_shelf", table_name="movement")
    op.drop_index(op.f("ix_movement_order_id"), table_name="movement")
    op.drop_table("movement")
    op.drop_index(op.f("ix_claim_order_id"), table_name="claim")
    op.drop_index(op.f("ix_claim_expires_at"), table_name="claim")
    op.drop_index("claim_shelf", table_name="claim")
    op.drop_table("claim")
    op.drop_table("substitute")
    op.drop_index("stock_part", table_name="stock")
    op.drop_table("stock")
    op.drop_index(op.f("ix_shipment_territory_id"), table_name="shipment")
    op.drop_index(op.f("ix_shipment_order_id"), table_name="shipment")
    op.drop_table("shipment")
    op.drop_table("courier_lane")
    op.drop_table("work_order")
    op.drop_table("territory")
    op.drop_index(op.f("ix_place_territory_id"), table_name="place")
    op.drop_index(op.f("ix_place_station_id"), table_name="place")
    op.drop_index(op.f("ix_place_engineer_id"), table_name="place")
    op.drop_table("place")
    op.drop_table("part")
    foundation.drop_journal()
    foundation.drop_idempotency()
    foundation.drop_feed_tables()
    op.drop_index(op.f("ix_discrepancy_place_id"), table_name="discrepancy")
    op.drop_index(op.f("ix_discrepancy_order_id"), table_name="discrepancy")
    op.drop_table("discrepancy")
