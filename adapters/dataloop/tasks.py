"""Tasks: created, found, changed, and items that come and go. Who gets what is the core's."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Unpack

import attrs

from adapters.dataloop import projects
from adapters.dataloop.calls import Body, Call, mapping, merged, no_such, number, text, texts
from adapters.dataloop.commands import done
from adapters.dataloop.dql import Query, parse_text
from adapters.dataloop.honeypots import honeypots, without
from adapters.dataloop.references import consensus_id
from adapters.dataloop.sorting import page_asked
from adapters.dataloop.workloads import (
    Kind,
    actions_of,
    due_of,
    kind_of,
    person,
    priority_of,
    system_of,
    workload_of,
)
from adapters.dataloop.world import World
from adapters.deciding import By
from distribution.errors import InvalidInput
from distribution.filters import matches
from distribution.golden import GoldPool
from distribution.task import ACTIONS, Ask
from distribution.values import Item, check_count
from distribution.workload import Workload

WEEK = 7 * 24 * 3600 * 1000
"""Milliseconds until a task is due, unless told otherwise."""
TYPES = ("annotation", "qa")
PEOPLE = ("assignees", "contributors", "assigneeIds")
"""Where a call names people; the platform says assignees."""


def create(world: World, call: Call) -> Body:
    """Create a task over the items that a query means, share them out or let people pull them."""
    body = call.object()
    project = world.project(call.who, text(body, "projectId"))
    dataset = world.dataset(call.who, text(body, "datasetId"))
    if dataset["projects"] != [project["id"]]:
        raise InvalidInput(subject="datasetId", must="be a dataset of the project", got=dataset["id"])
    if (there := _existing(world, call, body)) is not None:
        return there
    task_id = call.attempt or world.ids()
    wire = wire_of(world, call, body, task_id, project["id"], dataset["id"])
    kind = kind_of(wire["metadata"]["system"], body.get("workload"))
    chosen = chosen_items(world, dataset["id"], body.get("query"), body.get("limit"))
    pool = None if kind.honeypots is None else honeypots(world, dataset["id"], kind.honeypots)
    if pool is not None:
        # Where answers are known they say how good somebody is: nothing has to be done twice for it.
        kind, chosen = attrs.evolve(kind, overlap=None), without(chosen, pool)
    if not world.shelf.get("task", [task_id]):
        world.put("task", wire, [f"project {project['id']}", f"dataset {dataset['id']}"])
    try:
        start(world, wire, kind, chosen, pool, actor=call.who.email, request=call.attempt)
    except BaseException:
        if world.tasks.store.read(task_id, Ask()).task is None:
            world.drop("task", [task_id])
        raise
    if kind.overlap is not None or kind.honeypots is not None:
        projects.install_scoring(world, project["id"], call.who.email)
    world.fill(task_id)
    return done(
        world,
        call,
        "CreateTask",
        project["id"],
        createTaskPayload={"name": wire["name"]},
        createdTaskId=task_id,
    )


def _existing(world: World, call: Call, body: Body) -> Body | None:
    """Give a task that is like the one to be created, where that is asked for."""
    if body.get("checkIfExist") is None:
        return None
    asked = attrs.evolve(call, body=mapping(mapping(body, "checkIfExist"), "query")).asked()
    found = [task for task in _visible(world, call, asked) if task["projectId"] == body["projectId"]]
    return shown(found[0], call) if found else None


def wire_of(world: World, call: Call, body: Body, task_id: str, project_id: str, dataset_id: str) -> Body:
    """Make the document of a task."""
    spec = mapping(body, "spec")
    task_type = text(spec, "type", default="annotation")
    if task_type not in TYPES:
        raise InvalidInput(subject="spec.type", must=f"be one of {', '.join(TYPES)}", got=task_type)
    if spec.get("parentTaskId") is not None:
        world.of_project(call.who, "task", text(spec, "parentTaskId"))
    metadata = mapping(body, "metadata")
    system = dict(mapping(metadata, "system"))
    if kind_of(system).overlap is not None:
        system["consensusAssignmentId"] = consensus_id(task_id)
    at = world.now()
    due = number(body.get("dueDate"), "dueDate")
    return {
        "id": task_id,
        "name": text(body, "name"),
        "projectId": project_id,
        "datasetId": dataset_id,
        "recipeId": body.get("recipeId"),
        "creator": call.who.email,
        "taskOwner": text(body, "taskOwner", default=call.who.email),
        "spec": {**spec, "type": task_type},
        "hasParent": spec.get("parentTaskId") is not None,
        "query": _sorted_query(body.get("query")),
        "dueDate": world.clock().timestamp() * 1000 + WEEK if due is None else due,
        "priority": priority_of(body.get("priority")),
        "status": "open",
        "assignmentIds": [],
        "totalItems": 0,
        "itemStatus": {"completed": 0, "remaining": 0, "actions": {}},
        "progress": 0,
        "forReview": 0,
        "issues": 0,
        "availableActions": actions_of(body.get("availableActions"), task_type),
        "metadata": {**metadata, "system": system},
        "description": body.get("description"),
        "percentage": body.get("percentage"),
        "createdAt": at,
        "updatedAt": at,
        "updatedBy": call.who.email,
    }


def _sorted_query(query: object) -> str:
    """Give the query of a task as it is kept: as sent, with the order that items are walked in."""
    parse_text(query)
    said: Any = json.loads(str(query))
    return json.dumps({**said, "sort": said.get("sort", {"id": "ascending"})})


def chosen_items(world: World, dataset_id: str, query: object, limit: object = None) -> list[Item]:
    """Give the items that the query of a task means, whatever page it asks for; copies stand for their originals.

    Raises:
        InvalidInput: the query cannot be read, or the limit is no number.
    """
    asked = attrs.evolve(parse_text(query), page=0)
    world.look_at_dataset(dataset_id)
    found = world.finder.ids(dataset_id, asked)
    clones = world.shelf.get("clone", found)
    names = list(dict.fromkeys(str(clones[n].body["item"]) if n in clones else n for n in found))
    if limit is not None and limit != 0:
        names = names[: check_count(limit, "limit", least=1)]
    items = list[Item]()
    for start in range(0, len(names), 5000):
        bodies = world.shelf.get("item", names[start : start + 5000])
        items += [Item(name, attributes={"filename": body.body["filename"]}) for name, body in bodies.items()]
    return items


def start(
    world: World,
    wire: Mapping[str, Any],
    kind: Kind,
    items: Sequence[Item],
    pool: GoldPool | None = None,
    **by: Unpack[By],
) -> None:
    """Let the core create a task. Without loads all is its owner's."""
    people = list(kind.people(person(wire["taskOwner"])))
    names = [action["action"] for action in wire["availableActions"]]
    settings: dict[str, Any] = {
        "id": wire["id"],
        "actions": list(dict.fromkeys([*names, *ACTIONS])),
        "priority": wire["priority"],
        "due": due_of(wire["dueDate"]),
        "metadata": {"dataloop": {"project": wire["projectId"], "dataset": wire["datasetId"]}},
        "gold": pool,
        **by,
    }
    if kind.pull is not None:
        settings |= {"allowed": people, "pull": kind.pull}
    else:
        settings |= {"workload": kind.workload or Workload.even(people), "overlap": kind.overlap}
    world.tasks.create(wire["name"], items, **settings)


def task_of(world: World, call: Call) -> Body:
    """Give the task a path names, up to date.

    Raises:
        NotFound: there is none, or not for whoever asks.
    """
    task_id = call.path["task"]
    world.of_project(call.who, "task", task_id)
    if not world.look_at(task_id):
        raise no_such("task", task_id)
    return world.of_project(call.who, "task", task_id)


def shown(task: Body, call: Call) -> Body:
    """Give a task as it goes over the wire."""
    rest = {key: value for key, value in task.items() if value is not None or key != "percentage"}
    return {**rest, "url": f"{call.base}/annotationtasks/{task['id']}"}


def get(world: World, call: Call) -> Body:
    """Give a task."""
    return shown(task_of(world, call), call)


def _visible(world: World, call: Call, asked: Query) -> list[Body]:
    """List the tasks that a query means, of the projects it names that somebody may see."""
    found = list[Body]()
    for project in world.visible(call.who):
        if asked.projects is not None and project["id"] not in asked.projects:
            continue
        names = world.shelf.ids("task", key=f"project {project['id']}")
        there = [name for name in names if world.look_at(name)]
        bodies = (dict(document.body) for document in world.shelf.get("task", there).values())
        found += [task for task in bodies if matches(asked.where, task)]
    return found


def query(world: World, call: Call) -> Body:
    """List tasks by a query."""
    asked = call.asked()
    found = [shown(task, call) for task in _visible(world, call, asked)]
    return page_asked(found, asked)


def update(world: World, call: Call) -> Body:
    """Change name, due date, priority, metadata, actions, owner and description of a task; the rest follows from its work."""
    known = task_of(world, call)
    body = call.object()
    metadata = {key: value for key, value in mapping(body, "metadata").items() if key != "system"}
    system = {key: value for key, value in system_of(body).items() if key not in known["metadata"]["system"]}
    change: Body = {"name": text(body, "name", default=known["name"])}
    change["taskOwner"] = text(body, "taskOwner", default=known["taskOwner"])
    if body.get("dueDate") is not None:
        change["dueDate"] = number(body["dueDate"], "dueDate")
    if body.get("priority") is not None:
        change["priority"] = priority_of(body["priority"])
    if body.get("availableActions"):
        change["availableActions"] = actions_of(body["availableActions"], known["spec"]["type"])
    if "description" in body:
        change["description"] = body["description"]
    after = known | change
    due = due_of(after["dueDate"])
    names = [action["action"] for action in after["availableActions"]]
    settings: dict[str, Any] = {"name": after["name"], "priority": after["priority"]}
    settings |= {"actions": tuple(dict.fromkeys([*names, *ACTIONS]))} | _due(due)
    world.tasks.change(known["id"], actor=call.who.email, **settings)
    world.mirror.catch_up(known["id"])

    def edit(old: Body) -> Body:
        laid = merged(merged(old["metadata"], metadata), {"system": system} if system else {})
        return old | change | {"metadata": laid, "updatedBy": call.who.email}

    return shown(world.change("task", known["id"], edit), call)


def _due(due: datetime | None) -> dict[str, Any]:
    return {} if due is None else {"due": due}


def delete(world: World, call: Call) -> Body:
    """Delete a task with its assignments; items are in it no more."""
    task = task_of(world, call)
    world.delete_task(task["id"], call.who.email)
    return done(world, call, "DeleteTask", task["projectId"], deleteTaskId=task["id"])


def add_items(world: World, call: Call) -> Body:
    """Take the items that a query means into a task; those that are in it stay as they are."""
    task = task_of(world, call)
    body = call.object()
    items = chosen_items(world, task["datasetId"], body.get("query"), body.get("limit"))
    workload = workload_of(body.get("workload"))
    settings: dict[str, Any] = {"actor": call.who.email, "request": call.attempt}
    world.tasks.add_items(task["id"], items, workload=workload, **settings)
    world.fill(task["id"])
    return done(world, call, "AddToTask", task["projectId"], addToTaskPayload={"taskId": task["id"]})


def remove_items(world: World, call: Call) -> Body:
    """Take the items that a query means out of a task; those with a status stay."""
    task = task_of(world, call)
    items = chosen_items(world, task["datasetId"], call.object().get("query"))
    names = [item.id for item in items]
    known = world.tasks.store.read(task["id"], Ask(known=tuple(names))).known
    inside = [name for name in names if name in known]
    change = world.tasks.remove_items(task["id"], inside, actor=call.who.email)
    removed = change.event.facts["removed"] if change.event is not None else 0
    world.fill(task["id"])
    return done(
        world,
        call,
        "RemoveFromTask",
        task["projectId"],
        removeFromTaskId=task["id"],
        removeItemsCount=removed,
        totalItemsCount=len(inside),
    )


def queue(world: World, call: Call) -> Body:
    """Tell how many copies nobody holds."""
    task = task_of(world, call)
    return {"remaining": world.tasks.progress(task["id"]).waiting}


def contributors(world: World, call: Call) -> Body:
    """Let people take part in a task (action add), or leave it (remove): what they finished stays."""
    task = task_of(world, call)
    body = call.object()
    doing = text(body, "action", default="add")
    if doing not in {"add", "remove"}:
        raise InvalidInput(subject="action", must="be 'add' or 'remove'", got=doing)
    given = next((body[key] for key in PEOPLE if body.get(key)), None)
    emails = list(dict.fromkeys(map(person, texts(given, "assignees"))))
    if not emails:
        raise InvalidInput(subject="assignees", must="name somebody", got=given)
    states = {a.assignee: a.state for a in world.tasks.assignments(task["id"], empty=True)}
    for email in emails:
        if doing == "remove":
            world.tasks.remove_assignee(task["id"], email, actor=call.who.email)
        elif states.get(email) == "paused":
            world.tasks.resume(task["id"], email, actor=call.who.email)
        elif states.get(email) != "active":
            world.tasks.add_assignee(task["id"], email, actor=call.who.email)
    world.fill(task["id"])
    return get(world, call)


def scores(world: World, call: Call) -> list[Any]:
    """Give the scores of a task: none are computed here."""
    task_of(world, call)
    return []
