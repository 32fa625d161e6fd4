"""The routes of accounts."""

from services.accounts.api import devices, keys, people, sessions

routers = [sessions.router, people.router, devices.router, keys.router]
