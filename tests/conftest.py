"""Profiles of Hypothesis, and the tables of published numbers."""

from __future__ import annotations

import csv
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from tests.office import Office
    from tests.remote_driver import Driver

settings.register_profile("dev", max_examples=60, deadline=None)
settings.register_profile("ci", max_examples=50, deadline=None, derandomize=True, print_blob=True)
settings.register_profile(
    "soak", max_examples=10_000, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "dev"))

ORACLES = Path(__file__).parent / "oracles"


def table(name: str) -> list[dict[str, str]]:
    """Read one of the tables in tests/oracles; see SOURCES.md there."""
    with (ORACLES / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def numbers(text: str) -> list[int]:
    """Read numbers separated by spaces."""
    return [int(number) for number in text.split()]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say at the end why tests were skipped, each reason once."""
    reports = terminalreporter.stats.get("skipped", [])
    for reason, count in Counter(str(report.longrepr[2]) for report in reports).items():
        terminalreporter.write_line(f"{count} skipped: {reason.removeprefix('Skipped: ')}", yellow=True)


@pytest.fixture(params=["memory", "sqlite"])
def office(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Office]:
    """Give a dispatcher on each store, at noon."""
    # Imported late, so that coverage has begun.
    from adapters.memory import MemoryStore
    from adapters.sqlite import SqliteStore
    from tests.office import Office

    store = MemoryStore() if request.param == "memory" else SqliteStore(tmp_path / "work.db")
    with Office(store) as office:
        yield office


@pytest.fixture(scope="session")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Driver]:
    """Give what runs the real SDK against a server of ours; one for all tests of a process."""
    from tests.remote_driver import served

    with served(tmp_path_factory.mktemp("dataloop")) as driver:
        yield driver
