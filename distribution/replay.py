"""The log played again: the state of a task from its events alone.

Holds: `replay`, the proof that the log says everything.
Does not hold: how stores keep state.
Depends on: errors, events, members, plan, values.
"""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from distribution.errors import InvalidInput
from distribution.events import Cell, Entry, Event
from distribution.members import Member
from distribution.plan import Plan
from distribution.values import AssigneeId, Json


@attrs.define
class Replayed:
    """What the events of a task add up to."""

    version: int = 0
    cells: dict[tuple[int, AssigneeId], Cell] = attrs.field(factory=dict)
    """How each placement stands, by position and assignee."""
    members: dict[AssigneeId, Member] = attrs.field(factory=dict)
    """Those who changed since the task was created, or came."""
    settings: dict[str, Json] = attrs.field(factory=dict)
    """Those that changed, as they are."""
    positions: int = 0
    """Items the task ever had."""
    removed: set[int] = attrs.field(factory=set)
    rounds: dict[int, int] = attrs.field(factory=dict)
    """Which time an item is in the task, by position, where a pipeline brought it again."""


def replay(entries: Iterable[Entry], plan: Plan | None) -> Replayed:
    """Play the events of a task from the first; *plan* is what it was shared out by, None for pulling.

    Runtime: O(items + placements that changed).

    Raises:
        InvalidInput: the log has a gap, or an event does not fit what went before.
    """
    state = Replayed()
    for entry in entries:
        if entry.version != state.version + 1:
            raise InvalidInput(
                subject="the version of an entry", must=f"be {state.version + 1}", got=entry.version
            )
        state.version = entry.version
        _play(state, entry, plan)
    return state


def _play(state: Replayed, entry: Entry, plan: Plan | None) -> None:
    """Let one event happen."""
    event = entry.event
    if event.what == "created":
        items = event.facts["items"]
        gold = event.facts.get("gold", 0)
        state.positions = (items if isinstance(items, int) else 0) + (gold if isinstance(gold, int) else 0)
        if plan is not None:
            cell = Cell("open", entry.stamp.at)
            names = plan.assignees
            state.cells = {(at, names[owner]): cell for at, owner, _ in plan.placements()}
    elif event.what == "purged":
        state.cells.clear()
    _shift(state, event)
    if event.came:
        state.positions = event.came[1]
    state.removed |= set(event.removed)
    state.removed -= set(event.restored)
    for position, by in event.rounds:
        state.rounds[position] = state.rounds.get(position, 1) + by
    for member in event.members:
        state.members[member.after.id] = member.after
    for setting in event.settings:
        state.settings[setting.name] = setting.after


def _shift(state: Replayed, event: Event) -> None:
    """Change the placements an event names."""
    for shift in event.shifts:
        for position in shift.positions:
            key = (position, shift.assignee)
            if state.cells.get(key) != shift.before:
                raise InvalidInput(
                    subject=f"placement {key}", must=f"be {shift.before}", got=state.cells.get(key)
                )
            if shift.after is None:
                del state.cells[key]
            else:
                state.cells[key] = shift.after
