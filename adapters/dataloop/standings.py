"""Tasks and assignments as documents: who has how much, and how far it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from adapters.dataloop.calls import Body
from adapters.dataloop.references import assignment_id
from distribution.events import Entry, What
from distribution.lifecycle import HELD
from distribution.members import Standing
from distribution.task import Task
from distribution.values import AssigneeId

Tally = dict[AssigneeId, dict[str, int]]
"""How many of each status everybody has set."""
LEFT: frozenset[What] = frozenset({"assignment-deleted", "reassigned"})
"""What takes an assignment away, also an empty one."""


def count(tally: Tally, entries: Iterable[Entry]) -> None:
    """Count statuses set and taken back."""
    for entry in entries:
        for shift in entry.event.shifts:
            for cell, by in ((shift.before, -1), (shift.after, 1)):
                if cell is not None and cell.state == "done":
                    counts = tally.setdefault(shift.assignee, {})
                    counts[str(cell.status)] = counts.get(str(cell.status), 0) + by * len(shift.positions)


def had(entries: Iterable[Entry], standings: Iterable[Standing]) -> set[AssigneeId]:
    """Name who has or had something; when that is all gone, so is her assignment."""
    found = {standing.id for standing in standings if total(standing)}
    for entry in entries:
        if entry.event.what in LEFT and entry.event.assignee is not None:
            found.add(entry.event.assignee)
        for shift in entry.event.shifts:
            if any(cell is not None and cell.state in HELD for cell in (shift.before, shift.after)):
                found.add(shift.assignee)
    return found


def total(standing: Standing) -> int:
    """Count what somebody has, honeypots too: nobody can tell them apart by counting."""
    return standing.holds + standing.gold_open + standing.gold_done


def finished(standing: Standing) -> int:
    """Count what somebody has given a status."""
    return standing.done + standing.gold_done


def is_shown(standing: Standing, *, emptied: bool, stays: bool) -> bool:
    """Tell whether somebody has an assignment: with something in it, or one that was never filled.

    In a task of which the empty ones stay (a batch node) an emptied one is shown too.
    """
    return total(standing) > 0 or (standing.active and (stays or not emptied))


def assignment(task: Task, wire: Body, standing: Standing) -> Body:
    """Make the document of an assignment."""
    system = {
        "taskId": task.id,
        "datasetId": wire["datasetId"],
        "dueDate": wire["dueDate"],
        "markForDeletion": False,
    }
    return {
        "id": assignment_id(task.id, standing.id),
        "name": f"{task.name} ({standing.number + 1})",
        "annotator": standing.id,
        "projectId": wire["projectId"],
        "datasetId": wire["datasetId"],
        "taskId": task.id,
        "taskType": wire["spec"]["type"],
        "priority": wire["priority"],
        "forReview": 0,
        "issues": 0,
        "creator": wire["creator"],
        "createdAt": wire["createdAt"],
        "metadata": {"system": system},
    }


def progress(standing: Standing, tally: Mapping[str, int], actions: Sequence[Body]) -> Body:
    """Give what changes of an assignment."""
    whole, done = total(standing), finished(standing)
    status = "done" if whole and done == whole else "in progress" if done else "todo"
    return {
        "status": status,
        "totalItems": whole,
        "itemStatus": _item_status(whole, done, tally, actions),
        "progress": 100 * done // whole if whole else 0,
    }


def _item_status(whole: int, done: int, tally: Mapping[str, int], actions: Sequence[Body]) -> Body:
    counts = {action["action"]: max(tally.get(action["action"], 0), 0) for action in actions}
    counts |= {status: number for status, number in tally.items() if number > 0}
    return {"completed": done, "remaining": whole - done, "actions": counts}


def told(wire: Body, task: Task, standings: Sequence[Standing], tally: Tally, at: str) -> Body:
    """Give a task as it goes over the wire, but for its assignments."""
    done = sum(map(finished, standings))
    whole = task.copies + sum(standing.gold_open + standing.gold_done for standing in standings)
    counts = Counter[str]()
    for each in tally.values():
        counts.update(each)
    over = task.state != "open" or 0 < whole <= done
    return wire | {
        "name": task.name,
        "status": "completed" if over else "open",
        "totalItems": whole,
        "itemStatus": _item_status(whole, done, counts, wire["availableActions"]),
        "progress": 100 * done // whole if whole else 0,
        "updatedAt": at,
    }
