"""One SQLite file, opened for a process: who may write when, and who may read meanwhile.

Writers take turns (see `sqlite_turns`): SQLite's own waiting sleeps and lets some starve.
Readers have a connection of their own and wait for nobody who writes. POSIX only, and not
on a network file system.

Nothing is answered before it is on the disk: the write-ahead log is synced after every
commit, as synchronous=FULL does, but by us, and after the lock is released (before, where
it did the work of other processes, who are told under it). So the next writer commits
while the last one waits for the disk, and one sync serves all who committed before it. A reader may for that moment see what a power cut would still undo;
whoever changes something after having seen it syncs that too, for the log is one file.
SQLite itself syncs what checkpoints need (synchronous=NORMAL).

SQLite must not be carried over a fork: a child believes it holds locks it does not
have. So every file is closed before a fork and opened again on both sides when needed.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path

from adapters import sqlite_schema
from adapters.sqlite_board import Board
from adapters.sqlite_turns import Opened, Transaction, sync_folder
from distribution.errors import DistributionError, InvalidInput, StoreBusy, StoreFailed, UnusableStore

BUSY_SECONDS = 30.0
"""How long to wait for a program that holds the database without queueing at the lock file."""
CACHE_KIB = 65_536
PAGE_SIZE = 2048
"""A pull writes some ten pages: half the usual size is a tenth faster, on a disk that syncs."""
CHECKPOINT_PAGES = 8000
"""Pages of the log (16 MiB) at which they move to the database: hot pages move once for many commits."""
MAGIC = b"SQLite format 3\0"


class SqliteFile:
    """Connections to one file, one to write and one to read.

    Raises:
        UnusableStore: the file is something else, or of a newer schema.
        StoreFailed: it cannot be opened.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.place = f"sqlite store at {str(path)!r}"
        self.writers = threading.RLock()
        self.readers = threading.RLock()
        self.forked: Callable[[], None] = lambda: None
        """Called in the child of a fork."""
        self.told = False
        """Whether a transaction answered what another process may have committed and not yet synced."""
        self.unsure = False
        """Whether what is being written may be kept, should this thread be stopped now."""
        self.turns = 0
        """Counts the turns to write."""
        self.unfinished = 0
        """The turn that began and has not ended; 0 for none."""
        self._writer_thread = 0
        self._changes = 0
        """Rows the connection had changed when its transaction began."""
        self._closed = False
        self._opened: Opened | None = None
        if "\0" in str(path):
            raise UnusableStore(self.place, "has a NUL in its name", "give the path of a file")
        if str(path) == ":memory:" or str(path).startswith("file:"):
            raise UnusableStore(
                self.place, "is not a path", "for a store in memory use adapters.memory.MemoryStore"
            )
        with self.translated("opening it"):
            # One database must have one lock file, whatever links lead to it.
            self.path = Path(path).resolve()
            self._name = str(self.path)
            with _opening:
                self._check_place()
                self.current()
                _files.add(self)

    def _check_place(self) -> None:
        """Look before anything is created, so that nothing is left beside a file that is not ours."""
        if self.path.is_dir():
            raise UnusableStore(self.place, "is a folder", "give the path of a file")
        if not self.path.parent.is_dir():
            raise UnusableStore(self.place, "lies in a folder that does not exist", "create the folder first")
        if not self.path.exists():
            return
        if not self.path.is_file():
            raise UnusableStore(self.place, "is not a regular file", "give the path of a file")
        if self._is_open_already():
            return
        with self.path.open("rb") as file:
            head = file.read(100)
        if head and not head.startswith(MAGIC):
            raise UnusableStore(self.place, "is not an SQLite database", "choose another path")
        # Bytes 60 and 68 of the header are the schema and the mark of the program.
        if head and int.from_bytes(head[68:72], "big") != sqlite_schema.APPLICATION_ID:
            raise UnusableStore(self.place, "belongs to another program", "choose another path")
        sqlite_schema.refuse_newer(int.from_bytes(head[60:64], "big"), self.place)

    def _is_open_already(self) -> bool:
        """Tell whether this process has the file open.

        Then it must not be read beside SQLite: whoever closes any descriptor of a file
        drops all locks that SQLite has on it, and another process may delete its log.
        """
        found = self.path.stat()
        return any(file.has_open((found.st_dev, found.st_ino)) for file in list(_files))

    def has_open(self, identity: tuple[int, int]) -> bool:
        """Tell whether it is this file, by device and inode, and is open."""
        return self._opened is not None and self._opened.identity == identity

    @contextmanager
    def translated(self, doing: str) -> Iterator[None]:
        """Turn what the driver and the system raise into our errors; let all others pass."""
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise self.failure(error, doing) from error

    def failure(self, error: sqlite3.Error | OSError, doing: str) -> StoreBusy | StoreFailed:
        """Make our error of what the driver or the system raised."""
        if isinstance(error, sqlite3.OperationalError) and error.sqlite_errorname in {
            "SQLITE_BUSY",
            "SQLITE_LOCKED",
        }:
            return StoreBusy(self.place, BUSY_SECONDS)
        return StoreFailed(self.place, doing)

    def current(self) -> Opened:
        """Give what this process holds; open the file where it is not open yet, or no more."""
        if self._closed:
            raise StoreFailed(self.place, "being used after it was closed")
        opened = self._opened
        if opened is None:
            with self.writers:
                opened = self._opened = self._opened or self._open()
        return opened

    def _open(self) -> Opened:
        """Open file and lock, make the file ours, bring it up to date."""
        fresh = not self.path.exists()
        with ExitStack() as undo:
            gate, line = (self._lock_file(end, undo) for end in ("lock", "line"))
            writer = undo.enter_context(closing(self._connect()))
            if not sqlite_schema.is_current(writer):
                fcntl.flock(gate, fcntl.LOCK_EX)
                sqlite_schema.migrate(writer, self.place)
                self._begin_log(writer)
                fcntl.flock(gate, fcntl.LOCK_UN)
            reader = undo.enter_context(closing(self._connect()))
            for ours in (writer, reader):
                ours.execute("PRAGMA synchronous = NORMAL")  # we sync the log ourselves, see above
            found = self.path.stat()
            if fresh:
                # SQLite synced the file, not the folder that has just learnt its name.
                sync_folder(self.path.parent)
            board = Board.at(self.path.with_name(f"{self.path.name}.board"))
            undo.pop_all()
        return Opened(self.path, (found.st_dev, found.st_ino), gate, line, writer, reader, board)

    def _lock_file(self, end: str, undo: ExitStack) -> int:
        """Open a file to lock beside the database."""
        found = os.open(f"{self.path}.{end}", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        undo.callback(os.close, found)
        return found

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self.path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        try:
            connection.execute(f"PRAGMA page_size = {PAGE_SIZE}")  # of a file that is new
            connection.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA fullfsync = ON")  # what it takes on macOS; nothing elsewhere
            connection.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
        except BaseException:
            connection.close()
            raise
        return connection

    def _begin_log(self, writer: sqlite3.Connection) -> None:
        """Switch to the write-ahead log, which a file stays with."""
        if writer.execute("PRAGMA journal_mode = WAL").fetchone()[0] != "wal":
            raise UnusableStore(self.place, "cannot keep a write-ahead log", "use a local disk")

    def _check_identity(self, opened: Opened) -> None:
        """Refuse to answer out of a file that nobody else finds any more."""
        try:
            found = os.stat(self._name)  # noqa: PTH116  a text; to make one of a Path takes longer than to look
        except FileNotFoundError:
            found = None
        if found is None or (found.st_dev, found.st_ino) != opened.identity:
            raise UnusableStore(
                self.place, "was moved, deleted or replaced since it was opened", "open it again"
            )

    def writing(self, doing: str, wish: Callable[[], str] | None = None) -> Writing:
        """Wait for our turn among processes; commit at the end, or roll back. The caller holds `writers`.

        *wish* is what another process may do for us meanwhile; where one did, the
        transaction has what was given, and there is nothing left to do.
        """
        return Writing(self, doing, wish)

    def begin(self, opened: Opened) -> None:
        """Begin to write, now that it is our turn."""
        self.unsure = False
        self._writer_thread = threading.get_ident()
        self._check_identity(opened)
        self._changes, self.told = opened.writer.total_changes, False
        opened.writer.execute("BEGIN IMMEDIATE")

    def finish(self, opened: Opened, turn: Transaction, *, keep: bool) -> None:
        """Commit or roll back, let the next one write, and wait for the disk."""
        try:
            if keep:
                self.unsure = True
                opened.writer.execute("COMMIT")
                turn.kept()
        finally:
            self._writer_thread = 0
            try:
                if opened.writer.in_transaction:
                    opened.writer.rollback()
                    turn.lost()
            finally:
                opened.leave()
        if keep and not turn.number and (opened.writer.total_changes != self._changes or self.told):
            opened.sync()

    def refuse_nested(self) -> None:
        """Raise where a decision calls the store it is made for.

        Raises:
            InvalidInput: this thread is in the middle of a transaction.
        """
        if self._writer_thread == threading.get_ident():
            raise InvalidInput(subject="a decision", must="be pure", got="a call of the store it is made for")

    @contextmanager
    def reading(self, doing: str) -> Iterator[sqlite3.Connection]:
        """Read as of one moment; takes no place in the queue of writers."""
        with self.translated(doing):
            opened = self._hold_to_read()
            try:
                self._check_identity(opened)
                opened.reader.execute("BEGIN")
                try:
                    yield opened.reader
                finally:
                    opened.reader.rollback()
            finally:
                self.readers.release()

    def _hold_to_read(self) -> Opened:
        """Take the lock of those who read, on a file that is open.

        Whoever wants both locks takes that of the writers first, so nobody opens a file
        while holding this one.
        """
        while True:
            self.readers.acquire()
            if self._opened is not None and not self._closed:
                return self._opened
            self.readers.release()
            self.current()

    def close(self) -> None:
        """Let go of everything; can be called repeatedly."""
        self._closed = True
        self.suspend()

    def suspend(self) -> None:
        """Close what is open, to be opened again when it is needed."""
        with self.writers, self.readers:
            opened, self._opened = self._opened, None
            self.unfinished = self._writer_thread = 0
            if opened is not None:
                opened.close()


class Writing:
    """A turn to write, see `SqliteFile.writing`. No generator: a call that others do is mostly this."""

    _ended = True

    def __init__(self, file: SqliteFile, doing: str, wish: Callable[[], str] | None) -> None:
        self._file = file
        self._doing = doing
        self._wish = wish
        self._turn: Transaction | None = None
        self._number = 0
        """Which turn it is, as the file counts them; 0 as long as it is not known to be ours."""

    def __enter__(self) -> Transaction:
        """Wait, and begin."""
        self._ended = False
        try:
            if self._file.unfinished:
                # Somebody was stopped at the end of a turn: it goes with the file.
                self._file.suspend()
            opened = self._file.current()
            self._turn = turn = Transaction(opened)
            self._file.unsure = self._wish is not None
            turn.given = opened.enter(self._wish)
            if turn.given is None:
                self._file.turns += 1
                self._file.unfinished = self._number = self._file.turns
                self._file.begin(opened)
            else:
                self._ended = True
        except BaseException as error:
            if self._turn is not None and not isinstance(error, Exception):
                # Stopped on the way in: the lock may be ours already, and goes with the file.
                self._turn.opened.broken = True
            self._end(error)
            raise
        return turn

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        """Commit, or roll back."""
        if not self._ended:
            self._end(error)

    def __del__(self) -> None:
        """End what a signal kept from its end, unless others have been here since: it may come before the first line."""
        if not self._ended and self._file.writers.acquire(blocking=False):
            try:
                if self._file.unfinished == self._number:
                    self._end(GeneratorExit())
            finally:
                self._file.writers.release()

    def _end(self, error: BaseException | None) -> None:
        """Let others write, in any case; turn what the driver and the system raise into our errors."""
        try:
            try:
                self._let_go(keep=error is None)
            finally:
                if self._turn is not None and self._turn.opened.broken:
                    self._file.suspend()
        except (sqlite3.Error, OSError) as failed:
            raise self._file.failure(failed, self._doing) from failed
        if isinstance(error, (sqlite3.Error, OSError)):
            raise self._file.failure(error, self._doing) from error

    def _let_go(self, *, keep: bool) -> None:
        turn = self._turn
        try:
            self._ended = True
            if turn is not None and self._number:
                try:
                    self._file.finish(turn.opened, turn, keep=keep)
                finally:
                    self._file.unfinished = 0
        except Exception:
            raise
        except BaseException:
            # Stopped on the way: what is held goes with the file, which is opened anew.
            if turn is not None:
                turn.opened.broken = True
            raise


_files: weakref.WeakSet[SqliteFile] = weakref.WeakSet()
_opening = threading.RLock()
"""Held while a file is looked at and opened, see `_is_open_already`."""
_held: list[SqliteFile] = []


def _before_fork() -> None:
    """Wait until nobody is at work, close every file, and keep others out until the fork is done."""
    _opening.acquire()
    for file in list(_files):
        file.writers.acquire()
        file.readers.acquire()
        _held.append(file)
        with suppress(DistributionError, sqlite3.Error, OSError):
            file.suspend()


def _after_fork() -> None:
    """Let the threads of this side go on; files open again when they are needed."""
    while _held:
        file = _held.pop()
        file.readers.release()
        file.writers.release()
    _opening.release()


def _after_fork_in_child() -> None:
    """Forget what threads were waiting for that this process does not have."""
    for file in _held:
        file.forked()
    _after_fork()


os.register_at_fork(before=_before_fork, after_in_parent=_after_fork, after_in_child=_after_fork_in_child)
