"""The travel matrices of a document, checked: one over all places, or blocks."""

import numpy as np

from ..solver.blocks import Blocks
from ..solver.problem import ProblemError
from .names import Names, find
from .problem import ProblemDocument
from .travel import MATRIX_PLACES, Block, Matrix


def matrices(document: ProblemDocument, names: Names) -> tuple[Matrix, Matrix, Blocks | None]:
    """Seconds and metres [place, place], or empty ones and blocks. Raises ProblemError where they are no such thing."""
    travel, size = document.travel, len(document.places)
    if travel is None:
        raise ProblemError("/travel", "is missing; give both matrices, in the order of places")
    if travel.blocks:
        empty = np.zeros((0, 0), np.int32)
        if travel.seconds.size or travel.metres.size:
            raise ProblemError("/travel/blocks", "stand beside whole matrices; give the one or the other")
        return empty, empty, _blocks(travel.blocks, names)
    for name, matrix in (("seconds", travel.seconds), ("metres", travel.metres)):
        _check(f"/travel/{name}", matrix, size, "/places")
    return np.ascontiguousarray(travel.seconds), np.ascontiguousarray(travel.metres), None


def _blocks(blocks: list[Block], names: Names) -> Blocks:
    """Every place of the document is in a block, none twice in the same."""
    found = []
    for number, block in enumerate(blocks):
        pointer = f"/travel/blocks/{number}"
        if len(set(block.places)) < len(block.places):
            raise ProblemError(f"{pointer}/places", "name a place twice; name each once")
        found.append([find(names.places, place, f"{pointer}/places", "place") for place in block.places])
        for name, matrix in (("seconds", block.seconds), ("metres", block.metres)):
            _check(f"{pointer}/{name}", matrix, len(block.places), f"{pointer}/places")
    missing = set(range(len(names.places))).difference(*found)
    if missing:
        raise ProblemError(f"/places/{min(missing)}", "is in no block of /travel; put it into its territory's")
    return Blocks(found, (block.seconds for block in blocks), (block.metres for block in blocks))


def _check(pointer: str, matrix: Matrix, size: int, places: str) -> None:
    if size > MATRIX_PLACES:
        raise ProblemError(places, f"at most {MATRIX_PLACES} fit one matrix; give /travel/blocks, one per territory")
    if matrix.shape != (size, size):
        rows, columns = matrix.shape
        raise ProblemError(pointer, f"is {rows} x {columns}; give a row and a column per place: {size}")
