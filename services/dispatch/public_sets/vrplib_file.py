"""VRPLIB files of type VRPTW or CVRPTW with Euclidean places.

Distances are truncated to one decimal, the convention of the DIMACS challenge; ids start at 1, the depot's.
"""

import math

import numpy as np

from ..solver.public.problems import Vrptw
from .errors import FileError

SECTIONS = {
    "NODE_COORD_SECTION": 3,
    "DEMAND_SECTION": 2,
    "TIME_WINDOW_SECTION": 3,
    "SERVICE_TIME_SECTION": 2,
    "DEPOT_SECTION": 1,
}
"""Numbers per row."""

MOST_NODES = 4000
FARTHEST = 10**7
"""Largest coordinate: kernels keep a distance in 32 bits."""
TENTHS = 10

Rows = dict[int, tuple[list[float], int]]
"""node id: (numbers after the id, line number)"""


def read_vrplib(text: str) -> Vrptw:
    """Raises FileError with the line of what is missing, repeated, unreadable or out of range."""
    head, sections = _parse(text)
    size = _positive(head, "DIMENSION")
    capacity = _positive(head, "CAPACITY")
    kind, kind_line = head.get("EDGE_WEIGHT_TYPE", ("EUC_2D", 0))
    if kind != "EUC_2D":
        raise FileError(f"line {kind_line}", "EDGE_WEIGHT_TYPE must be EUC_2D")
    if size > MOST_NODES:
        raise FileError(f"line {head['DIMENSION'][1]}", f"at most {MOST_NODES} nodes are read")
    _check_depot(sections)
    places = _column(sections, "NODE_COORD_SECTION", size)
    demand = _column(sections, "DEMAND_SECTION", size)
    windows = _column(sections, "TIME_WINDOW_SECTION", size)
    service = _service(head, sections, size)
    for node, (ready, due) in enumerate(windows.tolist(), start=1):
        if due < ready:
            line = sections["TIME_WINDOW_SECTION"][node][1]
            raise FileError(f"line {line}", "the window ends before it opens; swap its two times")
    gaps = places[:, None, :] - places[None, :, :]
    distance = np.floor(np.hypot(gaps[..., 0], gaps[..., 1]) * TENTHS + 1e-9).astype(np.int64)
    return Vrptw(
        distance=distance,
        demand=demand[:, 0].astype(np.int64),
        ready=np.ceil(windows[:, 0] * TENTHS).astype(np.int64),
        due=np.floor(windows[:, 1] * TENTHS).astype(np.int64),
        service=np.round(service * TENTHS).astype(np.int64),
        capacity=capacity,
    )


def _parse(text: str) -> tuple[dict[str, tuple[str, int]], dict[str, Rows]]:
    head: dict[str, tuple[str, int]] = {}
    sections: dict[str, Rows] = {}
    section = ""
    for number, raw in enumerate(text.splitlines(), start=1):
        line = raw.strip()
        if not line or line == "EOF":
            continue
        if line in SECTIONS:
            section = line
            sections[section] = {}
        elif section:
            _add_row(sections[section], section, line, number)
        elif ":" in line:
            name, value = line.split(":", 1)
            head[name.strip()] = (value.strip(), number)
        else:
            raise FileError(f"line {number}", "is neither 'NAME : value' nor a section of a VRPLIB file")
    return head, sections


def _add_row(rows: Rows, section: str, line: str, number: int) -> None:
    fields = line.split()
    if section == "DEPOT_SECTION" and fields == ["-1"]:
        return
    if len(fields) != SECTIONS[section]:
        raise FileError(f"line {number}", f"a row of {section} has {SECTIONS[section]} numbers")
    try:
        node, values = int(fields[0]), [float(field) for field in fields[1:]]
    except ValueError:
        raise FileError(f"line {number}", "is not made of numbers") from None
    if not all(math.isfinite(value) and abs(value) < 1e9 for value in values):
        raise FileError(f"line {number}", "give finite numbers below a thousand million")
    if node in rows:
        raise FileError(f"line {number}", f"node {node} appears twice in {section}")
    rows[node] = (values, number)


def _positive(head: dict[str, tuple[str, int]], name: str) -> int:
    if name not in head:
        raise FileError("line 1", f"'{name} : value' is missing")
    value, line = head[name]
    if not value.isascii() or not value.isdigit() or not 0 < int(value) < 10**9:
        raise FileError(f"line {line}", f"{name} must be a whole number above 0")
    return int(value)


def _column(sections: dict[str, Rows], name: str, size: int) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    if name not in sections:
        raise FileError("line 1", f"{name} is missing")
    rows = sections[name]
    for node, (values, line) in rows.items():
        if not 1 <= node <= size:
            raise FileError(f"line {line}", f"node {node} is beyond DIMENSION {size}")
        if name == "NODE_COORD_SECTION":
            if max(map(abs, values)) > FARTHEST:
                raise FileError(f"line {line}", f"give coordinates between -{FARTHEST} and {FARTHEST}")
        elif min(values) < 0:
            raise FileError(f"line {line}", "negative numbers have no meaning here")
    missing = [node for node in range(1, size + 1) if node not in rows]
    if missing:
        raise FileError(
            f"line {max((line for _, line in rows.values()), default=1)}", f"{name} lacks node {missing[0]}"
        )
    return np.array([rows[node][0] for node in range(1, size + 1)], np.float64)


def _service(
    head: dict[str, tuple[str, int]], sections: dict[str, Rows], size: int
) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Service time by node: its own section, or one time for all but the depot."""
    if "SERVICE_TIME_SECTION" in sections:
        service = _column(sections, "SERVICE_TIME_SECTION", size)[:, 0].copy()
        service[0] = 0.0  # nobody is served at the depot
        return service
    value, line = head.get("SERVICE_TIME", ("0", 1))
    try:
        seconds = float(value)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds < 1e9:
        raise FileError(f"line {line}", "SERVICE_TIME must be a number of at least 0")
    service = np.full(size, seconds)
    service[0] = 0.0
    return service


def _check_depot(sections: dict[str, Rows]) -> None:
    for node, (_, line) in sections.get("DEPOT_SECTION", {}).items():
        if node != 1:
            raise FileError(f"line {line}", "the depot must be node 1, and the only one")
