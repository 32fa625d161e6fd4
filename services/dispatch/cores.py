"""How many cores this process may use: a container's share, not the machine's."""

import os
from pathlib import Path

QUOTA = Path("/sys/fs/cgroup/cpu.max")
"""Of cgroup v2: microseconds, or "max", in each period of so many microseconds."""


def cores(quota: Path = QUOTA) -> int:
    """At least one; a part of a core counts as none."""
    ours = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:
        granted, period = quota.read_text().split()
        return max(1, min(ours, int(granted) // int(period)))
    except (OSError, ValueError):  # no quota, or no cgroup v2
        return ours
