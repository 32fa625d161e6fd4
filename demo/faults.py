"""What the maker's own records say of some faults: the lists of causes that replace the shipped ones."""

from typing import Any

from services.orders.catalogue import shipped

Row = dict[str, Any]
RECORDED = {"rail-pressure-low": 24, "scr-inducement": 18, "brake-air-low": 9}
"""Faults of which the maker has so many times the shipped number of orders on record."""


def cause_rows() -> list[Row]:
    """The causes of the recorded faults, the usual one commoner than the shipped list says."""
    rows: list[Row] = []
    for fault, times in RECORDED.items():
        causes = [cause for cause in shipped().causes.causes if cause.fault == fault]
        for rank, cause in enumerate(causes):
            orders = round(cause.prior * times * (1.3 if rank == 0 else 0.8))
            names = {"name_zh": cause.name_zh, "name_en": cause.name_en}
            rows.append(
                {"fault": fault, "cause": cause.cause, **names, "prior": float(orders), "parts": dict(cause.parts)}
            )
    return rows
