"""Technician routing files: a table of depot, technicians and requests; columns as in the Pillac instances."""

import itertools
import math
import re

import numpy as np

from ..solver.public.problems import Bools, Ints, Trsp
from .errors import FileError

ROW = re.compile(r"(\S+)\s+(\S+)\s+(\S+)\s+(\S+)\s+(\S+)\s+(\S+)\s+\[([^\]]*)\]\s+\[([^\]]*)\]\s+\[([^\]]*)\]$")
MOST_NODES = 4000
MOST_NAMES = 1000


def read_trsp(text: str) -> Trsp:
    """Raises FileError with the line of what is missing or unreadable."""
    lines = [(number, raw.strip()) for number, raw in enumerate(text.splitlines(), start=1)]
    lines = [(number, line) for number, line in lines if line]
    technicians, skills, tools, parts = _counts(lines)
    table = [entry for entry in lines if entry[1].startswith("ID ")]
    if not table:
        raise FileError("line 1", "the table that begins with 'ID' is missing")
    rows = [(number, *_row(number, line)) for number, line in lines if number > table[0][0]]
    if len(rows) < technicians + 1:
        raise FileError(f"line {lines[-1][0]}", f"the depot and {technicians} technicians are not all there")
    if len(rows) > MOST_NODES:
        raise FileError(f"line {rows[MOST_NODES][0]}", f"at most {MOST_NODES} rows are read")
    for index, row in enumerate(rows):
        if row[1][0] != index:
            raise FileError(f"line {row[0]}", f"ids count from 0 without gaps; {index} is expected here")
    numbers = np.array([row[1][1:] for row in rows], np.float64)
    gaps = numbers[:, None, :2] - numbers[None, :, :2]
    return Trsp(
        technicians=technicians,
        distance=np.hypot(gaps[..., 0], gaps[..., 1]),
        ready=numbers[:, 2],
        due=numbers[:, 3],
        service=numbers[:, 4],
        skills=_flags([(row[0], row[2]) for row in rows], skills, "skill"),
        tools=_flags([(row[0], row[3]) for row in rows], tools, "tool"),
        parts=_pieces([(row[0], row[4]) for row in rows], parts),
    )


def _counts(lines: list[tuple[int, str]]) -> tuple[int, int, int, int]:
    for (_, title), (number, line) in itertools.pairwise(lines):
        if title.startswith("CREW COUNT"):
            fields = line.split()
            if len(fields) != 4 or not all(f.isascii() and f.isdigit() for f in fields):
                raise FileError(f"line {number}", "give four whole numbers: crew, skills, tools, spare parts")
            crew, skills, tools, parts = map(int, fields)
            if max(crew, skills, tools, parts) > MOST_NAMES:
                raise FileError(f"line {number}", f"no count may be above {MOST_NAMES}")
            return crew, skills, tools, parts
    raise FileError("line 1", "the line 'CREW COUNT SKILLS TOOLS SPARE PARTS' is missing")


def _row(number: int, line: str) -> tuple[list[float], list[int], list[int], list[int]]:
    match = ROW.match(line)
    if not match:
        raise FileError(f"line {number}", "a row is: id x y start end service [skills] [tools] [parts]")
    try:
        values = [float(field) for field in match.groups()[:6]]
        lists = [[int(field) for field in group.split(",") if field.strip()] for group in match.groups()[6:]]
    except ValueError:
        raise FileError(f"line {number}", "holds something that is not a number") from None
    if not all(math.isfinite(value) and abs(value) < 1e9 for value in values) or min(values[3:]) < 0:
        raise FileError(f"line {number}", "give finite numbers, and times of at least 0")
    if values[4] < values[3]:
        raise FileError(f"line {number}", "the window ends before it opens; swap its two times")
    return values, lists[0], lists[1], lists[2]


def _flags(rows: list[tuple[int, list[int]]], count: int, what: str) -> Bools:
    flags = np.zeros((len(rows), count), np.bool_)
    for index, (number, names) in enumerate(rows):
        if any(not 0 <= name < count for name in names):
            raise FileError(f"line {number}", f"each {what} is a number from 0 to {count - 1}")
        flags[index, names] = True
    return flags


def _pieces(rows: list[tuple[int, list[int]]], count: int) -> Ints:
    pieces = np.zeros((len(rows), count), np.int64)
    for index, (number, quantities) in enumerate(rows):
        if quantities and (len(quantities) != count or not all(0 <= q < 10**9 for q in quantities)):
            raise FileError(f"line {number}", f"give {count} quantities of at least 0, or none")
        if quantities:
            pieces[index] = quantities
    return pieces
