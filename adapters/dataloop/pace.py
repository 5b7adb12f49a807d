"""How fast we call the platform: so many requests a second, and patience where it asks for some.

One gate stands before everything the SDK sends. It lets a few requests through at once
and then one by one; what comes back as "too many" (429) or "not now" (503) waits, longer
each time or as long as the answer says, and goes again. Clock and sleep are the caller's,
so that a test needs no time.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import Protocol, TypeVar

from distribution.errors import InvalidInput
from distribution.values import Number, check_count, exact

PER_SECOND = 5
"""Requests a second, unless told otherwise; nobody publishes what the platform bears."""
PATIENT = frozenset({429, 503})
"""Statuses after which the same request may simply be sent again: nothing was done."""
TRIES = 6
"""How often a request is sent at most."""
FIRST_WAIT = 1.0
"""Seconds before the second try; each further wait is twice as long."""
LONGEST_WAIT = 60.0
"""Seconds of one wait at most, whatever an answer asks for."""


class Answer(Protocol):
    """What of an HTTP answer is looked at."""

    @property
    def status_code(self) -> int:
        """Give the status."""

    @property
    def headers(self) -> Mapping[str, str]:
        """Give the headers."""


A = TypeVar("A", bound=Answer)


class Pace:
    """Lets *burst* calls through at once and then so many a second; it waits and never refuses.

    Threads that share one wait in the order in which they came.

    >>> waits = []
    >>> pace = Pace(2, burst=2, clock=lambda: 0.0, sleep=waits.append)
    >>> for _ in range(4):
    ...     pace.wait()
    >>> waits
    [0.5, 1.0]

    Raises:
        InvalidInput: the rate is no number above 0, or the burst lets nothing through.
    """

    def __init__(
        self,
        per_second: Number = PER_SECOND,
        *,
        burst: int = PER_SECOND,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        rate = exact(per_second, "requests a second")
        if not rate:
            raise InvalidInput(subject="requests a second", must="be above 0", got=per_second)
        self._interval = float(1 / rate)
        self._ahead = (check_count(burst, "burst", least=1) - 1) * self._interval
        self._clock = clock
        self.sleep = sleep
        self._lock = threading.Lock()
        self._next = float("-inf")

    def wait(self) -> None:
        """Return when the next call may be made."""
        with self._lock:
            now = self._clock()
            turn = max(self._next, now - self._ahead)
            self._next = turn + self._interval
        if turn > now:
            self.sleep(turn - now)


class Gate:
    """What every request goes through: in pace, and again where the platform says later."""

    def __init__(self, pace: Pace, *, tries: int = TRIES) -> None:
        self._pace = pace
        self._tries = check_count(tries, "tries", least=1)
        self.sent = 0
        """Requests so far, those sent again included."""

    def __call__(self, send: Callable[[], tuple[bool, A]]) -> tuple[bool, A]:
        """Send; after the last try the answer is given as it is, whatever it says."""
        wait = FIRST_WAIT
        for attempt in range(1, self._tries + 1):
            self._pace.wait()
            self.sent += 1
            done, answer = send()
            if attempt == self._tries or answer.status_code not in PATIENT:
                break
            self._pace.sleep(min(_asked(answer) or wait, LONGEST_WAIT))
            wait *= 2
        return done, answer


def _asked(answer: Answer) -> float | None:
    """Read how many seconds an answer asks for; None where it names none, or a date."""
    value = answer.headers.get("Retry-After", "")
    return float(value) if value.isascii() and value.isdigit() else None
