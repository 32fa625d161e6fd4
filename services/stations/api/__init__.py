"""The routes of stations."""

from services.stations.api import bank, network, people, planning, siting

routers = [network.router, people.router, bank.router, planning.router, siting.router]
