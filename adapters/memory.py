"""The store in memory: the reference, and the double for tests.

Everything is kept in plain lists and dicts under one lock. It is the oracle for the
other stores, so it is written to be read. Nothing survives the process.
"""

from __future__ import annotations

import json
import threading
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Self, TypeVar

import attrs
from sortedcontainers import SortedDict, SortedList

from distribution.errors import InvalidInput
from distribution.events import Cell, Entry
from distribution.filters import EVERYTHING, Filter, matches
from distribution.lifecycle import GONE
from distribution.line import Line
from distribution.members import Standing
from distribution.ports import Page, Placement
from distribution.ranks import base
from distribution.task import (
    EXPIRED_LIMIT,
    AddItems,
    AddPlacements,
    Ask,
    Change,
    Decide,
    DropPlacements,
    Held,
    Purge,
    PutItems,
    PutMembers,
    PutPlacements,
    PutTask,
    Row,
    Task,
    View,
    no_task,
    settle,
)
from distribution.values import AssigneeId, ItemId, Json, TaskId

R = TypeVar("R")


@attrs.define
class KeptItem:
    """One item and who has or had it."""

    item: ItemId
    effort: str
    attributes: Mapping[str, Json]
    rank: int
    left: int
    removed: bool = False
    cells: dict[AssigneeId, Cell] = attrs.field(factory=dict)


@attrs.define
class Kept:
    """All that is kept of one task."""

    key: int
    task: Task
    history: list[Entry] = attrs.field(factory=list)
    requests: dict[str, Entry] = attrs.field(factory=dict)
    members: dict[AssigneeId, Standing] = attrs.field(factory=dict)
    names: list[AssigneeId] = attrs.field(factory=list)
    """By number."""
    items: list[KeptItem] = attrs.field(factory=list)
    """By position."""
    index: dict[ItemId, int] = attrs.field(factory=dict)
    line: Line = attrs.field(factory=Line)
    """Items with copies left, in the order of the queue."""
    work: dict[AssigneeId, SortedDict[tuple[int, int], None]] = attrs.field(factory=dict)
    """Of each assignee: (rank, position) of every placement."""
    leases: SortedList[tuple[datetime, int, AssigneeId]] = attrs.field(factory=SortedList)
    """End, position, assignee of every open placement with a lease."""


class MemoryStore:
    """A `TaskStore` that keeps tasks in memory.

    >>> with MemoryStore() as store:
    ...     store.tasks(Page())
    []
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._deciding = False
        self._kept: dict[TaskId, Kept] = {}
        self._by_key: SortedDict[int, TaskId] = SortedDict()

    def transact(self, task_id: TaskId, ask: Ask, decide: Decide[R]) -> R:
        """See `TaskStore.transact`."""
        with self._lock:
            if self._deciding:
                raise InvalidInput(
                    subject="a decision", must="be pure", got="a call of the store it is made for"
                )
            self._deciding = True
            try:
                view, decision = settle(lambda ask: self._view(task_id, ask), ask, decide)
                changes = tuple(map(_gone_through, decision.changes))
            finally:
                self._deciding = False
            if decision.event is None or decision.stamp is None:
                return decision.result
            # From here on nothing can fail, so nothing can be half done.
            kept = self._changed(task_id, changes)
            entry = Entry(
                task=task_id,
                version=view.version + 1,
                stamp=decision.stamp,
                event=decision.event,
                call=decision.call,
                answer=json.loads(json.dumps(decision.answer)),
            )
            kept.history.append(entry)
            if entry.stamp.request is not None:
                kept.requests[entry.stamp.request] = entry
            return decision.result

    def _changed(self, task_id: TaskId, changes: tuple[Change, ...]) -> Kept:
        """Make the changes."""
        for change in changes:
            kept = self._kept.get(task_id)
            if isinstance(change, PutTask):
                if kept is None:
                    kept = self._kept[task_id] = Kept(len(self._by_key) + 1, change.task)
                    self._by_key[kept.key] = task_id
                kept.task = change.task
            elif kept is not None:
                _APPLY[type(change)](kept, change)
        if task_id not in self._kept:
            raise no_task(task_id)
        return self._kept[task_id]

    def read(self, task_id: TaskId, ask: Ask) -> View:
        """See `TaskStore.read`."""
        with self._lock:
            return self._view(task_id, ask)

    def _view(self, task_id: TaskId, ask: Ask) -> View:
        kept = self._kept.get(task_id)
        if kept is None:
            return View(ask=ask, task=None, version=0)
        asked = kept.names if ask.members is None else [n for n in ask.members if n in kept.members]
        members = {n: kept.members[n] for n in sorted(asked, key=lambda n: kept.members[n].number)}
        fresh, again = _head(kept, ask)
        at = -1 if ask.entry is None else ask.entry - 1
        return View(
            ask=ask,
            task=kept.task,
            version=len(kept.history),
            answered=None if ask.request is None else kept.requests.get(ask.request),
            members=members,
            fresh=fresh,
            again=again,
            expired=_expired(kept, ask),
            rows=_rows(kept, ask),
            known=frozenset(item for item in ask.known if item in kept.index),
            outlook=kept.leases[0][0] if ask.outlook and kept.leases else None,
            entry=next(iter(kept.history[at : at + 1]), None) if at >= 0 else None,
        )

    def tasks(
        self, page: Page, *, where: Filter | None = None, member: AssigneeId | None = None
    ) -> Sequence[tuple[int, Task]]:
        """See `TaskStore.tasks`."""
        with self._lock:
            listed: list[tuple[int, Task]] = []
            for key in self._by_key.irange(page.after, inclusive=(False, True)):
                kept = self._kept[self._by_key[key]]
                if (
                    kept.task.state not in GONE
                    and (member is None or member in kept.members)
                    and matches(where or EVERYTHING, kept.task.record())
                ):
                    listed.append((key, kept.task))
                if len(listed) == page.limit:
                    break
            return listed

    def items(self, task_id: TaskId, page: Page, *, where: Filter | None = None) -> Sequence[Row]:
        """See `TaskStore.items`."""
        with self._lock:
            kept = self._kept.get(task_id)
            found: list[Row] = []
            if kept is None:
                return found
            for position in range(_start(page), len(kept.items)):
                item = kept.items[position]
                if not item.removed and matches(where or EVERYTHING, item.attributes):
                    found.append(_row(kept, position))
                if len(found) == page.limit:
                    break
            return found

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
        with self._lock:
            kept = self._kept.get(task_id)
            if kept is None:
                return []
            found = (
                placement
                for placement in _listed(kept, page, assignee, item)
                if (state in {None, placement.cell.state}) and assignee in {None, placement.assignee}
            )
            rows: list[Placement] = []
            for placement in found:
                # A page never ends between the placements of one item.
                if len(rows) >= page.limit and (assignee or rows[-1].position != placement.position):
                    break
                rows.append(placement)
            return rows

    def history(self, task_id: TaskId, page: Page) -> Sequence[Entry]:
        """See `TaskStore.history`."""
        with self._lock:
            entries = self._kept[task_id].history if task_id in self._kept else []
            start = bisect_right(entries, page.after or 0, key=lambda entry: entry.version)
            return entries[start : start + page.limit]

    def close(self) -> None:
        """See `TaskStore.close`; there is nothing to let go of."""

    def __enter__(self) -> Self:
        """Return the store."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the store."""
        self.close()


def _start(page: Page) -> int:
    """Give the first position of a page."""
    return 0 if page.after is None else max(page.after + 1, 0)


def _row(kept: Kept, position: int, *, cells: bool = True) -> Row:
    item = kept.items[position]
    return Row(
        position=position,
        item=item.item,
        rank=item.rank,
        left=item.left,
        removed=item.removed,
        cells=dict(item.cells) if cells else {},
        effort=item.effort,
        attributes=item.attributes,
    )


def _head(kept: Kept, ask: Ask) -> tuple[list[Row], list[Row]]:
    """Load the head of the queue for one assignee."""
    head = ask.head
    if head is None or kept.task.pull is None:
        return [], []
    count = kept.task.pull.batch_size if head.fresh is None else head.fresh
    fresh = [_row(kept, position, cells=False) for position in kept.line.fresh(head.assignee, count)]
    again = []
    if head.again:
        for _, position in kept.work.get(head.assignee, ()):
            item = kept.items[position]
            if item.left > 0 and not item.removed:
                again.append(_row(kept, position))
    return fresh, again


def _expired(kept: Kept, ask: Ask) -> list[Row]:
    """Load items whose lease has ended, each once, the first to end first."""
    found: dict[int, None] = {}
    if ask.expired is not None:
        for until, position, _ in kept.leases:
            if until > ask.expired or len(found) == EXPIRED_LIMIT:
                break
            found[position] = None
    return [_row(kept, position) for position in found]


def _rows(kept: Kept, ask: Ask) -> list[Row]:
    """Load the items that are named in one way or another."""
    found = {kept.index[item] for item in ask.items if item in kept.index}
    found |= {position for position in ask.positions if 0 <= position < len(kept.items)}
    if ask.held is not None or ask.waiting or ask.whole:
        where = (ask.held.where if ask.held else None) or EVERYTHING
        for position, item in enumerate(kept.items):
            wanted = ask.whole or (ask.waiting and item.left > 0) or _is_held(item, ask.held)
            if wanted and not item.removed and (ask.whole or matches(where, item.attributes)):
                found.add(position)
    return sorted((_row(kept, position) for position in found), key=lambda row: (row.rank, row.position))


def _is_held(item: KeptItem, held: Held | None) -> bool:
    return held is not None and any(
        cell.state in held.states and (held.assignees is None or who in held.assignees)
        for who, cell in item.cells.items()
    )


def _listed(kept: Kept, page: Page, assignee: AssigneeId | None, item: ItemId | None) -> Iterator[Placement]:
    """Go through placements, in the order of pages."""
    if item is not None:
        positions: Iterable[int] = [kept.index[item]] if item in kept.index else []
    elif assignee is not None:
        line = kept.work.get(assignee, SortedDict())
        after = None if page.after is None else (page.after, len(kept.items))
        for _, position in line.irange(after):
            yield _placement(kept, position, assignee)
        return
    else:
        positions = range(_start(page), len(kept.items))
    for position in positions:
        cells = kept.items[position].cells
        for who in sorted(cells, key=lambda who: kept.members[who].number):
            yield _placement(kept, position, who)


def _placement(kept: Kept, position: int, assignee: AssigneeId) -> Placement:
    item = kept.items[position]
    return Placement(
        item=item.item,
        position=position,
        assignee=assignee,
        rank=base(item.rank),
        cell=item.cells[assignee],
        effort=item.effort,
        attributes=dict(item.attributes),
    )


def _gone_through(change: Change) -> Change:
    """Read what a change computes on the way, where it may still fail."""
    if isinstance(change, AddItems):
        return AddItems(list(change.items), list(change.placements))
    return change


def _put_members(kept: Kept, change: PutMembers) -> None:
    for standing in change.standings:
        if standing.id not in kept.members:
            kept.names.append(standing.id)
        kept.members[standing.id] = standing


def _add(kept: Kept, change: AddItems) -> None:
    rows = list(change.items)
    for position, item, effort, attributes, rank, left in rows:
        kept.index[item] = position
        kept.items.append(
            KeptItem(item, effort or "1", json.loads(attributes) if attributes else {}, rank, left)
        )
    kept.line.extend((position, rank, left) for position, _, _, _, rank, left in rows)
    _add_placements(kept, AddPlacements(list(change.placements)))


def _put_items(kept: Kept, change: PutItems) -> None:
    for left, rank, removed, position in change.rows:
        item = kept.items[position]
        item.left, item.rank, item.removed = left, rank, removed
        kept.line.put(position, 0 if removed else left, rank)


def _add_placements(kept: Kept, change: AddPlacements) -> None:
    for position, number, rank, cell in change.rows:
        assignee = kept.names[number]
        kept.items[position].cells[assignee] = cell
        kept.line.had(assignee, position)
        kept.work.setdefault(assignee, SortedDict())[rank, position] = None
        if cell.until is not None:
            kept.leases.add((cell.until, position, assignee))


def _put_placements(kept: Kept, change: PutPlacements) -> None:
    for position, number, cell in change.rows:
        assignee, cells = kept.names[number], kept.items[position].cells
        old = cells[assignee]
        if old.until is not None:
            kept.leases.discard((old.until, position, assignee))
        if cell.until is not None:
            kept.leases.add((cell.until, position, assignee))
        cells[assignee] = cell


def _drop(kept: Kept, change: DropPlacements) -> None:
    for position, number in change.rows:
        assignee, item = kept.names[number], kept.items[position]
        old = item.cells.pop(assignee)
        if old.until is not None:
            kept.leases.discard((old.until, position, assignee))
        del kept.work[assignee][base(item.rank), position]
        kept.line.forgot(assignee, position)


def _purge(kept: Kept, _change: object) -> None:
    empty = Kept(kept.key, kept.task)
    for name in ("members", "names", "items", "index", "line", "work", "leases"):
        setattr(kept, name, getattr(empty, name))


_APPLY: Mapping[type, Callable[[Kept, Any], None]] = {
    PutMembers: _put_members,
    AddItems: _add,
    PutItems: _put_items,
    AddPlacements: _add_placements,
    PutPlacements: _put_placements,
    DropPlacements: _drop,
    Purge: _purge,
}
