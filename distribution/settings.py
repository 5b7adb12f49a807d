"""Settings of a task, before and after.

Holds: which of them changed, and a task with some as they were.
Does not hold: which may be changed (see course), who keeps them (stores do).
Depends on: codec, errors, events, task, values.
"""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from distribution.codec import decode, encode
from distribution.errors import InvalidInput
from distribution.events import SettingChange
from distribution.task import Task
from distribution.values import Json

COUNTED = ("items", "positions", "copies")
"""Settings that follow from the items; they are not set back by an undo."""


def changed_settings(before: Task, after: Task) -> tuple[SettingChange, ...]:
    """Compare two tasks setting by setting, counts of items aside."""
    if before is after:
        return ()
    return tuple(
        SettingChange(a.name, encode(getattr(before, a.name)), encode(getattr(after, a.name)))
        for a in attrs.fields(Task)
        if a.name not in COUNTED and getattr(before, a.name) != getattr(after, a.name)
    )


def with_settings(task: Task, settings: Mapping[str, Json]) -> Task:
    """Give a task with some settings as they were once written.

    Raises:
        InvalidInput: a setting is unknown, or cannot be read.
    """
    data = encode(task)
    if not isinstance(data, dict) or not set(settings) <= set(data):
        raise InvalidInput(subject="settings", must="be those of a task", got=sorted(settings))
    changed: Task = decode(Task, {**data, **settings})
    return changed
