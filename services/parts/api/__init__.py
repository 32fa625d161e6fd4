"""The routes of parts."""

from services.parts.api import availability, catalogue, facts, handling, orders, planning

routers = [catalogue.router, availability.router, planning.router, facts.router, handling.router, orders.router]
