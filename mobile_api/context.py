"""What the use cases of mobile_api work with."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from kit.context import Context
from kit.settings import Settings
from kit.together import Together
from mobile_api.photos.vault import Vault
from mobile_api.push.jpush import JPush
from mobile_api.push.port import PushService
from mobile_api.push.web import WebPush

PUSH_DEADLINE_S = 10.0
PICTURES_AT_ONCE = 1
"""One of the largest takes up to 170 MB with the process around it while it is judged, and a core."""
READS_AT_ONCE = 12
"""Of what phones are shown, from all owners together: an owner has 20 connections, the others are for what phones have
done. An overloaded owner that is asked by every phone at once would answer nobody in time, again and again."""


@dataclass(frozen=True, kw_only=True)
class Mobile(Context):
    """A running mobile_api."""

    vault: Vault
    picture_slots: asyncio.Semaphore
    read_slots: asyncio.Semaphore
    intake: Together[Any, Any]
    """Batches that are being stored."""
    calls: defaultdict[str, Together[Any, Any]]
    """Operations that owners are asked to apply, by path."""
    answers: Together[Any, Any]
    """Final answers that are being written."""
    outside: httpx.AsyncClient
    """Calls push services, and nobody else."""
    web_push: WebPush
    push: Mapping[str, PushService]
    """The ways to wake phones that the operator has set up."""

    async def reach_outside(self) -> None:
        """Connections to push services end when this is cancelled."""
        async with self.outside:
            await asyncio.Event().wait()


def mobile(context: Context) -> Mobile:
    settings = context.settings
    outside = httpx.AsyncClient(timeout=PUSH_DEADLINE_S, follow_redirects=False, trust_env=False)
    web = WebPush(
        secret=settings.shared_secret,
        contact=settings.push_contact,
        services=settings.push_services.split(),
        clock=context.clock,
        http=outside,
    )
    vault = Vault(url=settings.photos_url, folder=settings.data / "photos")
    return Mobile(
        **vars(context),
        vault=vault,
        picture_slots=asyncio.Semaphore(PICTURES_AT_ONCE),
        read_slots=asyncio.Semaphore(READS_AT_ONCE),
        intake=Together(),
        calls=defaultdict(Together),
        answers=Together(),
        outside=outside,
        web_push=web,
        push=_push(settings, web, outside),
    )


def _push(settings: Settings, web: WebPush, http: httpx.AsyncClient) -> dict[str, PushService]:
    found: dict[str, PushService] = {"web": web} if settings.push_contact else {}
    if settings.jpush_key:
        key, secret = settings.jpush_key, settings.jpush_secret
        found["jpush"] = JPush(url=settings.jpush_url, app_key=key, master_secret=secret, http=http)
    return found
