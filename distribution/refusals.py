"""Why not: data for each case in which nobody gets something, with a sentence from it.

Holds: reasons for an empty batch, and for single items that were left out of a call.
Does not hold: errors (those end a whole call), reasons for what is (see reasons).
Depends on: bars, rounds, values.

Every sentence ends with the way out, if there is one.
"""

from __future__ import annotations

from datetime import datetime
from typing import TypeAlias

import attrs

from distribution.bars import Bar
from distribution.rounds import StaysDone, TooOften
from distribution.values import AssigneeId, ItemId, TaskId


def _many(count: int, what: str = "item") -> str:
    return f"{count} {what}" + ("" if count == 1 else "s")


@attrs.frozen
class TaskNotOpen:
    """The task hands out nothing, because it is closed."""

    task: TaskId
    state: str

    def __str__(self) -> str:
        """Say it in words."""
        return f"task {self.task!r} is {self.state}; reopen it to hand out work again"


@attrs.frozen
class PastDue:
    """The task hands out nothing after its due date."""

    task: TaskId
    due: datetime

    def __str__(self) -> str:
        """Say it in words."""
        return (
            f"task {self.task!r} was due at {self.due.isoformat(sep=' ')}; give it a later due date to go on"
        )


@attrs.frozen
class NotAMember:
    """She does not belong to the task."""

    assignee: AssigneeId
    task: TaskId

    def __str__(self) -> str:
        """Say it in words."""
        return f"{self.assignee!r} is not among the assignees of task {self.task!r}; add her first"


def way_back(state: str) -> str:
    """Say what lets somebody take part again who is paused or removed."""
    return "resume her first" if state == "paused" else "add her again first"


@attrs.frozen
class Locked:
    """Her assignment is locked, because she is paused or removed."""

    assignee: AssigneeId
    state: str

    def __str__(self) -> str:
        """Say it in words."""
        return f"{self.assignee!r} is {self.state}; {way_back(self.state)}"


@attrs.frozen
class AtCap:
    """Another whole batch would lift her above the cap of open items."""

    assignee: AssigneeId
    open: int
    batch: int
    cap: int

    def __str__(self) -> str:
        """Say it in words."""
        return (
            f"{self.assignee!r} holds {_many(self.open)} and with a batch of {self.batch}"
            f" would pass the cap of {self.cap}; complete some or raise max_batch_workload"
        )


@attrs.frozen
class AtLimit:
    """She has as many items of this task as she may have."""

    assignee: AssigneeId
    holds: int
    limit: str

    def __str__(self) -> str:
        """Say it in words."""
        return f"{self.assignee!r} has {_many(self.holds)}, and her limit is {self.limit}; raise it to go on"


@attrs.frozen
class QueueEmpty:
    """Every item of the task is done."""

    done: int

    def __str__(self) -> str:
        """Say it in words."""
        done = "the only item is" if self.done == 1 else f"all {self.done} items are"
        return f"nothing is left: {done} done" if self.done else "nothing is left: the task has no items"


@attrs.frozen
class AllReserved:
    """What is not done is with somebody."""

    open: int
    """Placements without a status."""
    until: datetime | None
    """When the first lease ends; None where all are reserved for ever."""

    def __str__(self) -> str:
        """Say it in words."""
        when = (
            "without end; release or reclaim what lies"
            if self.until is None
            else f"the first until {self.until.isoformat(sep=' ', timespec='seconds')}; ask again then"
        )
        left = "the only item left is" if self.open == 1 else f"all {self.open} items left are"
        return f"{left} reserved, {when}"


@attrs.frozen
class OnlySkipped:
    """What is left she has skipped."""

    count: int
    """At least so many."""
    everybody: bool = attrs.field(default=False, kw_only=True)
    """All who take part, and may take them, have skipped them."""

    def __str__(self) -> str:
        """Say it in words."""
        if self.everybody:
            left = f"only items that all who may take them have skipped are left, {self.count} or more"
            return f"{left}; add somebody who takes them"
        return f"only items that she skipped are left, {self.count} or more; somebody else has to take them"


@attrs.frozen
class OnlyLost:
    """What is left she had and lost, and somebody else can take it."""

    count: int
    """At least so many."""

    def __str__(self) -> str:
        """Say it in words."""
        return f"only items that went back from her are left, {self.count} or more; others come first"


@attrs.frozen
class OnlyHers:
    """What is left are further copies of items she has, or has done: they are for others."""

    copies: int

    def __str__(self) -> str:
        """Say it in words."""
        left = "the only copy left is" if self.copies == 1 else f"all {self.copies} copies left are"
        return f"{left} of items she has or has done; only others can take them"


@attrs.frozen
class QueueHasWork:
    """Nothing is taken over while the queue has something for her."""

    assignee: AssigneeId

    def __str__(self) -> str:
        """Say it in words."""
        return f"the queue has items for {self.assignee!r}; pull them first"


@attrs.frozen
class NobodyToStealFrom:
    """Nobody has work that she may take over: all have begun, or hold nothing she can take."""

    assignee: AssigneeId

    def __str__(self) -> str:
        """Say it in words."""
        return f"nobody who has not begun holds anything that {self.assignee!r} can take"


@attrs.frozen
class HasOpenWork:
    """She has work of her own."""

    assignee: AssigneeId
    open: int

    def __str__(self) -> str:
        """Say it in words."""
        return f"{self.assignee!r} still holds {_many(self.open)}; only whoever has nothing may take over"


@attrs.frozen
class NotInTask:
    """There is no such item in the task."""

    item: ItemId

    def __str__(self) -> str:
        """Say it in words."""
        return f"item {self.item!r} is not in the task"


@attrs.frozen
class InTask:
    """The item is in the task already."""

    item: ItemId

    def __str__(self) -> str:
        """Say it in words."""
        return f"item {self.item!r} is in the task already; nothing is doubled"


@attrs.frozen
class NotHers:
    """The item never was with her."""

    item: ItemId
    assignee: AssigneeId

    def __str__(self) -> str:
        """Say it in words."""
        return (
            f"item {self.item!r} is not with {self.assignee!r}; only what she was given can be changed by her"
        )


@attrs.frozen
class Lost:
    """The item went back from her and somebody else has it now."""

    item: ItemId
    assignee: AssigneeId
    holders: tuple[AssigneeId, ...]

    def __str__(self) -> str:
        """Say it in words."""
        whom = ", ".join(map(repr, self.holders))
        return f"item {self.item!r} went back from {self.assignee!r} and is with {whom} now"


@attrs.frozen
class WrongState:
    """The placement's state does not allow it."""

    item: ItemId
    state: str
    verb: str

    def __str__(self) -> str:
        """Say it in words."""
        return f"item {self.item!r} is {self.state} and cannot be changed by {self.verb!r}"


@attrs.frozen
class HasIt:
    """She has the item already, or has done it."""

    item: ItemId
    assignee: AssigneeId
    state: str

    def __str__(self) -> str:
        """Say it in words."""
        return f"item {self.item!r} is {self.state} with {self.assignee!r}; nobody gets an item twice"


@attrs.frozen
class NotEligible:
    """The rules of the task keep her from the item."""

    item: ItemId
    assignee: AssigneeId
    bar: Bar

    def __str__(self) -> str:
        """Say it in words."""
        return f"item {self.item!r} is not for {self.assignee!r}: it {self.bar}"


@attrs.frozen
class TeamHasIt:
    """Somebody of her team has the item, or has done it."""

    item: ItemId
    assignee: AssigneeId
    mate: AssigneeId

    def __str__(self) -> str:
        """Say it in words."""
        return f"item {self.item!r} is with {self.mate!r}, of the same team as {self.assignee!r}"


@attrs.frozen
class NothingForHer:
    """What is left the rules of the task keep from her, or she has it already."""

    assignee: AssigneeId
    copies: int

    def __str__(self) -> str:
        """Say it in words."""
        left = (
            "the only copy left is not" if self.copies == 1 else f"none of the {self.copies} copies left is"
        )
        why = "a rule of the task keeps her from the item, or she has had it"
        return f"{left} for {self.assignee!r}: {why}; somebody else has to take it"


@attrs.frozen
class SkippedIt:
    """She has skipped the item."""

    item: ItemId
    assignee: AssigneeId

    def __str__(self) -> str:
        """Say it in words."""
        return f"item {self.item!r} was skipped by {self.assignee!r}; somebody else has to take it"


@attrs.frozen
class LostIt:
    """The item went back from her, and others come first."""

    item: ItemId
    assignee: AssigneeId

    def __str__(self) -> str:
        """Say it in words."""
        return f"item {self.item!r} went back from {self.assignee!r}; she gets it again only if nobody else can take it"


@attrs.frozen
class HasStatus:
    """The item was worked on, so it stays."""

    item: ItemId
    done: int
    """Placements with a status."""

    def __str__(self) -> str:
        """Say it in words."""
        return f"item {self.item!r} has a status and stays; clear it first"


WhyNoWork: TypeAlias = (
    TaskNotOpen | PastDue | NotAMember | Locked | AtCap | AtLimit | QueueEmpty | AllReserved | OnlySkipped
    | OnlyLost | OnlyHers | NothingForHer | QueueHasWork | NobodyToStealFrom | HasOpenWork
)  # fmt: skip
"""Why a batch is empty."""
WhyNot: TypeAlias = (
    TaskNotOpen | PastDue | NotAMember | Locked | AtLimit | NotInTask | InTask | NotHers | Lost | WrongState | HasIt
    | SkippedIt | LostIt | HasStatus | NotEligible | TeamHasIt | StaysDone | TooOften
)  # fmt: skip
"""Why one item was left out of a call."""
