"""What an adapter must promise.

Holds: the port of stores, and the values that cross it beside those of `task`.
Does not hold: any store (see adapters), the contract as tests (see testing).
Depends on: events, task, values.

A store loads and keeps; it decides nothing. The one operation that changes anything
runs a pure function of the core inside the store's own transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, Self, TypeVar

import attrs

from distribution.errors import InvalidInput
from distribution.events import Entry
from distribution.task import Ask, Decide, Task, View
from distribution.values import INTEGER_LIMIT, AssigneeId, ItemId, Json, TaskId, check_count, check_index

R = TypeVar("R")

PAGE_LIMIT = 10_000
"""Rows of a page at most."""


@attrs.frozen(kw_only=True)
class Page:
    """A stretch of an ordered list: what comes after a key, so many at most."""

    after: int = attrs.field(default=-1)
    """Key of the last row seen; -1 from the beginning."""

    @after.validator
    def _check_after(self, _: object, value: object) -> None:
        if not -1 <= check_index(value, "after of a page") < INTEGER_LIMIT:
            raise InvalidInput(subject="after of a page", must="be a key, or -1", got=value)

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
    slot: int
    """Place in the order of work: the key of a page over one assignee."""
    effort: str = "1"
    """Exact, as text."""
    attributes: dict[str, Json] = attrs.field(factory=dict, hash=False)


class TaskStore(Protocol):
    """Keeps tasks. Safe to use from several threads.

    Every method raises `StoreFailed` when the world fails, with the driver's error as
    its cause, and `StoreBusy` when others hold it for longer than it waits.
    """

    def transact(self, task_id: TaskId, ask: Ask, decide: Decide[R]) -> R:
        """Load what *ask* names, let *decide* look at it, keep what it decided, return its result.

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

    def tasks(self, page: Page) -> Sequence[tuple[int, Task]]:
        """List tasks that are not deleted with their keys, oldest first.

        Order: by key, which never changes; a task created meanwhile comes last.
        """
        ...

    def placements(
        self, task_id: TaskId, page: Page, *, assignee: AssigneeId | None = None, item: ItemId | None = None
    ) -> Sequence[Placement]:
        """List placements: of a whole task by position, of one assignee by slot, or all of one item.

        Returns nothing for a task, assignee or item that is not there.
        Called: once for each page; O(rows of the page), whatever the size of the task.
        """
        ...

    def history(self, task_id: TaskId, page: Page) -> Sequence[Entry]:
        """List what happened to a task, by version; also of a deleted one."""
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
