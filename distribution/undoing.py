"""Undo: the way back of one change, as long as nobody has worked on it since.

Holds: the decision to undo.
Does not hold: the changes.
Depends on: codec, decision, errors, events, everybody, ledger, lifecycle, outcomes,
requests, settings, task, values.
"""

from __future__ import annotations

from collections.abc import Iterable

from distribution.codec import encode
from distribution.decision import Decide, Decision
from distribution.errors import NotFound, Refused
from distribution.events import Cell, Event, Shift, Stamp
from distribution.everybody import for_everybody, give_everything
from distribution.ledger import Ledger
from distribution.lifecycle import GONE, HELD
from distribution.outcomes import Changed
from distribution.requests import once
from distribution.settings import with_settings
from distribution.task import Ask, Row, Task, View, no_task
from distribution.values import TaskId, check_count

NEVER = frozenset({"created", "purged", "answered"})
"""What cannot be undone: a created task is deleted instead."""


def undoing(task_id: TaskId, version: int, stamp: Stamp) -> tuple[Ask, Decide[Changed]]:
    """Decide to undo the change that led to a version of the task.

    Every placement, member and setting it touched must still be as it left it; then all
    of them are as they were before; gold that somebody got went back from her then. An
    undo can itself be undone.

    Raises, when decided:
        NotFound: there is no such task or version.
        Refused: somebody has worked on it since, or it cannot be undone at all.
    """
    check_count(version, "version", least=1)
    first = Ask(request=stamp.request, entry=version)

    def decide(view: View) -> Decision[Changed] | Ask:
        if view.task is None or view.task.state == "purged":
            raise no_task(task_id)
        if view.entry is None:
            place = f"the history of task {view.task.name!r}"
            raise NotFound("version", version, place, "list the history to see the versions")
        event = view.entry.event
        if view.task.state in GONE and not _deleted(event):
            raise _too_late(version, "the task was deleted")
        if event.what in NEVER:
            remedy = "nothing was changed by it" if event.what == "answered" else "delete the task"
            raise Refused(f"version {version}", f"is {event.what!r} and has no way back", remedy)
        if view.ask.members is not None:
            everybody = for_everybody(view.task)
            return Ask(members=None, entry=version, positions=_positions(event), whole=everybody)
        ledger = Ledger(view, view.task, stamp)
        rows = {row.position: row for row in view.rows}
        touched = _positions(event)
        _check_items(event, [rows[position] for position in touched], version)
        for position, by in event.copies:
            ledger.more(rows[position], -by)
        _placements_back(ledger, event, rows, version)
        _items_back(ledger, event, rows)
        _members_back(ledger, event, version)
        ledger.task = _settings_back(ledger.task, event, version)
        if for_everybody(ledger.task):
            give_everything(ledger, _there(event, view.rows))
        _check_hands(ledger, event, version)
        return ledger.change(
            "undone", assignee=event.assignee, facts={"version": version, "what": event.what}
        )

    return first, once(decide, stamp, "undo", (version,), Changed)


def _there(event: Event, rows: Iterable[Row]) -> list[Row]:
    """Give the items that are in the task when an event is undone."""
    gone = {*event.restored, *(range(*event.came) if event.came else ())}
    return [row for row in rows if row.position in event.removed or not (row.removed or row.position in gone)]


def _deleted(event: Event) -> bool:
    """Tell whether an event deleted the task: only that can be undone of a deleted one."""
    return any(change.name == "state" and change.after in GONE for change in event.settings)


def _positions(event: Event) -> tuple[int, ...]:
    """Give the items an event touched."""
    found = {position for shift in event.shifts for position in shift.positions}
    found |= {position for position, _ in event.copies} | {position for position, _ in event.rounds}
    found |= (
        {*event.restored, *event.removed, *range(*event.came)}
        if event.came
        else {*event.restored, *event.removed}
    )
    return tuple(sorted(found))


def _too_late(version: int, what: str) -> Refused:
    return Refused(
        f"version {version}",
        f"cannot be undone: {what} since",
        "undo what came after it first, or make the change you want",
    )


def _became(cell: Cell | None, shift: Shift) -> str:
    """Say what became of a placement; people move each other's work too, and need not have worked on it."""
    who = shift.assignee
    if cell is None:
        return f"moved on from {who!r}"
    if shift.before is None:
        return f"came to {who!r} again"
    if cell.state == "returned":
        return f"went back from {who!r}"
    return "was worked on"


def _check_items(event: Event, rows: Iterable[Row], version: int) -> None:
    """Refuse to take back items that somebody worked on, or that came or went meanwhile."""
    touched = {(p, s.assignee) for s in event.shifts for p in s.positions}
    came = range(*event.came) if event.came else range(0)
    restored, removed = set(event.restored), set(event.removed)
    for row in rows:
        others = [cell for who, cell in row.cells.items() if (row.position, who) not in touched]
        # Whoever had an item before it was restored has no part in that.
        held = any(cell.state in HELD for cell in others)
        if (row.position in came and others) or (row.position in restored and held):
            worked = any(cell.state in {"done", "skipped"} for cell in others)
            raise _too_late(
                version, f"item {row.item!r} " + ("was worked on" if worked else "went to somebody")
            )
        if row.removed and row.position not in removed:
            raise _too_late(version, f"item {row.item!r} was removed")
        if row.position in removed and not row.removed:
            raise _too_late(version, f"item {row.item!r} came back")


def _placements_back(ledger: Ledger, event: Event, rows: dict[int, Row], version: int) -> None:
    """Set every placement back that is still as the event left it."""
    for shift in event.reversed():
        for position in shift.positions:
            row = rows[position]
            cell = ledger.cell(row, shift.assignee)
            if cell != shift.before:
                raise _too_late(version, f"item {row.item!r} {_became(cell, shift)}")
            after = shift.after
            if after is None and ledger.task.is_gold(position):
                # She has seen it, and must not get it again.
                after = Cell("returned", ledger.stamp.at)
            ledger.put(row, shift.assignee, after)
    for row in rows.values():
        if ledger.left(row) < 0:
            raise _too_late(version, f"item {row.item!r} went to somebody else")


def _items_back(ledger: Ledger, event: Event, rows: dict[int, Row]) -> None:
    """Take out what came, put back what went."""
    for position in (*event.restored, *(range(*event.came) if event.came else ())):
        ledger.remove(rows[position])
    for position in event.removed:
        ledger.remove(rows[position], removed=False)
    for position, by in event.rounds:
        ledger.again(rows[position], -by)


def _members_back(ledger: Ledger, event: Event, version: int) -> None:
    """Set members back; one who was new leaves."""
    for change in reversed(event.members):
        standing = ledger.members.get(change.after.id)
        if standing is None or standing.member != change.after:
            raise _too_late(version, f"assignee {change.after.id!r} changed")
        before = change.before
        if before is None:
            before = type(change.after)(change.after.id, state="removed", limit=change.after.limit)
        ledger.member(before)


def _settings_back(task: Task, event: Event, version: int) -> Task:
    """Set settings back that are still as the event left them."""
    for change in event.settings:
        if encode(getattr(task, change.name)) != change.after:
            raise _too_late(version, f"the {change.name} of the task changed")
    if not event.settings:
        return task
    return with_settings(task, {change.name: change.before for change in event.settings})


def _check_hands(ledger: Ledger, event: Event, version: int) -> None:
    """Refuse where somebody who takes no part, or no part any more, would hold open work."""
    changed = {change.after.id: change for change in event.members}
    for standing in ledger.members.values():
        if not standing.active:
            open_, done, *_ = ledger.counts(standing.id)
            change = changed.get(standing.id)
            if change is None and open_:
                raise _too_late(version, f"assignee {standing.id!r} was {standing.member.state}")
            if change is not None and (open_ or (done and change.before is None)):
                raise _too_late(version, f"assignee {standing.id!r} was given work")
