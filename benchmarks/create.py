"""Creating a task in SQLite, beside inserting the very same rows with nothing else.

Holds: both ways, their run.
Does not hold: the loop (see rounds).

The bare way gets the rows ready-made in lists of tuples: it neither checks ids, nor
plans, nor makes a row. It has the same tables, indexes, settings and one transaction.
Opening and closing the file is not timed for either.
"""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Mapping
from pathlib import Path
from statistics import median
from typing import Any, TypeAlias

from adapters import sqlite_schema
from adapters.dispatcher import Dispatcher
from adapters.sqlite import SqliteStore
from adapters.sqlite_file import CACHE_KIB
from benchmarks.report import Target, markdown, power, significant, verdicts
from benchmarks.rounds import interleave, ratio, spread
from distribution import Workload

Rows: TypeAlias = dict[str, list[tuple[Any, ...]]]
"""Rows by table."""

TABLES = ("task", "op", "member", "item", "placement")
ITEMS = 10**6
PEOPLE = 10
ROUNDS = 11


def run(*, n: int = ITEMS, rounds: int = ROUNDS) -> dict[str, Any]:
    """Time both ways on fresh files."""
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder), n)
        try:
            samples = interleave({"ours": bench.ours, "bare": bench.bare}, rounds, before=bench.begin)
        finally:
            bench.end()
    return {"n": n, "assignees": PEOPLE, "rounds": rounds, "seconds": samples}


class Bench:
    """Both ways to fill a file in a folder."""

    def __init__(self, folder: Path, n: int) -> None:
        self.folder = folder / "files"
        self.ids = [f"item-{i:08}" for i in range(n)]
        self.workload = Workload.weights([(f"person-{i:04}@example.org", i + 1) for i in range(PEOPLE)])
        self.tasks: Dispatcher | None = None
        self.connection: sqlite3.Connection | None = None
        # What ours writes is what the bare way will write.
        self.begin("ours")
        self.ours(0)
        self.end(keep=True)
        self.rows = rows_of(self.folder / "tasks.db")

    def begin(self, name: str) -> None:
        """Open a fresh file for one of the ways."""
        self.end()
        self.folder.mkdir()
        if name == "ours":
            self.tasks = Dispatcher(SqliteStore(self.folder / "tasks.db"))
        else:
            self.connection = bare_file(self.folder / "tasks.db")

    def end(self, *, keep: bool = False) -> None:
        """Close what is open, and remove it."""
        if self.tasks is not None:
            self.tasks.close()
        if self.connection is not None:
            self.connection.close()
        self.tasks = self.connection = None
        if not keep:
            shutil.rmtree(self.folder, ignore_errors=True)

    def ours(self, _: int) -> None:
        """Create a task."""
        assert self.tasks is not None
        self.tasks.create("benchmark", self.ids, workload=self.workload, seed=7, id="benchmark")

    def bare(self, _: int) -> None:
        """Insert its rows."""
        assert self.connection is not None
        insert(self.connection, self.rows)


def bare_file(path: Path) -> sqlite3.Connection:
    """Make a file with the store's tables and settings."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
    for step in sqlite_schema.STEPS:
        connection.executescript(f"BEGIN; {step}; COMMIT;")
    connection.execute("PRAGMA journal_mode = WAL").fetchone()
    connection.execute("PRAGMA synchronous = FULL")
    return connection


def insert(connection: sqlite3.Connection, rows: Mapping[str, list[tuple[Any, ...]]]) -> None:
    """Insert rows in one transaction."""
    connection.execute("BEGIN IMMEDIATE")
    for table, some in rows.items():
        marks = ", ".join("?" * len(some[0]))
        connection.executemany(f"INSERT INTO {table} VALUES ({marks})", some)  # noqa: S608  our own names
    connection.commit()


def rows_of(path: Path) -> Rows:
    """Read all rows of a file."""
    connection = sqlite3.connect(path)
    try:
        return {table: connection.execute(f"SELECT * FROM {table}").fetchall() for table in TABLES}  # noqa: S608
    finally:
        connection.close()


def targets(found: Mapping[str, Any]) -> list[Target]:
    """Set the ratio beside what DESIGN section 8 wants."""
    seconds = found["seconds"]
    title = f"create {power(found['n'])} items, times a bare executemany"
    return [Target(title, ratio(seconds["ours"], seconds["bare"]), most=2)]


def report(found: Mapping[str, Any]) -> str:
    """Show both times and their ratio."""
    names = {"ours": "Dispatcher.create on SqliteStore", "bare": "executemany of the same rows"}
    rows = []
    for key, name in names.items():
        seconds = found["seconds"][key]
        low, high = spread(seconds)
        quarters = f"{significant(low)}-{significant(high)}"
        rows.append(
            (name, significant(median(seconds)), quarters, significant(median(seconds) / found["n"] * 1e6))
        )
    return "\n\n".join(
        [markdown(("way", "seconds", "quarters", "us per item"), rows), verdicts(targets(found))]
    )
