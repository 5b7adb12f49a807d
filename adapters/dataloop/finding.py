"""Items by query: which they are, page by page, and what is done to all of them at once.

The ids that a query finds are remembered until something changes, so that walking
through eighty thousand items page by page looks for them once.
"""

from __future__ import annotations

import json
import threading
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

from adapters.dataloop import annotating, items
from adapters.dataloop.calls import Body, Call, mapping, page_of
from adapters.dataloop.dql import Query
from adapters.dataloop.world import World
from distribution.codec import encode
from distribution.errors import InvalidInput
from distribution.filters import AllOf, Compare, Filter, OneOf, field, reach

REMEMBERED = 16
"""Answers kept at most."""
REFS = "metadata.system.refs.id"


class Finder:
    """Finds items, and remembers what it found."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._lock = threading.Lock()
        self._known: OrderedDict[str, tuple[tuple[int, int], list[str]]] = OrderedDict()

    def ids(self, dataset_id: str, asked: Query) -> list[str]:
        """List the ids of all items that a query means, whatever page it asks for, in its order."""
        after, where = _without_key(asked.where)
        name = json.dumps([dataset_id, encode(where), encode(asked.join), list(asked.sort)], sort_keys=True)
        shelf = self._world.shelf
        stamp = (shelf.stamp("item"), 0 if asked.join is None else shelf.stamp("annotation"))
        with self._lock:
            kept = self._known.get(name)
        if kept is None or kept[0] != stamp:
            kept = (stamp, self._search(dataset_id, where, asked))
            with self._lock:
                self._known[name] = kept
                self._known.move_to_end(name)
                while len(self._known) > REMEMBERED:
                    self._known.popitem(last=False)
        found = kept[1]
        if after is None:
            return found
        if not asked.sort or asked.sort[0] == ("id", "ascending"):
            return found[bisect_right(found, after) :]
        return [name for name in found if name > after]

    def _search(self, dataset_id: str, where: Filter, asked: Query) -> list[str]:
        shelf = self._world.shelf
        key = _key(dataset_id, where)
        clauses = AllOf((field("datasetId").equal(dataset_id), where))
        found = shelf.ids("item", key=key, where=clauses)
        if asked.join is not None:
            with_it = {
                part["itemId"]
                for part in self._world.all("annotation", key=f"dataset {dataset_id}", where=asked.join)
            }
            found = [name for name in found if name in with_it]
        for path, direction in reversed(asked.sort):
            if path == "id":
                found = sorted(found, reverse=direction == "descending")
            else:
                found = self._sorted(found, path, descending=direction == "descending")
        return found

    def _sorted(self, found: list[str], path: str, *, descending: bool) -> list[str]:
        """Sort by the first value at a path; what has none comes first, numbers before texts."""
        bodies = self._world.shelf.get("item", found)

        def place(name: str) -> tuple[int, Any]:
            value = next(iter(reach(bodies[name].body, path)), None)
            if isinstance(value, (int, float)):
                return (1, value)
            return (2, value) if isinstance(value, str) else (0, 0)

        return sorted(found, key=place, reverse=descending)

    def page(self, dataset_id: str, asked: Query, base: str) -> Body:
        """Give a page of items."""
        found = self.ids(dataset_id, asked)
        start = asked.page * asked.page_size
        some = found[start : start + asked.page_size]
        bodies = self._world.shelf.get("item", some)
        rows = [items.shown(dict(bodies[name].body), base) for name in some if name in bodies]
        return page_of(rows, asked.page, asked.page_size, total=len(found))


def _without_key(where: Filter) -> tuple[str | None, Filter]:
    """Take off the clause by which the SDK walks through pages: ids above the last one seen."""
    if isinstance(where, AllOf):
        keys = [clause for clause in where.clauses if _is_key(clause)]
        if len(keys) == 1 and isinstance(keys[0], Compare):
            return str(keys[0].value), AllOf(tuple(c for c in where.clauses if c is not keys[0]))
    return None, where


def _is_key(clause: Filter) -> bool:
    return (
        isinstance(clause, Compare)
        and clause.path == "id"
        and clause.relation == "greater"
        and isinstance(clause.value, str)
    )


def _key(dataset_id: str, where: Filter) -> str:
    """Choose the narrowest key under which all that a filter means is found."""
    clauses = where.clauses if isinstance(where, AllOf) else (where,)
    for clause in clauses:
        wanted: object = None
        if isinstance(clause, OneOf) and not clause.negated and len(clause.values) == 1:
            wanted = clause.values[0]
        elif isinstance(clause, Compare) and clause.relation == "equal":
            wanted = clause.value
        if isinstance(wanted, str) and isinstance(clause, (OneOf, Compare)):
            if clause.path == REFS and _may_be_key(f"ref {wanted}"):
                return f"ref {wanted}"
            if clause.path == "filename" and _may_be_key(f"path {dataset_id} {wanted}"):
                return f"path {dataset_id} {wanted}"
        if isinstance(clause, AllOf):
            inner = _key(dataset_id, clause)
            if not inner.startswith("dataset "):
                return inner
    return f"dataset {dataset_id}"


def _may_be_key(key: str) -> bool:
    return key.isprintable() and len(key) < 2000


def query(world: World, call: Call) -> Body:
    """Answer a query over the items, or the annotations, of a dataset; delete or change all it means where it says so."""
    dataset = world.dataset(call.who, call.path["dataset"])
    body = dict(call.object())
    deleting, change = body.pop("delete", None), body.pop("update", None)
    body.pop("references", None)
    asked = Query.parse(body)
    world.mirror.catch_up_dataset(dataset["id"])
    if asked.resource == "annotations":
        return annotating.query(world, dataset, asked, call.base)
    if deleting is True or isinstance(change, Mapping):
        return _all_at_once(world, call, dataset["id"], asked, change)
    if deleting is not None or change is not None:
        raise InvalidInput(
            subject="a bulk operation", must="be delete: true, or update: an object", got=deleting
        )
    return world.finder.page(dataset["id"], asked, call.base)


def _all_at_once(world: World, call: Call, dataset_id: str, asked: Query, change: Any) -> Body:
    found = world.finder.ids(dataset_id, asked)
    if change is None:
        bodies = world.shelf.get("item", found)
        items.remove(world, [dict(document.body) for document in bodies.values()], call.who.email)
    else:
        laid = mapping({"update": change}, "update")
        for name in found:
            items.edit(world, name, laid, call.who.email, system=False)
    return {"ok": True, "count": len(found), "totalItemsCount": len(found), "items": [], "hasNextPage": False}
