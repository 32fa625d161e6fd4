"""The routes of stations."""

from services.stations.api import bank, network, people, planning, resources, strength, studies

routers = [
    network.router,
    people.router,
    bank.router,
    planning.router,
    resources.router,
    strength.router,
    studies.router,
]
