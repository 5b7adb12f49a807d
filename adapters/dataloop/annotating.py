"""Annotations of items: what people drew and said, kept as it came."""

from __future__ import annotations

from typing import Any

from adapters.dataloop.calls import Body, Call, mapping, merged, text
from adapters.dataloop.dql import Query
from adapters.dataloop.references import keys_of
from adapters.dataloop.sorting import page_asked
from adapters.dataloop.stamps import derived
from adapters.dataloop.world import World
from distribution.errors import InvalidInput
from distribution.filters import matches
from distribution.shelf import Desk, Document

MOST = 10_000
"""Annotations of one call at most."""


def add(world: World, call: Call) -> list[Body]:
    """Keep annotations of an item; one alone stands for a list of it."""
    item = world.of_dataset(call.who, "item", call.path["item"])
    given = call.body if isinstance(call.body, list) else [call.body]
    if len(given) > MOST or not all(isinstance(part, dict) for part in given):
        raise InvalidInput(subject="annotations", must=f"be a list of at most {MOST} objects", got=given)
    at = world.now()
    made = [
        {
            **part,
            "id": world.ids() if call.attempt is None else derived("annotation", call.attempt, str(number)),
            "itemId": item["id"],
            "datasetId": item["datasetId"],
            "type": text(part, "type", default="class"),
            "label": part.get("label"),
            "attributes": part.get("attributes", []),
            "coordinates": part.get("coordinates", []),
            "metadata": {"system": {}, "user": {}, **mapping(part, "metadata")},
            "creator": call.who.email,
            "createdAt": at,
            "updatedBy": call.who.email,
            "updatedAt": at,
            "source": "sdk",
        }
        for number, part in enumerate(given)
    ]

    def work(desk: Desk) -> None:
        keys = [f"item {item['id']}", f"dataset {item['datasetId']}"]
        desk.put("annotation", [Document(str(part["id"]), part, keys) for part in made])
        _count(desk, item["id"])

    world.shelf.transact(work)
    return [shown(part, call.base) for part in made]


def _count(desk: Desk, item_id: str) -> None:
    """Let an item tell how many annotations it has."""
    known = desk.get("item", [item_id]).get(item_id)
    if known is not None:
        count = len(desk.ids("annotation", key=f"item {item_id}"))
        body = {**known.body, "annotationsCount": count, "annotated": count > 0}
        desk.put("item", [Document(item_id, body, keys_of(body))])


def shown(annotation: Body, base: str) -> Body:
    """Give an annotation as it goes over the wire."""
    return {
        **annotation,
        "url": f"{base}/annotations/{annotation['id']}",
        "item": f"{base}/items/{annotation['itemId']}",
        "dataset": f"{base}/datasets/{annotation['datasetId']}",
    }


def of_item(world: World, call: Call) -> list[Body]:
    """List the annotations of an item."""
    item = world.of_dataset(call.who, "item", call.path["item"])
    return [shown(part, call.base) for part in world.all("annotation", key=f"item {item['id']}")]


def get(world: World, call: Call) -> Body:
    """Give an annotation."""
    return shown(world.of_dataset(call.who, "annotation", call.path["annotation"]), call.base)


def update(world: World, call: Call) -> Body:
    """Change an annotation in part."""
    known = world.of_dataset(call.who, "annotation", call.path["annotation"])
    fixed = {key: known[key] for key in ("id", "itemId", "datasetId", "creator", "createdAt")}
    body = call.object()

    def edit(old: Body) -> Body:
        metadata = merged(old["metadata"], mapping(body, "metadata"))
        by = {"updatedBy": call.who.email, "updatedAt": world.now()}
        return {**old, **body, **fixed, **by, "metadata": metadata}

    return shown(world.change("annotation", known["id"], edit), call.base)


def delete(world: World, call: Call) -> Body:
    """Delete an annotation."""
    known = world.of_dataset(call.who, "annotation", call.path["annotation"])

    def work(desk: Desk) -> None:
        desk.drop("annotation", [known["id"]])
        _count(desk, known["itemId"])

    world.shelf.transact(work)
    return {"ok": True}


def query(world: World, dataset: Body, asked: Query, base: str) -> Body:
    """List the annotations of a dataset by a query."""
    found: list[Any] = [
        shown(part, base)
        for part in world.all("annotation", key=f"dataset {dataset['id']}")
        if matches(asked.where, part)
    ]
    return page_asked(found, asked)
