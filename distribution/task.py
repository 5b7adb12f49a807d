"""The task as it is kept, and what a decision sees of it.

Holds: the task, its items as rows, the view and what is asked of it.
Does not hold: what a decision is and changes (see decision), loading (see ports).
Depends on: basis, errors, events, filters, golden, lifecycle, members, overlap, pipeline,
pull, qa, rules, values, workload.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any, TypeVar

import attrs

from distribution.basis import Basis, ByCount
from distribution.errors import InvalidInput, NotFound
from distribution.events import Cell, Entry, aware
from distribution.filters import Filter, check_filter
from distribution.golden import Golden
from distribution.lifecycle import GONE, HELD, TaskState
from distribution.members import Standing
from distribution.overlap import Overlap
from distribution.pipeline import Station
from distribution.pull import Pull
from distribution.qa import Qa
from distribution.rules import Rules
from distribution.values import (
    NAME_LIMIT,
    AssigneeId,
    ItemId,
    Json,
    TaskId,
    check_attributes,
    check_id,
    check_ids,
    check_priority,
)
from distribution.workload import Workload

R = TypeVar("R")

_NONE: Mapping[str, Any] = MappingProxyType({})
ACTIONS = ("completed", "discard", "approved")
"""Statuses a task knows unless told otherwise."""


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


def _actions(value: Iterable[str]) -> tuple[str, ...]:
    if isinstance(value, str) or not isinstance(value, Sequence) or not value:
        raise InvalidInput(subject="actions", must="be a list of at least one status", got=value)
    names = check_ids(value, "action")
    if len(set(names)) != len(names):
        raise InvalidInput(subject="actions", must="be different from each other", got=value)
    return names


@attrs.frozen(kw_only=True)
class Task:
    """A task as it is kept: what was asked for, and its state. Counts are with its members."""

    id: TaskId = attrs.field(converter=_task_id)
    name: str = attrs.field(converter=_name)
    workload: Workload | None = None
    """Who carries which share; None where assignees pull."""
    pull: Pull | None = None
    """How work is handed out; None where it is distributed by load."""
    seed: int = 0
    order: str = "shuffled"
    basis: Basis = attrs.field(factory=ByCount)
    where: Filter | None = None
    """The filter the items passed; None where all were taken."""
    items: int = 0
    """How many items the task has."""
    positions: int = 0
    """How many it ever had: the position of the next."""
    copies: int = attrs.field(default=attrs.Factory(lambda task: task.items, takes_self=True))
    """How many copies its items have in all: one each, more where they overlap."""
    overlap: Overlap | None = None
    """Which items go to several people; None where every item goes to one."""
    rules: Rules | None = None
    """Who may take which items; None where everybody may take all."""
    qa: Qa | None = None
    """Whose work is reviewed here; None where it is no QA task."""
    gold: Golden | None = None
    """Items with known answers among the others; None where there are none."""
    station: Station | None = None
    """The node of a pipeline that it is; None where it stands alone."""
    actions: tuple[str, ...] = attrs.field(default=ACTIONS, converter=_actions)
    """Statuses that may be set."""
    priority: int = attrs.field(default=0, converter=check_priority)
    """Larger before smaller, for whoever works on several tasks."""
    due: datetime | None = attrs.field(default=None, converter=attrs.converters.optional(aware))
    """After it nothing is handed out."""
    created_at: datetime = attrs.field(converter=aware)
    creator: str = ""
    digest: str = ""
    """Tells the items apart from those of another call."""
    metadata: Mapping[str, Json] = attrs.field(factory=dict, converter=_metadata)
    state: TaskState = "open"

    def __attrs_post_init__(self) -> None:
        """Refuse a task of both modes, and of none."""
        if (self.workload is None) == (self.pull is None):
            raise InvalidInput(
                subject="a task",
                must="either have a workload or be pulled from",
                got=(self.workload, self.pull),
            )

    def is_gold(self, position: int) -> bool:
        """Tell whether the item at a position is gold."""
        return self.gold is not None and position in self.gold

    @property
    def mode(self) -> str:
        """Name how items get to people."""
        return "distribution" if self.pull is None else "pulling"

    def record(self) -> dict[str, Json]:
        """Give what filters over tasks look at; instants in ISO 8601, UTC, so that they compare as text."""
        return {
            "id": self.id,
            "name": self.name,
            "state": self.state,
            "mode": self.mode,
            "parent": None if self.qa is None else self.qa.parent,
            "pipeline": None if self.station is None else self.station.pipeline,
            "node": None if self.station is None else self.station.node,
            "creator": self.creator,
            "created": instant_text(self.created_at),
            "due": None if self.due is None else instant_text(self.due),
            "priority": self.priority,
            "items": self.items,
            "metadata": self.metadata,
        }


def instant_text(at: datetime) -> str:
    """Write an instant so that texts compare as instants do.

    >>> from datetime import UTC
    >>> instant_text(datetime(2026, 11, 22, 12, tzinfo=UTC))
    '2026-11-22T12:00:00.000000+00:00'
    """
    return aware(at).isoformat(timespec="microseconds")


@attrs.define
class Row:
    """One item as a decision sees it; nobody changes it. Not frozen: that would cost thrice the time."""

    position: int
    item: ItemId
    rank: int
    """Its place in the queue, and in anybody's order of work; see `ranks`."""
    left: int
    """Copies nobody holds: open to be handed out."""
    removed: bool = False
    """It left the task; only its history and what was done stays."""
    round: int = 1
    """Which time it is in the task: more than 1 where a pipeline brought it again."""
    cells: Mapping[AssigneeId, Cell] = attrs.field(default=_NONE, hash=False)
    """Everybody who has or had it."""
    effort: str = "1"
    """Exact, as text."""
    attributes: Mapping[str, Json] = attrs.field(default=_NONE, hash=False)

    @property
    def copies(self) -> int:
        """Count its copies: those left, and those somebody holds."""
        return self.left + sum(cell.state in HELD for cell in self.cells.values())

    def without(self, assignee: AssigneeId) -> Row:
        """Give it as it stands once she has given it away."""
        return attrs.evolve(self, cells={who: cell for who, cell in self.cells.items() if who != assignee})

    @property
    def complete(self) -> bool:
        """Tell whether as many different people have finished it as it has copies."""
        return self.left == 0 and all(cell.state != "open" for cell in self.cells.values())


@attrs.frozen(kw_only=True)
class Head:
    """The head of the queue, as one assignee would be served."""

    assignee: AssigneeId
    fresh: int | None = None
    """So many items with copies left that she never had; None for one batch of the task."""
    again: bool = False
    """Besides all with copies left that she had, and that went back."""
    where: Filter | None = None
    """Only those that pass; the rows are whole then, with attributes and everybody who has or had them."""
    recent: int = 0
    """Besides so many of her last items, from the end of her order of work."""


@attrs.frozen(kw_only=True)
class Held:
    """Placements by state, all with their items and everybody else who has or had those."""

    assignees: tuple[AssigneeId, ...] | None = None
    """Only theirs; None for everybody's."""
    states: tuple[str, ...] = ("open",)
    where: Filter | None = attrs.field(default=None, converter=attrs.converters.optional(check_filter))
    """Only of items with these attributes."""


@attrs.frozen(kw_only=True)
class Ask:
    """What a decision needs to see, so that a store loads that and nothing else."""

    request: str | None = None
    """Load the entry of this request, if it was answered before."""
    members: tuple[AssigneeId, ...] | None = ()
    """Load how these stand; None for everybody."""
    head: Head | None = None
    """Load the head of the queue."""
    expired: datetime | None = None
    """Load open placements whose lease has ended by then: the first hundred by end."""
    items: tuple[ItemId, ...] = ()
    """Load these items, removed ones too."""
    positions: tuple[int, ...] = ()
    """Load the items at these positions, removed ones too."""
    held: Held | None = None
    """Load the items of these placements."""
    waiting: bool = False
    """Load every item of which copies are left; where `held` has a filter, only those it lets through."""
    known: tuple[ItemId, ...] = ()
    """Tell which of these are in the task, or were."""
    whole: bool = False
    """Load every item that is not removed, with effort, attributes and everybody who has or had it."""
    outlook: bool = False
    """Load when the first lease ends."""
    gold: AssigneeId | None = None
    """Load all gold that she never had."""
    entry: int | None = None
    """Load the entry of this version."""


EXPIRED_LIMIT = 100
"""Expired leases that one pull cleans up at most, so that no pull pays for a leaving fleet."""


@attrs.frozen(kw_only=True)
class View:
    """What a store loaded for one decision, under its lock."""

    ask: Ask
    """What it shows."""
    task: Task | None
    """None where there is no task of that id."""
    version: int
    """Of the newest entry; 0 where there is no task."""
    answered: Entry | None = None
    """The entry of the request asked for."""
    members: Mapping[AssigneeId, Standing] = attrs.field(factory=dict, hash=False)
    """Those asked for who belong, or belonged, to the task, in the order of their numbers."""
    fresh: Sequence[Row] = ()
    """From the head of the queue; she never had them, and `cells` is not loaded."""
    again: Sequence[Row] = ()
    recent: Sequence[Row] = ()
    """Whole, the last first; removed ones too."""
    expired: Sequence[Row] = ()
    rows: Sequence[Row] = ()
    """The items, held placements' items and waiting items asked for, each once, by rank and position."""
    gold: Sequence[Row] = ()
    """By position."""
    known: frozenset[ItemId] = frozenset()
    outlook: datetime | None = None
    entry: Entry | None = None


def no_task(task_id: object) -> NotFound:
    """Build the error for a task that is not there."""
    return NotFound(kind="task", name=task_id, place="the store", remedy="list the tasks to see their ids")


def no_member(assignee: object, task: Task, count: int) -> NotFound:
    """Build the error for somebody who does not belong to a task."""
    return NotFound(
        kind="assignee",
        name=assignee,
        place=f"task {task.name!r} of {count}" if count else f"task {task.name!r}",
        remedy="check the spelling, ids are case-sensitive; or add her first",
    )


def the_task(view: View, task_id: Any) -> Task:
    """Give the task of a view.

    Raises:
        NotFound: there is none, or it is deleted.
    """
    if view.task is None or view.task.state in GONE:
        raise no_task(task_id)
    return view.task
