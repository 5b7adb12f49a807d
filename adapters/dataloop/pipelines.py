"""Pipelines of the platform, led through the core's: task nodes, and actions that lead on.

A pipeline is kept as it comes. Installed, its task nodes become tasks; nodes of other
kinds do nothing here, and what comes to them goes on to what follows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from adapters.dataloop import tasks
from adapters.dataloop.calls import Body, Call, Reply, mapping, page_of, text
from adapters.dataloop.commands import done
from adapters.dataloop.dql import Query
from adapters.dataloop.workloads import actions_of, kind_of
from adapters.dataloop.world import World
from distribution.errors import InvalidInput, Refused
from distribution.filters import matches
from distribution.pipeline import Link, Node, Pipeline
from distribution.task import ACTIONS
from distribution.values import Item
from distribution.workload import Workload

STATUSES = {"complete": "completed", "approve": "approved"}
"""Statuses that ports of the platform call otherwise."""
MOST_STEPS = 1000


def create(world: World, call: Call) -> Body:
    """Create a pipeline."""
    body = call.object()
    project = world.project(call.who, text(body, "projectId"))
    made = call.attempt or world.ids()
    known = world.shelf.get("pipeline", [made])
    if made in known:
        return shown(dict(known[made].body), call)
    at = world.now()
    pipeline = {
        "nodes": [],
        "connections": [],
        "startNodes": [],
        "variables": [],
        "settings": {},
        "status": "Created",
        **_checked(body),
        "id": made,
        "name": text(body, "name"),
        "projectId": project["id"],
        "orgId": None,
        "creator": call.who.email,
        "createdAt": at,
        "updatedAt": at,
        "compositionId": derived_composition(made),
    }
    return shown(world.put("pipeline", pipeline, [f"project {project['id']}"]), call)


def derived_composition(pipeline_id: str) -> str:
    """Name the composition of a pipeline: here it is the pipeline itself."""
    return pipeline_id


def _checked(body: Mapping[str, Any]) -> Body:
    """Refuse nodes and connections that are none; null stands for none."""
    for key in ("nodes", "connections", "startNodes", "variables"):
        value = body.get(key)
        if value is not None and not (isinstance(value, list) and all(isinstance(v, dict) for v in value)):
            raise InvalidInput(subject=key, must="be a list of objects", got=value)
    for node in body.get("nodes") or []:
        text(node, "id")
        text(node, "name")
        mapping(node, "metadata")
    return {key: value for key, value in body.items() if value is not None}


def shown(pipeline: Body, call: Call) -> Body:
    """Give a pipeline as it goes over the wire."""
    return {**pipeline, "url": f"{call.base}/pipelines/{pipeline['id']}"}


def get(world: World, call: Call) -> Body:
    """Give a pipeline."""
    return shown(world.of_project(call.who, "pipeline", call.path["pipeline"]), call)


def query(world: World, call: Call) -> Body:
    """List pipelines by a query, or the executions of one."""
    asked = Query.parse(call.object())
    kind = "execution" if asked.resource in {"pipelineState", "cycles", "pipelineExecutions"} else "pipeline"
    found = [
        shown(body, call)
        for project in world.visible(call.who)
        if asked.projects is None or project["id"] in asked.projects
        for body in world.all(kind, key=f"project {project['id']}")
        if matches(asked.where, body)
    ]
    return page_of(found, asked.page, asked.page_size)


def update(world: World, call: Call) -> Body:
    """Change a pipeline; where it is installed its tasks lead on as it says now."""
    known = world.of_project(call.who, "pipeline", call.path["pipeline"])
    body = _checked(call.object())
    fixed = {
        key: known[key] for key in ("id", "projectId", "creator", "createdAt", "status", "compositionId")
    }
    name = text(body, "name", default=known["name"])

    def edit(old: Body) -> Body:
        return {**old, **body, **fixed, "name": name, "updatedAt": world.now()}

    after = world.change("pipeline", known["id"], edit)
    if after["status"] == "Installed":
        _bring_about(world, call, after)
    return shown(after, call)


def delete(world: World, call: Call) -> Reply:
    """Delete a pipeline; its tasks stay."""
    known = world.of_project(call.who, "pipeline", call.path["pipeline"])
    world.drop("pipeline", [known["id"]])
    return Reply(body={"ok": True})


def install(world: World, call: Call) -> Body:
    """Create the tasks of a pipeline's task nodes, each named as its node."""
    known = world.of_project(call.who, "pipeline", call.path["pipeline"])
    problem = None
    try:
        _bring_about(world, call, known)
    except (InvalidInput, Refused) as error:
        problem = {"message": f"Failed to create a task: {error}"}
    status = "Installed" if problem is None else "Failure"
    after = world.change(
        "pipeline",
        known["id"],
        lambda old: {**old, "status": status, "errorText": problem, "updatedAt": world.now()},
    )
    return shown(after, call)


def pause(world: World, call: Call) -> Body:
    """Pause a pipeline: nothing enters it; its tasks go on."""
    known = world.of_project(call.who, "pipeline", call.path["pipeline"])
    return shown(world.change("pipeline", known["id"], lambda old: {**old, "status": "Pause"}), call)


def _bring_about(world: World, call: Call, pipeline: Body) -> None:
    flow = flow_of(pipeline)
    if flow is None:
        return
    documents = {}
    for node in pipeline["nodes"]:
        if node.get("type") == "task":
            wire = _wire(world, call, pipeline, node, flow.task_id(node["id"]))
            documents[wire["id"]] = wire
    for task_id, wire in documents.items():
        if task_id not in world.shelf.get("task", [task_id]):
            world.put("task", wire, [f"project {wire['projectId']}", f"dataset {wire['datasetId']}"])
    world.tasks.create_pipeline(flow, actor=call.who.email)
    for task_id in documents:
        world.mirror.catch_up(task_id)


def _wire(world: World, call: Call, pipeline: Body, node: Body, task_id: str) -> Body:
    """Make the document of the task of a node."""
    metadata = mapping(node, "metadata")
    dataset = world.dataset(call.who, text(metadata, "datasetId"))
    system = {key: metadata[key] for key in ("batchSize", "maxBatchWorkload", "consensusPercentage",
              "consensusAssignees", "consensusTaskType") if metadata.get(key)}  # fmt: skip
    body = {
        "name": node["name"],
        "spec": {"type": metadata.get("taskType", "annotation")},
        "query": '{"filter": {"id": {"$in": []}}}',
        "recipeId": metadata.get("recipeId"),
        "taskOwner": metadata.get("taskOwner"),
        "dueDate": metadata.get("dueDate"),
        "priority": metadata.get("priority"),
        "availableActions": [
            {"action": name} for name in _actions(node, text(metadata, "taskType", default="annotation"))
        ],
        "metadata": {"system": {**system, "pipelineId": pipeline["id"], "nodeId": node["id"]}},
    }
    return tasks.wire_of(world, call, body, task_id, pipeline["projectId"], dataset["id"])


def _actions(node: Mapping[str, Any], task_type: str) -> list[str]:
    """Name the statuses that may be set in a node: those of its ports, and of its type."""
    found = [action["action"] for action in actions_of(None, task_type)]
    for port in node.get("outputs") or []:
        found += [STATUSES.get(name, name) for name in port.get("actions") or [] if isinstance(name, str)]
    return list(dict.fromkeys(found))


def flow_of(pipeline: Mapping[str, Any]) -> Pipeline | None:
    """Read a pipeline of the platform as one of the core; None where it has no task node.

    Raises:
        InvalidInput: a node or a connection cannot be used.
    """
    known = {node["id"]: node for node in pipeline["nodes"]}
    starts = [start.get("nodeId") for start in pipeline.get("startNodes") or []]
    first = [node for start in starts for node in _through(pipeline, str(start), known)]
    order = list(dict.fromkeys([*first, *(n for n, node in known.items() if node.get("type") == "task")]))
    nodes = [_node(known[name]) for name in order]
    if not nodes:
        return None
    return Pipeline(
        id=pipeline["id"], nodes=nodes, links=list(_links(pipeline, known, {n.id: n for n in nodes}))
    )


def _through(pipeline: Mapping[str, Any], start: str, known: Mapping[str, Any]) -> Iterator[str]:
    """Name the task nodes that are reached from a node through nodes that are none, itself first."""
    look, seen = [start], set[str]()
    while look and len(seen) < MOST_STEPS:
        name = look.pop(0)
        if name in seen or name not in known:
            continue
        seen.add(name)
        if known[name].get("type") == "task":
            yield name
        else:
            look += [tgt for src, tgt, _, _ in _connections(pipeline) if src == name]


def _connections(pipeline: Mapping[str, Any]) -> Iterator[tuple[str, str, str | None, str]]:
    """Go through connections as (source, target, action, port of the source)."""
    for connection in pipeline.get("connections") or []:
        src, tgt = mapping(connection, "src"), mapping(connection, "tgt")
        action = connection.get("action")
        if action is not None and not isinstance(action, str):
            raise InvalidInput(subject="action of a connection", must="be text", got=action)
        yield text(src, "nodeId"), text(tgt, "nodeId"), action, str(src.get("portId"))


def _links(
    pipeline: Mapping[str, Any], known: Mapping[str, Any], nodes: Mapping[str, Node]
) -> Iterator[Link]:
    """Give what leads from task to task; a connection without an action leads on for each status its port has."""
    made = set[tuple[str, str]]()
    for source, target, action, port in _connections(pipeline):
        if source not in nodes:
            continue
        ports = [p for p in known[source].get("outputs") or [] if p.get("portId") == port]
        named = [a for p in ports for a in p.get("actions") or []]
        statuses = [action] if action else named or list(nodes[source].actions)
        targets = list(_through(pipeline, target, known))
        for status in [STATUSES.get(name, name) for name in statuses]:
            if targets and (source, status) not in made and status in nodes[source].actions:
                made.add((source, status))
                yield Link(source, status, targets[0])


def _node(node: Mapping[str, Any]) -> Node:
    """Read a task node."""
    metadata = mapping(node, "metadata")
    kind = kind_of(metadata, metadata.get("workload"))
    owner = text(metadata, "taskOwner", default="owner@example.com").lower()
    names = tuple(
        dict.fromkeys([*_actions(node, text(metadata, "taskType", default="annotation")), *ACTIONS])
    )
    people = kind.people(owner)
    settings: dict[str, Any] = {
        "workload": kind.workload or Workload.even(list(people)),
        "overlap": kind.overlap,
    }
    if kind.pull is not None:
        settings = {"allowed": people, "pull": kind.pull}
    return Node(
        id=node["id"],
        name=node["name"],
        actions=names,
        repeatable=metadata.get("repeatable") is not False,
        **settings,
    )


def execute(world: World, call: Call) -> Body:
    """Let one item, or all that a query means, into a pipeline."""
    known = world.of_project(call.who, "pipeline", call.path["pipeline"])
    if known["status"] != "Installed":
        raise Refused(f"pipeline {known['name']!r}", f"is {known['status'].lower()}", "install it first")
    body = call.object()
    if "batch" in body:
        return _execute_batch(world, call, known, mapping(body, "batch"))
    given = mapping(mapping(body, "pipeline"), "input").get("item")
    if isinstance(given, dict):
        given = given.get("item_id", given.get("id"))
    item = world.of_dataset(call.who, "item", str(given))
    _enter(world, call, known, [item])
    at = world.now()
    execution = {
        "id": world.ids(),
        "pipelineId": known["id"],
        "projectId": known["projectId"],
        "status": "in-progress",
        "creator": call.who.email,
        "createdAt": at,
        "updatedAt": at,
        "maxAttempts": 1,
        "nodes": [],
        "executions": {},
    }
    return world.put("execution", execution, [f"project {known['projectId']}"])


def execution(world: World, call: Call) -> Body:
    """Give an execution."""
    return world.of_project(call.who, "execution", call.path["execution"])


def _execute_batch(world: World, call: Call, known: Body, batch: Body) -> Body:
    query = mapping(batch, "query")
    asked = Query.parse(query)
    found = list[Body]()
    for dataset in world.all("dataset", key=f"project {known['projectId']}"):
        if asked.datasets is not None and dataset["id"] not in asked.datasets:
            continue
        ids = world.finder.ids(dataset["id"], asked)
        found += [dict(body.body) for body in world.shelf.get("item", ids).values()]
    _enter(world, call, known, found)
    return done(world, call, "PipelineExecuteBatch", count=len(found))


def _enter(world: World, call: Call, known: Body, items: list[Body]) -> None:
    if not any(node.get("type") == "task" for node in known["nodes"]):
        return
    entering = [Item(item["id"], attributes={"filename": item["filename"]}) for item in items]
    world.tasks.enter(known["id"], entering, actor=call.who.email)
    for task in world.tasks.pipeline_tasks(known["id"]):
        if task.station is not None and task.station.start:
            tasks.fill(world, task.id)


def statistics(world: World, call: Call) -> Body:
    """Tell how many items each task of a pipeline has had, by state."""
    known = world.of_project(call.who, "pipeline", call.path["pipeline"])
    counters = []
    for task in world.tasks.pipeline_tasks(known["id"]):
        now = world.tasks.progress(task.id)
        node = None if task.station is None else task.station.node
        counters.append({"nodeId": node, "counters": [
            {"status": "in-progress", "count": now.waiting + now.open}, {"status": "success", "count": now.done},
        ]})  # fmt: skip
    return {"pipelineExecutionCounters": [], "nodeExecutionsCounters": counters,
            "pipelineAverages": {}, "nodeAverages": []}  # fmt: skip


def variables(world: World, call: Call) -> Body:
    """Change the variables of a pipeline."""
    known = world.of_project(call.who, "pipeline", call.path["pipeline"])
    given = call.object().get("variables", [])
    _checked({"variables": given})
    return shown(world.change("pipeline", known["id"], lambda old: {**old, "variables": given}), call)


def validate(_world: World, call: Call) -> Body:
    """Tell whether a pipeline could be installed."""
    flow_of({"id": "check", "startNodes": [], "connections": [], **_checked(call.object())})
    return {"valid": True}
