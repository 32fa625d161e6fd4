"""The routes of mobile_api."""

from mobile_api.api import day, operations, photos, uploads

routers = [operations.router, day.router, photos.router, uploads.router]
