"""A container's share of the machine."""

import os
from pathlib import Path

import pytest

from services.dispatch.cores import cores

HERE = len(os.sched_getaffinity(0))


@pytest.mark.parametrize(
    ("quota", "expected"),
    [("50000 100000", 1), ("100000 100000", 1), ("max 100000", HERE), ("9900000 100000", HERE), ("broken", HERE)],
)
def test_the_quota_counts_where_there_is_one(tmp_path: Path, quota: str, expected: int) -> None:
    file = tmp_path / "cpu.max"
    file.write_text(quota + "\n")
    assert cores(file) == expected


def test_without_a_quota_it_is_what_the_process_may_run_on(tmp_path: Path) -> None:
    assert cores(tmp_path / "none") == HERE
