"""Which installations are woken when something changes."""

from typing import Annotated, Literal

from fastapi import Query
from pydantic import BaseModel, Field

from kit.routes import service_router
from kit.values import Text, Wire
from mobile_api.api.wire import Me, Running
from mobile_api.push.port import Target
from mobile_api.use_cases import waking

router = service_router("mobile", tag="push")
Kind = Literal["web", "jpush"]
Address = Annotated[Text, Field(min_length=1, max_length=1000)]


class PushIn(Wire):
    """`address` is the endpoint of a web push subscription, or the registration id at JPush."""

    kind: Kind
    address: Address
    language: Literal["zh", "en"] = "zh"


class PushOut(BaseModel):
    """By what this server can wake an app, and the key that a browser subscribes with."""

    kinds: list[Kind]
    web_key: str


@router.get("/push")
async def read_push(_: Me, running: Running) -> PushOut:
    """By what this server can wake an app; whoever uses none of them asks `/sync` now and then."""
    return PushOut.model_validate({"kinds": sorted(running.push), "web_key": running.web_push.public_key})


@router.put("/push", status_code=204)
async def subscribe(body: PushIn, me: Me, running: Running) -> None:
    """From now on this installation is woken when an appointment is sent to it or taken from it.

    Each start of the app may say it again. A withdrawn phone is woken no more. 404 `not-configured`, 422
    `unknown-push-service`.
    """
    target = Target(body.address, body.language)
    await waking.subscribe(running, me.principal, me.id, kind=body.kind, target=target)


@router.delete("/push", status_code=204)
async def unsubscribe(me: Me, running: Running, kind: Kind, address: Annotated[Address, Query()]) -> None:
    """This installation is woken no more."""
    await waking.unsubscribe(running, me.id, kind=kind, address=address)
