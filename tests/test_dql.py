"""DQL: what is read and written means the same everywhere."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from adapters.dataloop.dql import PART_LIMIT, parse, render
from distribution import InvalidInput, field, matches
from distribution.filters import EVERYTHING, AllOf, AnyOf, Element, Filter, Glob, Not
from distribution.testing import strategies
from tests.slow_dql import documents, holds
from tests.test_sqlite_filters import LEAVES, WRAPS, chosen, nested

OURS = {"$not", "$literal"}
DEFAULTS = [{"hidden": False}, {"type": "file"}]
PLAIN = (field("hidden").equal(value=False), field("type").equal("file"))
REFS = "metadata.system.refs"


def keys(data: Any) -> Iterator[str]:
    """Yield every key of a document."""
    for part in data.values() if isinstance(data, dict) else data:
        if isinstance(part, (dict, list)):
            yield from keys(part)
    if isinstance(data, dict):
        yield from data


# Fields that are named like what stands around a filter are fields all the same.
NAMES = st.sampled_from([strategies.NAMES, ("a", "page", "filter", "sort"), strategies.STRANGE_NAMES[5:]])


@given(data=st.data(), names=NAMES)
def test_python_and_the_database_and_dql_choose_alike(data: st.DataObject, names: Sequence[str]) -> None:
    where = data.draw(strategies.filters(8, names))
    records = data.draw(st.lists(strategies.attributes(names), max_size=4))
    read = parse(json.loads(json.dumps(render(where, portable=False))))
    expected = [at for at, record in enumerate(records) if matches(where, record)]

    assert [at for at, record in enumerate(records) if matches(read, record)] == expected
    assert chosen(read, records) == chosen(where, records) == expected


@given(where=strategies.filters(8))
def test_what_is_portable_has_none_of_our_words_and_is_all_that_can_do_without(where: Filter) -> None:
    ours = render(where, portable=False)
    if OURS & set(keys(ours)):
        with pytest.raises(InvalidInput, match="portable=False"):
            render(where)
    else:
        assert render(where) == ours


@given(query=documents(), records=st.lists(strategies.attributes(), max_size=4))
@example(query={"a": {"$match": {"b": {"$ne": "*"}}}}, records=[{"a": [{"b": ["x", 1]}, {}]}])
@example(query={"a": {"$nin": ["a*", None]}}, records=[{}, {"a": "ab"}, {"a": ["b"]}, {"a": [None]}])
def test_raw_dql_and_what_was_read_of_it_choose_alike(query: Any, records: list[Any]) -> None:
    where = parse(query)
    assert [matches(where, record) for record in records] == [holds(query, record) for record in records]
    assert parse({"filter": query}) == where


@pytest.mark.parametrize(
    ("query", "where"),
    [
        ({"$and": DEFAULTS}, AllOf(PLAIN)),
        (
            {"$and": [*DEFAULTS, {"dir": "/my/folder/path"}]},
            AllOf((*PLAIN, field("dir").equal("/my/folder/path"))),
        ),
        ({"$and": [*DEFAULTS, {"annotated": False}]}, AllOf((*PLAIN, field("annotated").equal(value=False)))),
        ({"$and": [*DEFAULTS, {REFS: []}]}, AllOf((*PLAIN, field(REFS).empty()))),
        ({"$and": [{"id": {"$in": ["1", "2"]}}]}, field("id").is_in(["1", "2"])),
        (
            {
                "$and": [
                    *DEFAULTS,
                    {
                        REFS: {
                            "$match": {"id": "T", "type": "task", "metadata": {"status": {"$exists": True}}}
                        }
                    },
                ]
            },
            AllOf(
                (
                    *PLAIN,
                    field(REFS).element(
                        AllOf(
                            (
                                field("id").equal("T"),
                                field("type").equal("task"),
                                field("metadata.status").exists(),
                            )
                        )
                    ),
                )
            ),
        ),
        (
            {"$and": [{f"{REFS}.id": {"$in": ["T"]}}, {f"{REFS}.id": {"$ne": "C"}}]},
            AllOf((field(f"{REFS}.id").is_in(["T"]), field(f"{REFS}.id").not_equal("C"))),
        ),
        (
            {"$and": [*DEFAULTS, {"id": {"$gt": "6920"}}]},
            AllOf((*PLAIN, field("id").greater("6920"))),
        ),
        ({"$and": [*DEFAULTS, {"filename": "/a/**"}]}, AllOf((*PLAIN, field("filename").like("/a/**")))),
        (
            {"$or": [{"name": "a"}, {"name": "b"}], "$and": DEFAULTS},
            AllOf((AnyOf((field("name").equal("a"), field("name").equal("b"))), AllOf(PLAIN))),
        ),
        ({}, EVERYTHING),
        ({"$and": [*DEFAULTS, {"x": None}]}, AllOf((*PLAIN, field("x").equal(None)))),
        (
            {"$and": [*DEFAULTS, {"metadata.user.k": {"$exists": True}}]},
            AllOf((*PLAIN, field("metadata.user.k").exists())),
        ),
        ({"$and": [{"label": "cat"}]}, field("label").equal("cat")),
        ({"$and": [{"name": "x"}]}, field("name").equal("x")),
    ],
    ids=str,
)
def test_what_the_sdk_sends_is_read(query: Any, where: Filter) -> None:
    assert parse(query) == where
    assert matches(parse(render(where)), {}) == matches(where, {})


@pytest.mark.parametrize(
    ("query", "where"),
    [
        ({"metadata": {"user.good": True}}, field("metadata.user.good").equal(value=True)),
        ({"a": {"$eq": "x?"}}, field("a").like("x?")),
        ({"a": {"$ne": "x*"}}, Not(field("a").like("x*"))),
        ({"a": {"$in": ["x", "y*", None]}}, AnyOf((field("a").is_in(["x", None]), field("a").like("y*")))),
        ({"a": {"$in": ["y*"]}}, field("a").like("y*")),
        ({"a": {"$nin": ["x", 1]}}, field("a").not_in(["x", 1])),
        ({"a": {"$nin": ["y*"]}}, Not(field("a").like("y*"))),
        ({"a": {"$literal": ["y*"]}}, field("a").is_in(["y*"])),
        ({"a": {"$gt": "y*"}}, field("a").greater("y*")),
        ({"a": {"$eq": []}}, field("a").empty()),
        ({"a": {"$ne": []}}, Not(field("a").empty())),
        ({"a": {"$ne": None}}, field("a").not_equal(None)),
        ({"a": {"$exists": False}}, field("a").missing()),
        (
            {"a": {"$gte": 1, "$lt": 2, "b": 3}},
            AllOf((field("a").at_least(1), field("a").less(2), field("a.b").equal(3))),
        ),
        ({"$not": {"a": 1, "b": 2}}, Not(AllOf((field("a").equal(1), field("b").equal(2))))),
        ({"a": {"$match": {}}}, field("a").element(EVERYTHING)),
        ({"$or": []}, AnyOf(())),
        ({"$or": [{"a": 1}]}, field("a").equal(1)),
        ({"$and": [{"filter": {"page": 1}}]}, field("filter.page").equal(1)),
    ],
    ids=str,
)
def test_every_word_is_read(query: Any, where: Filter) -> None:
    assert parse(query) == where


@pytest.mark.parametrize(
    ("where", "query"),
    [
        (EVERYTHING, {}),
        (AnyOf(()), {"id": {"$in": []}}),
        (Not(EVERYTHING), {"id": {"$in": []}}),
        (Not(field("a").equal(1)), {"a": {"$ne": 1}}),
        (Not(field("a").not_equal(1)), {"a": 1}),
        (Not(field("a").not_in([1])), {"a": {"$in": [1]}}),
        (Not(field("a").missing()), {"a": {"$exists": True}}),
        (Not(field("a").empty()), {"a": {"$ne": []}}),
        (Not(field("a").like("x*")), {"a": {"$ne": "x*"}}),
        (field("a").like("x"), {"a": "x"}),
        (field("page").equal(1), {"$and": [{"page": 1}]}),
        (Not(field("filter").exists()), {"$and": [{"filter": {"$exists": False}}]}),
        (
            Not(AllOf((field("a").equal(1), field("b").exists()))),
            {"$or": [{"a": {"$ne": 1}}, {"b": {"$exists": False}}]},
        ),
        (
            field("refs").element(AllOf((field("id").equal("T"), field("m.s").exists()))),
            {"refs": {"$match": {"id": "T", "m.s": {"$exists": True}}}},
        ),
        (
            field("refs").element(AllOf((field("id").not_equal("T"), field("id").exists()))),
            {"refs": {"$match": {"$and": [{"id": {"$ne": "T"}}, {"id": {"$exists": True}}]}}},
        ),
    ],
    ids=str,
)
def test_what_dql_can_say_is_said_in_it(where: Filter, query: Any) -> None:
    assert render(where) == query
    assert render(parse(query)) == query


@pytest.mark.parametrize(
    ("where", "query", "message"),
    [
        (
            Not(field("size").greater(3)),
            {"$not": {"size": {"$gt": 3}}},
            (
                "negation on 'size' must not be of an order or an element, got Compare(path='size', relation='greater', value=3);"
                " ask for what should hold instead, or use portable=False"
            ),
        ),
        (
            Not(field("a").element(EVERYTHING)),
            {"$not": {"a": {"$match": {}}}},
            (
                "negation on 'a' must not be of an order or an element, got Element(path='a', clause=AllOf(clauses=()));"
                " ask for what should hold instead, or use portable=False"
            ),
        ),
        (
            field("name").equal("a*b"),
            {"name": {"$literal": ["a*b"]}},
            (
                "text to find in 'name' must be free of * and ?, got Compare(path='name', relation='equal', value='a*b');"
                " DQL has only wildcards there: use like(...), or portable=False"
            ),
        ),
        (
            field("name").not_in(["a", "?"]),
            {"$not": {"name": {"$literal": ["a", "?"]}}},
            (
                "text to find in 'name' must be free of * and ?, got OneOf(path='name', values=('a', '?'), negated=True);"
                " DQL has only wildcards there: use like(...), or portable=False"
            ),
        ),
    ],
    ids=str,
)
def test_what_dql_cannot_say_is_refused_or_said_in_our_words(where: Filter, query: Any, message: str) -> None:
    assert render(where, portable=False) == query
    with pytest.raises(InvalidInput) as caught:
        render(where)
    assert str(caught.value) == message


@pytest.mark.parametrize("portable", [True, False])
def test_what_nobody_can_say_in_dql_is_refused(portable: bool) -> None:
    with pytest.raises(InvalidInput, match=r"field must not start with \$, got '\$a'; DQL takes it"):
        render(field("b").element(field("$a").exists()), portable=portable)
    with pytest.raises(InvalidInput, match="what to render must be a filter, got 3"):
        render(3, portable=portable)  # type: ignore[arg-type]
    assert render(field("b.$a").exists(), portable=portable) == {"b.$a": {"$exists": True}}


@pytest.mark.parametrize("leaf", [*LEAVES, Glob("a", "x"), field("a").equal("*")], ids=str)
@pytest.mark.parametrize("wrap", WRAPS)
def test_every_depth_comes_back(wrap: str, leaf: Filter) -> None:
    where = nested(leaf, WRAPS[wrap], 31)
    read = parse({"filter": render(where, portable=False)})
    for times in range(16):
        record: Any = nested({"a": 1}, lambda part, _: {"a": [part], "b": 3}, times)
        assert matches(read, record) == matches(where, record)


def test_a_query_as_large_as_it_may_be_goes_through_the_database() -> None:
    query = {f"a{at}": {"$ne": 0.5} for at in range(PART_LIMIT // 2)}
    assert chosen(parse(query), [{"a1": 0.5}, {"a1": 1}]) == [1]
    assert matches(parse({"a": {"$in": [*map(str, range(100_000)), "x*"]}}), {"a": "99999"})


def test_an_element_is_one_element() -> None:
    where = parse(
        {
            "refs": {
                "$match": {
                    "id": "T",
                    "metadata": {"status": {"$eq": "completed"}, "at": {"$gt": "2026-11-20"}},
                }
            }
        }
    )
    done: Any = {"id": "T", "metadata": {"status": "completed", "at": "2026-11-21T09:00:00.000Z"}}
    assert isinstance(where, Element)
    assert matches(where, {"refs": [{"id": "S"}, done]})
    assert not matches(where, {"refs": [{"id": "T"}, {**done, "id": "S"}]})
