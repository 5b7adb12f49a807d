"""What happened to a task: facts in the past tense.

Holds: the events, and the log entry that says when, by whom and why.
Does not hold: decisions (see task), how entries are kept (stores do).
Depends on: values.
"""

from __future__ import annotations

from datetime import datetime
from typing import TypeAlias

import attrs

from distribution.errors import InvalidInput
from distribution.values import AssigneeId, TaskId, check_id


def aware(value: object) -> datetime:
    """Return an instant that knows its time zone, else raise.

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
    return value


REASON_LIMIT = 4096
"""Characters of an actor or a reason."""


def _actor(value: str) -> str:
    return value if value == "" else check_id(value, "actor", REASON_LIMIT)


def _reason(value: str) -> str:
    return value if value == "" else check_id(value, "reason", REASON_LIMIT)


def _request(value: str | None) -> str | None:
    return None if value is None else check_id(value, "request id")


@attrs.frozen(kw_only=True)
class TaskCreated:
    """A task came into being with its items shared out."""

    items: int
    """How many items it has."""
    skipped: int = 0
    """How many came twice and were not doubled."""
    counts: dict[AssigneeId, int]
    """Items of each assignee."""


@attrs.frozen(kw_only=True)
class TaskDeleted:
    """A task was deleted with its items and placements; its history stays."""

    items: int
    """How many items it had."""


Event: TypeAlias = TaskCreated | TaskDeleted


@attrs.frozen(kw_only=True)
class Stamp:
    """When, by whom, under which request and why something is done."""

    at: datetime = attrs.field(converter=aware)
    actor: str = attrs.field(default="", converter=_actor)
    """Who asked for it; empty for the service itself."""
    request: str | None = attrs.field(default=None, converter=_request)
    """The caller's id of the call: called again, it gets the same answer and changes nothing."""
    reason: str = attrs.field(default="", converter=_reason)
    """Free text, kept in the history."""


@attrs.frozen(kw_only=True)
class Entry:
    """One line of a task's history."""

    task: TaskId
    version: int
    """1 for the first; each change adds one."""
    stamp: Stamp
    event: Event
