"""The predicate tree in the SQL of SQLite, so that the database selects.

`condition` answers for every tree and every mapping that `check_attributes` accepts as
`matches` does, in the SQL of SQLite 3.38 and later, without functions of our own.

How it is built, and why not more plainly:

- A name of a path is a join with `json_each` or `json_tree`, whose `key` is decoded, where
  JSON paths before 3.45 compare a name as it is spelled, escapes included, and cannot spell
  a quote. A node below lists counts if the steps to it are all list indexes.
- What is asked of elements stands side by side, as tables of those that hold, and not
  inside each other, and so do clauses nested deep: before 3.46 the parser's stack has
  100 entries, of which one nested SELECT takes some seven.
- SQLite does not always read the float that was written. Of 400,000 random bit patterns,
  written as Python's `json` writes them, 3.38 and 3.40 misread 2,192 by one float, 3.43 to
  3.46 misread 80 by one, 3.47.2 misreads 64,151 by up to three, 3.38 built without long
  double, as on Windows, 324,134 by up to eight; 3.54.1 and Debian's 3.40.1 none.
  What SQLite reads decides only where it is far enough from the value compared with;
  nearer, the text of the number is looked up among the texts of the neighbouring floats.
- GLOB reads U+FFFE and U+FFFF as U+FFFD, raises beyond 50,000 bytes, and recurses once
  for each star. What it cannot do goes piece by piece.

Numbers must be written as Python's `json` writes them, and the database be UTF-8.
A filter is limited by what a statement may hold: 32,766 parameters, and 1,000,000 bytes
in some builds: some thousand comparisons. All values of one `OneOf` are five parameters at most.
"""

from __future__ import annotations

import json
import math
import operator
import re
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeAlias, cast

from distribution.filters import AllOf, AnyOf, Compare, Element, Empty, Exists, Filter, Glob, Not, OneOf
from distribution.values import INTEGER_LIMIT, NESTING_LIMIT, Json

MISREAD = 16
"""Floats between two that SQLite surely reads in the right order; see above."""
GLOB_LIMIT = 1000
"""Characters of the longest pattern left to GLOB, and so the depth of its recursion."""
WIDTH = 100
"""Clauses joined in one run: the height of an expression is limited to 1,000."""
ROOM = 8
"""Clauses open inside each other before the next moves to a table of its own; each takes three entries."""
JOINS = 30
"""Tables of elements joined to one other: a join has at most 64."""


class _Sql(NamedTuple):
    """A condition that is 0 or 1, never NULL, and binds like one term."""

    text: str
    values: tuple[object, ...] = ()


class _Seen(NamedTuple):
    """Where a test finds the JSON type of a candidate, its value and its text, all in SQL."""

    type: str
    value: str
    text: str


_Test: TypeAlias = Callable[[_Seen], _Sql]
NEVER = _Sql("0")
ORDERS: dict[str, tuple[str, Callable[[Any, Any], bool]]] = {
    "greater": (">", operator.gt),
    "at_least": (">=", operator.ge),
    "less": ("<", operator.lt),
    "at_most": ("<=", operator.le),
}


def condition(where: Filter, record: str) -> tuple[str, list[object]]:
    """Write a filter as an SQL condition with the values of its parameters, in their order.

    *record* is an SQL expression without parameters for the attributes, as the JSON text of
    an object. Name its columns with their table, whose name starts with no underscore:
    inside the condition a bare `value` means another.
    The condition is 1 or 0, never NULL, so NOT may stand before it.

    >>> text, values = condition(Exists("size"), "item.attributes")
    >>> text
    'EXISTS (SELECT 1 FROM json_each(item.attributes) _n1 WHERE _n1.key = ?)'
    >>> values
    ['size']
    """
    translation = _Translation()
    held = translation.holds(where, _Scope(record))
    if not translation.tables:
        return held.text, list(held.values)
    tables = ", ".join(table.text for table in translation.tables)
    values = [value for part in (*translation.tables, held) for value in part.values]
    return f"(WITH {tables} SELECT {held.text})", values


class _Scope:
    """What paths start from: the record, or the elements that a clause is asked about."""

    def __init__(self, record: str, table: str = "", depth: int = 1) -> None:
        self.record = record
        self.table = table
        """Has the record as a column; none for the record of the caller."""
        self.depth = depth
        """Lists and mappings around the fields, at least; beyond the limit nothing is reached."""
        self.joins: list[str] = []


class _Translation:
    """One filter on its way: the tables of elements that it needs, in their order."""

    def __init__(self) -> None:
        self.tables: list[_Sql] = []

    def holds(self, where: Filter, scope: _Scope, level: int = 0) -> _Sql:
        """Translate a node that stands inside so many others."""
        if isinstance(where, Element):
            return self._element(where, scope)
        if not isinstance(where, (Not, AllOf, AnyOf)):
            return _leaf(where, scope)
        if level == ROOM:
            inner = _Scope(scope.record, scope.table, scope.depth)
            return self._held(self.holds(where, inner), scope.record if scope.table else "0", inner, scope)
        if isinstance(where, Not):
            return _sign(self.holds(where.clause, scope, level + 1), negated=True)
        word = "AND" if isinstance(where, AllOf) else "OR"
        return _joined(word, [self.holds(clause, scope, level + 1) for clause in where.clauses])

    def _element(self, where: Element, scope: _Scope) -> _Sql:
        """Collect the elements, then the owners of those that satisfy the clause."""
        depth = scope.depth + len(where.path.split(".")) + 1
        if depth > NESTING_LIMIT:
            return NEVER
        part = f"_part{len(self.tables)}"
        tables, tests, names = _reach(scope.record, where.path)
        owner, source = (scope.record, f"{scope.table} CROSS JOIN ") if scope.table else ("0", "")
        self._table(
            f"{part}(owner, value) AS (SELECT {owner}, _e.value FROM {source}{tables}"
            f" CROSS JOIN json_each({_list(_last(where.path))}) _e WHERE {tests} AND _e.type = 'object')",
            names,
        )
        inner = _Scope(f"{part}.value", part, depth)
        return self._held(self.holds(where.clause, inner), f"{part}.owner", inner, scope)

    def _held(self, clause: _Sql, owner: str, inner: _Scope, outer: _Scope) -> _Sql:
        """Collect what the clause holds for, and ask whether what *outer* is about is among it."""
        held = f"_held{len(self.tables)}"
        joins = "".join(f" LEFT JOIN {name} ON {name}.owner = {inner.record}" for name in inner.joins)
        source = f" FROM {inner.table}{joins}" if inner.table else ""
        self._table(f"{held}(owner) AS (SELECT DISTINCT {owner}{source} WHERE {clause.text})", clause.values)
        if not outer.table:
            return _Sql(f"EXISTS (SELECT 1 FROM {held})")
        if len(outer.joins) == JOINS:
            return _Sql(f"{outer.record} IN (SELECT owner FROM {held})")
        outer.joins.append(held)
        return _Sql(f"{held}.owner IS NOT NULL")

    def _table(self, text: str, values: tuple[object, ...]) -> None:
        self.tables.append(_Sql(text, values))


def _joined(word: str, clauses: Sequence[_Sql]) -> _Sql:
    """Join clauses with AND or OR."""
    if not clauses:
        return _Sql("1" if word == "AND" else "0")
    if len(clauses) == 1:
        return clauses[0]
    if len(clauses) > WIDTH:
        size = -(-len(clauses) // WIDTH)
        runs = [clauses[at : at + size] for at in range(0, len(clauses), size)]
        return _joined(word, [_joined(word, run) for run in runs])
    text = f" {word} ".join(clause.text for clause in clauses)
    return _Sql(f"({text})", tuple(value for clause in clauses for value in clause.values))


def _leaf(where: Compare | OneOf | Exists | Empty | Glob, scope: _Scope) -> _Sql:
    """Translate a node without clauses."""
    if isinstance(where, Exists):
        return _sign(_reached(scope, where.path), negated=where.negated)
    if isinstance(where, Empty):
        return _empty(scope, where.path)
    if isinstance(where, Glob):
        return _some(scope, where.path, _glob(where.pattern))
    if isinstance(where, OneOf):
        return _sign(_equal(scope, where.path, where.values), negated=where.negated)
    if where.relation in ORDERS:
        return _some(scope, where.path, _order(where))
    return _sign(_equal(scope, where.path, (where.value,)), negated=where.relation == "not_equal")


def _sign(clause: _Sql, *, negated: bool) -> _Sql:
    return _Sql(f"(NOT {clause.text})", clause.values) if negated else clause


def _reach(record: str, path: str) -> tuple[str, str, tuple[str, ...]]:
    """Write the tables and tests that follow a path through mappings and lists, and its names."""
    names = tuple(path.split("."))
    tables, tests = [f"json_each({record}) _n1"], ["_n1.key = ?"]
    for at in range(2, len(names) + 1):
        # A scalar is its own atom: nullif keeps json_tree from reading a text as JSON.
        tables.append(f"json_tree(nullif(_n{at - 1}.value, _n{at - 1}.atom)) _n{at}")
        tests.append(f"_n{at}.key = ? AND ltrim(_n{at}.path, '$[]0123456789') = ''")
    return " CROSS JOIN ".join(tables), " AND ".join(tests), names


def _last(path: str) -> str:
    """Name the row in which a path ends."""
    return f"_n{path.count('.') + 1}"


def _list(row: str) -> str:
    """Write the list that a row reached, or NULL."""
    return f"iif({row}.type = 'array', {row}.value, NULL)"


def _reached(scope: _Scope, path: str, test: str = "", lists: str = "") -> _Sql:
    """Ask for something at the end of a path that passes the test; *lists* joins what it is to open."""
    tables, tests, names = _reach(scope.record, path)
    if scope.depth + len(names) - 1 > NESTING_LIMIT:
        return NEVER
    return _Sql(f"EXISTS (SELECT 1 FROM {tables}{lists} WHERE {tests}{test})", names)


def _empty(scope: _Scope, path: str) -> _Sql:
    """Ask that there is nothing but null, "", [] and {}."""
    row = _last(path)
    full = (
        f" AND CASE {row}.type WHEN 'null' THEN 0 WHEN 'text' THEN {row}.value <> ''"
        f" WHEN 'array' THEN {row}.value <> '[]' WHEN 'object' THEN {row}.value <> '{{}}' ELSE 1 END"
    )
    return _sign(_reached(scope, path, full), negated=True)


def _some(scope: _Scope, path: str, test: _Test) -> _Sql:
    """Ask for a candidate that passes the test."""
    row = _last(path)
    seen = _Seen(
        f"coalesce(_c.type, {row}.type)",
        f"iif(_c.type IS NULL, {row}.value, _c.value)",
        f"iif(_c.type IS NULL, {_text(row)}, _c.json -> _c.fullkey)",
    )
    found = test(seen)
    reached = _reached(scope, path, f" AND {found.text}", f" LEFT JOIN json_each({_list(row)}) _c")
    return reached if reached is NEVER else _Sql(reached.text, reached.values + found.values)


def _text(row: str) -> str:
    r"""Write the text of the number that a row reached by name.

    A name can be looked up as the text spells it, except for its quotes; so these, and
    first the backslashes that are no part of them, get the spelling \u0022.
    """
    plain = r"replace(replace({}, '\\', '\u005c'), '\"', '\u0022')".format
    name = f"trim(substr({plain(f'{row}.fullkey')}, length({row}.path) + 2), '\"')"
    return f"{plain(f'{row}.json')} -> ({row}.path || '.\"' || {name} || '\"')"


def _equal(scope: _Scope, path: str, values: Sequence[Json]) -> _Sql:
    """Ask for a candidate that equals a value; a missing field equals null."""
    tests = [test for part in (_types, _texts, _integers, _reals) if (test := part(values))]

    def any_of(seen: _Seen) -> _Sql:
        return _joined("OR", [test(seen) for test in tests])

    found = [_some(scope, path, any_of)] if tests else []
    if None in values:
        found.append(_sign(_reached(scope, path), negated=True))
    return _joined("OR", found)


def _types(values: Sequence[Json]) -> _Test | None:
    """Test for null, true and false."""
    names = {True: "'true'", False: "'false'", None: "'null'"}
    wanted = sorted({names[value] for value in values if value is None or isinstance(value, bool)})
    return (lambda seen: _Sql(f"{seen.type} IN ({', '.join(wanted)})")) if wanted else None


def _listed(expression: str, values: Sequence[object]) -> _Sql:
    """Ask whether an expression is among values, of which there may be any number."""
    if len(values) == 1:
        return _Sql(f"{expression} = ?", tuple(values))
    return _Sql(f"{expression} IN (SELECT value FROM json_each(?))", (json.dumps(values),))


def _typed(name: str, seen: _Seen, test: _Sql) -> _Sql:
    return _Sql(f"({seen.type} = '{name}' AND {test.text})", test.values)


def _texts(values: Sequence[Json]) -> _Test | None:
    texts = [value for value in values if isinstance(value, str)]
    return (lambda seen: _typed("text", seen, _listed(seen.value, texts))) if texts else None


def _numbers(values: Sequence[Json]) -> list[int | float]:
    return [value for value in values if isinstance(value, (int, float)) and not isinstance(value, bool)]


def _integers(values: Sequence[Json]) -> _Test | None:
    """Test for whole numbers written without a point; one may be sought as a float."""
    limit = INTEGER_LIMIT
    whole = [int(value) for value in _numbers(values) if value == int(value) and -limit <= value < limit]
    return (lambda seen: _typed("integer", seen, _listed(seen.value, whole))) if whole else None


def _reals(values: Sequence[Json]) -> _Test | None:
    """Test for numbers written as floats."""
    floats = [float(value) for value in _numbers(values) if float(value) == value]
    if not floats:
        return None
    texts = sorted({text for value in floats for text in ((repr(value),) if value else ("0.0", "-0.0"))})
    limits = (_shifted(min(floats), -MISREAD), _shifted(max(floats), MISREAD))

    def among(seen: _Seen) -> _Sql:
        near, test = f"{seen.value} BETWEEN ? AND ?", _listed(seen.text, texts)
        return _typed("real", seen, _Sql(f"{near} AND {test.text}", limits + test.values))

    return among


def _order(where: Compare) -> _Test:
    """Test for what stands above or below a value of its own type."""
    value, (sign, stands) = where.value, ORDERS[where.relation]
    if value is None:
        return lambda _: NEVER
    if isinstance(value, bool):
        return _types([truth for truth in (False, True) if stands(truth, value)]) or (lambda _: NEVER)
    if isinstance(value, str):
        return lambda seen: _typed("text", seen, _Sql(f"{seen.value} {sign} ?", (value,)))
    number = cast("float", value)
    near = (_shifted(number, -MISREAD), _shifted(number, MISREAD))
    floats = (_shifted(number, steps) for steps in range(-2 * MISREAD, 2 * MISREAD + 1))
    answers = json.dumps({repr(float(other)): int(stands(other, number)) for other in floats})

    def in_order(seen: _Seen) -> _Sql:
        exact = f"json_extract(?, '$.\"' || {seen.text} || '\"')"
        return _Sql(
            f"({seen.type} IN ('integer', 'real') AND coalesce("
            f"CASE WHEN {seen.value} BETWEEN ? AND ? THEN {exact} END, {seen.value} {sign} ?))",
            (*near, answers, number),
        )

    return in_order


def _shifted(number: float, steps: int) -> float:
    """Give the float so many floats above or below."""
    number = float(number)
    for _ in range(abs(steps)):
        number = math.nextafter(number, math.copysign(math.inf, steps))
    return number


def _glob(pattern: str) -> _Test:
    """Test for text that fits a pattern."""
    pattern = re.sub(r"\*+", "*", pattern)
    if len(pattern) <= GLOB_LIMIT and not re.search("[\ufffd-\uffff]", pattern):
        literal = pattern.replace("[", "[[]")
        return lambda seen: _typed("text", seen, _Sql(f"{seen.value} GLOB ?", (literal,)))
    first, *others = map(_piece, pattern.split("*"))
    if not others:
        return lambda seen: _typed(
            "text", seen, _Sql(f"length({seen.value}) = ? AND {_starts(seen.value, '?')}", first)
        )
    return lambda seen: _typed("text", seen, _walk(seen.value, first, others))


def _piece(piece: str) -> tuple[int, str]:
    """Give the length of a piece without stars and, as JSON, where which literal text stands in it."""
    runs = [[found.start() + 1, len(found[0]), found[0]] for found in re.finditer(r"[^?]+", piece)]
    return len(piece), json.dumps(runs)


def _starts(text: str, runs: str) -> str:
    """Ask whether a text starts with a piece, but for its length."""
    return (
        f"NOT EXISTS (SELECT 1 FROM json_each({runs}) _r"
        f" WHERE substr({text}, _r.value ->> 0, _r.value ->> 1) <> _r.value ->> 2)"
    )


def _walk(text: str, first: tuple[int, str], others: Sequence[tuple[int, str]]) -> _Sql:
    """Find the pieces one after the other, each as far left as it goes, the last at the end."""
    *middle, last = others
    pieces = json.dumps([[length, json.loads(runs)] for length, runs in middle])
    least = first[0] + sum(length for length, _ in others)
    here = _starts("_walk.rest", "_p.value -> 1")
    return _Sql(
        f"(length({text}) >= ? AND {_starts(text, '?')} AND EXISTS (WITH RECURSIVE _walk(piece, rest) AS ("
        f"SELECT 0, substr({text}, ? + 1) UNION ALL"
        f" SELECT _walk.piece + ({here}), substr(_walk.rest, iif({here}, (_p.value ->> 0) + 1, 2))"
        " FROM _walk CROSS JOIN json_each(?) _p"
        " WHERE _p.key = _walk.piece AND length(_walk.rest) >= _p.value ->> 0)"
        " SELECT 1 FROM _walk WHERE piece = ? AND length(rest) >= ?"
        f" AND {_starts('substr(rest, length(rest) - ? + 1)', '?')}))",
        (least, first[1], first[0], pieces, len(middle), last[0], last[1], last[0]),
    )
