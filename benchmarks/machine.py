"""Facts about the machine a result was measured on, and nothing that names it.

Holds: processor, cores, memory, load, versions.
Does not hold: host names, users, paths: results are committed.
"""

from __future__ import annotations

import os
import platform
import sqlite3
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

PEERS = {
    "numpy": "numpy",
    "polars": "polars",
    "scikit-learn": "sklearn",
    "huey": "huey",
    "persist-queue": "persistqueue",
    "litequeue": "litequeue",
}
"""Name on PyPI and name to import."""


def missing_peers() -> list[str]:
    """Name the peers that are not installed."""
    return [name for name, module in PEERS.items() if find_spec(module) is None]


def facts() -> dict[str, object]:
    """Describe machine and versions.

    Load is the number of busy programs just before: 0 on a calm machine.
    """
    return {
        "cpu": _cpu(),
        "cores": os.cpu_count(),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "system": f"{platform.system()} {platform.machine()}",
        "load_before": load(),
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "sqlite": sqlite3.sqlite_version,
        **{name: found for name in PEERS if (found := _version(name))},
    }


def load() -> float:
    """Give the load average of the last minute."""
    return round(os.getloadavg()[0], 2)


def _cpu() -> str:
    """Read the model where the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or "unknown"
    return next(
        (line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown"
    )


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
