"""What a queue really does for durability, read from its connections and from its log.

Holds: settings of live connections, commits in a write-ahead log, the time of a sync.
Does not hold: queues (see queues), opinions.

What a package says of itself is not asked. Its connections are, as they are made by
`sqlite3.connect`; and its commits are counted where SQLite writes them.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any
from unittest import mock

from benchmarks.queues import Queue, Taken
from benchmarks.rounds import short

LEVELS = ("OFF", "NORMAL", "FULL", "EXTRA")
"""What the numbers of PRAGMA synchronous are called."""
WAL_HEADER = 32
FRAME_HEADER = 24


@contextmanager
def noted_connections() -> Iterator[list[sqlite3.Connection]]:
    """Note every connection that is made meanwhile."""
    made: list[sqlite3.Connection] = []
    connect = sqlite3.connect

    def noting(*args: Any, **kwargs: Any) -> sqlite3.Connection:
        connection: sqlite3.Connection = connect(*args, **kwargs)
        made.append(connection)
        return connection

    with mock.patch.object(sqlite3, "connect", noting):
        yield made


def settings(connections: list[sqlite3.Connection]) -> list[str]:
    """Ask those that are open for journal and syncs."""
    found = set()
    for connection in connections:
        try:
            journal = connection.execute("PRAGMA journal_mode").fetchone()[0]
            level = connection.execute("PRAGMA synchronous").fetchone()[0]
        except sqlite3.ProgrammingError:  # closed, or of a thread that has ended
            continue
        found.add(f"{journal} {LEVELS[level]}")
    return sorted(found)


def commits(folder: Path) -> int:
    """Count the commits in the write-ahead logs of a folder, since they were begun.

    A frame that ends a transaction says how many pages the database has then; all others
    say 0. Frames of an older round of the log have another salt.

    Source: SQLite's documentation of the WAL file format.
    """
    return sum(_commits(path.read_bytes()) for path in folder.glob("*-wal"))


def _commits(log: bytes) -> int:
    if len(log) < WAL_HEADER:
        return 0
    step = FRAME_HEADER + int.from_bytes(log[8:12], "big")
    heads = (log[at : at + FRAME_HEADER] for at in range(WAL_HEADER, len(log), step))
    return sum(head[8:16] == log[16:24] and any(head[4:8]) for head in heads)


def probe(queue: Queue, folder: Path) -> dict[str, object]:
    """Count the commits of one claim and one finish."""
    taken: list[Taken] = []
    start = commits(folder)
    queue.claim(0, taken)
    claimed = commits(folder)
    queue.finish(0, taken)
    return {"claim_commits": claimed - start, "finish_commits": commits(folder) - claimed}


def sync_ms(folder: Path, times: int = 50) -> float:
    """Time writing and syncing a page: what no durable commit can be faster than.

    A shared disk has moods, by a factor of thirty: ask before every run.
    """
    took = []
    path = folder / "sync"
    file = os.open(path, os.O_RDWR | os.O_CREAT)
    sync = getattr(os, "fdatasync", os.fsync)
    try:
        for _ in range(times):
            begin = perf_counter()
            os.write(file, b"\0" * 4096)
            sync(file)
            took.append(perf_counter() - begin)
    finally:
        os.close(file)
        path.unlink()
    return short(median(took) * 1000)
