"""The embedded store: one SQLite file, safe for several threads and processes.

SQL here selects rows and writes rows; what may happen is decided in the core. How the
file is opened, queued for and kept whole is in `sqlite_file`, its tables in
`sqlite_schema`.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Sequence
from typing import Any, Self, TypeVar

from adapters.sqlite_file import SqliteFile
from distribution.codec import decode, encode
from distribution.errors import UnusableStore
from distribution.events import Entry, Event, Stamp
from distribution.ports import Page, Placement
from distribution.task import AddItems, Ask, Change, Decide, DropItems, PutTask, Task, View, no_task
from distribution.values import AssigneeId, ItemId, TaskId

R = TypeVar("R")

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
        self._file = SqliteFile(path)

    def transact(self, task_id: TaskId, ask: Ask, decide: Decide[R]) -> R:
        """See `TaskStore.transact`."""
        with self._file.writing(f"changing task {task_id!r}") as connection:
            view = self._view(connection, task_id, ask)
            decision = decide(view)
            if decision.event is not None and decision.stamp is not None:
                for change in decision.changes:
                    self._apply(connection, task_id, change)
                self._append(connection, task_id, view.version + 1, decision.stamp, decision.event)
            return decision.result

    def _view(self, connection: sqlite3.Connection, task_id: TaskId, ask: Ask) -> View:
        """Load what a decision asks for."""
        row = connection.execute("SELECT key, body FROM task WHERE id = ?", (task_id,)).fetchone()
        if row is None:
            return View(task=None, version=0)
        key, body = row
        (version,) = connection.execute(
            "SELECT coalesce(max(version), 0) FROM op WHERE task = ?", (key,)
        ).fetchone()
        answered = None
        if ask.request is not None:
            rows = connection.execute(
                "SELECT version, at, actor, request, reason, event FROM op WHERE task = ? AND request = ?",
                (key, ask.request),
            ).fetchall()
            answered = _entry(task_id, rows[0]) if rows else None
        return View(task=self._task(task_id, body), version=version, answered=answered)

    def _task(self, task_id: TaskId, body: str) -> Task:
        """Read a task as it is kept."""
        try:
            task: Task = decode(Task, json.loads(body))
        except ValueError as error:
            problem = f"holds a damaged task {task_id!r}"
            raise UnusableStore(self._file.place, problem, "restore the file from a backup") from error
        return task

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
        row = connection.execute("SELECT key, body FROM task WHERE id = ?", (task_id,)).fetchone()
        if row is None:
            raise no_task(task_id)
        key, body = row
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
        added = connection.execute(
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
        if added.rowcount != 1:
            raise no_task(task_id)

    def read(self, task_id: TaskId, ask: Ask) -> View:
        """See `TaskStore.read`."""
        with self._file.reading(f"reading task {task_id!r}") as connection:
            return self._view(connection, task_id, ask)

    def tasks(self, page: Page) -> Sequence[tuple[int, Task]]:
        """See `TaskStore.tasks`."""
        with self._file.reading("listing tasks") as connection:
            rows = connection.execute(
                "SELECT key, id, body FROM task WHERE key > ? AND state <> 'deleted' ORDER BY key LIMIT ?",
                (page.after, page.limit),
            ).fetchall()
            return [(key, self._task(task_id, body)) for key, task_id, body in rows]

    def placements(
        self, task_id: TaskId, page: Page, *, assignee: AssigneeId | None = None, item: ItemId | None = None
    ) -> Sequence[Placement]:
        """See `TaskStore.placements`."""
        with self._file.reading(f"reading placements of task {task_id!r}") as connection:
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
        with self._file.reading(f"reading the history of task {task_id!r}") as connection:
            rows = connection.execute(
                "SELECT version, at, actor, request, reason, event FROM op"
                " WHERE task = (SELECT key FROM task WHERE id = ?) AND version > ? ORDER BY version LIMIT ?",
                (task_id, page.after, page.limit),
            ).fetchall()
            return [_entry(task_id, row) for row in rows]

    def close(self) -> None:
        """See `TaskStore.close`."""
        self._file.close()

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
