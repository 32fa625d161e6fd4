"""Cells that hold several values: lists `a;b`, pairs `name:value;name:value`, fault codes `spn/fmi;spn/fmi`. Pure."""

import re
from collections.abc import Callable
from typing import Any

from cli.importing.cells import DAY, TEXT, WHOLE, BadCell, Cell, Json, read_text, read_whole, shown, write_text

_FAULT = re.compile(r"\s*(\d{1,6})\s*/\s*(\d{1,2})\s*", re.ASCII)


def _entries(cell: Any) -> list[Any]:
    if isinstance(cell, list | tuple):
        return list(cell)
    return [entry for entry in read_text(cell).split(";") if entry.strip()]


def _list_of(cell: Cell) -> Cell:
    def read(value: Any) -> list[Json]:
        return [cell.read(entry) for entry in _entries(value)]

    return Cell(f"list, {cell.what};{cell.what}", read, lambda values: ";".join(map(_entry(cell.write), values)))


def _pairs_of(cell: Cell) -> Cell:
    def read(value: Any) -> dict[str, Json]:
        pairs = list(value.items()) if isinstance(value, dict) else [_pair(entry) for entry in _entries(value)]
        read_pairs = {read_text(name): cell.read(entry) for name, entry in pairs}
        if len(read_pairs) < len(pairs):
            raise BadCell("names the same thing twice")
        return read_pairs

    def write(values: Json) -> str:
        return ";".join(f"{_name(name)}:{_entry(cell.write)(value)}" for name, value in values.items())

    return Cell(f"pairs, name:{cell.what};name:{cell.what}", read, write)


def _pair(entry: Any) -> tuple[str, str]:
    name, colon, value = read_text(entry).partition(":")
    if not colon or not name.strip() or not value.strip():
        raise BadCell(f"{shown(entry)} is not a pair: write name:value, and ; between two pairs")
    return name.strip(), value.strip()


def _name(name: str) -> str:
    if ":" in name:
        raise BadCell(f"{shown(name)} cannot be written: a name has no colon")
    return _entry(write_text)(name)


def _entry(write: Callable[[Json], str]) -> Callable[[Json], str]:
    def one(value: Json) -> str:
        text = write(value)
        if ";" in text:
            raise BadCell(f"{shown(text)} cannot be written: an entry of a list has no semicolon")
        return text

    return one


def _fault(entry: Any) -> dict[str, int]:
    if isinstance(entry, dict) and entry.keys() == {"spn", "fmi"}:
        return {name: read_whole(value) for name, value in entry.items()}
    found = _FAULT.fullmatch(read_text(entry))
    if found is None:
        raise BadCell(f"{shown(entry)} is not a fault code: write spn/fmi, as 100/1")
    return {"spn": int(found[1]), "fmi": int(found[2])}


TEXTS = _list_of(TEXT)
FAULTS = _list_of(Cell("spn/fmi", _fault, lambda code: f"{code['spn']}/{code['fmi']}"))
TEXT_PAIRS = _pairs_of(TEXT)
WHOLE_PAIRS = _pairs_of(WHOLE)
DAY_PAIRS = _pairs_of(DAY)
