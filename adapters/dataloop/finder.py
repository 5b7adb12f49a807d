"""Which items a query means.

The ids that a query finds are remembered until something changes, so that walking
through eighty thousand items page by page looks for them once.
"""

from __future__ import annotations

import json
import threading
from bisect import bisect_right
from collections import OrderedDict

from adapters.dataloop.dql import Query
from adapters.dataloop.sorting import place
from distribution.codec import encode
from distribution.filters import AllOf, Compare, Filter, OneOf, field
from distribution.shelf import Shelf

REMEMBERED = 16
"""Answers kept at most."""
REFS = "metadata.system.refs.id"


class Finder:
    """Finds items, and remembers what it found."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._lock = threading.Lock()
        self._known: OrderedDict[str, tuple[tuple[int, int], list[str]]] = OrderedDict()

    def ids(self, dataset_id: str, asked: Query) -> list[str]:
        """List the ids of all items that a query means, whatever page it asks for, in its order."""
        after, where = _without_key(asked.where)
        name = json.dumps([dataset_id, encode(where), encode(asked.join), list(asked.sort)], sort_keys=True)
        stamp = (self._shelf.stamp("item"), 0 if asked.join is None else self._shelf.stamp("annotation"))
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
        key = _key(dataset_id, where)
        clauses = AllOf((field("datasetId").equal(dataset_id), where))
        found = self._shelf.ids("item", key=key, where=clauses)
        if asked.join is not None:
            having = self._annotated(dataset_id, asked.join)
            found = [name for name in found if name in having]
        for path, direction in reversed(asked.sort):
            if path == "id":
                found = sorted(found, reverse=direction == "descending")
            else:
                found = self._sorted(found, path, descending=direction == "descending")
        return found

    def _annotated(self, dataset_id: str, where: Filter) -> set[str]:
        """Name the items that have an annotation of some kind."""
        found, after = set[str](), None
        while page := self._shelf.find("annotation", key=f"dataset {dataset_id}", where=where, after=after):
            found.update(str(document.body["itemId"]) for document in page)
            after = page[-1].id
        return found

    def _sorted(self, found: list[str], path: str, *, descending: bool) -> list[str]:
        """Sort by the first value at a path."""
        bodies = self._shelf.get("item", found)
        return sorted(found, key=lambda name: place(bodies[name].body, path), reverse=descending)


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
