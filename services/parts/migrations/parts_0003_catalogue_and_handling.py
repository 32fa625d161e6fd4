"""Substitution by kind, fit by machine; transfers in two steps, count sheets, cores."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "parts_0003"
down_revision = "parts_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _core()
    _count_sheet()
    _fit()
    _transfer()
    _core_return()
    _count_line()
    _transfer_line()
    _changes()


def _core() -> None:
    op.create_table(
        "core",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("part", sa.Text(), nullable=False),
        sa.Column("engineer_id", sa.Text(), nullable=False),
        sa.Column("van_place_id", sa.Text(), nullable=False),
        sa.Column("owed", sa.Integer(), nullable=False),
        sa.Column("returned", sa.Integer(), server_default="0", nullable=False),
        sa.Column("deposit_fen", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("owed >= 0 AND returned >= 0 AND returned <= owed", name="core_returned"),
        sa.ForeignKeyConstraint(["part"], ["part.part"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("core_open", "core", ["van_place_id"], unique=False, postgresql_where=sa.text("returned < owed"))
    op.create_index(op.f("ix_core_order_id"), "core", ["order_id"], unique=False)
    op.create_index(op.f("ix_core_van_place_id"), "core", ["van_place_id"], unique=False)


def _count_sheet() -> None:
    op.create_table(
        "count_sheet",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("place_id", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("posted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("posted_by", sa.Text(), nullable=True),
        sa.CheckConstraint("state IN ('open','posted','cancelled')", name="sheet_state"),
        sa.ForeignKeyConstraint(["place_id"], ["place.place_id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_count_sheet_place_id"), "count_sheet", ["place_id"], unique=False)
    op.create_index(
        "one_open_sheet", "count_sheet", ["place_id"], unique=True, postgresql_where=sa.text("state = 'open'")
    )


def _fit() -> None:
    op.create_table(
        "fit",
        sa.Column("part", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("configuration", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("serial_from", sa.Text(), nullable=True),
        sa.Column("serial_until", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["part"], ["part.part"]),
        sa.PrimaryKeyConstraint("part", "model", "rule"),
    )
    op.create_index(op.f("ix_fit_model"), "fit", ["model"], unique=False)


def _transfer() -> None:
    op.create_table(
        "transfer",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("from_place_id", sa.Text(), nullable=False),
        sa.Column("to_place_id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("shipped_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expected_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("told_late_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state IN ('ordered','shipped','received','cancelled')", name="transfer_state"),
        sa.CheckConstraint("state NOT IN ('shipped','received') OR shipped_at IS NOT NULL", name="transfer_shipped"),
        sa.CheckConstraint("from_place_id <> to_place_id", name="transfer_elsewhere"),
        sa.ForeignKeyConstraint(["from_place_id"], ["place.place_id"]),
        sa.ForeignKeyConstraint(["to_place_id"], ["place.place_id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_transfer_from_place_id"), "transfer", ["from_place_id"], unique=False)
    op.create_index(op.f("ix_transfer_to_place_id"), "transfer", ["to_place_id"], unique=False)
    op.create_index(
        "transfer_in_transit", "transfer", ["expected_at"], unique=False, postgresql_where=sa.text("state = 'shipped'")
    )


def _core_return() -> None:
    op.create_table(
        "core_return",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("core_id", sa.Text(), nullable=False),
        sa.Column("place_id", sa.Text(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("condition", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("condition IN ('rebuildable','scrap')", name="core_condition"),
        sa.CheckConstraint("quantity > 0", name="core_return_quantity"),
        sa.ForeignKeyConstraint(["core_id"], ["core.id"]),
        sa.ForeignKeyConstraint(["place_id"], ["place.place_id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_core_return_core_id"), "core_return", ["core_id"], unique=False)


def _count_line() -> None:
    op.create_table(
        "count_line",
        sa.Column("sheet_id", sa.Text(), nullable=False),
        sa.Column("part", sa.Text(), nullable=False),
        sa.Column("counted", sa.Integer(), nullable=True),
        sa.Column("recorded", sa.Integer(), nullable=True),
        sa.Column("counted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("unit_cost_fen", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("(counted IS NULL) = (recorded IS NULL)", name="count_both"),
        sa.CheckConstraint("counted >= 0 AND recorded >= 0", name="count_amounts"),
        sa.ForeignKeyConstraint(["part"], ["part.part"]),
        sa.ForeignKeyConstraint(["sheet_id"], ["count_sheet.id"]),
        sa.PrimaryKeyConstraint("sheet_id", "part"),
    )


def _transfer_line() -> None:
    op.create_table(
        "transfer_line",
        sa.Column("transfer_id", sa.Text(), nullable=False),
        sa.Column("part", sa.Text(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("received", sa.Integer(), nullable=True),
        sa.CheckConstraint("quantity > 0", name="transfer_quantity"),
        sa.CheckConstraint("received >= 0 AND received <= quantity", name="transfer_received"),
        sa.ForeignKeyConstraint(["part"], ["part.part"]),
        sa.ForeignKeyConstraint(["transfer_id"], ["transfer.id"]),
        sa.PrimaryKeyConstraint("transfer_id", "part"),
    )


def _changes() -> None:
    op.add_column("movement", sa.Column("transfer_id", sa.Text(), nullable=True))
    op.add_column("movement", sa.Column("sheet_id", sa.Text(), nullable=True))
    op.create_index(op.f("ix_movement_transfer_id"), "movement", ["transfer_id"], unique=False)
    op.add_column("part", sa.Column("unit", sa.Text(), server_default="piece", nullable=False))
    op.add_column("part", sa.Column("core_deposit_fen", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("part", sa.Column("remanufactured", sa.Boolean(), server_default="false", nullable=False))
    op.add_column("substitute", sa.Column("kind", sa.Text(), server_default="alternative", nullable=False))
    op.create_index(
        "one_successor", "substitute", ["part"], unique=True, postgresql_where=sa.text("kind = 'supersession'")
    )
    op.create_index("substitute_back", "substitute", ["substitute"], unique=False)
    op.drop_constraint("part_amounts", "part")
    op.create_check_constraint("part_amounts", "part", "unit_cost_fen >= 0 AND weight_g >= 0 AND core_deposit_fen >= 0")
    op.create_check_constraint("part_unit", "part", "unit IN ('piece','set','litre','kilogram','metre')")
    op.create_check_constraint(
        "substitute_kind", "substitute", "kind IN ('supersession','interchange','alternative','remanufactured')"
    )


def downgrade() -> None:
    op.drop_constraint("substitute_kind", "substitute")
    op.drop_constraint("part_unit", "part")
    op.drop_constraint("part_amounts", "part")
    op.create_check_constraint("part_amounts", "part", "unit_cost_fen >= 0 AND weight_g >= 0")
    op.drop_index("substitute_back", table_name="substitute")
    op.drop_index("one_successor", table_name="substitute", postgresql_where=sa.text("kind = 'supersession'"))
    op.drop_column("substitute", "kind")
    op.drop_column("part", "remanufactured")
    op.drop_column("part", "core_deposit_fen")
    op.drop_column("part", "unit")
    op.drop_index(op.f("ix_movement_transfer_id"), table_name="movement")
    op.drop_column("movement", "sheet_id")
    op.drop_column("movement", "transfer_id")
    op.drop_table("transfer_line")
    op.drop_table("count_line")
    op.drop_index(op.f("ix_core_return_core_id"), table_name="core_return")
    op.drop_table("core_return")
    op.drop_index("transfer_in_transit", table_name="transfer", postgresql_where=sa.text("state = 'shipped'"))
    op.drop_index(op.f("ix_transfer_to_place_id"), table_name="transfer")
    op.drop_index(op.f("ix_transfer_from_place_id"), table_name="transfer")
    op.drop_table("transfer")
    op.drop_index(op.f("ix_fit_model"), table_name="fit")
    op.drop_table("fit")
    op.drop_index("one_open_sheet", table_name="count_sheet", postgresql_where=sa.text("state = 'open'"))
    op.drop_index(op.f("ix_count_sheet_place_id"), table_name="count_sheet")
    op.drop_table("count_sheet")
    op.drop_index(op.f("ix_core_van_place_id"), table_name="core")
    op.drop_index(op.f("ix_core_order_id"), table_name="core")
    op.drop_index("core_open", table_name="core", postgresql_where=sa.text("returned < owed"))
    op.drop_table("core")
