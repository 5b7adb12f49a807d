"""Whose turn it is to write to an SQLite file: what a process holds of it, and how it waits.

Writers queue at two lock files beside the database (flock), one for who writes and one
for who is next. While they wait, whoever writes may do what they wait for (see
`sqlite_board`).
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import Callable
from contextlib import ExitStack, suppress
from functools import partial
from itertools import islice
from pathlib import Path
from time import perf_counter
from typing import Any

import attrs

from adapters.sqlite_board import LONGEST, SHORTEST, Board

AWAKE_SECONDS, QUEUE_SECONDS = 0.0006, 0.002
"""How long one looks for the lock before it sleeps: whose wish others may do, and who has to be next."""
LINGER_SECONDS = 0.002
"""How long one waits, with the work of others done, for those who will wish for more; beside busy threads it is longer."""
CROWD = 2
"""Others whose work was done, at least, for it to be worth waiting for more."""
MOST = 64
"""For how many other processes one does their work; then it is the next one's turn."""
NAPS = 5
"""How often one sleeps before one stands in line."""
COUNTED = "UPDATE served SET number = number + 1 RETURNING number"


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
    usual: float = 0.0
    """Seconds until the bell rang, last time."""
    broken: bool = False
    """Whether the disk failed, or a thread was stopped on its way in or out: all is to be opened anew."""
    log: int = -1
    """Descriptor of the write-ahead log, once there was something to sync."""

    def enter(self, wish: Callable[[], str] | None = None) -> str | None:
        """Wait for our turn to write; where somebody did what we wish meanwhile, give what came of it.

        Of two or three at work each has the next turn soon, and looks for it awake; where
        there are more, sleeping until it is done leaves the processors to those at work.
        """
        board = self.board
        try:
            if board is None or wish is None:
                self._stand_in_line()
            elif not self.crowded and self._enter_soon():
                pass
            elif board.post(wish()):
                return self._sleep(board)
            else:
                self._stand_in_line()
            return self._begin(posted=False)
        except BaseException:
            # Also where a thread is told to stop: nobody else may wait for it.
            fcntl.flock(self.line, fcntl.LOCK_UN)
            self.leave()
            raise

    def _stand_in_line(self) -> None:
        """Wait until it is our turn."""
        fcntl.flock(self.line, fcntl.LOCK_EX)
        try:
            if not self._look(QUEUE_SECONDS):
                fcntl.flock(self.gate, fcntl.LOCK_EX)
        finally:
            fcntl.flock(self.line, fcntl.LOCK_UN)

    def _enter_soon(self) -> bool:
        """Take the lock where nobody else queues for it, and it is free within a moment."""
        if not _lock_at_once(self.line):
            return False
        try:
            return self._look(AWAKE_SECONDS)
        finally:
            fcntl.flock(self.line, fcntl.LOCK_UN)

    def _enter_now(self) -> bool:
        """Take the lock where it is free, and nobody queues for it."""
        if not _lock_at_once(self.gate):
            return False
        if _lock_at_once(self.line):
            fcntl.flock(self.line, fcntl.LOCK_UN)
            return True
        # Whoever is next takes it now, and rings for others when he has done.
        fcntl.flock(self.gate, fcntl.LOCK_UN)
        return False

    def _look(self, seconds: float) -> bool:
        """Look for the lock, again and again for a moment: to be woken takes longer."""
        patience = perf_counter() + seconds
        while not _lock_at_once(self.gate):
            if perf_counter() >= patience:
                return False
            os.sched_yield()
        return True

    def _sleep(self, board: Board) -> str | None:
        """Sleep until what we posted is done, and give what came of it, or until it is our turn."""
        begin, heard = perf_counter(), False
        seconds, naps = min(max(2 * self.usual, SHORTEST), LONGEST), 0
        self.crowded = True
        while not board.given():
            if self._enter_now():
                self.crowded = naps > 0
                return self._begin(posted=True)
            if naps == NAPS:
                # Those who write do nothing for others: there is a place in line for everybody.
                self._stand_in_line()
                return self._begin(posted=True)
            heard = board.sleep(seconds)
            seconds, naps = min(2 * seconds, LONGEST), naps + 1
        # Whom no bell reaches has to look up by himself, and better soon.
        self.usual = perf_counter() - begin if heard else self.usual / 2
        return board.take()

    def _begin(self, *, posted: bool) -> str | None:
        """Bring the board into order, now that it is our turn; where nothing is left to do, give what was done."""
        board = self.board
        if board is None:
            return None
        if board.prepared():
            # Somebody died in the middle: what was committed, the database says.
            try:
                number = self.writer.execute("SELECT number FROM served").fetchone()[0]
                self.sync()
            except BaseException:
                # The caller hears of it: nobody is to do later what she was told cannot be done.
                board.withdraw()
                raise
            board.conclude(number)
        if posted and board.given():
            self.leave()
            return board.take()
        board.clear()
        return None

    def tell(self) -> None:
        """Let somebody else know of what was done for him, too."""
        if self.board is not None:
            self.board.tell()

    def leave(self) -> None:
        """Let the next one write."""
        fcntl.flock(self.gate, fcntl.LOCK_UN)
        if self.board is not None:
            self.board.hand_on()

    def sync(self) -> None:
        """Wait until what was committed is on the disk; where that fails nobody knows what it holds."""
        try:
            if self.log < 0:
                self.log = os.open(f"{self.path}-wal", os.O_RDONLY | os.O_CLOEXEC)
                # The log is new to its folder; as long as this connection is open it stays.
                sync_folder(self.path.parent)
            sync_file(self.log)
        except OSError:
            self.broken = True
            raise

    def close(self) -> None:
        """Close all of it.

        The last connection checkpoints as it closes, which is a write like any other;
        where somebody else holds the lock, ours is not the last.
        """
        with ExitStack() as left:
            # From the last to the first, each whatever the others raise: no lock outlives it.
            if self.log >= 0:
                left.callback(os.close, self.log)
            if self.board is not None:
                left.callback(self.board.close)
            left.callback(os.close, self.line)
            left.callback(os.close, self.gate)
            left.callback(self.writer.close)
            left.callback(self.reader.close)
            with suppress(BlockingIOError):
                fcntl.flock(self.gate, fcntl.LOCK_EX | fcntl.LOCK_NB)


@attrs.define
class Transaction:
    """Our turn to write."""

    opened: Opened
    given: str | None = None
    """What another process has done for us; then there is nothing left to do."""
    number: int = 0
    """Counts the transactions in which somebody's work was done by another; 0 in all others."""
    seen: dict[Any, Any] = attrs.field(factory=dict)
    """What was looked up in it and holds as long as it lasts; forgotten where part of it is undone."""

    @property
    def connection(self) -> sqlite3.Connection:
        """Give the connection that writes."""
        return self.opened.writer

    def serve(self, do: Callable[[str], str]) -> None:
        """Do what other processes wait for, each whole or not at all; at most `MOST` of them.

        Who is about to take an answer is mostly back at once, and wishes for more. Where
        there are several at work, a moment's wait for them makes one transaction of two.
        """
        board = self.opened.board
        if board is None:
            return
        served, patience = 0, LINGER_SECONDS
        while served < MOST:
            before = served
            for seat, text in islice(board.waiting(), MOST - served):
                self._serve(board, seat, partial(do, text))
                served += 1
            if before == served:
                begin = perf_counter()
                if served < CROWD or not board.linger(patience):
                    return
                patience -= perf_counter() - begin

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
            self.undo("served")
            board.leave(seat)
        connection.execute("RELEASE served")

    def undo(self, savepoint: str) -> None:
        """Undo what was done since a savepoint."""
        self.seen.clear()
        self.connection.execute(f"ROLLBACK TO {savepoint}")

    def kept(self) -> None:
        """Give others their answers, once they are on the disk."""
        if self.number and self.opened.board is not None:
            self.opened.sync()
            self.opened.board.conclude(self.number)

    def lost(self) -> None:
        """Let others do their work by themselves."""
        if self.number and self.opened.board is not None:
            self.opened.board.conclude(None)


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
