"""The routes of dispatch."""

from . import appointments, decisions, improvements, plans, runs, travel

routers = [plans.router, improvements.router, decisions.router, appointments.router, runs.router, travel.router]
