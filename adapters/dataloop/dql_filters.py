"""Filters of Dataloop's query language, DQL: read into our tree, and written from it.

A DQL filter is an object: each key is a dotted field with a condition, or `$and` or `$or`
with a list of filters, and all keys must hold. What the words mean is what the nodes of
`distribution.filters` mean. Where two readings were possible, ours is:

- Text with * or ? is a pattern wherever equality is asked: bare, in `$eq` and `$ne`, and
  among the values of `$in` and `$nin`; the SDK itself writes `{"filename": {"$in": ["/a/**"]}}`.
  The orders, `$gt` and the like, take text as it is. There is no escape.
- `[]` asks for nothing but null, "", [] and {}; `$eq` and `$ne` take it too.
- `null` asks for null or a missing field, `$exists` for anything, null included.
- `$match` takes a filter, which one element of the list must satisfy as a whole.
- An object without operators goes on with the path: {"a": {"b": 1}} is {"a.b": 1}.

Two words are ours, and no remote service knows them: `{"$not": filter}`, and
`{"field": {"$literal": [values]}}`, which is `$in` without wildcards.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any, cast

import attrs

from distribution.errors import InvalidInput, shown
from distribution.filters import (
    AllOf,
    AnyOf,
    Compare,
    Comparison,
    Element,
    Empty,
    Exists,
    Filter,
    Glob,
    Not,
    OneOf,
)
from distribution.values import Json

ORDERS: dict[str, Comparison] = {"$gt": "greater", "$gte": "at_least", "$lt": "less", "$lte": "at_most"}
SIGN_OF = {relation: sign for sign, relation in ORDERS.items()}

ENVELOPE = ("filter", "page", "pageSize", "sort", "join", "context", "resource", "systemSpace")
"""What may stand around a filter. Where it is all there is, a reader takes it for no field."""


def is_pattern(value: object) -> bool:
    """Tell whether equality with this means that text fits it."""
    return isinstance(value, str) and ("*" in value or "?" in value)


def mapping(value: object, subject: str, known: Collection[str] = ()) -> Mapping[str, object]:
    """Check that something is an object with text for keys, and with *known* keys only if there are any."""
    if not isinstance(value, Mapping):
        raise InvalidInput(subject=subject, must="be an object", got=value)
    for key in value:
        if not isinstance(key, str):
            raise InvalidInput(subject=f"key of {subject}", must="be text", got=key)
        if known and key not in known:
            raise InvalidInput(subject=f"key of {subject}", must=f"be one of {', '.join(known)}", got=key)
    return value


def listed(value: object, subject: str, must: str) -> list[object]:
    """Check that something is a list."""
    if not isinstance(value, (list, tuple)):
        raise InvalidInput(subject=subject, must=must, got=value)
    return list(value)


def _scalar(value: object, subject: str, remedy: str = "") -> Json:
    if not (value is None or isinstance(value, (str, int, float))):
        raise InvalidInput(subject=subject, must="be text, number, truth or null", got=value, remedy=remedy)
    return value


def read_filter(value: object, subject: str = "filter") -> Filter:
    """Read a filter: all of its keys must hold."""
    return _joined(AllOf, [_clause(key, part) for key, part in mapping(value, subject).items()])


def _joined(cls: type[AllOf | AnyOf], clauses: list[Filter]) -> Filter:
    return clauses[0] if len(clauses) == 1 else cls(tuple(clauses))


def _clause(key: str, value: object) -> Filter:
    """Read one key of a filter."""
    if not key.startswith("$"):
        return _condition(key, value)
    if key == "$not":
        return Not(read_filter(value, key))
    if key not in {"$and", "$or"}:
        remedy = "operators on values stand under a field"
        raise InvalidInput(
            subject="operator of a filter", must="be one of $and, $or, $not", got=key, remedy=remedy
        )
    clauses = [read_filter(part) for part in listed(value, key, "be a list of filters")]
    return _joined(AllOf if key == "$and" else AnyOf, clauses)


def _condition(path: str, value: object) -> Filter:
    """Read what is asked of a field."""
    if not isinstance(value, Mapping):
        return _equal(path, value, f"value of {shown(path)}")
    asked = mapping(value, f"condition on {shown(path)}")
    if not asked:
        must = "have an operator or a field"
        raise InvalidInput(subject=f"condition on {shown(path)}", must=must, got=value)
    return _joined(
        AllOf,
        [
            _operator(path, key, part) if key.startswith("$") else _condition(f"{path}.{key}", part)
            for key, part in asked.items()
        ],
    )


def _operator(path: str, operator: str, value: object) -> Filter:
    """Read one operator on a field."""
    subject = f"{operator} of {shown(path)}"
    if operator in ORDERS:
        return Compare(path, ORDERS[operator], _scalar(value, subject))
    if operator not in _READERS:
        raise InvalidInput(
            subject=f"operator of {shown(path)}",
            must=f"be one of {', '.join([*ORDERS, *_READERS])}",
            got=operator,
            remedy="text takes the wildcards * and ?, and $and, $or and $not stand around fields",
        )
    return _READERS[operator](path, value, subject)


def _equal(path: str, value: object, subject: str) -> Filter:
    """Read equality, in which text may be a pattern and [] means empty."""
    if isinstance(value, (list, tuple)) and not value:
        return Empty(path)
    if isinstance(value, str) and is_pattern(value):
        return Glob(path, value)
    return Compare(path, "equal", _scalar(value, subject, "of lists only [] can be asked, or one of: $in"))


def _among(path: str, value: object, subject: str) -> Filter:
    """Read the values of `$in`, of which text may be patterns."""
    values = _values(value, subject)
    patterns: list[Filter] = [Glob(path, cast("str", part)) for part in values if is_pattern(part)]
    if not patterns:
        return OneOf(path, values)
    plain = tuple(part for part in values if not is_pattern(part))
    return _joined(AnyOf, [OneOf(path, plain), *patterns] if plain else patterns)


def _values(value: object, subject: str) -> tuple[Json, ...]:
    parts = listed(value, subject, "be a list of values")
    return tuple(_scalar(part, f"value in {subject}") for part in parts)


def _exists(path: str, value: object, subject: str) -> Filter:
    if not isinstance(value, bool):
        raise InvalidInput(subject=subject, must="be true or false", got=value)
    return Exists(path, negated=not value)


def _negated(where: Filter) -> Filter:
    """Turn what was read as equality into its negation."""
    if isinstance(where, Compare):
        return attrs.evolve(where, relation="not_equal")
    return attrs.evolve(where, negated=True) if isinstance(where, OneOf) else Not(where)


_READERS: dict[str, Callable[[str, object, str], Filter]] = {
    "$eq": _equal,
    "$ne": lambda path, value, subject: _negated(_equal(path, value, subject)),
    "$in": _among,
    "$nin": lambda path, value, subject: _negated(_among(path, value, subject)),
    "$exists": _exists,
    "$match": lambda path, value, subject: Element(path, read_filter(value, subject)),
    "$literal": lambda path, value, subject: OneOf(path, _values(value, subject)),
}


def render(where: Filter, *, portable: bool = True) -> dict[str, Any]:
    """Write a filter in DQL; with *portable* only in words that Dataloop knows, else with ours too.

    Reading it gives a filter that lets the same items through, though not always the same tree.
    Runtime: O(nodes of the filter).

    >>> from distribution.filters import field
    >>> render(Not(AnyOf((field("dir").like("/a*"), field("size").equal(1)))))
    {'$and': [{'dir': {'$ne': '/a*'}}, {'size': {'$ne': 1}}]}
    >>> render(Not(field("size").less(5)), portable=False)
    {'$not': {'size': {'$lt': 5}}}

    Raises:
        InvalidInput: DQL cannot say it; the message has the node and the way out.
    """
    said = _said(where, negated=False, portable=portable)
    return {"$and": [said]} if set(said) & set(ENVELOPE) else said


def _said(where: Filter, *, negated: bool, portable: bool) -> dict[str, Any]:
    """Write a filter or its negation; negations move inwards, where DQL has words for them."""
    if isinstance(where, Not):
        return _said(where.clause, negated=not negated, portable=portable)
    if isinstance(where, (AllOf, AnyOf)):
        clauses = [_said(clause, negated=negated, portable=portable) for clause in where.clauses]
        word = "$and" if isinstance(where, AllOf) != negated else "$or"
        if clauses:
            return {word: clauses}
        # What an empty $or means, nobody says; an empty $in holds for nothing.
        return {} if word == "$and" else {"id": {"$in": []}}
    if not isinstance(where, (Compare, OneOf, Exists, Empty, Glob, Element)):
        raise InvalidInput(subject="what to render", must="be a filter", got=where)
    if where.path.startswith("$"):
        remedy = "DQL takes it for an operator; rename the field"
        raise InvalidInput(subject="field", must="not start with $", got=where.path, remedy=remedy)
    if isinstance(where, Element):
        clause = _merged(_said(where.clause, negated=False, portable=portable))
        return _signed(where, {where.path: {"$match": clause}}, negated=negated, portable=portable)
    if isinstance(where, (Compare, OneOf)):
        return _compared(where, negated=negated, portable=portable)
    if isinstance(where, Exists):
        return {where.path: {"$exists": where.negated == negated}}
    asked: object = where.pattern if isinstance(where, Glob) else []
    return {where.path: {"$ne": asked} if negated else asked}


def _merged(clause: dict[str, Any]) -> dict[str, Any]:
    """Write a plain `$and` as one object, as the SDK does inside `$match`, if no two keys are the same."""
    parts = clause["$and"] if set(clause) == {"$and"} else [clause]
    merged = {key: value for part in parts for key, value in part.items()}
    return merged if len(merged) == sum(map(len, parts)) else clause


def _compared(where: Compare | OneOf, *, negated: bool, portable: bool) -> dict[str, Any]:
    """Write a comparison."""
    if isinstance(where, Compare) and where.relation in SIGN_OF:
        ordered = {where.path: {SIGN_OF[where.relation]: where.value}}
        return _signed(where, ordered, negated=negated, portable=portable)
    values = [where.value] if isinstance(where, Compare) else list(where.values)
    denied = where.relation == "not_equal" if isinstance(where, Compare) else where.negated
    if any(map(is_pattern, values)):
        if portable:
            remedy = "DQL has only wildcards there: use like(...), or portable=False"
            raise InvalidInput(
                subject=f"text to find in {shown(where.path)}",
                must="be free of * and ?",
                got=where,
                remedy=remedy,
            )
        literal = {where.path: {"$literal": values}}
        return {"$not": literal} if denied != negated else literal
    if isinstance(where, OneOf):
        return {where.path: {"$nin" if denied != negated else "$in": values}}
    return {where.path: {"$ne": where.value} if denied != negated else where.value}


def _signed(
    where: Compare | Element, said: dict[str, Any], *, negated: bool, portable: bool
) -> dict[str, Any]:
    """Negate what DQL has no negation of."""
    if negated and portable:
        remedy = "ask for what should hold instead, or use portable=False"
        must = "not be of an order or an element"
        raise InvalidInput(subject=f"negation on {shown(where.path)}", must=must, got=where, remedy=remedy)
    return {"$not": said} if negated else said
