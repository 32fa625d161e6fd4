"""The routes of dispatch."""

from . import appointments, decisions, improvements, plans, runs

routers = [plans.router, improvements.router, decisions.router, appointments.router, runs.router]
