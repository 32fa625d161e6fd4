"""The network: branches, territories, stations, and the newest plan that was taken in."""

from sqlalchemy import BigInteger, CheckConstraint, Column, Double, ForeignKey, Integer, Table
from sqlalchemy import Text as SqlText
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from services.stations.tables.foundation import Moment, metadata

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
    Column("posts", JSONB, nullable=False, server_default="{}"),  # who holds each key post; a vacant one is left out
    CheckConstraint("level BETWEEN 1 AND 3", name="station_level"),
    CheckConstraint("grade IN ('AAA','AA','A')", name="station_grade"),
)

# A territory's border as GeoJSON (Polygon or MultiPolygon, WGS-84); a territory without one has its stations only.
territory_border = Table(
    "territory_border",
    metadata,
    Column("territory_id", SqlText, ForeignKey("territory.territory_id"), primary_key=True),
    Column("geometry", JSONB, nullable=False),
    Column("actor", SqlText, nullable=False),
    Column("changed_at", Moment, nullable=False),
)
