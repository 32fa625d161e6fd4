"""The routes of stations."""

from services.stations.api import (
    bank,
    borders,
    burdens,
    network,
    partners,
    people,
    planning,
    resources,
    strength,
    studies,
)

routers = [
    network.router,
    people.router,
    bank.router,
    borders.router,
    burdens.router,
    partners.router,
    planning.router,
    resources.router,
    strength.router,
    studies.router,
]
