"""The routes of stations."""

from services.stations.api import bank, network, people, planning

routers = [network.router, people.router, bank.router, planning.router]
