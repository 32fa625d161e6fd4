"""The laws that imports alone do not show, checked on the syntax tree of the code."""

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
SERVICES = (
    "services/accounts",
    "services/orders",
    "services/parts",
    "services/stations",
    "services/dispatch",
    "mobile_api",
)
ROLES = {
    "domain",
    "use_cases",
    "store",
    "tables",
    "api",
    "subscriptions",
    "jobs",
    "app",
    "migrations",
    "context",
    "gateways",
}
"""Every service uses these names for these roles; whatever else it has is declared in OWN."""
OWN = {
    "services/accounts": {"facts", "passwords", "proofs", "signing"},
    "services/orders": {"data", "stake_numbers", "addresses", "catalogue", "facts"},
    "services/parts": {"forecast"},
    "services/stations": {"siting"},
    "services/dispatch": {
        "solver",
        "travel",
        "documents",
        "public_sets",
        "solving",
        "solver_process",
        "child",
        "cores",
    },
    "mobile_api": {"photos", "push"},
}
PURE = ("domain", "siting", "forecast", "solver")
CLOCKS = {"now", "utcnow", "today", "time", "monotonic", "perf_counter"}


@dataclass(frozen=True)
class Breach:
    law: str
    where: str

    def __str__(self) -> str:
        return f"{self.where}: {self.law}"


def breaches(root: Path) -> list[Breach]:
    """Every breach of laws 1 (stray files) and 3 (hidden clocks and disks)."""
    found = [*_stray_files(root)]
    for path in _python_files(root, SERVICES):
        if set(PURE) & set(path.relative_to(root).with_suffix("").parts):
            found += _impure_calls(ast.parse(path.read_text()), str(path.relative_to(root)))
    return found


def trees(root: Path) -> dict[str, ast.Module]:
    """The code of the kit and of all services, by path from the root."""
    return {
        str(path.relative_to(root)): ast.parse(path.read_text()) for path in _python_files(root, ("kit", *SERVICES))
    }


def _python_files(root: Path, folders: Iterable[str]) -> Iterator[Path]:
    for folder in folders:
        yield from sorted((root / folder).rglob("*.py"))


def _stray_files(root: Path) -> Iterator[Breach]:
    for service in SERVICES:
        for entry in sorted((root / service).iterdir()):
            known = {*ROLES, *OWN[service], "__init__", "__pycache__"}
            if entry.stem not in known:
                yield Breach("a file whose role is not declared", str(entry.relative_to(root)))


def _impure_calls(tree: ast.AST, name: str) -> Iterator[Breach]:
    for node in ast.walk(tree):
        if isinstance(node, ast.AsyncFunctionDef):
            yield Breach("pure code does not wait", f"{name}:{node.lineno}")
        if not isinstance(node, ast.Call):
            continue
        called = node.func
        if isinstance(called, ast.Name) and called.id in ("open", "print", "input"):
            yield Breach(f"pure code does not {called.id}", f"{name}:{node.lineno}")
        if (
            isinstance(called, ast.Attribute)
            and called.attr in CLOCKS
            and isinstance(called.value, ast.Name)
            and called.value.id in ("datetime", "date", "time")
        ):
            yield Breach("pure code has no clock", f"{name}:{node.lineno}")
