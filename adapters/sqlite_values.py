"""Values of the core as the columns of the SQLite store have them, and back.

Instants are whole microseconds since 1970, UTC, so that they compare; what no query looks
into is JSON.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from distribution.codec import decode
from distribution.events import Cell, Entry, Event, Stamp
from distribution.members import Member
from distribution.task import Task
from distribution.values import TaskId

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


def micros(at: datetime | None) -> int | None:
    """Write an instant as whole microseconds since 1970."""
    return None if at is None else (at - EPOCH) // MICROSECOND


def instant(value: int | None) -> datetime | None:
    """Read what `micros` wrote."""
    return None if value is None else moment(value)


def moment(value: int) -> datetime:
    """Read an instant that is there."""
    return EPOCH + timedelta(microseconds=value)


def loaded(text: str) -> Any:
    """Read what `dumped` wrote; without looking for spaces, which it has none of."""
    return _READER.raw_decode(text)[0]


_READER = json.JSONDecoder()
dumped: Callable[[object], str] = json.JSONEncoder(
    ensure_ascii=False, separators=(",", ":"), default=dict
).encode
"""Write JSON as short as it gets."""


@lru_cache(maxsize=256)
def task_of(body: str) -> Task:
    """Read a task; the same text gives the same value."""
    task: Task = decode(Task, json.loads(body))
    return task


@lru_cache(maxsize=4096)
def member_of(body: str) -> Member:
    """Read a member; the same text gives the same value."""
    member: Member = decode(Member, json.loads(body))
    return member


@lru_cache(maxsize=4096)
def cell_of(state: Any, status: str | None, since: int, until: int | None, answer: str | None) -> Cell:
    """Read how a placement stands; equal rows give one value."""
    return Cell(state, moment(since), status, instant(until), answer)


def entry(task_id: TaskId, row: Sequence[Any]) -> Entry:
    """Read a line of the log."""
    version, at, actor, request, reason, event, call, answer = row
    return Entry(
        task=task_id,
        version=version,
        stamp=Stamp(at=moment(at), actor=actor, request=request, reason=reason),
        event=decode(Event, json.loads(event)),
        call=call,
        answer=None if answer is None else json.loads(answer),
    )
