"""DQL documents of every kind, and an evaluator of raw DQL that knows nothing of our filters."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

from distribution.testing import strategies

SIGNS: dict[str, Any] = {
    "$gt": lambda one, other: one > other,
    "$gte": lambda one, other: one >= other,
    "$lt": lambda one, other: one < other,
    "$lte": lambda one, other: one <= other,
}


def holds(query: Any, record: Any) -> bool:
    """Tell whether a record is meant by a DQL filter without an envelope."""
    for key, value in query.items():
        if key == "$and":
            good = all(holds(part, record) for part in value)
        elif key == "$or":
            good = any(holds(part, record) for part in value)
        elif key == "$not":
            good = not holds(value, record)
        else:
            good = asked(key, value, record)
        if not good:
            return False
    return True


def asked(path: str, condition: Any, record: Any) -> bool:
    """Tell whether a condition on a field holds."""
    if not isinstance(condition, dict):
        return equal(path, condition, record)
    for key, value in condition.items():
        good = operated(path, key, value, record) if key[0] == "$" else asked(f"{path}.{key}", value, record)
        if not good:
            return False
    return True


def operated(path: str, operator: str, value: Any, record: Any) -> bool:
    """Tell whether one operator holds."""
    found = ends(path.split("."), record)
    if operator in SIGNS:
        return any(alike(one, value) and SIGNS[operator](one, value) for one in candidates(found))
    if operator in {"$eq", "$ne"}:
        return equal(path, value, record) == (operator == "$eq")
    if operator in {"$in", "$nin"}:
        return any(equal(path, one, record) for one in value) == (operator == "$in")
    if operator == "$literal":
        return any(same(path, one, record) for one in value)
    if operator == "$exists":
        return bool(found) is value
    assert operator == "$match"
    parts = [part for one in found if isinstance(one, list) for part in one]
    return any(holds(value, part) for part in parts if isinstance(part, dict))


def equal(path: str, value: Any, record: Any) -> bool:
    """Tell whether a field is empty, fits a pattern, or equals a value."""
    found = ends(path.split("."), record)
    if value == []:
        return all(one is None or one in ("", [], {}) for one in found)
    if isinstance(value, str) and set(value) & set("*?"):
        pattern = "".join({"*": ".*", "?": "."}.get(one, re.escape(one)) for one in value)
        texts = [one for one in candidates(found) if isinstance(one, str)]
        return any(re.fullmatch(pattern, text, re.DOTALL) for text in texts)
    return same(path, value, record)


def same(path: str, value: Any, record: Any) -> bool:
    """Tell whether a field equals a value as it is written."""
    found = ends(path.split("."), record)
    if value is None and not found:
        return True
    return any(
        one is None if value is None else alike(one, value) and one == value for one in candidates(found)
    )


def ends(names: Sequence[str], value: Any) -> list[Any]:
    """List what a path reaches."""
    if not names:
        return [value]
    if isinstance(value, list):
        return [end for part in value for end in ends(names, part)]
    return ends(names[1:], value[names[0]]) if isinstance(value, dict) and names[0] in value else []


def candidates(found: list[Any]) -> list[Any]:
    """List what is compared: what is reached, and the elements of lists reached."""
    return found + [part for one in found if isinstance(one, list) for part in one]


def alike(one: Any, other: Any) -> bool:
    """Tell whether two values are of one JSON type, of those that have an order."""
    kinds: list[Any] = [bool, str, (int, float)]
    first = [isinstance(one, kind) for kind in kinds]
    return any(first) and first == [isinstance(other, kind) for kind in kinds]


def conditions() -> st.SearchStrategy[Any]:
    """Give conditions with any operator but `$match`, some on fields below."""
    scalars = strategies.scalars()
    equality: st.SearchStrategy[Any] = st.one_of(scalars, strategies.patterns(), st.just([]))
    values = st.lists(st.one_of(scalars, strategies.patterns()), max_size=3)
    operators: dict[str, st.SearchStrategy[Any]] = {
        "$eq": equality,
        "$ne": equality,
        "$in": values,
        "$nin": values,
        "$literal": values,
        "$exists": st.booleans(),
        **dict.fromkeys(SIGNS, scalars),
    }
    # Chosen by name first, or the many kinds of scalars would crowd out the rest.
    one = st.sampled_from(sorted(operators)).flatmap(lambda key: st.tuples(st.just(key), operators[key]))
    some = st.lists(one, min_size=1, max_size=2).map(dict)
    kinds = {"bare": equality, "empty": st.just([]), "one": some, "two": some}
    return st.recursive(
        st.sampled_from(sorted(kinds)).flatmap(lambda kind: kinds[kind]),
        lambda inner: st.dictionaries(strategies.paths(), inner, min_size=1, max_size=2),
        max_leaves=2,
    )


def documents() -> st.SearchStrategy[dict[str, Any]]:
    """Give DQL filters over the fields that generated attributes have, with every word there is."""
    paths = strategies.paths()

    def around(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
        words = {"$and": st.lists(inner, max_size=2), "$or": st.lists(inner, max_size=2), "$not": inner}
        elements = st.dictionaries(paths, st.fixed_dictionaries({"$match": inner}), min_size=1, max_size=2)
        both = st.fixed_dictionaries({"$and": words["$and"], "$or": words["$or"]})
        one = st.sampled_from(sorted(words)).flatmap(lambda word: st.fixed_dictionaries({word: words[word]}))
        return st.one_of(elements, both, one, st.builds(lambda here, more: {**here, **more}, inner, one))

    return st.recursive(st.dictionaries(paths, conditions(), max_size=2), around, max_leaves=5)
