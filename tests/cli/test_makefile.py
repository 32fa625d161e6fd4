"""The Makefile on machines that lack something, and the locks that it installs from."""

import json
import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
TOOLS = ("sh", "make", "find", "sort", "rm", "mkdir", "touch", "id")
LOCKS = ("requirements.lock", "requirements-dev.lock", "requirements-node.lock")


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A folder with the Makefile alone, an environment that is up to date, and a PATH of a few tools."""
    shutil.copy(ROOT / "Makefile", tmp_path)
    for name in TOOLS:
        found = shutil.which(name)
        assert found is not None
        (tmp_path / "path").mkdir(exist_ok=True)
        (tmp_path / "path" / name).symlink_to(found)
    program(tmp_path / ".venv/bin/python", "")
    program(tmp_path / ".venv/bin/pip", 'echo "$@" >> installed')
    for age, name in enumerate(("requirements.lock", "pyproject.toml", ".venv/.runtime"), start=1):
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (age, age))
    return tmp_path


def program(path: Path, does: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{does}\n")
    path.chmod(0o755)


def make(house: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": str(house / "path"), "LC_ALL": "C"}
    return subprocess.run(
        [house / "path/make", *arguments], cwd=house, env=environment, capture_output=True, text=True, check=False
    )


def test_without_venv_the_package_is_named_and_no_half_environment_stays(house: Path) -> None:
    shutil.rmtree(house / ".venv")
    program(house / "path/python3", "mkdir -p .venv/bin; touch .venv/bin/python; exit 1")
    made = make(house, ".venv/bin/python")
    assert made.returncode != 0
    assert "install python3-venv" in made.stdout
    assert not (house / ".venv").exists()


def test_the_environment_is_renewed_when_the_lock_changed(house: Path) -> None:
    install = "pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock"
    assert install not in make(house, "-n", "env").stdout
    os.utime(house / "requirements.lock", (9, 9))
    assert install in make(house, "-n", "env").stdout


@pytest.mark.parametrize(
    ("node", "wheel"),
    [
        (None, True),
        ("v18.20.4", True),
        ("v20.18.1", True),
        ("v20.19.0", False),
        ("v22.12.0", False),
        ("v100.0.0", False),
    ],
)
def test_node_comes_from_the_wheel_where_the_machine_has_none_or_an_old_one(
    house: Path, node: str | None, wheel: bool
) -> None:
    if node:
        program(house / "path/npm", "")
        program(house / "path/node", f"echo {node}")
    made = make(house, "node")
    assert made.returncode == 0, made.stderr
    assert (house / "installed").exists() is wheel
    if wheel:
        assert "requirements-node.lock" in (house / "installed").read_text()


def test_of_two_nodes_the_environments_is_used(house: Path) -> None:
    (house / "console").mkdir()
    (house / "console/package-lock.json").touch()
    said = make(house, "-n", "web-check").stdout
    assert f'PATH="{house}/.venv/bin:$PATH" npm' in said


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_pins_by_hash_and_names_no_host(name: str) -> None:
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if re.search(r"://|^\s*-(?!-hash=sha256:[0-9a-f]{64}\b)| @ ", line)] == []
    text = "\n".join(lines)
    pinned = re.findall(r"^(\S+)==\S+(.*(?:\n    --hash=\S+.*)+)?", text, re.M)
    assert len(pinned) == sum(1 for line in lines if line and not line.startswith((" ", "#")))
    assert [package for package, hashes in pinned if not hashes] == []


def test_the_locks_hold_what_the_project_asks_for() -> None:
    asked = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    project, extras = asked["project"], asked["project"]["optional-dependencies"]
    runtime = {*project["dependencies"], *(name for of in extras.values() for name in of)}
    for lock, wanted in (("requirements.lock", runtime), ("requirements-dev.lock", asked["dependency-groups"]["dev"])):
        locked = set(re.findall(r"^([a-z0-9-]+)==", (ROOT / lock).read_text(encoding="utf-8"), re.M))
        assert {re.split(r"[\[<>=!~ ]", name)[0] for name in wanted} <= locked


def test_the_lock_of_the_pages_pins_by_hash_and_names_no_host() -> None:
    packages = json.loads((ROOT / "console/package-lock.json").read_text(encoding="utf-8"))["packages"]
    installed = {name: package for name, package in packages.items() if name}
    assert installed
    assert [name for name, package in installed.items() if "integrity" not in package] == []
    assert [name for name, package in installed.items() if "://" in package.get("resolved", "")] == []
