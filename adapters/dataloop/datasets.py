"""Datasets, recipes and ontologies."""

from __future__ import annotations

from typing import Any

from adapters.dataloop.calls import Body, Call, Reply, flag, mapping, merged, page_of, text, texts
from adapters.dataloop.dql import Query
from adapters.dataloop.world import World
from distribution.errors import InvalidInput, Refused
from distribution.filters import Compare, field, matches

SHOWN = Compare("hidden", "equal", value=False)
"""Items that are not hidden."""


def create(world: World, call: Call) -> Body:
    """Create a dataset, with a recipe of its own."""
    body = call.object()
    projects = texts(body.get("projects", body.get("projectId")), "projects")
    if len(projects) != 1:
        raise InvalidInput(subject="projects", must="be one project", got=projects)
    project = world.project(call.who, projects[0])
    world.may_run(call.who, project)
    name = text(body, "name")
    if call.attempt is not None and (known := world.shelf.get("dataset", [call.attempt])):
        return shown(dict(known[call.attempt].body), call, world)
    if any(d["name"] == name for d in world.all("dataset", key=f"project {project['id']}")):
        raise Refused(f"dataset {name!r}", "exists in the project", "choose another name")
    return shown(make(world, call, name, project["id"], made=call.attempt), call, world)


def make(
    world: World, call: Call, name: str, project_id: str, *, system: bool = False, made: str | None = None
) -> Body:
    """Make a dataset with its recipe and ontology."""
    at = world.now()
    own = {"creator": call.who.email, "createdAt": at, "updatedAt": at}
    ontology = {
        "id": world.ids(),
        "title": f"{name} ontology",
        "roots": [],
        "attributes": [],
        "metadata": {"system": {}, "attributes": []},
        "projectIds": [project_id],
        "projectId": project_id,
        **own,
    }
    recipe = {
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
        "id": made or world.ids(),
        "name": name,
        "projects": [project_id],
        "system": system,
        "metadata": {"system": {"recipes": [recipe["id"]]}},
        "driver": None,
        "expirationOptions": None,
        "indexDriver": "v1",
        "readonly": False,
        "annotated": 0,
        **own,
    }
    for kind, body in (("ontology", ontology), ("recipe", recipe), ("dataset", dataset)):
        world.put(kind, body, [f"project {project_id}"])
    return dataset


def shown(dataset: Body, call: Call, world: World) -> Body:
    """Give a dataset as it goes over the wire."""
    count = len(world.shelf.ids("item", key=f"dataset {dataset['id']}", where=SHOWN))
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
    asked = Query.parse(call.object())
    wanted = [p for p in world.visible(call.who) if asked.projects is None or p["id"] in asked.projects]
    found = [
        shown(dataset, call, world)
        for project in wanted
        for dataset in world.all("dataset", key=f"project {project['id']}")
        if (asked.system_space or not dataset["system"]) and matches(asked.where, dataset)
    ]
    return page_of(found, asked.page, asked.page_size)


def update(world: World, call: Call) -> Body:
    """Change name and metadata of a dataset; *?system=true* lets the system's part be changed too."""
    dataset = world.dataset(call.who, call.path["dataset"])
    body = call.object()
    name = text(body, "name", default=dataset["name"])
    metadata = mapping(body, "metadata")
    if call.query.get("system", "false").lower() != "true":
        metadata = {key: value for key, value in metadata.items() if key != "system"}

    def edit(known: Body) -> Body:
        return {
            **known,
            "name": name,
            "metadata": merged(known["metadata"], metadata),
            "updatedAt": world.now(),
        }

    return shown(world.change("dataset", dataset["id"], edit), call, world)


def delete(world: World, call: Call) -> Body:
    """Delete a dataset with its items and tasks."""
    from adapters.dataloop import tasks

    dataset = world.dataset(call.who, call.path["dataset"])
    world.may_run(call.who, world.project(call.who, dataset["projects"][0]))
    for task in list(world.all("task", key=f"dataset {dataset['id']}")):
        tasks.remove(world, task, call)
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


def recipe(world: World, call: Call) -> Body:
    """Give a recipe."""
    return world.of_project(call.who, "recipe", call.path["recipe"])


def create_recipe(world: World, call: Call) -> Body:
    """Create a recipe."""
    return _create(world, call, "recipe", {"ontologyIds": [], "customActions": [], "settings": {}})


def create_ontology(world: World, call: Call) -> Body:
    """Create an ontology."""
    metadata: Body = {"system": {}, "attributes": []}
    return _create(world, call, "ontology", {"roots": [], "attributes": [], "metadata": metadata})


def _create(world: World, call: Call, kind: str, base: Body) -> Body:
    body = call.object()
    projects = texts(body.get("projectIds", body.get("projectId")), "projectIds")
    if not projects:
        raise InvalidInput(subject="projectIds", must="name a project", got=projects)
    for project_id in projects:
        world.project(call.who, project_id)
    at = world.now()
    made = {
        **base,
        **body,
        "id": world.ids(),
        "title": text(body, "title", default=kind),
        "projectIds": projects,
        "projectId": projects[0],
        "creator": call.who.email,
        "createdAt": at,
        "updatedAt": at,
    }
    return world.put(kind, made, [f"project {project_id}" for project_id in projects])


def update_recipe(world: World, call: Call) -> Body:
    """Change a recipe."""
    known = world.of_project(call.who, "recipe", call.path["recipe"])
    fixed = {key: known[key] for key in ("id", "projectId", "projectIds", "creator", "createdAt")}
    body = call.object()
    return world.change("recipe", known["id"], lambda old: {**merged(old, body), **fixed})


def ontology(world: World, call: Call) -> Body:
    """Give an ontology."""
    return world.of_project(call.who, "ontology", call.path["ontology"])


def put_ontology(world: World, call: Call) -> Body:
    """Put an ontology in the place of what was there."""
    known = world.of_project(call.who, "ontology", call.path["ontology"])
    body = call.object()
    if not isinstance(body.get("roots", []), list):
        raise InvalidInput(subject="roots", must="be a list", got=body["roots"])
    fixed = {key: known[key] for key in ("id", "projectId", "projectIds", "creator", "createdAt")}
    return world.change(
        "ontology", known["id"], lambda old: {**old, **body, **fixed, "updatedAt": world.now()}
    )


def add_labels(world: World, call: Call) -> Body:
    """Add labels to an ontology; those of a tag that is there are put in its place where *upsert* says so."""
    known = world.of_project(call.who, "ontology", call.path["ontology"])
    nodes = call.object().get("labelsNode")
    if not isinstance(nodes, list) or not all(isinstance(node, dict) for node in nodes):
        raise InvalidInput(subject="labelsNode", must="be a list of labels", got=nodes)
    labels = {
        text(node, "tag"): {
            "value": {
                "tag": text(node, "tag"),
                "color": node.get("color", "#FFFFFF"),
                "attributes": node.get("attributes", []),
                "displayLabel": node.get("displayLabel", node["tag"]),
                "displayData": node.get("displayData", {}),
            },
            "children": node.get("children", []),
        }
        for node in nodes
    }
    upsert = flag(call.object(), "upsert")

    def edit(old: Body) -> Body:
        there = {root["value"]["tag"]: root for root in old["roots"]}
        if not upsert and (twice := sorted(set(there) & set(labels))):
            raise Refused(f"label {twice[0]!r}", "exists in the ontology", "send it with upsert")
        return {**old, "roots": list({**there, **labels}.values())}

    return world.change("ontology", known["id"], edit)


def add_attributes(world: World, call: Call) -> Body:
    """Add attributes to an ontology, by their keys."""
    known = world.of_project(call.who, "ontology", call.path["ontology"])
    items = call.object().get("items")
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise InvalidInput(subject="items", must="be a list of attributes", got=items)
    new = {text(item, "key"): item for item in items}

    def edit(old: Body) -> Body:
        metadata = old.get("metadata") or {}
        there = {item.get("key"): item for item in metadata.get("attributes", [])}
        return {**old, "metadata": {**metadata, "attributes": list({**there, **new}.values())}}

    return world.change("ontology", known["id"], edit)


def delete_document(kind: str) -> Any:
    """Make what answers a deletion of a recipe or an ontology."""

    def delete(world: World, call: Call) -> Reply:
        """Delete it."""
        known = world.of_project(call.who, kind, call.path[kind])
        world.drop(kind, [known["id"]])
        return Reply(body={"ok": True})

    return delete
