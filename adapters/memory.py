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

from sortedcontainers import SortedDict

from adapters.memory_rows import (
    APPLY,
    Kept,
    expired_of,
    gold_of,
    gone_through,
    head_of,
    listed,
    row_of,
    rows_of,
    start_of,
)
from distribution.decision import Change, Decide, PutTask, settle
from distribution.errors import InvalidInput
from distribution.events import Entry
from distribution.filters import EVERYTHING, Filter, matches
from distribution.lifecycle import GONE
from distribution.ports import Page, Placement
from distribution.task import Ask, Row, Task, View, no_task
from distribution.values import AssigneeId, ItemId, TaskId

R = TypeVar("R")


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
                changes = tuple(map(gone_through, decision.changes))
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
                APPLY[type(change)](kept, change)
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
        fresh, again, recent = head_of(kept, ask)
        at = -1 if ask.entry is None else ask.entry - 1
        return View(
            ask=ask,
            task=kept.task,
            version=len(kept.history),
            answered=None if ask.request is None else kept.requests.get(ask.request),
            members=members,
            fresh=fresh,
            again=again,
            recent=recent,
            expired=expired_of(kept, ask),
            rows=rows_of(kept, ask),
            known=frozenset(item for item in ask.known if item in kept.index),
            gold=gold_of(kept, ask),
            outlook=kept.leases[0][0] if ask.outlook and kept.leases else None,
            entry=next(iter(kept.history[at : at + 1]), None) if at >= 0 else None,
        )

    def tasks(
        self, page: Page, *, where: Filter | None = None, member: AssigneeId | None = None
    ) -> Sequence[tuple[int, Task]]:
        """See `TaskStore.tasks`."""
        with self._lock:
            tasks: list[tuple[int, Task]] = []
            for key in self._by_key.irange(page.after, inclusive=(False, True)):
                kept = self._kept[self._by_key[key]]
                if (
                    kept.task.state not in GONE
                    and (member is None or member in kept.members)
                    and matches(where or EVERYTHING, kept.task.record())
                ):
                    tasks.append((key, kept.task))
                if len(tasks) == page.limit:
                    break
            return tasks

    def items(self, task_id: TaskId, page: Page, *, where: Filter | None = None) -> Sequence[Row]:
        """See `TaskStore.items`."""
        with self._lock:
            kept = self._kept.get(task_id)
            found: list[Row] = []
            if kept is None:
                return found
            for position in range(start_of(page), len(kept.items)):
                item = kept.items[position]
                if not item.removed and matches(where or EVERYTHING, item.attributes):
                    found.append(row_of(kept, position))
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
                for placement in listed(kept, page, assignee, item)
                if (state in {None, placement.cell.state}) and assignee in {None, placement.assignee}
            )
            rows: list[Placement] = []
            for placement in found:
                # A page never ends between the placements of one item, nor between equal ranks of one person.
                same = (
                    rows and rows[-1].rank == placement.rank
                    if assignee and item is None
                    else rows and rows[-1].position == placement.position
                )
                if len(rows) >= page.limit and not same:
                    break
                rows.append(placement)
            return rows

    def history(self, task_id: TaskId, page: Page) -> Sequence[Entry]:
        """See `TaskStore.history`."""
        with self._lock:
            entries = self._kept[task_id].history if task_id in self._kept else []
            start = bisect_right(entries, page.after or 0, key=lambda entry: entry.version)
            return entries[start : start + page.limit]

    def answered(self, request: str) -> Sequence[Entry]:
        """See `TaskStore.answered`."""
        with self._lock:
            requests = (self._kept[task_id].requests for task_id in self._by_key.values())
            return [known[request] for known in requests if request in known]

    def close(self) -> None:
        """See `TaskStore.close`; there is nothing to let go of."""

    def __enter__(self) -> Self:
        """Return the store."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the store."""
        self.close()
