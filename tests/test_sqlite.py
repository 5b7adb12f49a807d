"""What only the SQLite store has: a file, its schema, processes, crashes, other programs."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from threading import Barrier
from threading import Event as Signal
from typing import Any

import attrs
import pytest

from adapters import sqlite, sqlite_file, sqlite_schema
from adapters import sqlite_rows as rows
from adapters.combining import Call
from adapters.sqlite import SqliteStore
from distribution.errors import InvalidInput, StoreBusy, StoreFailed, UnusableStore
from distribution.events import Event, Stamp
from distribution.handing import pulling
from distribution.ports import Page, TaskStore
from distribution.task import AddItems, Ask, Decision, PutTask, View
from distribution.testing.contract_scene import NOON, make, noted, queue

ROOT = Path(__file__).parents[1]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "work.db"


@pytest.fixture
def store(path: Path) -> Iterator[SqliteStore]:
    with SqliteStore(path) as store:
        yield store


def opened(store: SqliteStore) -> sqlite_file.Opened:
    """Look behind the store at its connections."""
    return store._file.current()


def pragma(path: Path, name: str) -> Any:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(f"PRAGMA {name}").fetchone()[0]


def test_what_is_answered_is_on_disk(store: SqliteStore, path: Path) -> None:
    assert pragma(path, "journal_mode") == "wal"
    assert opened(store).writer.execute("PRAGMA synchronous").fetchone() == (2,)


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
    path.with_name("work.db.lock").unlink()


@pytest.mark.parametrize(
    ("prepare", "message"),
    [
        (lambda path: path.write_text("dear diary"), "is not an SQLite database; choose another path"),
        (lambda path: path.mkdir(), "is a folder; give the path of a file"),
        (other_program, "belongs to another program; choose another path"),
        (newer_version, "has schema 99 and this version knows up to 1; upgrade work-distribution to open it"),
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
    assert pragma(path, "user_version") == 3


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
    assert pragma(path, "user_version") == 1


STATES = " AND state IN (SELECT value FROM json_each(?))"
HOT = {
    "a page by position": (sqlite.BY_POSITION, ["placement USING PRIMARY KEY", "item USING PRIMARY KEY"]),
    "a page by rank": (sqlite.BY_RANK, ["placement USING INDEX placement_work", "item USING PRIMARY KEY"]),
    "one item": (sqlite.OF_ITEM, ["item USING INDEX item_id", "placement USING PRIMARY KEY"]),
    "items by id": (rows.BY_ID, ["item USING INDEX item_id", "placement USING PRIMARY KEY"]),
    "items by position": (rows.BY_POSITION, ["item USING PRIMARY KEY", "placement USING PRIMARY KEY"]),
    "the whole task": (rows.WHOLE, ["item USING PRIMARY KEY", "placement USING PRIMARY KEY"]),
    "held by some": (f"{rows.WHOLE} AND item.position IN ({rows.HELD}{STATES})", ["item USING PRIMARY KEY", "placement USING INDEX placement_work"]),
    "held by all": (f"{rows.WHOLE} AND item.position IN ({rows.HELD_BY_ALL}{STATES})", ["item USING PRIMARY KEY", "placement USING PRIMARY KEY"]),
    "what waits": (f"{rows.WHOLE} AND item.position IN ({rows.WAITING})", ["item USING PRIMARY KEY", "item USING INDEX item_queue"]),
    "the head of the queue": (rows.FRESH, ["item USING INDEX item_queue", "placement USING PRIMARY KEY"]),
    "what went back": (rows.AGAIN, ["placement USING INDEX placement_back"]),
    "ended leases": (rows.EXPIRED, ["placement USING INDEX placement_lease"]),
    "the outlook": (rows.OUTLOOK, ["placement USING INDEX placement_lease"]),
    "a member": (rows.MEMBER, ["member USING INDEX member_id"]),
    "the number of a member": (rows.NUMBER, ["member USING INDEX member_id"]),
    "the members": (rows.MEMBERS, ["member USING PRIMARY KEY"]),
    "the version": (rows.VERSION, ["op USING PRIMARY KEY"]),
    "an entry by version": (rows.BY_VERSION, ["op USING PRIMARY KEY"]),
    "an entry by request": (rows.BY_REQUEST, ["op USING INDEX op_request"]),
    "a task": ("SELECT key, body FROM task WHERE id = ?", ["task USING INDEX"]),
    "tasks": (f"{sqlite.TASKS} ORDER BY key LIMIT ?", ["task USING INTEGER PRIMARY KEY"]),
    "a placement, put": (rows.PUT_PLACEMENT, ["placement USING PRIMARY KEY"]),
    "an item, put": (rows.PUT_ITEM, ["item USING PRIMARY KEY"]),
    "a placement, dropped": (rows.DROP, ["placement USING PRIMARY KEY"]),
}  # fmt: skip
"""What every pull, submit and page runs, and the way it must go, table by table."""


def plans(store: SqliteStore) -> dict[str, str]:
    """Ask the planner how it would run each hot statement."""
    return {
        name: "; ".join(
            str(row[3]).replace("COVERING INDEX", "INDEX")
            for row in opened(store).writer.execute(
                f"EXPLAIN QUERY PLAN {statement}", [1] * statement.count("?")
            )
        )
        for name, (statement, _) in HOT.items()
    }


@pytest.mark.parametrize("analyzed", [False, True], ids=["without statistics", "with statistics"])
@pytest.mark.parametrize("full", [False, True], ids=["empty", "full"])
def test_each_hot_statement_goes_by_its_index_and_never_through_a_table(
    store: SqliteStore, full: bool, analyzed: bool
) -> None:
    if full:
        items = [f"i{n}" for n in range(3000)]
        store.transact("t", Ask(), make("t", items)[1])
        store.transact("q", Ask(), queue("q", items, batch=100))
        for n in range(40):
            store.transact(f"t{n}", Ask(), make(f"t{n}")[1])
        for who in ("ann", "bob", "eve"):
            store.transact("q", *pulling("q", who, Stamp(at=NOON)))
    if analyzed:
        opened(store).writer.execute("ANALYZE")
    wrong = {
        name: plan
        for name, plan in plans(store).items()
        if not all(f"SEARCH {way}" in plan for way in HOT[name][1])
        or "TEMP B-TREE" in plan
        or any("SCAN" in part and "VIRTUAL TABLE" not in part for part in plan.split("; "))
    }
    assert wrong == {}


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


class Counted:
    """Counts the transactions of a store, and makes each last, so that calls gather."""

    def __init__(self, store: SqliteStore, seconds: float = 0.01) -> None:
        self.sizes: list[int] = []
        self.fail: list[BaseException] = []
        together = store._combined._together

        def counted(calls: Sequence[Call[object]]) -> None:
            self.sizes.append(len(calls))
            time.sleep(seconds)
            if self.fail and len(calls) > 1:
                raise self.fail.pop()
            together(calls)

        store._combined._together = counted


def all_at_once(store: SqliteStore, decisions: Sequence[Any]) -> list[Any]:
    """Let each of several threads decide; give what each got, or what was raised."""
    gate = Barrier(len(decisions), timeout=30)

    def one(decide: Any) -> Any:
        gate.wait()
        try:
            return store.transact("t", Ask(), decide)
        except BaseException as error:  # noqa: BLE001  it is what is looked at
            return error

    with ThreadPoolExecutor(len(decisions)) as threads:
        return list(threads.map(one, decisions))


def failing(_: View) -> Decision[int]:
    raise ZeroDivisionError


def breaking(view: View) -> Decision[int]:
    """Decide something whose rows fail after some of them have been written."""

    def broken() -> Iterator[Any]:
        yield 1000 + view.version, f"x{view.version}", None, None, 0, 1
        raise ZeroDivisionError

    changes = (PutTask(attrs.evolve(view.task, name="broken")), AddItems(broken(), ()))  # type: ignore[type-var]
    return Decision(changes=changes, event=Event(what="changed"), stamp=Stamp(at=NOON), result=0)


def test_calls_of_sixteen_threads_share_transactions(store: SqliteStore) -> None:
    store.transact("t", Ask(), make("t")[1])
    counted = Counted(store)

    results = all_at_once(store, [noted] * 16)

    assert sorted(results) == list(range(1, 17))
    assert sum(counted.sizes) == 16
    assert len(counted.sizes) <= 8, counted.sizes
    assert [entry.version for entry in store.history("t", Page())] == list(range(1, 18))


def test_an_error_in_one_call_of_a_group_leaves_nothing_of_it_and_all_of_the_others(
    store: SqliteStore,
) -> None:
    task = store.transact("t", Ask(), make("t")[1])
    counted = Counted(store)

    results = all_at_once(store, [noted, failing, breaking] * 5 + [noted])

    assert sorted(result for result in results if isinstance(result, int)) == list(range(1, 7))
    assert sum(isinstance(result, ZeroDivisionError) for result in results) == 10
    assert max(counted.sizes) > 1
    assert store.read("t", Ask()).task == task
    assert len(store.items("t", Page())) == 3
    assert store.read("t", Ask()).version == 7


def test_a_commit_that_fails_fails_all_of_its_calls_and_keeps_none(store: SqliteStore) -> None:
    store.transact("t", Ask(), make("t")[1])
    counted = Counted(store)
    counted.fail = [StoreFailed("here", "committing")]

    results = all_at_once(store, [noted] * 16)

    kept = sorted(result for result in results if isinstance(result, int))
    assert kept == list(range(1, len(kept) + 1))
    assert sum(isinstance(result, StoreFailed) for result in results) == 16 - len(kept) > 1
    assert store.read("t", Ask()).version == len(kept) + 1


def test_an_interrupt_of_the_one_who_commits_loses_nobody_elses_call(store: SqliteStore) -> None:
    store.transact("t", Ask(), make("t")[1])
    counted = Counted(store)
    counted.fail = [KeyboardInterrupt()]

    results = all_at_once(store, [noted] * 16)

    assert sum(isinstance(result, KeyboardInterrupt) for result in results) == 1
    assert sorted(result for result in results if isinstance(result, int)) == list(range(1, 16))
    assert store.read("t", Ask()).version == 16


def test_without_group_commit_every_call_has_a_transaction_of_its_own(path: Path) -> None:
    with SqliteStore(path, group_commit=False) as store:
        store.transact("t", Ask(), make("t")[1])
        counted = Counted(store, 0.001)

        assert sorted(all_at_once(store, [noted] * 16)) == list(range(1, 17))
        assert counted.sizes == [1] * 16


def test_a_decision_that_calls_the_store_is_refused_in_a_group_too(store: SqliteStore) -> None:
    store.transact("t", Ask(), make("t")[1])
    Counted(store)

    def impure(_: View) -> Decision[int]:
        return Decision(result=store.transact("t", Ask(), noted))

    results = all_at_once(store, [noted, impure] * 4)

    assert sum(isinstance(result, InvalidInput) for result in results) == 4
    assert store.read("t", Ask()).version == 5
