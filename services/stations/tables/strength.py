"""How strong stations should be, who is lent to which territory, and which territories are reinforced for a time."""

from sqlalchemy import CheckConstraint, Column, Date, ForeignKey, Integer, Table, text
from sqlalchemy import Text as SqlText
from sqlalchemy.dialects.postgresql import ARRAY, BIGINT, ExcludeConstraint

from services.stations.tables.foundation import Moment, metadata

# What a station of a level and grade has at least of each resource.
standard = Table(
    "standard",
    metadata,
    Column("level", Integer, primary_key=True),
    Column("grade", SqlText, primary_key=True),
    Column("resource", SqlText, primary_key=True),
    Column("least", BIGINT, nullable=False),
    CheckConstraint("level BETWEEN 1 AND 3 AND grade IN ('AAA','AA','A')", name="standard_of"),
    CheckConstraint("least >= 0", name="standard_least"),
)

# The kinds of work that a station of a level and grade may be given at most; no row: every kind.
standard_work = Table(
    "standard_work",
    metadata,
    Column("level", Integer, primary_key=True),
    Column("grade", SqlText, primary_key=True),
    Column("permits", ARRAY(SqlText), nullable=False),
    CheckConstraint("level BETWEEN 1 AND 3 AND grade IN ('AAA','AA','A')", name="work_of"),
    CheckConstraint("cardinality(permits) > 0", name="work_of_some_kind"),
)

# A priority region (重点地区): so many engineers more than usual, both days included.
reinforcement = Table(
    "reinforcement",
    metadata,
    Column("id", SqlText, primary_key=True),
    Column("territory_id", SqlText, ForeignKey("territory.territory_id"), nullable=False, index=True),
    Column("title", SqlText, nullable=False),
    Column("first_day", Date, nullable=False),
    Column("last_day", Date, nullable=False),
    Column("engineers", Integer, nullable=False),
    Column("actor", SqlText, nullable=False),
    CheckConstraint("last_day >= first_day", name="reinforcement_takes_time"),
    CheckConstraint("engineers > 0", name="reinforcement_engineers"),
)

# Lent to one territory at a time; who is back early has `end` moved forward.
secondment = Table(
    "secondment",
    metadata,
    Column("id", SqlText, primary_key=True),
    Column("engineer_id", SqlText, ForeignKey("engineer.engineer_id"), nullable=False),
    Column("territory_id", SqlText, ForeignKey("territory.territory_id"), nullable=False, index=True),
    Column("start", Moment, nullable=False),
    Column("end", Moment, nullable=False),
    Column("reason", SqlText, nullable=False),
    Column("reinforcement_id", SqlText, ForeignKey("reinforcement.id"), index=True),
    Column("actor", SqlText, nullable=False),
    CheckConstraint('"end" >= "start"', name="secondment_takes_time"),
    ExcludeConstraint(("engineer_id", "="), (text('tstzrange("start", "end")'), "&&"), name="seconded_once"),
)
