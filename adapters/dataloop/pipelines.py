"""Pipelines of the platform: kept as they come; installed, their task nodes become tasks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from adapters.dataloop import executions, tasks
from adapters.dataloop.calls import Body, Call, mapping, text
from adapters.dataloop.executions import INSTALLED
from adapters.dataloop.flows import checked, flow_of, shown_actions, task_nodes
from adapters.dataloop.sorting import page_asked
from adapters.dataloop.world import World
from distribution.errors import InvalidInput, Refused
from distribution.filters import matches

SETTINGS = (
    "batchSize",
    "maxBatchWorkload",
    "consensusPercentage",
    "consensusAssignees",
    "consensusTaskType",
)
"""What a task node says of how its items are handed out, as a task says it."""
FIXED = ("id", "projectId", "creator", "createdAt", "status", "compositionId", "errorText")
KINDS = {"pipelineState": "execution", "cycles": "execution", "pipelineExecutions": "execution"}
"""Under which other names pipelines are asked for their executions."""
NO_ITEMS = '{"filter": {"id": {"$in": []}}}'


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
        **checked(body),
        "id": made,
        "name": text(body, "name"),
        "projectId": project["id"],
        "status": "Created",
        "errorText": None,
        "orgId": None,
        "creator": call.who.email,
        "createdAt": at,
        "updatedAt": at,
        "compositionId": made,
    }
    return shown(world.put("pipeline", pipeline, [f"project {project['id']}"]), call)


def shown(pipeline: Body, call: Call) -> Body:
    """Give a pipeline as it goes over the wire."""
    return {**pipeline, "url": f"{call.base}/pipelines/{pipeline['id']}"}


def get(world: World, call: Call) -> Body:
    """Give a pipeline."""
    return shown(world.of_project(call.who, "pipeline", call.path["pipeline"]), call)


def query(world: World, call: Call) -> Body:
    """List pipelines by a query, or their executions, or their compositions."""
    asked = call.asked()
    kind = KINDS.get(asked.resource, "pipeline")
    show: Callable[[Body], Body] = lambda body: shown(body, call)  # noqa: E731  one of three
    if kind == "execution":
        show = lambda body: executions.shown(world, body)  # noqa: E731
    elif asked.resource in {"composition", "compositions"}:
        show = lambda body: _composition(world, body)  # noqa: E731
    found = [
        show(body)
        for project in world.visible(call.who)
        if asked.projects is None or project["id"] in asked.projects
        for body in world.all(kind, key=f"project {project['id']}")
        if matches(asked.where, body)
    ]
    return page_asked(found, asked)


def composition(world: World, call: Call) -> Body:
    """Give the composition of a pipeline: what became of installing it."""
    return _composition(world, world.of_project(call.who, "pipeline", call.path["composition"]))


def _composition(world: World, known: Body) -> Body:
    names = [task.id for task in world.tasks.pipeline_tasks(known["id"])]
    return {
        "id": known["id"],
        "projectId": known["projectId"],
        "pipelineId": known["id"],
        "status": known["status"],
        "errorText": known["errorText"],
        "tasks": [{"state": {"taskId": name}} for name in names],
    }


def update(world: World, call: Call) -> Body:
    """Change a pipeline; where it is installed its tasks lead on as it says now."""
    known = world.of_project(call.who, "pipeline", call.path["pipeline"])
    body = checked(call.object())
    name = text(body, "name", default=known["name"])

    def edit(old: Body) -> Body:
        fixed = {key: old[key] for key in FIXED}
        return {**old, **body, **fixed, "name": name, "updatedAt": world.now()}

    after = world.change("pipeline", known["id"], edit)
    if after["status"] == INSTALLED:
        _bring_about(world, call, after)
    return shown(after, call)


def variables(world: World, call: Call) -> Body:
    """Change the variables of a pipeline."""
    known = world.of_project(call.who, "pipeline", call.path["pipeline"])
    given = checked({"variables": call.object().get("variables")})
    if not given:
        raise InvalidInput(subject="variables", must="be a list of objects", got=None)
    return shown(world.change("pipeline", known["id"], lambda old: {**old, **given}), call)


def delete(world: World, call: Call) -> Body:
    """Delete a pipeline; its tasks stay, and lead nowhere."""
    known = world.of_project(call.who, "pipeline", call.path["pipeline"])
    world.tasks.delete_pipeline(known["id"], actor=call.who.email)
    world.drop("pipeline", [known["id"]])
    return {"ok": True}


def install(world: World, call: Call) -> Body:
    """Create the tasks of a pipeline's task nodes, each named as its node."""
    known = world.of_project(call.who, "pipeline", call.path["pipeline"])
    problem = None
    try:
        _bring_about(world, call, known)
    except (InvalidInput, Refused) as error:
        # In the platform's words: scripts look for them.
        problem = {"message": f"Request failed with status code 400, Failed to create a task: {error}"}
    status = INSTALLED if problem is None else "Failure"
    said = {"status": status, "errorText": problem, "updatedAt": world.now()}
    return shown(world.change("pipeline", known["id"], lambda old: {**old, **said}), call)


def pause(world: World, call: Call) -> Body:
    """Pause a pipeline: nothing enters it; its tasks go on."""
    known = world.of_project(call.who, "pipeline", call.path["pipeline"])
    return shown(world.change("pipeline", known["id"], lambda old: {**old, "status": "Pause"}), call)


def reset(world: World, call: Call) -> Body:
    """Give a pipeline as it is: its counters are counted anew each time."""
    return get(world, call)


def validate(_world: World, call: Call) -> Body:
    """Tell whether a pipeline could be installed."""
    text(call.object(), "name", default="unnamed")
    flow_of({"nodes": [], "startNodes": [], "connections": [], **checked(call.object()), "id": "check"})
    return {"valid": True}


def _bring_about(world: World, call: Call, pipeline: Body) -> None:
    """Let each task node have its task, leading on as the pipeline says."""
    flow = flow_of(pipeline)
    if flow is None:
        world.tasks.delete_pipeline(pipeline["id"], actor=call.who.email)
        return
    documents = [
        _wire(world, call, pipeline, node, flow.task_id(node["id"])) for node in task_nodes(pipeline)
    ]
    for wire in documents:
        if wire["id"] not in world.shelf.get("task", [wire["id"]]):
            world.put("task", wire, [f"project {wire['projectId']}", f"dataset {wire['datasetId']}"])
    world.tasks.create_pipeline(flow, actor=call.who.email)
    for wire in documents:
        world.look_at(wire["id"])


def _wire(world: World, call: Call, pipeline: Body, node: Body, task_id: str) -> Body:
    """Make the document of the task of a node."""
    metadata = mapping(node, "metadata")
    dataset = world.dataset(call.who, text(metadata, "datasetId"))
    if dataset["projects"] != [pipeline["projectId"]]:
        subject = f"dataset of node {node['name']!r}"
        raise InvalidInput(subject=subject, must="be of the pipeline's project", got=dataset["id"])
    task_type = text(metadata, "taskType", default="annotation")
    system: dict[str, Any] = {key: metadata[key] for key in SETTINGS if metadata.get(key)}
    body = {
        "name": node["name"],
        "spec": {"type": task_type},
        "query": NO_ITEMS,
        "recipeId": metadata.get("recipeId"),
        "taskOwner": metadata.get("taskOwner"),
        "dueDate": metadata.get("dueDate"),
        "priority": metadata.get("priority"),
        "availableActions": [{"action": name} for name in shown_actions(node, task_type)],
        "metadata": {"system": {**system, "pipelineId": pipeline["id"], "nodeId": node["id"]}},
    }
    return tasks.wire_of(world, call, body, task_id, pipeline["projectId"], dataset["id"])
