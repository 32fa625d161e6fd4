"""Experts, trainers and tools: what is booked by the hour, by whoever needs it."""

from sqlalchemy import BigInteger, CheckConstraint, Column, Date, ForeignKey, Integer, Table, text
from sqlalchemy import Text as SqlText
from sqlalchemy.dialects.postgresql import JSONB, TSTZRANGE, ExcludeConstraint

from services.stations.tables.foundation import Moment, metadata

# `seats`: an expert joins two orders at once by video, a tool serves one.
resource = Table(
    "resource",
    metadata,
    Column("resource_id", SqlText, primary_key=True),
    Column("kind", SqlText, nullable=False),
    Column("branch_id", SqlText, ForeignKey("branch.branch_id"), index=True),  # none: head office, open to everybody
    Column("station_id", SqlText, ForeignKey("station.station_id"), index=True),
    Column("name", SqlText, nullable=False),
    Column("skills", JSONB, nullable=False),  # {skill: level 1-5}
    Column("seats", Integer, nullable=False),
    Column("calibrated_until", Date),  # the last good day; none: needs no calibration
    CheckConstraint("kind IN ('expert','trainer','tool')", name="resource_kind"),
    CheckConstraint("seats BETWEEN 1 AND 50", name="resource_seats"),
    CheckConstraint("calibrated_until IS NULL OR kind = 'tool'", name="resource_calibrated"),
)

# Booked by a person, or by the plan of a territory; of the latter it is a hold while it has an expiry. A released one
# is history. Different holders never overlap on a seat; the plans of one territory are alternatives until published.
resource_booking = Table(
    "resource_booking",
    metadata,
    Column("id", SqlText, primary_key=True),
    Column("resource_id", SqlText, ForeignKey("resource.resource_id"), nullable=False, index=True),
    Column("seat", Integer, nullable=False),
    Column("window", TSTZRANGE, nullable=False),
    Column("order_id", SqlText, index=True),
    Column("purpose", SqlText, nullable=False),
    Column("actor", SqlText, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("released_at", Moment),
    Column("territory_id", SqlText, index=True),
    Column("epoch", BigInteger),
    Column("line", SqlText),
    Column("expires_at", Moment, index=True),
    CheckConstraint(
        'NOT isempty("window") AND NOT lower_inf("window") AND NOT upper_inf("window")', name="resource_window"
    ),
    CheckConstraint("num_nonnulls(territory_id, epoch, line) IN (0, 3)", name="resource_of_plan"),
    CheckConstraint("expires_at IS NULL OR territory_id IS NOT NULL", name="resource_hold"),
    ExcludeConstraint(
        ("resource_id", "="),
        ("seat", "="),
        ("window", "&&"),
        where=text("released_at IS NULL AND expires_at IS NULL"),
        name="seat_once",
    ),
    ExcludeConstraint(
        ("resource_id", "="),
        ("seat", "="),
        (text("COALESCE(territory_id, id)"), "<>"),
        ("window", "&&"),
        where=text("released_at IS NULL"),
        name="seat_of_one_holder",
    ),
)

calibration = Table(
    "calibration",
    metadata,
    Column("id", SqlText, primary_key=True),
    Column("resource_id", SqlText, ForeignKey("resource.resource_id"), nullable=False, index=True),
    Column("done_on", Date, nullable=False),
    Column("valid_until", Date, nullable=False),
    Column("certificate", SqlText, nullable=False),
    Column("actor", SqlText, nullable=False),
    Column("recorded_at", Moment, nullable=False),
    CheckConstraint("valid_until >= done_on", name="calibration_order"),
)
