"""Assignments and statuses: one person's package of a task, and what is said of its items."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import attrs

from adapters.dataloop.access import Forbidden
from adapters.dataloop.calls import (
    Body,
    Call,
    Principal,
    flag,
    mapping,
    merged,
    no_such,
    page_of,
    text,
    texts,
)
from adapters.dataloop.commands import done
from adapters.dataloop.references import assignment_id
from adapters.dataloop.workloads import person, workload_of
from adapters.dataloop.world import World, role_of
from distribution.errors import InvalidInput
from distribution.lifecycle import HELD
from distribution.task import Ask
from distribution.values import check_count
from distribution.work import MANY

PAGE_SIZE = 1000


def assignment_of(world: World, call: Call) -> Body:
    """Give the assignment a path names, up to date.

    Raises:
        NotFound: there is none, or not for whoever asks.
    """
    name = call.path["assignment"]
    known = world.of_project(call.who, "assignment", name)
    world.look_at(known["taskId"])
    return world.of_project(call.who, "assignment", name)


def shown(assignment: Body, call: Call) -> Body:
    """Give an assignment as it goes over the wire."""
    return {**assignment, "url": f"{call.base}/assignments/{assignment['id']}"}


def get(world: World, call: Call) -> Body:
    """Give an assignment."""
    return shown(assignment_of(world, call), call)


def listed(world: World, call: Call) -> Body:
    """List assignments of projects, or of a task, by status, name and assignee."""
    wanted = call.said("projects")
    names = None if wanted is None else set(wanted.split(","))
    annotator = call.said("annotator")
    exact = {
        "taskId": call.said("taskId"),
        "status": call.said("status"),
        "name": call.said("name"),
        "annotator": None if annotator is None else annotator.lower(),
    }
    found = list[Body]()
    for project in world.visible(call.who):
        if names is not None and project["id"] not in names:
            continue
        for task_id in world.shelf.ids("task", key=f"project {project['id']}"):
            if exact["taskId"] in {None, task_id}:
                found += _of_task(world, task_id)
    rows = [
        shown(body, call)
        for body in found
        if all(value is None or body[key] == value for key, value in exact.items())
    ]
    size = _whole(call.query.get("pageSize", "500"), "pageSize", 1)
    return page_of(rows, _whole(call.query.get("pageOffset", "0"), "pageOffset", 0), min(size, PAGE_SIZE))


def _of_task(world: World, task_id: str) -> list[Body]:
    """List the assignments of a task in the order of its team."""
    world.look_at(task_id)
    task = world.shelf.get("task", [task_id]).get(task_id)
    order: Any = [] if task is None else task.body["assignmentIds"]
    bodies = world.shelf.get("assignment", order)
    return [dict(bodies[name].body) for name in order if name in bodies]


def _whole(value: str, subject: str, least: int) -> int:
    try:
        return check_count(int(value), subject, least=least)
    except ValueError as error:
        raise InvalidInput(subject=subject, must="be a whole number", got=value) from error


def update(world: World, call: Call) -> Body:
    """Change name and metadata of an assignment."""
    known = assignment_of(world, call)
    body = call.object()
    name = text(body, "name", default=known["name"])
    metadata = mapping(body, "metadata")
    system = {k: v for k, v in mapping(metadata, "system").items() if k not in {"taskId", "datasetId"}}
    laid = {key: value for key, value in metadata.items() if key != "system"}
    if call.asks("system"):
        laid["system"] = system

    def edit(old: Body) -> Body:
        return {**old, "name": name, "metadata": merged(old["metadata"], laid)}

    return shown(world.change("assignment", known["id"], edit), call)


def _task_id(known: Body, body: Mapping[str, Any]) -> str:
    """Give the task of an assignment, which the call may name too.

    Raises:
        InvalidInput: it names another.
    """
    task_id: str = known["taskId"]
    if body.get("taskId") not in {None, task_id}:
        raise InvalidInput(
            subject="taskId", must=f"be {task_id!r}, that of the assignment", got=body["taskId"]
        )
    return task_id


def reassign(world: World, call: Call) -> Body:
    """Give all that is open of an assignment to somebody else; a list of one stands for her."""
    known, body = assignment_of(world, call), call.object()
    task_id = _task_id(known, body)
    names = texts(body.get("annotator"), "annotator")
    if len(names) != 1:
        raise InvalidInput(subject="annotator", must="be one e-mail", got=names)
    target = person(names[0])
    before = {a["id"] for a in _of_task(world, task_id)}
    world.tasks.reassign(task_id, known["annotator"], target, actor=call.who.email)
    world.fill(task_id)
    made = assignment_id(task_id, target)
    if made not in before:
        # What was noted on the old one goes along.
        world.change("assignment", made, lambda new: {**new, "metadata": known["metadata"]})
    return done(
        world, call, "ReassignAssignment", known["projectId"], toAssignment=made, fromAssignment=known["id"]
    )


def redistribute(world: World, call: Call) -> Body:
    """Share out what is open of an assignment among several people."""
    known, body = assignment_of(world, call), call.object()
    task_id = _task_id(known, body)
    workload = workload_of(body.get("workload"))
    if workload is None:
        raise InvalidInput(subject="workload", must="name somebody", got=body.get("workload"))
    world.tasks.redistribute(task_id, workload, source=known["annotator"], actor=call.who.email)
    world.fill(task_id)
    return done(
        world,
        call,
        "RedistributeAssignment",
        known["projectId"],
        workload=body["workload"],
        assignmentId=known["id"],
    )


def delete(world: World, call: Call) -> Body:
    """Delete an assignment: what is open goes back, or to the others; what is finished stays."""
    known = assignment_of(world, call)
    world.tasks.delete_assignment(known["taskId"], known["annotator"], actor=call.who.email)
    world.fill(known["taskId"])
    return {"ok": True}


def batch(world: World, call: Call) -> Body:
    """Pull the next batch of an assignment."""
    known = _workable(world, call)
    pulled = world.tasks.pull(known["taskId"], known["annotator"], actor=call.who.email)
    world.look_at(known["taskId"])
    reason = None if pulled.reason is None else str(pulled.reason)
    return {**shown(assignment_of(world, call), call), "batch": list(pulled.items), "reason": reason}


def clear(world: World, call: Call) -> Body:
    """Give back all that is open of an assignment."""
    known = _workable(world, call)
    released = world.tasks.release(known["taskId"], known["annotator"], actor=call.who.email)
    world.look_at(known["taskId"])
    return {"ok": True, "released": list(released.changed)}


def scores(world: World, call: Call) -> list[Any]:
    """Give the scores of an assignment: none are computed here."""
    assignment_of(world, call)
    return []


def item_status(world: World, call: Call) -> Body:
    """Set or clear the status of one item of an assignment."""
    known = _workable(world, call)
    item, said = call.path["item"], _said(call.object())
    clones = world.shelf.get("clone", [item])
    name = str(clones[item].body["item"]) if item in clones else item
    changed = _apply(world, call, known["taskId"], {known["annotator"]: [name]}, said)
    if not changed:
        raise no_such("item", item, f"assignment {known['name']!r}")
    return {"ok": True, "itemId": item}


def many_statuses(world: World, call: Call) -> Body | None:
    """Set or clear the status of items of a task, whoever has them; items that are not in it are left out."""
    task_id = call.path["task"]
    project_id = world.of_project(call.who, "task", task_id)["projectId"]
    body = call.object()
    wanted = texts(body.get("itemIds"), "itemIds")
    if len(wanted) > MANY:
        raise InvalidInput(subject="itemIds", must=f"be at most {MANY}", got=len(wanted))
    said = _said(mapping(body, "statusPayload"))
    world.look_at(task_id)
    clones = world.shelf.get("clone", wanted)
    by_name: dict[str, tuple[str, Any]] = {name: (name, None) for name in wanted}
    by_name |= {
        name: (str(clone.body["item"]), clone.body["annotator"])
        for name, clone in clones.items()
        if clone.body["task"] == task_id
    }
    holders = _holders(world, task_id, [original for original, _ in by_name.values()])
    work: dict[str, list[str]] = {}
    meant: dict[tuple[str, str], str] = {}
    for name, (original, annotator) in by_name.items():
        whose = holders.get(original, ()) if annotator is None else (str(annotator),)
        if len(whose) == 1 and _may_work(world, call.who, project_id, whose[0]):
            work.setdefault(whose[0], []).append(original)
            meant[whose[0], original] = name
    changed = _apply(world, call, task_id, work, said)
    return {meant[key]: {"status": said.status} for key in changed} or None


def _workable(world: World, call: Call) -> Body:
    """Give the assignment a path names, to work on: an annotator works on her own.

    Raises:
        Forbidden: it is somebody else's.
    """
    known = assignment_of(world, call)
    if not _may_work(world, call.who, known["projectId"], known["annotator"]):
        project = world.find("project", known["projectId"])
        raise Forbidden(call.who.email, "annotator", project["name"], "annotationManager")
    return known


def _may_work(world: World, who: Principal, project_id: str, annotator: str) -> bool:
    """Tell whether somebody may say how far another's work is: whoever is more than an annotator may."""
    return who.email == annotator or role_of(who, world.find("project", project_id)) != "annotator"


def _holders(world: World, task_id: str, names: Sequence[str]) -> Mapping[str, tuple[str, ...]]:
    """Tell who has which items, open or done."""
    rows = world.tasks.store.read(task_id, Ask(items=tuple(dict.fromkeys(names)), members=None)).rows
    return {row.item: tuple(who for who, cell in row.cells.items() if cell.state in HELD) for row in rows}


@attrs.frozen
class Said:
    """A status that is to be set, or taken back."""

    status: str
    gone: bool


def _said(payload: Mapping[str, Any]) -> Said:
    """Read what is said of items.

    Raises:
        InvalidInput: it cannot be said.
    """
    operation = text(payload, "operation", default="create")
    if operation not in {"create", "created", "delete"}:
        raise InvalidInput(subject="operation", must="be 'create' or 'delete'", got=operation)
    flag(payload, "returnLastStatus")
    return Said(text(payload, "status"), operation == "delete")


def _apply(
    world: World, call: Call, task_id: str, work: Mapping[str, Sequence[str]], said: Said
) -> set[tuple[str, str]]:
    """Set or clear statuses; give (person, item) of all that stand so now. Whoever pulls gets her next batch."""
    stand = set[tuple[str, str]]()
    for who, names in work.items():
        if said.gone:
            outcome = world.tasks.clear_status(task_id, who, names, actor=call.who.email)
        else:
            outcome = world.tasks.set_status(task_id, who, names, said.status, actor=call.who.email)
        stand |= {(who, name) for name in (*outcome.changed, *outcome.unchanged)}
    _hand_on(world, task_id, work if stand and not said.gone else ())
    world.look_at(task_id)
    return stand


def _hand_on(world: World, task_id: str, people: Iterable[str]) -> None:
    """Let people who pull have their next batches, and those to whom a pipeline leads what comes to them."""
    task = world.tasks.get(task_id)
    if task.pull is not None:
        for who in people:
            world.tasks.pull(task_id, who)
    if task.station is not None:
        for further in world.tasks.pipeline_tasks(task.station.pipeline):
            if further.pull is not None:
                world.owe(further.id)
