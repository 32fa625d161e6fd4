"""What vehicles of the bank cost from which day on, who has one on rent, when one may not go, what hand-overs saw."""

from sqlalchemy import BigInteger, CheckConstraint, Column, Date, Double, ForeignKey, Integer, Table, UniqueConstraint
from sqlalchemy import Text as SqlText
from sqlalchemy.dialects.postgresql import ARRAY

from services.stations.tables.foundation import Moment, metadata

# A price holds from its day, in the zone of the branch, until the next one begins; before the first that of `vehicle`.
vehicle_price = Table(
    "vehicle_price",
    metadata,
    Column("vehicle_id", SqlText, ForeignKey("vehicle.vehicle_id"), primary_key=True),
    Column("valid_from", Date, primary_key=True),
    Column("base_fen", BigInteger, nullable=False),
    Column("fen_per_km", BigInteger, nullable=False),
    Column("day_fen", BigInteger),  # none: it is not let by the day
    Column("actor", SqlText, nullable=False),
    CheckConstraint("base_fen >= 0 AND fen_per_km >= 0 AND day_fen >= 0", name="price_amounts"),
)

# A vehicle that a customer uses while the own one is repaired. While it is out, a claim keeps plans from sending it.
rental = Table(
    "rental",
    metadata,
    Column("id", SqlText, primary_key=True),
    Column("vehicle_id", SqlText, ForeignKey("vehicle.vehicle_id"), nullable=False, index=True),
    Column("order_id", SqlText, nullable=False, index=True),
    Column("start", Moment, nullable=False),
    Column("end", Moment, nullable=False),
    Column("day_fen", BigInteger, nullable=False),  # as agreed when it was booked
    Column("state", SqlText, nullable=False),
    Column("returned_at", Moment),
    Column("cost_fen", BigInteger),
    Column("actor", SqlText, nullable=False),
    CheckConstraint('"end" > "start"', name="rental_takes_time"),
    CheckConstraint("state IN ('booked','returned','cancelled')", name="rental_state"),
    CheckConstraint("(state = 'returned') = (cost_fen IS NOT NULL)", name="rental_cost"),
)

# A vehicle that is out of use for a time: while it is, a claim keeps plans and rentals from having it.
vehicle_block = Table(
    "vehicle_block",
    metadata,
    Column("id", SqlText, primary_key=True),
    Column("vehicle_id", SqlText, ForeignKey("vehicle.vehicle_id"), nullable=False, index=True),
    Column("start", Moment, nullable=False),
    Column("end", Moment, nullable=False),
    Column("reason", SqlText, nullable=False),
    Column("actor", SqlText, nullable=False),
    Column("ended_at", Moment),
    CheckConstraint('"end" > "start"', name="block_takes_time"),
)

# Where plates that end in some digits may not set out on one weekday (限行), at local times.
plate_limit = Table(
    "plate_limit",
    metadata,
    Column("limit_id", SqlText, primary_key=True),
    Column("name", SqlText, nullable=False),
    Column("lon", Double, nullable=False),
    Column("lat", Double, nullable=False),
    Column("radius_km", Double, nullable=False),
    Column("weekday", Integer, nullable=False),
    Column("digits", SqlText, nullable=False),
    Column("opens", SqlText, nullable=False),
    Column("closes", SqlText, nullable=False),
    Column("valid_from", Date),
    Column("valid_until", Date),
    CheckConstraint("weekday BETWEEN 1 AND 7", name="limit_weekday"),
    CheckConstraint("closes > opens AND valid_until >= valid_from", name="limit_order"),
)

# What both sides sign: never changed, one for each time that a vehicle changes hands.
handover = Table(
    "handover",
    metadata,
    Column("id", SqlText, primary_key=True),
    Column("order_id", SqlText, nullable=False),
    Column("vehicle_id", SqlText, ForeignKey("vehicle.vehicle_id"), nullable=False, index=True),
    Column("direction", SqlText, nullable=False),
    Column("at", Moment, nullable=False),
    Column("odometer_km", Integer, nullable=False),
    Column("fuel_percent", Integer, nullable=False),
    Column("cargo_seal", SqlText),
    Column("damages", ARRAY(SqlText), nullable=False),
    Column("given_by", SqlText, nullable=False),
    Column("taken_by", SqlText, nullable=False),
    Column("photos", ARRAY(SqlText), nullable=False),  # SHA-256 of pictures that the photo store keeps
    Column("actor", SqlText, nullable=False),
    UniqueConstraint("order_id", "vehicle_id", "direction", name="handover_once"),
    CheckConstraint("direction IN ('out','back')", name="handover_direction"),
    CheckConstraint("odometer_km >= 0 AND fuel_percent BETWEEN 0 AND 100", name="handover_readings"),
)
