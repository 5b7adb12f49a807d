"""Items by query: a page of them, or what is done to all of them at once."""

from __future__ import annotations

from typing import Any

import attrs

from adapters.dataloop import annotating, items
from adapters.dataloop.calls import Body, Call, page_of
from adapters.dataloop.dql import Query
from adapters.dataloop.world import AT_ONCE, World
from distribution.errors import InvalidInput


def query(world: World, call: Call) -> Body:
    """Answer a query over the items, or the annotations, of a dataset; delete or change all it means where it says so."""
    dataset = world.dataset(call.who, call.path["dataset"])
    body = dict(call.object())
    deleting, change = body.pop("delete", None), body.pop("update", None)
    body.pop("references", None)
    asked = attrs.evolve(call, body=body).asked()
    world.look_at_dataset(dataset["id"])
    if asked.resource == "annotations":
        return annotating.query(world, dataset, asked, call.base)
    if deleting is True or isinstance(change, dict):
        world.dataset(attrs.evolve(call.who, acting="engineer"), dataset["id"])
        return _all_at_once(world, call, dataset["id"], asked, change)
    if deleting is not None or change is not None:
        raise InvalidInput(
            subject="a bulk operation", must="be delete: true, or update: an object", got=deleting
        )
    found = world.finder.ids(dataset["id"], asked)
    some = found[asked.page * asked.page_size : (asked.page + 1) * asked.page_size]
    rows = [items.shown(dict(one.body), call.base) for one in world.shelf.get("item", some).values()]
    return page_of(rows, asked.page, asked.page_size, total=len(found))


def _all_at_once(world: World, call: Call, dataset_id: str, asked: Query, change: Any) -> Body:
    """Delete or change all that a query means; the copies that people have of items go with those."""
    found = world.finder.ids(dataset_id, asked)
    for start in range(0, len(found), AT_ONCE):
        some = found[start : start + AT_ONCE]
        if change is None:
            clones = world.shelf.get("clone", some)
            bodies = world.shelf.get("item", [name for name in some if name not in clones])
            items.remove(world, [dict(document.body) for document in bodies.values()], call.who.email)
        else:
            items.edit(world, some, items.Edit.of(change, system=False), call.who.email)
    return {"ok": True, "count": len(found), **page_of([], 0, AT_ONCE, total=len(found))}
