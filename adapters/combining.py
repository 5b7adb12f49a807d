"""Many callers, one commit: whoever gets a turn also does what the others are waiting for.

A commit costs a write to the disk, whatever is in it. While one thread commits, the
calls of the others gather; the next of them takes all into one transaction. No call
waits longer than for the transaction before its own, and none starves: they are served
in the order in which they came.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, suppress
from typing import Generic, TypeVar

import attrs

from distribution.errands import Errand

R = TypeVar("R")

MOST = 64
"""Calls in one transaction at most."""


@attrs.define(eq=False)
class Call(Generic[R]):
    """One caller's call, and what came of it."""

    run: Callable[[], R]
    errand: Errand[R] | None = None
    """The same as a value, where there is one: another process may run it."""
    done: bool = False
    leads: bool = False
    """Whether it is for its thread to serve those who wait."""
    wake: threading.Lock | None = None
    """Let go when the call is done, or is to lead; there is none where it led from the beginning."""
    kept: bool = False
    """Whether what it did is kept for certain, so that it must not be made again."""
    result: R | None = None
    error: BaseException | None = None

    def settle(self) -> None:
        """Run it; keep what it gives, or raises."""
        try:
            self.result = self.run()
        except Exception as error:  # noqa: BLE001  it reaches the caller whose call it is
            self.error = error

    def end(self) -> None:
        """Let its caller go on; once more does no harm."""
        self.done = True
        self._rouse()

    def lead(self) -> None:
        """Let its thread serve those who wait; once more does no harm."""
        self.leads = True
        self._rouse()

    def _rouse(self) -> None:
        if self.wake is not None and self.wake.locked():
            self.wake.release()


class Combiner:
    """Gathers calls and has them run together, each whole, in the order in which they came.

    *turn* lets one thread in at a time; *together* runs calls in one transaction, settles
    each of them, marks those that are kept, and raises where nothing of any was.
    """

    def __init__(
        self,
        turn: AbstractContextManager[object],
        together: Callable[[Sequence[Call[object]]], None],
        most: int = MOST,
    ) -> None:
        self._turn = turn
        self._together = together
        self._most = most
        self._waiting: deque[Call[object]] = deque()
        self._guard = threading.Lock()
        """Held for moments: who waits, and who leads, change together."""
        self._led = False

    def __call__(self, run: Callable[[], R], errand: Errand[R] | None = None) -> R:
        """Run a call, alone or with others; return when what it did is kept."""
        call: Call[R] = Call(run, errand)
        try:
            with self._guard:
                call.leads = not self._led
                if not call.leads:
                    wake = threading.Lock()
                    wake.acquire()
                    call.wake = wake
                self._led = True
                self._waiting.append(call)  # type: ignore[arg-type]
            if call.wake is not None:
                # Whoever leads does this one too, or hands the lead on to it.
                call.wake.acquire()
            while not call.done:
                with self._turn:
                    self._serve(call)
        finally:
            try:
                self._leave(call)
            except BaseException:
                # Told to stop on its way out: without a leader all others would wait for ever.
                self._leave(call)
                raise
        if call.error is not None:
            raise call.error
        return call.result  # type: ignore[return-value]

    def _leave(self, call: Call[R]) -> None:
        """Hand the lead on to who has waited longest; nothing of this call is to be found later.

        Once more does no harm: two who lead take turns.
        """
        with self._guard:
            if not call.done:
                with suppress(ValueError):
                    self._waiting.remove(call)  # type: ignore[arg-type]
            if call.leads:
                self._led = bool(self._waiting)
                if self._waiting:
                    self._waiting[0].lead()
                call.leads = False

    def _serve(self, own: Call[R]) -> None:
        """Serve those who have waited longest."""
        calls: list[Call[object]] = []
        try:
            with self._guard:
                while self._waiting and len(calls) < self._most:
                    # In this order: a thread that is stopped in between loses none.
                    calls.append(self._waiting[0])
                    self._waiting.popleft()
            self._try(calls)
            for call in calls:
                call.end()
        except BaseException:
            # This thread is told to stop; others go on without its own call, those of which nothing was kept.
            others = [call for call in calls if call is not own]
            over = [call for call in others if call.error is not None or call.kept or call.done]
            with self._guard:
                again = [call for call in others if call not in over and call not in self._waiting]
                self._waiting.extendleft(reversed(again))
            for call in over:
                call.end()
            raise

    def _try(self, calls: Sequence[Call[object]]) -> None:
        """Run calls together; an error reaches everybody."""
        try:
            self._together(calls)
        except Exception as error:  # noqa: BLE001  each caller raises it
            for call in calls:
                call.error = error

    def forget(self) -> None:
        """Drop the calls of threads that are not there, in the child of a fork."""
        self._guard = threading.Lock()
        self._waiting.clear()
        self._led = False
