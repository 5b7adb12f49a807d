"""The description of the server for tools, in OpenAPI 3.1, made from the table of routes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from adapters.dataloop.calls import QUERY_LIMIT
from adapters.dataloop.schemas import COUNT, ID, PATH, SCHEMAS, TEXT, Schema, ref

if TYPE_CHECKING:
    from adapters.dataloop.routes import Way

ABOUT = """What Dataloop's Python SDK asks for, answered from a store of work-distribution.

Lists are answered in pages of `items`; whoever walks through a long one asks for ids above the
last one seen. Long calls are answered with a command, which is done by then. A call that changes
something and comes again within minutes, because its answer was lost, is done once. Bodies have
at most {limit} bytes."""
PROBLEMS = {
    "400": "The request cannot be used; the message says what to do.",
    "401": "The token is missing or not accepted.",
    "403": "The token may look, and not do this; the message says which role may.",
    "404": "There is no such thing, or not for this token.",
    "409": "The rules say no; the message says why.",
    "413": "The body is too large.",
    "503": "The store is busy; nothing was done, send it again.",
}
TAGS = {
    "users": "Who calls",
    "projects": "Projects and members",
    "apps": "Apps of projects",
    "datasets": "Datasets and items",
    "recipes": "Recipes",
    "ontologies": "Ontologies",
    "items": "Items and annotations",
    "annotations": "Items and annotations",
    "annotationtasks": "Tasks",
    "scores": "Scores",
    "assignments": "Assignments and statuses",
    "commands": "Commands",
    "pipelines": "Pipelines",
    "compositions": "Pipelines",
}
_FLAG: Schema = {"enum": ["true", "false"]}
ASKED: Schema = {**TEXT, "maxLength": QUERY_LIMIT}
PARAMETERS: dict[str, dict[str, Schema]] = {
    "GET /projects/{project}/members": {"role": ASKED},
    "POST /datasets/{dataset}/items": {"mode": {"enum": ["skip", "overwrite"]}},
    "PATCH /datasets/{dataset}": {"system": _FLAG},
    "PATCH /items/{item}": {"system": _FLAG},
    "PATCH /assignments/{assignment}": {"system": _FLAG},
    "GET /assignments": {
        "projects": {**ASKED, "description": "Ids, with commas between them."},
        "taskId": ASKED,
        "status": ASKED,
        "name": ASKED,
        "annotator": ASKED,
        "pageSize": {"type": "integer", "minimum": 1, "description": "A thousand at most are given."},
        "pageOffset": COUNT,
    },
}
"""What may stand behind the question mark."""


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
            "description": ABOUT.format(limit=limit),
        },
        "tags": [{"name": name} for name in dict.fromkeys(TAGS.values())],
        "paths": paths,
        "components": {
            "schemas": SCHEMAS,
            "responses": {code: _problem(said) for code, said in PROBLEMS.items()},
            "securitySchemes": {
                "bearer": {
                    "type": "http",
                    "scheme": "bearer",
                    "bearerFormat": "JWT",
                    "description": "Signed with HS256; it has `email` and `exp`, and may have `admin` or `projects`.",
                }
            },
        },
        "security": [{"bearer": []}],
    }


def _problem(said: str) -> dict[str, Any]:
    return {"description": said, "content": {"application/json": {"schema": ref("Problem")}}}


def _operation(way: Way) -> dict[str, Any]:
    """Describe one."""
    names = re.findall(r"\{(\w+)", way.pattern)
    inside = [{"name": n, "in": "path", "required": True, "schema": _parameter(n)} for n in names]
    behind = PARAMETERS.get(f"{way.method} {way.pattern}", {})
    operation: dict[str, Any] = {
        "tags": [TAGS[way.pattern.split("/")[1]]],
        "summary": way.summary,
        "description": f"Needs the role {way.needs} in the project, or a higher one.",
        "operationId": re.sub(r"\W+", "-", f"{way.method.lower()}{way.pattern}").strip("-"),
        "parameters": [*inside, *({"name": n, "in": "query", "schema": s} for n, s in behind.items())],
        "responses": _responses(way),
    }
    if way.body is not None:
        operation["requestBody"] = _request(way.body)
    return operation


def _parameter(name: str) -> Schema:
    return TEXT if name in {"name", "email"} else ID


def _request(name: str) -> dict[str, Any]:
    """Describe a body."""
    if name == "Upload":
        form = {"schema": UPLOAD, "encoding": {"metadata": {"contentType": "application/json"}}}
        return {"required": True, "content": {"multipart/form-data": form}}
    content: dict[str, Any] = {"application/json": {"schema": ref(name)}}
    if name == "NewProject":
        # The SDK sends this one as a form.
        content["application/x-www-form-urlencoded"] = {"schema": ref("ProjectForm")}
    return {"required": name not in {"Asynced", "Role"}, "content": content}


UPLOAD: Schema = {
    "type": "object",
    "required": ["file"],
    "properties": {
        "file": {"type": "string", "format": "binary"},
        "path": PATH,
        "type": {"enum": ["file", "dir"]},
        "metadata": ref("JsonObject"),
        "description": {"description": "Text about the item."},
    },
}


def _responses(way: Way) -> dict[str, Any]:
    schema = {"type": "array", "items": ref(way.gives)} if way.array else ref(way.gives)
    content: dict[str, Any] = {"application/json": {"schema": schema}}
    if way.bytes:
        content = {"*/*": {"schema": {}}}
    said = {"200": {"description": "Done.", "content": content}}
    return said | {code: {"$ref": f"#/components/responses/{code}"} for code in PROBLEMS}
