"""A process starts fast and stays small because it imports only what it uses: heavy libraries wait for their first use.

The names are counted in fresh interpreters, the way the processes are started.
"""

import gc
import inspect
import subprocess
import sys
from importlib import import_module
from itertools import chain
from typing import Annotated

import pytest
from fastapi import APIRouter, Depends, FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from kit.packages import package_of
from kit.settings import Settings
from services.assembly import SERVICES, Assembly

APPS = [f"services.{name}.app" for name in ("accounts", "orders", "parts", "stations", "dispatch")]
SERVER = ["services.__main__", "uvicorn", *APPS, "mobile_api.app", "console.app"]
WORKER = ["services.__main__", "services.dispatch.jobs", "services.orders.jobs"]
SUPERVISOR = ["cli.main", "cli.run", "cli.supervisor", "cli.first_demo"]
CHILD = ["services.dispatch.child"]

DRAWS_OR_SOLVES = {"shapely", "routingkit_cch", "ortools", "numba", "geopandas", "pandas"}
MIGRATES = {"alembic", "mako"}
SERVES = {"fastapi", "sqlalchemy", "pydantic_settings", "httpx", "redis"}


def loaded_by(modules: list[str]) -> set[str]:
    """The packages that are there after importing `modules`; a None is a library that must be taken for missing."""
    code = f"import sys, {', '.join(modules)}; print(*(name for name, module in sys.modules.items() if module))"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return {name.partition(".")[0] for name in said.stdout.split()}


@pytest.mark.parametrize(
    ("modules", "heavy"),
    [
        (SERVER, DRAWS_OR_SOLVES | MIGRATES | {"rich", "pygments"}),
        (WORKER, DRAWS_OR_SOLVES | MIGRATES | {"rich", "pygments", "PIL"}),
        (SUPERVISOR, DRAWS_OR_SOLVES | MIGRATES | {"fastapi", "sqlalchemy", "numpy"}),
        (CHILD, SERVES | MIGRATES | {"geopandas", "pandas"}),
    ],
    ids=["server", "worker", "supervisor", "solver"],
)
def test_a_process_imports_only_what_it_uses(modules: list[str], heavy: set[str]) -> None:
    assert loaded_by(modules) & heavy == set()


def test_a_heavy_import_is_seen() -> None:
    assert loaded_by([*SUPERVISOR, "alembic"]) & MIGRATES == {"alembic", "mako"}


def test_an_application_that_is_gone_leaves_nothing_behind() -> None:
    """Routes that close over a service's context are remembered by the framework, and with them all that it holds."""
    build()
    gc.collect()
    before = sum(isinstance(one, FastAPI) for one in gc.get_objects())
    build()
    gc.collect()
    assert sum(isinstance(one, FastAPI) for one in gc.get_objects()) == before


def waits_in_a_thread(router: APIRouter) -> list[str]:
    """What the framework would call in another thread, because it is no coroutine: answers and dependencies."""
    every = list(chain.from_iterable(_flat(route.dependant) for route in router.routes if isinstance(route, APIRoute)))
    calls = [one.call if inspect.isroutine(one.call) else type(one.call).__call__ for one in every]
    return [call.__qualname__ for call in calls if not inspect.iscoroutinefunction(call)]


def _flat(dependant: Dependant) -> list[Dependant]:
    return [dependant, *chain.from_iterable(map(_flat, dependant.dependencies))]


@pytest.mark.parametrize("name", SERVICES)
def test_no_request_changes_the_thread(name: str) -> None:
    routers = import_module(f"{package_of(name)}.api").routers
    assert [called for router in routers for called in waits_in_a_thread(router)] == []


def test_a_change_of_thread_is_seen() -> None:
    def settings() -> str:
        return ""

    router = APIRouter()

    @router.get("/")
    async def read(_: Annotated[str, Depends(settings)]) -> None: ...

    assert len(waits_in_a_thread(router)) == 1


def build() -> None:
    """Every service's application, at once forgotten."""
    assembly = Assembly(settings=Settings(database_url="postgresql://nobody@/none", secret="none"), names=SERVICES)
    for name, context in assembly.contexts.items():
        import_module(f"{package_of(name)}.app").build(context)
