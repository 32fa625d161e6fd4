"""The routes of stations."""

from services.stations.api import bank, burdens, network, people, planning, resources, strength, studies

routers = [
    network.router,
    people.router,
    bank.router,
    burdens.router,
    planning.router,
    resources.router,
    strength.router,
    studies.router,
]
