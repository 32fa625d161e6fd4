"""Kilometre posts of motorways."""

from sqlalchemy import func, select

from kit.db import Database
from kit.values import Place
from services.orders.stake_numbers import KilometrePost, Line, RouteReference
from services.orders.tables import journal, route_reference

SUBJECT = "route_reference"
"""Imports of posts are told under this subject."""


class References:
    """The imported kilometre posts, read again only when an import changed them."""

    def __init__(self, db: Database):
        self._db = db
        self._version = -1
        self._reference = RouteReference([])

    async def get(self) -> RouteReference:
        latest = select(func.coalesce(func.max(journal.c.row), 0)).where(journal.c.subject == SUBJECT)
        async with self._db.read() as tx:
            version = int((await tx.execute(latest)).scalar_one())
            if version != self._version:
                rows = (await tx.execute(select(route_reference))).all()
                self._reference = RouteReference(
                    KilometrePost(row.motorway, row.name, Line(row.line), row.km, Place(row.lon, row.lat), row.made)
                    for row in rows
                )
                self._version = version
        return self._reference
