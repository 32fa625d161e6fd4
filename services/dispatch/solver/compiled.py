"""How kernels are compiled, kept and, where they are not, interpreted.

A kernel is a set of `kernel` functions that ends in one `entry`. Only the entry is kept on disk, with everything it
calls inside. Numba itself keys that by the entry's own file; a callee that changed elsewhere would go unnoticed, so
the key here holds a fingerprint of all callees. Where no folder can be written, every process compiles anew.
"""

import hashlib
import inspect
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import cache, cached_property
from types import CodeType, FunctionType
from typing import Any, ParamSpec, TypeVar, cast, get_type_hints

from numba import njit, typeof, types
from numba.core.caching import FunctionCache
from numba.core.dispatcher import Dispatcher

from .blocks import Matrix

_TYPES = {
    int: types.int64,
    float: types.float64,
    bool: types.boolean,
    Matrix: types.Array(types.int32, 2, "C", readonly=True),
}
_MEMORY = types.Array(types.int64, 1, "C")

_OPTIONS: Any = {"nogil": True, "error_model": "numpy", "_nrt": False}
"""Without reference counts (`_nrt`): every call would count each array that it is given up and down again, atomically,
which took up to two thirds of the time. So kernels allocate nothing: memory and scratch are given to them."""

_INSIDE: Any = _OPTIONS | {"forceinline": True}
"""Put where it is called: a call hands over some eight numbers for each array. Where a kernel's state is two dozen
arrays, copying them for every price took up to five sixths of the time."""

P = ParamSpec("P")
R = TypeVar("R")


def kernel(function: Callable[P, R]) -> Callable[P, R]:
    """A function that only kernels call; its code is put where it is called."""
    return cast(Callable[P, R], njit(**_INSIDE)(function))


def typed(function: Callable[P, R]) -> Callable[P, R]:
    """A kernel function for the types of its annotations: int, float, bool, tuples of them, matrices of ways, which
    it only reads, and flat int64 arrays.

    Compiled, or taken from where it is kept, when it is first called. One version each, where numba would make one per
    literal argument: of a hundred small functions that is a third of the compilation. What is kept has all callees
    inside, so that a process which finds it loads nothing but the functions that Python calls.
    """
    return _typed(function, _OPTIONS)


def inlined(function: Callable[P, R]) -> Callable[P, R]:
    """A typed function whose code is put where it is called: for what a trial calls a thousand times, since each place
    adds to the compilation."""
    return _typed(function, _INSIDE)


def _typed(function: Callable[P, R], options: Any) -> Callable[P, R]:
    dispatcher: Any = njit(**options)(function)
    if dispatcher is function:  # compilation is switched off
        return cast(Callable[P, R], function)
    kept: Any = _KernelCache
    with suppress(RuntimeError):  # no folder can be written
        dispatcher._cache = kept(function)
    explain, template = dispatcher._compile_for_args, dispatcher.get_call_template
    asked = threading.local()

    def compiled() -> None:
        with _ONE_AT_A_TIME:
            if not dispatcher.overloads:
                hints = get_type_hints(function)
                signature = (_TYPES.get(hints[name], _MEMORY) for name in inspect.signature(function).parameters)
                dispatcher.compile(tuple(signature))
                dispatcher.disable_compile()

    def from_python(*arguments: Any) -> Any:
        if hasattr(asked, "before"):  # by this thread: it is compiled, so the arguments do not fit
            explain(*arguments)  # raises TypeError
        compiled()
        asked.before = True
        return dispatcher  # which is called again, now by types

    def from_a_kernel(arguments: Any, named_arguments: Any) -> Any:
        compiled()
        return template(arguments, named_arguments)

    dispatcher._compile_for_args, dispatcher.get_call_template = from_python, from_a_kernel
    _COMPILERS[dispatcher] = compiled
    return cast(Callable[P, R], dispatcher)


_COMPILERS: dict[Any, Callable[[], Any]] = {}
_ONE_AT_A_TIME = threading.RLock()
"""Two threads may call a function for the first time at once; what it calls is compiled inside."""


def make_ready() -> None:
    """Compile or load all typed functions of the modules imported so far, before somebody waits for them."""
    for compiled in list(_COMPILERS.values()):
        compiled()


def entry(function: Callable[P, R]) -> Callable[P, R]:
    """The function of a kernel that Python calls; compiled once per machine, it holds no interpreter lock."""
    dispatcher: Any = njit(**_OPTIONS)(function)
    cache: Any = _KernelCache
    with suppress(RuntimeError):  # no folder can be written
        dispatcher._cache = cache(function)
    return cast(Callable[P, R], dispatcher)


def is_kept(function: Callable[P, R], *arguments: P.args, **_: P.kwargs) -> bool:
    """Whether calling the entry with such arguments needs no compilation."""
    if not isinstance(function, Dispatcher):  # compilation is switched off
        return True
    dispatcher = cast(Any, function)
    signature = tuple(typeof(argument) for argument in arguments)
    if signature in dispatcher.overloads:
        return True
    cache = dispatcher._cache
    return isinstance(cache, _KernelCache) and cache.holds(signature, dispatcher.targetctx)


@cache
def interpreted(function: Callable[P, R]) -> Callable[P, R]:
    """The same entry with all its callees as plain Python: the same answer some hundred times slower."""
    return cast(Callable[P, R], _twin(cast(Any, function), {}))


def _twin(dispatcher: Any, known: dict[Any, FunctionType]) -> FunctionType:
    if dispatcher not in known:
        function = dispatcher.py_func
        scope = dict(function.__globals__)
        known[dispatcher] = FunctionType(function.__code__, scope, function.__name__, function.__defaults__)
        scope.update({name: _twin(callee, known) for name, callee in _callees(function)})
    return known[dispatcher]


def _callees(function: FunctionType) -> list[tuple[str, Any]]:
    """(name, kernel function) that a function names."""
    scope = function.__globals__
    return [(name, scope[name]) for name in function.__code__.co_names if isinstance(scope.get(name), Dispatcher)]


class _KernelCache(FunctionCache):
    """Numba's own cache with the callees in its key."""

    @cached_property
    def _fingerprint(self) -> str:
        lines = [repr(_OPTIONS)]
        _describe(self._py_func, lines, set())
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()

    def _index_key(self, sig: Any, codegen: Any) -> Any:
        numbas: Any = super()._index_key
        return (*numbas(sig, codegen), self._fingerprint)

    def holds(self, signature: tuple[Any, ...], context: Any) -> bool:
        """Whether a compiled form for the signature is on disk."""
        context.refresh()
        return self._cache_file.load(self._index_key(signature, context.codegen())) is not None


def _describe(function: FunctionType, lines: list[str], seen: set[str]) -> None:
    """Code, and constants named by it, of a function and of all that it calls, with how that is compiled."""
    name = f"{function.__module__}.{function.__qualname__}"
    if name in seen:
        return
    seen.add(name)
    code = function.__code__
    constants = [value for value in code.co_consts if not isinstance(value, CodeType)]
    lines += [name, code.co_code.hex(), repr(constants), repr(code.co_names)]
    for named in code.co_names:
        value = function.__globals__.get(named)
        if isinstance(value, Dispatcher):
            lines.append(repr(value.targetoptions))
            _describe(value.py_func, lines, seen)
        elif not inspect.ismodule(value) and not callable(value):
            lines.append(f"{named}={value!r}")
