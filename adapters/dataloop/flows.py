"""Pipelines of the platform read as those of the core: task nodes, and statuses that lead on.

Nodes of other kinds do nothing here; what comes to them goes on to what follows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from adapters.dataloop.calls import Body, mapping, text
from adapters.dataloop.dql import parse, parse_text
from adapters.dataloop.workloads import actions_of, kind_of
from distribution.errors import InvalidInput
from distribution.filters import Filter
from distribution.pipeline import Link, Node, Pipeline
from distribution.task import ACTIONS
from distribution.values import check_id
from distribution.workload import Workload

ALIASES = {"complete": "completed", "approve": "approved"}
"""Statuses that ports of the platform call otherwise; set either way they lead on."""
MOST_STEPS = 1000
"""Nodes that one connection is followed through at most."""
LISTS = ("nodes", "connections", "startNodes", "variables")


def checked(body: Mapping[str, Any]) -> Body:
    """Refuse nodes and connections that are none; give what is said, without nulls.

    Raises:
        InvalidInput: something is not what it has to be.
    """
    for key in LISTS:
        value = body.get(key)
        if value is not None and not (isinstance(value, list) and all(isinstance(v, dict) for v in value)):
            raise InvalidInput(subject=key, must="be a list of objects", got=value)
    for node in body.get("nodes") or []:
        text(node, "id")
        text(node, "name")
        mapping(node, "metadata")
        for port in _objects(node, "outputs"):
            for name in port.get("actions") or []:
                check_id(name, "action of a port")
    list(_connections(body))
    list(triggers(body))
    return {key: value for key, value in body.items() if value is not None}


def _objects(body: Mapping[str, Any], key: str) -> list[Body]:
    """Give a list of objects of a body; an empty one where it is missing or null."""
    value = body.get(key)
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(part, dict) for part in value):
        raise InvalidInput(subject=key, must="be a list of objects", got=value)
    return value


def task_nodes(pipeline: Mapping[str, Any]) -> list[Body]:
    """List the task nodes."""
    return [node for node in pipeline["nodes"] if node.get("type") == "task"]


def shown_actions(node: Mapping[str, Any], task_type: str) -> list[str]:
    """Name the statuses that a node shows: those of its ports, or else of its type."""
    names = [name for port in _objects(node, "outputs") for name in port.get("actions") or []]
    return list(dict.fromkeys(names)) or [action["action"] for action in actions_of(None, task_type)]


def _either(name: str) -> list[str]:
    """Give a status with its other name."""
    return [name, ALIASES[name]] if name in ALIASES else [name]


def flow_of(pipeline: Mapping[str, Any]) -> Pipeline | None:
    """Read a pipeline of the platform as one of the core; None where it has no task node.

    Raises:
        InvalidInput: a node or a connection cannot be used.
    """
    known = {node["id"]: node for node in pipeline["nodes"]}
    starts = [start.get("nodeId") for start in pipeline.get("startNodes") or []]
    first = [node for start in starts for node in _through(pipeline, str(start), known)]
    order = list(dict.fromkeys([*first, *(node["id"] for node in task_nodes(pipeline))]))
    nodes = {name: _node(known[name]) for name in order}
    if not nodes:
        return None
    return Pipeline(id=pipeline["id"], nodes=list(nodes.values()), links=list(_links(pipeline, known, nodes)))


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
        ports = [p for p in _objects(known[source], "outputs") if p.get("portId") == port]
        named = [name for p in ports for name in p.get("actions") or []]
        statuses = [action] if action else named or list(nodes[source].actions)
        targets = list(_through(pipeline, target, known))
        for status in [each for name in statuses for each in _either(name)]:
            if targets and (source, status) not in made and status in nodes[source].actions:
                made.add((source, status))
                yield Link(source, status, targets[0])


def _node(node: Mapping[str, Any]) -> Node:
    """Read a task node."""
    metadata = mapping(node, "metadata")
    kind = kind_of(metadata, metadata.get("workload"))
    shown = shown_actions(node, text(metadata, "taskType", default="annotation"))
    people = kind.people(text(metadata, "taskOwner", default="owner@example.com").lower())
    settings: dict[str, Any] = {
        "workload": kind.workload or Workload.even(list(people)),
        "overlap": kind.overlap,
    }
    if kind.pull is not None:
        settings = {"allowed": people, "pull": kind.pull}
    return Node(
        id=node["id"],
        name=node["name"],
        actions=tuple(dict.fromkeys([*(each for name in shown for each in _either(name)), *ACTIONS])),
        repeatable=metadata.get("repeatable") is not False,
        **settings,
    )


def triggers(pipeline: Mapping[str, Any]) -> Iterator[Filter]:
    """Give which items enter a pipeline by themselves when they are created."""
    for start in pipeline.get("startNodes") or []:
        spec = mapping(mapping(start, "trigger"), "spec")
        if spec.get("resource", "Item") == "Item" and "Created" in (spec.get("actions") or []):
            said = spec.get("filter") or {}
            yield parse_text(said).where if isinstance(said, str) else parse(said)
