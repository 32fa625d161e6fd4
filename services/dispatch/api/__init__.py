"""The routes of dispatch."""

from . import appointments, decisions, plans, runs

routers = [plans.router, decisions.router, appointments.router, runs.router]
