"""What waits at the lock of an SQLite file, so that whoever has the lock can do it too.

A file beside the database, mapped into every process that shares it. Each has a seat on
it, puts there what it waits for, and queues for the lock as ever. Who has the lock does
its own work and then that of the seats that wait, all in one transaction; the owner of a
seat finds its answer there when its turn comes, and has nothing left to do. A transaction
costs its first reader a cold cache and its writer a disk: many share both.

A seat is changed by its owner alone while it is empty or answered, and under the lock by
whoever has it, else never. An answer is *prepared* before the transaction is committed and
*given* when it is on the disk. Who dies in between leaves prepared seats behind: the next
one under the lock compares the number beside the answer with the number that the same
transaction wrote into the database (table `served`), and so knows whether it was kept.
Then it is given; else the owner does it by itself. A seat belongs to a process by a lock
that ends with it, so nobody does the work of the dead.

Whatever is on a seat is data that the reader checks; a torn or foreign one is left alone.
"""

from __future__ import annotations

import errno
import fcntl
import os
import struct
import zlib
from collections.abc import Iterator
from functools import cache
from importlib.metadata import version
from mmap import mmap
from pathlib import Path

SEATS = 64
"""Processes that can have others do their work; any more wait for the lock alone."""
ROOM = 16_384
"""Bytes of a seat; what is longer is not put there."""
EMPTY, WAITING, PREPARED, GIVEN, LEFT = range(5)
"""How a seat stands; what is left is for its owner to do."""
HEAD = struct.Struct("<QHHLL")
"""Number of the transaction, form of the text, nothing, its length, its checksum."""
LOOKS = 1000
"""How often an answer is looked at before it is called damaged."""
LOCK = struct.Struct("hhqqi4x")
"""The system's `struct flock`, of 64-bit Linux."""


@cache
def form() -> int:
    """Mark what this version writes: another may decide otherwise, so they leave each other's texts alone."""
    return zlib.crc32(version("work-distribution").encode()) & 0xFFFF


class Board:
    """The seats, as one process sees them."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        try:
            size = SEATS + SEATS * ROOM
            if os.fstat(self._file).st_size < size:
                os.ftruncate(self._file, size)
            self._map = mmap(self._file, size)
        except BaseException:
            os.close(self._file)
            raise
        self._own = -1
        self._form = form()

    @staticmethod
    def works() -> bool:
        """Tell whether the system has locks that belong to an open file."""
        return hasattr(fcntl, "F_OFD_SETLK")

    def sit(self) -> None:
        """Take a seat where one is free, and clear it; the caller holds the lock of the database."""
        for seat in range(SEATS) if self._own < 0 else ():
            try:
                fcntl.fcntl(self._file, fcntl.F_OFD_SETLK, LOCK.pack(fcntl.F_WRLCK, os.SEEK_SET, seat, 1, 0))
            except OSError:
                continue
            self._own = seat
            break
        if self._own >= 0:
            self._map[self._own] = EMPTY

    def post(self, text: str) -> bool:
        """Let others do what a text says; tell whether they may."""
        if self._own < 0 or self._map[self._own] != EMPTY or not self._write(self._own, 0, text):
            return False
        self._map[self._own] = WAITING
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
            if found is not None:
                self._map[self._own] = EMPTY
                return found[1]
        raise OSError(errno.EIO, "the answer of another process is damaged; what it was asked is done")

    def waiting(self) -> Iterator[tuple[int, str]]:
        """Go through the seats of the living that wait, each with its text."""
        states = self._map[:SEATS]
        seat = states.find(WAITING)
        while seat >= 0:
            if seat != self._own and self._lives(seat):
                found = self._read(seat)
                if found is not None:
                    yield seat, found[1]
            seat = states.find(WAITING, seat + 1)

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
        return self._map[:SEATS].find(PREPARED) >= 0

    def conclude(self, number: int | None) -> None:
        """Give the answers of a transaction that was kept; what else is prepared is left to its owner."""
        for seat, state in enumerate(self._map[:SEATS]):
            if state == PREPARED:
                found = self._read(seat)
                self._map[seat] = GIVEN if found is not None and found[0] == number else LEFT

    def close(self) -> None:
        """Give the seat up."""
        self._map.close()
        os.close(self._file)

    def _lives(self, seat: int) -> bool:
        """Tell whether somebody has a seat."""
        asked = LOCK.pack(fcntl.F_WRLCK, os.SEEK_SET, seat, 1, 0)
        found: int = LOCK.unpack(fcntl.fcntl(self._file, fcntl.F_OFD_GETLK, asked))[0]
        return found != fcntl.F_UNLCK

    def _write(self, seat: int, number: int, text: str) -> bool:
        body = text.encode()
        if HEAD.size + len(body) > ROOM:
            return False
        start = SEATS + seat * ROOM
        self._map[start : start + HEAD.size + len(body)] = (
            HEAD.pack(number, self._form, 0, len(body), zlib.crc32(body)) + body
        )
        return True

    def _read(self, seat: int) -> tuple[int, str] | None:
        start = SEATS + seat * ROOM
        number, mark, _, length, checksum = HEAD.unpack(self._map[start : start + HEAD.size])
        if mark != self._form or length > ROOM - HEAD.size:
            return None
        body = self._map[start + HEAD.size : start + HEAD.size + length]
        return (number, body.decode()) if zlib.crc32(body) == checksum else None
