"""The verbs of people who look: find tasks, assignments, items; progress, reasons, history."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import get_args

import attrs

from adapters.deciding import Deciding
from distribution.basis import ByCount
from distribution.errors import InvalidInput, NotFound, Refused
from distribution.events import REASON_LIMIT, Entry
from distribution.filters import AllOf, Filter, check_filter, field
from distribution.lifecycle import GONE, MemberState, PlacementState, Progress, TaskState
from distribution.overview import (
    Assignment,
    Story,
    TaskProgress,
    as_created,
    assignment_of,
    progress_of,
    story,
)
from distribution.plan import Plan
from distribution.ports import PAGE_LIMIT, Page, Placement
from distribution.ranks import slot_of
from distribution.reasons import Placed
from distribution.replay import Replayed, replay
from distribution.static import distribute
from distribution.task import Ask, Row, Task, View, instant_text, no_member, no_task, the_task
from distribution.values import ITEM_ID_LIMIT, AssigneeId, Item, ItemId, Json, TaskId, check_id

TASKS = tuple(state for state in get_args(TaskState) if state not in GONE)
ASSIGNMENTS = (*get_args(MemberState), *get_args(Progress))
PLACEMENTS = get_args(PlacementState)


def _check_state(value: str, known: Sequence[str], subject: str) -> None:
    """Refuse a state that nothing is ever in: nothing found would look like an answer."""
    if value not in known:
        raise InvalidInput(subject=subject, must=f"be one of {', '.join(known)}", got=value)


class Reading(Deciding):
    """What everybody may ask."""

    def get(self, task_id: TaskId) -> Task:
        """Give a task by its id.

        >>> tasks.get(task.id).name
        'label cats'

        Raises:
            NotFound: there is none.
        """
        return the_task(self._read(task_id, Ask()), task_id)

    def _read(self, task_id: TaskId, ask: Ask) -> View:
        return self.store.read(check_id(task_id, "task id"), ask)

    def find(self, name_or_id: str) -> Task:
        """Give a task by its id, or by its name where that is the only one.

        >>> tasks.find("label cats") == task
        True

        Raises:
            NotFound: there is none.
            InvalidInput: several tasks have that name.
        """
        task = self._read(check_id(name_or_id, "task name"), Ask()).task
        if task is not None and task.state not in GONE:
            return task
        named = list(self.all(where=field("name").equal(name_or_id)))
        if len(named) > 1:
            ids = ", ".join(task.id for task in named)
            raise InvalidInput(
                subject="task name", must="be that of one task", got=name_or_id, remedy=f"use an id: {ids}"
            )
        if not named:
            raise no_task(name_or_id)
        return named[0]

    def all(
        self,
        *,
        name: str | None = None,
        state: str | None = None,
        creator: str | None = None,
        assignee: AssigneeId | None = None,
        due_before: datetime | None = None,
        due_after: datetime | None = None,
        metadata: Mapping[str, Json] | None = None,
        where: Filter | None = None,
    ) -> Iterator[Task]:
        """Go through tasks, oldest first: all, or those that fit everything given.

        *name* may hold * and ?. *metadata* has dotted paths with the values they lead to.
        *where* is a filter over `Task.record`. Deleted tasks are never among them.

        >>> [found.name for found in tasks.all(name="label *", state="open", assignee="ann")]
        ['label cats']

        Raises:
            InvalidInput: something given cannot be looked for.
        """
        if state is not None:
            _check_state(state, TASKS, "state of a task")
        if assignee is not None:
            check_id(assignee, "assignee id")
        if metadata is not None and not isinstance(metadata, Mapping):
            remedy = "give dotted paths with the values they lead to"
            raise InvalidInput(subject="metadata", must="be a mapping", got=metadata, remedy=remedy)
        clauses: list[Filter] = [] if where is None else [where]
        clauses += [] if name is None else [field("name").like(name)]
        clauses += [] if state is None else [field("state").equal(state)]
        clauses += (
            [] if creator is None else [field("creator").equal(check_id(creator, "creator", REASON_LIMIT))]
        )
        clauses += [] if due_before is None else [field("due").less(instant_text(due_before))]
        clauses += [] if due_after is None else [field("due").greater(instant_text(due_after))]
        for path, value in (metadata or {}).items():
            clauses.append(field(f"metadata.{path}").equal(value))
        return self._found(AllOf(tuple(clauses)) if clauses else None, assignee)

    def _found(self, wanted: Filter | None, assignee: AssigneeId | None) -> Iterator[Task]:
        page = Page(limit=200)
        while rows := self.store.tasks(page, where=wanted, member=assignee):
            yield from (task for _, task in rows)
            page = attrs.evolve(page, after=rows[-1][0])

    def progress(self, task_id: TaskId) -> TaskProgress:
        """Tell how far a task is: counts by state, and by assignee.

        >>> _ = tasks.pull(task.id, "ann")
        >>> now = tasks.progress(task.id)
        >>> now.waiting, now.open, now["ann"].open
        (2, 2, 2)

        Raises:
            NotFound: there is no such task.
        """
        view = self._read(task_id, Ask(members=None))
        return progress_of(the_task(view, task_id), view.members.values())

    def assignments(
        self,
        task_id: TaskId | None = None,
        *,
        assignee: AssigneeId | None = None,
        state: str | None = None,
        empty: bool = False,
    ) -> Iterator[Assignment]:
        """Go through assignments: of a task, of an assignee over all tasks, or all there are.

        *state* is that of the assignee (active, paused, removed) or a progress (empty, waiting,
        in progress, completed). Those that hold nothing are left out, unless *empty*.

        >>> _ = tasks.pull(task.id, "ann")
        >>> [(found.assignee, found.open) for found in tasks.assignments(task.id)]
        [('ann', 2)]

        Raises:
            NotFound: there is no such task.
            InvalidInput: there is no such state.
        """
        if state is not None:
            _check_state(state, ASSIGNMENTS, "state of an assignment")
        if assignee is not None:
            check_id(assignee, "assignee id")
        found = self.all(assignee=assignee) if task_id is None else iter([self.get(task_id)])
        return self._assignments(found, assignee, state, empty=empty)

    def _assignments(
        self, found: Iterator[Task], assignee: AssigneeId | None, state: str | None, *, empty: bool
    ) -> Iterator[Assignment]:
        members = None if assignee is None else (assignee,)
        for task in found:
            for standing in self._read(task.id, Ask(members=members)).members.values():
                assignment = assignment_of(task, standing)
                fits = state in {None, assignment.state, assignment.progress}
                if fits and (empty or assignment.total):
                    yield assignment

    def items(
        self, task_id: TaskId, *, where: Filter | None = None, after: int | None = None, limit: int = 1000
    ) -> list[Row]:
        """Give a page of items, by position, with everybody who has or had them.

        *where* looks at their attributes; *after* is the position of the last one seen.

        >>> [row.item for row in tasks.items(task.id, limit=2)]
        ['a', 'b']

        Raises:
            NotFound: there is no such task.
        """
        if where is not None:
            check_filter(where)
        self.get(task_id)
        return list(self.store.items(task_id, Page(after=after, limit=limit), where=where))

    def placements(
        self,
        task_id: TaskId,
        *,
        assignee: AssigneeId | None = None,
        state: str | None = None,
        after: int | None = None,
        limit: int = 1000,
    ) -> list[Placement]:
        """Give a page of placements: of all by position, of one assignee in her order of work.

        *after* is the position, or the rank, of the last one seen; *state* is open, done,
        skipped or returned.

        >>> _ = tasks.pull(task.id, "ann")
        >>> [(row.item, row.cell.state) for row in tasks.placements(task.id, assignee="ann")]
        [('a', 'open'), ('b', 'open')]

        Raises:
            NotFound: there is no such task, or she is not in it.
            InvalidInput: there is no such state.
        """
        if state is not None:
            _check_state(state, PLACEMENTS, "state of a placement")
        task = self.get(task_id)
        if assignee is not None and assignee not in self._read(task_id, Ask(members=(assignee,))).members:
            raise no_member(assignee, task, 0)
        page = Page(after=after, limit=limit)
        return list(self.store.placements(task_id, page, assignee=assignee, state=state))

    def explain(self, task_id: TaskId, item: ItemId) -> Story:
        """Say why an item is where it is: data, and the whole story as str().

        Where the task was shared out by count, without overlap and rules, the plan is a function and one
        place of it is computed; else the plan is made again from what is kept. O(history), else
        besides O(items).

        >>> _ = tasks.pull(task.id, "ann")
        >>> print(tasks.explain(task.id, "a"))  # doctest: +ELLIPSIS
        'a' is open with 'ann'
        ... pulled for 'ann': open

        Raises:
            NotFound: there is no such task or item.
            Refused: the task was shared out in a way this version does not know.
        """
        check_id(item, "item id", ITEM_ID_LIMIT)
        view = self._read(task_id, Ask(items=(item,)))
        task = the_task(view, task_id)
        if not view.rows:
            raise NotFound(kind="item", name=item, place=f"task {task.name!r} of {task.items} items")
        row, entries = view.rows[0], self.history(task_id)
        return story(task, row, entries, self._placed(task, row, entries))

    def _placed(self, task: Task, row: Row, entries: list[Entry]) -> Placed | None:
        """Say why an item went to its first assignee; None where no load decided that."""
        n = entries[0].event.facts["items"]
        if task.pull is not None or not isinstance(n, int) or row.position >= n:
            return None
        first = as_created(task, entries)
        plain = isinstance(first.basis, ByCount) and first.overlap is None and first.rules is None
        if plain and first.workload is not None:
            plan = distribute(n, first.workload, seed=first.seed, order=first.order)
            reason = attrs.evolve(plan.explain(row.position), item=row.item)
            place = reason.slot
        else:
            plan = self._replanned(first, n)
            reason = plan.explain(row.item)
            place, _ = next(islice(plan.rows(), row.position, None))
        if place != slot_of(row.rank):
            remedy = "explain it with the version of work-distribution that created the task"
            raise Refused(f"explaining {row.item!r}", "would contradict what is kept", remedy)
        return reason

    def replan(self, task_id: TaskId) -> Plan:
        """Make the plan again that a task was created with, from what is kept of it. O(n).

        >>> shared = tasks.create("even", ["a", "b"], workload=Workload.even(["ann", "bob"]))
        >>> tasks.replan(shared.id).counts()
        {'ann': 1, 'bob': 1}

        Raises:
            NotFound: there is no such task.
            Refused: it is pulled from, so there was no plan.
        """
        task, entries = self.get(task_id), self.history(task_id)
        n = entries[0].event.facts["items"]
        return self._replanned(as_created(task, entries), n if isinstance(n, int) else 0)

    def _replanned(self, task: Task, n: int) -> Plan:
        if task.workload is None:
            raise Refused(f"task {task.name!r}", "is pulled from, so there was no plan", "see its history")
        rows = (
            row
            for start in range(0, n, PAGE_LIMIT)
            for row in self._at(task, range(start, min(start + PAGE_LIMIT, n)))
        )
        items = (Item(row.item, effort=row.effort, attributes=row.attributes) for row in rows)
        return distribute(
            items,
            task.workload,
            seed=task.seed,
            order=task.order,
            basis=task.basis,
            overlap=task.overlap,
            rules=task.rules,
        )

    def _at(self, task: Task, positions: range) -> list[Row]:
        """Load items by position, removed ones too."""
        rows = self._read(task.id, Ask(positions=tuple(positions))).rows
        return sorted(rows, key=lambda row: row.position)

    def history(self, task_id: TaskId) -> list[Entry]:
        """Give what happened to a task, in order; also of a deleted one.

        >>> [entry.event.what for entry in tasks.history(task.id)]
        ['created']

        Raises:
            NotFound: there never was one.
        """
        entries: list[Entry] = []
        page = Page()
        while rows := self.store.history(check_id(task_id, "task id"), page):
            entries += rows
            page = attrs.evolve(page, after=rows[-1].version)
        if not entries:
            raise no_task(task_id)
        return entries

    def replayed(self, task_id: TaskId) -> Replayed:
        """Build the state of a task from its history alone. O(history + items).

        >>> _ = tasks.pull(task.id, "ann")
        >>> sorted(tasks.replayed(task.id).cells)
        [(0, 'ann'), (1, 'ann')]

        Raises:
            NotFound: there never was one, or it is purged: its items are gone.
        """
        entries = self.history(task_id)
        task = self._read(task_id, Ask()).task
        if task is None or task.state == "purged":
            raise no_task(task_id)
        first = as_created(task, entries)
        n = entries[0].event.facts["items"]
        plan = None if first.workload is None else self._replanned(first, n if isinstance(n, int) else 0)
        return replay(entries, plan)
