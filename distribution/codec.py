"""Values to JSON-able data and back.

Holds: one way to write every frozen value of the core, with a schema number.
Does not hold: files, databases, other people's formats (adapters do).
Depends on: errors, values.

A value is written as a mapping of its fields with `kind`, the name of its class in
kebab-case; Fractions as "1/3", instants in ISO 8601, durations in seconds; a mapping with
None among its keys as a list of pairs. Reading
follows the type hints of the class, so that every constructor's checks run again on
what comes in. Nothing is imported or called by a name found in the data.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from fractions import Fraction
from functools import cache
from types import NoneType, UnionType
from typing import Any, Literal, Union, cast, get_args, get_origin, get_type_hints

import attrs

from distribution.errors import InvalidInput
from distribution.values import Json, check_attributes, exact

SCHEMA = 1
"""Number of the form in which values are written; readers refuse a higher one."""
DEPTH_LIMIT = 100
"""How deep data may be nested before it is refused: deeper than any honest value."""

_JSON = frozenset({str, int, float, bool, NoneType})
"""A union of at least these means anything that JSON can say."""


@cache
def kind_of(cls: type) -> str:
    """Name a class in kebab-case.

    >>> kind_of(type("AllOf", (), {}))
    'all-of'
    """
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", cls.__name__).lower()


def encode(value: object, *, brief: bool = False) -> Json:
    """Write a value as JSON-able data; *brief* leaves out fields that are as by default.

    >>> from distribution.filters import field
    >>> encode(field("size").greater(10))
    {'kind': 'compare', 'path': 'size', 'relation': 'greater', 'value': 10}
    """
    cls = type(value)
    if cls in _PLAIN:
        return cast("Json", value)
    if isinstance(value, (tuple, list)):
        return [part if type(part) in _PLAIN else encode(part, brief=brief) for part in value]
    known = _fields(cls)  # type: ignore[arg-type]  # a class can be a key
    if known is not None:
        kind, fields = known
        data: dict[str, Json] = {"kind": kind}
        for name, default in fields:
            part = getattr(value, name)
            if not brief or default is attrs.NOTHING or part != default:
                data[name] = part if type(part) in _PLAIN else encode(part, brief=brief)
        return data
    if isinstance(value, Mapping):
        if None in value:
            # JSON would make a text of it.
            return [[key, encode(part, brief=brief)] for key, part in value.items()]
        return {key: encode(part, brief=brief) for key, part in value.items()}
    return _encode_scalar(value)


_PLAIN = frozenset({str, int, float, bool, NoneType})


@cache
def _fields(cls: Any) -> tuple[str, tuple[tuple[str, object], ...]] | None:
    """Give the kind of an attrs class and its fields with their defaults; None for other types."""
    if not attrs.has(cls):
        return None
    return kind_of(cls), tuple((a.name, _default(a.default)) for a in attrs.fields(cls))


def _default(default: Any) -> object:
    """Give the default of a field; none where it depends on the other fields."""
    if not isinstance(default, attrs.Factory):  # type: ignore[arg-type]
        return default
    return attrs.NOTHING if default.takes_self else default.factory()


def _encode_scalar(value: object) -> Json:
    """Write what JSON has no form of its own for."""
    if isinstance(value, (str, int, float)):
        return value
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    return str(value)


def decode(expected: Any, data: Json) -> Any:
    """Read what `encode` wrote as a value of the *expected* type; give the hint, or a union of classes.

    >>> from distribution.filters import Filter, field
    >>> decode(Filter, {"kind": "compare", "path": "size", "relation": "greater", "value": 10})
    Compare(path='size', relation='greater', value=10)

    Raises:
        InvalidInput: the data is not of that type; the message has the path to the part.
    """
    return _decode(expected, data, "data", 0)


def _decode(expected: Any, data: Json, at: str, depth: int) -> Any:
    if depth > DEPTH_LIMIT:
        raise InvalidInput(subject=at, must=f"be nested at most {DEPTH_LIMIT} deep", got="more")
    origin, parts = _shape(expected)
    if origin in {Union, UnionType}:
        return _one_of(parts, data, at, depth)
    if origin is Literal:
        return _literal(parts, data, at)
    if origin is tuple:
        if isinstance(data, list):
            if parts[0] in {int, str} and set(map(type, data)) == {parts[0]}:
                # A hundred thousand positions, or ids, are one call in C.
                return tuple(data)
            return tuple(_decode(parts[0], part, f"{at}[{i}]", depth + 1) for i, part in enumerate(data))
    elif origin is not None:
        pairs = _pairs(data)
        if pairs is not None:
            return {key: _decode(parts[1], part, f"{at}.{key}", depth + 1) for key, part in pairs}
    elif attrs.has(expected):
        if isinstance(data, dict) and data.get("kind") == kind_of(expected):
            return _instance(expected, data, at, depth)
    elif expected in _SCALARS:
        return _scalar(expected, data, at)
    raise InvalidInput(subject=at, must=f"be a {getattr(expected, '__name__', expected)}", got=data)


@cache
def _shape(expected: Any) -> tuple[Any, tuple[Any, ...]]:
    """Give what a type hint is made of."""
    return get_origin(expected), get_args(expected)


def _pairs(data: Json) -> Iterable[tuple[Any, Json]] | None:
    """Give the keys of a mapping with what they lead to; None where it is no mapping."""
    if isinstance(data, dict):
        return data.items()
    if isinstance(data, list) and all(isinstance(part, list) and len(part) == 2 for part in data):
        return ((part[0], part[1]) for part in cast("list[list[Json]]", data))
    return None


def _literal(allowed: tuple[Any, ...], data: Json, at: str) -> Json:
    """Read one of a few texts."""
    if data not in allowed:
        raise InvalidInput(subject=at, must=f"be one of {', '.join(map(repr, allowed))}", got=data)
    return data


def _one_of(members: tuple[Any, ...], data: Json, at: str, depth: int) -> Any:
    """Choose the member of a union by its kind, or by the type of a scalar."""
    if _JSON.issubset(members):
        check_attributes(data, at)
        return data
    if data is None and NoneType in members:
        return None
    if isinstance(data, dict) and "kind" in data:
        for member in members:
            if attrs.has(member) and kind_of(member) == data["kind"]:
                return _decode(member, data, at, depth)
    plain = [member for member in members if member is not NoneType and not attrs.has(member)]
    if len(plain) == 1 or (plain and not isinstance(data, dict)):
        fitting = [member for member in plain if isinstance(data, _SCALARS.get(member, ()))]
        return _decode([*fitting, *plain][0], data, at, depth)
    kinds = ", ".join(sorted(kind_of(member) for member in members if attrs.has(member)))
    raise InvalidInput(subject=at, must=f"be of a known kind ({kinds})", got=data)


@cache
def _expected(cls: Any) -> dict[str, tuple[Any, bool]]:
    """Give the fields of a class with their type hints, and whether they have a default."""
    hints = get_type_hints(cls)
    return {a.name: (hints[a.name], a.default is not attrs.NOTHING) for a in attrs.fields(cls)}


def _instance(cls: Any, data: Mapping[str, Json], at: str, depth: int) -> Any:
    """Build a class from its fields; those with a default may be absent, others may not."""
    known, values = _expected(cls), {}
    unknown = sorted(data.keys() - known.keys() - {"kind"})
    if unknown:
        raise InvalidInput(subject=at, must=f"have no field {unknown[0]!r}", got=kind_of(cls))
    for name, (hint, optional) in known.items():
        if name in data:
            values[name] = _decode(hint, data[name], f"{at}.{name}", depth + 1)
        elif not optional:
            raise InvalidInput(subject=at, must=f"have the field {name!r}", got=sorted(data))
    return cls(**values)


_SCALARS: dict[Any, tuple[type, ...]] = {
    str: (str,),
    int: (int,),
    bool: (bool,),
    float: (int, float),
    Fraction: (str,),
    datetime: (str,),
    timedelta: (int, float),
}


_RATIO = re.compile(r"\d{1,1300}(/\d{1,1300})?", re.ASCII)
"""What `str` makes of a Fraction; its parts may be longer than what callers write by hand."""


def _fraction(text: str, at: str) -> Fraction:
    return exact(Fraction(text) if _RATIO.fullmatch(text) else text, at)


def _scalar(expected: type, data: Json, at: str) -> object:
    """Read a single value."""
    if isinstance(data, _SCALARS[expected]) and (expected is bool or not isinstance(data, bool)):
        try:
            if expected is datetime:
                return datetime.fromisoformat(cast("str", data))
            if expected is timedelta:
                return timedelta(seconds=cast("float", data))
            return _fraction(cast("str", data), at) if expected is Fraction else data
        except (ValueError, ArithmeticError) as error:
            raise InvalidInput(subject=at, must=f"be a {expected.__name__}", got=data) from error
    raise InvalidInput(subject=at, must=f"be a {expected.__name__}", got=data)
