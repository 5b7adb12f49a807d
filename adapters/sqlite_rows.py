"""Rows of the SQLite store, read and written: what a decision sees, and what it changes.

SQL here selects and writes; nothing in it knows a cap, a share or a lease's meaning.
CROSS JOIN and INDEXED BY keep the plan as it is written: with statistics, or with none,
SQLite has chosen to go through a whole task to find one item.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from datetime import datetime
from operator import attrgetter, itemgetter
from typing import TypeVar

from adapters.sqlite_filters import condition
from adapters.sqlite_values import cell_of, dumped, entry, instant, member_of, micros
from distribution.events import Cell, Entry
from distribution.filters import Filter
from distribution.members import Standing
from distribution.task import EXPIRED_LIMIT, Ask, Held, Row, Task, View

R = TypeVar("R")

ROW = """item.position, item.id, item.rank, item.free, item.removed, item.round, item.effort, item.attributes,
    placement.member, placement.state, placement.status, placement.since, placement.until,
    placement.answer"""
CELLS = """LEFT JOIN placement NOT INDEXED
    ON placement.task = item.task AND placement.position = item.position"""
BY_ID = f"""SELECT {ROW} FROM json_each(?) AS wanted
    CROSS JOIN item INDEXED BY item_id ON item.task = ? AND item.id = wanted.value {CELLS}"""
BY_POSITION = f"""SELECT {ROW} FROM json_each(?) AS wanted
    CROSS JOIN item NOT INDEXED ON item.task = ? AND item.position = wanted.value {CELLS}"""
WHOLE = f"SELECT {ROW} FROM item NOT INDEXED {CELLS} WHERE item.task = ? AND item.removed = 0"
FRESH = """SELECT position, id, rank, free FROM item INDEXED BY item_queue
    WHERE task = ? AND free > 0 AND removed = 0 AND NOT EXISTS (
        SELECT 1 FROM placement NOT INDEXED
        WHERE placement.task = item.task AND placement.position = item.position AND placement.member = ?)"""
IN_LINE = "ORDER BY rank, position LIMIT ?"
GOLD = """SELECT position FROM item NOT INDEXED
    WHERE task = ? AND position >= ? AND position < ? AND removed = 0 AND NOT EXISTS (
        SELECT 1 FROM placement NOT INDEXED
        WHERE placement.task = item.task AND placement.position = item.position AND placement.member = ?)
    ORDER BY position"""
AGAIN = """SELECT position FROM placement INDEXED BY placement_work
    WHERE task = ? AND member = ? AND state IN ('skipped', 'returned')"""
RECENT = """SELECT position FROM placement INDEXED BY placement_work
    WHERE task = ? AND member = ? ORDER BY rank DESC, position DESC LIMIT ?"""
EXPIRED = """SELECT position FROM placement INDEXED BY placement_lease
    WHERE task = ? AND until <= ? ORDER BY until, position LIMIT ?"""
HELD = "SELECT position FROM placement INDEXED BY placement_work WHERE task = ? AND member IN (SELECT value FROM json_each(?))"
HELD_BY_ALL = "SELECT position FROM placement NOT INDEXED WHERE task = ?"
WAITING = "SELECT position FROM item INDEXED BY item_queue WHERE task = ? AND free > 0 AND removed = 0"
OUTLOOK = "SELECT until FROM placement INDEXED BY placement_lease WHERE task = ? AND until > 0 ORDER BY until LIMIT 1"
MEMBER = "SELECT id, body, number, open, done, skipped, lost, worked_at, gold_open, gold_done, gold_gone FROM member INDEXED BY member_id WHERE task = ? AND id = ?"
NUMBER = "SELECT number FROM member INDEXED BY member_id WHERE task = ? AND id = ?"
NOBODY = -1
MEMBERS = "SELECT id, body, number, open, done, skipped, lost, worked_at, gold_open, gold_done, gold_gone FROM member NOT INDEXED WHERE task = ? ORDER BY number"
VERSIONS = 1 << 40
"""Versions of one task; the id of a line of the log is the task's key times this, plus its version."""
OP = f"op.id % {VERSIONS}, at, actor, request, reason, event, call, answer"
BY_VERSION = f"SELECT {OP} FROM op NOT INDEXED WHERE id = ?"
BY_REQUEST = f"SELECT {OP} FROM op INDEXED BY op_request WHERE task = ? AND request = ?"


class Loader:
    """One task's rows, as one connection sees them now."""

    def __init__(self, connection: sqlite3.Connection, key: int, task: Task) -> None:
        self.connection = connection
        self.key = key
        self.task = task
        self._names: dict[int, str] = {}

    def view(self, ask: Ask, version: int) -> View:
        """Load what a decision asks for, and nothing else."""
        members = self._members(ask)
        fresh, again, recent = self._head(ask, members)
        return View(
            ask=ask,
            task=self.task,
            version=version,
            answered=None if ask.request is None else self._entry(BY_REQUEST, self.key, ask.request),
            members=members,
            fresh=fresh,
            again=again,
            recent=recent,
            expired=self._expired(ask.expired),
            rows=self._named(ask),
            known=self._known(ask.known) if ask.known else frozenset(),
            outlook=self._outlook() if ask.outlook else None,
            gold=self._gold(ask.gold) if ask.gold is not None else (),
            entry=None if ask.entry is None else self._entry(BY_VERSION, op_id(self.key, ask.entry)),
        )

    def _members(self, ask: Ask) -> Mapping[str, Standing]:
        """Load how people stand."""
        if ask.members is None:
            found = self.connection.execute(MEMBERS, (self.key,)).fetchall()
        else:
            found = []
            for name in ask.members:
                found += self.connection.execute(MEMBER, (self.key, name)).fetchall()
            found.sort(key=itemgetter(2))
        members = {}
        for (
            name,
            body,
            number,
            open_,
            done,
            skipped,
            lost,
            worked_at,
            gold_open,
            gold_done,
            gold_gone,
        ) in found:
            self._names[number] = name
            members[name] = Standing(
                member=member_of(body),
                number=number,
                open=open_,
                done=done,
                skipped=skipped,
                lost=lost,
                worked_at=instant(worked_at),
                gold_open=gold_open,
                gold_done=gold_done,
                gold_gone=gold_gone,
            )
        return members

    def _entry(self, query: str, *values: object) -> Entry | None:
        """Load one line of the log."""
        rows = self.connection.execute(query, values).fetchall()
        return entry(self.task.id, rows[0]) if rows else None

    def _head(
        self, ask: Ask, members: Mapping[str, Standing]
    ) -> tuple[Sequence[Row], Sequence[Row], Sequence[Row]]:
        """Load the head of the queue for somebody, what she may have again, what she got last."""
        head = ask.head
        if head is None or self.task.pull is None:
            return (), (), ()
        standing = members.get(head.assignee)
        number = self._number(head.assignee) if standing is None else standing.number
        count = self.task.pull.batch_size if head.fresh is None else head.fresh
        fresh = self._fresh(number, count, head.where)
        again = self._found(AGAIN, number) if head.again else []
        recent = self._found(RECENT, number, head.recent) if head.recent else []
        return fresh, [row for row in again if row.left > 0 and not row.removed], recent

    def _found(self, query: str, *values: object) -> list[Row]:
        """Load the items at the positions that a query gives."""
        return self.at([row[0] for row in self.connection.execute(query, (self.key, *values)).fetchall()])

    def _fresh(self, number: int, count: int, where: Filter | None) -> Sequence[Row]:
        """Load what she never had from the head of the queue; whole where a filter says which."""
        if where is None:
            found = self.connection.execute(f"{FRESH} {IN_LINE}", (self.key, number, count))
            return [Row(*row) for row in found]
        clause, values = condition(where, "coalesce(item.attributes, '{}')")
        return self._found(f"{FRESH} AND {clause} {IN_LINE}", number, *values, count)

    def _expired(self, at: datetime | None) -> Sequence[Row]:
        """Load items whose lease has ended, the first to end first."""
        if at is None:
            return ()
        found = self.connection.execute(EXPIRED, (self.key, micros(at), EXPIRED_LIMIT)).fetchall()
        if not found:
            return ()
        positions = list(dict.fromkeys(row[0] for row in found))
        rows = {row.position: row for row in self.at(positions)}
        return [rows[position] for position in positions]

    def _gold(self, assignee: str) -> Sequence[Row]:
        """Load the gold that she never had."""
        gold = self.task.gold
        if gold is None:
            return ()
        span = (gold.start, gold.start + gold.count)
        found = self.connection.execute(GOLD, (self.key, *span, self._number(assignee)))
        return self.at([row[0] for row in found.fetchall()])

    def _outlook(self) -> datetime | None:
        found = self.connection.execute(OUTLOOK, (self.key,)).fetchone()
        return instant(found[0]) if found else None

    def _known(self, items: Sequence[str]) -> frozenset[str]:
        query = """SELECT wanted.value FROM json_each(?) AS wanted
            CROSS JOIN item INDEXED BY item_id ON item.task = ? AND item.id = wanted.value"""
        return frozenset(row[0] for row in self.connection.execute(query, (dumped(items), self.key)))

    def _named(self, ask: Ask) -> Sequence[Row]:
        """Load the items that are named in one way or another, each once, by rank and position."""
        found: dict[int, Row] = {}
        if ask.items:
            found |= self.rows(BY_ID, (dumped(list(dict.fromkeys(ask.items))), self.key))
        if ask.positions:
            found |= self.rows(BY_POSITION, (dumped(list(dict.fromkeys(ask.positions))), self.key))
        if ask.whole:
            found |= self.rows(WHOLE, (self.key,))
        else:
            where, values = self._filter(ask.held)
            if ask.held is not None:
                inner, given = self._held(ask.held)
                query = f"{WHOLE} AND item.position IN ({inner}) AND {where}"
                found |= self.rows(query, (self.key, *given, *values))
            if ask.waiting:
                query = f"{WHOLE} AND item.position IN ({WAITING}) AND {where}"
                found |= self.rows(query, (self.key, self.key, *values))
        if not found:
            return ()
        return sorted(found.values(), key=attrgetter("rank", "position"))

    def _filter(self, held: Held | None) -> tuple[str, list[object]]:
        if held is None or held.where is None:
            return "1", []
        return condition(held.where, "coalesce(item.attributes, '{}')")

    def _held(self, held: Held) -> tuple[str, list[object]]:
        """Select placements by holder and state."""
        states = " AND state IN (SELECT value FROM json_each(?))"
        if held.assignees is None:
            return HELD_BY_ALL + states, [self.key, dumped(held.states)]
        numbers = [self._number(name) for name in held.assignees]
        return HELD + states, [self.key, dumped(numbers), dumped(held.states)]

    def _number(self, assignee: str) -> int:
        """Give the number of a member; one that nobody has where she is none."""
        found = self.connection.execute(NUMBER, (self.key, assignee)).fetchone()
        return NOBODY if found is None else int(found[0])

    def at(self, positions: Sequence[int]) -> list[Row]:
        """Load items by position."""
        return list(self.rows(BY_POSITION, (dumped(positions), self.key)).values())

    def rows(self, query: str, values: Sequence[object]) -> dict[int, Row]:
        """Load items with everybody who has or had them; by position, in the order of the query."""
        found: dict[int, Row] = {}
        cells: dict[str, Cell] = {}
        names = self._names
        for (
            position, item, rank, left, removed, round_, effort, attributes, member, *cell
        ) in self.connection.execute(query, values):  # fmt: skip
            if position not in found:
                cells = {}
                told = json.loads(attributes) if attributes else {}
                found[position] = Row(
                    position, item, rank, left, bool(removed), round_, cells, effort or "1", told
                )
            if member is not None:
                cells[names.get(member) or self.name(member)] = cell_of(*cell)
        return found

    def name(self, number: int) -> str:
        """Give the id of a member by her number."""
        found = self._names.get(number)
        if found is None:
            query = "SELECT id FROM member NOT INDEXED WHERE task = ? AND number = ?"
            found = self._names[number] = str(
                self.connection.execute(query, (self.key, number)).fetchone()[0]
            )
        return found


def op_id(key: int, version: int) -> int:
    """Give the id of a line of the log."""
    return key * VERSIONS + min(version, VERSIONS - 1)
