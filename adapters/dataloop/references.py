"""What an item says of the tasks it is in: references, the log of statuses, and clones.

Which task an item is in, with whom and with which status, the SDK reads off the item
itself: a reference to the task, and one to the assignment behind it. Where several
people get copies of an item, each copy is a clone: an item of its own, in a hidden folder.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from adapters.dataloop.calls import Body
from adapters.dataloop.stamps import derived, instant
from distribution.events import Cell, Entry
from distribution.lifecycle import HELD
from distribution.shelf import Document
from distribution.task import Row, Task
from distribution.values import AssigneeId, TaskId

MERGED = "consensus_done"
"""Status of an item of which all copies are finished."""


def keys_of(item: Mapping[str, Any]) -> list[str]:
    """Name the keys under which an item is found: dataset, path, and the tasks and assignments it is in."""
    refs = item["metadata"]["system"].get("refs", [])
    return [
        f"dataset {item['datasetId']}",
        f"path {item['datasetId']} {item['filename']}",
        *(f"ref {ref['id']}" for ref in refs),
    ]


def assignment_id(task_id: TaskId, assignee: AssigneeId) -> str:
    """Name an assignment: the same as long as task and person are."""
    return derived("assignment", task_id, assignee)


def consensus_id(task_id: TaskId) -> str:
    """Name the hidden assignment that the originals of copied items belong to."""
    return derived("consensus", task_id)


def is_copied(task: Task, row: Row) -> bool:
    """Tell whether people get copies of an item, each her own."""
    if task.is_gold(row.position):
        return True
    return task.overlap is not None and (task.overlap.everyone or row.copies > 1)


def holders(row: Row) -> list[AssigneeId]:
    """Name who has an item, open or done."""
    return [who for who, cell in row.cells.items() if cell.state in HELD]


def references(task: Task, row: Row, who: AssigneeId | None = None) -> list[Body]:
    """Give the references of an item, or of the copy of one person."""
    held = [name for name in holders(row) if who in {None, name}]
    if not held:
        return [_reference(task.id, "task")]
    status = _status(row.cells[held[0]], held[0])
    assignment = assignment_id(task.id, held[0])
    return [_reference(task.id, "task", status), _reference(assignment, "assignment", status)]


def original_references(task: Task, row: Row) -> list[Body]:
    """Give the references of an item of which others have copies."""
    status = None
    merging = task.overlap is not None and not task.overlap.everyone and not task.is_gold(row.position)
    done = [cell.since for cell in row.cells.values() if cell.state == "done"]
    if merging and row.complete and done:
        status = {"status": MERGED, "timestamp": instant(max(done))}
    return [_reference(task.id, "task", status), _reference(consensus_id(task.id), "assignment", status)]


def _reference(name: str, kind: str, status: Body | None = None) -> Body:
    reference: Body = {"id": name, "type": kind}
    return reference if status is None else {**reference, "metadata": status}


def _status(cell: Cell, who: AssigneeId) -> Body | None:
    """Give the part of a reference that says what was set; None where nothing was."""
    if cell.state != "done":
        return None
    return {"status": cell.status, "creator": who, "timestamp": instant(cell.since)}


Log = Mapping[int, list[tuple[AssigneeId, Body]]]
"""What is to be noted of statuses, by position, in order, with whose they are."""


def log_of(entries: Iterable[Entry]) -> Log:
    """Note each status that was set or taken back; nothing else leaves a trace on an item."""
    log: dict[int, list[tuple[AssigneeId, Body]]] = defaultdict(list)
    for entry in entries:
        for shift in entry.event.shifts:
            before = shift.before.status if shift.before is not None else None
            after = shift.after.status if shift.after is not None else None
            if before == after:
                continue
            note = _note(entry, shift.assignee, before if after is None else after, gone=after is None)
            for position in shift.positions:
                log[position].append((shift.assignee, note))
    return log


def _note(entry: Entry, who: AssigneeId, status: str | None, *, gone: bool) -> Body:
    at = instant(entry.stamp.at)
    said = {
        "status": status,
        "creator": entry.stamp.actor or who,
        "timestamp": at,
        "taskId": entry.task,
        "assignmentId": assignment_id(entry.task, who),
    }
    return {"action": "deleted" if gone else "created", "timestamp": at, "status": said}


def with_references(item: Body, task_id: TaskId, refs: Sequence[Body], log: Sequence[Body]) -> Document:
    """Put the references of one task into an item, in the place of those it had."""
    system = item["metadata"]["system"]
    kept, ours = list[Body](), False
    for ref in system.get("refs", []):
        # The assignment of a task stands behind it.
        ours = ref["id"] == task_id if ref["type"] == "task" else ours
        if not ours:
            kept.append(ref)
    system = {**system, "refs": [*kept, *refs], "taskStatusLog": [*system.get("taskStatusLog", []), *log]}
    body = {**item, "metadata": {**item["metadata"], "system": system}}
    return Document(body["id"], body, keys_of(body))


def clone(original: Body, task_id: TaskId, name: str, number: int) -> Body:
    """Make a copy of an item for one person, in a hidden folder."""
    folder = f"/.consensus/{task_id}/{number}{original['dir'].rstrip('/')}"
    system = {**original["metadata"]["system"], "refs": [], "taskStatusLog": []}
    return {
        **original,
        "id": name,
        "dir": folder,
        "filename": f"{folder}/{original['name']}",
        "hidden": True,
        "annotated": False,
        "annotationsCount": 0,
        "srcItem": original["id"],
        "spec": {"parentDatasetItemId": original["id"], "parentDatasetId": original["datasetId"]},
        "metadata": {**original["metadata"], "system": system},
    }
