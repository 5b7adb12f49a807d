"""What only the SQLite store has: a file, its schema, processes, crashes, other programs."""

from __future__ import annotations

import fcntl
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from threading import Event as Signal
from typing import Any

import pytest

from adapters import sqlite_file, sqlite_schema, sqlite_turns
from adapters.sqlite import SqliteStore
from distribution.decision import Decision
from distribution.errors import StoreBusy, StoreFailed, UnusableStore
from distribution.ports import Page, TaskStore
from distribution.task import Ask, View
from distribution.testing.contract_scene import NOON, make, noted

ROOT = Path(__file__).parents[1]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "work.db"


@pytest.fixture
def store(path: Path) -> Iterator[SqliteStore]:
    with SqliteStore(path) as store:
        yield store


def opened(store: SqliteStore) -> sqlite_turns.Opened:
    """Look behind the store at its connections."""
    return store._file.current()


def pragma(path: Path, name: str) -> Any:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(f"PRAGMA {name}").fetchone()[0]


class Disk:
    """Notes every sync of the log, and whether our turn was over by then."""

    def __init__(self, store: SqliteStore, monkeypatch: pytest.MonkeyPatch) -> None:
        self.synced: list[int] = []
        self.broken = False

        def sync(descriptor: int) -> None:
            with closing(sqlite3.connect(store._file.path, timeout=0)) as other:
                self.synced.append(other.execute("SELECT count(*) FROM op").fetchone()[0])
                # The next writer need not wait for the disk.
                with store._file.path.with_name("work.db.lock").open() as gate:
                    fcntl.flock(gate, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if self.broken:
                raise OSError(5, "no disk")
            os.fdatasync(descriptor)

        monkeypatch.setattr(sqlite_turns, "sync_file", sync)


def test_what_is_answered_is_on_disk(store: SqliteStore, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    disk = Disk(store, monkeypatch)

    store.transact("t", Ask(), make("t", request="r")[1])
    store.transact("t", Ask(), noted)

    assert pragma(path, "journal_mode") == "wal"
    assert disk.synced == [1, 2]


def test_what_another_process_may_not_have_synced_yet_is_not_answered_before_it_is_on_disk(
    store: SqliteStore, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    task, decide = make("t", request="r")
    with SqliteStore(path) as other:
        other.transact("t", Ask(request="r"), decide)
        disk = Disk(store, monkeypatch)

        assert store.transact("t", Ask(request="r"), decide) == task
    assert disk.synced == [1]


def test_a_disk_that_does_not_sync_fails_the_call_and_the_next_one_opens_the_file_again(
    store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.transact("t", Ask(), make("t")[1])
    before, disk = opened(store), Disk(store, monkeypatch)
    disk.broken = True

    with pytest.raises(StoreFailed, match="no disk"):
        store.transact("t", Ask(), noted)
    disk.broken = False

    # Whether the first was kept nobody knows; a request id tells.
    assert store.transact("t", Ask(), noted) in {1, 2}
    assert opened(store) is not before


def test_a_fresh_file_carries_our_mark_and_schema(store: SqliteStore, path: Path) -> None:
    store.close()

    assert pragma(path, "application_id") == sqlite_schema.APPLICATION_ID
    assert pragma(path, "user_version") == len(sqlite_schema.STEPS)


def other_program(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE recipes (name)")


def newer_version(path: Path) -> None:
    SqliteStore(path).close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 99")
    for end in ("lock", "line", "board"):
        path.with_name(f"work.db.{end}").unlink()


@pytest.mark.parametrize(
    ("prepare", "message"),
    [
        (lambda path: path.write_text("dear diary"), "is not an SQLite database; choose another path"),
        (lambda path: path.mkdir(), "is a folder; give the path of a file"),
        (other_program, "belongs to another program; choose another path"),
        (
            newer_version,
            f"has schema 99 and this version knows up to {len(sqlite_schema.STEPS)}; upgrade work-distribution to open it",
        ),
    ],
)
def test_what_is_not_ours_is_refused_and_left_as_it_was(path: Path, prepare: Any, message: str) -> None:
    prepare(path)
    before = path.read_bytes() if path.is_file() else None

    with pytest.raises(UnusableStore) as error:
        SqliteStore(path)

    assert str(error.value) == f"sqlite store at {str(path)!r} {message}"
    assert (path.read_bytes() if path.is_file() else None) == before
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (":memory:", "is not a path; for a store in memory use adapters.memory.MemoryStore"),
        ("/nowhere/at/all/work.db", "lies in a folder that does not exist; create the folder first"),
    ],
)
def test_what_is_no_place_for_a_file_is_refused(name: str, message: str) -> None:
    with pytest.raises(UnusableStore) as error:
        SqliteStore(name)

    assert str(error.value) == f"sqlite store at {name!r} {message}"


def test_an_empty_file_is_a_fresh_store(path: Path) -> None:
    path.touch()

    with SqliteStore(path) as store:
        assert list(store.tasks(Page())) == []


def test_a_closed_store_says_so(store: SqliteStore) -> None:
    store.close()

    with pytest.raises(StoreFailed, match="failed while being used after it was closed"):
        store.read("t", Ask())


def test_a_failing_disk_is_a_failing_store_with_its_cause(store: SqliteStore, path: Path) -> None:
    store.transact("t", Ask(), make("t")[1])
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DROP TABLE placement")

    with pytest.raises(
        StoreFailed, match="failed while reading placements of task 't': no such table"
    ) as error:
        store.placements("t", Page())
    assert isinstance(error.value.__cause__, sqlite3.OperationalError)


def test_a_program_that_does_not_queue_is_waited_for_and_then_named(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_file, "BUSY_SECONDS", 0.05)
    with SqliteStore(path) as store, closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreBusy, match=r"stayed locked by another program for 0.05 s; try again"):
            store.transact("t", Ask(), make("t")[1])
        other.execute("ROLLBACK")

        assert store.transact("t", Ask(), make("t")[1]).id == "t"


def test_steps_of_the_schema_are_made_once_in_order_from_wherever_a_file_stands(path: Path) -> None:
    SqliteStore(path).close()
    steps = [
        *sqlite_schema.STEPS,
        "CREATE TABLE later (n); INSERT INTO later VALUES (1)",
        "UPDATE later SET n = n + 1",
    ]

    for _ in range(2):
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            sqlite_schema.migrate(connection, "here", steps)
            assert connection.execute("SELECT n FROM later").fetchall() == [(2,)]
    assert pragma(path, "user_version") == len(steps)


def test_a_step_that_fails_leaves_the_schema_of_before(path: Path) -> None:
    SqliteStore(path).close()
    steps = [*sqlite_schema.STEPS, "CREATE TABLE later (n); INSERT INTO nowhere VALUES (1)"]

    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        with pytest.raises(sqlite3.OperationalError):
            sqlite_schema.migrate(connection, "here", steps)
        connection.rollback()
        assert connection.execute("SELECT count(*) FROM sqlite_master WHERE name = 'later'").fetchone() == (
            0,
        )
    assert pragma(path, "user_version") == len(sqlite_schema.STEPS)


def test_the_view_for_people_joins_everything(store: SqliteStore, path: Path) -> None:
    store.transact("t", Ask(), make("t")[1])

    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute(
            "SELECT task, item, assignee, effort, attributes FROM placements ORDER BY item"
        ).fetchall()
    assert [row[:2] for row in rows] == [("t", "a"), ("t", "b"), ("t", "c")]
    assert rows[0][3:] == ("5/2", '{"dir":"/é"}')


def test_an_interrupt_in_the_middle_leaves_the_store_as_it_was(store: SqliteStore) -> None:
    def interrupted(_: View) -> Decision[int]:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        store.transact("t", Ask(), interrupted)
    assert store.transact("t", Ask(), make("t")[1]).id == "t"


def in_a_child(act: Callable[[], bool]) -> int:
    """Fork, act in the child, and give its status: 0 where the act was true."""
    child = os.fork()
    if child == 0:
        try:
            status = 0 if act() else 1
        except BaseException:  # noqa: BLE001  whatever it is, the parent sees the status
            status = 2
        os._exit(status)
    return os.waitpid(child, 0)[1]


def test_a_child_of_a_fork_opens_the_file_for_itself(store: SqliteStore) -> None:
    store.transact("t", Ask(), make("t")[1])

    assert in_a_child(lambda: store.transact("t", Ask(), noted) == 1) == 0
    assert store.transact("t", Ask(), noted) == 2


def test_what_a_child_was_answered_is_kept_when_the_parent_closes_first(
    store: SqliteStore, path: Path
) -> None:
    store.transact("t", Ask(), make("t")[1])
    told, tell = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.read(told, 1)
            with SqliteStore(path) as own:
                answers = [own.transact("t", Ask(), noted), store.transact("t", Ask(), noted)]
            os._exit(0 if answers == [1, 2] else 1)
        except BaseException:  # noqa: BLE001  whatever it is, the parent sees the status
            os._exit(2)
    store.close()
    os.write(tell, b"x")

    assert os.waitpid(child, 0)[1] == 0
    with SqliteStore(path) as again:
        assert again.read("t", Ask()).version == 3


def test_a_fork_waits_for_the_thread_that_is_writing(store: SqliteStore) -> None:
    store.transact("t", Ask(), make("t")[1])
    deciding = Signal()

    def slowly(view: View) -> Decision[int]:
        deciding.set()
        time.sleep(0.2)
        return noted(view)

    with ThreadPoolExecutor(1) as threads:
        writing = threads.submit(store.transact, "t", Ask(), slowly)
        deciding.wait(30)
        assert in_a_child(lambda: store.transact("t", Ask(), noted) == 2) == 0
        assert writing.result() == 1


@pytest.mark.parametrize("replace", [False, True], ids=["moved away", "replaced"])
def test_a_file_that_was_moved_away_or_replaced_answers_nothing_any_more(
    store: SqliteStore, path: Path, replace: bool
) -> None:
    store.transact("t", Ask(), make("t")[1])
    path.rename(path.with_name("elsewhere.db"))
    if replace:
        path.touch()

    for call in (lambda: store.transact("t", Ask(), noted), lambda: store.read("t", Ask())):
        with pytest.raises(
            UnusableStore, match="was moved, deleted or replaced since it was opened; open it again"
        ):
            call()


def test_links_to_one_file_share_its_lock(path: Path) -> None:
    SqliteStore(path).close()
    link = path.with_name("link.db")
    link.symlink_to(path)

    with SqliteStore(link):
        assert not path.with_name("link.db.lock").exists()


def test_opening_does_not_wait_for_a_writer(store: SqliteStore, path: Path) -> None:
    store.transact("t", Ask(), make("t")[1])

    def meanwhile(view: View) -> Decision[int]:
        with SqliteStore(path) as other:
            assert other.read("t", Ask()).version == 1
        return noted(view)

    assert store.transact("t", Ask(), meanwhile) == 1


@pytest.mark.parametrize("name", ["x" * 300, "a\0b"])
def test_a_path_the_system_refuses_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises((StoreFailed, UnusableStore)):
        SqliteStore(str(tmp_path / name))


def test_a_pipe_is_no_place_for_a_store(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(UnusableStore, match="is not a regular file"):
        SqliteStore(tmp_path / "pipe")


def test_a_damaged_file_is_a_failing_store_and_leaks_nothing(path: Path) -> None:
    SqliteStore(path).close()
    damaged = bytearray(path.read_bytes())
    damaged[100:] = b"x" * (len(damaged) - 100)
    path.write_bytes(damaged)
    descriptors = Path("/dev/fd")
    before = len(list(descriptors.iterdir()))

    with (
        pytest.raises(StoreFailed, match="failed while opening it|failed while reading"),
        SqliteStore(path) as store,
    ):
        store.read("t", Ask())
    assert len(list(descriptors.iterdir())) == before


def test_a_damaged_row_is_named(store: SqliteStore) -> None:
    store.transact("t", Ask(), make("t")[1])
    opened(store).writer.execute("UPDATE task SET body = '{'")

    with pytest.raises(UnusableStore, match="holds a damaged task 't'; restore the file from a backup"):
        store.read("t", Ask())


WRITER = """
import sys, time
from adapters.combining import Call
from adapters.sqlite import SqliteStore
from distribution.task import Ask
from distribution.testing.store_contract import noted
with SqliteStore(sys.argv[1]) as store:
    for _ in range(int(sys.argv[2])):
        print(store.transact("t", Ask(), noted), flush=True)
"""


def writer(path: Path, times: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path), str(times)], stdout=subprocess.PIPE, text=True, cwd=ROOT
    )


def test_processes_queue_up_and_no_version_is_given_twice(store: SqliteStore, path: Path) -> None:
    store.transact("t", Ask(), make("t")[1])
    writers = [writer(path, 50) for _ in range(4)]

    seen = [int(line) for process in writers for line in process.communicate(timeout=60)[0].split()]

    assert sorted(seen) == list(range(1, 201))
    assert store.read("t", Ask()).version == 201


def test_several_processes_may_create_the_file_together(path: Path) -> None:
    program = "import sys; from adapters.sqlite import SqliteStore; SqliteStore(sys.argv[1]).close()"
    processes = [subprocess.Popen([sys.executable, "-c", program, str(path)], cwd=ROOT) for _ in range(4)]

    assert [process.wait(timeout=60) for process in processes] == [0] * 4
    assert pragma(path, "user_version") == len(sqlite_schema.STEPS)


CREATOR = """
import sys
from adapters.dispatcher import Dispatcher
from adapters.combining import Call
from adapters.sqlite import SqliteStore
from distribution import Workload
with Dispatcher(SqliteStore(sys.argv[1])) as tasks:
    items = [f"item-{n}" for n in range(60_000)]
    print("go", flush=True)
    tasks.create("big", items, workload=Workload.even(["ann", "bob"]), id=sys.argv[2])
"""


def test_a_creation_that_is_killed_leaves_all_of_the_task_or_nothing(store: SqliteStore, path: Path) -> None:
    for round_ in range(4):
        name = f"big-{round_}"
        process = subprocess.Popen(
            [sys.executable, "-c", CREATOR, str(path), name], stdout=subprocess.PIPE, text=True, cwd=ROOT
        )
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(0.12 * round_)
        process.send_signal(signal.SIGKILL)
        process.communicate()

        view: View = store.read(name, Ask())
        (found,) = (
            opened(store)
            .reader.execute(
                "SELECT count(*) FROM placement WHERE task = (SELECT key FROM task WHERE id = ?)", (name,)
            )
            .fetchone()
        )
        assert found == (60_000 if view.task else 0)


@pytest.mark.parametrize("own", [True, False], ids=["the same handle", "another handle"])
def test_a_reader_is_not_kept_waiting_by_a_writer(store: SqliteStore, path: Path, own: bool) -> None:
    store.transact("t", Ask(), make("t")[1])
    deciding, go_on = Signal(), Signal()

    def slowly(view: View) -> Decision[int]:
        deciding.set()
        go_on.wait(30)
        return noted(view)

    with ThreadPoolExecutor(1) as threads, SqliteStore(path) as other:
        writing = threads.submit(store.transact, "t", Ask(), slowly)
        deciding.wait(30)
        assert (store if own else other).read("t", Ask()).version == 1
        assert not writing.done()
        go_on.set()
        assert writing.result() == 1


def test_an_instant_keeps_its_zone(store: TaskStore) -> None:
    task, decide = make("t")
    store.transact("t", Ask(), decide)

    kept = store.read("t", Ask()).task
    assert kept is not None
    assert (kept.created_at, kept.created_at.tzinfo) == (NOON, NOON.tzinfo)
    assert kept == task
