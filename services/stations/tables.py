"""The tables of stations: the network, its engineers with their calendars, and the bank of replacement vehicles."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    func,
    text,
)
from sqlalchemy import Text as SqlText
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TSTZRANGE, ExcludeConstraint

from kit.feed import feed_tables
from kit.idempotency import idempotency_table
from kit.journal import journal_table

metadata = MetaData()
journal_table(metadata)
feed_tables(metadata)
idempotency_table(metadata)

# --- network ------------------------------------------------------------------------------------------------------

branch = Table(
    "branch",
    metadata,
    Column("branch_id", SqlText, primary_key=True),
    Column("name_zh", SqlText, nullable=False),
    Column("name_en", SqlText, nullable=False),
    Column("lon", Double, nullable=False),
    Column("lat", Double, nullable=False),
    Column("zone", SqlText, nullable=False),
)

territory = Table(
    "territory",
    metadata,
    Column("territory_id", SqlText, primary_key=True),
    Column("branch_id", SqlText, ForeignKey("branch.branch_id"), nullable=False, index=True),
    Column("name_zh", SqlText, nullable=False),
    Column("name_en", SqlText, nullable=False),
)

# What stations remembers of dispatch: the newest plan whose vehicle lines it has taken in.
published_plan = Table(
    "published_plan",
    metadata,
    Column("territory_id", SqlText, primary_key=True),
    Column("epoch", BigInteger, nullable=False, server_default="0"),
)

station = Table(
    "station",
    metadata,
    Column("station_id", SqlText, primary_key=True),
    Column("territory_id", SqlText, ForeignKey("territory.territory_id"), nullable=False, index=True),
    Column("name_zh", SqlText, nullable=False),
    Column("name_en", SqlText, nullable=False),
    Column("lon", Double, nullable=False),
    Column("lat", Double, nullable=False),
    Column("level", Integer, nullable=False),
    Column("grade", SqlText, nullable=False),
    Column("brands", ARRAY(SqlText), nullable=False),
    Column("capabilities", ARRAY(SqlText), nullable=False),
    Column("opens", SqlText),
    Column("closes", SqlText),
    Column("phone", SqlText),
    CheckConstraint("level BETWEEN 1 AND 3", name="station_level"),
    CheckConstraint("grade IN ('AAA','AA','A')", name="station_grade"),
)

# --- engineers ----------------------------------------------------------------------------------------------------

# `skills` is {skill: level 1-5}; `skills_valid_until` and `certificates` are {name: last valid day}.
engineer = Table(
    "engineer",
    metadata,
    Column("engineer_id", SqlText, primary_key=True),
    Column("station_id", SqlText, ForeignKey("station.station_id"), nullable=False, index=True),
    Column("name", SqlText, nullable=False),
    Column("phone", SqlText),
    Column("home_lon", Double, nullable=False),
    Column("home_lat", Double, nullable=False),
    Column("van_place_id", SqlText),
    Column("skills", JSONB, nullable=False),
    Column("skills_valid_until", JSONB, nullable=False),
    Column("certificates", JSONB, nullable=False),
    Column("brands", ARRAY(SqlText), nullable=False),
    Column("labour_fen_per_hour", BigInteger, nullable=False),
    Column("overtime_fen_per_hour", BigInteger, nullable=False),
    Column("tracking_consent", Boolean, nullable=False, server_default="false"),
)

# Consent to be located, as given and withdrawn; the newest line is the one that counts.
consent = Table(
    "consent",
    metadata,
    Column("id", SqlText, primary_key=True),
    Column("engineer_id", SqlText, ForeignKey("engineer.engineer_id"), nullable=False, index=True),
    Column("given", Boolean, nullable=False),
    Column("actor", SqlText, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
)

shift = Table(
    "shift",
    metadata,
    Column("engineer_id", SqlText, ForeignKey("engineer.engineer_id"), primary_key=True),
    Column("start", DateTime(timezone=True), primary_key=True),
    Column("end", DateTime(timezone=True), nullable=False),
    Column("overtime_until", DateTime(timezone=True), nullable=False),
    CheckConstraint('"end" > start AND overtime_until >= "end"', name="shift_order"),
    ExcludeConstraint(("engineer_id", "="), (text('tstzrange(start, "end")'), "&&"), name="shift_once"),
)

absence = Table(
    "absence",
    metadata,
    Column("engineer_id", SqlText, ForeignKey("engineer.engineer_id"), primary_key=True),
    Column("start", DateTime(timezone=True), primary_key=True),
    Column("end", DateTime(timezone=True), nullable=False),
    Column("reason", SqlText, nullable=False),
    CheckConstraint('"end" > start', name="absence_order"),
)

# Where engineers were, on shift and with their consent only; removed after 30 days.
track = Table(
    "track",
    metadata,
    Column("engineer_id", SqlText, ForeignKey("engineer.engineer_id"), primary_key=True),
    Column("at", DateTime(timezone=True), primary_key=True),
    Column("lon", Double, nullable=False),
    Column("lat", Double, nullable=False),
    Column("accuracy_m", Double),
    Column("received_at", DateTime(timezone=True), nullable=False),
)
Index("track_day", track.c.at, postgresql_using="brin")

# --- bank of replacement vehicles -----------------------------------------------------------------------------------

partner = Table(
    "partner",
    metadata,
    Column("partner_id", SqlText, primary_key=True),
    Column("branch_id", SqlText, ForeignKey("branch.branch_id"), nullable=False, index=True),
    Column("name", SqlText, nullable=False),
    Column("phone", SqlText),
    Column("contract_from", Date),  # both days belong to the contract, in the zone of the branch
    Column("contract_until", Date),
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
    Column("available_from", DateTime(timezone=True)),
    Column("available_until", DateTime(timezone=True)),
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
    Column("order_id", SqlText, nullable=False, index=True),
    Column("vehicle_id", SqlText, ForeignKey("vehicle.vehicle_id"), nullable=False, index=True),
    Column("window", TSTZRANGE, nullable=False),
    Column("underway", Boolean, nullable=False),
    Column("expires_at", DateTime(timezone=True), index=True),
    CheckConstraint(
        'NOT isempty("window") AND NOT lower_inf("window") AND NOT upper_inf("window")', name="claim_window"
    ),
    CheckConstraint("NOT underway OR expires_at IS NULL", name="claim_underway"),
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
    Column("delivered_at", DateTime(timezone=True), nullable=False),
    Column("booked_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
)

# --- siting ---------------------------------------------------------------------------------------------------------

# Where new stations would reach how many machines: asked by a planner, worked out by a job.
siting_study = Table(
    "siting_study",
    metadata,
    Column("id", SqlText, primary_key=True),
    Column("branch_id", SqlText, ForeignKey("branch.branch_id"), index=True),  # none: the whole network
    Column("state", SqlText, nullable=False),
    Column("asked", JSONB, nullable=False),
    Column("result", JSONB),
    Column("problem", SqlText),
    Column("actor", SqlText, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("finished_at", DateTime(timezone=True)),
    CheckConstraint("state IN ('queued','done','failed')", name="study_state"),
    CheckConstraint("(state = 'done') = (result IS NOT NULL)", name="study_result"),
)
