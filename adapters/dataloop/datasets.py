"""Datasets, and the folders in them."""

from __future__ import annotations

from typing import Any

from adapters.dataloop.calls import Body, Call, mapping, merged, text, texts
from adapters.dataloop.dql import Query
from adapters.dataloop.sorting import page_asked
from adapters.dataloop.world import World
from distribution.errors import InvalidInput, Refused
from distribution.filters import AllOf, Compare, field, matches
from distribution.shelf import Desk, Document

SHOWN = Query(where=AllOf((Compare("hidden", "equal", value=False), Compare("type", "equal", value="file"))))
"""The items of a dataset that are counted."""


def create(world: World, call: Call) -> Body:
    """Create a dataset, with a recipe of its own."""
    body = call.object()
    projects = texts(body.get("projects", body.get("projectId")), "projects")
    if len(projects) != 1:
        raise InvalidInput(subject="projects", must="be one project", got=projects)
    project = world.project(call.who, projects[0])
    return shown(make(world, call, text(body, "name"), project["id"]), call, world)


def make(world: World, call: Call, name: str, project_id: str) -> Body:
    """Make a dataset with its recipe and ontology, all or nothing; give that of the first attempt where there was one.

    Raises:
        Refused: the project has one of that name.
    """
    dataset_id = call.attempt or world.ids()

    def work(desk: Desk) -> Body:
        known = desk.get("dataset", [dataset_id])
        if dataset_id in known:
            return dict(known[dataset_id].body)
        _check_new(desk, project_id, name)
        made = {"id": dataset_id, "name": name, "projects": [project_id]}
        return put(desk, world, call.who.email, made)

    return world.shelf.transact(work)


def _check_new(desk: Desk, project_id: str, name: str) -> None:
    """Refuse a name that a dataset of the project has already: neither would be found by it.

    Raises:
        Refused: there is one.
    """
    if desk.find("dataset", key=f"project {project_id}", where=field("name").equal(name), limit=1):
        raise Refused(f"dataset {name!r}", "exists in the project", "choose another name")


def put(desk: Desk, world: World, creator: str, dataset: Body) -> Body:
    """Keep a new dataset, of which id, name and project are said, with its recipe and ontology."""
    at, name, project_id = world.now(), dataset["name"], dataset["projects"][0]
    own = {"creator": creator, "createdAt": at, "updatedAt": at}
    ontology: Body = {
        "id": world.ids(),
        "title": f"{name} ontology",
        "roots": [],
        "attributes": [],
        "metadata": {"system": {}, "attributes": []},
        "projectIds": [project_id],
        "projectId": project_id,
        **own,
    }
    recipe: Body = {
        "id": world.ids(),
        "title": f"{name} recipe",
        "projectIds": [project_id],
        "projectId": project_id,
        "ontologyIds": [ontology["id"]],
        "metadata": {"system": {}},
        "settings": {},
        "customActions": [],
        **own,
    }
    dataset = {
        "system": False,
        **dataset,
        "metadata": {"system": {"recipes": [recipe["id"]]}},
        "driver": None,
        "expirationOptions": None,
        "indexDriver": "v1",
        "readonly": False,
        "annotated": 0,
        **own,
    }
    for kind, body in (("ontology", ontology), ("recipe", recipe), ("dataset", dataset)):
        desk.put(kind, [Document(body["id"], body, [f"project {project_id}"])])
    return dataset


def shown(dataset: Body, call: Call, world: World) -> Body:
    """Give a dataset as it goes over the wire."""
    count = len(world.finder.ids(dataset["id"], SHOWN))
    return {
        **{key: value for key, value in dataset.items() if key != "system"},
        "url": f"{call.base}/datasets/{dataset['id']}",
        "items": f"{call.base}/datasets/{dataset['id']}/items",
        "itemsCount": count,
    }


def get(world: World, call: Call) -> Body:
    """Give a dataset."""
    return shown(world.dataset(call.who, call.path["dataset"]), call, world)


def query(world: World, call: Call) -> Body:
    """List datasets by a query; those of the system only where it is asked for."""
    asked = call.asked()
    wanted = [p for p in world.visible(call.who) if asked.projects is None or p["id"] in asked.projects]
    found = [
        shown(dataset, call, world)
        for project in wanted
        for dataset in world.all("dataset", key=f"project {project['id']}")
        if (asked.system_space or not dataset["system"]) and matches(asked.where, dataset)
    ]
    return page_asked(found, asked)


def update(world: World, call: Call) -> Body:
    """Change name and metadata of a dataset; *?system=true* lets the system's part be changed too."""
    dataset = world.dataset(call.who, call.path["dataset"])
    body = call.object()
    name = text(body, "name", default=dataset["name"])
    metadata = mapping(body, "metadata")
    if not call.asks("system"):
        metadata = {key: value for key, value in metadata.items() if key != "system"}

    def check(desk: Desk, known: Body) -> None:
        if name != known["name"]:
            _check_new(desk, dataset["projects"][0], name)

    def edit(known: Body) -> Body:
        laid = merged(known["metadata"], metadata)
        return {**known, "name": name, "metadata": laid, "updatedAt": world.now()}

    return shown(world.change("dataset", dataset["id"], edit, check=check), call, world)


def delete(world: World, call: Call) -> Body:
    """Delete a dataset with its items and tasks."""
    dataset = world.dataset(call.who, call.path["dataset"])
    for task in list(world.all("task", key=f"dataset {dataset['id']}")):
        world.delete_task(task["id"], call.who.email)
    remove(world, dataset["id"])
    return {"ok": True}


def remove(world: World, dataset_id: str) -> None:
    """Take away a dataset and all that is in it."""
    for kind in ("annotation", "item"):
        names = world.shelf.ids(kind, key=f"dataset {dataset_id}")
        world.drop(kind, names)
    world.drop("dataset", [dataset_id])


def tree(world: World, call: Call) -> Body:
    """Give the folders of a dataset, hidden ones too."""
    dataset = world.dataset(call.who, call.path["dataset"])
    folders = {item["dir"] for item in world.all("item", key=f"dataset {dataset['id']}")}
    folders |= {
        item["filename"]
        for item in world.all("item", key=f"dataset {dataset['id']}", where=field("type").equal("dir"))
    }
    root = _folder(dataset["id"], "/")
    nodes: dict[str, Any] = {"/": root}
    for folder in sorted(folders):
        steps = [step for step in folder.split("/") if step]
        for depth in range(1, len(steps) + 1):
            path = "/" + "/".join(steps[:depth])
            if path not in nodes:
                nodes[path] = _folder(dataset["id"], path)
                nodes["/" + "/".join(steps[: depth - 1])]["children"].append(nodes[path])
    return root


def _folder(dataset_id: str, path: str) -> Body:
    parent, _, name = path.rpartition("/")
    value = {
        "id": f"{dataset_id}{path}",
        "name": name or "/",
        "dir": parent or "/",
        "filename": path,
        "metadata": {},
    }
    return {"value": value, "children": []}
