"""What the use cases of mobile_api work with."""

import asyncio
from dataclasses import dataclass

from kit.context import Context
from mobile_api.photos.vault import Vault

PICTURES_AT_ONCE = 2
"""A picture of the largest size takes 150 MB while it is judged."""


@dataclass(frozen=True, kw_only=True)
class Mobile(Context):
    """A running mobile_api."""

    vault: Vault
    picture_slots: asyncio.Semaphore


def mobile(context: Context) -> Mobile:
    settings = context.settings
    vault = Vault(url=settings.photos_url, folder=settings.data / "photos")
    return Mobile(**vars(context), vault=vault, picture_slots=asyncio.Semaphore(PICTURES_AT_ONCE))
