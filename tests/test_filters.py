"""The predicate tree: the meaning of each node, its twin, its JSON form."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distribution import InvalidInput, field, matches
from distribution.codec import decode, encode
from distribution.filters import (
    EVERYTHING,
    AllOf,
    AnyOf,
    Compare,
    Filter,
    Glob,
    Not,
    OneOf,
    fits,
    kind,
    reach,
)
from distribution.testing import strategies, twins

ITEM: dict[str, Any] = {
    "dir": "/cats/small",
    "size": 1000,
    "hidden": False,
    "nothing": None,
    "created": "2026-11-22T10:00:00Z",
    "tags": ["cat", "pet", 7],
    "void": [],
    "blank": "",
    "bare": {},
    "metadata": {
        "user": {"good": True},
        "system": {"refs": [{"id": "t1", "done": True}, {"id": "t2", "done": False}]},
    },
    "grid": [[1, 2], [3]],
}

TRUE = [
    field("dir").equal("/cats/small"),
    field("size").equal(1000.0),
    field("size").not_equal("1000"),
    field("hidden").equal(value=False),
    field("hidden").not_equal(0),
    field("nothing").equal(None),
    field("absent").equal(None),
    field("absent").not_equal("x"),
    field("size").greater(999),
    field("size").at_least(1000),
    field("size").less(1000.5),
    field("size").at_most(1000),
    field("created").less("2026-11-23"),
    field("dir").greater("/cats"),
    field("hidden").less(value=True),
    field("tags").equal("cat"),
    field("tags").equal(7),
    field("tags").not_equal("dog"),
    field("tags").greater(6),
    field("tags").is_in(["dog", "pet"]),
    field("tags").not_in(["dog", "cow"]),
    field("absent").is_in([None]),
    field("metadata.user.good").equal(value=True),
    field("metadata.system.refs.id").equal("t2"),
    field("metadata.system.refs.id").is_in(["t2", "t3"]),
    field("metadata.user").exists(),
    field("nothing").exists(),
    field("absent").missing(),
    field("metadata.user.absent").missing(),
    field("dir.deeper").missing(),
    field("absent").empty(),
    field("nothing").empty(),
    field("void").empty(),
    field("blank").empty(),
    field("bare").empty(),
    field("dir").like("/cats*"),
    field("dir").like("/c?ts/small"),
    field("tags").like("p*"),
    field("grid").exists(),
    field("metadata.system.refs").element(AllOf((field("id").equal("t1"), field("done").equal(value=True)))),
    EVERYTHING,
    AnyOf((field("size").less(0), field("size").greater(0))),
    Not(AnyOf(())),
]

FALSE = [
    field("grid").equal(3),
    field("dir").equal("/cats"),
    field("dir").equal("/cats*"),
    field("size").equal("1000"),
    field("hidden").equal(0),
    field("nothing").not_equal(None),
    field("absent").not_equal(None),
    field("size").greater("1"),
    field("size").greater(1000),
    field("hidden").greater(-1),
    field("absent").less(5),
    field("nothing").at_most(None),
    field("tags").not_equal("cat"),
    field("tags").not_in(["dog", 7]),
    field("void").equal(None),
    field("hidden").empty(),
    field("size").empty(),
    field("tags").empty(),
    field("absent").exists(),
    field("nothing").missing(),
    field("size").like("1*"),
    field("dir").like("/cats"),
    field("dir").element(field("x").missing()),
    field("tags").element(field("x").missing()),
    field("metadata.system.refs").element(AllOf((field("id").equal("t1"), field("done").equal(value=False)))),
    AnyOf(()),
    Not(EVERYTHING),
    AllOf((field("size").greater(0), field("size").less(0))),
]


@pytest.mark.parametrize("where", TRUE, ids=str)
def test_this_lets_the_item_through(where: Filter) -> None:
    assert matches(where, ITEM)
    assert twins.matches(where, ITEM)


@pytest.mark.parametrize("where", FALSE, ids=str)
def test_this_does_not_let_the_item_through(where: Filter) -> None:
    assert not matches(where, ITEM)
    assert not twins.matches(where, ITEM)


@given(where=strategies.filters(), attributes=strategies.attributes())
def test_not_is_the_opposite_and_the_negated_forms_are_not(where: Filter, attributes: dict[str, Any]) -> None:
    assert matches(Not(where), attributes) != matches(where, attributes)
    if isinstance(where, Compare):
        equal, unequal = (Compare(where.path, relation, where.value) for relation in ("equal", "not_equal"))
        assert matches(equal, attributes) != matches(unequal, attributes)
        assert matches(equal, attributes) == matches(OneOf(where.path, (where.value,)), attributes)


@given(where=strategies.filters(), attributes=strategies.attributes())
def test_tuples_are_lists(where: Filter, attributes: dict[str, Any]) -> None:
    def frozen(value: Any) -> Any:
        if isinstance(value, list):
            return tuple(map(frozen, value))
        return {key: frozen(part) for key, part in value.items()} if isinstance(value, dict) else value

    assert matches(where, frozen(attributes)) == matches(where, attributes)


@given(where=strategies.filters())
def test_a_filter_comes_back_from_its_data(where: Filter) -> None:
    assert decode(Filter, encode(where)) == where


@given(where=strategies.filters(), attributes=strategies.attributes())
def test_fast_and_obvious_filters_agree(where: Filter, attributes: dict[str, Any]) -> None:
    assert matches(where, attributes) == twins.matches(where, attributes)


@given(pattern=strategies.patterns(), text=st.text(st.sampled_from("ab/[.\n"), max_size=8))
def test_fast_and_obvious_patterns_agree(pattern: str, text: str) -> None:
    assert fits(pattern, text) == twins.fits(pattern, text)


def test_a_hostile_pattern_takes_no_time() -> None:
    assert not fits("*a" * 200 + "b", "a" * 50_000)


def test_what_a_path_reaches() -> None:
    assert list(reach(ITEM, "metadata.system.refs.id")) == ["t1", "t2"]
    assert list(reach(ITEM, "tags")) == [["cat", "pet", 7]]
    assert list(reach(ITEM, "tags.x")) == []
    assert kind({}) == "mapping"


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: field(""), "path of a filter must be names joined by single dots, got ''"),
        (lambda: field("a..b"), "path of a filter must be names joined by single dots, got 'a..b'"),
        (
            lambda: field(7),  # type: ignore[arg-type]
            "path of a filter must be names joined by single dots, got 7",
        ),
        (lambda: field("a" * 600), "path of a filter must be names joined by single dots, got 'aaa"),
        (lambda: field("\ud800"), "path of a filter must be free of NUL and lone surrogates"),
        (lambda: field("a").equal([1]), "value of a filter must be text, number, truth or null, got [1]"),
        (lambda: field("a").less(float("nan")), "value of a filter must be finite, got nan"),
        (lambda: field("a").equal(2**63), "value of a filter must fit 64 bits, got 9223372036854775808"),
        (lambda: field("a").is_in("abc"), "values of a filter must be a list, got 'abc'"),
        (
            lambda: field("a").is_in(7),  # type: ignore[arg-type]
            "values of a filter must be a list, got 7",
        ),
    ],
)
def test_a_filter_that_makes_no_sense_is_refused(build: Any, message: str) -> None:
    with pytest.raises(InvalidInput) as error:
        build()

    assert str(error.value).startswith(message)


def test_clauses_must_be_filters_and_not_nested_without_end() -> None:
    build: Any = AllOf
    with pytest.raises(InvalidInput, match="clauses of a filter must be a list or tuple of filters"):
        build(field("a").equal(1))
    with pytest.raises(InvalidInput, match="clause of a filter must be a filter, got 'x'; build one with"):
        build(("x",))
    with pytest.raises(InvalidInput, match="clause of a filter must be a filter, got 'size>3'"):
        matches("size>3", {})  # type: ignore[arg-type]
    where: Filter = field("a").equal(1)
    for _ in range(31):
        where = Not(where)
    with pytest.raises(InvalidInput, match="filter must be nested at most 32 deep"):
        Not(where)


def test_a_relation_must_be_known_and_a_pattern_text() -> None:
    with pytest.raises(InvalidInput, match="relation of a filter must be one of equal, .*, got 'near'"):
        Compare("a", "near", 1)  # type: ignore[arg-type]
    with pytest.raises(InvalidInput, match="pattern of a filter must be text, got 1"):
        Glob("a", 1)
