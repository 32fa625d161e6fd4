"""The routes of stations."""

from kit.kpis import kpi_router
from services.stations.api import (
    bank,
    blocks,
    borders,
    burdens,
    experts,
    network,
    partners,
    people,
    planning,
    resources,
    strength,
    studies,
)
from services.stations.store.kpis import KPIS

routers = [
    network.router,
    people.router,
    bank.router,
    blocks.router,
    borders.router,
    burdens.router,
    experts.router,
    partners.router,
    planning.router,
    resources.router,
    strength.router,
    studies.router,
    kpi_router("stations", KPIS),
]
