"""Templates and the calendars that they count by, made ready once and again only when one of them has changed."""

import time
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from services.orders.catalogue import Catalogue, template_from_document
from services.orders.domain.calendars import Calendar
from services.orders.domain.templates import Template
from services.orders.store import promises as store
from services.orders.use_cases.calendars import calendars_of

LOOK_AGAIN_S = 1.0
"""A template or calendar that another replica published holds here within this time."""


async def all_templates(tx: AsyncConnection, catalogue: Catalogue) -> list[Template]:
    """The shipped templates and the maker's own."""
    own = [template_from_document(row.document) for row in await store.templates(tx)]
    return [*catalogue.templates, *own]


Lists = tuple[list[Template], dict[str, Calendar]]


class PromiseLists:
    """Reads one small row to see that nothing has changed: intake needs these lists each time."""

    def __init__(self, catalogue: Catalogue):
        self._catalogue = catalogue
        self._version: tuple[Any, ...] | None = None
        self._lists: Lists = [], {}
        self._looked_at = -LOOK_AGAIN_S

    def recent(self) -> Lists | None:
        """The lists when somebody has looked within the last second, by this machine's clock."""
        return self._lists if time.monotonic() - self._looked_at < LOOK_AGAIN_S else None

    def forget(self) -> None:
        """Look before the next use: something was published here."""
        self._looked_at = -LOOK_AGAIN_S

    async def get(self, tx: AsyncConnection) -> Lists:
        self._looked_at = time.monotonic()
        version = await store.version(tx)
        if version != self._version:
            templates = await all_templates(tx, self._catalogue)
            self._lists = templates, await calendars_of(tx, [rule for one in templates for rule in one.clocks])
            self._version = version
        return self._lists
