"""What happened to a task: facts in the past tense, whole enough to be played again.

Holds: the events and their parts, the stamp, the log entry.
Does not hold: decisions, how entries are kept (stores do).
Depends on: errors, lifecycle, members, values.

An event says how every placement, member and setting it touched stood before and stands
after. So the log alone rebuilds the state, an event is undone by exchanging the two
sides, and a dry run is an event that nobody keeps.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Literal, Self, TypeAlias

import attrs

from distribution.errors import InvalidInput
from distribution.lifecycle import PlacementState
from distribution.members import Member
from distribution.values import AssigneeId, Json, TaskId, check_id

What: TypeAlias = Literal[
    "created", "deleted", "purged", "closed", "reopened", "changed",
    "items-added", "items-removed",
    "pulled", "submitted", "submitted-and-pulled", "cleared", "skipped", "renewed", "released", "reclaimed", "stolen",
    "assignee-added", "assignee-paused", "assignee-resumed", "assignee-removed", "assignee-limited",
    "assignment-deleted", "reassigned", "redistributed", "sent-back", "undone", "answered",
]  # fmt: skip
"""What happened, as a past participle."""

PULLS: frozenset[What] = frozenset({"pulled", "submitted-and-pulled"})
"""What hands out a batch, and first returns what has ended."""


def aware(value: object) -> datetime:
    """Return an instant that knows its time zone, in UTC, else raise.

    Raises:
        InvalidInput: it is naive: it could mean twenty-four different instants.
    """
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise InvalidInput(
            subject="an instant",
            must="be a datetime with a time zone",
            got=value,
            remedy="use datetime.now(UTC)",
        )
    if value.tzinfo is UTC:
        return value
    try:
        return value.astimezone(UTC)
    except OverflowError as error:
        raise InvalidInput(
            subject="an instant", must="lie between the years 1 and 9999", got=value
        ) from error


REASON_LIMIT = 4096
"""Characters of an actor or a reason."""


def _aware_or_none(value: object) -> datetime | None:
    return None if value is None else aware(value)


@attrs.frozen
class Cell:
    """How one placement stands."""

    state: PlacementState
    since: datetime = attrs.field(converter=aware)
    """When it came to be so; a renewal counts."""
    status: str | None = None
    """What she set; None unless done."""
    until: datetime | None = attrs.field(default=None, converter=_aware_or_none)
    """End of the lease; None for ever."""
    answer: str | None = None
    """What she answered, where statuses are not the answers."""


@attrs.frozen
class Shift:
    """Placements of one assignee that changed alike."""

    assignee: AssigneeId
    before: Cell | None
    """None where there was none."""
    after: Cell | None
    """None where there is none any more."""
    positions: tuple[int, ...]
    """Of the items."""

    def reversed(self) -> Self:
        """Give the way back."""
        return attrs.evolve(self, before=self.after, after=self.before)


@attrs.frozen
class MemberChange:
    """A member as she was and as she is; she may be new, and never goes without a trace."""

    before: Member | None
    """None where she is new."""
    after: Member


@attrs.frozen
class SettingChange:
    """One setting of the task, as it is written."""

    name: str
    before: Json
    after: Json


@attrs.frozen(kw_only=True)
class Event:
    """Something that happened, with everything it changed."""

    what: What
    assignee: AssigneeId | None = None
    """Whom it is about, where it is about one."""
    shifts: tuple[Shift, ...] = ()
    members: tuple[MemberChange, ...] = ()
    settings: tuple[SettingChange, ...] = ()
    came: tuple[int, ...] = ()
    """First position of the items that were added, and one past the last; empty where none were."""
    restored: tuple[int, ...] = ()
    """Positions of removed items that came back into the task."""
    removed: tuple[int, ...] = ()
    """Positions that left the task."""
    rounds: tuple[tuple[int, int], ...] = ()
    """(position, how many times more, or fewer, it is in the task) where a pipeline brought it again."""
    copies: tuple[tuple[int, int], ...] = ()
    """(position, how many copies more, or fewer) where answers decided that."""
    facts: dict[str, Json] = attrs.field(factory=dict, hash=False)
    """What else a reader wants to know: counts, what was skipped, the version undone."""

    def reversed(self) -> Iterator[Shift]:
        """Give the way back of the placements, last first."""
        return (shift.reversed() for shift in reversed(self.shifts))

    @property
    def touched(self) -> int:
        """Count the placements it changed."""
        return sum(len(shift.positions) for shift in self.shifts)


@attrs.frozen(kw_only=True)
class Stamp:
    """When, by whom, under which request and why something is done."""

    at: datetime = attrs.field(converter=aware)
    actor: str = ""
    """Who asked for it; empty for the service itself."""
    request: str | None = None
    """The caller's id of the call: called again, it gets the same answer and changes nothing."""
    reason: str = ""
    """Free text, kept in the history."""

    def __attrs_post_init__(self) -> None:
        """Refuse texts that cannot be kept; most stamps have none."""
        if self.actor != "":
            object.__setattr__(self, "actor", check_id(self.actor, "actor", REASON_LIMIT))
        if self.request is not None:
            object.__setattr__(self, "request", check_id(self.request, "request id"))
        if self.reason != "":
            object.__setattr__(self, "reason", check_id(self.reason, "reason", REASON_LIMIT))


@attrs.frozen(kw_only=True)
class Entry:
    """One line of a task's history."""

    task: TaskId
    version: int
    """1 for the first; each change adds one."""
    stamp: Stamp
    event: Event
    call: str = ""
    """Which call it was, where it had a request id: the verb and a digest of its arguments."""
    answer: Json = None
    """What was answered then, where there was a request id; it is answered again."""
