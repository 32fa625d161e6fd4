"""The bank of replacement vehicles."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    Double,
    ForeignKey,
    Integer,
    Table,
    func,
    text,
)
from sqlalchemy import Text as SqlText
from sqlalchemy.dialects.postgresql import ARRAY, TSTZRANGE, ExcludeConstraint

from services.stations.tables.foundation import Moment, metadata

partner = Table(
    "partner",
    metadata,
    Column("partner_id", SqlText, primary_key=True),
    Column("branch_id", SqlText, ForeignKey("branch.branch_id"), nullable=False, index=True),
    Column("name", SqlText, nullable=False),
    Column("phone", SqlText),
    Column("contract_from", Date),  # both days belong to the contract, in the zone of the branch
    Column("contract_until", Date),
    Column("imported_from", Date),  # what the last import said: only other days overrule a contract changed here
    Column("imported_until", Date),
    CheckConstraint("contract_until >= contract_from", name="partner_contract"),
)

vehicle = Table(
    "vehicle",
    metadata,
    Column("vehicle_id", SqlText, primary_key=True),
    Column("partner_id", SqlText, ForeignKey("partner.partner_id"), nullable=False, index=True),
    Column("branch_id", SqlText, ForeignKey("branch.branch_id"), nullable=False, index=True),
    Column("plate", SqlText, nullable=False),
    Column("vehicle_class", SqlText, nullable=False),
    Column("couplings", ARRAY(SqlText), nullable=False),
    Column("max_mass_kg", Integer, nullable=False),
    Column("hazard_allowed", Boolean, nullable=False),
    Column("lon", Double, nullable=False),
    Column("lat", Double, nullable=False),
    Column("base_fen", BigInteger, nullable=False),
    Column("fen_per_km", BigInteger, nullable=False),
    Column("licence_until", Date),  # the last good day of its operating licence (道路运输证); none: not on record
    Column("available_from", Moment),
    Column("available_until", Moment),
    CheckConstraint("vehicle_class IN ('tractor','rigid','tipper','mixer')", name="vehicle_class"),
    CheckConstraint("base_fen >= 0 AND fen_per_km >= 0 AND max_mass_kg > 0", name="vehicle_amounts"),
    CheckConstraint("available_until > available_from", name="vehicle_available"),
)

# A claim is a hold while it has an expiry, and a booking once it has none. `underway`: its driver has taken a step.
# Claims of two territories never overlap; within a territory only bookings must not, for its epochs are alternatives.
vehicle_claim = Table(
    "vehicle_claim",
    metadata,
    Column("territory_id", SqlText, primary_key=True),
    Column("epoch", BigInteger, primary_key=True),
    Column("line", SqlText, primary_key=True),
    Column("order_id", SqlText, index=True),  # none: out of use, for repair say
    Column("vehicle_id", SqlText, ForeignKey("vehicle.vehicle_id"), nullable=False, index=True),
    Column("window", TSTZRANGE, nullable=False),
    Column("underway", Boolean, nullable=False),
    Column("expires_at", Moment, index=True),
    CheckConstraint(
        'NOT isempty("window") AND NOT lower_inf("window") AND NOT upper_inf("window")', name="claim_window"
    ),
    CheckConstraint("NOT underway OR expires_at IS NULL", name="claim_underway"),
    CheckConstraint("(order_id IS NULL) = (territory_id = 'block')", name="claim_of_order"),
    ExcludeConstraint(("vehicle_id", "="), ("territory_id", "<>"), ("window", "&&"), name="claim_of_one_territory"),
    ExcludeConstraint(("vehicle_id", "="), ("window", "&&"), where=text("expires_at IS NULL"), name="booking_once"),
)

# What the maker bears for each delivered cargo; the prices are those of the contract at that moment.
replacement_cost = Table(
    "replacement_cost",
    metadata,
    Column("case_id", SqlText, primary_key=True),
    Column("order_id", SqlText, nullable=False, index=True),
    Column("vehicle_id", SqlText, ForeignKey("vehicle.vehicle_id"), nullable=False, index=True),
    Column("partner_id", SqlText, ForeignKey("partner.partner_id"), nullable=False, index=True),
    Column("kilometres", Integer),  # none: the driver told no distance, only the base price is booked
    Column("base_fen", BigInteger, nullable=False),
    Column("fen_per_km", BigInteger, nullable=False),
    Column("cost_fen", BigInteger, nullable=False),
    Column("delivered_at", Moment, nullable=False),
    Column("booked_at", Moment, nullable=False, server_default=func.now()),
)
