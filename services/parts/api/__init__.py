"""The routes of parts."""

from services.parts.api import catalogue, facts, handling, orders, planning

routers = [catalogue.router, planning.router, facts.router, handling.router, orders.router]
