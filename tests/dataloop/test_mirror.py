"""The documents of tasks, assignments and items are what the store says, whoever changed it and whenever one looks."""

from __future__ import annotations

import tempfile
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.dataloop.references import assignment_id, consensus_id
from adapters.dataloop.stamps import instant
from adapters.dispatcher import Dispatcher
from adapters.sqlite import SqliteStore
from distribution.errors import DistributionError
from distribution.lifecycle import GONE, HELD
from distribution.overlap import Overlap
from distribution.pull import Pull
from distribution.task import Ask, Row, Task
from distribution.workload import Workload
from tests.dataloop.local import Clock, Local, in_file, in_memory

TEAM = ("ann@x.io", "bob@x.io", "eve@x.io")
NEW = "zoe@x.io"
LOADS = [{"assigneeId": who, "load": load} for who, load in zip(TEAM, (50, 30, 20), strict=True)]
KINDS: dict[str, dict[str, Any]] = {
    "shared": {},
    "pulled": {"batchSize": 3, "maxBatchWorkload": 5},
    "consensus": {"consensusPercentage": 50, "consensusAssignees": 2},
    "qualification": {"consensusTaskType": "qualification"},
    "honeypot": {"consensusTaskType": "honeypot", "consensusPercentage": 30},
}
people = st.sampled_from([*TEAM, NEW])
OFTEN = ("pull", "set_status", "clear_status", "add", "remove")
SELDOM = (
    "skip", "release", "reassign", "redistribute", "part", "join", "pause", "resume", "leave",
    "delete_assignment", "undo", "close", "reopen", "delete",
)  # fmt: skip
step = st.tuples(
    st.sampled_from([*OFTEN * 3, *SELDOM]),
    people,
    people,
    st.lists(st.integers(0, 11), min_size=1, max_size=5),
    st.sampled_from(["completed", "discard"]),
    st.booleans(),
)
steps = st.lists(step, min_size=2, max_size=15)


def act(tasks: Dispatcher, task_id: str, step: Any, items: list[str]) -> None:
    """Do one thing to a task, as anybody with the store might; what is refused changes nothing."""
    what, who, other, numbers, status, _ = step
    names = [items[number] for number in numbers]
    hers = list[str]()
    with suppress(DistributionError):
        hers = [row.item for row in tasks.placements(task_id, assignee=who)]
    mine = list(dict.fromkeys(hers[number % len(hers)] for number in numbers)) if hers else names
    doings: dict[str, Any] = {
        "pull": lambda: tasks.pull(task_id, who),
        "set_status": lambda: tasks.set_status(task_id, who, mine, status),
        "clear_status": lambda: tasks.clear_status(task_id, who, mine),
        "skip": lambda: tasks.skip(task_id, who, mine),
        "release": lambda: tasks.release(task_id, who),
        "add": lambda: tasks.add_items(task_id, names),
        "remove": lambda: tasks.remove_items(task_id, names),
        "reassign": lambda: tasks.reassign(task_id, who, other),
        "redistribute": lambda: tasks.redistribute(task_id, Workload.even([who, *{other} - {who}])),
        "part": lambda: tasks.redistribute(task_id, Workload.even([who, *{other} - {who}]), source=who),
        "join": lambda: tasks.add_assignee(task_id, who),
        "pause": lambda: tasks.pause(task_id, who),
        "resume": lambda: tasks.resume(task_id, who),
        "leave": lambda: tasks.remove_assignee(task_id, who),
        "delete_assignment": lambda: tasks.delete_assignment(task_id, who),
        "undo": lambda: tasks.undo(task_id, len(tasks.history(task_id))),
        "close": lambda: tasks.close_task(task_id),
        "reopen": lambda: tasks.reopen(task_id),
        "delete": lambda: tasks.delete(task_id),
    }
    gone = tasks.store.read(task_id, Ask()).task.state in GONE  # type: ignore[union-attr]
    # Whoever brings back a task that was deleted has it without its documents.
    with suppress(DistributionError):
        None if gone else doings[what]()


class Twin:
    """What the documents have to say, computed slowly from the store and the history alone."""

    def __init__(self, tasks: Dispatcher, task_id: str) -> None:
        view = tasks.store.read(task_id, Ask(members=None))
        assert view.task is not None
        self.task: Task = view.task
        self.standings = list(view.members.values())
        positions = tuple(range(self.task.positions))
        self.rows = tasks.store.read(task_id, Ask(positions=positions)).rows if positions else []
        self.history = tasks.history(task_id)
        kept = self.task.workload is not None and self.task.state not in GONE
        self.first = tasks.replan(task_id).counts() if kept else {}

    def is_copied(self, row: Row) -> bool:
        overlap = self.task.overlap
        return self.task.is_gold(row.position) or (
            overlap is not None and (overlap.everyone or row.copies > 1)
        )

    def refs(self, row: Row, who: str | None = None) -> list[Any]:
        """Say where an item, or somebody's copy of it, is."""
        if self.task.state in GONE or row.removed:
            return []
        name, second = self.task.id, None
        status: dict[str, Any] = {}
        if who is None and self.is_copied(row):
            second = consensus_id(name)
            done = [cell.since for cell in row.cells.values() if cell.state == "done"]
            merged = (
                not self.task.is_gold(row.position) and self.task.overlap and not self.task.overlap.everyone
            )
            if merged and done and row.complete:
                status = {"metadata": {"status": "consensus_done", "timestamp": instant(max(done))}}
        for holder, cell in row.cells.items():
            if second is None and cell.state in HELD and who in {None, holder}:
                second = assignment_id(name, holder)
                if cell.state == "done":
                    said = {"status": cell.status, "creator": holder, "timestamp": instant(cell.since)}
                    status = {"metadata": said}
        task = {"id": name, "type": "task", **status}
        return [task] if second is None else [task, {"id": second, "type": "assignment", **status}]

    def log(self, row: Row) -> list[tuple[str, str | None, str]]:
        """List the statuses of an item that came and went: what, which, whose."""
        noted = list[tuple[str, str | None, str]]()
        for entry in self.history:
            for shift in entry.event.shifts:
                before = shift.before.status if shift.before else None
                after = shift.after.status if shift.after else None
                if before != after and row.position in shift.positions:
                    noted.append(
                        ("deleted", before, shift.assignee)
                        if after is None
                        else ("created", after, shift.assignee)
                    )
        return noted

    def ever_had(self, who: str) -> bool:
        """Tell whether somebody has or had something, or lost her assignment."""
        if self.first.get(who):
            return True
        for entry in self.history:
            if entry.event.what in {"reassigned", "assignment-deleted"} and entry.event.assignee == who:
                return True
            for shift in entry.event.shifts:
                cells = [cell for cell in (shift.before, shift.after) if cell is not None]
                if shift.assignee == who and any(cell.state in HELD for cell in cells):
                    return True
        return False

    def cells(self, who: str) -> Counter[str]:
        """Count what somebody has: open, or by the status it was given."""
        found = Counter[str]()
        for row in self.rows:
            cell = row.cells.get(who)
            if cell is not None and cell.state in HELD:
                found[str(cell.status) if cell.state == "done" else "open"] += 1
        return found

    def assignments(self) -> dict[str, tuple[int, int, dict[str, int]]]:
        """Give everybody's assignment: total, finished, and how many of each status."""
        shown = {}
        for standing in self.standings:
            counts = self.cells(standing.id)
            if counts or (standing.active and not self.ever_had(standing.id)):
                statuses = {"completed": 0, "discard": 0, **counts}
                statuses.pop("open", None)
                shown[standing.id] = (counts.total(), counts.total() - counts["open"], statuses)
        return {} if self.task.state in GONE else shown


def seen_assignments(local: Local, task_id: str) -> dict[str, tuple[int, int, dict[str, int]]]:
    shelf = local.world.shelf
    kept: list[Any] = [one.body for one in shelf.find("assignment", key=f"task {task_id}")]
    wire = shelf.get("task", [task_id]).get(task_id)
    order: Any = [] if wire is None else wire.body["assignmentIds"]
    return {
        one["annotator"]: (one["totalItems"], one["itemStatus"]["completed"], one["itemStatus"]["actions"])
        for one in sorted(kept, key=lambda one: order.index(one["id"]))
    }


def check(local: Local, dataset: str, task_id: str) -> None:
    """Compare all documents with the twin."""
    local.world.look_at_dataset(dataset)
    twin, shelf = Twin(local.world.tasks, task_id), local.world.shelf
    expected = twin.assignments()
    assert seen_assignments(local, task_id) == expected
    assert list(seen_assignments(local, task_id)) == list(expected)
    for row in twin.rows:
        item: Any = shelf.get("item", [row.item])[row.item].body
        system = item["metadata"]["system"]
        assert system["refs"] == twin.refs(row)
        noted = [(n["action"], n["status"]["status"]) for n in system["taskStatusLog"]]
        there = not row.removed and twin.task.state not in GONE
        assert not there or noted == [(what, status) for what, status, _ in twin.log(row)]
        check_copies(local, twin, row)
    wire: Any = shelf.get("task", [task_id])
    assert (not wire) == (twin.task.state in GONE)
    if wire:
        body = wire[task_id].body
        total = twin.task.copies + sum(s.gold_open + s.gold_done for s in twin.standings)
        done = sum(finished for _, finished, _ in expected.values())
        assert (body["totalItems"], body["itemStatus"]["completed"]) == (total, done)
        over = twin.task.state != "open" or 0 < total == done
        assert body["status"] == ("completed" if over else "open")


def check_copies(local: Local, twin: Twin, row: Row) -> None:
    """Compare the clones of an item: one for each copy, each saying whose it is."""
    shelf = local.world.shelf
    noted: list[Any] = [one.body for one in shelf.find("clone", key=f"{twin.task.id} {row.item}")]
    there = twin.task.state not in GONE and not row.removed and twin.is_copied(row)
    held = [who for who, cell in row.cells.items() if cell.state in HELD] if there else []
    wanted = (len(held) if twin.task.is_gold(row.position) else row.copies) if there else 0
    assert len(noted) == wanted
    assert sorted(one["annotator"] for one in noted if one["annotator"] is not None) == sorted(held)
    for one in noted:
        clone: Any = shelf.get("item", [one["id"]])[one["id"]].body
        assert clone["metadata"]["system"]["refs"] == twin.refs(row, one["annotator"] or "")
        assert (clone["hidden"], clone["srcItem"]) == (True, row.item)


def started(local: Local, kind: str) -> tuple[str, str, list[str]]:
    """Create a task of a kind over eight of twelve items; give dataset, task and items."""
    project = local.project()
    dataset = local.dataset(project, 12)
    items = [item["id"] for item in local.items(dataset)]
    if kind == "honeypot":
        for name in items[:2]:
            number = items.index(name)
            local.ask("PATCH", f"/items/{name}", {"filename": f"/honeypot/{number}.txt"})
            local.ask("POST", f"/items/{name}/annotations", [{"label": "cat"}])
    system = {**KINDS[kind], "allowedAssignees": list(TEAM)}
    said: dict[str, Any] = {"workload": None if kind == "pulled" else LOADS, "metadata": {"system": system}}
    query = f'{{"filter": {{"id": {{"$in": {items[2:10]}}}}}}}'.replace("'", '"')
    return dataset, local.task(project, dataset, query=query, **said), items


@pytest.mark.parametrize("kind", KINDS)
@given(taken=steps)
def test_the_documents_are_what_the_store_says(kind: str, taken: list[Any]) -> None:
    clock = Clock()
    with in_memory(clock) as local:
        dataset, task_id, items = started(local, kind)
        check(local, dataset, task_id)
        for step in taken:
            clock.wait(minutes=1)
            act(local.world.tasks, task_id, step, items)
            if step[-1]:
                check(local, dataset, task_id)
        check(local, dataset, task_id)


@settings(max_examples=15)
@given(kind=st.sampled_from(list(KINDS)), taken=steps)
def test_what_another_process_did_is_seen_too(kind: str, taken: list[Any]) -> None:
    clock = Clock()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "work.db")
        with in_file(path, clock) as local, Dispatcher(SqliteStore(path), clock=clock) as other:
            dataset, task_id, items = started(local, kind)
            for number, step in enumerate(taken):
                clock.wait(minutes=1)
                act(other if number % 2 else local.world.tasks, task_id, step, items)
                if step[-1]:
                    check(local, dataset, task_id)
            check(local, dataset, task_id)


def test_looking_twice_writes_nothing(tmp_path: Path) -> None:
    with in_file(tmp_path / "work.db") as local:
        dataset, task_id, _ = started(local, "consensus")
        local.world.look_at_dataset(dataset)
        before = [local.world.shelf.stamp(kind) for kind in ("item", "task", "assignment", "mirror", "clone")]
        local.world.look_at_dataset(dataset)
        local.ask("GET", f"/annotationtasks/{task_id}")
        assert before == [
            local.world.shelf.stamp(kind) for kind in ("item", "task", "assignment", "mirror", "clone")
        ]


def test_a_task_of_which_there_are_no_documents_is_left_alone(tmp_path: Path) -> None:
    with in_file(tmp_path / "work.db") as local:
        project, dataset, _ = local.filled()
        items = [item["id"] for item in local.items(dataset)]
        bare = local.world.tasks.create("from elsewhere", items, workload=Workload.even(["ann"])).id
        assert local.world.look_at(bare)
        assert local.ask("POST", "/annotationtasks/query", {"filter": {}})["totalItemsCount"] == 1
        assert not local.world.look_at("unheard of")
        assert project


def test_a_copy_that_changes_hands_is_the_same_copy(tmp_path: Path) -> None:
    with in_file(tmp_path / "work.db") as local:
        project = local.project()
        dataset = local.dataset(project, 4)
        task = local.task(project, dataset, workload=LOADS, metadata={"system": {"consensusPercentage": 100}})
        before = {one.id for one in local.world.shelf.find("clone")}
        local.world.tasks.pause(task, "ann@x.io")
        local.world.look_at(task)

        assert {one.id for one in local.world.shelf.find("clone")} == before


def test_pulling_with_overlap_is_more_than_the_platform_has_and_is_shown_too(tmp_path: Path) -> None:
    with in_file(tmp_path / "work.db") as local:
        project, dataset, task = local.filled(4, workload=None, metadata={"system": {"batchSize": 3}})
        items = [item["id"] for item in local.items(dataset)]
        both = Overlap(percent=100, assignees=2)
        pull = Pull(batch_size=2, max_batch_workload=4)
        wire = dict(local.world.shelf.get("task", [task])[task].body)
        local.world.tasks.create("both", items, allowed=TEAM, pull=pull, overlap=both, id="both")
        local.world.put("task", {**wire, "id": "both"}, [f"project {project}", f"dataset {dataset}"])
        local.world.tasks.pull("both", "ann@x.io")
        local.world.delete_task(task, "")

        check(local, dataset, "both")
