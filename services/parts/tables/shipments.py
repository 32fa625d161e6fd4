"""Parcels of orders, moved by their carrier's messages."""

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Integer, Table, func
from sqlalchemy import Text as SqlText

from services.parts.tables.foundation import Moment, metadata

shipment = Table(
    "shipment",
    metadata,
    Column("id", SqlText, primary_key=True),
    Column("order_id", SqlText, nullable=False, index=True),
    Column("territory_id", SqlText, nullable=False, index=True),
    Column("part", SqlText, ForeignKey("part.part"), nullable=False),
    Column("quantity", Integer, nullable=False),
    Column("from_place_id", SqlText, ForeignKey("place.place_id"), nullable=False),
    Column("to_place_id", SqlText, ForeignKey("place.place_id")),
    Column("engineer_id", SqlText),
    Column("state", SqlText, nullable=False),
    Column("fee_fen", BigInteger, nullable=False),
    Column("eta", Moment),
    Column("carrier", SqlText),  # who brings it, and under which number: known when it is picked
    Column("waybill", SqlText),
    Column("created_at", Moment, nullable=False),
    CheckConstraint("state IN ('ordered','picked','shipped','received','cancelled')", name="shipment_state"),
    CheckConstraint("quantity > 0", name="shipment_quantity"),
)

shipment_event = Table(
    "shipment_event",
    metadata,
    Column("shipment_id", SqlText, ForeignKey("shipment.id"), primary_key=True),
    Column("event_id", SqlText, primary_key=True),
    Column("kind", SqlText, nullable=False),
    Column("at", Moment, nullable=False),
    Column("eta", Moment),
    Column("actor", SqlText, nullable=False),
    Column("recorded_at", Moment, nullable=False, server_default=func.now()),
)
