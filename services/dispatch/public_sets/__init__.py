"""Readers of the public instance files: VRPLIB `.vrp` (VRPTW) and technician routing `.txt` (TRSP)."""

from .errors import FileError
from .trsp_file import read_trsp
from .vrplib_file import read_vrplib

__all__ = ["FileError", "read_trsp", "read_vrplib"]
