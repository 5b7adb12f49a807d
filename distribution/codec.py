"""Values to JSON-able data and back.

Holds: one way to write every frozen value of the core, with a schema number.
Does not hold: files, databases, other people's formats (adapters do).
Depends on: errors, values.

A value is written as a mapping of its fields with `kind`, the name of its class in
kebab-case; Fractions as "1/3", instants in ISO 8601, durations in seconds; a mapping with
None among its keys as a list of pairs. Reading
follows the type hints of the class, so that every constructor's checks run again on
what comes in. Nothing is imported or called by a name found in the data.

What is to be done for a class or a type hint is worked out once, into a function; where
in the data a part stands is put together only for the message that it is wrong.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from fractions import Fraction
from functools import cache
from operator import attrgetter
from types import NoneType, UnionType
from typing import Any, Literal, TypeAlias, Union, cast, get_args, get_origin, get_type_hints

import attrs

from distribution.errors import InvalidInput
from distribution.values import Json, check_attributes, exact

SCHEMA = 1
"""Number of the form in which values are written; readers refuse a higher one."""
DEPTH_LIMIT = 100
"""How deep values may be nested before they are refused: deeper than any honest one."""

Writer: TypeAlias = Callable[[Any, bool], Json]
At: TypeAlias = "tuple[At, object] | None"
"""Where a part stands: in what, and there under which name or number."""
Reader: TypeAlias = Callable[[Json, At, int], Any]
"""Reads data, that stands somewhere, so deep."""

_PLAIN = frozenset({str, int, float, bool, NoneType})
"""What JSON says as it is; a union of at least these means anything that JSON can say."""


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
    return _writer(type(value))(value, brief)


def _find_writer(cls: Any) -> Writer:
    """Give the function that writes values of a class."""
    if cls in _PLAIN:
        return lambda value, _: value
    if issubclass(cls, (tuple, list)):
        return _write_parts
    if attrs.has(cls):
        return _fields_writer(cls)
    if issubclass(cls, Mapping):
        return _write_mapping
    if issubclass(cls, datetime):
        return lambda value, _: value.isoformat()
    return lambda value, _: _scalar_data(value)


_writer: Callable[[type], Writer] = cache(_find_writer)


def _write_parts(value: Iterable[object], brief: bool) -> Json:  # noqa: FBT001  not called by its name
    return [part if type(part) in _PLAIN else _writer(type(part))(part, brief) for part in value]  # type: ignore[misc]


def _write_mapping(value: Mapping[Any, object], brief: bool) -> Json:  # noqa: FBT001
    pairs = ((key, _writer(type(part))(part, brief)) for key, part in value.items())
    # JSON would make a text of None.
    return [[key, part] for key, part in pairs] if None in value else dict(pairs)


def _fields_writer(cls: Any) -> Writer:
    """Give the function that writes instances of an attrs class."""
    kind, names = kind_of(cls), tuple(a.name for a in attrs.fields(cls))
    defaults = tuple(_default(a.default) for a in attrs.fields(cls))
    if len(names) > 1:
        parts: Callable[[Any], tuple[Any, ...]] = attrgetter(*names)
    else:
        parts = lambda value: tuple(getattr(value, name) for name in names)  # noqa: E731

    def write(value: object, brief: bool) -> Json:  # noqa: FBT001
        data: dict[str, Json] = {"kind": kind}
        for name, default, part in zip(names, defaults, parts(value), strict=True):
            if brief and (part is default or part == default):
                continue
            data[name] = part if type(part) in _PLAIN else _writer(type(part))(part, brief)
        return data

    return write


def _default(default: Any) -> object:
    """Give the default of a field; none where it depends on the other fields."""
    if not isinstance(default, attrs.Factory):  # type: ignore[arg-type]
        return default
    return attrs.NOTHING if default.takes_self else default.factory()


def _scalar_data(value: object) -> Json:
    """Write what JSON has no form of its own for."""
    if isinstance(value, (str, int, float)):
        return value
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
    return _reader(expected)(data, None, 0)


def _place(at: At) -> str:
    """Say where a part stands.

    >>> _place(((None, "shifts"), 0))
    'data.shifts[0]'
    """
    if at is None:
        return "data"
    before, step = at
    return f"{_place(before)}[{step}]" if isinstance(step, int) else f"{_place(before)}.{step}"


def _misfit(expected: Any, data: Json, at: At) -> InvalidInput:
    return InvalidInput(subject=_place(at), must=f"be a {getattr(expected, '__name__', expected)}", got=data)


@cache
def _reader(expected: Any) -> Reader:
    """Give the function that reads what a type hint says."""
    origin, parts = get_origin(expected), get_args(expected)
    if origin in {Union, UnionType}:
        return _any_reader if _PLAIN.issubset(parts) else _union_reader(parts)
    if origin is Literal:
        return _literal_reader(parts)
    if origin is tuple:
        return _tuple_reader(expected, parts[0])
    if origin is not None and len(parts) == 2:
        return _mapping_reader(expected, parts[1])
    if attrs.has(expected):
        return _class_reader(expected)
    return _scalar_reader(expected)


def _any_reader(data: Json, at: At, _: int) -> Json:
    check_attributes(data, _place(at))
    return data


def _literal_reader(allowed: tuple[Any, ...]) -> Reader:
    """Read one of a few texts."""

    def read(data: Json, at: At, _: int) -> Json:
        if data not in allowed:
            must = f"be one of {', '.join(map(repr, allowed))}"
            raise InvalidInput(subject=_place(at), must=must, got=data)
        return data

    return read


def _tuple_reader(expected: Any, part: Any) -> Reader:
    """Read a list of parts of one type."""
    read_part = _reader(part)

    def read(data: Json, at: At, depth: int) -> tuple[Any, ...]:
        if not isinstance(data, list):
            raise _misfit(expected, data, at)
        if part in {int, str} and set(map(type, data)) == {part}:
            # A hundred thousand positions, or ids, are one call in C.
            return tuple(data)
        return tuple([read_part(one, (at, i), depth) for i, one in enumerate(data)])

    return read


def _mapping_reader(expected: Any, part: Any) -> Reader:
    """Read a mapping, also one that is written as a list of pairs."""
    read_part = _reader(part)

    def read(data: Json, at: At, depth: int) -> dict[Any, Any]:
        pairs = _pairs(data)
        if pairs is None:
            raise _misfit(expected, data, at)
        return {key: read_part(one, (at, key), depth) for key, one in pairs}

    return read


def _pairs(data: Json) -> Iterable[tuple[Any, Json]] | None:
    """Give the keys of a mapping with what they lead to; None where it is no mapping."""
    if isinstance(data, dict):
        return data.items()
    if isinstance(data, list) and all(isinstance(part, list) and len(part) == 2 for part in data):
        return ((part[0], part[1]) for part in cast("list[list[Json]]", data))
    return None


def _union_reader(members: tuple[Any, ...]) -> Reader:
    """Choose the member of a union by its kind, or by the type of a scalar."""
    optional = NoneType in members
    kinds = {kind_of(member): _reader(member) for member in members if attrs.has(member)}
    plain = [member for member in members if member is not NoneType and not attrs.has(member)]

    def read(data: Json, at: At, depth: int) -> Any:
        if data is None and optional:
            return None
        kind = data.get("kind") if isinstance(data, dict) else None
        if isinstance(kind, str) and kind in kinds:
            return kinds[kind](data, at, depth)
        if len(plain) == 1 or (plain and not isinstance(data, dict)):
            fitting = [member for member in plain if isinstance(data, _SCALARS.get(member, ()))]
            return _reader([*fitting, *plain][0])(data, at, depth)
        must = f"be of a known kind ({', '.join(sorted(kinds))})"
        raise InvalidInput(subject=_place(at), must=must, got=data)

    return read


def _class_reader(cls: Any) -> Reader:
    """Build a class from its fields; those with a default may be absent, others may not."""
    kind = kind_of(cls)

    def read(data: Json, at: At, depth: int) -> Any:
        if not isinstance(data, dict) or data.get("kind") != kind:
            raise _misfit(cls, data, at)
        if depth > DEPTH_LIMIT:
            raise InvalidInput(subject=_place(at), must=f"be nested at most {DEPTH_LIMIT} deep", got="more")
        known, required = _field_readers(cls)
        values = {}
        for name, part in data.items():
            if name in known:
                plain, read_part = known[name]
                values[name] = part if type(part) in plain else read_part(part, (at, name), depth + 1)
            elif name != "kind":
                raise InvalidInput(subject=_place(at), must=f"have no field {name!r}", got=kind)
        if missing := [name for name in required if name not in values]:
            must = f"have the field {missing[0]!r}"
            raise InvalidInput(subject=_place(at), must=must, got=sorted(data))
        return cls(**values)

    return read


@cache
def _field_readers(cls: Any) -> tuple[dict[str, tuple[frozenset[type], Reader]], tuple[str, ...]]:
    """Give what reads each field of a class, with the types that need no reading; and which must be there."""
    hints = get_type_hints(cls)
    known = {a.name: (_as_it_is(hints[a.name]), _reader(hints[a.name])) for a in attrs.fields(cls)}
    return known, tuple(a.name for a in attrs.fields(cls) if a.default is attrs.NOTHING)


def _as_it_is(expected: Any) -> frozenset[type]:
    """Give the types of data that is what a hint says."""
    members = get_args(expected) if get_origin(expected) in {Union, UnionType} else (expected,)
    return frozenset({str, int, bool, NoneType} & set(members)) if set(members) < _PLAIN else frozenset()


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


def _fraction(text: str, at: At) -> Fraction:
    return exact(Fraction(text) if _RATIO.fullmatch(text) else text, _place(at))


def _scalar_reader(expected: Any) -> Reader:
    """Read a single value."""
    fitting = _SCALARS.get(expected, ())

    def read(data: Json, at: At, _: int) -> object:
        if isinstance(data, fitting) and (expected is bool or not isinstance(data, bool)):
            try:
                if expected is datetime:
                    return datetime.fromisoformat(cast("str", data))
                if expected is timedelta:
                    return timedelta(seconds=cast("float", data))
                return _fraction(cast("str", data), at) if expected is Fraction else data
            except (ValueError, ArithmeticError) as error:
                raise _misfit(expected, data, at) from error
        raise _misfit(expected, data, at)

    return read
