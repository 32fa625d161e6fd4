"""One way to build a service's HTTP application: tokens, strict JSON, problems, journal, health.

Nothing that a caller sends may end in a 500: bodies are read strictly before FastAPI sees them, and every refusal is a
problem document that names what, where and what to do.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial

from fastapi import APIRouter, FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send

from kit import journal
from kit.answers import answer_with_problems, as_problem, problem_answer
from kit.auth import Authenticator
from kit.client import NeighbourDown, NeighbourProblem
from kit.context import Context
from kit.dependencies import Caller, allow, context, if_match, principal
from kit.feed import Consumer, Subscription
from kit.idempotency import forget_answers
from kit.journal_routes import journal_router
from kit.limits import RateLimit
from kit.loops import Loop, every, running
from kit.openapi import describe_problems
from kit.problems import Problem
from kit.routes import prefix_of
from kit.strict_json import StrictJsonBodies

FORGETS_EVERY_S = 6 * 3600.0


def service_app(
    *,
    routers: Sequence[APIRouter],
    context: Context,
    subscriptions: Sequence[Subscription] = (),
    loops: Sequence[Loop] = (),
    links: Sequence[str] = (),
    max_body_bytes: int = 20_000_000,
) -> FastAPI:
    """The application of a service with the routes of its `routers`, which are made by `service_router`.

    While it runs it seals its journal, follows its `subscriptions` and runs its own `loops`. `links`: what stands
    before the token in the paths of its signed links.
    """

    @asynccontextmanager
    async def run(_: FastAPI) -> AsyncIterator[None]:
        async with running([*_standard_loops(context, subscriptions), *loops]):
            yield

    prefix = prefix_of(context.name)
    app = FastAPI(
        title=f"Roadcall {context.name}",
        version="1",
        lifespan=run,
        openapi_url=f"{prefix}/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.context = context
    for router in [*routers, journal_router(context.name)]:
        assert router.prefix == prefix, f"its routers are made by service_router, {router.tags} is not"  # noqa: S101
        app.router.routes.extend(router.routes)
    app.add_middleware(StrictJsonBodies, max_bytes=max_body_bytes)
    app.add_middleware(RateLimit, per_s=context.settings.requests_per_s, service=context.name, links=links)
    app.add_middleware(Authentication, authenticator=context.authenticator)
    answer_with_problems(app)
    describe_problems(app)
    return app


def _standard_loops(context: Context, subscriptions: Sequence[Subscription]) -> list[Loop]:
    consumers = [
        Consumer(
            db=context.db,
            journal=context.journals.of(
                subscription.publisher,
                client=getattr(context.clients, subscription.publisher),
                wakeups=context.wakeups,
            ),
            wakeups=context.wakeups,
            subscription=subscription,
        )
        for subscription in subscriptions
    ]
    forgetting = partial(every, FORGETS_EVERY_S, partial(forget_answers, context.db))
    return [journal.Sealer(context.db, context.wakeups).run, forgetting, *(consumer.run for consumer in consumers)]


class Authentication:
    """Puts the principal on the request. Routes that need none (sign-in, signed links) just do not ask for it."""

    def __init__(self, app: ASGIApp, *, authenticator: Authenticator):
        self._app = app
        self._authenticator = authenticator

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
            if given := headers.get(b"authorization"):
                try:
                    behalf = headers.get(b"x-on-behalf-of")
                    principal = await self._authenticator.authenticate(given, behalf)
                except Problem as problem:
                    return await problem_answer(problem)(scope, receive, send)
                except (NeighbourDown, NeighbourProblem) as error:
                    return await problem_answer(as_problem(error))(scope, receive, send)
                scope.setdefault("state", {})["principal"] = principal
        await self._app(scope, receive, send)


__all__ = [
    "Authentication",
    "Caller",
    "allow",
    "answer_with_problems",
    "context",
    "if_match",
    "principal",
    "problem_answer",
    "service_app",
]
