"""Which items: a predicate tree over attributes.

Holds: the nodes, `matches`, the short way to write them, their JSON form.
Does not hold: SQL or a remote query language (adapters translate the tree).
Depends on: errors, values.

What a node means, so that Python, SQL and a remote service answer alike:

- A dotted path descends through mappings, and through lists into every element.
  What it reaches at the end are *candidates*; a list reached at the end stands for
  itself and for its elements.
- A comparison holds if any candidate satisfies it. `not_equal` and `not_in` are the
  negations of `equal` and `is_in`: no candidate may be equal.
- Values compare only within one JSON type: number with number, text with text (by
  code point, so ISO dates compare as dates), truth with truth. `true` is not 1.
- A missing field equals null, and nothing else.
- `exists` asks whether the path reaches anything, null included; `empty` whether it
  reaches nothing but null, "", [] and {}.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Literal, TypeAlias, cast

import attrs

from distribution.errors import InvalidInput
from distribution.values import NESTING_LIMIT, Json, check_attributes

Comparison: TypeAlias = Literal["equal", "not_equal", "greater", "at_least", "less", "at_most"]
COMPARISONS = ("equal", "not_equal", "greater", "at_least", "less", "at_most")
PATH_LIMIT = 512


def check_path(value: object, subject: str) -> str:
    """Return *value* if it is a dotted path: names joined by dots, none empty, else raise.

    Raises:
        InvalidInput: with *subject* and the value.
    """
    if not isinstance(value, str) or not value or len(value) > PATH_LIMIT or not all(value.split(".")):
        raise InvalidInput(subject=subject, must="be names joined by single dots", got=value)
    check_attributes(value, subject)
    return value


def _path(value: str) -> str:
    return check_path(value, "path of a filter")


def _scalar(value: object) -> Json:
    """Check a value to compare with."""
    if not (value is None or isinstance(value, (str, int, float, bool))):
        raise InvalidInput(subject="value of a filter", must="be text, number, truth or null", got=value)
    check_attributes(value, "value of a filter")
    return value


def _scalars(values: Iterable[object]) -> tuple[Json, ...]:
    if isinstance(values, (str, bytes, Mapping)) or not isinstance(values, Iterable):
        raise InvalidInput(subject="values of a filter", must="be a list", got=values)
    return tuple(_scalar(value) for value in values)


def _pattern(value: object) -> str:
    if not isinstance(value, str):
        raise InvalidInput(subject="pattern of a filter", must="be text", got=value)
    check_attributes(value, "pattern of a filter")
    return value


def _relation(value: Comparison) -> Comparison:
    if value not in COMPARISONS:
        raise InvalidInput(
            subject="relation of a filter", must=f"be one of {', '.join(COMPARISONS)}", got=value
        )
    return value


def check_filter(value: Filter) -> Filter:
    """Return a filter that is one, and not nested too deep; else raise `InvalidInput`."""
    if type(value) not in _CHECKS:
        remedy = "build one with field(path).equal(value) and the like"
        raise InvalidInput(subject="clause of a filter", must="be a filter", got=value, remedy=remedy)
    if _depth(value) >= NESTING_LIMIT:
        raise InvalidInput(subject="filter", must=f"be nested at most {NESTING_LIMIT} deep", got="more")
    return value


def _depth(where: Filter) -> int:
    """Count how deep a filter is nested."""
    if isinstance(where, (AllOf, AnyOf)):
        return 1 + max(map(_depth, where.clauses), default=0)
    return 1 + _depth(where.clause) if isinstance(where, (Not, Element)) else 1


def _clauses(value: Iterable[Filter]) -> tuple[Filter, ...]:
    if not isinstance(value, (list, tuple)):
        raise InvalidInput(subject="clauses of a filter", must="be a list or tuple of filters", got=value)
    return tuple(map(check_filter, value))


@attrs.frozen
class Compare:
    """Some candidate at *path* stands in this relation to *value*."""

    path: str = attrs.field(converter=_path)
    relation: Comparison = attrs.field(converter=_relation)
    value: Json = attrs.field(converter=_scalar)


@attrs.frozen
class OneOf:
    """Some candidate at *path* equals one of *values*; with `negated`, none does."""

    path: str = attrs.field(converter=_path)
    values: tuple[Json, ...] = attrs.field(converter=_scalars)
    negated: bool = False


@attrs.frozen
class Exists:
    """The path reaches something, be it null; with `negated`, nothing."""

    path: str = attrs.field(converter=_path)
    negated: bool = False


@attrs.frozen
class Empty:
    """The path reaches nothing but null, "", [] and {}."""

    path: str = attrs.field(converter=_path)


@attrs.frozen
class Glob:
    """Some text at *path* fits a pattern: * is any run of characters, / included, ? is any one."""

    path: str = attrs.field(converter=_path)
    pattern: str = attrs.field(converter=_pattern)


@attrs.frozen
class Element:
    """Some one element of the list at *path* satisfies the whole of *clause*."""

    path: str = attrs.field(converter=_path)
    clause: Filter = attrs.field(converter=check_filter)


@attrs.frozen
class AllOf:
    """Every clause holds; none at all holds for everything."""

    clauses: tuple[Filter, ...] = attrs.field(converter=_clauses)


@attrs.frozen
class AnyOf:
    """Some clause holds; none at all holds for nothing."""

    clauses: tuple[Filter, ...] = attrs.field(converter=_clauses)


@attrs.frozen
class Not:
    """The clause does not hold."""

    clause: Filter = attrs.field(converter=check_filter)


Filter: TypeAlias = Compare | OneOf | Exists | Empty | Glob | Element | AllOf | AnyOf | Not
"""Any node of the tree."""

EVERYTHING = AllOf(())
"""The filter that lets every item through."""


@attrs.frozen
class Field:
    """A path, from which comparisons are made.

    >>> where = AllOf((field("size").at_least(1000), field("dir").like("/a*")))
    >>> matches(where, {"size": 2000, "dir": "/a/b"})
    True
    """

    path: str = attrs.field(converter=_path)

    def equal(self, value: Json) -> Compare:
        """Ask for equality."""
        return Compare(self.path, "equal", value)

    def not_equal(self, value: Json) -> Compare:
        """Ask that no candidate is equal."""
        return Compare(self.path, "not_equal", value)

    def greater(self, value: Json) -> Compare:
        """Ask for more than *value*."""
        return Compare(self.path, "greater", value)

    def at_least(self, value: Json) -> Compare:
        """Ask for *value* or more."""
        return Compare(self.path, "at_least", value)

    def less(self, value: Json) -> Compare:
        """Ask for less than *value*."""
        return Compare(self.path, "less", value)

    def at_most(self, value: Json) -> Compare:
        """Ask for *value* or less."""
        return Compare(self.path, "at_most", value)

    def is_in(self, values: Iterable[Json]) -> OneOf:
        """Ask for one of *values*."""
        return OneOf(self.path, cast("tuple[Json, ...]", values))

    def not_in(self, values: Iterable[Json]) -> OneOf:
        """Ask for none of *values*."""
        return OneOf(self.path, cast("tuple[Json, ...]", values), negated=True)

    def exists(self) -> Exists:
        """Ask that there is anything, be it null."""
        return Exists(self.path)

    def missing(self) -> Exists:
        """Ask that there is nothing, not even null."""
        return Exists(self.path, negated=True)

    def empty(self) -> Empty:
        """Ask that there is nothing but null, "", [] and {}."""
        return Empty(self.path)

    def like(self, pattern: str) -> Glob:
        """Ask for text that fits a pattern with * and ?."""
        return Glob(self.path, pattern)

    def element(self, clause: Filter) -> Element:
        """Ask for one element that satisfies the whole of *clause*."""
        return Element(self.path, clause)


def field(path: str) -> Field:
    """Name a field by its dotted path, to compare it with something."""
    return Field(path)


def reach(attributes: Json, path: str) -> Iterator[Json]:
    """Yield the values at the end of a dotted path, lists on the way opened.

    >>> list(reach({"refs": [{"id": 1}, {"id": [2, 3]}, {}]}, "refs.id"))
    [1, [2, 3]]
    """
    return _reach(attributes, path.split("."), 0)


def _reach(value: Json, names: Sequence[str], at: int) -> Iterator[Json]:
    if at == len(names):
        yield value
    elif isinstance(value, Mapping):
        if names[at] in value:
            yield from _reach(value[names[at]], names, at + 1)
    elif isinstance(value, (list, tuple)):
        for part in value:
            yield from _reach(part, names, at)


def _candidates(attributes: Json, path: str) -> Iterator[Json]:
    """Yield what a comparison looks at: what is reached, and the elements of lists reached."""
    for value in reach(attributes, path):
        yield value
        if isinstance(value, (list, tuple)):
            yield from value


def kind(value: Json) -> str:
    """Name the JSON type of a value; only values of one kind compare.

    >>> kind(True), kind(1.5), kind("x"), kind(None), kind([])
    ('truth', 'number', 'text', 'null', 'list')
    """
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "truth"
    if isinstance(value, (int, float)):
        return "number"
    if isinstance(value, str):
        return "text"
    return "mapping" if isinstance(value, Mapping) else "list"


def matches(where: Filter, attributes: Mapping[str, Json]) -> bool:
    """Tell whether an item with these attributes is meant.

    Runtime: O(nodes of the filter * values reached).

    >>> matches(Not(field("tags").equal("cat")), {"tags": ["dog", "cow"]})
    True
    """
    if type(where) not in _CHECKS:
        check_filter(where)
    return _CHECKS[type(where)](where, attributes)


def _compare(where: Compare, attributes: Json) -> bool:
    if where.relation == "equal":
        return _equals_any(attributes, where.path, (where.value,))
    if where.relation == "not_equal":
        return not _equals_any(attributes, where.path, (where.value,))
    value, relation = where.value, where.relation
    wanted = kind(value)
    for candidate in _candidates(attributes, where.path):
        if kind(candidate) == wanted and wanted != "null":
            below = cast("float", candidate) < cast("float", value)
            same = candidate == value
            if (
                (relation == "greater" and not below and not same)
                or (relation == "at_least" and not below)
                or (relation == "less" and below)
                or (relation == "at_most" and (below or same))
            ):
                return True
    return False


def _equals_any(attributes: Json, path: str, values: tuple[Json, ...]) -> bool:
    """Tell whether some candidate equals some value; a missing field equals null."""
    wanted = {(kind(value), value) for value in values}
    found = False
    for candidate in _candidates(attributes, path):
        found = True
        what = kind(candidate)
        if what not in {"list", "mapping"} and (what, candidate) in wanted:
            return True
    return not found and ("null", None) in wanted


def _empty(attributes: Json, path: str) -> bool:
    return all(
        value is None or (kind(value) in {"text", "list", "mapping"} and not value)
        for value in reach(attributes, path)
    )


def _element(where: Element, attributes: Json) -> bool:
    """Open the lists reached; only mappings among their elements have fields."""
    return any(
        isinstance(part, Mapping) and matches(where.clause, part)
        for value in reach(attributes, where.path)
        if isinstance(value, (list, tuple))
        for part in value
    )


_CHECKS: dict[type, Callable[..., bool]] = {
    Compare: _compare,
    OneOf: lambda where, attributes: _equals_any(attributes, where.path, where.values) != where.negated,
    Exists: lambda where, attributes: any(True for _ in reach(attributes, where.path)) != where.negated,
    Empty: lambda where, attributes: _empty(attributes, where.path),
    Glob: lambda where, attributes: any(
        isinstance(text, str) and fits(where.pattern, text) for text in _candidates(attributes, where.path)
    ),
    Element: _element,
    AllOf: lambda where, attributes: all(matches(clause, attributes) for clause in where.clauses),
    AnyOf: lambda where, attributes: any(matches(clause, attributes) for clause in where.clauses),
    Not: lambda where, attributes: not matches(where.clause, attributes),
}


def fits(pattern: str, text: str) -> bool:
    """Tell whether the whole of *text* fits *pattern*, in which * is any run and ? any one character.

    Leftmost matches of the pieces between stars are enough: O(len(text) * len(pattern)).

    >>> fits("*.p?", "/a/b.py"), fits("a*b", "ab/c")
    (True, False)
    """
    pieces = _pieces(pattern)
    if len(pieces) == 1:
        return pieces[0][0].fullmatch(text) is not None
    found = pieces[0][0].match(text)
    for piece, _ in pieces[1:-1]:
        found = found and piece.search(text, found.end())
    last, length = pieces[-1]
    end = len(text) - length
    return found is not None and found.end() <= end and last.match(text, end) is not None


@lru_cache(maxsize=256)
def _pieces(pattern: str) -> list[tuple[re.Pattern[str], int]]:
    """Cut a pattern at its stars; a piece is literal but for ?, so it is as long as the text it fits."""
    return [
        (re.compile("".join("." if c == "?" else re.escape(c) for c in piece), re.DOTALL), len(piece))
        for piece in pattern.split("*")
    ]
