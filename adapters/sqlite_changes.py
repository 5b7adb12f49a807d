"""Changes of the SQLite store, written: one statement for neighbours that change alike.

SQL here writes what was decided, row by row; nothing in it knows a cap, a share or a
lease's meaning.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any, TypeVar

from adapters.sqlite_rows import NOBODY, op_id
from adapters.sqlite_values import dumped, micros
from distribution.codec import encode
from distribution.decision import (
    AddItems,
    AddPlacements,
    Change,
    Decision,
    DropPlacements,
    Purge,
    PutItems,
    PutMembers,
    PutPlacements,
    PutRounds,
    PutTask,
)
from distribution.events import Cell
from distribution.members import Member
from distribution.task import Task

R = TypeVar("R")

PUT_TASK = """INSERT INTO task (id, state, record, body) VALUES (?, ?, ?, ?) ON CONFLICT (id)
    DO UPDATE SET state = excluded.state, record = excluded.record, body = excluded.body RETURNING key"""
PUT_MEMBER = """INSERT INTO member VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (task, number)
    DO UPDATE SET body = excluded.body, open = excluded.open, done = excluded.done,
    skipped = excluded.skipped, lost = excluded.lost, worked_at = excluded.worked_at,
    gold_open = excluded.gold_open, gold_done = excluded.gold_done,
    gold_gone = excluded.gold_gone"""
ADD_PLACEMENTS = """INSERT INTO placement SELECT task, position, ?, position + ?, ?, ?, ?, ?, ? FROM item NOT INDEXED
    WHERE task = ? AND position BETWEEN ? AND ?"""
PUT_PLACEMENTS = """UPDATE placement NOT INDEXED SET state = ?, status = ?, since = ?, until = ?, answer = ?
    WHERE task = ? AND position BETWEEN ? AND ? AND member = ?"""
PUT_ITEMS = """UPDATE item NOT INDEXED SET free = ?, rank = position + ?, removed = ?
    WHERE task = ? AND position BETWEEN ? AND ?"""
PUT_ROUND = "UPDATE item NOT INDEXED SET round = ? WHERE task = ? AND position = ?"
DROP = "DELETE FROM placement NOT INDEXED WHERE task = ? AND position = ? AND member = ?"
PUT_ENTRY = "INSERT INTO op VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"


def write_entry(connection: sqlite3.Connection, key: int, version: int, decision: Decision[Any]) -> None:
    """Append a line to the log; its key is a second guard against two writers at one version."""
    stamp, text = decision.stamp, dumped(encode(decision.event, brief=True))
    if stamp is None:
        return
    answer = None if decision.answer is None else dumped(decision.answer)
    by = (micros(stamp.at), stamp.actor, stamp.request, stamp.reason)
    connection.execute(PUT_ENTRY, (op_id(key, version), key, *by, text, decision.call, answer))


def write(connection: sqlite3.Connection, key: int, change: Change) -> None:
    """Keep one change."""
    _WRITE[type(change)](connection, key, change)


def put_task(connection: sqlite3.Connection, task: Task) -> int:
    """Keep a task, new or known; give its key."""
    values = (task.id, task.state, dumped(task.record()), dumped(encode(task)))
    return int(connection.execute(PUT_TASK, values).fetchone()[0])


def _put_members(connection: sqlite3.Connection, key: int, change: PutMembers) -> None:
    connection.executemany(
        PUT_MEMBER,
        [
            (
                key,
                s.number,
                s.id,
                _member_text(s.member),
                s.open,
                s.done,
                s.skipped,
                s.lost,
                micros(s.worked_at),
                s.gold_open,
                s.gold_done,
                s.gold_gone,
            )
            for s in change.standings
        ],
    )


@lru_cache(maxsize=4096)
def _member_text(member: Member) -> str:
    return dumped(encode(member))


def _add(connection: sqlite3.Connection, key: int, change: AddItems) -> None:
    # The task's key is a small integer of ours: in the text it saves a million tuples.
    connection.executemany(f"INSERT INTO item VALUES ({key:d}, ?, ?, ?, ?, ?, ?, 0, 1)", iter(change.items))
    told = _Told()
    connection.executemany(
        f"INSERT INTO placement VALUES ({key:d}, ?, ?, ?, ?, ?, ?, ?, ?)",
        ((position, number, rank, *told(cell)) for position, number, rank, cell in change.placements),
    )


class _Told:
    """How a cell is written; neighbours mostly share theirs."""

    def __init__(self) -> None:
        self._cell: Cell | None = None
        self._text: tuple[object, ...] = ()

    def __call__(self, cell: Cell) -> tuple[object, ...]:
        if cell is not self._cell:
            self._cell = cell
            self._text = (cell.state, cell.status, micros(cell.since), micros(cell.until), cell.answer)
        return self._text


def runs(rows: Iterable[tuple[int, R]]) -> list[tuple[int, int, R]]:
    """Put neighbours together that are written alike: first and last position, and what they share.

    A batch from the head of a queue is mostly one run: one statement then, instead of ten.

    >>> runs([(3, "a"), (4, "a"), (5, "b"), (9, "b")])
    [(3, 4, 'a'), (5, 5, 'b'), (9, 9, 'b')]
    """
    found: list[tuple[int, int, R]] = []
    first = last = NOBODY
    shared: R | None = None
    for position, what in rows:
        if position != last + 1 or what != shared or shared is None:
            if shared is not None:
                found.append((first, last, shared))
            first, shared = position, what
        last = position
    if shared is not None:
        found.append((first, last, shared))
    return found


def _put_items(connection: sqlite3.Connection, key: int, change: PutItems) -> None:
    rows = [(position, (left, rank - position, removed)) for left, rank, removed, position in change.rows]
    connection.executemany(PUT_ITEMS, [(*what, key, first, last) for first, last, what in runs(rows)])


def _put_rounds(connection: sqlite3.Connection, key: int, change: PutRounds) -> None:
    connection.executemany(PUT_ROUND, [(number, key, position) for position, number in change.rows])


def _add_placements(connection: sqlite3.Connection, key: int, change: AddPlacements) -> None:
    rows = [(position, (number, rank - position, cell)) for position, number, rank, cell in change.rows]
    told = _Told()
    many = [
        (number, ahead, *told(cell), key, first, last) for first, last, (number, ahead, cell) in runs(rows)
    ]
    added = connection.executemany(ADD_PLACEMENTS, many).rowcount
    if added != len(change.rows):
        raise sqlite3.IntegrityError(f"{len(change.rows)} placements of {added} items")


def _put_placements(connection: sqlite3.Connection, key: int, change: PutPlacements) -> None:
    rows = [(position, (number, cell)) for position, number, cell in change.rows]
    told = _Told()
    many = [(*told(cell), key, first, last, number) for first, last, (number, cell) in runs(rows)]
    connection.executemany(PUT_PLACEMENTS, many)


def _drop(connection: sqlite3.Connection, key: int, change: DropPlacements) -> None:
    connection.executemany(DROP, [(key, position, number) for position, number in change.rows])


def _purge(connection: sqlite3.Connection, key: int, _change: object) -> None:
    for table in ("placement", "item", "member"):
        connection.execute(f"DELETE FROM {table} WHERE task = ?", (key,))


_WRITE: Mapping[type, Callable[[sqlite3.Connection, int, Any], object]] = {
    PutTask: lambda connection, _key, change: put_task(connection, change.task),
    PutMembers: _put_members,
    AddItems: _add,
    PutItems: _put_items,
    PutRounds: _put_rounds,
    AddPlacements: _add_placements,
    PutPlacements: _put_placements,
    DropPlacements: _drop,
    Purge: _purge,
}
