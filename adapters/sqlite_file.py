"""One SQLite file, opened for a process: who may write when, and who may read meanwhile.

Writers queue at two lock files beside the database (flock), one for who writes and one
for who is next, and only then begin: SQLite's own waiting sleeps and lets some starve.
While they queue, whoever writes may do what they wait for (see `sqlite_board`). Readers
have a connection of their own and wait for nobody who writes. POSIX only, and not on a
network file system.

Nothing is answered before it is on the disk: the write-ahead log is synced after every
commit, as synchronous=FULL does, but by us and after the lock is released. So the next
writer commits while the last one waits for the disk, and one sync serves all who
committed before it. A reader may for that moment see what a power cut would still undo;
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
from contextlib import contextmanager, suppress
from functools import partial
from itertools import islice
from pathlib import Path
from time import perf_counter

import attrs

from adapters import sqlite_schema
from adapters.sqlite_board import LONGEST, SHORTEST, Board
from distribution.errors import DistributionError, InvalidInput, StoreBusy, StoreFailed, UnusableStore

BUSY_SECONDS = 30.0
"""How long to wait for a program that holds the database without queueing at the lock file."""
CACHE_KIB = 65_536
AWAKE_SECONDS, QUEUE_SECONDS = 0.0006, 0.002
"""How long one looks for the lock before it sleeps: whose wish others may do, and who has to be next."""
PAGE_SIZE = 2048
"""A pull writes some ten pages: half the usual size is a tenth faster, on a disk that syncs."""
MOST = 64
"""For how many other processes one does their work; then it is the next one's turn."""
COUNTED = "UPDATE served SET number = number + 1 RETURNING number"
CHECKPOINT_PAGES = 8000
"""Pages of the log (16 MiB) at which they move to the database: hot pages move once for many commits."""
MAGIC = b"SQLite format 3\0"


@attrs.define
class Opened:
    """What one process holds of the file."""

    path: Path
    identity: tuple[int, int]
    """Device and inode: another file of the same name is another file."""
    gate: int
    """Descriptor of the lock file: who holds it writes."""
    line: int
    """Descriptor of a second one: who holds it is next."""
    writer: sqlite3.Connection
    reader: sqlite3.Connection
    board: Board | None
    """Where the system has none, everybody does his own work."""
    crowded: bool = False
    """Whether there were too many at work last time to wait awake."""
    log: int = -1
    """Descriptor of the write-ahead log, once there was something to sync."""

    def enter(self, wish: Callable[[], str] | None = None) -> bool:
        """Wait for our turn to write; False where somebody did what we wish meanwhile.

        Of two or three at work each has the next turn soon, and looks for it awake; where
        there are more, sleeping until it is done leaves the processors to those at work.
        """
        board = self.board
        if board is not None and wish is not None:
            if self._enter_soon(0.0 if self.crowded else AWAKE_SECONDS):
                self.crowded = False
                return self._begin(posted=False)
            if board.post(wish()):
                self.crowded = True
                return self._sleep(board)
        fcntl.flock(self.line, fcntl.LOCK_EX)
        try:
            if not self._look(QUEUE_SECONDS):
                fcntl.flock(self.gate, fcntl.LOCK_EX)
        finally:
            fcntl.flock(self.line, fcntl.LOCK_UN)
        return self._begin(posted=False)

    def _enter_soon(self, seconds: float = 0.0) -> bool:
        """Take the lock where nobody else queues for it, and it is free within a moment."""
        if not _lock_at_once(self.line):
            return False
        try:
            return self._look(seconds)
        finally:
            fcntl.flock(self.line, fcntl.LOCK_UN)

    def _look(self, seconds: float) -> bool:
        """Look for the lock, again and again for a moment: to wake a process takes half as long as a transaction."""
        patience = perf_counter() + seconds
        while not _lock_at_once(self.gate):
            if perf_counter() >= patience:
                return False
            os.sched_yield()
        return True

    def _sleep(self, board: Board) -> bool:
        """Sleep until what we posted is done, or it is our turn."""
        seconds = SHORTEST
        while not board.given():
            if self._enter_soon():
                return self._begin(posted=True)
            board.sleep(seconds)
            seconds = min(2 * seconds, LONGEST)
        return False

    def _begin(self, *, posted: bool) -> bool:
        """Bring the board into order, now that it is our turn; False where nothing is left to do."""
        if self.board is None:
            return True
        try:
            if self.board.prepared():
                # Somebody died in the middle: what was committed, the database says.
                number = self.writer.execute("SELECT number FROM served").fetchone()[0]
                self.sync()
                self.board.conclude(number)
            if posted and self.board.given():
                self.leave()
                return False
            self.board.sit()
        except BaseException:
            self.leave()
            raise
        return True

    def taken(self) -> str | None:
        """Take what somebody has done for us."""
        return None if self.board is None else self.board.take()

    def leave(self) -> None:
        """Let the next one write."""
        fcntl.flock(self.gate, fcntl.LOCK_UN)
        if self.board is not None:
            self.board.hand_on()

    def sync(self) -> None:
        """Wait until what was committed is on the disk."""
        if self.log < 0:
            self.log = os.open(f"{self.path}-wal", os.O_RDONLY | os.O_CLOEXEC)
            # The log is new to its folder; as long as this connection is open it stays.
            sync_folder(self.path.parent)
        sync_file(self.log)

    def close(self) -> None:
        """Close all of it.

        The last connection checkpoints as it closes, which is a write like any other;
        where somebody else holds the lock, ours is not the last.
        """
        with suppress(BlockingIOError):
            fcntl.flock(self.gate, fcntl.LOCK_EX | fcntl.LOCK_NB)
        self.reader.close()
        self.writer.close()
        fcntl.flock(self.gate, fcntl.LOCK_UN)
        os.close(self.gate)
        os.close(self.line)
        if self.board is not None:
            self.board.close()
        if self.log >= 0:
            os.close(self.log)


@attrs.define
class Transaction:
    """Our turn to write."""

    _opened: Opened
    given: str | None = None
    """What another process has done for us; then there is nothing left to do."""
    number: int = 0
    """Counts the transactions in which somebody's work was done by another; 0 in all others."""
    broken: bool = False
    """Whether the disk failed after it was committed."""

    @property
    def connection(self) -> sqlite3.Connection:
        """Give the connection that writes."""
        return self._opened.writer

    def serve(self, do: Callable[[str], str]) -> None:
        """Do what other processes wait for, each whole or not at all; at most `MOST` of them."""
        board = self._opened.board
        served, before = 0, -1
        while board is not None and before < served < MOST:
            before = served
            for seat, text in islice(board.waiting(), MOST - served):
                self._serve(board, seat, partial(do, text))
                served += 1

    def _serve(self, board: Board, seat: int, do: Callable[[], str]) -> None:
        """Do what one of them waits for; what fails is left to its owner, who then hears why."""
        connection = self.connection
        if not self.number:
            self.number = connection.execute(COUNTED).fetchall()[0][0]
        connection.execute("SAVEPOINT served")
        try:
            answered = board.prepare(seat, self.number, do())
        except Exception:
            if not connection.in_transaction:
                # A full disk may have ended the whole transaction.
                raise
            answered = False
        if not answered:
            connection.execute("ROLLBACK TO served")
            board.leave(seat)
        connection.execute("RELEASE served")

    def kept(self) -> None:
        """Give others their answers, once they are on the disk."""
        if self.number and self._opened.board is not None:
            self.broken = True
            self._opened.sync()
            self.broken = False
            self._opened.board.conclude(self.number)

    def lost(self) -> None:
        """Let others do their work by themselves."""
        if self.number and self._opened.board is not None:
            self._opened.board.conclude(None)


def _lock_at_once(descriptor: int) -> bool:
    """Take a lock that nobody has; tell whether it was so."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def sync_file(descriptor: int) -> None:
    """Wait until a file's data is on the disk."""
    if hasattr(fcntl, "F_FULLFSYNC"):
        fcntl.fcntl(descriptor, fcntl.F_FULLFSYNC)
    else:
        os.fdatasync(descriptor)


def sync_folder(folder: Path) -> None:
    """Wait until the names in a folder are on the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


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
        self._writer_thread = 0
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
        with self.path.open("rb") as file:
            head = file.read(100)
        if head and not head.startswith(MAGIC):
            raise UnusableStore(self.place, "is not an SQLite database", "choose another path")
        # Bytes 60 and 68 of the header are the schema and the mark of the program.
        if head and int.from_bytes(head[68:72], "big") != sqlite_schema.APPLICATION_ID:
            raise UnusableStore(self.place, "belongs to another program", "choose another path")
        sqlite_schema.refuse_newer(int.from_bytes(head[60:64], "big"), self.place)

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
        with self.writers:
            if self._opened is None:
                self._opened = self._open()
            return self._opened

    def _open(self) -> Opened:
        """Open file and lock, make the file ours, bring it up to date."""
        fresh = not self.path.exists()
        gate = os.open(f"{self.path}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        line = os.open(f"{self.path}.line", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        writer = reader = None
        try:
            writer = self._connect()
            if not sqlite_schema.is_current(writer):
                fcntl.flock(gate, fcntl.LOCK_EX)
                sqlite_schema.migrate(writer, self.place)
                self._begin_log(writer)
                fcntl.flock(gate, fcntl.LOCK_UN)
            reader = self._connect()
            for ours in (writer, reader):
                ours.execute("PRAGMA synchronous = NORMAL")  # we sync the log ourselves, see above
            board = Board(self.path.with_name(f"{self.path.name}.board")) if Board.works() else None
            found = self.path.stat()
        except BaseException:
            for connection in (writer, reader):
                if connection is not None:
                    connection.close()
            os.close(gate)
            os.close(line)
            raise
        if fresh:
            # SQLite synced the file, not the folder that has just learnt its name.
            sync_folder(self.path.parent)
        return Opened(self.path, (found.st_dev, found.st_ino), gate, line, writer, reader, board)

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
            found = self.path.stat()
        except FileNotFoundError:
            found = None
        if found is None or (found.st_dev, found.st_ino) != opened.identity:
            raise UnusableStore(
                self.place, "was moved, deleted or replaced since it was opened", "open it again"
            )

    @contextmanager
    def writing(self, doing: str, wish: Callable[[], str] | None = None) -> Iterator[Transaction]:
        """Wait for our turn among threads and processes; commit at the end, or roll back.

        *wish* is what another process may do for us meanwhile; where one did, the
        transaction has what was given, and there is nothing left to do.
        """
        with self.writers, self.translated(doing):
            opened = self.current()
            turn = Transaction(opened)
            if not opened.enter(wish):
                turn.given = opened.taken()
                yield turn
                return
            self._writer_thread = threading.get_ident()
            try:
                self._check_identity(opened)
                before, self.told = opened.writer.total_changes, False
                opened.writer.execute("BEGIN IMMEDIATE")
                yield turn
                opened.writer.execute("COMMIT")
                turn.kept()
            finally:
                self._writer_thread = 0
                if opened.writer.in_transaction:
                    opened.writer.rollback()
                    turn.lost()
                opened.leave()
                if turn.broken:
                    self.suspend()
            if not turn.number and (opened.writer.total_changes != before or self.told):
                self._sync(opened)

    def _sync(self, opened: Opened) -> None:
        """Wait for the disk; where that fails nobody knows what it holds, so all is opened anew."""
        try:
            opened.sync()
        except OSError:
            self.suspend()
            raise

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
        with self.readers, self.translated(doing):
            opened = self._opened if self._opened is not None and not self._closed else self.current()
            self._check_identity(opened)
            opened.reader.execute("BEGIN")
            try:
                yield opened.reader
            finally:
                opened.reader.rollback()

    def close(self) -> None:
        """Let go of everything; can be called repeatedly."""
        self._closed = True
        self.suspend()

    def suspend(self) -> None:
        """Close what is open, to be opened again when it is needed."""
        with self.readers, self.writers:
            opened, self._opened = self._opened, None
            if opened is not None:
                opened.close()


_files: weakref.WeakSet[SqliteFile] = weakref.WeakSet()
_held: list[SqliteFile] = []


def _before_fork() -> None:
    """Wait until nobody is at work, close every file, and keep others out until the fork is done."""
    for file in list(_files):
        file.readers.acquire()
        file.writers.acquire()
        _held.append(file)
        with suppress(DistributionError, sqlite3.Error, OSError):
            file.suspend()


def _after_fork() -> None:
    """Let the threads of this side go on; files open again when they are needed."""
    while _held:
        file = _held.pop()
        file.writers.release()
        file.readers.release()


def _after_fork_in_child() -> None:
    """Forget what threads were waiting for that this process does not have."""
    for file in _held:
        file.forked()
    _after_fork()


os.register_at_fork(before=_before_fork, after_in_parent=_after_fork, after_in_child=_after_fork_in_child)
