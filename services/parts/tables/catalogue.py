"""What can be stocked, what may be fitted instead of it, and where it can lie."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    Table,
    text,
)
from sqlalchemy import Text as SqlText
from sqlalchemy.dialects.postgresql import JSONB

from services.parts.tables.foundation import metadata

part = Table(
    "part",
    metadata,
    Column("part", SqlText, primary_key=True),
    Column("name_zh", SqlText, nullable=False),
    Column("name_en", SqlText, nullable=False),
    Column("unit_cost_fen", BigInteger, nullable=False),
    Column("weight_g", Integer, nullable=False),
    Column("vmrs_system", SqlText),
    Column("unit", SqlText, nullable=False, server_default="piece"),
    Column("core_deposit_fen", BigInteger, nullable=False, server_default="0"),  # 0: no core is owed for it
    Column("remanufactured", Boolean, nullable=False, server_default="false"),
    Column("insurance_spare", Boolean, nullable=False, server_default="false"),  # kept for the rare case: never dead
    CheckConstraint("unit_cost_fen >= 0 AND weight_g >= 0 AND core_deposit_fen >= 0", name="part_amounts"),
    CheckConstraint("unit IN ('piece','set','litre','kilogram','metre')", name="part_unit"),
)

substitute = Table(
    "substitute",
    metadata,
    Column("part", SqlText, ForeignKey("part.part"), primary_key=True),
    Column("substitute", SqlText, ForeignKey("part.part"), primary_key=True),
    Column("kind", SqlText, nullable=False, server_default="alternative"),
    Column("approved", Boolean, nullable=False),
    Column("imported", Boolean),  # what the last import said of it: only another word changes what was judged since
    Column("judged", Boolean, nullable=False, server_default="false"),  # somebody has said why; the journal knows it
    CheckConstraint("part <> substitute", name="substitute_other"),
    CheckConstraint("kind IN ('supersession','interchange','alternative','remanufactured')", name="substitute_kind"),
)
Index("substitute_back", substitute.c.substitute)
Index("one_successor", substitute.c.part, unique=True, postgresql_where=text("kind = 'supersession'"))

# A part with rules fits the machines that meet one of them; a part without rules fits as far as anybody knows.
fit = Table(
    "fit",
    metadata,
    Column("part", SqlText, ForeignKey("part.part"), primary_key=True),
    Column("model", SqlText, primary_key=True, index=True),
    Column("rule", SqlText, primary_key=True),
    Column("configuration", JSONB, nullable=False),  # {option: [values]}; every option named must have one of them
    Column("serial_from", SqlText),
    Column("serial_until", SqlText),
)

place = Table(
    "place",
    metadata,
    Column("place_id", SqlText, primary_key=True),
    Column("kind", SqlText, nullable=False),
    Column("territory_id", SqlText, index=True),  # none: a central depot, open to every territory
    Column("station_id", SqlText, index=True),
    Column("engineer_id", SqlText, index=True),
    Column("name", SqlText, nullable=False),
    Column("lon", Double, nullable=False),
    Column("lat", Double, nullable=False),
    Column("opens", SqlText),
    Column("closes", SqlText),
    CheckConstraint("kind IN ('depot','station','van')", name="place_kind"),
    CheckConstraint("kind <> 'van' OR engineer_id IS NOT NULL", name="place_van_engineer"),
)

courier_lane = Table(
    "courier_lane",
    metadata,
    Column("place_id", SqlText, ForeignKey("place.place_id"), primary_key=True),
    Column("fee_fen", BigInteger, nullable=False),
    Column("fen_per_km", BigInteger, nullable=False),
    Column("km_per_hour", Integer, nullable=False),
    Column("cutoff", SqlText),
    Column("ready_s", BigInteger, nullable=False),
    CheckConstraint("km_per_hour > 0 AND fee_fen >= 0 AND fen_per_km >= 0 AND ready_s >= 0", name="lane_amounts"),
)
