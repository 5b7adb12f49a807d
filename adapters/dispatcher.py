"""The face that services embed: one method a verb, on any store.

It asks a store, lets the core decide and keeps the answer. Clock and ids come in here,
and only here.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Self

import attrs

from adapters.intake import Intake, Progress, silent
from distribution.basis import Basis, ByCount
from distribution.errors import InvalidInput, NotFound, Refused
from distribution.events import Entry, Stamp
from distribution.filters import Filter
from distribution.plan import Plan
from distribution.ports import PAGE_LIMIT, Page, Placement, TaskStore
from distribution.reasons import Placed
from distribution.static import distribute
from distribution.task import Ask, Task, creation, deletion, no_task
from distribution.values import ITEM_ID_LIMIT, AssigneeId, Item, ItemId, Json, TaskId, check_id
from distribution.workload import Workload


def new_id() -> TaskId:
    """Make an id that nobody else makes.

    >>> len(new_id())
    12
    """
    return secrets.token_hex(6)


def now() -> datetime:
    """Read the clock."""
    return datetime.now(UTC)


class Dispatcher:
    """Tasks in a store.

    Safe from several threads, and from several processes where the store is.

    >>> from adapters.memory import MemoryStore
    >>> with Dispatcher(MemoryStore()) as tasks:
    ...     task = tasks.create("label cats", ["a", "b", "c"], workload=Workload.even(["ann", "bob"]))
    ...     task.counts
    {'ann': 2, 'bob': 1}
    """

    def __init__(
        self, store: TaskStore, *, clock: Callable[[], datetime] = now, ids: Callable[[], TaskId] = new_id
    ) -> None:
        self.store = store
        self._clock = clock
        self._ids = ids

    def create(
        self,
        name: str,
        items: Iterable[ItemId | Item],
        *,
        workload: Workload,
        seed: int = 0,
        order: str = "shuffled",
        basis: Basis | None = None,
        where: Filter | None = None,
        id: TaskId | None = None,  # noqa: A002  the word every caller uses
        actor: str = "",
        metadata: Mapping[str, Json] | None = None,
        request: str | None = None,
        progress: Progress = silent,
    ) -> Task:
        """Create a task and share its items out; items that come twice are skipped and counted.

        *where* lets only some of the items in. With *request*, a call that is made again
        gives the same answer; then give an *id* too, so that both name the same task.

        Raises:
            InvalidInput: something given cannot be used; nothing was stored.
            Refused: there is another task of that id.
        """
        if request is not None:
            check_id(request, "request id")
            if id is None:
                remedy = "give an id, so that a repeated call can find what the first one made"
                raise InvalidInput(
                    subject="a create with a request id", must="name the task's id", got=id, remedy=remedy
                )
        with Intake(items, basis or ByCount(), where, progress) as intake:
            plan = intake.plan(workload, seed=seed, order=order)
            stamp = Stamp(at=self._clock(), actor=actor, request=request)
            task = Task(
                id=self._ids() if id is None else id,
                name=name,
                workload=workload,
                seed=plan.seed,
                order=order,
                basis=plan.basis,
                where=where,
                items=plan.n,
                counts=plan.counts(),
                efforts=plan.efforts(),
                digest=plan.digest(),
                created_at=stamp.at,
                creator=actor,
                metadata=metadata or {},
            )
            return self.store.transact(task.id, Ask(request=request), creation(task, plan, intake, stamp))

    def plan(
        self,
        items: Iterable[ItemId | Item],
        *,
        workload: Workload,
        seed: int = 0,
        order: str = "shuffled",
        basis: Basis | None = None,
        where: Filter | None = None,
        progress: Progress = silent,
    ) -> Plan:
        """Tell what `create` would do, and do nothing.

        Raises:
            InvalidInput: something given cannot be used.
        """
        with Intake(items, basis or ByCount(), where, progress) as intake:
            return intake.plan(workload, seed=seed, order=order)

    def get(self, task_id: TaskId) -> Task:
        """Give a task by its id.

        Raises:
            NotFound: there is none.
        """
        task = self.store.read(check_id(task_id, "task id"), Ask()).task
        if task is None or task.state == "deleted":
            raise no_task(task_id)
        return task

    def find(self, name_or_id: str) -> Task:
        """Give a task by its id, or by its name where that is the only one.

        Raises:
            NotFound: there is none.
            InvalidInput: several tasks have that name.
        """
        check_id(name_or_id, "task name")
        task = self.store.read(name_or_id, Ask()).task
        if task is not None and task.state != "deleted":
            return task
        named = [task for task in self.all() if task.name == name_or_id]
        if len(named) > 1:
            ids = ", ".join(task.id for task in named)
            raise InvalidInput(
                subject="task name", must="be that of one task", got=name_or_id, remedy=f"use an id: {ids}"
            )
        if not named:
            raise no_task(name_or_id)
        return named[0]

    def all(self) -> Iterator[Task]:
        """Go through all tasks, oldest first."""
        page = Page(limit=200)
        while rows := self.store.tasks(page):
            for _, task in rows:
                yield task
            page = attrs.evolve(page, after=rows[-1][0])

    def placements(
        self, task_id: TaskId, *, assignee: AssigneeId | None = None, after: int = -1, limit: int = 1000
    ) -> list[Placement]:
        """Give a page of placements: of all by position, of one assignee in her order of work.

        *after* is the position, or the slot, of the last one seen.

        Raises:
            NotFound: there is no such task, or she is not in it.
        """
        task = self.get(task_id)
        if assignee is not None:
            task.workload.index_of(assignee)
        return list(self.store.placements(task_id, Page(after=after, limit=limit), assignee=assignee))

    def explain(self, task_id: TaskId, item: ItemId) -> Placed:
        """Say why an item is with whom it is with.

        Where the task was shared out by count the plan is a function and one place of it
        is computed; else the plan is made again from what is kept. O(1), else O(n).

        Raises:
            NotFound: there is no such task or item.
            Refused: the task was shared out in a way this version does not know.
        """
        task = self.get(task_id)
        found = self.store.placements(task_id, Page(limit=1), item=check_id(item, "item id", ITEM_ID_LIMIT))
        if not found:
            raise NotFound(kind="item", name=item, place=f"task {task.name!r} of {task.items} items")
        if isinstance(task.basis, ByCount):
            plan = distribute(task.items, task.workload, seed=task.seed, order=task.order)
            reason = attrs.evolve(plan.explain(found[0].position), item=item)
        else:
            reason = self.replan(task_id).explain(item)
        if (reason.assignee, reason.slot) != (found[0].assignee, found[0].slot):
            remedy = "explain it with the version of work-distribution that created the task"
            raise Refused(f"explaining {item!r}", "would contradict what is kept", remedy)
        return reason

    def replan(self, task_id: TaskId) -> Plan:
        """Make the plan of a task again from what is kept of it. O(n).

        Raises:
            NotFound: there is no such task.
        """
        task = self.get(task_id)
        items = (
            Item(p.item, effort=p.effort, attributes=p.attributes) for p in self._all_placements(task_id)
        )
        return distribute(items, task.workload, seed=task.seed, order=task.order, basis=task.basis)

    def _all_placements(self, task_id: TaskId) -> Iterator[Placement]:
        page = Page(limit=PAGE_LIMIT)
        while rows := self.store.placements(task_id, page):
            yield from rows
            page = attrs.evolve(page, after=rows[-1].position)

    def history(self, task_id: TaskId) -> list[Entry]:
        """Give what happened to a task, in order; also of a deleted one.

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

    def delete(
        self, task_id: TaskId, *, actor: str = "", reason: str = "", request: str | None = None
    ) -> Task:
        """Delete a task with its items and placements; its history stays, its id is not used again.

        Raises:
            NotFound: there is no such task.
        """
        check_id(task_id, "task id")
        stamp = Stamp(at=self._clock(), actor=actor, reason=reason, request=request)
        return self.store.transact(task_id, Ask(request=request), deletion(task_id, stamp))

    def close(self) -> None:
        """Close the store."""
        self.store.close()

    def __enter__(self) -> Self:
        """Return the dispatcher, to be closed on leaving."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the store."""
        self.close()
