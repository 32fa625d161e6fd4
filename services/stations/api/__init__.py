"""The routes of stations."""

from services.stations.api import bank, network, people, planning, resources, studies

routers = [network.router, people.router, bank.router, planning.router, resources.router, studies.router]
