"""A process starts fast and stays small because it imports only what it uses: heavy libraries wait for their first use.

The names are counted in fresh interpreters, the way the processes are started.
"""

import gc
import subprocess
import sys
from importlib import import_module

import pytest
from fastapi import FastAPI

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


def build() -> None:
    """Every service's application, at once forgotten."""
    assembly = Assembly(settings=Settings(database_url="postgresql://nobody@/none", secret="none"), names=SERVICES)
    for name, context in assembly.contexts.items():
        import_module(f"{package_of(name)}.app").build(context)
