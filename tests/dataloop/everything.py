"""A project with one of everything in it, and a request of every kind that names it."""

from __future__ import annotations

from typing import Any

import attrs
import httpx

from adapters.dataloop.routes import Way
from tests.dataloop.local import ALL_ITEMS

ANN, BOB = "ann@example.com", "bob@example.com"


@attrs.frozen
class Ids:
    """The ids of a project and what is in it, by the names that paths have for them."""

    of: dict[str, str]

    def path(self, way: Way) -> str:
        """Fill in a path."""
        return way.pattern.replace("{name:path}", "{name}").format(**self.of)


def furnish(owner: httpx.Client, name: str) -> Ids:
    """Create it all; ann@example.com is an annotator of the project."""

    def made(method: str, path: str, body: Any = None, **said: Any) -> Any:
        answer = owner.request(method, path, json=body, **said)
        assert answer.status_code == 200, answer.text
        return answer.json()

    project = made("POST", "/projects", {"name": name})["id"]
    made("POST", f"/projects/{project}/members/{ANN}", {"role": "annotator"})
    dataset = made("POST", "/datasets", {"name": "d", "projects": [project]})
    recipe = dataset["metadata"]["system"]["recipes"][0]
    files: Any = {"file": ("a.txt", b"secret content"), "path": (None, "/a.txt"), "type": (None, "file")}
    item = owner.post(f"/datasets/{dataset['id']}/items", files=files).json()["id"]
    annotation = made("POST", f"/items/{item}/annotations", [{"type": "class", "label": "secret"}])[0]["id"]
    task = {"name": "secret task", "projectId": project, "datasetId": dataset["id"], "query": ALL_ITEMS}
    task |= {
        "workload": [{"assigneeId": ANN, "load": 100}],
        "metadata": {"system": {"consensusTaskType": "qualification"}},
    }
    command = made("POST", "/annotationtasks", task)
    task_id = command["spec"]["createdTaskId"]
    assignment = made("GET", f"/annotationtasks/{task_id}")["assignmentIds"][0]
    app = made("POST", "/apps/query", {"filter": {"projectId": project}})["items"][0]["id"]
    node = {
        "id": "n",
        "name": "label",
        "type": "task",
        "metadata": {"datasetId": dataset["id"], "workload": task["workload"]},
    }
    pipeline = made("POST", "/pipelines", {"name": "secret", "projectId": project, "nodes": [node]})["id"]
    made("POST", f"/pipelines/{pipeline}/install", {})
    execution = made("POST", f"/pipelines/{pipeline}/execute", {"pipeline": {"input": {"item": item}}})["id"]
    return Ids(
        {
            "name": name,
            "project": project,
            "email": ANN,
            "dataset": dataset["id"],
            "recipe": recipe,
            "ontology": made("GET", f"/recipes/{recipe}")["ontologyIds"][0],
            "item": item,
            "annotation": annotation,
            "task": task_id,
            "assignment": assignment,
            "command": command["id"],
            "app": app,
            "pipeline": pipeline,
            "composition": pipeline,
            "execution": execution,
        }
    )


def bodies(ids: Ids) -> dict[str, Any]:
    """Give the body of each request that has one, by method and path; of those that find, one that finds all."""
    of = ids.of
    loads = [{"assigneeId": BOB, "load": 100}]
    status = {"operation": "create", "status": "completed"}
    task = {"name": "t", "projectId": of["project"], "datasetId": of["dataset"], "query": ALL_ITEMS}
    return {
        "POST /projects": {"name": "mine"},
        "PATCH /projects/{project}": {"name": "taken"},
        "POST /projects/{project}/members/{email}": {"role": "owner"},
        "PATCH /projects/{project}/members/{email}": {"role": "owner"},
        "POST /apps/query": {"filter": {}},
        "POST /datasets": {"name": "mine", "projects": [of["project"]]},
        "POST /datasets/query": {"filter": {}, "context": {"projects": [of["project"]]}, "systemSpace": True},
        "PATCH /datasets/{dataset}": {"name": "taken"},
        "POST /datasets/{dataset}/query": {"filter": {}},
        "POST /recipes": {"title": "mine", "projectIds": [of["project"]]},
        "PATCH /recipes/{recipe}": {"title": "taken"},
        "POST /ontologies": {"title": "mine", "projectIds": [of["project"]]},
        "PUT /ontologies/{ontology}": {"roots": []},
        "PATCH /ontologies/{ontology}/labels": {"labelsNode": [{"tag": "mine"}]},
        "PATCH /ontologies/{ontology}/attributes": {"items": [{"key": "mine"}]},
        "DELETE /ontologies/{ontology}/attributes": {"keys": ["mine"]},
        "PATCH /items/{item}": {"metadata": {"user": {"mine": True}}},
        "POST /items/{item}/annotations": [{"type": "class", "label": "mine"}],
        "PUT /annotations/{annotation}": {"label": "mine"},
        "POST /annotationtasks": task,
        "POST /annotationtasks/query": {"filter": {}, "context": {"projectIds": [of["project"]]}},
        "PATCH /annotationtasks/{task}": {"name": "taken"},
        "DELETE /annotationtasks/{task}": {"asynced": True},
        "POST /annotationtasks/{task}/addToTask": {"query": ALL_ITEMS, "workload": loads},
        "POST /annotationtasks/{task}/removeFromTask": {"query": ALL_ITEMS},
        "POST /annotationtasks/{task}/contributors": {"assignees": [BOB]},
        "POST /assignments/items/tasks/{task}/status": {"itemIds": [of["item"]], "statusPayload": status},
        "PATCH /assignments/{assignment}": {"name": "taken"},
        "POST /assignments/{assignment}/reassign": {"annotator": BOB},
        "POST /assignments/{assignment}/redistribute": {"workload": loads},
        "POST /assignments/{assignment}/items/{item}/status": status,
        "POST /pipelines": {"name": "mine", "projectId": of["project"]},
        "POST /pipelines/query": {"filter": {}},
        "POST /pipelines/validate": {"nodes": []},
        "PATCH /pipelines/{pipeline}": {"name": "taken"},
        "POST /pipelines/{pipeline}/install": {},
        "POST /pipelines/{pipeline}/uninstall": {},
        "POST /pipelines/{pipeline}/reset": {},
        "POST /pipelines/{pipeline}/execute": {"pipeline": {"input": {"item": of["item"]}}},
        "PATCH /pipelines/{pipeline}/variables": {"variables": []},
    }


def request(client: httpx.Client, way: Way, ids: Ids) -> httpx.Response:
    """Send a request of a kind that names what is in a project."""
    name = f"{way.method} {way.pattern}"
    path = ids.path(way)
    if way.body == "Upload":
        files: Any = {"file": ("b.txt", b"mine"), "path": (None, "/b.txt")}
        return client.post(path, files=files, params={"mode": "overwrite"})
    if name == "GET /assignments":
        path = f"{path}?projects={ids.of['project']}&taskId={ids.of['task']}"
    # A route with a body and without an example here is a KeyError: say what would be dangerous about it.
    body = bodies(ids)[name] if way.body is not None else None
    return client.request(way.method, path, json=body)
