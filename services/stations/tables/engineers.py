"""Engineers, their calendars, their consent to be located and where they were."""

from sqlalchemy import BigInteger, Boolean, CheckConstraint, Column, Double, ForeignKey, Index, Table, text
from sqlalchemy import Text as SqlText
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, ExcludeConstraint

from services.stations.tables.foundation import Moment, metadata

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
    Column("at", Moment, nullable=False),
)

shift = Table(
    "shift",
    metadata,
    Column("engineer_id", SqlText, ForeignKey("engineer.engineer_id"), primary_key=True),
    Column("start", Moment, primary_key=True),
    Column("end", Moment, nullable=False),
    Column("overtime_until", Moment, nullable=False),
    CheckConstraint('"end" > start AND overtime_until >= "end"', name="shift_order"),
    ExcludeConstraint(("engineer_id", "="), (text('tstzrange(start, "end")'), "&&"), name="shift_once"),
)

absence = Table(
    "absence",
    metadata,
    Column("engineer_id", SqlText, ForeignKey("engineer.engineer_id"), primary_key=True),
    Column("start", Moment, primary_key=True),
    Column("end", Moment, nullable=False),
    Column("reason", SqlText, nullable=False),
    CheckConstraint('"end" > start', name="absence_order"),
)

# Where engineers were, on shift and with their consent only; removed after 30 days.
track = Table(
    "track",
    metadata,
    Column("engineer_id", SqlText, ForeignKey("engineer.engineer_id"), primary_key=True),
    Column("at", Moment, primary_key=True),
    Column("lon", Double, nullable=False),
    Column("lat", Double, nullable=False),
    Column("accuracy_m", Double),
    Column("received_at", Moment, nullable=False),
    Column("doubt", SqlText),  # why nobody can have been there then; such a point is no last known place
)
Index("track_day", track.c.at, postgresql_using="brin")

# Who looked where engineers are or were: a territory's last places once an hour, a track each time, with the reason.
position_read = Table(
    "position_read",
    metadata,
    Column("actor", SqlText, primary_key=True),
    Column("what", SqlText, primary_key=True),
    Column("subject", SqlText, primary_key=True),  # the territory, or the engineer
    Column("at", Moment, primary_key=True),
    Column("reason", SqlText, nullable=False),
    CheckConstraint("what IN ('last_known','track')", name="position_read_what"),
    CheckConstraint("what = 'last_known' OR reason <> ''", name="position_read_reason"),
)
Index("position_read_subject", position_read.c.subject, position_read.c.at)
