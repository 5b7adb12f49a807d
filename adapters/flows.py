"""Pipelines as people write them: one JSON file, with loads, batches and links in words.

{"id": "photos",
 "nodes": [{"id": "label", "loads": {"ann": 50, "bob": 50}},
           {"id": "check", "allow": ["zoe"], "batch": 5, "cap": 10, "lease": "30m",
            "actions": ["approved", "discard"]}],
 "links": [{"from": "label", "status": "completed", "to": "check"},
           {"from": "check", "status": "discard", "to": "label"}]}
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from adapters.cli_values import duration
from distribution.errors import InvalidInput
from distribution.overlap import Overlap
from distribution.pipeline import PASSES, Link, Node, Pipeline
from distribution.pull import Pull
from distribution.workload import Workload

LARGEST = 10 * 1024 * 1024
"""Bytes of a file at most."""
NODE_KEYS = (
    "id", "name", "loads", "allow", "batch", "cap", "lease", "skip", "overlap", "copies", "actions",
    "repeatable", "passes", "priority",
)  # fmt: skip


def read_pipeline(path: str | Path) -> Pipeline:
    """Read a pipeline from a file.

    Raises:
        InvalidInput: it is no JSON, or says something that no pipeline can have.
    """
    with Path(path).open("rb") as file:
        raw = file.read(LARGEST + 1)
    if len(raw) > LARGEST:
        raise InvalidInput(
            subject=f"pipeline file {str(path)!r}", must="be smaller", got=f"over {LARGEST} bytes"
        )
    try:
        said = json.loads(raw)
    except (ValueError, RecursionError) as error:
        subject = f"pipeline file {str(path)!r}"
        raise InvalidInput(subject=subject, must="be JSON", got=raw[:40], detail=str(error)) from error
    return pipeline_of(said)


def pipeline_of(said: Any) -> Pipeline:
    """Make a pipeline of what a file says.

    >>> flow = pipeline_of({"id": "f", "nodes": [{"id": "label", "loads": {"ann": 100}}], "links": []})
    >>> str(flow.nodes[0].workload)
    'ann 100 %'

    Raises:
        InvalidInput: a key is unknown, or a value cannot be used.
    """
    known = _keys(said, "pipeline", ("id", "nodes", "links"))
    nodes, links = known.get("nodes"), known.get("links", [])
    for name, value in (("nodes", nodes), ("links", links)):
        if not isinstance(value, list):
            raise InvalidInput(subject=f"{name} of a pipeline", must="be a list", got=value)
    return Pipeline(
        id=known.get("id", ""),
        nodes=[_node(node) for node in nodes or []],
        links=[_link(link) for link in links],
    )


def _keys(value: Any, subject: str, keys: tuple[str, ...]) -> Mapping[str, Any]:
    """Refuse what is no object, and keys nobody knows."""
    if not isinstance(value, dict):
        raise InvalidInput(subject=subject, must="be a JSON object", got=value)
    if unknown := sorted(set(value) - set(keys)):
        raise InvalidInput(subject=f"key of a {subject}", must=f"be one of {', '.join(keys)}", got=unknown[0])
    return value


def _node(said: Any) -> Node:
    known = _keys(said, "node", NODE_KEYS)
    loads, allow = known.get("loads"), known.get("allow")
    if loads is not None and not isinstance(loads, dict):
        raise InvalidInput(subject="loads of a node", must="be an object of names and percents", got=loads)
    if allow is not None and not isinstance(allow, list):
        raise InvalidInput(subject="allow of a node", must="be a list of names", got=allow)
    settings = {key: known[key] for key in ("name", "actions", "repeatable", "priority") if key in known}
    return Node(
        id=known.get("id", ""),
        workload=None if loads is None else Workload.of(loads),
        allowed=allow,
        pull=_pull(known),
        overlap=_overlap(known),
        passes=known.get("passes", PASSES),
        **settings,
    )


def _pull(known: Mapping[str, Any]) -> Pull | None:
    """Read how a node is pulled from; None where it is not."""
    if not {"batch", "cap", "lease", "skip"} & set(known):
        return None
    lease = known.get("lease")
    settings = {} if "skip" not in known else {"skip": known["skip"]}
    batch = known.get("batch", 1)
    return Pull(
        batch_size=batch,
        max_batch_workload=known.get("cap", batch),
        lease=None if lease is None else duration(str(lease), "lease of a node"),
        **settings,
    )


def _overlap(known: Mapping[str, Any]) -> Overlap | None:
    if not {"overlap", "copies"} & set(known):
        return None
    return Overlap(percent=known.get("overlap", 100), assignees=known.get("copies", 2))


def _link(said: Any) -> Link:
    known = _keys(said, "link", ("from", "status", "to"))
    return Link(known.get("from", ""), known.get("status", ""), known.get("to", ""))
