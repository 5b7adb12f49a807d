"""One plan on the platform: applied, verified, and what has become of it.

The tasks that carry a plan are known by a mark in their metadata: the key of the plan
and a number. Nothing is kept on this side, so applying is always the same: look what is
there, do what is missing, look again. It may be stopped anywhere and begun anew.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

import attrs

from adapters.dataloop.placing import (
    AT_ONCE,
    Comparison,
    Copy,
    Found,
    Step,
    compare,
    steps,
    task_name,
)
from adapters.dataloop.platform import NewTask, Platform, PlatformTask, Terms
from adapters.intake import Progress, silent
from distribution.errors import NotFound, Refused
from distribution.values import AssigneeId, ItemId, check_count, check_id

REFS = "metadata.system.refs"
PASSES = 2
"""How often what is missing is done: once more where a task was there that nobody saw."""


@attrs.frozen(kw_only=True)
class Applied:
    """What applying a plan did, and what the platform made of it; true where all is as the plan says."""

    tasks: tuple[PlatformTask, ...]
    """The tasks that carry the plan."""
    steps: tuple[Step, ...]
    """What this run did; with a dry run, what one would do."""
    comparison: Comparison
    """Read back afterwards; with a dry run, how it is."""

    def __bool__(self) -> bool:
        """Tell whether all is as the plan says."""
        return bool(self.comparison)


@attrs.frozen(kw_only=True)
class Look:
    """What is on the platform of a plan."""

    tasks: tuple[PlatformTask, ...]
    found: tuple[Found, ...]

    @cached_property
    def _task_of(self) -> Mapping[tuple[ItemId, AssigneeId | None], str]:
        return {(found.item, found.assignee): found.task for found in self.found}

    def task_of(self, item: ItemId, assignee: AssigneeId) -> str:
        """Tell in which task somebody has an item.

        Raises:
            NotFound: in none.
        """
        task = self._task_of.get((item, assignee.lower()))
        if task is None:
            place = f"the tasks on Dataloop, with {assignee!r}"
            raise NotFound(
                kind="item", name=item, place=place, remedy="apply the task that is reviewed first"
            )
        return task


def _key(value: str) -> str:
    return check_id(value, "key of a plan")


def _name(value: str) -> str:
    return check_id(value, "task name")


@attrs.frozen(kw_only=True)
class Deployment:
    """A plan and the dataset it is for."""

    platform: Platform
    key: str = attrs.field(converter=_key)
    """Names the plan on the platform; who applies it again under the same key goes on with it."""
    name: str = attrs.field(converter=_name)
    """Of its first task there; those of further copies say which they are."""
    copies: tuple[Copy, ...]
    parents: Mapping[str, int] = attrs.field(factory=dict)
    """In a review: the tasks whose work it is, each with the number it has in its plan."""

    def tasks(self) -> tuple[PlatformTask, ...]:
        """List the tasks that carry the plan, by number."""
        return self._ours(self.platform.tasks())

    def _ours(self, listed: Sequence[PlatformTask]) -> tuple[PlatformTask, ...]:
        ours = [task for task in listed if task.key == self.key]
        return tuple(sorted(ours, key=lambda task: (task.number, task.parent or "", task.id)))

    def look(self, progress: Progress = silent) -> Look:
        """Read who has what in which task, and what they said."""
        return self._look(self.tasks(), progress)

    def _look(self, tasks: Sequence[PlatformTask], progress: Progress) -> Look:
        total, found = sum(task.total for task in tasks), list[Found]()
        for task in tasks:
            for there in placements(self.platform, task):
                found.append(there)
                if len(found) % AT_ONCE == 0:
                    progress("reading", len(found), max(total, len(found)))
        return Look(tasks=tuple(tasks), found=tuple(found))

    def verify(self, progress: Progress = silent) -> Comparison:
        """Tell what is not as the plan says, item by item: missing, with somebody else, too much, doubled."""
        return compare(self.copies, self.look(progress).found)

    def apply(
        self,
        terms: Terms | None = None,
        *,
        dry_run: bool = False,
        at_once: int = AT_ONCE,
        progress: Progress = silent,
    ) -> Applied:
        """Bring about what is missing of the plan, and read back what came of it.

        Nothing is taken away or moved: what somebody changed on the platform stays, and the
        comparison says so. Applied again, also after a crash in the middle, it does what is
        left to do.

        Called: requests are about copies/at_once to write, and twice copies/1000 to read.

        Raises:
            Refused: a task of that name carries something else.
            PlatformFailed, NotLoggedIn: the platform did not do it; run it again.
        """
        check_count(at_once, "items at once", least=1)
        listed = self.platform.tasks()
        look = self._look(self._ours(listed) if dry_run else self._settled(listed), progress)
        todo = steps(self.copies, look.found, at_once=at_once)
        self._check_names(listed, todo, look)
        done = list(todo)
        for _ in range(0 if dry_run else PASSES):
            if not todo:
                break
            self._do(todo, look, terms or Terms(), progress)
            look = self._look(self._settled(self.platform.tasks()), progress)
            todo = steps(self.copies, look.found, at_once=at_once)
        return Applied(tasks=look.tasks, steps=tuple(done), comparison=compare(self.copies, look.found))

    def task_name(self, number: int, parent: str | None) -> str:
        """Name one of its tasks."""
        return task_name(self.name, number, None if parent is None else self.parents[parent])

    def _do(self, todo: Sequence[Step], look: Look, terms: Terms, progress: Progress) -> None:
        there = {(task.number, task.parent): task.id for task in look.tasks}
        total, done = sum(len(step.items) for step in todo), 0
        for step in todo:
            progress("assigning", done, total)
            place = (step.number, step.parent)
            if place in there:
                self.platform.add(there[place], step.assignee, step.items)
            else:
                there[place] = self._create(step, terms)
            done += len(step.items)
        progress("assigning", total, total)

    def _create(self, step: Step, terms: Terms) -> str:
        """Create a task; where somebody else did so at the same time, theirs is gone on with."""
        new = NewTask(
            name=self.task_name(step.number, step.parent),
            key=self.key,
            number=step.number,
            parent=step.parent,
            assignee=step.assignee,
            items=step.items,
            terms=terms,
        )
        made = self.platform.create(new)
        if made.key != self.key:
            raise _taken(made)
        twins = [task for task in self.tasks() if (task.number, task.parent) == (step.number, step.parent)]
        first = min(twins, key=lambda task: task.id, default=made)
        if first.id != made.id:
            self.platform.add(first.id, step.assignee, step.items)
        return first.id

    def _settled(self, listed: Sequence[PlatformTask]) -> tuple[PlatformTask, ...]:
        """Of tasks that were created twice keep the first: a create may be done though nobody heard of it."""
        first = dict[tuple[int, str | None], PlatformTask]()
        for task in self._ours(listed):
            kept = first.setdefault((task.number, task.parent), task)
            if task is kept:
                continue
            if task.remaining < task.total:
                why = f"is there twice, as {kept.id} and {task.id}, and people worked on both"
                raise Refused(f"task {task.name!r} on Dataloop", why, "delete one of them there")
            self.platform.delete(task.id)
        return tuple(first.values())

    def _check_names(self, listed: Sequence[PlatformTask], todo: Sequence[Step], look: Look) -> None:
        """Refuse to create a task beside one of its name.

        It would be by accident: a plan made anew, as of a filter that finds other items
        than it did, is another plan, and its people would get a second share.
        """
        there = {(task.number, task.parent) for task in look.tasks}
        new = {(step.number, step.parent) for step in todo} - there
        names = {self.task_name(*place) for place in new}
        for task in listed:
            if task.name in names and task.key != self.key:
                raise _taken(task)


def _taken(task: PlatformTask) -> Refused:
    if task.key:
        why = f"carries another plan, {task.key}"
        return Refused(f"task {task.name!r} on Dataloop", why, "go on with that plan, or choose another name")
    return Refused(f"task {task.name!r} on Dataloop", "is none of ours", "choose another name")


def placements(platform: Platform, task: PlatformTask, since: str | None = None) -> Iterator[Found]:
    """Go through the items of a task, each with who has it and what was said; *since* a timestamp only what is newer or as new."""
    assignees = platform.assignees(task.id)
    where: dict[str, Any] = {f"{REFS}.id": {"$in": [task.id]}}
    if since is not None:
        where = {
            REFS: {"$match": {"id": task.id, "type": "task", "metadata": {"timestamp": {"$gte": since}}}}
        }
    for page in platform.pages({"$and": [where]}):
        for item in page.items:
            yield from _found(item, task, assignees)


def _found(
    item: Mapping[str, Any], task: PlatformTask, assignees: Mapping[str, AssigneeId]
) -> Iterator[Found]:
    """Read the references of an item: the task's says what was set, the assignment's who has it."""
    refs: list[dict[str, Any]] = item["metadata"]["system"].get("refs") or []
    said = next((ref.get("metadata") or {} for ref in refs if ref.get("id") == task.id), {})
    holders: list[tuple[AssigneeId | None, dict[str, Any]]] = [
        (assignees[ref["id"]].lower(), ref.get("metadata") or said)
        for ref in refs
        if ref.get("id") in assignees
    ]
    for who, note in holders or [(None, said)]:
        status, stamp, by = note.get("status"), note.get("timestamp") or "", note.get("creator") or ""
        yield Found(item["id"], who, task.id, task.number, task.parent, status, stamp, by)
