"""The routes of accounts."""

from services.accounts.api import keys, people, sessions

routers = [sessions.router, people.router, keys.router]
