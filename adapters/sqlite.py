"""The embedded store: one SQLite file, safe for several threads and processes.

What may happen is decided in the core. How the file is opened, queued for and kept
whole is in `sqlite_file`, its tables in `sqlite_schema`, its rows in `sqlite_rows` and `sqlite_changes`.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Callable, Sequence
from functools import partial
from operator import attrgetter
from typing import Any, Self, TypeVar

from adapters.combining import MOST, Call, Combiner
from adapters.sqlite_changes import put_task, write, write_entry
from adapters.sqlite_file import SqliteFile
from adapters.sqlite_filters import condition
from adapters.sqlite_rows import OP, VERSIONS, Loader, op_id
from adapters.sqlite_turns import Transaction
from adapters.sqlite_values import cell_of, dumped, entry, loaded, task_of
from distribution.decision import Decide, Decision, PutTask, settle
from distribution.errands import Errand
from distribution.errors import InvalidInput, StoreFailed, UnusableStore
from distribution.events import Entry
from distribution.filters import Filter
from distribution.ports import Page, Placement
from distribution.task import Ask, Row, Task, View, no_task
from distribution.values import AssigneeId, ItemId, TaskId

R = TypeVar("R")

COLUMNS = """item.id, placement.position, member.id, placement.rank, placement.state, placement.status,
    placement.since, placement.until, placement.answer, coalesce(item.effort, '1'), coalesce(item.attributes, '{}')"""
WHO = "CROSS JOIN member NOT INDEXED ON member.task = placement.task AND member.number = placement.member"
ITEM = "CROSS JOIN item NOT INDEXED ON item.task = placement.task AND item.position = placement.position"
BY_POSITION = f"""SELECT {COLUMNS} FROM placement NOT INDEXED {ITEM} {WHO}
    WHERE placement.task = ? AND placement.position > ? AND placement.position <= coalesce((
        SELECT position FROM placement NOT INDEXED WHERE task = ? AND position > ? AND coalesce(state = ?, 1)
        ORDER BY position LIMIT 1 OFFSET ?), 9e18)
    AND coalesce(placement.state = ?, 1) ORDER BY placement.position, placement.member"""
BY_RANK = f"""SELECT {COLUMNS} FROM placement INDEXED BY placement_work {ITEM} {WHO}
    WHERE placement.task = ? AND placement.member = ? AND placement.rank > ? AND placement.rank <= coalesce((
        SELECT rank FROM placement INDEXED BY placement_work
        WHERE task = ? AND member = ? AND rank > ? AND coalesce(state = ?, 1)
        ORDER BY rank LIMIT 1 OFFSET ?), 9e18)
    AND coalesce(placement.state = ?, 1) ORDER BY placement.rank, placement.position"""
OF_ITEM = f"""SELECT {COLUMNS} FROM item INDEXED BY item_id
    CROSS JOIN placement NOT INDEXED ON placement.task = item.task AND placement.position = item.position {WHO}
    WHERE item.task = ? AND item.id = ? AND coalesce(placement.state = ?, 1) ORDER BY placement.member"""
TASKS = "SELECT key, id, body FROM task WHERE key > ? AND state NOT IN ('deleted', 'purged')"
HEADER = f"""SELECT id, body, (SELECT max(op.id) FROM op NOT INDEXED
        WHERE op.id >= task.key * {VERSIONS} AND op.id < (task.key + 1) * {VERSIONS}) % {VERSIONS}
    FROM task WHERE key = ?"""
HISTORY = f"SELECT {OP} FROM op NOT INDEXED WHERE id > ? AND id < ? ORDER BY id LIMIT ?"
ANSWERED = f"""SELECT task.id, {OP} FROM op INDEXED BY op_request CROSS JOIN task ON task.key = op.task
    WHERE op.request = ? ORDER BY op.task"""
FIRST = -(2**63)
_ERRAND: Callable[[Call[object]], Errand[object] | None] = attrgetter("errand")
KEYS = 10_000
"""Tasks whose keys a store remembers."""


class SqliteStore:
    """A `TaskStore` in one file, which is created where there is none.

    Threads share transactions, and so do processes: waiting calls are committed together,
    unless *group_commit* is off.

    Raises:
        UnusableStore: the file is something else, or of a newer schema.
        StoreFailed: it cannot be opened.
    """

    def __init__(self, path: str | os.PathLike[str], *, group_commit: bool = True) -> None:
        self._file = SqliteFile(path)
        self._combined = Combiner(self._file.writers, self._together, MOST if group_commit else 1)
        self._grouped = group_commit
        self._file.forked = self._combined.forget
        self._turn: Transaction | None = None
        self._shared = False
        self._keys: dict[TaskId, int] = {}

    def transact(self, task_id: TaskId, ask: Ask, decide: Decide[R]) -> R:
        """See `TaskStore.transact`."""
        self._file.refuse_nested()
        errand: Errand[R] | None = decide if isinstance(decide, Errand) else None
        return self._combined(lambda: self._one(task_id, ask, decide), errand)

    def _together(self, calls: Sequence[Call[object]]) -> None:
        """Run several calls in one transaction, or find them done by another process."""
        errands = list(filter(None, map(_ERRAND, calls)))
        wish = partial(_wish, errands) if self._grouped and len(errands) == len(calls) else None
        try:
            with self._file.writing("changing tasks", wish) as turn:
                if turn.given is None:
                    self._keep_together(turn, calls)
            if turn.given is not None:
                try:
                    for call, errand, data in zip(calls, errands, loaded(turn.given), strict=True):
                        call.result = errand.answer_from_data(data)
                finally:
                    turn.opened.tell()
            for call in calls:
                call.kept = True
        except Exception:
            raise
        except BaseException:
            if self._file.unsure:
                for call in calls:
                    call.error = StoreFailed(self._file.place, "being stopped; look whether it was kept")
            raise

    def _keep_together(self, turn: Transaction, calls: Sequence[Call[object]]) -> None:
        """Run them and what other processes wait for, now that it is our turn."""
        self._turn, self._shared = turn, len(calls) > 1
        try:
            for call in calls:
                call.settle()
                if not turn.connection.in_transaction:
                    # A full disk may end the whole transaction; nothing of it may go on by itself.
                    raise call.error or StoreFailed(self._file.place, "keeping several calls together")
                if call.error is not None and not self._shared:
                    raise call.error
            if self._grouped:
                self._shared = False
                turn.serve(self._run)
        finally:
            self._turn = None

    def _run(self, text: str) -> str:
        """Run errands of another process, all or none; give their answers."""
        errands: list[Errand[object]] = [Errand.from_data(data) for data in loaded(text)]
        return dumped([e.answer_to_data(self._one(e.task, e.ask, e)) for e in errands])

    def _one(self, task_id: TaskId, ask: Ask, decide: Decide[R]) -> R:
        """Decide, and write what was decided; leave nothing where that fails."""
        turn = self._turn
        if turn is None:
            raise InvalidInput(subject="a decision", must="be made in a transaction", got=None)
        connection = turn.connection
        try:
            view, decision = settle(lambda ask: self._view(connection, task_id, ask, turn.seen), ask, decide)
            if decision.event is None or decision.stamp is None:
                self._file.told |= ask.request is not None
                return decision.result
            if not self._shared:
                self._write(turn, task_id, view.version + 1, decision)
                return decision.result
            connection.execute("SAVEPOINT call")
            try:
                self._write(turn, task_id, view.version + 1, decision)
            except BaseException:
                # A full disk may have ended the whole transaction already.
                if connection.in_transaction:
                    turn.undo("call")
                raise
            finally:
                if connection.in_transaction:
                    connection.execute("RELEASE call")
        except (sqlite3.Error, OSError) as error:
            raise self._file.failure(error, f"changing task {task_id!r}") from error
        return decision.result

    def _write(self, turn: Transaction, task_id: TaskId, version: int, decision: Decision[Any]) -> None:
        """Write a decision."""
        connection = turn.connection
        key = self._key(connection, task_id) if version > 1 else None
        _, task = turn.seen.pop(task_id, (0, None))
        for change in decision.changes:
            if isinstance(change, PutTask):
                key, task = put_task(connection, change.task), change.task
            elif key is None:
                raise no_task(task_id)
            else:
                write(connection, key, change)
        if key is None:
            raise no_task(task_id)
        write_entry(connection, key, version, decision)
        if task is not None:
            turn.seen[task_id] = version, task

    def _key(self, connection: sqlite3.Connection, task_id: TaskId) -> int | None:
        """Give the key of a task; it never changes, so it is looked up once."""
        key = self._keys.get(task_id)
        if key is None:
            row = connection.execute("SELECT key FROM task WHERE id = ?", (task_id,)).fetchone()
            if row is None:
                return None
            key = int(row[0])
            if len(self._keys) < KEYS:
                self._keys[task_id] = key
        return key

    def _view(
        self,
        connection: sqlite3.Connection,
        task_id: TaskId,
        ask: Ask,
        seen: dict[TaskId, tuple[int, Task]] | None = None,
    ) -> View:
        """Load what a decision asks for; *seen* are versions and tasks, of which nobody has written others since."""
        key = self._key(connection, task_id)
        known = None if seen is None else seen.get(task_id)
        if key is None:
            return View(ask=ask, task=None, version=0)
        if known is None:
            row = connection.execute(HEADER, (key,)).fetchone()
            if row is None or row[0] != task_id:
                # What was remembered was never kept: its transaction failed.
                if self._keys.pop(task_id, None) is None:
                    return View(ask=ask, task=None, version=0)
                return self._view(connection, task_id, ask)
            known = row[2], self._task(task_id, row[1])
            if seen is not None:
                seen[task_id] = known
        version, task = known
        return Loader(connection, key, task).view(ask, version)

    def _task(self, task_id: TaskId, body: str) -> Task:
        """Read a task as it is kept."""
        try:
            return task_of(body)
        except ValueError as error:
            problem = f"holds a damaged task {task_id!r}"
            raise UnusableStore(self._file.place, problem, "restore the file from a backup") from error

    def read(self, task_id: TaskId, ask: Ask) -> View:
        """See `TaskStore.read`."""
        with self._file.reading(f"reading task {task_id!r}") as connection:
            return self._view(connection, task_id, ask)

    def tasks(
        self, page: Page, *, where: Filter | None = None, member: AssigneeId | None = None
    ) -> Sequence[tuple[int, Task]]:
        """See `TaskStore.tasks`."""
        query = TASKS
        values: list[object] = [-1 if page.after is None else page.after]
        if where is not None:
            clause, given = condition(where, "task.record")
            query, values = f"{query} AND {clause}", [*values, *given]
        if member is not None:
            query += " AND key IN (SELECT task FROM member INDEXED BY member_tasks WHERE id = ?)"
            values = [*values, member]
        with self._file.reading("listing tasks") as connection:
            rows = connection.execute(f"{query} ORDER BY key LIMIT ?", (*values, page.limit)).fetchall()
            return [(key, self._task(task_id, body)) for key, task_id, body in rows]

    def items(self, task_id: TaskId, page: Page, *, where: Filter | None = None) -> Sequence[Row]:
        """See `TaskStore.items`."""
        with self._file.reading(f"reading items of task {task_id!r}") as connection:
            found = connection.execute("SELECT key, body FROM task WHERE id = ?", (task_id,)).fetchone()
            if found is None:
                return []
            loader = Loader(connection, found[0], self._task(task_id, found[1]))
            query = "SELECT position FROM item NOT INDEXED WHERE task = ? AND removed = 0 AND position > ?"
            values: list[object] = [found[0], -1 if page.after is None else page.after]
            if where is not None:
                clause, given = condition(where, "coalesce(item.attributes, '{}')")
                query, values = f"{query} AND {clause}", [*values, *given]
            rows = connection.execute(f"{query} ORDER BY position LIMIT ?", (*values, page.limit)).fetchall()
            return loader.at([position for (position,) in rows])

    def placements(
        self,
        task_id: TaskId,
        page: Page,
        *,
        assignee: AssigneeId | None = None,
        item: ItemId | None = None,
        state: str | None = None,
    ) -> Sequence[Placement]:
        """See `TaskStore.placements`."""
        with self._file.reading(f"reading placements of task {task_id!r}") as connection:
            key = self._key(connection, task_id)
            if key is None:
                return []
            after = page.after
            if item is not None:
                found = connection.execute(OF_ITEM, (key, item, state)).fetchall()
            elif assignee is not None:
                who = connection.execute(
                    "SELECT number FROM member INDEXED BY member_id WHERE task = ? AND id = ?",
                    (key, assignee),
                ).fetchone()
                line = (key, *(who or ()), FIRST if after is None else after)
                values = (*line, *line, state, page.limit - 1, state)
                found = connection.execute(BY_RANK, values).fetchall() if who else []
            else:
                start = -1 if after is None else after
                values = (key, start, key, start, state, page.limit - 1, state)
                found = connection.execute(BY_POSITION, values).fetchall()
            placements = [_placement(row) for row in found]
            return [p for p in placements if assignee in {None, p.assignee}]

    def history(self, task_id: TaskId, page: Page) -> Sequence[Entry]:
        """See `TaskStore.history`."""
        with self._file.reading(f"reading the history of task {task_id!r}") as connection:
            key = self._key(connection, task_id)
            if key is None:
                return []
            span = (op_id(key, max(page.after or 0, 0)), op_id(key + 1, 0))
            rows = connection.execute(HISTORY, (*span, page.limit)).fetchall()
            return [entry(task_id, row) for row in rows]

    def answered(self, request: str) -> Sequence[Entry]:
        """See `TaskStore.answered`."""
        with self._file.reading("reading what was answered") as connection:
            rows = connection.execute(ANSWERED, (request,)).fetchall()
            return [entry(row[0], row[1:]) for row in rows]

    def close(self) -> None:
        """See `TaskStore.close`."""
        self._file.close()

    def __enter__(self) -> Self:
        """Return the store."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the store."""
        self.close()


def _wish(errands: Sequence[Errand[object]]) -> str:
    """Write errands for another process."""
    return dumped(list(map(Errand.to_data, errands)))


def _placement(row: Sequence[Any]) -> Placement:
    item, position, assignee, rank, state, status, since, until, answer, effort, attributes = row
    return Placement(
        item=item,
        position=position,
        assignee=assignee,
        rank=rank,
        cell=cell_of(state, status, since, until, answer),
        effort=effort,
        attributes=json.loads(attributes),
    )
