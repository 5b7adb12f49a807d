"""A strategy for any value of the core, from the types of its fields.

Holds: `values`, for a class, a union of classes or any other type hint of the core.
Does not hold: strategies written by hand (see strategies, task_strategies), which it uses
where there are some: they shrink better, and know what fits together.
Depends on: strategies, task_strategies, and the classes that have one there.

What a constructor refuses is drawn again. So a value is built of plain parts; where they
have to fit each other the strategy is written by hand, here too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import cache
from types import NoneType, UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

import attrs
from hypothesis import reject
from hypothesis import strategies as st

from distribution.acceptance import AQLS, LEVELS, Severity
from distribution.basis import Basis
from distribution.diff import Diff
from distribution.errors import InvalidInput
from distribution.events import Cell, Entry, Event, Shift, Stamp
from distribution.filters import Filter
from distribution.members import Limit, Member, Standing
from distribution.outcomes import Batch, Changed, Outcome
from distribution.overlap import Overlap
from distribution.plan import Plan
from distribution.ports import Page, Placement
from distribution.pull import Pull
from distribution.rules import Rules
from distribution.samples import Aql
from distribution.stopping import StoppingRule
from distribution.task import Ask, Row, Task
from distribution.testing import strategies as plain
from distribution.testing import task_strategies as given
from distribution.turns import RULES, Turns
from distribution.values import Item, Json
from distribution.workload import Workload

T = TypeVar("T")

BY_HAND: Mapping[Any, Callable[[], st.SearchStrategy[Any]]] = {
    Ask: given.asks,
    Batch: given.batches,
    Cell: given.cells,
    Changed: given.changes,
    Diff: given.diffs,
    Entry: given.entries,
    Event: given.events,
    Item: given.prioritized,
    Limit: given.limits,
    Member: given.members,
    Outcome: given.outcomes,
    Overlap: given.overlaps,
    Page: given.pages,
    Placement: given.placements,
    Plan: plain.overlapped_plans,
    Pull: given.pulls,
    Row: given.rows,
    Rules: plain.rules,
    Shift: given.shifts,
    Stamp: given.stamps,
    Standing: given.standings,
    Task: given.tasks,
    Workload: plain.workloads,
    Basis: plain.bases,
    Filter: plain.filters,
    StoppingRule: given.stopping_rules,
    Turns: lambda: st.builds(
        lambda weights, rule, taken: Turns.start(weights, rule=rule).take(taken)[0],
        plain.weights(),
        st.sampled_from([*RULES]),
        st.integers(0, 20),
    ),
    Aql: lambda: st.builds(
        Aql,
        limit=st.sampled_from([limit for limit in AQLS if limit <= 10]),
        level=st.sampled_from(sorted(LEVELS)),
        severity=st.sampled_from(get_args(Severity)),
    ),
    Json: plain.attribute_values,
}
"""What is drawn by a strategy of its own."""
SIMPLE: Mapping[Any, Callable[[], st.SearchStrategy[Any]]] = {
    str: plain.ids,
    int: given.counts,
    bool: st.booleans,
    float: lambda: st.floats(0, 1),
    Fraction: lambda: st.fractions(0, 1, max_denominator=100) | st.integers(1, 100).map(Fraction),
    Decimal: lambda: st.decimals(0, 100, places=2),
    datetime: given.instants,
    timedelta: given.durations,
    object: given.texts,
    NoneType: st.none,
}


def values(kind: Any) -> st.SearchStrategy[Any]:
    """Give values of a class of the core, of a union of such, or of any type its fields have.

    Raises:
        InvalidInput: there is no way to build one.
    """
    return st.deferred(lambda: _values(kind))


@cache
def _values(kind: Any) -> st.SearchStrategy[Any]:
    for known in (BY_HAND, SIMPLE):
        if kind in known:
            return known[kind]()
    origin, parts = get_origin(kind), get_args(kind)
    if origin in {Union, UnionType}:
        whatever = {str, int, float, bool}.issubset(parts)
        return plain.attribute_values() if whatever else st.one_of([values(part) for part in parts])
    if origin is Literal:
        return st.sampled_from(parts)
    if origin is tuple and parts[-1] is not ...:
        return st.tuples(*map(values, parts))
    if origin in COLLECTIONS:
        return _collection(origin, parts)
    if isinstance(kind, TypeVar):
        return values(object)
    if attrs.has(kind):
        return _built(kind)
    raise InvalidInput(subject="a type", must="be one of the core", got=kind)


COLLECTIONS: Mapping[Any, Callable[[Any], Any]] = {
    tuple: tuple, list: list, Sequence: tuple, Iterable: tuple,
    frozenset: frozenset, set: set, dict: dict, Mapping: dict,
}  # fmt: skip
"""What is made of a few parts, by the type that is asked for."""


def _collection(origin: Any, parts: Sequence[Any]) -> st.SearchStrategy[Any]:
    """Give a few parts together; of sets and mappings each once."""
    made = COLLECTIONS[origin]
    part = values(parts[0]) if made is not dict else st.tuples(values(parts[0]), values(parts[1]))
    return st.lists(part, max_size=3).map(made)


def _built(cls: type[T]) -> st.SearchStrategy[T]:
    """Build a class of its fields; what it refuses is drawn again."""
    hints = get_type_hints(cls)
    fields = {a.name: a.alias or a.name for a in attrs.fields(cls)}  # type: ignore[arg-type]

    @st.composite
    def built(draw: st.DrawFn) -> T:
        drawn = {alias: draw(values(hints[name])) for name, alias in fields.items()}
        try:
            return cls(**drawn)
        except (InvalidInput, ArithmeticError):
            reject()

    return built()
