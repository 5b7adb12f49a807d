"""What an adapter must promise.

Holds: the port of stores, and the values that cross it beside those of `task`.
Does not hold: any store (see adapters), the contract as tests (see testing).
Depends on: decision, errors, events, filters, ranks, task, values.

A store loads and keeps; it decides nothing. The one operation that changes anything
runs a pure function of the core inside the store's own transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, Self, TypeVar

import attrs

from distribution.decision import Decide
from distribution.errors import InvalidInput
from distribution.events import Cell, Entry
from distribution.filters import Filter
from distribution.ranks import slot_of
from distribution.task import Ask, Row, Task, View
from distribution.values import INTEGER_LIMIT, AssigneeId, ItemId, Json, TaskId, check_count, check_index

R = TypeVar("R")

PAGE_LIMIT = 10_000
"""Rows of a page at most."""


@attrs.frozen(kw_only=True)
class Page:
    """A stretch of an ordered list: what comes after a key, so many at most."""

    after: int | None = attrs.field(default=None)
    """Key of the last row seen; None from the beginning."""

    @after.validator
    def _check_after(self, _: object, value: object) -> None:
        if value is not None and not -INTEGER_LIMIT <= check_index(value, "after of a page") < INTEGER_LIMIT:
            raise InvalidInput(subject="after of a page", must="be a key, or None", got=value)

    limit: int = attrs.field(default=1000)

    @limit.validator
    def _check_limit(self, _: object, value: object) -> None:
        if check_count(value, "limit of a page", least=1) > PAGE_LIMIT:
            raise InvalidInput(subject="limit of a page", must=f"be at most {PAGE_LIMIT}", got=value)


@attrs.frozen(kw_only=True)
class Placement:
    """One item with one assignee, as kept."""

    item: ItemId
    position: int
    """Place of the item in the input, from 0: the key of a page over a whole task."""
    assignee: AssigneeId
    rank: int
    """Place in the order of work: the key of a page over one assignee; without priorities the slot."""
    cell: Cell
    """How it stands."""
    effort: str = "1"
    """Exact, as text."""
    attributes: dict[str, Json] = attrs.field(factory=dict, hash=False)

    @property
    def slot(self) -> int:
        """Give the place in the order, priorities aside."""
        return slot_of(self.rank)


class TaskStore(Protocol):
    """Keeps tasks. Safe to use from several threads.

    Every method raises `StoreFailed` when the world fails, with the driver's error as
    its cause, and `StoreBusy` when others hold it for longer than it waits.
    """

    def transact(self, task_id: TaskId, ask: Ask, decide: Decide[R]) -> R:
        """Load what *ask* names, let *decide* look at it, keep what it decided, return its result.

        Where *decide* answers with another `Ask`, that is loaded as of the same moment, and
        it looks again (`decision.settle`). The view shows what `Ask` and `View` say, no less.

        Atomic: changes and event become visible together or not at all; whatever
            *decide* raises, or the rows of a change raise while they are read, leaves
            the store as it was and reaches the caller unchanged.
        Order: of several calls on one task each sees all of the one before; the new
            version is the seen one plus 1. A decision without an event changes nothing.
        Called: once for each change of a task; *decide* itself may be called more than once.
        Durable: when it returns, a crash of the process or the machine loses nothing.
        Raises: what *decide* raises.
        """
        ...

    def read(self, task_id: TaskId, ask: Ask) -> View:
        """Load what *ask* names, as of one moment, without keeping anybody waiting.

        Called: for every question about one task.
        """
        ...

    def tasks(
        self, page: Page, *, where: Filter | None = None, member: AssigneeId | None = None
    ) -> Sequence[tuple[int, Task]]:
        """List tasks that are not deleted with their keys, oldest first.

        *where* looks at `Task.record`; *member* lets only those through in which she takes
        part, or took part. Both answer as `filters.matches` does.
        Order: by key, which never changes; a task created meanwhile comes last.
        """
        ...

    def items(self, task_id: TaskId, page: Page, *, where: Filter | None = None) -> Sequence[Row]:
        """List items that are in the task, by position, with everybody who has or had them.

        *where* looks at their attributes, and answers as `filters.matches` does.
        """
        ...

    def placements(
        self,
        task_id: TaskId,
        page: Page,
        *,
        assignee: AssigneeId | None = None,
        item: ItemId | None = None,
        state: str | None = None,
    ) -> Sequence[Placement]:
        """List placements: of a whole task by position, of one assignee by rank, or all of one item.

        Those of one item, or at one position, stand in the order of the team, and are
        never cut by the end of a page. *state* lets only some through.
        Returns nothing for a task, assignee or item that is not there.
        Called: once for each page; O(rows of the page), whatever the size of the task.
        """
        ...

    def history(self, task_id: TaskId, page: Page) -> Sequence[Entry]:
        """List what happened to a task, by version; also of a deleted one."""
        ...

    def answered(self, request: str) -> Sequence[Entry]:
        """List what was answered under a request id, at most one entry of each task, the oldest task first.

        Of all tasks: deleted and purged ones too.
        Called: once for a call that may be answered by any of several tasks.
        """
        ...

    def close(self) -> None:
        """Let go of files and connections; can be called repeatedly."""
        ...

    def __enter__(self) -> Self:
        """Return the store, to be closed on leaving."""
        ...

    def __exit__(self, *_: object) -> None:
        """Close the store."""
        ...
