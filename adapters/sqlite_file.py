"""One SQLite file, opened for a process: who may write when, and who may read meanwhile.

Writers queue at a lock file beside the database (flock) and only then begin: SQLite's
own waiting sleeps and lets some starve. Write-ahead log, synchronous=FULL: what was
committed survives a crash of the machine. Readers have a connection of their own and
wait for nobody who writes. POSIX only, and not on a network file system.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import attrs

from adapters import sqlite_schema
from distribution.errors import InvalidInput, StoreBusy, StoreFailed, UnusableStore

BUSY_SECONDS = 30.0
"""How long to wait for a program that holds the database without queueing at the lock file."""
CACHE_KIB = 65_536


@attrs.define
class Opened:
    """What one process holds of the file."""

    pid: int
    gate: int
    """Descriptor of the lock file."""
    writer: sqlite3.Connection
    reader: sqlite3.Connection
    writing: threading.RLock = attrs.field(factory=threading.RLock)
    reading: threading.Lock = attrs.field(factory=threading.Lock)


class SqliteFile:
    """Connections to one file, one to write and one to read.

    Raises:
        UnusableStore: the file is something else, or of a newer schema.
        StoreFailed: it cannot be opened.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        self.place = f"sqlite store at {str(path)!r}"
        self._parents: list[Opened] = []
        self._check_place()
        self._opened: Opened | None = self._open()

    def _check_place(self) -> None:
        """Look before anything is created."""
        if str(self.path) == ":memory:" or str(self.path).startswith("file:"):
            raise UnusableStore(
                self.place, "is not a path", "for a store in memory use adapters.memory.MemoryStore"
            )
        if self.path.is_dir():
            raise UnusableStore(self.place, "is a folder", "give the path of a file")
        if not self.path.parent.is_dir():
            raise UnusableStore(self.place, "lies in a folder that does not exist", "create the folder first")
        with self._failures("opening it"):
            if self.path.exists():
                with self.path.open("rb") as file:
                    head = file.read(16)
                if head not in (b"", b"SQLite format 3\0"):
                    raise UnusableStore(self.place, "is not an SQLite database", "choose another path")

    @contextmanager
    def _failures(self, doing: str) -> Iterator[None]:
        """Turn what the driver and the system raise into our errors; let all others pass."""
        try:
            yield
        except sqlite3.OperationalError as error:
            if error.sqlite_errorname in {"SQLITE_BUSY", "SQLITE_LOCKED"}:
                raise StoreBusy(self.place, BUSY_SECONDS) from error
            raise StoreFailed(self.place, doing) from error
        except (sqlite3.Error, OSError) as error:
            raise StoreFailed(self.place, doing) from error

    def _open(self) -> Opened:
        """Open file and lock, make the file ours, bring it up to date."""
        with self._failures("opening it"):
            fresh = not self.path.exists()
            gate = os.open(f"{self.path}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
            try:
                fcntl.flock(gate, fcntl.LOCK_EX)
                writer = self._connect()
                try:
                    sqlite_schema.migrate(writer, self.place)
                    self._begin_log(writer)
                    reader = self._connect()
                except BaseException:
                    writer.close()
                    raise
                fcntl.flock(gate, fcntl.LOCK_UN)
            except BaseException:
                os.close(gate)
                raise
            if fresh:
                # FULL syncs the file, not the folder that has just learnt its name.
                folder = os.open(self.path.parent, os.O_RDONLY)
                os.fsync(folder)
                os.close(folder)
            return Opened(os.getpid(), gate, writer, reader)

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self.path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        connection.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
        return connection

    def _begin_log(self, writer: sqlite3.Connection) -> None:
        """Make sure that what is committed is on disk."""
        if writer.execute("PRAGMA journal_mode = WAL").fetchone()[0] != "wal":
            raise UnusableStore(self.place, "cannot keep a write-ahead log", "use a local disk")
        writer.execute("PRAGMA synchronous = FULL")

    def _current(self) -> Opened:
        """Give what this process holds; a child of a fork opens the file for itself."""
        if self._opened is None:
            raise StoreFailed(self.place, "being used after it was closed")
        if self._opened.pid != os.getpid():
            # The parent's handles must be neither used nor closed here: closing would drop its locks.
            self._parents.append(self._opened)
            self._opened = self._open()
        return self._opened

    @contextmanager
    def writing(self, doing: str) -> Iterator[sqlite3.Connection]:
        """Wait for our turn among threads and processes; commit at the end, or roll back."""
        opened = self._current()
        with opened.writing, self._failures(doing):
            if opened.writer.in_transaction:
                raise InvalidInput(
                    subject="a decision", must="be pure", got="a call of the store it is made for"
                )
            fcntl.flock(opened.gate, fcntl.LOCK_EX)
            try:
                opened.writer.execute("BEGIN IMMEDIATE")
                yield opened.writer
                opened.writer.execute("COMMIT")
            finally:
                if opened.writer.in_transaction:
                    opened.writer.rollback()
                fcntl.flock(opened.gate, fcntl.LOCK_UN)

    @contextmanager
    def reading(self, doing: str) -> Iterator[sqlite3.Connection]:
        """Read as of one moment; takes no place in the queue of writers."""
        opened = self._current()
        with opened.reading, self._failures(doing):
            opened.reader.execute("BEGIN")
            try:
                yield opened.reader
            finally:
                opened.reader.rollback()

    def close(self) -> None:
        """Let go of everything; can be called repeatedly."""
        opened, self._opened = self._opened, None
        if opened is not None and opened.pid == os.getpid():
            with opened.writing, opened.reading:
                # The last connection checkpoints as it closes, which is a write like any other.
                fcntl.flock(opened.gate, fcntl.LOCK_EX)
                opened.reader.close()
                opened.writer.close()
                os.close(opened.gate)
