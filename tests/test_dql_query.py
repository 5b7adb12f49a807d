"""Queries in DQL: what stands around the filter."""

from __future__ import annotations

import json
from typing import Any

import pytest

from adapters.dataloop.dql import Query, parse, parse_text
from distribution import InvalidInput, field
from distribution.filters import EVERYTHING, AllOf

ON = {"resource": "annotations", "local": "itemId", "forigen": "id"}
JOIN = {"on": ON, "filter": {"$and": [{"label": "cat"}]}}
CAT = field("label").equal("cat")


@pytest.mark.parametrize(
    ("body", "query"),
    [
        ({}, Query()),
        ({"page": 0, "pageSize": 1000, "resource": "items"}, Query()),
        ({"a": 1}, Query(where=field("a").equal(1))),
        ({"a": 1, "page": 2}, Query(where=AllOf((field("a").equal(1), field("page").equal(2))))),
        (
            {"filter": {"a": 1}, "page": 2, "pageSize": 1},
            Query(where=field("a").equal(1), page=2, page_size=1),
        ),
        (
            {"filter": {"id": {"$gt": "69"}}, "sort": {"id": "ascending", "a.b": "descending"}},
            Query(where=field("id").greater("69"), sort=(("id", "ascending"), ("a.b", "descending"))),
        ),
        ({"filter": {}, "join": JOIN}, Query(join=CAT)),
        ({"filter": {}, "join": {"on": ON, "filter": {"$and": []}}}, Query(join=EVERYTHING)),
        (
            {"filter": {}, "resource": "tasks", "context": {"projectIds": ["P", "Q"]}},
            Query(resource="tasks", projects=("P", "Q")),
        ),
        (
            {"filter": {}, "context": {"projects": ["P"], "datasets": []}, "systemSpace": True},
            Query(projects=("P",), datasets=(), system_space=True),
        ),
        (
            {"filter": {}, "sort": None, "join": None, "context": {"projects": None}, "systemSpace": None},
            Query(),
        ),
    ],
    ids=str,
)
def test_a_body_is_read(body: Any, query: Query) -> None:
    assert Query.parse(body) == query
    assert parse_text(json.dumps(body)) == query


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"page": -1}, "page must be a whole number of at least 0, got -1"),
        ({"page": True}, "page must be a whole number of at least 0, got True"),
        ({"page": 0.0}, "page must be a whole number of at least 0, got 0.0"),
        ({"page": 2**31}, "page must be below 2147483648, got 2147483648"),
        ({"pageSize": 0}, "pageSize must be a whole number of at least 1, got 0"),
        ({"pageSize": "9"}, "pageSize must be a whole number of at least 1, got '9'"),
        ({"pageSize": 1001}, "pageSize must be at most 1000, got 1001; ask for the next page"),
        ({"sort": ["id"]}, "sort must be an object, got ['id']"),
        ({"sort": {"id": 1}}, "sort of 'id' must be 'ascending' or 'descending', got 1"),
        ({"sort": {"id": []}}, "sort of 'id' must be 'ascending' or 'descending', got []"),
        ({"sort": {"": "ascending"}}, "field of sort must be names joined by single dots, got ''"),
        ({"join": []}, "join must be an object, got []"),
        ({"join": {**JOIN, "as": 1}}, "key of join must be one of on, filter, got 'as'"),
        ({"join": {"on": ON}}, "filter of join must be an object, got None"),
        (
            {"context": {"users": []}},
            "key of context must be one of projects, projectIds, datasets, got 'users'",
        ),
        ({"context": {"projects": "P"}}, "projects must be a list of ids, got 'P'"),
        ({"context": {"projects": [7]}}, "id in projects must be a string, got 7; convert it with str()"),
        ({"resource": ""}, "resource must not be empty, got ''"),
        ({"systemSpace": 1}, "systemSpace must be true or false, got 1"),
        (
            {"delete": True},
            "key of query must be one of filter, page, pageSize, sort, join, context, resource, systemSpace, got 'delete'",
        ),
    ],
    ids=str,
)
def test_a_bad_body_is_named(more: Any, message: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        Query.parse({"filter": {}, **more})
    assert str(caught.value) == message


def test_a_query_that_is_built_is_checked_too() -> None:
    with pytest.raises(InvalidInput, match="pageSize must be at most 1000, got 5000"):
        Query(page_size=5000)


def test_a_filter_alone_cannot_say_a_join() -> None:
    with pytest.raises(InvalidInput, match="query must have no join here, got .*; use Query.parse"):
        parse({"filter": {}, "join": JOIN})
    assert parse({"filter": {"a": 1}, "page": 3}) == field("a").equal(1)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "query of a task must be text, got None"),
        (
            '{"filter": {"$and": [{"filename": "it"s.txt"}]}}',
            (
                'query of a task must be JSON, got \'{"filter": {"$and": [{"filename": "it"s.txt"}]}}\''
                " (Expecting ',' delimiter: line 1 column 39 (char 38));"
                " if a value has an apostrophe, the SDK made a quote of it: write ? in its place"
            ),
        ),
        ("[" * 100_000, "query of a task must be nested at most 72 deep, got 'more'"),
        ('{"a": NaN}', "value of a filter must be finite, got nan"),
        ("[]", "query must be an object, got []"),
    ],
    ids=range(5),
)
def test_a_bad_text_is_named(text: Any, message: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_text(text)
    assert str(caught.value) == message


def test_a_number_too_long_to_read_is_refused() -> None:
    with pytest.raises(InvalidInput, match="query of a task must be JSON"):
        parse_text('{"a": ' + "1" * 5000 + "}")
