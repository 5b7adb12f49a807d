"""What enters pipelines, and how far it is: executions, which the platform also calls cycles."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs

from adapters.dataloop.calls import Body, Call, mapping
from adapters.dataloop.commands import done
from adapters.dataloop.flows import flow_of, task_nodes, triggers
from adapters.dataloop.world import World
from distribution.errors import InvalidInput, Refused
from distribution.filters import matches
from distribution.task import Ask, Row
from distribution.values import Item, check_id

INSTALLED = "Installed"


def execute(world: World, call: Call) -> Body:
    """Let one item, or all that a query means, into a pipeline."""
    known = world.of_project(call.who, "pipeline", call.path["pipeline"])
    if known["status"] != INSTALLED:
        raise Refused(f"pipeline {known['name']!r}", f"is {known['status'].lower()}", "install it first")
    body = call.object()
    options = mapping(body, "pipeline")
    _check_start(known, body.get("nodeId", options.get("nodeId")))
    if "batch" in body:
        return _execute_batch(world, call, known, mapping(body, "batch"))
    given = mapping(options, "input").get("item")
    if isinstance(given, dict):
        given = given.get("item_id", given.get("id"))
    item = world.of_dataset(call.who, "item", check_id(given, "item of the input"))
    if world.find("dataset", item["datasetId"])["projects"] != [known["projectId"]]:
        raise InvalidInput(subject="item of the input", must="be of the pipeline's project", got=item["id"])
    enter(world, known, [item], actor=call.who.email, request=call.attempt)
    return shown(world, _begun(world, call.attempt or world.ids(), known, item, call.who.email))


def _begun(world: World, name: str, pipeline: Body, item: Body, creator: str) -> Body:
    at = world.now()
    made = {
        "id": name,
        "pipelineId": pipeline["id"],
        "projectId": pipeline["projectId"],
        "items": [item["id"]],
        "creator": creator,
        "createdAt": at,
        "updatedAt": at,
        "maxAttempts": 1,
        "executions": {},
    }
    return world.put("execution", made, [f"project {pipeline['projectId']}"])


def _check_start(pipeline: Body, node: object) -> None:
    """Refuse to let items in anywhere but at the beginning."""
    flow = flow_of(pipeline)
    first = None if flow is None else flow.nodes[0].id
    starts = [start.get("nodeId") for start in pipeline.get("startNodes") or []]
    if node is not None and node not in {first, *starts}:
        raise InvalidInput(subject="nodeId", must=f"be {first!r}, where the pipeline begins", got=node)


def _execute_batch(world: World, call: Call, known: Body, batch: Body) -> Body:
    asked = attrs.evolve(call, body=mapping(batch, "query")).asked()
    found = list[Body]()
    for dataset in world.all("dataset", key=f"project {known['projectId']}"):
        if asked.datasets is None or dataset["id"] in asked.datasets:
            ids = world.finder.ids(dataset["id"], asked)
            found += [dict(body.body) for body in world.shelf.get("item", ids).values()]
    enter(world, known, found, actor=call.who.email, request=call.attempt)
    return done(world, call, "PipelineExecuteBatch", known["projectId"], count=len(found))


def enter(
    world: World, pipeline: Body, items: Sequence[Body], *, actor: str, request: str | None = None
) -> None:
    """Let items into a pipeline, once for each request."""
    if not task_nodes(pipeline):
        return
    entering = [Item(item["id"], attributes={"filename": item["filename"]}) for item in items]
    for task in world.tasks.pipeline_tasks(pipeline["id"]):
        if task.pull is not None and task.station is not None and task.station.start:
            world.owe(task.id)
    world.tasks.enter(pipeline["id"], entering, actor=actor, request=request)


def arrived(world: World, item: Body, project_id: str, actor: str) -> None:
    """Let an item that was created enter the pipelines of its project that wait for such."""
    for pipeline in world.all("pipeline", key=f"project {project_id}"):
        waits = pipeline["status"] == INSTALLED and any(matches(by, item) for by in triggers(pipeline))
        if waits:
            enter(world, pipeline, [item], actor=actor)
            _begun(world, world.ids(), pipeline, item, actor)


def shown(world: World, execution: Body) -> Body:
    """Give an execution as it goes over the wire: which nodes are through with what was let in."""
    pipeline = world.shelf.get("pipeline", [execution["pipelineId"]]).get(execution["pipelineId"])
    rows = _rows(world, execution)
    through = all(row.complete for found in rows.values() for row in found)
    nodes: Any = [] if pipeline is None else pipeline.body["nodes"]
    return {
        **execution,
        "status": "success" if through else "in-progress",
        "nodes": [{**_plain(node), "status": _status(node, rows, through=through)} for node in nodes],
    }


def _rows(world: World, execution: Body) -> dict[str | None, list[Row]]:
    """Give where the items of an execution are, by the node."""
    ask = Ask(items=tuple(execution["items"]))
    found: dict[str | None, list[Row]] = {}
    for task in world.tasks.pipeline_tasks(execution["pipelineId"]):
        rows = [row for row in world.tasks.store.read(task.id, ask).rows if not row.removed]
        if task.station is not None and rows:
            found[task.station.node] = rows
    return found


def _status(node: Body, rows: dict[str | None, list[Row]], *, through: bool) -> str:
    """Tell how far a node is; nodes that do nothing are done when all is."""
    if node.get("type") != "task":
        return "success" if through else "pending"
    if node["id"] not in rows:
        return "pending"
    return "success" if all(row.complete for row in rows[node["id"]]) else "in-progress"


def _plain(node: Body) -> Body:
    kept = ("id", "name", "type", "namespace", "projectId", "metadata")
    return {key: node[key] for key in kept if key in node} | {"ports": []}


def get(world: World, call: Call) -> Body:
    """Give an execution."""
    return shown(world, world.of_project(call.who, "execution", call.path["execution"]))


def statistics(world: World, call: Call) -> Body:
    """Tell how many items each task of a pipeline has had, by state."""
    known = world.of_project(call.who, "pipeline", call.path["pipeline"])
    counters = []
    for task in world.tasks.pipeline_tasks(known["id"]):
        now = world.tasks.progress(task.id)
        states = {"in-progress": now.waiting + now.open, "success": now.done}
        node = None if task.station is None else task.station.node
        counters.append({"nodeId": node, "statusCount": _counted(states)})
    cycles = {"in-progress": 0, "success": 0}
    for execution in world.all("execution", key=f"project {known['projectId']}"):
        if execution["pipelineId"] == known["id"]:
            cycles[shown(world, execution)["status"]] += 1
    return {
        "pipelineExecutionCounters": _counted(cycles),
        "nodeExecutionsCounters": counters,
        "pipelineExecutionStatistics": None,
        "nodeExecutionStatistics": [],
    }


def _counted(states: dict[str, int]) -> list[Body]:
    return [{"status": status, "count": count} for status, count in states.items()]
