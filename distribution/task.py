"""The decisions on a task: what may happen, or why not.

Holds: the task as it is kept, and the decisions to create and delete one.
Does not hold: planning (see static), how anything is loaded or kept (see ports).
Depends on: basis, errors, events, filters, plan, static, values, workload.

A decision is a pure function of the view a store loaded. It returns the changes to
make, the event that says what happened, and the answer for the caller; a store applies
all of it or nothing, and may ask again after a conflict.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from fractions import Fraction
from typing import Generic, Literal, TypeAlias, TypeVar

import attrs

from distribution.basis import Basis
from distribution.errors import InvalidInput, NotFound, Refused
from distribution.events import Entry, Event, Stamp, TaskCreated, TaskDeleted, aware
from distribution.filters import Filter
from distribution.plan import Plan
from distribution.values import NAME_LIMIT, AssigneeId, ItemId, Json, TaskId, check_attributes, check_id
from distribution.workload import Workload

R = TypeVar("R")

State: TypeAlias = Literal["open", "deleted"]

ItemRow: TypeAlias = tuple[int, ItemId, str | None, str | None]
"""Position, id, effort as text (None for 1), attributes as JSON text (None for none)."""
PlacementRow: TypeAlias = tuple[int, int, int]
"""Position, index of the assignee, slot."""


def _task_id(value: object) -> str:
    return check_id(value, "task id")


def _name(value: object) -> str:
    return check_id(value, "task name", NAME_LIMIT)


def _metadata(value: Mapping[str, Json]) -> Mapping[str, Json]:
    """Check metadata; keep it in the form in which it comes back from a store."""
    if not isinstance(value, Mapping):
        raise InvalidInput(subject="metadata", must="be a mapping", got=value)
    check_attributes(value, "metadata")
    plain: dict[str, Json] = json.loads(json.dumps(value, default=dict))
    return plain


@attrs.frozen(kw_only=True)
class Task:
    """A task as it is kept: what was asked for, and how it stands."""

    id: TaskId = attrs.field(converter=_task_id)
    name: str = attrs.field(converter=_name)
    workload: Workload
    seed: int
    order: str
    basis: Basis
    where: Filter | None = None
    """The filter the items passed; None where all were taken."""
    items: int
    """How many items the task has."""
    counts: dict[AssigneeId, int]
    """Items of each assignee."""
    efforts: dict[AssigneeId, Fraction]
    """Sum of the efforts of each assignee's items."""
    created_at: datetime = attrs.field(converter=aware)
    creator: str = ""
    digest: str = ""
    """Tells the items apart from those of another call."""
    metadata: Mapping[str, Json] = attrs.field(factory=dict, converter=_metadata)
    state: State = "open"


@attrs.frozen(kw_only=True)
class Ask:
    """What a decision needs to see, so that a store loads that and nothing else."""

    request: str | None = None
    """Load the entry of this request, if it was answered before."""


@attrs.frozen(kw_only=True)
class View:
    """What a store loaded for one decision, under its lock."""

    task: Task | None
    """None where there is no task of that id."""
    version: int
    """Of the newest entry; 0 where there is no task."""
    answered: Entry | None = None
    """The entry of the request asked for."""


@attrs.frozen
class PutTask:
    """Keep this task, in the place of what was there."""

    task: Task


@attrs.frozen
class AddItems:
    """Add items and their placements.

    Both can be gone through more than once, and may compute their rows on the way.
    """

    items: Iterable[ItemRow]
    placements: Iterable[PlacementRow]


@attrs.frozen
class DropItems:
    """Remove all items and placements of the task."""


Change: TypeAlias = PutTask | AddItems | DropItems


@attrs.frozen(kw_only=True)
class Decision(Generic[R]):
    """What to change, what happened, and the answer; no event means that nothing changes."""

    changes: tuple[Change, ...] = ()
    event: Event | None = None
    stamp: Stamp | None = None
    result: R

    def __attrs_post_init__(self) -> None:
        """Refuse an event that nobody stamped, and a stamp on nothing."""
        if (self.event is None) != (self.stamp is None):
            raise InvalidInput(
                subject="a decision", must="have an event and its stamp, or neither", got=self.event
            )


Decide: TypeAlias = Callable[[View], Decision[R]]
"""A pure function; a store may call it more than once."""


def creation(task: Task, plan: Plan, items: Iterable[ItemRow], stamp: Stamp) -> Decide[Task]:
    """Decide to create a task whose items are shared out by a plan.

    Called again under the same request id it gives the same answer, also when the task
    has been deleted since.

    Raises, when decided:
        Refused: there is, or was, another task of that id, or the request id was used
            for another call.
    """

    def decide(view: View) -> Decision[Task]:
        if view.task is None:
            event = TaskCreated(items=plan.n, skipped=len(plan.skipped), counts=plan.counts())
            rows = AddItems(items, _Placements(plan))
            return Decision(changes=(PutTask(task), rows), event=event, stamp=stamp, result=task)
        if view.answered is not None:
            # Asked again later: the same call, but for the time it was made.
            first = attrs.evolve(view.task, created_at=task.created_at, state=task.state)
            if not isinstance(view.answered.event, TaskCreated) or first != task:
                raise _reused(stamp.request)
            return Decision(result=attrs.evolve(view.task, state="open"))
        state = "was deleted and its history is kept" if view.task.state == "deleted" else "exists"
        raise Refused(f"task {task.id!r}", state, "choose another id")

    return decide


def _reused(request: str | None) -> Refused:
    return Refused(
        f"request {request!r}", "was used for another call", "make up a new request id for each call"
    )


@attrs.frozen
class _Placements:
    """The placements of a plan, computed as often as they are read."""

    plan: Plan

    def __iter__(self) -> Iterator[PlacementRow]:
        return self.plan.placements()


def deletion(task_id: TaskId, stamp: Stamp) -> Decide[Task]:
    """Decide to delete a task with its items; its history stays.

    Called again under the same request id it gives the same answer.

    Raises, when decided:
        NotFound: there is no such task.
        Refused: the request id was used for another call.
    """

    def decide(view: View) -> Decision[Task]:
        if view.task is not None and view.answered is not None:
            if not isinstance(view.answered.event, TaskDeleted):
                raise _reused(stamp.request)
            return Decision(result=view.task)
        if view.task is None or view.task.state == "deleted":
            raise no_task(task_id)
        gone = attrs.evolve(view.task, state="deleted")
        event = TaskDeleted(items=view.task.items)
        return Decision(changes=(DropItems(), PutTask(gone)), event=event, stamp=stamp, result=gone)

    return decide


def no_task(task_id: object) -> NotFound:
    """Build the error for a task that is not there."""
    return NotFound(kind="task", name=task_id, place="the store", remedy="list the tasks to see their ids")
