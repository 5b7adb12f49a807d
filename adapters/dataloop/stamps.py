"""Ids and instants as they go over the wire."""

from __future__ import annotations

import hashlib
import itertools
import secrets
import threading
from collections.abc import Callable
from datetime import UTC, datetime


def instant(at: datetime) -> str:
    """Write an instant as the platform does.

    >>> instant(datetime(2026, 11, 22, 12, tzinfo=UTC))
    '2026-11-22T12:00:00.000Z'
    """
    return f"{at.astimezone(UTC).strftime('%Y-%m-%dT%H:%M:%S')}.{at.microsecond // 1000:03d}Z"


def derived(*parts: str) -> str:
    """Make an id of 24 hex digits from others, always the same.

    >>> derived("task", "ann") == derived("task", "ann") != derived("task", "bob")
    True
    """
    return hashlib.blake2b("\0".join(parts).encode(), digest_size=12).hexdigest()


class Ids:
    """Ids of 24 hex digits in the order in which they are made; nobody else makes the same.

    >>> ids = Ids(lambda: datetime(2026, 11, 22, tzinfo=UTC))
    >>> ids() < ids()
    True
    """

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._process = secrets.token_hex(5)
        self._count = itertools.count(secrets.randbelow(1 << 20))
        self._lock = threading.Lock()
        self._last = 0

    def __call__(self) -> str:
        """Make one."""
        with self._lock:
            self._last = max(self._last, int(self._clock().timestamp()))
            return f"{self._last:08x}{self._process}{next(self._count) % (1 << 24):06x}"
