"""A scripted server behind the real pages: what the real services cannot be made to do on demand.

Thousands of orders, a plan that changes between look and click, a stream that dies, a degraded plan. It speaks the
services' documented JSON. Stories over the real services are in tests/journeys.
"""

import asyncio
import socket
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Annotated, Any

import uvicorn
from fastapi import APIRouter, FastAPI, Query, Request, Response
from fastapi.responses import StreamingResponse

from console.basemap import map_router
from console.pages import pages_router
from console.settings import ConsoleSettings
from kit.problems import Conflict, NotFound, Stale, Unauthenticated, Unavailable
from kit.web import answer_with_problems, problem_answer
from services.orders.api.calendars import DayIn
from tests.console.desk_stand_in import Desk, desk_router
from tests.console.handling_stand_in import handling_router
from tests.console.machines_stand_in import Garage, machines_router
from tests.console.network_stand_in import network_router
from tests.console.places_stand_in import places_router
from tests.console.report_scenery import report_router
from tests.console.scenery import Scenery

PASSWORD = "correct horse battery"


@dataclass
class StandIn:
    """The server's state; tests change it while a page is open."""

    scenery: Scenery
    desk: Desk = field(default_factory=Desk)
    garage: Garage = field(default_factory=Garage)
    role: str = "dispatcher"
    stale: bool = False
    """The next override is refused because the plan has moved on."""
    deny_live: bool = False
    down: set[str] = field(default_factory=set)
    """Services that are out of reach."""
    overrides: list[dict[str, Any]] = field(default_factory=list)
    given_back: str | None = None
    """Whom the last released order stays with until the next plan."""
    reports: list[dict[str, Any]] = field(default_factory=list)
    """Reports taken by hand."""
    partner_steps: list[dict[str, Any]] = field(default_factory=list)
    partner_offline: bool = False
    tracked_stage: str = "departed"
    """How far the order behind the customer's link has come."""
    ratings: list[dict[str, Any]] = field(default_factory=list)
    improvements: list[dict[str, Any]] = field(default_factory=list)
    """What the optimiser is at, as the services tell it; a cancelled one stays until the test lets it end."""
    requests: list[str] = field(default_factory=list)
    streams: set[asyncio.Queue[str | None]] = field(default_factory=set)
    url: str = ""
    loop: asyncio.AbstractEventLoop | None = None

    def hint(self, data: str) -> None:
        """Send a hint to every open page."""
        self._tell(f"event: hint\ndata: {data}\n\n")

    def cut_streams(self) -> None:
        """End every open stream, as a restarted server would."""
        self._tell(None)

    def _tell(self, text: str | None) -> None:
        assert self.loop is not None
        for stream in list(self.streams):
            self.loop.call_soon_threadsafe(stream.put_nowait, text)


def build(state: StandIn) -> FastAPI:
    app = FastAPI()

    @app.middleware("http")
    async def remember(request: Request, call_next: Any) -> Response:
        state.requests.append(f"{request.method} {request.url.path}")
        if request.url.path.startswith(tuple(f"/{one}/v1/" for one in state.down)):
            return problem_answer(Unavailable("it starts anew"))
        answer: Response = await call_next(request)
        return answer

    own = (_accounts(state), _stations(state), _orders(state), _dispatch(state), _live(state))
    for router in (
        report_router(),
        places_router(state.scenery),
        network_router(state.scenery),
        desk_router(state.desk, lambda: state.role),
        machines_router(state.garage),
        handling_router(state.scenery, state.reports),
        *own,
    ):
        app.include_router(router)
    app.include_router(map_router(ConsoleSettings()))
    app.include_router(pages_router())
    answer_with_problems(app)
    return app


def _page(items: list[Any], request: Request) -> dict[str, Any]:
    start = int(request.query_params.get("cursor", 0))
    end = start + int(request.query_params.get("limit", 200))
    return {"items": items[start:end], "next": str(end) if end < len(items) else None}


def _accounts(state: StandIn) -> APIRouter:
    router = APIRouter(prefix="/accounts/v1")

    @router.post("/sessions")
    async def sign_in(body: dict[str, str]) -> dict[str, str]:
        if body["password"] != PASSWORD:
            raise Unauthenticated("login or password is wrong")
        return {"access_token": "good", "token_id": "t1"}

    @router.post("/first-run")
    async def first_run(body: dict[str, str]) -> dict[str, str]:
        if body["token"] != "first":
            raise NotFound("this token is not valid")
        return {"access_token": "good", "token_id": "t1"}

    @router.get("/me")
    async def me(request: Request) -> dict[str, Any]:
        if request.headers.get("authorization") != "Bearer good":
            raise Unauthenticated("sign in again")
        return {"subject": "p1", "name": "李静", "role": state.role, "branch_id": "SD"}

    return router


def _stations(state: StandIn) -> APIRouter:
    router = APIRouter(prefix="/stations/v1")
    lists = {"branches", "territories", "stations", "engineers", "positions"}

    @router.get("/{what}")
    async def listing(what: str, request: Request) -> dict[str, Any]:
        if what not in lists:
            raise NotFound("no such list")
        return _page(getattr(state.scenery, what), request)

    return router


def _orders(state: StandIn) -> APIRouter:
    router = APIRouter(prefix="/orders/v1")

    @router.get("/orders")
    async def orders(request: Request) -> dict[str, Any]:
        asset = request.query_params.get("asset_id")
        return _page([one for one in state.scenery.orders if asset in (None, one["asset"]["serial"])], request)

    @router.get("/orders/{order_id}")
    async def order(order_id: str) -> dict[str, Any]:
        return state.scenery.order(order_id)

    @router.post("/orders/{order_id}/flagged-facts/{fact_id}/decision")
    async def decide(order_id: str, fact_id: str, body: dict[str, bool]) -> dict[str, Any]:
        state.scenery.decided_flags.add(state.scenery.order(order_id)["number"])
        return state.scenery.order(order_id)

    @router.get("/orders/{order_id}/causes")
    async def causes(order_id: str) -> dict[str, Any]:
        return state.scenery.causes(order_id)

    @router.post("/orders/{order_id}/dispatch-gates/{gate}/{subject}/decision")
    async def release(order_id: str, gate: str, subject: str, request: Request) -> dict[str, Any]:
        state.scenery.released[f"{order_id}/{subject}"] = await request.json()
        return state.scenery.order(order_id)

    @router.put("/orders/{order_id}/links")
    async def change_links(order_id: str, request: Request) -> dict[str, Any]:
        return state.scenery.link(order_id, (await request.json())["links"])

    @router.put("/orders/{order_id}/causes/{fault}")
    async def tell_cause(order_id: str, fault: str, request: Request) -> dict[str, Any]:
        return state.scenery.tell_cause(order_id, fault, await request.json())

    @router.get("/orders/{order_id}/timeline")
    async def timeline(order_id: str, request: Request) -> dict[str, Any]:
        return _page(state.scenery.timeline(order_id), request)

    _add_care(router, state)
    _add_promises(router, state)
    _add_links(router, state)
    return router


def _add_care(router: APIRouter, state: StandIn) -> None:
    """Complaints and call-backs."""

    @router.get("/complaints")
    async def complaints(request: Request) -> dict[str, Any]:
        return _page(state.scenery.care.complaints, request)

    @router.post("/complaints/{complaint_id}/steps")
    async def complaint_step(complaint_id: str, request: Request) -> dict[str, Any]:
        return state.scenery.care.step(complaint_id, await request.json())

    @router.get("/callbacks")
    async def callbacks(request: Request) -> dict[str, Any]:
        return _page(state.scenery.care.callbacks, request)

    @router.post("/callbacks/{order_id}/{level}/calls")
    async def call(order_id: str, level: str, request: Request) -> dict[str, Any]:
        return state.scenery.care.call(order_id, level, await request.json())


def _add_promises(router: APIRouter, state: StandIn) -> None:
    """Templates and calendars."""

    @router.get("/promise-templates")
    async def templates() -> dict[str, Any]:
        return {"items": state.scenery.promises.items}

    @router.get("/calendars")
    async def calendars() -> dict[str, Any]:
        return {"items": state.scenery.promises.calendars}

    @router.get("/calendars/{calendar}/days")
    async def days(calendar: str, begin: Annotated[date, Query(alias="from")], until: date) -> dict[str, Any]:
        return state.scenery.promises.days(calendar, begin, until)

    @router.put("/calendars/{calendar}/days/{day}")
    async def set_day(calendar: str, day: str, request: Request) -> dict[str, Any]:
        assert calendar == "CN-OFFICE"
        state.scenery.promises.said[day] = DayIn.model_validate(await request.json())
        return {"orders_judged": 3}

    @router.post("/promise-templates", status_code=201)
    async def publish_template(request: Request) -> dict[str, Any]:
        return state.scenery.promises.publish(await request.json())

    @router.post("/promise-templates/try")
    async def try_template(request: Request) -> dict[str, Any]:
        return state.scenery.promises.try_out(await request.json())


def _add_links(router: APIRouter, state: StandIn) -> None:
    """What a signed link leads to: a partner's case, a customer's order."""

    @router.get("/replacement/{token}")
    async def case(token: str) -> dict[str, Any]:
        if token != "signed":
            raise NotFound("this link is not valid")
        return state.scenery.guests.partner_case(state.partner_steps)

    @router.get("/tracking/{token}")
    async def tracking(token: str) -> dict[str, Any]:
        if token != "signed":
            raise NotFound("this link leads nowhere any more")
        return state.scenery.guests.tracked(state.tracked_stage, state.ratings)

    @router.post("/tracking/{token}/survey", status_code=204)
    async def survey(token: str, body: dict[str, Any]) -> None:
        state.ratings.append(body)

    @router.post("/replacement/{token}")
    async def step(token: str, body: dict[str, Any]) -> dict[str, Any]:
        if state.partner_offline:
            raise ConnectionError("as a dead spot would")
        if body["operation_id"] in [one["operation_id"] for one in state.partner_steps]:
            raise Conflict("this operation was sent twice under two keys")
        state.partner_steps.append(body)
        return {}


def _dispatch(state: StandIn) -> APIRouter:
    router = APIRouter(prefix="/dispatch/v1")

    @router.get("/territories/{territory_id}/plan")
    async def plan(territory_id: str) -> dict[str, Any]:
        if territory_id != "SD-1":
            raise NotFound("this territory has no plan yet")
        return state.scenery.plan()

    @router.get("/territories/{territory_id}/routes")
    async def routes(territory_id: str) -> dict[str, Any]:
        if territory_id != "SD-1":
            raise NotFound("this territory has no plan yet")
        return state.scenery.route_lines()

    @router.get("/improvements")
    async def improvements() -> dict[str, Any]:
        return {"items": state.improvements}

    @router.delete("/territories/{territory_id}/improvement", status_code=204)
    async def cancel_improvement(territory_id: str) -> None:
        state.improvements = [one | {"cancelled": True} for one in state.improvements]

    @router.get("/appointments")
    async def appointments(order_id: str) -> dict[str, Any]:
        return {"items": state.scenery.appointments(order_id, state.overrides), "next": None}

    @router.get("/orders/{order_id}/recommendations")
    async def recommendations(order_id: str) -> dict[str, Any]:
        return state.scenery.recommendations(order_id)

    @router.post("/territories/{territory_id}/analyse")
    async def analyse(territory_id: str, body: dict[str, Any]) -> dict[str, Any]:
        return state.scenery.analysis(body["moves"][0])

    @router.post("/orders/{order_id}/overrides")
    async def override(order_id: str, body: dict[str, Any], request: Request) -> dict[str, Any]:
        if state.stale:
            state.stale = False
            state.scenery.epoch += 1
            raise Stale("the plan has moved on")
        state.overrides.append({"order_id": order_id, "if_match": request.headers.get("if-match"), **body})
        return {}

    @router.get("/orders/{order_id}/override")
    async def lock(order_id: str) -> dict[str, Any]:
        for one in reversed(state.overrides):
            if one["order_id"] == order_id:
                return {**one, "difference_fen": 12800}
        raise NotFound("nothing is locked on this order")

    @router.post("/orders/{order_id}/release", status_code=204)
    async def release(order_id: str) -> None:
        state.given_back = next(one["engineer_id"] for one in reversed(state.overrides) if one["order_id"] == order_id)
        state.overrides[:] = [one for one in state.overrides if one["order_id"] != order_id]

    return router


def _live(state: StandIn) -> APIRouter:
    router = APIRouter()

    @router.get("/console/v1/live")
    async def live() -> Response:
        if state.deny_live:
            raise ConnectionError("as a restarting server would")
        stream: asyncio.Queue[str | None] = asyncio.Queue()
        state.loop = asyncio.get_running_loop()
        state.streams.add(stream)

        async def events() -> AsyncIterator[str]:
            yield ": hello\n\n"
            while (text := await stream.get()) is not None:
                yield text
            state.streams.discard(stream)

        return StreamingResponse(events(), media_type="text/event-stream")

    @router.get("/parts/v1/orders/{order_id}/parts")
    async def parts(order_id: str) -> dict[str, Any]:
        return state.scenery.parts(order_id)

    @router.get("/parts/v1/parts")
    async def parts_named(part: Annotated[list[str], Query()]) -> dict[str, Any]:
        return {"items": [state.scenery.part(one) for one in part], "next": None}

    return router


@contextmanager
def served(state: StandIn) -> Iterator[StandIn]:
    """Serve on a free port of the loopback until the block ends."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    state.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    config = uvicorn.Config(build(state), log_level="critical", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[listener])), daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield state
    finally:
        server.should_exit = True
        thread.join(timeout=10)
        listener.close()


def main() -> None:
    """Serve 200 orders until Ctrl-C, to look at the pages: python -m tests.console.stand_in"""
    with served(StandIn(Scenery(orders_count=200, now=datetime.now(UTC), seed=7))) as state:
        print(state.url)
        threading.Event().wait()


if __name__ == "__main__":
    main()
