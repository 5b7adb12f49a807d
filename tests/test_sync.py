"""What was answered is on the disk, and nobody waits for another's disk."""

from __future__ import annotations

import errno
import fcntl
import gc
import os
import shutil
import sqlite3
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from adapters import sqlite_turns
from adapters.dispatcher import Dispatcher
from adapters.sqlite import SqliteStore
from adapters.sqlite_file import SqliteFile, Writing
from distribution import Pull
from distribution.errors import StoreFailed

PULL = Pull(batch_size=2, max_batch_workload=4)


@pytest.fixture
def tasks(tmp_path: Path) -> Iterator[Dispatcher]:
    with Dispatcher(SqliteStore(tmp_path / "work.db")) as tasks:
        tasks.create("t", [f"i{n}" for n in range(40)], allowed=["ann", "bob"], pull=PULL, id="t")
        yield tasks


def test_whatever_was_answered_was_synced_before(
    tasks: Dispatcher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What the files hold at the moment of the last sync is what a power cut leaves at least.
    def sync(descriptor: int) -> None:
        os.fdatasync(descriptor)
        for end in ("", "-wal"):
            shutil.copy(f"{tmp_path / 'work.db'}{end}", f"{tmp_path / 'left.db'}{end}")

    monkeypatch.setattr(sqlite_turns, "sync_file", sync)
    for round_ in range(4):
        answered = tasks.pull("t", "ann", request=f"pull-{round_}").items
        tasks.set_status("t", "ann", answered, "completed")
        for end in ("", "-wal"):
            shutil.copy(f"{tmp_path / 'left.db'}{end}", f"{tmp_path / 'cut.db'}{end}")
        with Dispatcher(SqliteStore(tmp_path / "cut.db")) as after:
            assert [entry.event.what for entry in after.history("t")][-2:] == ["pulled", "submitted"]
            assert after.progress("t").done == 2 * (round_ + 1)
            assert after.pull("t", "ann", request=f"pull-{round_}").items == answered


def test_the_next_writer_commits_while_the_last_one_waits_for_the_disk(
    tasks: Dispatcher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    syncing, go_on = threading.Event(), threading.Event()

    def sync(_descriptor: int) -> None:
        syncing.set()
        assert go_on.wait(10)

    monkeypatch.setattr(sqlite_turns, "sync_file", sync)
    waiting = threading.Thread(target=tasks.pull, args=("t", "ann"))
    waiting.start()
    assert syncing.wait(10)
    with (tmp_path / "work.db.lock").open("rb") as gate:
        # Raises where somebody holds it.
        fcntl.flock(gate, fcntl.LOCK_EX | fcntl.LOCK_NB)
        fcntl.flock(gate, fcntl.LOCK_UN)
    with Dispatcher(SqliteStore(tmp_path / "work.db")) as other:
        assert other.progress("t")["ann"].open == 2
    go_on.set()
    waiting.join()


def test_where_the_disk_fails_the_caller_hears_it_and_the_file_is_opened_anew(
    tasks: Dispatcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_descriptor: int) -> None:
        raise OSError(errno.EIO, "the disk is gone")

    with monkeypatch.context() as patched:
        patched.setattr(sqlite_turns, "sync_file", broken)
        with pytest.raises(StoreFailed, match="the disk is gone"):
            tasks.pull("t", "ann", request="r")
    # Nobody knows whether it was kept; the same request finds out, and does nothing twice.
    again = tasks.pull("t", "ann", request="r").items
    assert len(again) == 2
    assert tasks.progress("t")["ann"].open == 2


def test_what_changes_nothing_waits_for_no_disk(tasks: Dispatcher, monkeypatch: pytest.MonkeyPatch) -> None:
    tasks.pull("t", "ann")
    tasks.pull("t", "ann")
    monkeypatch.setattr(sqlite_turns, "sync_file", lambda _: pytest.fail("synced"))

    assert tasks.pull("t", "ann").reason is not None


def test_an_answer_given_again_is_synced_too_for_whoever_gave_it_first_may_not_have(
    tasks: Dispatcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    tasks.pull("t", "ann", request="r")
    synced: list[int] = []
    monkeypatch.setattr(sqlite_turns, "sync_file", synced.append)

    tasks.pull("t", "ann", request="r")

    assert len(synced) == 1


def test_who_is_next_sleeps_where_somebody_writes_for_long(tasks: Dispatcher, tmp_path: Path) -> None:
    with (tmp_path / "work.db.lock").open("rb") as gate:
        fcntl.flock(gate, fcntl.LOCK_EX)
        waiting = threading.Thread(target=tasks.pull, args=("t", "ann"))
        waiting.start()
        waiting.join(20 * sqlite_turns.QUEUE_SECONDS)
        assert waiting.is_alive()
        fcntl.flock(gate, fcntl.LOCK_UN)
    waiting.join(10)

    assert tasks.progress("t")["ann"].open == 2


def test_a_disk_that_fails_while_the_store_is_closed_keeps_nobody_waiting(
    tasks: Dispatcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    syncing, closing = threading.Event(), threading.Event()

    def broken(_descriptor: int) -> None:
        syncing.set()
        assert closing.wait(10)
        time.sleep(0.1)
        raise OSError(errno.EIO, "the disk is gone")

    def close() -> None:
        closing.set()
        tasks.close()

    def pull() -> None:
        with pytest.raises(StoreFailed):
            tasks.pull("t", "ann")

    monkeypatch.setattr(sqlite_turns, "sync_file", broken)
    threads = [threading.Thread(target=pull, daemon=True), threading.Thread(target=close, daemon=True)]
    threads[0].start()
    assert syncing.wait(10)
    threads[1].start()
    for thread in threads:
        thread.join(10)

    assert not any(thread.is_alive() for thread in threads)


class Stopping:
    """A connection whose thread is told to stop while it closes."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection

    def close(self) -> None:
        self.connection.close()
        raise KeyboardInterrupt


@pytest.mark.parametrize("which", ["reader", "writer"])
def test_who_is_stopped_while_the_file_is_closed_holds_nothing(tmp_path: Path, which: str) -> None:
    file = SqliteFile(tmp_path / "work.db")
    opened = file.current()
    setattr(opened, which, Stopping(getattr(opened, which)))

    with pytest.raises(KeyboardInterrupt):
        file.suspend()

    everybody_may_write(file)


@contextmanager
def stopped(event: str, where: str, line: int = 0) -> Iterator[Callable[[], None]]:
    """Stop this thread where a function begins or ends, or in it, once it was armed: Python looks for signals there."""
    before = sys.gettrace()
    armed = [True]

    def stop(frame: FrameType, found: str, _: object) -> Any:
        if armed[0] and frame.f_code.co_qualname == where:
            if found == event and (event != "line" or frame.f_lineno - frame.f_code.co_firstlineno == line):
                armed[0] = False
                raise KeyboardInterrupt
            return stop
        return None

    try:
        with pytest.raises(KeyboardInterrupt):
            yield lambda: sys.settrace(stop)
    finally:
        sys.settrace(before)
    gc.collect()
    assert not armed[0]


def everybody_may_write(file: SqliteFile) -> None:
    for end in ("lock", "line"):
        with Path(f"{file.path}.{end}").open("rb") as lock:
            # Raises where somebody holds it.
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    done = []

    def write() -> None:
        with file.writers, file.writing("testing"):
            done.append(True)

    thread = threading.Thread(target=write, daemon=True)
    thread.start()
    thread.join(10)
    assert done
    with closing(SqliteFile(file.path)) as other, other.writers, other.writing("testing"):
        pass
    file.close()


@pytest.mark.parametrize(
    "where", ["Writing.__exit__", "Writing._end", "Writing._let_go", "SqliteFile.finish", "Opened.leave"]
)
def test_who_is_stopped_at_the_end_of_a_turn_holds_nothing(tmp_path: Path, where: str) -> None:
    file = SqliteFile(tmp_path / "work.db")
    with stopped("call", where) as arm, file.writers, file.writing("testing"):
        arm()
    everybody_may_write(file)


def test_a_turn_that_was_stopped_ends_nobody_elses(tmp_path: Path) -> None:
    file = SqliteFile(tmp_path / "work.db")
    kept: list[BaseException] = []

    def stop(frame: FrameType, event: str, _: object) -> None:
        if event == "call" and frame.f_code is Writing.__exit__.__code__ and not kept:
            raise KeyboardInterrupt

    def write() -> None:
        with file.writers, file.writing("testing") as turn:
            turn.connection.execute("UPDATE served SET number = number + 1")
            kept.clear()  # the last that was left of the turn that was stopped
            gc.collect()
            assert turn.connection.in_transaction

    before = sys.gettrace()
    try:
        with file.writers, file.writing("testing") as first:
            first.connection.execute("UPDATE served SET number = 100")
            sys.settrace(stop)
    except KeyboardInterrupt as error:
        kept.append(error)
    finally:
        sys.settrace(before)
    del first
    thread = threading.Thread(target=write)
    thread.start()
    thread.join(10)

    assert not kept
    with file.reading("testing") as connection:
        assert connection.execute("SELECT number FROM served").fetchone() == (1,)
    everybody_may_write(file)


@pytest.mark.parametrize(
    ("event", "where"),
    [
        ("call", "Opened.enter"),
        ("call", "Opened._begin"),
        ("return", "Opened._begin"),
        ("return", "Opened.enter"),
        ("call", "SqliteFile.begin"),
        ("return", "SqliteFile.begin"),
    ],
)
def test_who_is_stopped_on_the_way_in_holds_nothing(tmp_path: Path, event: str, where: str) -> None:
    file = SqliteFile(tmp_path / "work.db")
    with stopped(event, where) as arm, file.writers:
        arm()
        with file.writing("testing"):
            pytest.fail("went in")
    everybody_may_write(file)


def test_who_is_stopped_at_any_line_of_the_way_in_holds_nothing(tmp_path: Path) -> None:
    for line in sorted(_lines_run(tmp_path / "first.db")):
        file = SqliteFile(tmp_path / f"work-{line}.db")
        with stopped("line", "Writing.__enter__", line) as arm, file.writers:
            arm()
            with file.writing("testing"):
                pytest.fail("went in")
        everybody_may_write(file)


def _lines_run(path: Path) -> set[int]:
    """Tell which lines of the way in are run where nothing is in the way, from its first one on."""
    found, before = set[int](), sys.gettrace()

    def note(frame: FrameType, event: str, _: object) -> Any:
        if frame.f_code is Writing.__enter__.__code__:
            if event == "line":
                found.add(frame.f_lineno - frame.f_code.co_firstlineno)
            return note
        return None

    with closing(SqliteFile(path)) as file, file.writers:
        sys.settrace(note)
        try:
            with file.writing("testing"):
                pass
        finally:
            sys.settrace(before)
    assert len(found) > 5
    return found
