"""The description of the server for tools, in OpenAPI 3.1, made from the table of routes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from adapters.dataloop.routes import Way

TEXT = {"type": "string", "minLength": 1, "maxLength": 255}
ID = {"type": "string", "minLength": 1, "maxLength": 64, "pattern": "^[A-Za-z0-9._-]+$"}
WORKLOAD = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["assigneeId", "load"],
        "properties": {"assigneeId": TEXT, "load": {"type": "number", "minimum": 0, "maximum": 100}},
    },
}


def _object(required: Sequence[str] = (), **properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": list(required), "properties": properties}


QUERY = _object(
    filter={"type": "object"},
    page={"type": "integer", "minimum": 0},
    pageSize={"type": "integer", "minimum": 1, "maximum": 1000},
    resource=TEXT,
    sort={"type": "object", "additionalProperties": {"enum": ["ascending", "descending"]}},
)
STATUS = _object((), operation={"enum": ["create", "delete"]}, status=TEXT)
SCHEMAS: dict[str, Any] = {
    "Object": {"type": "object"},
    "NewProject": _object(["name"], name=TEXT),
    "Named": _object(name=TEXT, metadata={"type": "object"}),
    "Role": _object(role={"enum": ["owner", "engineer", "annotationManager", "annotator", "developer"]}),
    "NewDataset": _object(["name", "projects"], name=TEXT, projects={"type": "array", "items": ID}),
    "NewRecipe": _object(["projectIds"], title=TEXT, projectIds={"type": "array", "items": ID}),
    "Query": QUERY,
    "Labels": _object(["labelsNode"], labelsNode={"type": "array", "items": _object(["tag"], tag=TEXT)}),
    "Attributes": _object(["items"], items={"type": "array", "items": _object(["key"], key=TEXT)}),
    "Annotations": {"type": "array", "items": {"type": "object"}, "maxItems": 100},
    "NewTask": _object(
        ["name", "projectId", "datasetId", "query"],
        name=TEXT,
        projectId=ID,
        datasetId=ID,
        query={"type": "string", "description": "JSON of a query over items"},
        workload=WORKLOAD,
        limit={"type": "integer", "minimum": 1},
        dueDate={"type": ["number", "string"]},
        metadata={"type": "object"},
    ),
    "AddToTask": _object(["query"], query={"type": "string"}, workload=WORKLOAD),
    "TaskQuery": _object(["query"], query={"type": "string"}),
    "Asynced": _object(asynced={"type": "boolean"}),
    "Contributors": _object(["contributors"], contributors={"type": "array", "items": TEXT, "minItems": 1}),
    "Statuses": _object(["itemIds"], itemIds={"type": "array", "items": ID}, statusPayload=STATUS),
    "Status": STATUS,
    "Reassign": _object(["annotator"], annotator=TEXT, taskId=ID),
    "Redistribute": _object(["workload"], workload=WORKLOAD, taskId=ID),
    "NewPipeline": _object(["name", "projectId"], name=TEXT, projectId=ID),
    "Problem": _object(["message"], message={"type": "string"}, status={"type": "integer"}),
}


def description(routes: Sequence[Way], prefix: str, limit: int) -> dict[str, Any]:
    """Describe all routes."""
    paths: dict[str, dict[str, Any]] = {}
    for way in routes:
        path = prefix + re.sub(r"\{(\w+):path\}", r"{\1}", way.pattern)
        paths.setdefault(path, {})[way.method.lower()] = _operation(way)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "work-distribution, as the Dataloop SDK speaks to it",
            "version": "1",
            "description": f"Bodies have at most {limit} bytes.",
        },
        "paths": paths,
        "components": {
            "schemas": SCHEMAS,
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{"bearer": []}],
    }


def _operation(way: Way) -> dict[str, Any]:
    """Describe one."""
    names = re.findall(r"\{(\w+)", way.pattern)
    operation: dict[str, Any] = {
        "summary": way.summary,
        "operationId": f"{way.method.lower()}-{way.pattern.strip('/')}",
        "parameters": [{"name": n, "in": "path", "required": True, "schema": _parameter(n)} for n in names],
        "responses": _responses(way),
    }
    if way.body == "Upload":
        form = _object(
            ["file"], file={"type": "string", "format": "binary"}, path=TEXT, type={"enum": ["file", "dir"]}
        )
        operation["requestBody"] = {"required": True, "content": {"multipart/form-data": {"schema": form}}}
    elif way.body is not None:
        schema = {"$ref": f"#/components/schemas/{way.body}"}
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
    return operation


def _parameter(name: str) -> dict[str, Any]:
    return TEXT if name in {"name", "email"} else ID


def _responses(way: Way) -> dict[str, Any]:
    if way.bytes:
        content: dict[str, Any] = {"*/*": {"schema": {}}}
    else:
        kind: Any = "array" if way.array else ["object", "null"]
        content = {"application/json": {"schema": {"type": kind}}}
    said = {"200": {"description": "Done.", "content": content}}
    problems = {
        "400": "The request cannot be used; the message says what to do.",
        "401": "The token is missing or not accepted.",
        "404": "There is no such thing, or not for this token.",
        "409": "The rules say no; the message says why.",
        "413": "The body is too large.",
        "503": "The store is busy; nothing was done, send it again.",
    }
    schema = {"application/json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return said | {code: {"description": text, "content": schema} for code, text in problems.items()}
