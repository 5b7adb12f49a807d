"""What the SDK sees of tasks: references on items, and tasks and assignments as documents.

Which task an item is in, with whom and with which status, the SDK reads off the item
itself. The core keeps that in placements; the mirror writes it into the documents, from
the events of a task since it last looked. It decides nothing, it can be behind, and it
catches up in one transaction with the version it has come to: whatever is cut off in
between is done again, and nothing is written twice.

Where several people get copies of an item, each copy is an item of its own, hidden, as
on the platform: a clone. It belongs to a placement; when that changes hands, so does it.
"""

from __future__ import annotations

import threading
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import attrs

from adapters.dataloop.calls import Body
from adapters.dataloop.items import keys_of
from adapters.dataloop.world import World, derived, instant
from distribution.events import Cell, Entry
from distribution.lifecycle import GONE, HELD
from distribution.members import Standing
from distribution.ports import Page
from distribution.shelf import Desk, Document
from distribution.task import Ask, Row, Task, View
from distribution.values import AssigneeId, TaskId

CHUNK = 5000
WHOLE = frozenset({"created", "deleted", "purged", "undone"})
"""Events after which every item is looked at."""
Tally = dict[str, dict[str, int]]
"""How many of each status everybody has set."""


def assignment_id(task_id: TaskId, assignee: AssigneeId) -> str:
    """Name an assignment: the same as long as task and person are."""
    return derived("assignment", task_id, assignee)


def consensus_id(task_id: TaskId) -> str:
    """Name the hidden assignment that the originals of copied items belong to."""
    return derived("consensus", task_id)


@attrs.frozen(kw_only=True)
class News:
    """What happened to a task since the mirror last looked."""

    view: View
    entries: Sequence[Entry]
    rows: Sequence[Row]
    names: Mapping[int, str]
    """Items by position, as far as they are among the rows."""
    fresh: bool
    """The mirror never looked before."""

    @property
    def task(self) -> Task:
        """Give the task."""
        assert self.view.task is not None  # noqa: S101  there is no news of what is not there
        return self.view.task


class Mirror:
    """Keeps the documents of tasks, assignments and items as the tasks' events say."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._lock = threading.RLock()

    def catch_up_dataset(self, dataset_id: str) -> None:
        """Look at every task of a dataset."""
        for task_id in self._world.shelf.ids("task", key=f"dataset {dataset_id}"):
            self.catch_up(task_id)

    def catch_up(self, task_id: TaskId) -> None:
        """Bring the documents to the version of the task; nothing to do where they are."""
        with self._lock:
            seen, tally = self._seen(task_id)
            if self._world.tasks.store.read(task_id, Ask()).version == seen:
                return
            news = self._news(task_id, seen)
            if news is not None:
                self._world.shelf.transact(lambda desk: self._write(desk, news, seen, tally))

    def _seen(self, task_id: TaskId) -> tuple[int, Tally]:
        kept = self._world.shelf.get("mirror", [task_id])
        body: Any = kept[task_id].body if task_id in kept else {"version": 0, "tally": {}}
        return int(body["version"]), {who: dict(counts) for who, counts in body["tally"].items()}

    def _news(self, task_id: TaskId, seen: int) -> News | None:
        """Load what happened since a version; None where there is no such task."""
        store = self._world.tasks.store
        view = store.read(task_id, Ask(members=None))
        if view.task is None:
            return None
        entries = list[Entry]()
        page = Page(after=seen, limit=1000)
        while some := [e for e in store.history(task_id, page) if e.version <= view.version]:
            entries += some
            page = attrs.evolve(page, after=some[-1].version)
        whole = any(entry.event.what in WHOLE for entry in entries)
        positions = range(view.task.positions) if whole else _touched(entries)
        rows = list[Row]()
        for start in range(0, len(positions), CHUNK):
            rows += store.read(task_id, Ask(positions=tuple(positions[start : start + CHUNK]))).rows
        names = {row.position: row.item for row in rows}
        return News(view=view, entries=entries, rows=rows, names=names, fresh=seen == 0)

    def _write(self, desk: Desk, news: News, seen: int, tally: Tally) -> None:
        """Write it, unless somebody else has meanwhile."""
        task = news.task
        kept: Any = desk.get("mirror", [task.id])
        if kept and int(kept[task.id].body["version"]) != seen:
            return
        gone = task.state in GONE
        _count(tally, news.entries)
        self._items(desk, news, gone=gone)
        wire = desk.get("task", [task.id]).get(task.id)
        if wire is not None:
            if gone:
                desk.drop("task", [task.id])
                desk.drop("assignment", desk.ids("assignment", key=f"task {task.id}"))
            else:
                assigned = self._assignments(desk, news, tally, dict(wire.body))
                body = _told(dict(wire.body), news, tally, assigned, self._world.now())
                desk.put("task", [Document(task.id, body, wire.keys)])
        desk.put("mirror", [Document(task.id, {"version": news.view.version, "tally": tally})])

    def _items(self, desk: Desk, news: News, *, gone: bool) -> None:
        """Let items say which of their copies are where."""
        logs = _logs(news)
        for start in range(0, len(news.rows), CHUNK):
            rows = news.rows[start : start + CHUNK]
            bodies = desk.get("item", [row.item for row in rows])
            put = list[Document]()
            for row in rows:
                known = bodies.get(row.item)
                if known is None:
                    continue
                there = not (gone or row.removed)
                if _is_copied(news.task, row):
                    refs = _original(news.task) if there else []
                    put += self._clones(desk, news, row, dict(known.body), logs, there=there)
                else:
                    refs = _refs(news.task, row) if there else []
                log = [entry for entries in logs.get(row.position, {}).values() for entry in entries]
                put.append(_with_refs(dict(known.body), news.task.id, refs, log if there else []))
            desk.put("item", put)

    def _clones(
        self,
        desk: Desk,
        news: News,
        row: Row,
        original: Body,
        logs: Mapping[int, Mapping[AssigneeId, list[Body]]],
        *,
        there: bool,
    ) -> list[Document]:
        """Give the clones of an item: one for each copy, with who has it; those that are too many go."""
        task = news.task
        known = {d.id: dict(d.body) for d in desk.find("clone", key=f"{task.id} {row.item}", limit=10_000)}
        holders = [who for who, cell in row.cells.items() if cell.state in HELD] if there else []
        wanted = row.copies if there else 0
        taken: dict[str, AssigneeId | None] = {
            name: clone["annotator"] for name, clone in known.items() if clone["annotator"] in holders
        }
        free = [name for name in known if name not in taken]
        for who in [who for who in holders if who not in taken.values()]:
            taken[free.pop(0) if free else self._world.ids()] = who
        while len(taken) < wanted:
            taken[free.pop(0) if free else self._world.ids()] = None
        desk.drop("item", free)
        desk.drop("clone", free)
        bodies = desk.get("item", list(taken))
        put = list[Document]()
        for number, (name, whose) in enumerate(taken.items(), start=1):
            body: Body = (
                dict(bodies[name].body) if name in bodies else _clone(original, task.id, name, number)
            )
            clone = {"id": name, "task": task.id, "item": row.item, "annotator": whose}
            desk.put("clone", [Document(name, clone, [f"{task.id} {row.item}"])])
            refs = [_task_ref(task.id)] if whose is None else _refs(task, row, whose)
            log = [] if whose is None else logs.get(row.position, {}).get(whose, [])
            put.append(_with_refs(body, task.id, refs, log))
        return put

    def _assignments(self, desk: Desk, news: News, tally: Tally, wire: Body) -> list[str]:
        """Write the assignments; give the ids of those that are shown, in the order of the team."""
        task, shown = news.task, list[str]()
        known = desk.get("assignment", desk.ids("assignment", key=f"task {task.id}"))
        keep_empty = wire.get("metadata", {}).get("type") == "batchNode" or not task.positions
        put = list[Document]()
        for standing in news.view.members.values():
            name = assignment_id(task.id, standing.id)
            if not (standing.holds or (keep_empty and standing.active)):
                continue
            before = dict(known[name].body) if name in known else _assignment(task, wire, standing)
            body = before | _standing(standing, tally.get(standing.id, {}), wire["availableActions"])
            put.append(Document(name, body, [f"task {task.id}", f"project {wire['projectId']}"]))
            shown.append(name)
        desk.put("assignment", put)
        desk.drop("assignment", [name for name in known if name not in shown])
        return shown


def _touched(entries: Iterable[Entry]) -> list[int]:
    """List the positions that events changed."""
    found = set[int]()
    for entry in entries:
        event = entry.event
        for shift in event.shifts:
            found.update(shift.positions)
        found.update(event.restored, event.removed, (at for at, _ in event.copies))
        if event.came:
            found.update(range(*event.came))
    return sorted(found)


def _count(tally: Tally, entries: Iterable[Entry]) -> None:
    """Count statuses set and taken back."""
    for entry in entries:
        for shift in entry.event.shifts:
            for cell, by in ((shift.before, -1), (shift.after, 1)):
                if cell is not None and cell.state == "done":
                    counts = tally.setdefault(shift.assignee, {})
                    counts[str(cell.status)] = counts.get(str(cell.status), 0) + by * len(shift.positions)


def _logs(news: News) -> Mapping[int, Mapping[AssigneeId, list[Body]]]:
    """Give what is to be noted of statuses, by position and person."""
    logs: dict[int, dict[AssigneeId, list[Body]]] = defaultdict(lambda: defaultdict(list))
    task_id = news.task.id
    for entry in news.entries:
        at, by = instant(entry.stamp.at), entry.stamp.actor
        for shift in entry.event.shifts:
            before = shift.before.status if shift.before is not None else None
            after = shift.after.status if shift.after is not None else None
            if before == after:
                continue
            action, status = ("deleted", before) if after is None else ("created", after)
            note = {
                "action": action,
                "timestamp": at,
                "status": {
                    "status": status,
                    "creator": by or shift.assignee,
                    "timestamp": at,
                    "taskId": task_id,
                    "assignmentId": assignment_id(task_id, shift.assignee),
                },
            }
            for position in shift.positions:
                logs[position][shift.assignee].append(note)
    return logs


def _is_copied(task: Task, row: Row) -> bool:
    """Tell whether an item goes to several people, each with a copy of her own."""
    return task.overlap is not None and (task.overlap.everyone or row.copies > 1)


def _task_ref(task_id: TaskId, cell: Cell | None = None, who: AssigneeId = "") -> Body:
    return {"id": task_id, "type": "task", **_status(cell, who)}


def _status(cell: Cell | None, who: AssigneeId) -> Body:
    """Give the part of a reference that says what was set; nothing where nothing was."""
    if cell is None or cell.state != "done":
        return {}
    return {"metadata": {"status": cell.status, "creator": who, "timestamp": instant(cell.since)}}


def _refs(task: Task, row: Row, who: AssigneeId | None = None) -> list[Body]:
    """Give the references of an item, or of the copy of one person."""
    held = [(name, cell) for name, cell in row.cells.items() if cell.state in HELD and who in {None, name}]
    if not held:
        return [_task_ref(task.id)]
    name, cell = held[0]
    assignment = {"id": assignment_id(task.id, name), "type": "assignment", **_status(cell, name)}
    return [_task_ref(task.id, cell, name), assignment]


def _original(task: Task) -> list[Body]:
    """Give the references of an item of which others have copies."""
    return [_task_ref(task.id), {"id": consensus_id(task.id), "type": "assignment"}]


def _with_refs(item: Body, task_id: TaskId, refs: Sequence[Body], log: Sequence[Body]) -> Document:
    """Put the references of one task into an item, in the place of those it had."""
    system = item["metadata"]["system"]
    ours = {task_id, consensus_id(task_id)}
    kept, at = list[Body](), 0
    old = system.get("refs", [])
    while at < len(old):
        # The assignment of a task stands behind it.
        if old[at]["id"] in ours:
            at += 1
            while at < len(old) and old[at]["type"] == "assignment":
                at += 1
            continue
        kept.append(old[at])
        at += 1
    system = {**system, "refs": [*kept, *refs], "taskStatusLog": [*system.get("taskStatusLog", []), *log]}
    body = {**item, "metadata": {**item["metadata"], "system": system}}
    return Document(body["id"], body, keys_of(body))


def _clone(original: Body, task_id: TaskId, name: str, number: int) -> Body:
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


def _assignment(task: Task, wire: Body, standing: Standing) -> Body:
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


def _standing(standing: Standing, tally: Mapping[str, int], actions: Sequence[Body]) -> Body:
    """Give what changes of an assignment."""
    total, done = standing.holds, standing.done
    status = "done" if total and done == total else "in progress" if done else "todo"
    return {
        "status": status,
        "totalItems": total,
        "itemStatus": _item_status(total, done, tally, actions),
        "progress": 100 * done // total if total else 0,
    }


def _item_status(total: int, done: int, tally: Mapping[str, int], actions: Sequence[Body]) -> Body:
    counts = {action["action"]: max(tally.get(action["action"], 0), 0) for action in actions}
    counts |= {status: count for status, count in tally.items() if count > 0}
    return {"completed": done, "remaining": total - done, "actions": counts}


def _told(wire: Body, news: News, tally: Tally, assigned: Sequence[str], at: str) -> Body:
    """Give a task as it goes over the wire."""
    task = news.task
    done = sum(standing.done for standing in news.view.members.values())
    counts = Counter[str]()
    for each in tally.values():
        counts.update(each)
    over = task.state != "open" or 0 < task.copies <= done
    return wire | {
        "name": task.name,
        "status": "completed" if over else "open",
        "assignmentIds": list(assigned),
        "totalItems": task.copies,
        "itemStatus": _item_status(task.copies, done, counts, wire["availableActions"]),
        "progress": 100 * done // task.copies if task.copies else 0,
        "updatedAt": at,
    }
