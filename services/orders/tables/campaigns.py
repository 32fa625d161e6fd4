"""Campaigns of the maker, the machines they are open on, and the gates that orders stand before."""

from sqlalchemy import Boolean, CheckConstraint, Column, Date, ForeignKey, Index, Integer, Table, text
from sqlalchemy import Text as SqlText
from sqlalchemy.dialects.postgresql import JSONB

from services.orders.domain.dispatch_gates import DISPATCH_GATES
from services.orders.tables.foundation import Moment, metadata, one_of

campaigns = Table(
    "campaigns",
    metadata,
    Column("campaign_id", SqlText, primary_key=True),
    Column("name_zh", SqlText, nullable=False),
    Column("name_en", SqlText, nullable=False),
    Column("safety", Boolean, nullable=False),
    Column("minutes", Integer, nullable=False),
    Column("parts", JSONB, nullable=False),
    Column("skill", SqlText),
    Column("level", Integer),
    CheckConstraint("(skill IS NULL) = (level IS NULL)", name="campaign_skill_has_a_level"),
)

campaign_machines = Table(
    "campaign_machines",
    metadata,
    Column("campaign_id", SqlText, ForeignKey("campaigns.campaign_id"), primary_key=True),
    Column("asset_id", SqlText, ForeignKey("assets.asset_id"), primary_key=True),
    Column("done_on", Date),
    Column("done_order_id", SqlText, ForeignKey("orders.order_id")),
)
Index("open_campaigns_of_asset", campaign_machines.c.asset_id, postgresql_where=text("done_on IS NULL"))

dispatch_gates = Table(
    "dispatch_gates",
    metadata,
    Column("order_id", SqlText, ForeignKey("orders.order_id"), primary_key=True),
    Column("gate", SqlText, primary_key=True),
    Column("subject", SqlText, primary_key=True),  # the part or the campaign
    Column("because", SqlText),
    Column("decision", SqlText),  # null: it holds the order
    Column("reason", SqlText),
    Column("decided_by", SqlText),
    Column("decided_at", Moment),
    CheckConstraint(one_of("gate", DISPATCH_GATES), name="dispatch_gate_known"),
)
