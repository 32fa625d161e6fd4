"""The five laws of the architecture hold, and a planted breach of each is found."""

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from kit.db import Database
from services.assembly import SERVICES
from tests.laws.source import ROOT, breaches

CODE = ("kit", "services", "mobile_api", "console", "cli", "demo", "data")


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The code in a folder of its own, to plant breaches in."""
    for folder in CODE:
        ignored = shutil.ignore_patterns("node_modules", "dist", "__pycache__", "src")
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=ignored)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def contracts(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, env={"PYTHONPATH": "."})


def plant(path: Path, line: str) -> None:
    path.write_text(f"{path.read_text()}\n{line}\n")


def test_the_code_keeps_the_laws() -> None:
    assert [str(breach) for breach in breaches(ROOT)] == []


@pytest.mark.parametrize(
    ("file", "line", "contract"),
    [
        ("services/parts/store/__init__.py", "import services.parts.api", "Imports point inwards"),
        ("services/orders/app.py", "import services.parts.app", "Services meet only through HTTP and events"),
        ("services/orders/domain/__init__.py", "import httpx", "Domain and solver know no framework"),
        ("kit/geo.py", "import services.messages", "The kit knows no service"),
        ("services/dispatch/solver/__init__.py", "import random", "Domain and solver know no framework"),
        ("services/dispatch/solver/verdict.py", "from . import tables", "The judge knows no engine"),
        ("services/dispatch/solver/tables.py", "from . import judge_driving", "No engine knows the judge"),
    ],
)
def test_a_planted_import_is_refused(copy: Path, file: str, line: str, contract: str) -> None:
    path = copy / file if (copy / file).exists() else (copy / file).parent.with_suffix(".py")
    plant(path, line)
    result = contracts(copy)
    assert result.returncode != 0
    broken = [line for line in result.stdout.splitlines() if "BROKEN" in line]
    assert any(line.startswith(contract) for line in broken), result.stdout


def test_contracts_name_every_module_of_the_judge() -> None:
    listed = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    by_id = {contract["id"]: contract for contract in listed}
    solver = ROOT / "services" / "dispatch" / "solver"
    files = (
        path.relative_to(ROOT).with_suffix("") for path in (*solver.glob("judge*.py"), *solver.glob("*/judge*.py"))
    )
    judge = {".".join(file.parts) for file in files}
    assert set(by_id["judge-knows-no-engine"]["source_modules"]) == judge
    assert set(by_id["engines-know-no-judge"]["forbidden_modules"]) == judge


@pytest.mark.parametrize(
    ("file", "planted", "law"),
    [
        ("services/orders/helpers.py", "", "a file whose role is not declared"),
        (
            "services/parts/domain.py",
            "from datetime import datetime\n\n\ndef hidden():\n    return datetime.now()",
            "pure code has no clock",
        ),
        ("services/dispatch/solver/planted.py", "def hidden():\n    return open('x')", "pure code does not open"),
    ],
)
def test_a_planted_breach_is_found(copy: Path, file: str, planted: str, law: str) -> None:
    path = copy / file
    path.parent.mkdir(exist_ok=True)
    path.touch()
    plant(path, planted)
    assert law in {breach.law for breach in breaches(copy)}


@pytest.mark.parametrize("service", SERVICES)
async def test_no_sql_reaches_into_another_schema(database_url: str, service: str) -> None:
    """The database itself refuses it: every service works under a role of its own."""
    other = "parts" if service != "parts" else "orders"
    database = Database(database_url, service)
    try:
        with pytest.raises(ProgrammingError, match="permission denied"):
            async with database.transaction() as tx:
                await tx.execute(text(f"SELECT * FROM {other}.journal"))  # noqa: S608 - our own names
    finally:
        await database.close()


def test_migrations_make_exactly_the_tables_of_the_code(database_url: str) -> None:
    from sqlalchemy import create_engine
    from sqlalchemy.engine import make_url

    from kit.migrations import differences

    engine = create_engine(make_url(database_url).set(drivername="postgresql+psycopg"))
    with engine.connect() as connection:
        found = {service: differences(connection, service) for service in SERVICES}
    engine.dispose()
    assert found == {service: [] for service in SERVICES}


def test_every_service_has_its_own_role(database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        owners = connection.execute(
            "SELECT nspname, pg_get_userbyid(nspowner) FROM pg_namespace WHERE nspname = ANY(%s)", [list(SERVICES)]
        ).fetchall()
    assert dict(owners) == {service: f"roadcall_{service}" for service in SERVICES}
