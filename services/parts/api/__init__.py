"""The routes of parts."""

from services.parts.api import catalogue, facts, orders, planning

routers = [catalogue.router, planning.router, facts.router, orders.router]
