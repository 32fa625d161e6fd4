"""Compiled kernels are kept between processes, and renewed when what they call has changed in another file."""

import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from services.dispatch.solver.compiled import typed
from services.dispatch.solver.problem import Ints
from tests.dispatch.solver.instances import random_document
from tests.dispatch.solver.solving import solved

CALLEE = """
from services.dispatch.solver import compiled

FACTOR = {factor}

@compiled.{made}
def scaled(x: int) -> int:
    return x * FACTOR
"""
CALLER = """
import numba
from services.dispatch.solver.compiled import entry, is_kept
from callee import scaled

def answer(x: int) -> int:
    return scaled(x) + 1

kept = {make}(answer)
if "{make}" == "entry":
    print(is_kept(kept, 5), end=" ")
print(kept(5))
"""


@typed
def doubled(shelf: Ints, place: int) -> int:
    return int(2 * shelf[place])


def told(command: list[str], **environment: str) -> list[str]:
    """What a process of its own prints."""
    root = Path(__file__).parents[3]
    surroundings = {**os.environ, "PYTHONPATH": str(root)} | environment
    call = [sys.executable, "-B", *command]
    ended = subprocess.run(call, env=surroundings, capture_output=True, text=True, check=True, cwd=root)
    return ended.stdout.splitlines()


def run(folder: Path) -> str:
    root = Path(__file__).parents[3]
    kept, path = str(folder / "kept"), f"{folder}:{root}"
    return told([str(folder / "caller.py")], NUMBA_CACHE_DIR=kept, PYTHONPATH=path)[0]


@pytest.mark.parametrize(
    ("make", "answers"),
    [
        ("entry", ["False 11", "True 11", "False 16"]),
        ("numba.njit(cache=True)", ["11", "11", "11"]),  # what the fingerprint is there for: numba alone is wrong
    ],
)
def test_a_callee_changed_in_another_file_is_noticed(tmp_path: Path, make: str, answers: list[str]) -> None:
    (tmp_path / "caller.py").write_text(CALLER.replace("{make}", make))
    found = []
    for factor in (2, 2, 3):
        (tmp_path / "callee.py").write_text(CALLEE.format(factor=factor, made="kernel"))
        found.append(run(tmp_path))
    assert found == answers


def test_a_callee_compiled_otherwise_is_noticed(tmp_path: Path) -> None:
    (tmp_path / "caller.py").write_text(CALLER.replace("{make}", "entry"))
    found = []
    for made in ("typed", "typed", "inlined"):
        (tmp_path / "callee.py").write_text(CALLEE.format(factor=2, made=made))
        found.append(run(tmp_path))
    assert found == ["False 11", "True 11", "False 11"]


COLD = """
import time
from services.dispatch.solver import Stop
from services.dispatch.solver.public.engines import is_compiled, solve_public
from tests.dispatch.solver.test_public_kernels import trsp, vrptw
for problem in (vrptw(1, 40), trsp(1)):
    result = solve_public(problem, stop=Stop.iterations(3, clock=time.monotonic), waiting=True)
    print(is_compiled(problem), result.iterations, result.verdict.violations)
"""


def test_until_it_is_compiled_a_kernel_is_interpreted(tmp_path: Path) -> None:
    assert told(["-c", COLD], NUMBA_CACHE_DIR=str(tmp_path)) == ["False 3 ()"] * 2
    assert not list(tmp_path.rglob("*.nbc"))


SMALL = """
from services.dispatch.solver.compiled import entry, is_kept, make_ready, typed

@typed
def doubled(x: int) -> int:
    return 2 * x

@entry
def answer(x: int) -> int:
    return doubled(x) + 1

print(is_kept(answer, 5), end=" ")
make_ready()
print(doubled(4), answer(5), is_kept(answer, 5))
"""


def test_an_empty_folder_is_filled(tmp_path: Path) -> None:
    (tmp_path / "small.py").write_text(SMALL)
    for found in ("False 8 11 True", "True 8 11 True"):
        assert told([str(tmp_path / "small.py")], NUMBA_CACHE_DIR=str(tmp_path / "kept")) == [found]
    assert len(list(tmp_path.rglob("*.nbc"))) == 2


def test_where_no_folder_can_be_written_every_process_compiles_anew(tmp_path: Path) -> None:
    """Files stand where numba would make its folders: where it is told to, beside the source, and at home."""
    (tmp_path / "small.py").write_text(SMALL)
    (tmp_path / "__pycache__").touch()
    (tmp_path / "file").touch()
    nowhere = dict.fromkeys(("NUMBA_CACHE_DIR", "XDG_CACHE_HOME", "HOME"), str(tmp_path / "file" / "folder"))
    for _ in range(2):
        assert told([str(tmp_path / "small.py")], **nowhere) == ["False 8 11 True"]
    assert not list(tmp_path.rglob("*.nbc"))


NESTED = """
import re
from services.dispatch.solver.compiled import entry, kernel

@kernel
def stirred(x: int) -> int:
    {much}
    return x

@entry
def answer(x: int) -> int:
    return stirred(x) + stirred(x + stirred(x + 1)) + stirred(x + 2)

answer(5)
[machine_code] = answer.inspect_asm().values()
functions = re.findall(r"^_ZN8__main__[0-9]+([a-z]+)B.*:$", machine_code, re.MULTILINE)
print(sorted(functions))
"""


def test_what_a_kernel_calls_is_put_inside(tmp_path: Path) -> None:
    """Left to itself LLVM calls what is large and needed four times."""
    much = "\n    ".join(f"x = x * {number} % 1009 if x % 3 else x + {number}" for number in range(50))
    (tmp_path / "nested.py").write_text(NESTED.replace("{much}", much))
    assert told([str(tmp_path / "nested.py")], NUMBA_CACHE_DIR=str(tmp_path / "kept")) == ["['answer']"]


WARMED = """
from services.dispatch.solver import compiled, ENGINES
from services.dispatch.solver.kernel.engine import warm

warm()

from services.dispatch.solver.kernel.advising import recommend
from services.dispatch.solver.kernel.repairing import repairs
from tests.dispatch.solver.instances import random_document
from tests.dispatch.solver.solving import planned, problem_of

def loaded():
    return {kernel for kernel in compiled._COMPILERS if kernel.overloads}

before = loaded()
problem = problem_of(random_document(1, orders=30, engineers=5, days=2, ties=True))
for engine in ENGINES:
    plan = planned(problem, engine, 2).plan
recommend(problem, plan, 0, top=2)
repairs(problem, plan, next(iter(plan.unassigned)))
print(len(before) > 100, sorted(kernel.py_func.__name__ for kernel in loaded() - before))
"""


def test_nothing_is_loaded_while_somebody_waits() -> None:
    """All of it took a second in the middle of a search, also of one that was cancelled."""
    assert told(["-c", WARMED]) == ["True []"]


OFF = """
from tests.dispatch.solver.test_compiled import plans
for line in plans():
    print(line)
"""


def plans() -> list[str]:
    """Plans of a network with every feature of the format."""
    network = random_document(1, orders=6, engineers=2, days=2, ties=True)
    budgets = {"greedy": 0, "roadcall": 20, "insert": 5}
    return [repr(solved(network, engine, trials).plan) for engine, trials in budgets.items()]


def test_with_compilation_switched_off_plans_are_the_same(tmp_path: Path) -> None:
    assert told(["-c", OFF], NUMBA_DISABLE_JIT="1", NUMBA_CACHE_DIR=str(tmp_path)) == plans()
    (tmp_path / "small.py").write_text(SMALL)
    assert told([str(tmp_path / "small.py")], NUMBA_DISABLE_JIT="1") == ["True 8 11 True"]
    assert not list(tmp_path.rglob("*.nbc"))


def test_a_typed_function_refuses_other_types_from_its_first_call_on() -> None:
    """A read-only array is another type: compiled code may write into what it is given."""
    shelf = np.zeros(2, np.int64)
    shelf.setflags(write=False)
    for _ in range(2):
        with pytest.raises(TypeError, match="No matching definition"):
            doubled(shelf, 1)
    assert doubled(np.array([3, 4], np.int64), 1) == 8


@typed
def tripled(shelf: Ints, place: int) -> int:
    return int(3 * shelf[place])


def test_two_threads_may_call_a_function_for_the_first_time_at_once() -> None:
    together = threading.Barrier(4)

    def call(place: int) -> int:
        together.wait()
        return tripled(np.arange(4), place)

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(call, range(4))) == [0, 3, 6, 9]
    with pytest.raises(TypeError):
        tripled("no shelf", 0)  # type: ignore[arg-type]
