"""The cores that this process may use: in a container often fewer than the machine has."""

import math
import os
from collections.abc import Iterator
from pathlib import Path

_CGROUPS = Path("/sys/fs/cgroup")


def usable_cores() -> int:
    """Return the number of cores, within CPU sets and the CPU quotas of Docker or systemd."""
    try:
        return within_quotas(
            len(os.sched_getaffinity(0)), Path("/proc/self/cgroup").read_text(), _CGROUPS
        )
    except (AttributeError, OSError, ValueError):  # not Linux, or another format
        return os.cpu_count() or 1


def within_quotas(cores: int, membership: str, root: Path) -> int:
    """Return the cores that the quotas of cgroup v2 leave, rounded up.

    `membership` is the content of /proc/self/cgroup.
    """
    for quota, period in _quotas(membership, root):
        if quota != "max":
            cores = min(cores, math.ceil(int(quota) / int(period)))
    return cores


def _quotas(membership: str, root: Path) -> Iterator[list[str]]:
    """Yield `cpu.max` of the cgroup and of those around it, as each of them limits."""
    paths = [line.removeprefix("0::/") for line in membership.splitlines() if line[:3] == "0::"]
    for path in paths:
        cgroup = root / path
        for each in (cgroup, *cgroup.parents):
            if each.is_relative_to(root) and (limit := each / "cpu.max").is_file():
                yield limit.read_text().split()
