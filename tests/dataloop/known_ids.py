"""Hooks for schemathesis: requests that are well formed name what is there, so that they get past the doors."""

from __future__ import annotations

import json
import os
from typing import Any

import schemathesis
from hypothesis import strategies as st

IDS: dict[str, str] = json.loads(os.environ.get("KNOWN_IDS", "{}"))
"""Ids by the names that paths have for them; set by the test."""
QUERIES = [
    '{"filter": {}}',
    '{"filter": {"$and": [{"hidden": false}, {"type": "file"}]}, "page": 0, "pageSize": 1000}',
    '{"filter": {"dir": "/a", "metadata.user.good": true}}',
    '{"$or": [{"name": "a*"}, {"annotated": true}]}',
]
IN_BODIES = {"projectId": "project", "datasetId": "dataset"}

schemathesis.openapi.format("dql", st.sampled_from(QUERIES))


@schemathesis.hook
def before_call(_context: Any, case: Any, **_: Any) -> None:
    """Put known ids into a request that keeps the schema, unless it would delete them."""
    if case.meta is None or not case.meta.generation.mode.is_positive or case.method == "DELETE":
        return
    for name in case.path_parameters or {}:
        case.path_parameters[name] = IDS[name]
    if isinstance(case.body, dict):
        for key, name in IN_BODIES.items():
            if key in case.body:
                case.body[key] = IDS[name]
        if case.body.get("workload"):
            # That loads have to sum to a hundred no schema can say.
            case.body["workload"] = [{"assigneeId": "ann@example.com", "load": 100}]
