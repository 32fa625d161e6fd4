"""The routes of mobile_api."""

from mobile_api.api import day, operations, photos, push, uploads

routers = [operations.router, day.router, photos.router, push.router, uploads.router]
