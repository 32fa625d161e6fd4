"""What the README says to type is what the command line and the Makefile take; its settings are those that are read."""

import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from cli.import_ import _named
from cli.main import app
from console.settings import ConsoleSettings
from kit.settings import Settings

ROOT = Path(__file__).parent.parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMAND: Any = typer.main.get_command(app)
TYPED = [line for block in re.findall(r"^```sh\n(.+?)^```", README, re.S | re.M) for line in block.splitlines() if line]
TYPED += re.findall(r"`\.venv/bin/(roadcall \w[^`]*)`", README)
SERVICES = ("ACCOUNTS", "ORDERS", "PARTS", "STATIONS", "DISPATCH", "MOBILE")


@pytest.mark.parametrize("line", [line for line in TYPED if line.startswith("roadcall ")])
def test_the_command_line_takes_what_the_readme_types(
    line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, *words = shlex.split(line, comments=True)
    monkeypatch.chdir(tmp_path)
    command = COMMAND
    context = command.make_context("roadcall", [], resilient_parsing=True)
    while hasattr(command, "commands"):
        _, command, words = command.resolve_command(context, words)
    given = command.make_context(command.name, list(words), parent=context).params
    if command.name == "import":
        assert [file.name for files in _named(given["what"]).values() for file in files] == words


def test_make_takes_what_the_readme_types() -> None:
    targets = [shlex.split(line, comments=True)[1:] for line in TYPED if line.startswith("make ")]
    assert targets == [["run"], ["test"]]
    for target in targets:
        subprocess.run(["make", "-n", *target], cwd=ROOT, check=True, capture_output=True)


def test_nothing_else_is_typed() -> None:
    assert {line.split()[0] for line in TYPED} == {"make", "roadcall"}


def test_the_settings_of_the_readme_are_those_that_are_read() -> None:
    table = README.partition("## Settings")[2].partition("## ")[0]
    named = {
        name for row in re.findall(r"^\| (`ROADCALL_.+?) \|", table, re.M) for name in re.findall(r"`(\w.*?)`", row)
    }
    every_service = {f"ROADCALL_{service}_URL" for service in SERVICES}
    told = (named - {"ROADCALL_<SERVICE>_URL"}) | (every_service if "ROADCALL_<SERVICE>_URL" in named else set())
    of_settings = {f"ROADCALL_{name.upper()}" for of in (Settings, ConsoleSettings) for name in of.model_fields}
    assert told == of_settings | set(_of_options(COMMAND))


def _of_options(command: Any) -> Iterator[str]:
    for below in getattr(command, "commands", {}).values():
        yield from _of_options(below)
    for option in command.params:
        if isinstance(option.envvar, str):
            yield option.envvar
