"""The tables of stations: the network, its people with their calendars, vehicles and tools, siting studies."""

from services.stations.tables.bank import partner, replacement_cost, vehicle, vehicle_claim
from services.stations.tables.bank_terms import handover, plate_limit, rental, vehicle_block, vehicle_price
from services.stations.tables.burdens import visit
from services.stations.tables.engineers import absence, consent, engineer, position_read, shift, track
from services.stations.tables.foundation import metadata
from services.stations.tables.network import branch, published_plan, station, territory, territory_border
from services.stations.tables.resources import calibration, resource, resource_booking
from services.stations.tables.strength import reinforcement, secondment, standard, standard_work
from services.stations.tables.studies import siting_study

__all__ = [
    "absence",
    "branch",
    "calibration",
    "consent",
    "engineer",
    "handover",
    "metadata",
    "partner",
    "plate_limit",
    "position_read",
    "published_plan",
    "reinforcement",
    "rental",
    "replacement_cost",
    "resource",
    "resource_booking",
    "secondment",
    "shift",
    "siting_study",
    "standard",
    "standard_work",
    "station",
    "territory",
    "territory_border",
    "track",
    "vehicle",
    "vehicle_block",
    "vehicle_claim",
    "vehicle_price",
    "visit",
]
