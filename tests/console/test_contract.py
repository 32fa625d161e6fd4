"""The pages read only what the services serve, as they serve it: the compiler compares both, by the OpenAPI."""

import json
import shutil
import subprocess
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from kit.packages import package_of
from kit.settings import Settings
from services.assembly import SERVICES, Assembly

CONSOLE = Path(__file__).parents[2] / "console"
Documents = dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def served() -> Documents:
    """The OpenAPI document of every service, as it answers with it."""
    assembly = Assembly(settings=Settings(database_url="postgresql://nobody@/none", secret="none"), names=SERVICES)
    contexts = assembly.contexts
    return {name: import_module(f"{package_of(name)}.app").build(contexts[name]).openapi() for name in SERVICES}


def complaints(documents: Documents) -> str:
    """What the compiler says about contract.ts beside the types of these documents; empty when all is well."""
    folder = CONSOLE / "contract" / "served"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for name, document in documents.items():
        (folder / f"{name}.json").write_text(json.dumps(document))
    run = {"cwd": CONSOLE, "capture_output": True, "text": True}
    subprocess.run(["node", "contract/types.mjs", str(folder)], check=True, **run)  # type: ignore[call-overload]
    judged = subprocess.run(["node_modules/.bin/tsc", "-p", "contract"], check=False, **run)  # type: ignore[call-overload]
    assert judged.returncode == 0 or judged.stdout
    return str(judged.stdout)


def test_what_the_pages_read_is_what_is_served_and_a_member_that_is_not_is_found(served: Documents) -> None:
    """One test, since both halves write the served types to the folder that contract.ts reads."""
    assert complaints(served) == ""
    mutant = json.loads(json.dumps(served))
    plan = mutant["dispatch"]["components"]["schemas"]["PlanOut"]
    del plan["properties"]["clocks_kept"]
    mutant["stations"]["components"]["schemas"]["StationOut"]["properties"]["level"] = {"type": "string"}
    del mutant["parts"]["paths"]["/parts/v1/parts/{part}"]
    said = complaints(mutant)
    assert "clocks_kept" in said
    assert "'level'" in said
    assert "/parts/v1/parts/{part}" in said
