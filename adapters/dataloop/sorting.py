"""The order in which a list is asked for: by the first value at each path, numbers before texts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from adapters.dataloop.calls import Body, page_of
from adapters.dataloop.dql import Direction, Query
from distribution.filters import reach


def place(body: Mapping[str, Any], path: str) -> tuple[int, Any]:
    """Tell where something stands by its first value at a path; what has none comes first.

    >>> sorted([{"a": "x"}, {"a": 2}, {"b": 1}], key=lambda body: place(body, "a"))
    [{'b': 1}, {'a': 2}, {'a': 'x'}]
    """
    value = next(iter(reach(body, path)), None)
    if isinstance(value, (int, float)):
        return (1, value)
    return (2, value) if isinstance(value, str) else (0, 0)


def in_order(bodies: Iterable[Body], sort: Sequence[tuple[str, Direction]]) -> list[Body]:
    """Sort by several fields, the most important first; what is alike stays in the order it came in.

    >>> in_order([{"a": 1, "b": 1}, {"a": 2, "b": 1}], [("b", "ascending"), ("a", "descending")])
    [{'a': 2, 'b': 1}, {'a': 1, 'b': 1}]
    """
    made = list(bodies)
    for path, direction in reversed(sort):
        made.sort(key=lambda body: place(body, path), reverse=direction == "descending")
    return made


def page_asked(bodies: Iterable[Body], asked: Query) -> Body:
    """Give the page that a query asks for, of all that it means, in its order."""
    return page_of(in_order(bodies, asked.sort), asked.page, asked.page_size)
