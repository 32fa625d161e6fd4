"""What the use cases of mobile_api work with."""

import asyncio
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from kit.context import Context
from kit.together import Together
from mobile_api.photos.vault import Vault

PICTURES_AT_ONCE = 2
"""A picture of the largest size takes 150 MB while it is judged."""


@dataclass(frozen=True, kw_only=True)
class Mobile(Context):
    """A running mobile_api."""

    vault: Vault
    picture_slots: asyncio.Semaphore
    intake: Together[Any, Any]
    """Batches that are being stored."""
    calls: defaultdict[str, Together[Any, Any]]
    """Operations that owners are asked to apply, by path."""
    answers: Together[Any, Any]
    """Final answers that are being written."""


def mobile(context: Context) -> Mobile:
    settings = context.settings
    vault = Vault(url=settings.photos_url, folder=settings.data / "photos")
    return Mobile(
        **vars(context),
        vault=vault,
        picture_slots=asyncio.Semaphore(PICTURES_AT_ONCE),
        intake=Together(),
        calls=defaultdict(Together),
        answers=Together(),
    )
