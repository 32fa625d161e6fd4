"""Customers, machines and their history, plans, kilometre posts."""

from sqlalchemy import BigInteger, Boolean, CheckConstraint, Column, Date, ForeignKey, Index, Integer, Table
from sqlalchemy import Float as Real
from sqlalchemy import Text as SqlText
from sqlalchemy.dialects.postgresql import JSONB

from services.orders.tables.foundation import Moment, metadata

customers = Table(
    "customers",
    metadata,
    Column("customer_id", SqlText, primary_key=True),
    Column("name", SqlText, nullable=False),
    Column("tier", SqlText, nullable=False),
    Column("phone", SqlText),
    Column("phone_digits", SqlText, index=True),  # by which the owner of a machine is found
)

assets = Table(
    "assets",
    metadata,
    Column("asset_id", SqlText, primary_key=True),  # the serial number
    Column("vin", SqlText, unique=True),
    Column("plate", SqlText, index=True),  # two machines may wrongly carry one plate: intake then asks for the serial
    Column("customer_id", SqlText, ForeignKey("customers.customer_id"), nullable=False),
    Column("product", SqlText, nullable=False),
    Column("brand", SqlText, nullable=False),
    Column("model", SqlText, nullable=False),
    Column("configuration", JSONB, nullable=False, server_default="{}"),
    Column("software_level", SqlText),
    Column("station_id", SqlText),  # the named station
    # Said last by an import ('': not known); only another name overrules who was named here.
    Column("imported_station_id", SqlText),
    Column("territory_id", SqlText),
    Column("branch_id", SqlText),
    Column("built_on", Date),
    Column("in_service_on", Date),
    Column("warranty_until", Date),
    Column("meter_km", Integer),
    Column("meter_h", Integer),
    Column("meter_at", Moment),
    Column("lon", Real),
    Column("lat", Real),
)
Index("assets_of_station", assets.c.station_id)
Index("assets_of_branch", assets.c.branch_id, assets.c.asset_id)

service_contracts = Table(
    "service_contracts",
    metadata,
    Column("contract_id", SqlText, primary_key=True),
    Column("kind", SqlText, nullable=False),  # what promise templates match by
    Column("customer_id", SqlText, ForeignKey("customers.customer_id"), nullable=False),
    Column("asset_id", SqlText, ForeignKey("assets.asset_id"), index=True),  # null: every machine of the customer
    Column("valid_from", Date, nullable=False),
    Column("valid_until", Date),  # inclusive
    CheckConstraint("valid_until >= valid_from", name="contract_takes_time"),
)
Index("contracts_of_customer", service_contracts.c.customer_id)

asset_history = Table(
    "asset_history",
    metadata,
    Column("order_id", SqlText, ForeignKey("orders.order_id"), primary_key=True),
    Column("asset_id", SqlText, ForeignKey("assets.asset_id"), nullable=False),
    Column("at", Moment, nullable=False),
    Column("work_type", SqlText, nullable=False),
    Column("faults", JSONB, nullable=False),
    Column("vmrs_system", SqlText),
    Column("engineer_id", SqlText, nullable=False),
    Column("meter_km", Integer),
    Column("meter_h", Integer),
    Column("meter_plausible", Boolean, nullable=False),
    Column("checklist", JSONB, nullable=False),
)
Index("history_of_asset", asset_history.c.asset_id, asset_history.c.at)

# Who answers for the machine (一对一): by its first maintenance, or as somebody said; `assets` has the present one.
named_stations = Table(
    "named_stations",
    metadata,
    Column("asset_id", SqlText, ForeignKey("assets.asset_id"), primary_key=True),
    Column("at", Moment, primary_key=True),
    Column("station_id", SqlText, nullable=False),
    Column("why", SqlText, nullable=False),
    Column("reason", SqlText, nullable=False),
    Column("actor", SqlText, nullable=False),
    CheckConstraint("why IN ('first_maintenance','changed','imported')", name="named_why"),
)

operator_certificates = Table(  # who may operate the machine, and until when
    "operator_certificates",
    metadata,
    Column("operator_id", SqlText, primary_key=True),
    Column("certificate", SqlText, primary_key=True),
    Column("asset_id", SqlText, ForeignKey("assets.asset_id"), primary_key=True),
    Column("name", SqlText, nullable=False),
    Column("valid_until", Date),  # inclusive; null: for good
)
Index("certificates_of_asset", operator_certificates.c.asset_id)

machine_faults = Table(  # codes that a machine told by itself
    "machine_faults",
    metadata,
    Column("asset_id", SqlText, ForeignKey("assets.asset_id"), primary_key=True),
    Column("spn", Integer, primary_key=True),
    Column("fmi", Integer, primary_key=True),
    Column("first_at", Moment, nullable=False),
    Column("last_at", Moment, nullable=False),
    Column("times", Integer, nullable=False),
    Column("order_id", SqlText, ForeignKey("orders.order_id")),
)

causes = Table(  # the maker's own; they replace the shipped list of their fault
    "causes",
    metadata,
    Column("fault", SqlText, primary_key=True),
    Column("cause", SqlText, primary_key=True),
    Column("name_zh", SqlText, nullable=False),
    Column("name_en", SqlText, nullable=False),
    Column("prior", Real, nullable=False),
    Column("parts", JSONB, nullable=False),
    CheckConstraint("prior > 0", name="prior_counts_orders"),
)

found_causes = Table(  # what a fault turned out to be; counts once its order is closed
    "found_causes",
    metadata,
    Column("order_id", SqlText, ForeignKey("orders.order_id"), primary_key=True),
    Column("fault", SqlText, primary_key=True),
    Column("cause", SqlText, nullable=False),
    Column("asset_id", SqlText, ForeignKey("assets.asset_id"), nullable=False, index=True),
    Column("model", SqlText, nullable=False),  # of the machine then
    Column("band", SqlText, nullable=False),
    Column("note", SqlText, nullable=False),
    Column("told_by", SqlText, nullable=False),
    Column("told_at", Moment, nullable=False),
)

used_parts = Table(  # projection of what parts booked on the order
    "used_parts",
    metadata,
    Column("publisher_seq", BigInteger, primary_key=True),
    Column("order_id", SqlText, nullable=False, index=True),
    Column("part", SqlText, nullable=False),
    Column("quantity", Integer, nullable=False),
    Column("cost_fen", BigInteger, nullable=False),
)

maintenance_plans = Table(
    "maintenance_plans",
    metadata,
    Column("plan_id", SqlText, primary_key=True),
    Column("asset_id", SqlText, ForeignKey("assets.asset_id"), nullable=False, index=True),
    Column("work_type", SqlText, nullable=False),
    Column("next_due_on", Date, nullable=False),
    Column("every_days", Integer, nullable=False),
    Column("tolerance_days", Integer, nullable=False),
    CheckConstraint("every_days >= 1 AND tolerance_days >= 0", name="plan_recurs"),
)
Index("plans_by_due", maintenance_plans.c.next_due_on)

plan_dues = Table(  # each due point of a plan gives at most one order
    "plan_dues",
    metadata,
    Column("plan_id", SqlText, ForeignKey("maintenance_plans.plan_id"), primary_key=True),
    Column("due_on", Date, primary_key=True),
    Column("order_id", SqlText, ForeignKey("orders.order_id"), nullable=False),
)

route_reference = Table(
    "route_reference",
    metadata,
    Column("motorway", SqlText, primary_key=True),
    Column("line", SqlText, primary_key=True),
    Column("km", Real, primary_key=True),
    Column("name", SqlText, nullable=False),
    Column("lon", Real, nullable=False),
    Column("lat", Real, nullable=False),
    Column("made", Boolean, nullable=False),
)

landmarks = Table(
    "landmarks",  # of the operator: toll gates, service areas, yards; an address may name them
    metadata,
    Column("name", SqlText, primary_key=True),
    Column("aliases", JSONB, nullable=False),
    Column("lon", Real, nullable=False),
    Column("lat", Real, nullable=False),
    Column("radius_m", Integer, nullable=False),
)
