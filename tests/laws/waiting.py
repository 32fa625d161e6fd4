"""Law 4 on the syntax tree: whoever holds a transaction waits for nobody outside the database.

A function reaches outside when it names a port (something annotated with one of the classes of `PORTS`) or calls,
through however many others, one that does. Everything under `async with db.transaction()`, and every function that is
handed a transaction, holds one.
"""

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

PORTS = {
    "AsyncClient",
    "Clients",
    "JPush",
    "OpenTravel",
    "PushService",
    "Redis",
    "ServiceClient",
    "SolverProcess",
    "TravelTimes",
    "Vault",
    "WebPush",
}
"""Classes whose methods wait for another service, a child process, a store of files, or the network."""
OPENS = {"transaction", "read", "look"}
TRANSACTION = "AsyncConnection"
Function = ast.FunctionDef | ast.AsyncFunctionDef
Key = tuple[str, str]
"""Module and name, `Class.name` for a method."""


@dataclass
class _Module:
    """What one file defines, and what its names mean."""

    name: str
    path: str
    functions: dict[str, Function] = field(default_factory=dict)
    imported: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Name here → module and name there (an empty one for the module itself)."""


def waits_in_transactions(files: Mapping[str, ast.Module]) -> list[str]:
    """Where (file:line) somebody waits for others while holding a transaction; `files` by their path from the root."""
    modules = {_dotted(path): _read(path, tree) for path, tree in files.items()}
    code = _Code(modules, _methods_by_name(modules), _attributes(files.values()))
    reaching = code.reaching()
    return sorted(
        {
            f"{module.path}:{node.lineno}"
            for module in modules.values()
            for name, function in module.functions.items()
            for node in _held(function)
            if code.names_port(function, [node]) or code.called(module, name, [node]) & reaching
        }
    )


@dataclass
class _Code:
    modules: Mapping[str, _Module]
    methods: Mapping[str, set[Key]]
    attributes: Mapping[str, set[str]]
    """Name of an attribute → the classes that it is annotated with, anywhere."""

    def reaching(self) -> set[Key]:
        """Every coroutine that reaches outside, by itself or through others."""
        bodies = {
            (module.name, name): (module, function)
            for module in self.modules.values()
            for name, function in module.functions.items()
            if isinstance(function, ast.AsyncFunctionDef)
        }
        calls = {key: self.called(module, key[1], function.body) for key, (module, function) in bodies.items()}
        found = {key for key, (_, function) in bodies.items() if self.names_port(function, function.body)}
        while more := {key for key, called in calls.items() if key not in found and called & found}:
            found |= more
        return found

    def names_port(self, function: Function, nodes: Sequence[ast.AST]) -> bool:
        """Whether one of these nodes of the function has to do with a port."""
        given = _parameters(function)
        for node in (inner for outer in nodes for inner in ast.walk(outer)):
            if isinstance(node, ast.Attribute) and self.attributes.get(node.attr, set()) & PORTS:
                return True
            if isinstance(node, ast.Name) and given.get(node.id, set()) & PORTS:
                return True
        return False

    def called(self, module: _Module, name: str, nodes: Sequence[ast.AST]) -> set[Key]:
        """The functions of ours that these nodes of a function call; what they hand on counts as called."""
        calls = [inner for node in nodes for inner in ast.walk(node) if isinstance(inner, ast.Call)]
        functions = [function for call in calls for function in (call.func, *call.args)]
        return {key for function in functions for key in self._meant(module, name, function)}

    def _meant(self, module: _Module, name: str, called: ast.expr) -> Iterator[Key]:
        """The functions of ours that an expression inside a function may mean."""
        if isinstance(called, ast.Name):
            if called.id not in _bound(module.functions[name]):
                yield from self._existing(module.imported.get(called.id, (module.name, called.id)))
        elif isinstance(called, ast.Attribute):
            if there := self._module_of(module, called.value):
                yield from self._existing((there, called.attr))
            elif isinstance(called.value, ast.Name) and called.value.id == "self":
                yield (module.name, f"{name.partition('.')[0]}.{called.attr}")
            else:
                classes = self._classes_of(module.functions[name], called.value)
                yield from (key for key in self.methods.get(called.attr, ()) if key[1].partition(".")[0] in classes)

    def _classes_of(self, function: Function, receiver: ast.expr) -> set[str]:
        if isinstance(receiver, ast.Attribute):
            return self.attributes.get(receiver.attr, set())
        return _parameters(function).get(_last_name(receiver), set())

    def _existing(self, key: Key) -> Iterator[Key]:
        module = self.modules.get(key[0])
        if module is not None and key[1] in module.functions:
            yield key
        elif module is not None and key[1] in module.imported:
            yield from self._existing(module.imported[key[1]])

    def _module_of(self, module: _Module, node: ast.expr) -> str | None:
        """The module that a name means, if it means one."""
        if not isinstance(node, ast.Name) or node.id not in module.imported:
            return None
        there, name = module.imported[node.id]
        whole = f"{there}.{name}" if name else there
        return whole if whole in self.modules else None


def _held(function: Function) -> Iterator[ast.expr]:
    """What a function waits for while it holds a transaction."""
    if any(TRANSACTION in classes for classes in _parameters(function).values()):
        yield from _waits(function.body)
    for node in ast.walk(function):
        if isinstance(node, ast.AsyncWith) and any(_opens(item) for item in node.items):
            yield from _waits(node.body)


def _waits(body: Sequence[ast.stmt]) -> Iterator[ast.expr]:
    for node in (inner for statement in body for inner in ast.walk(statement)):
        if isinstance(node, ast.Await):
            yield node.value
        elif isinstance(node, ast.AsyncFor):
            yield node.iter
        elif isinstance(node, ast.AsyncWith):
            yield from (item.context_expr for item in node.items)


def _opens(item: ast.withitem) -> bool:
    """`async with …db.transaction()`, or whatever hands out a `tx`."""
    if isinstance(item.optional_vars, ast.Name) and item.optional_vars.id == "tx":
        return True
    call = item.context_expr
    return (
        isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and call.func.attr in OPENS
        and _last_name(call.func.value).endswith("db")
    )


def _read(path: str, tree: ast.Module) -> _Module:
    module = _Module(_dotted(path), path)
    for node in tree.body:
        if isinstance(node, Function):
            module.functions[node.name] = node
        elif isinstance(node, ast.ClassDef):
            module.functions |= {f"{node.name}.{one.name}": one for one in node.body if isinstance(one, Function)}
    package = module.name if path.endswith("__init__.py") else module.name.rpartition(".")[0]
    for inner in ast.walk(tree):
        if isinstance(inner, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - inner.level + 1] if inner.level else []
            source = ".".join([*above, *([inner.module] if inner.module else [])])
            module.imported |= {one.asname or one.name: (source, one.name) for one in inner.names}
        elif isinstance(inner, ast.Import):
            module.imported |= {one.asname or one.name.partition(".")[0]: (one.name, "") for one in inner.names}
    return module


@cache
def _parameters(function: Function) -> dict[str, set[str]]:
    given = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
    return {one.arg: _classes(one.annotation) for one in given if one.annotation is not None}


@cache
def _bound(function: Function) -> set[str]:
    """The names that mean something of the function's own."""
    nodes = [*ast.walk(function)]
    assigned = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    return assigned | {node.arg for node in nodes if isinstance(node, ast.arg)}


def _attributes(trees: Iterable[ast.Module]) -> dict[str, set[str]]:
    """The fields of all classes, and what their `__init__` keeps of its parameters under the same name or `_name`."""
    found: dict[str, set[str]] = {}
    for node in (inner for tree in trees for inner in ast.walk(tree)):
        if isinstance(node, ast.ClassDef):
            for one in node.body:
                if isinstance(one, ast.AnnAssign):
                    found.setdefault(_last_name(one.target), set()).update(_classes(one.annotation))
                elif isinstance(one, ast.FunctionDef) and one.name == "__init__":
                    for name, classes in _parameters(one).items():
                        found.setdefault(f"_{name}", set()).update(classes)
                        found.setdefault(name, set()).update(classes)
    return found


def _methods_by_name(modules: Mapping[str, _Module]) -> dict[str, set[Key]]:
    found: dict[str, set[Key]] = {}
    for module in modules.values():
        for name in module.functions:
            if "." in name:
                found.setdefault(name.partition(".")[2], set()).add((module.name, name))
    return found


def _classes(annotation: ast.expr) -> set[str]:
    """The classes that a value may be of; what a function of that type takes it is not itself."""
    if isinstance(annotation, ast.Subscript) and _last_name(annotation.value) == "Callable":
        return set()
    inside = (node for node in ast.iter_child_nodes(annotation) if isinstance(node, ast.expr))
    named = {_last_name(annotation)} if isinstance(annotation, ast.Name | ast.Attribute) else set()
    return named.union(*map(_classes, inside))


def _last_name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _dotted(path: str) -> str:
    return ".".join(Path(path).with_suffix("").parts).removesuffix(".__init__")
