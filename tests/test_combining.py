"""Many callers, one commit: the combiner by itself, without a store."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from time import sleep
from types import FrameType, FunctionType
from typing import Any

import pytest

from adapters.combining import Call, Combiner


def giving(value: int, told: list[int] | None = None) -> Callable[[], int]:
    """Build a call that gives a number, and writes down that it was run."""

    def run() -> int:
        if told is not None:
            told.append(value)
        return value

    return run


def settled(calls: Sequence[Call[object]]) -> None:
    for call in calls:
        call.settle()


class Desk:
    """Serves calls together; the first waits at the gate, so that others gather."""

    def __init__(self, most: int = 64) -> None:
        self.turn = threading.RLock()
        self.groups: list[int] = []
        self.gate = threading.Event()
        self.begun = threading.Event()
        self.fail: list[BaseException | None] = []
        """What the next groups raise, instead of being kept."""
        self.combiner = Combiner(self.turn, self.together, most)

    def together(self, calls: Sequence[Call[object]]) -> None:
        self.groups.append(len(calls))
        self.begun.set()
        assert self.gate.wait(30)
        settled(calls)
        problem = self.fail.pop(0) if self.fail else None
        if problem is not None:
            raise problem

    def waiting(self, count: int) -> None:
        """Wait until so many calls wait."""
        for _ in range(3000):
            if len(self.combiner._waiting) == count:
                return
            sleep(0.001)
        pytest.fail(f"{len(self.combiner._waiting)} calls wait, not {count}")


@contextmanager
def gathered(
    desk: Desk, runs: Sequence[Callable[[], Any]], first: Callable[[], Any] = lambda: "first"
) -> Iterator[list[Future[Any]]]:
    """Let one call begin, and the others gather behind it, in their order; then open the gate."""
    with ThreadPoolExecutor(len(runs) + 1) as threads:
        futures = [threads.submit(desk.combiner, first)]
        assert desk.begun.wait(30)
        for at, run in enumerate(runs, 1):
            futures.append(threads.submit(desk.combiner, run))
            desk.waiting(at)
        desk.gate.set()
        yield futures


def test_calls_that_wait_are_served_together_in_the_order_in_which_they_came() -> None:
    desk, order = Desk(), list[int]()

    with gathered(desk, [giving(n, order) for n in range(5)]) as futures:
        assert [future.result() for future in futures] == ["first", 0, 1, 2, 3, 4]

    assert (desk.groups, order) == ([1, 5], [0, 1, 2, 3, 4])


@pytest.mark.parametrize(("most", "groups"), [(1, [1, 1, 1, 1, 1, 1]), (2, [1, 2, 2, 1]), (64, [1, 5])])
def test_no_group_is_larger_than_allowed(most: int, groups: list[int]) -> None:
    desk = Desk(most)

    with gathered(desk, [giving(n) for n in range(5)]) as futures:
        assert [future.result() for future in futures[1:]] == list(range(5))

    assert desk.groups == groups


def test_an_error_in_one_call_reaches_its_caller_and_nobody_else() -> None:
    desk = Desk()

    with gathered(desk, [lambda: 1, lambda: 1 // 0, lambda: 3]) as futures:
        assert (futures[1].result(), futures[3].result()) == (1, 3)
        with pytest.raises(ZeroDivisionError):
            futures[2].result()

    assert desk.groups == [1, 3]


def test_where_nothing_is_kept_all_of_the_group_hear_of_it_and_the_next_go_on() -> None:
    desk = Desk()
    desk.fail = [None, OSError("disk full")]

    with gathered(desk, [giving(n) for n in range(3)]) as futures:
        for future in futures[1:]:
            with pytest.raises(OSError, match="disk full"):
                future.result()
        assert futures[0].result() == "first"

    assert desk.combiner(lambda: "later") == "later"


def test_who_is_told_to_stop_in_the_middle_loses_nobody_elses_call() -> None:
    desk, done = Desk(), list[int]()
    desk.fail = [None, KeyboardInterrupt()]

    with gathered(desk, [giving(n, done) for n in range(4)]) as futures:
        results = [future.exception() or future.result() for future in futures[1:]]

    stopped = [at for at, result in enumerate(results) if isinstance(result, KeyboardInterrupt)]
    assert len(stopped) == 1
    assert [result for at, result in enumerate(results) if at not in stopped] == [
        n for n in range(4) if n not in stopped
    ]
    # The others were run once in vain and once for good, the one that stopped only in vain.
    assert sorted(done) == sorted([*range(4), *(n for n in range(4) if n not in stopped)])
    assert not desk.combiner._waiting


def test_who_is_told_to_stop_while_waiting_is_not_served_later() -> None:
    class Bell:
        """A turn at which somebody is told to stop."""

        def __enter__(self) -> None:
            if stop.pop():
                raise KeyboardInterrupt

        def __exit__(self, *_: object) -> None: ...

    stop, served = [False, True], list[int]()
    combiner = Combiner(Bell(), settled)

    with pytest.raises(KeyboardInterrupt):
        combiner(giving(1, served))

    assert combiner(giving(2, served)) == 2
    assert served == [2]


def test_a_child_of_a_fork_forgets_the_calls_of_threads_it_does_not_have() -> None:
    desk = Desk()
    desk.combiner._waiting.append(Call(lambda: pytest.fail("nobody waits for this")))

    desk.combiner.forget()
    desk.gate.set()

    assert desk.combiner(lambda: 1) == 1
    assert desk.groups == [1]


def test_many_threads_get_their_own_answers() -> None:
    desk = Desk()
    desk.gate.set()

    with ThreadPoolExecutor(16) as threads:
        assert list(threads.map(lambda n: desk.combiner(lambda: n), range(2000))) == list(range(2000))

    assert sum(desk.groups) == 2000


def kept(calls: Sequence[Call[object]]) -> None:
    settled(calls)
    for call in calls:
        call.kept = True


def lost(_: Sequence[Call[object]]) -> None:
    raise ValueError


@pytest.mark.parametrize("together", [kept, lost])
@pytest.mark.parametrize("function", [Combiner._serve, Combiner._try, Combiner._leave])
def test_who_is_told_to_stop_at_any_line_leaves_nobody_waiting_and_nothing_done_twice(
    function: FunctionType, together: Callable[[Sequence[Call[object]]], None]
) -> None:
    lines = stop_at(None, function, together)[0]
    assert len(lines) > 1
    for line in lines:
        told, answers = stop_at(line, function, together)[1:]
        assert len(answers) == 1
        assert told == (answers if together is kept else [])


def stop_at(
    line: int | None, function: FunctionType, together: Callable[[Sequence[Call[object]]], None]
) -> tuple[list[int], list[object], list[object]]:
    """Let one lead while another waits, and stop the one at a line; give lines, what was done, and the other's answer."""
    told: list[Any] = []
    answers: list[object] = []
    seen: list[int] = []

    def other() -> None:
        try:
            answers.append(desk(giving(2, told)))
        except ValueError as error:
            answers.append(error)

    thread = threading.Thread(target=other, daemon=True)

    class Turn:
        def __enter__(self) -> None:
            if thread.ident is None:
                thread.start()
                while len(desk._waiting) < 2:
                    sleep(0.001)

        def __exit__(self, *_: object) -> None:
            pass

    def stop(frame: FrameType, event: str, _: object) -> Any:
        if frame.f_code is not function.__code__:
            return None
        if event == "line":
            first = frame.f_lineno not in seen
            seen.append(frame.f_lineno)
            if first and frame.f_lineno == line:
                raise KeyboardInterrupt
        return stop

    desk = Combiner(Turn(), together)
    before = sys.gettrace()
    sys.settrace(stop)
    try:
        with suppress(KeyboardInterrupt, ValueError):
            desk(giving(1))
    finally:
        sys.settrace(before)
    thread.join(10)
    assert line is None or line in seen
    # Whoever comes later leads, and does not wait for somebody who is gone.
    assert not desk._led
    return sorted(set(seen)), told, answers
