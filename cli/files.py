"""Problem and plan files of `roadcall solve` and `roadcall check`: what they hold, or what is wrong with them."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from pydantic import BaseModel, ValidationError

from services.dispatch.documents import PlanDocument, ProblemDocument, PublicPlan, matrices_early, to_problem
from services.dispatch.public_sets import FileError, read_trsp, read_vrplib
from services.dispatch.solver import Problem, ProblemError
from services.dispatch.solver.public.problems import Trsp, Vrptw

Model = TypeVar("Model", bound=BaseModel)

LARGEST_FILE = 512 * 1024 * 1024


class BrokenFileError(Exception):
    """A file that cannot be used: `str()` names file, line or pointer, and cure."""

    def __init__(self, path: Path, where: str, cure: str) -> None:
        super().__init__(f"{path}: {where}: {cure}")


@dataclass(frozen=True)
class OwnInstance:
    """Roadcall's own problem document and its arrays."""

    document: ProblemDocument
    problem: Problem


@dataclass(frozen=True)
class PublicInstance:
    """A file of a public set. VRPTW ids count from 1 (the depot) in the file, from 0 in the arrays."""

    problem: Vrptw | Trsp

    @property
    def first_id(self) -> int:
        """Id of the depot in the file."""
        return 1 if isinstance(self.problem, Vrptw) else 0


def read_instance(path: Path) -> OwnInstance | PublicInstance:
    """Read a problem file by its suffix: .json, .vrp, .txt. Raises BrokenFileError."""
    try:
        match path.suffix.lower():
            case ".vrp":
                return PublicInstance(read_vrplib(_text(path)))
            case ".txt":
                return PublicInstance(read_trsp(_text(path)))
            case ".json":
                document = _model(path, ProblemDocument)
                return OwnInstance(document, to_problem(document))
    except FileError as error:
        raise BrokenFileError(path, error.where, error.cure) from None
    except ProblemError as error:
        raise BrokenFileError(path, error.pointer, error.cure) from None
    raise BrokenFileError(path, "name", "ends in none of .json (own problems), .vrp (VRPTW), .txt (TRSP)")


def read_own_plan(path: Path) -> PlanDocument:
    """Read a plan of an own problem. Raises BrokenFileError."""
    return _model(path, PlanDocument)


def read_public_plan(path: Path) -> PublicPlan:
    """Read the PLAN.json of a public set. Raises BrokenFileError."""
    return _model(path, PublicPlan)


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise BrokenFileError(path, "size", f"is above {LARGEST_FILE >> 20} MiB; split the problem")
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise BrokenFileError(path, "file", f"cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise BrokenFileError(path, f"line {line}", "is not UTF-8; save the file as UTF-8") from None


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number; leave the member out or give a finite one")


def _model(path: Path, model: type[Model]) -> Model:
    text = _text(path)
    try:
        raw: Any = json.loads(text, parse_constant=_no_constant, object_hook=matrices_early)
    except json.JSONDecodeError as error:
        raise BrokenFileError(
            path, f"line {error.lineno} column {error.colno}", f"{error.msg}; correct the JSON"
        ) from None
    except RecursionError:
        raise BrokenFileError(path, "/", "is nested too deeply for a document of this format") from None
    except ValueError as error:
        raise BrokenFileError(path, _line_of_constant(text), str(error)) from None
    del text  # as large as what it says
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        pointer = "".join(f"/{part}" for part in first["loc"]) or "/"
        more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
        raise BrokenFileError(path, pointer, f"{first['msg']}{more}") from None


def _line_of_constant(text: str) -> str:
    for number, line in enumerate(text.splitlines(), start=1):
        if any(name in line for name in ("NaN", "Infinity")):
            return f"line {number}"
    return "/"
