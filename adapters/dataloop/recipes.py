"""Recipes and ontologies: what is to be said of the items of a dataset, kept for the SDK."""

from __future__ import annotations

from adapters.dataloop.calls import Body, Call, flag, mapping, merged, text, texts
from adapters.dataloop.world import World
from distribution.errors import InvalidInput, Refused


def recipe(world: World, call: Call) -> Body:
    """Give a recipe."""
    return world.of_project(call.who, "recipe", call.path["recipe"])


def create_recipe(world: World, call: Call) -> Body:
    """Create a recipe."""
    base: Body = {"ontologyIds": [], "customActions": [], "settings": {}, "metadata": {"system": {}}}
    return _create(world, call, "recipe", base)


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

    def edit(old: Body) -> Body:
        metadata = merged(old["metadata"], mapping(body, "metadata"))
        return {**old, **body, **fixed, "metadata": metadata, "updatedAt": world.now()}

    return world.change("recipe", known["id"], edit)


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


def delete_attributes(world: World, call: Call) -> Body:
    """Take attributes out of an ontology, by their keys."""
    known = world.of_project(call.who, "ontology", call.path["ontology"])
    gone = set(texts(call.object().get("keys"), "keys"))

    def edit(old: Body) -> Body:
        metadata = old.get("metadata") or {}
        left = [item for item in metadata.get("attributes", []) if item.get("key") not in gone]
        return {**old, "metadata": {**metadata, "attributes": left}}

    return world.change("ontology", known["id"], edit)


def delete_recipe(world: World, call: Call) -> Body:
    """Delete a recipe."""
    world.drop("recipe", [world.of_project(call.who, "recipe", call.path["recipe"])["id"]])
    return {"ok": True}


def delete_ontology(world: World, call: Call) -> Body:
    """Delete an ontology."""
    world.drop("ontology", [world.of_project(call.who, "ontology", call.path["ontology"])["id"]])
    return {"ok": True}
