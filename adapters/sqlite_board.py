"""What waits at the lock of an SQLite file, so that whoever has the lock can do it too.

A file beside the database, mapped into every process that shares it. Each has a seat on
it, puts there what it waits for, and sleeps. Who has the lock does its own work and then
that of the seats that wait, all in one transaction, and rings: the owner of a seat finds
its answer there. A transaction costs its first reader a cold cache, its writer a disk and
all who wait a way to the lock: many share them, and where several are at work it waits a
moment for those who are about to take an answer and will wish for more. Whoever leaves
the lock rings for one of those who still wait, who takes it then.

A seat is changed by its owner alone unless it waits or is prepared, and then by whoever has
the lock; so a seat whose owner died is free for the next one, unless somebody is at it. An
answer is *prepared* before the transaction is committed and *given* when it is on the disk.
Who dies in between leaves prepared seats behind: the next one under the lock compares the
number beside the answer with the number that the same transaction wrote into the database
(table `served`), and so knows whether it was kept. Then it is given; else the owner does it
by itself. A seat belongs to a process by a lock that ends with it, so nobody does the work
of the dead. A bell is a socket; one that nobody hears (another network namespace, somebody
dead) costs the sleeper a moment, for it looks up by itself now and then.

Whatever is on a seat is data that the reader checks; a torn or foreign one is left alone.
"""

from __future__ import annotations

import errno
import fcntl
import os
import select
import socket
import struct
import sys
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from mmap import mmap
from pathlib import Path
from time import perf_counter
from typing import Self

SEATS = 64
"""Processes that can have others do their work; any more wait for the lock alone."""
SHORTEST, LONGEST = 0.004, 0.064
"""Seconds that a sleeper waits for the bell before it looks up, at least and at most."""
CURSOR = SEATS
"""Where on the board it says which seat comes next."""
START = 128
"""Where the seats begin."""
ROOM = 16_384
"""Bytes of a seat; what is longer is not put there."""
EMPTY, WAITING, PREPARED, GIVEN, LEFT = range(5)
"""How a seat stands; what is left is for its owner to do."""
AT_WORK = frozenset({WAITING, PREPARED})
"""Whoever has the lock of the database may be at it."""
HEAD = struct.Struct("<QHHLL")
"""Number of the transaction (0 beside what is asked), form of the text, nothing, its length, its checksum."""
LOOKS = 1000
"""How often an answer is looked at before it is called damaged."""
LOCK = struct.Struct("hhqqi4x")
"""The system's `struct flock`, of 64-bit Linux."""
WORKS = sys.platform == "linux" and sys.maxsize > 2**32 and hasattr(fcntl, "F_OFD_SETLK")
"""Whether the system has locks that belong to an open file, in this form, and bells without files."""


@cache
def form() -> int:
    """Mark what this version writes: another may decide otherwise, so they leave each other's texts alone."""
    try:
        ours = version("work-distribution")
    except PackageNotFoundError:  # copied, not installed
        ours = ""
    return zlib.crc32(ours.encode()) & 0xFFFF


def _standing(states: bytes, state: int, start: int) -> list[int]:
    """Name the seats that stand so, going round from one on."""
    if state not in states:
        return []
    return [seat for seat in _ROUNDS[start % SEATS] if states[seat] == state]


_ROUNDS = [(*range(start, SEATS), *range(start)) for start in range(SEATS)]


class Board:
    """The seats, as one process sees them."""

    def __init__(self, path: Path) -> None:
        self._own = -1
        self._looked = False
        """Whether a seat was looked for: where all were taken, one does without."""
        self._form = form()
        self._passed_over: set[int] = set()
        """Seats that waited at the last look, with what nobody here can read."""
        with ExitStack() as undo:
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
            undo.callback(os.close, self._file)
            size = START + SEATS * ROOM
            # Not truncated to it: where a full disk has no page for it, to touch it is to be killed.
            os.posix_fallocate(self._file, 0, size)
            self._map = undo.enter_context(mmap(self._file, size))
            found = os.fstat(self._file)
            self._name = f"\0work-distribution-{found.st_dev:x}-{found.st_ino:x}-"
            self._bell = undo.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM))
            self._bell.settimeout(0)
            self._ears = select.poll()
            self._ears.register(self._bell, select.POLLIN)
            self._undo = undo.pop_all()

    @classmethod
    def at(cls, path: Path) -> Self | None:
        """Open a board; None where there can be none, and everybody does his own work."""
        if not WORKS:
            return None
        try:
            return cls(path)
        except OSError:
            return None

    def post(self, text: str) -> bool:
        """Let others do what a text says; tell whether they may."""
        if self._own < 0 and not self._looked:
            self._looked = True
            self._own = next(filter(self._sit, range(SEATS)), -1)
        if self._own < 0 or self._map[self._own] != EMPTY or not self._write(self._own, 0, text):
            return False
        self._map[self._own] = WAITING
        return True

    def _sit(self, seat: int) -> bool:
        """Take a seat where nobody has it, and nobody is at what its last owner wished."""
        if self._map[seat] in AT_WORK or not self._lock(fcntl.F_WRLCK, seat):
            return False
        with suppress(OSError):
            if self._map[seat] not in AT_WORK:
                self._bell.bind(f"{self._name}{seat}")
                self._map[seat] = EMPTY
                return True
        self._lock(fcntl.F_UNLCK, seat)
        return False

    def _lock(self, kind: int, seat: int) -> bool:
        """Lock a seat, or let go of it; tell whether that could be done."""
        try:
            fcntl.fcntl(self._file, fcntl.F_OFD_SETLK, LOCK.pack(kind, os.SEEK_SET, seat, 1, 0))
        except OSError:
            return False
        return True

    def clear(self) -> None:
        """Take back what was posted, and what came of it; the caller holds the lock of the database."""
        if self._own >= 0:
            self._map[self._own] = EMPTY

    def withdraw(self) -> None:
        """Take back what was posted, if nobody has done it; the caller holds the lock of the database."""
        if self._own >= 0 and self._map[self._own] == WAITING:
            self._map[self._own] = EMPTY

    def sleep(self, seconds: float) -> bool:
        """Wait for the bell, and not for long; tell whether it rang."""
        if not self._ears.poll(seconds * 1000):
            return False
        self._bell.recv(1)
        return True

    def hand_on(self) -> None:
        """Ring for one of those who still wait, who is to take the lock; it is free by now."""
        if not self._wake(LEFT, 0):
            self._wake(WAITING, self._map[CURSOR])
        self.tell()

    def tell(self) -> None:
        """Ring for one who has an answer and may not know; who has taken it tells the next."""
        self._wake(GIVEN, self._own + 1)

    def _wake(self, state: int, start: int) -> bool:
        """Ring for the first who hears it of those whose seats stand so, going round; tell whether there was one."""
        states = self._map[:SEATS]
        for begin, end in ((start, SEATS), (0, start)):
            seat = states.find(state, begin, end)
            while seat >= 0:
                if self._ring(seat):
                    return True
                seat = states.find(state, seat + 1, end)
        return False

    def _ring(self, seat: int) -> bool:
        """Ring a bell; tell whether somebody hears it who did not before."""
        try:
            self._bell.sendto(b"!", f"{self._name}{seat}")
        except OSError:
            return False
        return True

    def given(self) -> bool:
        """Tell whether what was posted is done, and kept."""
        return self._map[self._own] == GIVEN

    def take(self) -> str:
        """Give the answer, and leave the seat empty.

        Raises:
            OSError: somebody else has written into it.
        """
        for _ in range(LOOKS):
            # A processor may see that it is there before it sees all of it.
            found = self._read(self._own)
            if found is not None and found[0]:
                self._map[self._own] = EMPTY
                return found[1]
        raise OSError(errno.EIO, "the answer of another process is damaged; what it was asked is done")

    def waiting(self) -> Iterator[tuple[int, str]]:
        """Go round the seats of the living that wait, each with its text; from where the last one stopped."""
        self._passed_over.clear()
        for seat in _standing(self._map[:SEATS], WAITING, self._map[CURSOR]):
            if seat == self._own:
                continue
            if not self._lives(seat):
                self._map[seat] = EMPTY
                continue
            found = self._read(seat)
            if found is not None and not found[0]:
                self._map[CURSOR] = (seat + 1) % SEATS
                yield seat, found[1]
            else:
                self._passed_over.add(seat)

    def linger(self, seconds: float) -> bool:
        """Wait for those who are about to take an answer, and may wish for more; tell whether there is a wish now."""
        end = perf_counter() + seconds
        coming = [seat for seat in _standing(self._map[:SEATS], GIVEN, 0) if self._lives(seat)]
        while perf_counter() < end:
            states = self._map[:SEATS]
            if states.count(WAITING) > sum(states[seat] == WAITING for seat in self._passed_over):
                return True
            if not any(states[seat] == GIVEN for seat in coming):
                break
            os.sched_yield()
        return False

    def prepare(self, seat: int, number: int, text: str) -> bool:
        """Put an answer down before it is kept; tell whether there is room for it."""
        if not self._write(seat, number, text):
            return False
        self._map[seat] = PREPARED
        return True

    def leave(self, seat: int) -> None:
        """Leave a seat to its owner."""
        self._map[seat] = LEFT

    def prepared(self) -> bool:
        """Tell whether there is an answer of which nobody knows yet whether it was kept."""
        return PREPARED in self._map[:SEATS]

    def conclude(self, number: int | None) -> None:
        """Give the answers of a transaction that was kept; what else is prepared is left to its owner."""
        for seat in _standing(self._map[:SEATS], PREPARED, 0):
            self._map[seat] = GIVEN if self._number(seat) == number else LEFT

    def close(self) -> None:
        """Give the seat up."""
        self._undo.close()

    def _lives(self, seat: int) -> bool:
        """Tell whether somebody has a seat."""
        asked = LOCK.pack(fcntl.F_WRLCK, os.SEEK_SET, seat, 1, 0)
        found: int = LOCK.unpack(fcntl.fcntl(self._file, fcntl.F_OFD_GETLK, asked))[0]
        return found != fcntl.F_UNLCK

    def _write(self, seat: int, number: int, text: str) -> bool:
        body = text.encode()
        if HEAD.size + len(body) > ROOM:
            return False
        start = START + seat * ROOM
        self._map[start : start + HEAD.size + len(body)] = (
            HEAD.pack(number, self._form, 0, len(body), zlib.crc32(body)) + body
        )
        return True

    def _number(self, seat: int) -> int:
        """Give the number of the transaction, whatever version wrote it."""
        start = START + seat * ROOM
        return int(HEAD.unpack(self._map[start : start + HEAD.size])[0])

    def _read(self, seat: int) -> tuple[int, str] | None:
        start = START + seat * ROOM
        number, mark, _, length, checksum = HEAD.unpack(self._map[start : start + HEAD.size])
        if mark != self._form or length > ROOM - HEAD.size:
            return None
        body = self._map[start + HEAD.size : start + HEAD.size + length]
        return (number, body.decode()) if zlib.crc32(body) == checksum else None
