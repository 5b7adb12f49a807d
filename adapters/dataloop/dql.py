"""Dataloop's query language, DQL: queries read, filters read and written.

A query is an envelope, whose `filter` is the filter, or a bare filter; the language of
filters is told in `dql_filters`. An object is an envelope if it has the key `filter`, or
no key but those of an envelope; a field of such a name is asked for inside `$and`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Literal, TypeAlias, cast

import attrs

from adapters.dataloop.dql_filters import ENVELOPE, is_pattern, listed, mapping, read_filter, render
from distribution.errors import InvalidInput, shown
from distribution.filters import EVERYTHING, Filter, check_path
from distribution.values import NESTING_LIMIT, check_count, check_id

__all__ = ["Query", "parse", "parse_text", "render"]

PAGE_SIZE = 1000
"""Rows of a page, at most and by default."""
PAGE_LIMIT = 2**31
"""Pages are counted below it."""
PART_LIMIT = 3000
"""Parts of a query but for plain values in lists; some databases take no longer statement."""
DEPTH_LIMIT = 2 * NESTING_LIMIT + 8
"""Objects and lists inside each other; every filter that can be built can be written in fewer."""

Direction: TypeAlias = Literal["ascending", "descending"]
"""How a field is sorted."""

JOIN_ON = {"resource": "annotations", "local": "itemId", "forigen": "id"}
"""The one join there is, in the SDK's own spelling."""


def parse(query: object) -> Filter:
    """Read a DQL filter, with or without its envelope; what the envelope says of pages is left aside.

    >>> parse({"$and": [{"hidden": False}, {"filename": "/a/**"}, {"metadata.system.refs": []}]})
    ... # doctest: +NORMALIZE_WHITESPACE
    AllOf(clauses=(Compare(path='hidden', relation='equal', value=False),
    Glob(path='filename', pattern='/a/**'), Empty(path='metadata.system.refs')))

    Raises:
        InvalidInput: it is no DQL, larger than any honest query, or has a join, which no filter can say.
    """
    asked = Query.parse(query)
    if asked.join is not None:
        raise InvalidInput(subject="query", must="have no join here", got=query, remedy="use Query.parse")
    return asked.where


def _check_size(query: object) -> None:
    """Refuse what is too deep or too large before anything walks it or shows it in a message."""
    layer, size = [query], 0
    for _ in range(DEPTH_LIMIT + 1):
        layer = [part for whole in layer for part in _parts(whole)]
        size += len(layer)
        if size > PART_LIMIT:
            remedy = "ask for many values of one field with one $in"
            raise InvalidInput(
                subject="query", must=f"have at most {PART_LIMIT} parts", got="more", remedy=remedy
            )
        if not layer:
            return
    raise InvalidInput(subject="query", must=f"be nested at most {DEPTH_LIMIT} deep", got="more")


def _parts(whole: object) -> list[object]:
    """List what a query has to be read for: of a list, all but plain values."""
    if isinstance(whole, Mapping):
        return list(whole.values())
    if isinstance(whole, (list, tuple)):
        return [part for part in whole if isinstance(part, (Mapping, list, tuple)) or is_pattern(part)]
    return []


def _page(value: object) -> int:
    page = check_count(value, "page")
    if page >= PAGE_LIMIT:
        raise InvalidInput(subject="page", must=f"be below {PAGE_LIMIT}", got=page)
    return page


def _page_size(value: object) -> int:
    size = check_count(value, "pageSize", least=1)
    if size > PAGE_SIZE:
        remedy = "ask for the next page"
        raise InvalidInput(subject="pageSize", must=f"be at most {PAGE_SIZE}", got=size, remedy=remedy)
    return size


@attrs.frozen(kw_only=True)
class Query:
    """A filter with what stands around it: which page of what, in which order."""

    where: Filter = EVERYTHING
    """The filter; the clause on `id` by which the SDK walks through pages is a part of it."""
    join: Filter | None = None
    """If there is one, some one annotation of the item must satisfy it."""
    sort: tuple[tuple[str, Direction], ...] = ()
    """Fields from the most important down."""
    page: int = attrs.field(default=0, converter=_page)
    """From 0."""
    page_size: int = attrs.field(default=PAGE_SIZE, converter=_page_size)
    """Rows of a page. In the query of a task neither this nor the page means anything."""
    resource: str = "items"
    """What is asked for."""
    projects: tuple[str, ...] | None = None
    """Ids to stay within; None for no limit."""
    datasets: tuple[str, ...] | None = None
    """Ids to stay within; None for no limit."""
    system_space: bool = False
    """Whether what belongs to the platform itself is asked for."""

    @classmethod
    def parse(cls, body: object) -> Query:
        """Read the body of a query: an envelope, or a bare filter.

        What is missing or null is as by default. A key that is not known is refused, since what
        it would do (`update`, `delete`) must not be left out unnoticed: take it off first.

        >>> asked = Query.parse({"filter": {"id": {"$gt": "69"}}, "sort": {"id": "ascending"}, "pageSize": 50})
        >>> asked.where, asked.sort, asked.page_size
        (Compare(path='id', relation='greater', value='69'), (('id', 'ascending'),), 50)

        Raises:
            InvalidInput: it is no DQL, or a number is out of bounds.
        """
        _check_size(body)
        said = mapping(body, "query")
        if "filter" not in said and not (said and set(said) <= set(ENVELOPE)):
            return cls(where=read_filter(said))
        where = read_filter(said.get("filter", {}))
        given = {key: value for key, value in mapping(said, "query", ENVELOPE).items() if value is not None}
        context = mapping(given.get("context", {}), "context", ("projects", "projectIds", "datasets"))
        return cls(
            where=where,
            join=_join(given["join"]) if "join" in given else None,
            sort=_sort(given.get("sort", {})),
            page=given.get("page", 0),
            page_size=given.get("pageSize", PAGE_SIZE),
            resource=check_id(given.get("resource", "items"), "resource"),
            projects=_ids(context, "projects", "projectIds"),
            datasets=_ids(context, "datasets"),
            system_space=_truth(given.get("systemSpace", False), "systemSpace"),
        )


def parse_text(text: object) -> Query:
    """Read the text in which a task keeps its query: JSON, an envelope or a bare filter.

    >>> parse_text('{"$or": []}').where
    AnyOf(clauses=())

    Raises:
        InvalidInput: it is no JSON, as when the SDK made quotes of apostrophes, or no DQL.
    """
    if not isinstance(text, str):
        raise InvalidInput(subject="query of a task", must="be text", got=text)
    try:
        body = json.loads(text)
    except RecursionError as error:
        must = f"be nested at most {DEPTH_LIMIT} deep"
        raise InvalidInput(subject="query of a task", must=must, got="more") from error
    except ValueError as error:
        raise InvalidInput(
            subject="query of a task",
            must="be JSON",
            got=text,
            detail=str(error),
            remedy="if a value has an apostrophe, the SDK made a quote of it: write ? in its place",
        ) from error
    return Query.parse(body)


def _truth(value: object, subject: str) -> bool:
    if not isinstance(value, bool):
        raise InvalidInput(subject=subject, must="be true or false", got=value)
    return value


def _join(value: object) -> Filter:
    """Read the filter over annotations."""
    join = mapping(value, "join", ("on", "filter"))
    if join.get("on") != JOIN_ON:
        raise InvalidInput(subject="on of join", must=f"be {json.dumps(JOIN_ON)}", got=join.get("on"))
    return read_filter(join.get("filter"), "filter of join")


def _sort(value: object) -> tuple[tuple[str, Direction], ...]:
    fields = mapping(value, "sort")
    for path, direction in fields.items():
        check_path(path, "field of sort")
        if direction not in ("ascending", "descending"):  # it may have no hash
            must = "be 'ascending' or 'descending'"
            raise InvalidInput(subject=f"sort of {shown(path)}", must=must, got=direction)
    return tuple(cast("dict[str, Direction]", fields).items())


def _ids(context: Mapping[str, object], *keys: str) -> tuple[str, ...] | None:
    """Collect the ids under any of the keys; None if there is none of the keys."""
    given = [(key, context[key]) for key in keys if context.get(key) is not None]
    if not given:
        return None
    return tuple(
        check_id(part, f"id in {key}")
        for key, value in given
        for part in listed(value, key, "be a list of ids")
    )
