"""The laws that imports alone do not show, checked on the syntax tree of the code."""

import ast
from collections.abc import Iterator
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
OUTSIDE = {"clients", "travel"}
"""Names through which a service reaches others; never inside a transaction."""


@dataclass(frozen=True)
class Breach:
    law: str
    where: str

    def __str__(self) -> str:
        return f"{self.where}: {self.law}"


def breaches(root: Path) -> list[Breach]:
    """Every breach of laws 1 (stray files), 3 (hidden clocks and disks) and 4 (awaiting others in a transaction)."""
    found = [*_stray_files(root)]
    for path in _python_files(root):
        tree = ast.parse(path.read_text())
        name = str(path.relative_to(root))
        found += _awaits_in_transactions(tree, name)
        if set(PURE) & set(path.relative_to(root).with_suffix("").parts):
            found += _impure_calls(tree, name)
    return found


def _python_files(root: Path) -> Iterator[Path]:
    for service in SERVICES:
        yield from sorted((root / service).rglob("*.py"))


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


def _awaits_in_transactions(tree: ast.AST, name: str) -> Iterator[Breach]:
    for node in ast.walk(tree):
        if not (isinstance(node, ast.AsyncWith) and any(_opens_transaction(item) for item in node.items)):
            continue
        for inner in ast.walk(ast.Module(body=node.body, type_ignores=[])):
            if isinstance(inner, ast.Await) and OUTSIDE & set(_names(inner)):
                yield Breach("another service is awaited inside a transaction", f"{name}:{inner.lineno}")


def _opens_transaction(item: ast.withitem) -> bool:
    call = item.context_expr
    return (
        isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and call.func.attr in ("transaction", "read")
        and "db" in _names(call.func)
    )


def _names(node: ast.AST) -> Iterator[str]:
    for inner in ast.walk(node):
        if isinstance(inner, ast.Name):
            yield inner.id
        elif isinstance(inner, ast.Attribute):
            yield inner.attr
