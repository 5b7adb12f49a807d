"""The embedded store: one SQLite file, safe for several threads and processes.

Writers queue at a lock file beside the database (flock) and only then begin: SQLite's
own waiting sleeps and lets some starve. Write-ahead log, synchronous=FULL: what was
answered survives a crash of the machine. A read never waits for a writer of another
process. POSIX only, and not on a network file system.
"""

from __future__ import annotations

import fcntl
import json
import os
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self, TypeVar

from adapters import sqlite_schema
from distribution.codec import decode, encode
from distribution.errors import DistributionError, StoreBusy, StoreFailed, UnusableStore
from distribution.events import Entry, Event, Stamp
from distribution.ports import Page, Placement
from distribution.task import AddItems, Ask, Change, Decide, DropItems, PutTask, Task, View
from distribution.values import AssigneeId, ItemId, TaskId

R = TypeVar("R")

BUSY_SECONDS = 30.0
"""How long to wait for a program that holds the database without queueing at the lock file."""
CACHE_KIB = 65_536

COLUMNS = """item.id, placement.position, assignee.id, placement.slot,
    coalesce(item.effort, '1'), coalesce(item.attributes, '{}')"""
ASSIGNEE = "CROSS JOIN assignee ON assignee.task = placement.task AND assignee.number = placement.assignee"
# CROSS JOIN keeps the order of the tables as written: with statistics SQLite has chosen to
# go through a whole task to find one item.
BY_POSITION = f"""SELECT {COLUMNS} FROM placement NOT INDEXED
    CROSS JOIN item ON item.task = placement.task AND item.position = placement.position {ASSIGNEE}
    WHERE placement.task = ? AND placement.position > ? ORDER BY placement.position LIMIT ?"""
BY_SLOT = f"""SELECT {COLUMNS} FROM placement INDEXED BY placement_work
    CROSS JOIN item ON item.task = placement.task AND item.position = placement.position {ASSIGNEE}
    WHERE placement.task = ? AND placement.assignee = ? AND placement.slot > ? ORDER BY placement.slot LIMIT ?"""
OF_ITEM = f"""SELECT {COLUMNS} FROM item INDEXED BY item_id
    CROSS JOIN placement ON placement.task = item.task AND placement.position = item.position {ASSIGNEE}
    WHERE item.task = ? AND item.id = ? ORDER BY placement.assignee LIMIT ?"""


class SqliteStore:
    """A `TaskStore` in one file, which is created where there is none.

    Raises:
        UnusableStore: the file is something else, or of a newer schema.
        StoreFailed: it cannot be opened.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        self.place = f"sqlite store at {str(path)!r}"
        self._mutex = threading.RLock()
        self._connection: sqlite3.Connection | None = None
        self._gate = -1
        self._pid = 0
        self._open()

    def _open(self) -> None:
        """Open file and lock, make the file ours, bring it up to date."""
        if str(self.path) == ":memory:" or str(self.path).startswith("file:"):
            raise UnusableStore(
                self.place, "is not a path", "for a store in memory use adapters.memory.MemoryStore"
            )
        if self.path.is_dir():
            raise UnusableStore(self.place, "is a folder", "give the path of a file")
        if not self.path.parent.is_dir():
            raise UnusableStore(self.place, "lies in a folder that does not exist", "create the folder first")
        with self._failures("opening it"):
            self._refuse_other_files()
            fresh = not self.path.exists()
            self._gate = os.open(f"{self.path}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
            self._connection = sqlite3.connect(
                self.path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
            )
            self._pid = os.getpid()
            with self._queued() as connection:
                connection.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
                sqlite_schema.migrate(connection, self.place)
                if connection.execute("PRAGMA journal_mode = WAL").fetchone()[0] != "wal":
                    raise UnusableStore(self.place, "cannot keep a write-ahead log", "use a local disk")
                connection.execute("PRAGMA synchronous = FULL")
            if fresh:
                # FULL syncs the file, not the folder that has just learnt its name.
                folder = os.open(self.path.parent, os.O_RDONLY)
                os.fsync(folder)
                os.close(folder)

    def _refuse_other_files(self) -> None:
        """Look at the first bytes, so that nothing is created beside a file that is not ours."""
        if self.path.exists():
            with self.path.open("rb") as file:
                head = file.read(16)
            if head not in (b"", b"SQLite format 3\0"):
                raise UnusableStore(self.place, "is not an SQLite database", "choose another path")

    @contextmanager
    def _failures(self, doing: str) -> Iterator[None]:
        """Turn what the driver and the system raise into our errors; let ours pass."""
        try:
            yield
        except DistributionError:
            self._rollback()
            if self._connection is not None and doing == "opening it":
                self.close()
            raise
        except sqlite3.OperationalError as error:
            self._rollback()
            if error.sqlite_errorname in {"SQLITE_BUSY", "SQLITE_LOCKED"}:
                raise StoreBusy(self.place, BUSY_SECONDS) from error
            raise StoreFailed(self.place, doing) from error
        except (sqlite3.Error, OSError) as error:
            self._rollback()
            raise StoreFailed(self.place, doing) from error
        except BaseException:
            self._rollback()
            raise

    def _rollback(self) -> None:
        """Leave a transaction that has failed."""
        if self._connection is not None and self._connection.in_transaction:
            self._connection.rollback()

    @contextmanager
    def _queued(self) -> Iterator[sqlite3.Connection]:
        """Wait for our turn among threads and processes."""
        with self._mutex:
            if self._pid != os.getpid():
                # After a fork neither the lock nor the connection may be shared with the parent.
                self._connection, self._gate = None, -1
                self._open()
            if self._connection is None:
                raise StoreFailed(self.place, "being used after it was closed")
            fcntl.flock(self._gate, fcntl.LOCK_EX)
            try:
                yield self._connection
            finally:
                fcntl.flock(self._gate, fcntl.LOCK_UN)

    def transact(self, task_id: TaskId, ask: Ask, decide: Decide[R]) -> R:
        """See `TaskStore.transact`."""
        with self._mutex, self._failures(f"changing task {task_id!r}"), self._queued() as connection:
            connection.execute("BEGIN IMMEDIATE")
            view = self._view(connection, task_id, ask)
            decision = decide(view)
            if decision.event is None or decision.stamp is None:
                connection.rollback()
                return decision.result
            for change in decision.changes:
                self._apply(connection, task_id, change)
            self._append(connection, task_id, view.version + 1, decision.stamp, decision.event)
            connection.commit()
            return decision.result

    def _view(self, connection: sqlite3.Connection, task_id: TaskId, ask: Ask) -> View:
        """Load what a decision asks for."""
        row = connection.execute("SELECT key, body FROM task WHERE id = ?", (task_id,)).fetchone()
        if row is None:
            return View(task=None, version=0)
        key, body = row
        version = connection.execute(
            "SELECT version FROM op WHERE task = ? ORDER BY version DESC LIMIT 1", (key,)
        ).fetchone()[0]
        answered = None
        if ask.request is not None:
            rows = connection.execute(
                "SELECT version, at, actor, request, reason, event FROM op WHERE task = ? AND request = ?",
                (key, ask.request),
            ).fetchall()
            answered = _entry(task_id, rows[0]) if rows else None
        return View(task=decode(Task, json.loads(body)), version=version, answered=answered)

    def _apply(self, connection: sqlite3.Connection, task_id: TaskId, change: Change) -> None:
        """Keep one change."""
        if isinstance(change, PutTask):
            task = change.task
            connection.execute(
                "INSERT INTO task (id, state, body) VALUES (?, ?, ?)"
                " ON CONFLICT (id) DO UPDATE SET state = excluded.state, body = excluded.body",
                (task.id, task.state, _dumped(encode(task))),
            )
            return
        key, body = connection.execute("SELECT key, body FROM task WHERE id = ?", (task_id,)).fetchone()
        if isinstance(change, AddItems):
            names = decode(Task, json.loads(body)).workload.assignees
            connection.executemany(
                "INSERT OR IGNORE INTO assignee VALUES (?, ?, ?)",
                [(key, n, name) for n, name in enumerate(names)],
            )
            # The task's key is a small integer of ours: in the text it saves a million tuples.
            connection.executemany(f"INSERT INTO item VALUES ({key:d}, ?, ?, ?, ?)", iter(change.items))
            connection.executemany(
                f"INSERT INTO placement VALUES ({key:d}, ?, ?, ?)", iter(change.placements)
            )
        elif isinstance(change, DropItems):
            for table in ("placement", "item", "assignee"):
                connection.execute(f"DELETE FROM {table} WHERE task = ?", (key,))

    def _append(
        self, connection: sqlite3.Connection, task_id: TaskId, version: int, stamp: Stamp, event: Event
    ) -> None:
        """Write the entry; its key is a second guard against two writers at one version."""
        connection.execute(
            "INSERT INTO op SELECT key, ?, ?, ?, ?, ?, ? FROM task WHERE id = ?",
            (
                version,
                stamp.at.isoformat(),
                stamp.actor,
                stamp.request,
                stamp.reason,
                _dumped(encode(event)),
                task_id,
            ),
        )

    @contextmanager
    def _reading(self, doing: str) -> Iterator[sqlite3.Connection]:
        """Read as of one moment; takes no place in the queue of writers."""
        with self._mutex, self._failures(doing):
            if self._connection is None or self._pid != os.getpid():
                with self._queued():
                    pass
            connection = self._connection
            if connection is None:
                raise StoreFailed(self.place, "being used after it was closed")
            connection.execute("BEGIN")
            yield connection
            connection.rollback()

    def read(self, task_id: TaskId, ask: Ask) -> View:
        """See `TaskStore.read`."""
        with self._reading(f"reading task {task_id!r}") as connection:
            return self._view(connection, task_id, ask)

    def tasks(self, page: Page) -> Sequence[tuple[int, Task]]:
        """See `TaskStore.tasks`."""
        with self._reading("listing tasks") as connection:
            rows = connection.execute(
                "SELECT key, body FROM task WHERE key > ? AND state <> 'deleted' ORDER BY key LIMIT ?",
                (page.after, page.limit),
            ).fetchall()
            return [(key, decode(Task, json.loads(body))) for key, body in rows]

    def placements(
        self, task_id: TaskId, page: Page, *, assignee: AssigneeId | None = None, item: ItemId | None = None
    ) -> Sequence[Placement]:
        """See `TaskStore.placements`."""
        with self._reading(f"reading placements of task {task_id!r}") as connection:
            row = connection.execute("SELECT key FROM task WHERE id = ?", (task_id,)).fetchone()
            if row is None:
                return []
            key = row[0]
            if item is not None:
                found = connection.execute(OF_ITEM, (key, item, page.limit)).fetchall()
            elif assignee is not None:
                who = connection.execute(
                    "SELECT number FROM assignee WHERE task = ? AND id = ?", (key, assignee)
                ).fetchone()
                found = (
                    connection.execute(BY_SLOT, (key, *who, page.after, page.limit)).fetchall() if who else []
                )
            else:
                found = connection.execute(BY_POSITION, (key, page.after, page.limit)).fetchall()
            placements = [_placement(row) for row in found]
            return [p for p in placements if assignee in {None, p.assignee}]

    def history(self, task_id: TaskId, page: Page) -> Sequence[Entry]:
        """See `TaskStore.history`."""
        with self._reading(f"reading the history of task {task_id!r}") as connection:
            rows = connection.execute(
                "SELECT version, at, actor, request, reason, event FROM op"
                " WHERE task = (SELECT key FROM task WHERE id = ?) AND version > ? ORDER BY version LIMIT ?",
                (task_id, page.after, page.limit),
            ).fetchall()
            return [_entry(task_id, row) for row in rows]

    def close(self) -> None:
        """See `TaskStore.close`."""
        with self._mutex:
            if self._connection is None:
                return
            if self._pid == os.getpid():
                # The last connection checkpoints as it closes, which is a write like any other.
                fcntl.flock(self._gate, fcntl.LOCK_EX)
                self._connection.close()
                os.close(self._gate)
            self._connection, self._gate = None, -1

    def __enter__(self) -> Self:
        """Return the store, to be closed on leaving."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the store."""
        self.close()


def _dumped(data: object) -> str:
    return json.dumps(data, separators=(",", ":"), ensure_ascii=False)


def _entry(task_id: TaskId, row: Sequence[Any]) -> Entry:
    version, at, actor, request, reason, event = row
    stamp = decode(Stamp, {"kind": "stamp", "at": at, "actor": actor, "request": request, "reason": reason})
    return Entry(task=task_id, version=version, stamp=stamp, event=decode(Event, json.loads(event)))


def _placement(row: Sequence[Any]) -> Placement:
    item, position, assignee, slot, effort, attributes = row
    return Placement(
        item=item,
        position=position,
        assignee=assignee,
        slot=slot,
        effort=effort,
        attributes=json.loads(attributes),
    )
