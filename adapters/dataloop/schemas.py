"""Schemas of what goes over the wire: what is checked of what comes, and what is sure of what goes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from adapters.dataloop.dql import JOIN_ON
from distribution.values import NAME_LIMIT

Schema = dict[str, Any]

NO_CONTROL = "^[^\\u0000-\\u001f\\u007f-\\u009f]+$"
STEP = "[^/\\\\\\u0000-\\u001f\\u007f-\\u009f]"
WIDEST = 2**63


def ref(name: str) -> Schema:
    """Point to a schema."""
    return {"$ref": f"#/components/schemas/{name}"}


def listed(of: Schema, **said: Any) -> Schema:
    """Describe a list."""
    return {"type": "array", "items": of, **said}


def maybe(schema: Schema) -> Schema:
    """Describe what may be null."""
    return {"anyOf": [schema, {"type": "null"}]}


def body(required: Sequence[str] = (), **properties: Schema) -> Schema:
    """Describe an object that may hold more than is described; null is as if it were not there."""
    said = {name: one if name in required else maybe(one) for name, one in properties.items()}
    return {
        "type": "object",
        "required": list(required),
        "properties": said,
        "additionalProperties": ref("Json"),
        "propertyNames": {"type": "string", "pattern": "^[^\\u0000]*$"},
    }


def sent(required: Sequence[str], **properties: Schema) -> Schema:
    """Describe an object that goes out; there may be more in it."""
    return {"type": "object", "required": list(required), "properties": properties}


TEXT: Schema = {"type": "string", "minLength": 1, "maxLength": 255, "pattern": NO_CONTROL}


def texts(**said: Any) -> Schema:
    """Describe a list of texts, for which one text may stand."""
    return {"anyOf": [TEXT, listed(TEXT, **said)]}


NAME: Schema = {**TEXT, "maxLength": NAME_LIMIT}
ID: Schema = {"type": "string", "minLength": 1, "maxLength": 64, "pattern": "^[A-Za-z0-9._-]+$"}
ANY_ID: Schema = {**TEXT, "description": "An id as the server gave it."}
PERSON: Schema = {
    **TEXT,
    "description": "An e-mail address; kept in lower case.",
    "examples": ["ann@example.com"],
}
COUNT: Schema = {"type": "integer", "minimum": 0}
INSTANT: Schema = {"type": "string", "examples": ["2026-11-22T12:00:00.000Z"]}
NUMBER: Schema = {"type": "number", "minimum": -(2**53), "maximum": 2**53}
OPTIONAL: Schema = {"type": ["string", "null"]}
DUE: Schema = {
    "anyOf": [NUMBER, {"type": "string", "pattern": "^[0-9]{1,15}$"}],
    "description": "Milliseconds since 1970; in a week where it is missing.",
    "examples": [1861920000000.0],
}
PRIORITY: Schema = {
    "enum": [1, 2, 3, "1", "2", "3"],
    "description": "1 low, 2 medium, 3 high; medium where it is missing.",
}
QUERY_TEXT: Schema = {
    "type": "string",
    "pattern": "^\\{[^\\u0000]*\\}$",
    "contentMediaType": "application/json",
    "format": "dql",
    "description": "JSON of an ItemQuery, or of its filter alone; which page it asks for means nothing.",
    "examples": ['{"filter": {"$and": [{"hidden": false}, {"type": "file"}]}}'],
}
PATH: Schema = {
    "type": "string",
    "maxLength": 1024,
    "pattern": f"^/?({STEP}*[^./\\\\\\u0000-\\u001f\\u007f-\\u009f]{STEP}*)(/{STEP}*[^./\\\\\\u0000-\\u001f\\u007f-\\u009f]{STEP}*)*$",
    "examples": ["/folder/name.jpg"],
}
ACTION: Schema = body(["action"], action=TEXT)
LOADS: Schema = listed(
    body(["assigneeId", "load"], assigneeId=PERSON, load={"type": "number", "minimum": 0, "maximum": 100}),
    description="Loads in percent, which sum to 100. Loads of one person add up.",
    examples=[[{"assigneeId": "ann@example.com", "load": 60}, {"assigneeId": "bob@example.com", "load": 40}]],
)
NODES: Schema = listed(body(["id", "name"], id=TEXT, name=TEXT))
METADATA: Schema = ref("JsonObject")
STATUS: Schema = body(
    ["status"],
    operation={"enum": ["create", "created", "delete"]},
    status=TEXT,
    returnLastStatus={"type": "boolean"},
)
SCALAR: Schema = {
    "anyOf": [
        {"type": "string", "pattern": "^[^\\u0000]*$"},
        {"type": "number", "minimum": -WIDEST, "exclusiveMaximum": WIDEST},
        {"type": "boolean"},
        {"type": "null"},
    ]
}
FIELD = "^[^.$\\u0000][^.\\u0000]*(\\.[^.\\u0000]+)*$"

FREE: dict[str, Schema] = {
    "Json": {
        "description": "Anything JSON can say, with whole numbers of 64 bits and no NUL.",
        "anyOf": [*SCALAR["anyOf"], listed(ref("Json")), ref("JsonObject")],
    },
    "JsonObject": body(),
}
DQL: dict[str, Schema] = {
    "Filter": {
        "type": "object",
        "description": "DQL: every key must hold. A field is a dotted path.",
        "properties": {
            "$and": listed(ref("Filter")),
            "$or": listed(ref("Filter")),
            "$not": ref("Filter"),
        },
        "patternProperties": {FIELD: ref("Condition")},
        "additionalProperties": False,
        "examples": [{"$and": [{"hidden": False}, {"type": "file"}, {"dir": "/folder"}]}],
    },
    "Condition": {
        "description": "Equality, in which * and ? of a text are wildcards; [] for empty; operators; or a longer path.",
        "anyOf": [
            *SCALAR["anyOf"],
            {"type": "array", "maxItems": 0},
            {
                "type": "object",
                "minProperties": 1,
                "properties": {
                    "$eq": {"anyOf": [*SCALAR["anyOf"], {"type": "array", "maxItems": 0}]},
                    "$ne": {"anyOf": [*SCALAR["anyOf"], {"type": "array", "maxItems": 0}]},
                    "$gt": SCALAR,
                    "$gte": SCALAR,
                    "$lt": SCALAR,
                    "$lte": SCALAR,
                    "$in": listed(SCALAR),
                    "$nin": listed(SCALAR),
                    "$literal": listed(SCALAR),
                    "$exists": {"type": "boolean"},
                    "$match": ref("Filter"),
                },
                "patternProperties": {FIELD: ref("Condition")},
                "additionalProperties": False,
            },
        ],
    },
}
_QUERY: dict[str, Schema] = {
    "filter": ref("Filter"),
    "page": maybe({"type": "integer", "minimum": 0, "maximum": 2**31 - 1}),
    "pageSize": maybe({"type": "integer", "minimum": 1, "maximum": 1000}),
    "resource": maybe(NAME),
    "sort": maybe(
        {
            "type": "object",
            "propertyNames": {"pattern": FIELD},
            "additionalProperties": {"enum": ["ascending", "descending"]},
        }
    ),
    "context": maybe(
        {
            "type": "object",
            "properties": {
                key: maybe({"anyOf": [NAME, listed(NAME)]}) for key in ("projects", "projectIds", "datasets")
            },
            "additionalProperties": False,
        }
    ),
    "systemSpace": maybe({"type": "boolean"}),
}
BODIES: dict[str, Schema] = {
    "Object": ref("JsonObject"),
    "NewProject": body(["name"], name=TEXT),
    "ProjectForm": {"type": "object", "required": ["name"], "properties": {"name": TEXT}},
    "Named": body(name=TEXT, metadata=METADATA),
    "Role": maybe(body(role={"enum": ["owner", "engineer", "developer", "annotationManager", "annotator"]})),
    "Renamed": body(name=TEXT),
    "NewDataset": body(["name", "projects"], name=TEXT, projects=texts(minItems=1, maxItems=1)),
    "NewRecipe": body(["projectIds"], title=TEXT, projectIds=texts(minItems=1)),
    "Query": {"type": "object", "required": ["filter"], "properties": _QUERY, "additionalProperties": False},
    "ItemQuery": {
        "type": "object",
        "required": ["filter"],
        "properties": {
            **_QUERY,
            "join": maybe(
                {
                    "type": "object",
                    "required": ["on", "filter"],
                    "properties": {"on": {"const": JOIN_ON}, "filter": ref("Filter")},
                    "additionalProperties": False,
                }
            ),
            "delete": {"const": True},
            "update": ref("JsonObject"),
        },
        "additionalProperties": False,
        "description": "With *delete* or *update* all that it means is deleted or changed.",
    },
    "Labels": body(["labelsNode"], labelsNode=listed(body(["tag"], tag=TEXT)), upsert={"type": "boolean"}),
    "Attributes": body(["items"], items=listed(body(["key"], key=TEXT))),
    "Keys": body(["keys"], keys=texts()),
    "Annotations": listed(body(type=TEXT, metadata=METADATA), maxItems=10_000),
    "NewTask": body(
        ["name", "projectId", "datasetId", "query"],
        name=TEXT,
        projectId=ANY_ID,
        datasetId=ANY_ID,
        query=QUERY_TEXT,
        workload=LOADS,
        limit={**COUNT, "maximum": WIDEST - 1},
        dueDate=DUE,
        priority=PRIORITY,
        metadata=METADATA,
        availableActions=listed(ACTION),
    ),
    "TaskChange": body(name=TEXT, taskOwner=TEXT, dueDate=DUE, priority=PRIORITY, metadata=METADATA),
    "AddToTask": body(["query"], query=QUERY_TEXT, workload=LOADS),
    "TaskQuery": body(["query"], query=QUERY_TEXT),
    "Asynced": ref("Json"),
    "Contributors": body(["assignees"], assignees=texts(minItems=1), action={"enum": ["add", "remove"]}),
    "Statuses": body(["itemIds", "statusPayload"], itemIds=texts(maxItems=10_000), statusPayload=STATUS),
    "Status": STATUS,
    "Reassign": body(["annotator"], annotator=texts(minItems=1, maxItems=1), taskId=ANY_ID),
    "Redistribute": body(["workload"], workload={**LOADS, "minItems": 1}, taskId=ANY_ID),
    "NewPipeline": body(["name", "projectId"], name=TEXT, projectId=ANY_ID, nodes=NODES),
    "Flow": body(name=TEXT, nodes=NODES),
    "Execute": {
        "anyOf": [
            {
                **body(["pipeline"], pipeline=body(["input"], input=body(["item"], item=ANY_ID))),
                "not": {"required": ["batch"]},
            },
            body(["batch"], batch=body(["query"], query=ref("Query"))),
        ],
        "examples": [
            {"pipeline": {"input": {"item": "6b0a1c"}}},
            {"batch": {"query": {"filter": {"dir": "/in"}}}},
        ],
    },
    "Variables": body(["variables"], variables=listed(ref("JsonObject"))),
}
_SYSTEM = sent(["system"], system={"type": "object"})
_COUNTS = {
    "totalItems": COUNT,
    "itemStatus": sent(
        ["completed", "remaining", "actions"],
        completed=COUNT,
        remaining=COUNT,
        actions={"type": "object", "additionalProperties": COUNT},
    ),
    "progress": {"type": "integer", "minimum": 0, "maximum": 100},
}
_TASK = {
    "id": ID,
    "name": TEXT,
    "projectId": ID,
    "datasetId": ID,
    "creator": TEXT,
    "taskOwner": TEXT,
    "spec": sent(["type"], type={"enum": ["annotation", "qa"]}),
    "query": {"type": "string"},
    "dueDate": {"type": ["number", "string"]},
    "priority": {"enum": [1, 2, 3]},
    "status": {"enum": ["open", "completed"]},
    "assignmentIds": listed(ID),
    "availableActions": listed(sent(["action"], action=TEXT)),
    "metadata": _SYSTEM,
    "url": {"type": "string"},
    **_COUNTS,
}
_ASSIGNMENT = {
    "id": ID,
    "name": TEXT,
    "annotator": TEXT,
    "projectId": ID,
    "datasetId": ID,
    "taskId": ID,
    "status": {"enum": ["todo", "in progress", "done"]},
    "metadata": sent(
        ["system"], system=sent(["taskId", "datasetId", "markForDeletion"], taskId=ID, datasetId=ID)
    ),
    **_COUNTS,
}
_COMMAND = {
    "id": ID,
    "url": {"type": "string"},
    "type": TEXT,
    "status": {"const": "success"},
    "progress": {"const": 100},
    "spec": {"type": "object"},
}
_REF = sent(["id", "type"], id=ID, type={"enum": ["task", "assignment"]}, metadata={"type": "object"})
_ITEM = {
    "id": ID,
    "datasetId": ID,
    "dir": {"type": "string"},
    "filename": {"type": "string"},
    "name": TEXT,
    "type": {"enum": ["file", "dir"]},
    "hidden": {"type": "boolean"},
    "annotated": {"type": "boolean"},
    "annotationsCount": COUNT,
    "metadata": sent(
        ["system"],
        system=sent(
            ["size", "refs"], size=COUNT, refs=listed(_REF), taskStatusLog=listed({"type": "object"})
        ),
    ),
}
_MEMBER = {"id": TEXT, "email": TEXT, "role": TEXT, "type": {"const": "user"}}
_OWNED = {"id": ID, "creator": TEXT, "createdAt": INSTANT, "updatedAt": INSTANT}


def _whole(properties: dict[str, Schema], *optional: str, **more: Schema) -> Schema:
    """Describe an object of which all properties are there, but for some."""
    described = {**properties, **more}
    return sent([name for name in described if name not in optional], **described)


ANSWERS: dict[str, Schema] = {
    "Problem": sent(["message", "status"], message={"type": "string"}, status={"type": "integer"}),
    "Done": sent(["ok"], ok={"const": True}),
    "User": sent(["id", "email"], id=TEXT, email=TEXT),
    "Project": _whole(_OWNED, name=TEXT, role=TEXT, contributors=listed(ref("Member"))),
    "Member": _whole(_MEMBER),
    "App": _whole(_OWNED, name=TEXT, projectId=ID, status=TEXT),
    "Page": sent(
        ["items", "totalItemsCount", "totalPagesCount", "hasNextPage"],
        items=listed({"type": "object"}),
        totalItemsCount=COUNT,
        totalPagesCount=COUNT,
        hasNextPage={"type": "boolean"},
    ),
    "Dataset": _whole(
        _OWNED,
        name=TEXT,
        projects=listed(ID),
        itemsCount=COUNT,
        url={"type": "string"},
        metadata=sent(["system"], system=sent(["recipes"], recipes=listed(TEXT))),
    ),
    "Folder": sent(["value", "children"], value={"type": "object"}, children=listed(ref("Folder"))),
    "Item": _whole(_ITEM),
    "Recipe": _whole(_OWNED, title=TEXT, projectIds=listed(TEXT)),
    "Ontology": _whole(_OWNED, title=TEXT, roots=listed({"type": "object"})),
    "Annotation": _whole(_OWNED, itemId=ID, datasetId=ID, type=TEXT, metadata={"type": "object"}),
    "Task": _whole(_TASK),
    "Command": _whole(_COMMAND),
    "CommandOrTask": {"anyOf": [ref("Command"), ref("Task")]},
    "Queue": sent(["remaining"], remaining=COUNT),
    "Score": {"type": "object"},
    "Changed": {
        "type": ["object", "null"],
        "description": "By item: those whose status stands so now; null where there is none.",
        "additionalProperties": {"type": "object"},
    },
    "Assignment": _whole(_ASSIGNMENT),
    "Batch": _whole(_ASSIGNMENT, batch=listed(ID), reason=OPTIONAL),
    "Cleared": sent(["ok", "released"], ok={"const": True}, released=listed(ID)),
    "Pipeline": _whole(
        _OWNED,
        name=TEXT,
        projectId=ID,
        status={"enum": ["Created", "Installed", "Failure", "Pause"]},
        nodes=listed({"type": "object"}),
        connections=listed({"type": "object"}),
        startNodes=listed({"type": "object"}),
        compositionId=ID,
    ),
    "Valid": sent(["valid"], valid={"const": True}),
    "Execution": _whole(
        _OWNED,
        pipelineId=ID,
        projectId=ID,
        status={"enum": ["in-progress", "success"]},
        nodes=listed({"type": "object"}),
    ),
    "Entered": {"anyOf": [ref("Execution"), ref("Command")]},
    "Statistics": sent(
        ["pipelineExecutionCounters", "nodeExecutionsCounters"],
        pipelineExecutionCounters=listed({"type": "object"}),
        nodeExecutionsCounters=listed({"type": "object"}),
    ),
    "Composition": sent(
        ["id", "status", "errorText", "tasks"], id=ID, status=TEXT, tasks=listed({"type": "object"})
    ),
}
SCHEMAS: dict[str, Schema] = {**FREE, **DQL, **BODIES, **ANSWERS}
