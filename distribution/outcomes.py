"""What calls answer: batches, outcomes of bulk calls, changes made or only thought of.

Holds: the answers, as values.
Does not hold: decisions.
Depends on: diff, events, pipeline, qa, refusals, values.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

import attrs

from distribution.diff import Diff
from distribution.events import Event
from distribution.pipeline import Departure
from distribution.qa import Rejected
from distribution.refusals import WhyNot, WhyNoWork
from distribution.values import AssigneeId, ItemId, TaskId


@attrs.frozen(kw_only=True)
class Batch:
    """What a pull handed out; empty with a reason."""

    task: TaskId
    assignee: AssigneeId
    items: tuple[ItemId, ...] = ()
    """In the order she should work in."""
    until: datetime | None = None
    """End of the lease; None where there is none."""
    reason: WhyNoWork | None = None
    """Why it is empty; None where it is not."""

    def __len__(self) -> int:
        """Count the items; an empty batch is false."""
        return len(self.items)

    def __iter__(self) -> Iterator[ItemId]:
        """Go through the items."""
        return iter(self.items)


@attrs.frozen
class NoWork:
    """That no task had anything for her."""

    batches: tuple[Batch, ...]
    """The empty batch of each, in the order of urgency."""

    @property
    def reasons(self) -> tuple[tuple[TaskId, WhyNoWork], ...]:
        """Say why, task by task."""
        return tuple((batch.task, batch.reason) for batch in self.batches if batch.reason is not None)

    def __str__(self) -> str:
        """Say it in words."""
        if not self.batches:
            return "she takes part in no task that is pulled from"
        return "; ".join(str(reason) for _, reason in self.reasons)


@attrs.frozen
class Left:
    """One item that a bulk call left as it was, and why."""

    item: ItemId
    why: WhyNot

    def __str__(self) -> str:
        """Say it in words, and of which item."""
        return str(self.why) if hasattr(self.why, "item") else f"item {self.item!r}: {self.why}"


@attrs.frozen(kw_only=True)
class Outcome:
    """What a bulk call did and what it did not: partial success, item by item."""

    changed: tuple[ItemId, ...] = ()
    """Done."""
    unchanged: tuple[ItemId, ...] = ()
    """Nothing to do: it was so already."""
    refused: tuple[Left, ...] = ()
    """Not done, with the reason."""
    rejected: tuple[Rejected, ...] = ()
    """Work of another task that these reviews send back."""
    leaving: tuple[Departure, ...] = ()
    """Items that a pipeline carries on to another task."""
    version: int = 0
    """Of the task after it, where something leaves; else 0."""

    def __bool__(self) -> bool:
        """Tell whether nothing was refused."""
        return not self.refused


@attrs.frozen(kw_only=True)
class Turn:
    """What came of handing in a batch and asking for the next."""

    done: Outcome
    batch: Batch


@attrs.frozen(kw_only=True)
class Changed:
    """What a change does to a task: made, or with a dry run only computed."""

    event: Event | None = None
    """With every placement it touches; None where nothing changes."""
    diff: Diff = attrs.field(factory=lambda: Diff(()))
    """Work that changes hands, item by item; nobody stands for the queue, or for no task."""
    refused: tuple[Left, ...] = ()
    """Items that were left as they were, with the reason."""
    version: int = 0
    """Of the task after the change: what `undo` takes; after a dry run what it would be."""

    def __bool__(self) -> bool:
        """Tell whether anything changes."""
        return self.event is not None

    def flows(self) -> Mapping[tuple[AssigneeId | None, AssigneeId | None], int]:
        """Count the moves between each two."""
        return self.diff.flows()
