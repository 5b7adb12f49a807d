"""The store in memory: the reference, and the double for tests.

Everything is kept in plain lists and dicts under one lock. It is the oracle for the
other stores, so it is written to be read. Nothing survives the process.
"""

from __future__ import annotations

import json
import threading
from bisect import bisect_right
from collections.abc import Sequence
from typing import Self, TypeVar

import attrs
from sortedcontainers import SortedDict

from distribution.errors import InvalidInput
from distribution.events import Entry
from distribution.ports import Page, Placement
from distribution.task import AddItems, Ask, Change, Decide, PutTask, Task, View, no_task
from distribution.values import AssigneeId, ItemId, TaskId

R = TypeVar("R")


@attrs.define
class Kept:
    """All that is kept of one task."""

    key: int
    task: Task
    history: list[Entry] = attrs.field(factory=list)
    placements: list[Placement] = attrs.field(factory=list)
    """By position."""
    work: dict[AssigneeId, list[Placement]] = attrs.field(factory=dict)
    """Of each assignee, by slot."""
    index: dict[ItemId, int] = attrs.field(factory=dict)


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
                decision = decide(self.read(task_id, ask))
            finally:
                self._deciding = False
            if decision.event is None or decision.stamp is None:
                return decision.result
            kept = self._changed(task_id, decision.changes)
            version = len(kept.history) + 1
            entry = Entry(task=task_id, version=version, stamp=decision.stamp, event=decision.event)
            kept.history.append(entry)
            self._kept[task_id] = kept
            self._by_key[kept.key] = task_id
            return decision.result

    def _changed(self, task_id: TaskId, changes: tuple[Change, ...]) -> Kept:
        """Make the changes on a copy, so that a failing row leaves nothing behind."""
        old = self._kept.get(task_id)
        kept = attrs.evolve(old, history=list(old.history)) if old else None
        for change in changes:
            if isinstance(change, PutTask):
                kept = (
                    attrs.evolve(kept, task=change.task) if kept else Kept(len(self._by_key) + 1, change.task)
                )
            elif kept is None:
                raise no_task(task_id)
            elif isinstance(change, AddItems):
                _add(kept, change)
            else:
                kept = Kept(kept.key, kept.task, kept.history)
        if kept is None:
            raise no_task(task_id)
        return kept

    def read(self, task_id: TaskId, ask: Ask) -> View:
        """See `TaskStore.read`."""
        with self._lock:
            kept = self._kept.get(task_id)
            if kept is None:
                return View(task=None, version=0)
            answered = (entry for entry in kept.history if entry.stamp.request == ask.request)
            found = next(answered, None) if ask.request is not None else None
            return View(task=kept.task, version=len(kept.history), answered=found)

    def tasks(self, page: Page) -> Sequence[tuple[int, Task]]:
        """See `TaskStore.tasks`."""
        with self._lock:
            listed: list[tuple[int, Task]] = []
            for key in self._by_key.irange(page.after, inclusive=(False, True)):
                task = self._kept[self._by_key[key]].task
                if task.state != "deleted" and len(listed) < page.limit:
                    listed.append((key, task))
            return listed

    def placements(
        self, task_id: TaskId, page: Page, *, assignee: AssigneeId | None = None, item: ItemId | None = None
    ) -> Sequence[Placement]:
        """See `TaskStore.placements`."""
        with self._lock:
            kept = self._kept.get(task_id)
            if kept is None:
                return []
            if item is not None:
                at = kept.index.get(item)
                found = [kept.placements[at]] if at is not None else []
                return [p for p in found if assignee in {None, p.assignee}]
            if assignee is not None:
                line = kept.work.get(assignee, [])
                start = bisect_right(line, page.after, key=lambda p: p.slot)
                return line[start : start + page.limit]
            return kept.placements[page.after + 1 : page.after + 1 + page.limit]

    def history(self, task_id: TaskId, page: Page) -> Sequence[Entry]:
        """See `TaskStore.history`."""
        with self._lock:
            entries = self._kept[task_id].history if task_id in self._kept else []
            return [entry for entry in entries if entry.version > page.after][: page.limit]

    def close(self) -> None:
        """See `TaskStore.close`; there is nothing to let go of."""

    def __enter__(self) -> Self:
        """Return the store."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the store."""
        self.close()


def _add(kept: Kept, change: AddItems) -> None:
    """Add items and placements, both in the order of positions."""
    names = kept.task.workload.assignees
    placements, index = list(kept.placements), dict(kept.index)
    rows = {position: (item, effort, attributes) for position, item, effort, attributes in change.items}
    for position, owner, slot in change.placements:
        item, effort, attributes = rows[position]
        index[item] = position
        placements.append(
            Placement(
                item=item,
                position=position,
                assignee=names[owner],
                slot=slot,
                effort=effort or "1",
                attributes=json.loads(attributes) if attributes else {},
            )
        )
    work: dict[AssigneeId, list[Placement]] = {}
    for placement in sorted(placements, key=lambda p: p.slot):
        work.setdefault(placement.assignee, []).append(placement)
    kept.placements, kept.index, kept.work = placements, index, work
