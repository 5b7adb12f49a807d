"""Filters in SQL: the database and `matches` let the same items through."""

from __future__ import annotations

import json
import math
import sqlite3
import time
from collections.abc import Sequence
from contextlib import closing
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.sqlite_filters import condition
from distribution import field, matches
from distribution.filters import COMPARISONS, AllOf, AnyOf, Compare, Element, Filter, Glob, Not, OneOf
from distribution.testing import strategies
from distribution.values import Json

Record = dict[str, Any]
LADDER = [
    2**53 - 1,
    2**53,
    2**53 + 1,
    2.0**53,
    2**63 - 1,
    2.0**63,
    -(2**63),
    -(2.0**63),
    0,
    0.0,
    -0.0,
    1,
    1.0,
]
MISREAD = [2e126, 1e126, -1.547182503134182e-78, 0.04718650934005875, 7.654927133881691e-231, 1e-317, 5e-324]
EDGES = [
    *LADDER,
    *MISREAD,
    1e300,
    1.7976931348623157e308,
    "a\nb",
    "100%",
    "_",
    "[",
    "😀",
    "\uffff",
    "[1]",
    '"',
    "",
    True,
    False,
    None,
]


def chosen(where: Filter, records: Sequence[Record], *, ascii_only: bool = False) -> list[int]:
    """Let the database choose among records; what is not let through must be met by NOT."""
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute("CREATE TABLE item (position INTEGER PRIMARY KEY, attributes TEXT)")
        texts = [json.dumps(record, ensure_ascii=ascii_only) if record else None for record in records]
        connection.executemany("INSERT INTO item VALUES (?, ?)", enumerate(texts))
        text, values = condition(where, "coalesce(item.attributes, '{}')")
        ask = f"SELECT position, {text} FROM item WHERE position >= ? ORDER BY position"  # noqa: S608
        answers = dict(connection.execute(ask, [*values, 0]).fetchall())
        assert set(answers.values()) <= {0, 1}
        choose = f"SELECT position FROM item WHERE {text} ORDER BY position"  # noqa: S608
        found = connection.execute(choose, values)
        assert [position for (position,) in found] == [at for at, answer in answers.items() if answer]
        return [at for at, answer in answers.items() if answer]


def agree(where: Filter, *records: Record) -> None:
    """Check that Python and the database choose alike, whichever way the text was escaped."""
    expected = [at for at, record in enumerate(records) if matches(where, record)]
    assert chosen(where, records) == expected
    assert chosen(where, records, ascii_only=True) == expected


NAMES = st.sampled_from([strategies.NAMES, strategies.STRANGE_NAMES, strategies.STRANGE_NAMES[:3]])


@given(data=st.data(), names=NAMES)
def test_the_database_and_python_choose_alike(data: st.DataObject, names: Sequence[str]) -> None:
    where = data.draw(strategies.filters(8, names))
    agree(where, *data.draw(st.lists(strategies.attributes(names), max_size=6)))


@given(
    relation=st.sampled_from(COMPARISONS),
    value=strategies.numbers(),
    others=st.lists(strategies.numbers(), max_size=5),
    name=st.sampled_from(["a", 'a"\\', "é"]),
)
def test_every_number_is_compared_exactly(
    relation: Any, value: float, others: list[float], name: str
) -> None:
    near = [math.nextafter(float(value), towards) for towards in (-math.inf, math.inf)]
    numbers = [value, float(value), *(other for other in near if math.isfinite(other)), *others]
    agree(Compare(name, relation, value), *({name: number} for number in numbers), {name: numbers})
    agree(OneOf(name, numbers[1:]), *({name: number} for number in numbers), {name: numbers})


@pytest.mark.parametrize("relation", COMPARISONS)
@pytest.mark.parametrize("value", EDGES, ids=repr)
def test_edge_values_stand_in_the_same_order(relation: Any, value: Json) -> None:
    records: list[Record] = [{"a": other} for other in EDGES]
    agree(Compare("a", relation, value), *records, {}, {"a": []}, {"a": {}}, {"a": EDGES}, {"a": [EDGES]})


@pytest.mark.parametrize("name", [*strategies.STRANGE_NAMES, "%", "a[0]", "?", "{", "\t", "\u2028", "null"])
def test_a_strange_name_is_a_name(name: str) -> None:
    records: list[Record] = [
        {name: 0.5},
        {name: [0.5]},
        {name: {name: 0.5}},
        {name: [[{name: 0.5}]]},
        {f"{name}x": 0.5},
        {"a": 0.5, "0": 0.5},
        {name: {"a": [{name: [1]}]}},
    ]
    for path in (name, f"{name}.{name}", f"{name}.a.{name}"):
        for where in (field(path).equal(0.5), field(path).at_most(0.5), field(path).greater(0.5)):
            agree(where, *records)
        agree(field(path).exists(), *records)
        agree(field(path).element(field(name).at_least(1)), *records)


def test_a_text_that_looks_like_json_is_a_text() -> None:
    records: list[Record] = [{"a": '{"b": 1}'}, {"a": "[1]"}, {"a": "{"}, {"a": {"b": 1}}, {"a": ["[1]"]}]
    for where in (
        field("a.b").equal(1),
        field("a").equal(1),
        field("a").element(field("b").equal(1)),
        field("a").empty(),
        field("a.b.c").missing(),
    ):
        agree(where, *records)


def test_lists_in_lists_are_opened_on_the_way_but_not_at_the_end() -> None:
    records: list[Record] = [
        {"a": [[{"b": 1}], {"b": [2]}]},
        {"a": {"b": [[1]]}},
        {"a": [[1]]},
        {"a": [[[]]]},
    ]
    for where in (field("a.b").equal(1), field("a.b").equal(2), field("a").equal(1), field("a").empty()):
        agree(where, *records)


@pytest.mark.parametrize(
    "pattern",
    [
        "",
        "*",
        "?",
        "**",
        "?*",
        "*?*?",
        "[",
        "[a]",
        "[^a]",
        "a]",
        "*[",
        "[[]",
        "a*b",
        "*a*",
        "é?",
        "\\*",
        "*\n*",
    ],
)
def test_only_star_and_question_mark_are_special(pattern: str) -> None:
    texts = ["", "a", "b", "[", "[a]", "a]", "ab", "axb", "é", "éa", "^", "\\x", "a\nb", "x[", "😀"]
    agree(Glob("a", pattern), *({"a": text} for text in texts), {"a": texts}, {"a": 1}, {"a": [texts]})


@pytest.mark.parametrize(
    "pattern", ["\ufffd", "*\uffff*", "?\ufffe", "\uffff*\uffff", "\uffff?*?", "a\ufffd*\ufffeb?c"]
)
def test_characters_that_glob_takes_for_each_other_are_told_apart(pattern: str) -> None:
    texts = ["\ufffd", "\ufffe", "\uffff", "a\uffff", "a\ufffdx\ufffebyc", "\uffffa\uffff", "\uffff\ufffd"]
    agree(Glob("a", pattern), *({"a": text} for text in texts), {"a": texts})


@given(
    pattern=st.text(st.sampled_from("ab?*\ufffd"), max_size=8).map("\uffff{}".format),
    texts=st.lists(
        st.text(st.sampled_from("ab\ufffd\uffff"), max_size=10).map("\uffff{}".format), max_size=4
    ),
)
def test_patterns_that_glob_cannot_do_go_piece_by_piece(pattern: str, texts: list[str]) -> None:
    agree(Glob("a", pattern), *({"a": text} for text in texts))


def test_a_pattern_may_be_longer_than_glob_takes() -> None:
    text = "ab[" * 20_000
    agree(Glob("a", text), {"a": text}, {"a": text[:-1]}, {"a": f"{text}c"})
    agree(Glob("a", f"*{text[:-1]}?"), {"a": f"x{text}"}, {"a": text[1:]}, {"a": "b"})
    agree(
        Glob("a", "*a" * 600), {"a": "a" * 600}, {"a": "ba" * 600}, {"a": "a" * 599}, {"a": "a" * 600 + "b"}
    )


def test_a_hostile_pattern_takes_little_time() -> None:
    started = time.perf_counter()
    agree(Glob("a", "*a" * 200 + "*b"), {"a": "a" * 5_000})
    assert time.perf_counter() - started < 5


def test_a_list_of_values_is_as_long_as_it_is() -> None:
    values: list[Json] = [*range(40_000), *(at / 3 for at in range(40_000)), *map(str, range(40_000))]
    records: list[Record] = [
        {"a": value} for value in (39_999, 40_000, 1 / 3, 0.3, "39999", "x", 2.0, None, [7])
    ]
    agree(OneOf("a", (*values, None)), *records, {})
    agree(OneOf("a", values, negated=True), *records, {})


def test_an_element_is_asked_as_a_whole_and_at_every_level() -> None:
    inner = field("b").element(AllOf((field("c").equal(1), field("d").equal(2))))
    records: list[Record] = [
        {"a": [{"b": [{"c": 1, "d": 2}]}]},
        {"a": [{"b": [{"c": 1}, {"d": 2}]}]},
        {"a": [{"b": [{"c": 1}]}, {"b": [{"d": 2}]}, {"b": [{"c": 1, "d": 2}]}]},
        {"a": [[{"b": [{"c": 1, "d": 2}]}]]},
        {"a": [{}]},
        {"a": {"b": [{"c": 1, "d": 2}]}},
    ]
    for where in (
        field("a").element(inner),
        field("a").element(Not(inner)),
        Not(field("a").element(Not(inner))),
    ):
        agree(where, *records)
    agree(AnyOf((field("a").element(inner), field("a").element(field("b").missing()))), *records)


def test_an_element_may_be_asked_for_more_elements_than_a_join_has_room_for() -> None:
    some = [field("b").element(field("c").equal(at)) for at in range(70)]
    records: list[Record] = [
        {"a": [{"b": [{"c": at} for at in range(size)]}, {"b": [{"c": 69}]}, {"b": [{"c": 50}]}]}
        for size in (69, 70)
    ]
    agree(field("a").element(AllOf(tuple(some))), *records)
    agree(field("a").element(AnyOf(tuple(some[31:]))), *records, {"a": [{"b": [{"c": 30}]}]})


def nested(value: Any, wrap: Any, times: int) -> Any:
    """Wrap a value so many times."""
    for at in range(times):
        value = wrap(value, at)
    return value


LEAVES = [
    field("a").at_least(0.5),
    field("a").equal(None),
    Glob("a", "\ufffd*b"),
    OneOf("a", (1, 0.5, "x", None)),
]
WRAPS = {
    "not": lambda where, _: Not(where),
    "all": lambda where, _: AllOf((where,)),
    "element": lambda where, _: Element("a", where),
    "element and not": lambda where, at: Not(where) if at % 2 else Element("a", where),
    "all of two": lambda where, at: (AllOf if at % 2 else AnyOf)((field("b").less(at), where)),
    "elements of two": lambda where, at: (
        Element("a", where) if at % 2 else AllOf((field("b").not_equal(at), where))
    ),
    "not of two": lambda where, at: Not(where) if at % 2 else AnyOf((where, field("b").less(at))),
}


@pytest.mark.parametrize("leaf", LEAVES, ids=str)
@pytest.mark.parametrize("wrap", WRAPS)
def test_a_filter_is_nested_as_deep_as_it_may_be(wrap: str, leaf: Filter) -> None:
    where = nested(leaf, WRAPS[wrap], 31)
    agree(where, *(nested({"a": 1}, lambda part, _: {"a": [part], "b": 3}, times) for times in range(16)), {})


def test_a_wide_tree_fits_at_every_depth() -> None:
    def pair(where: Filter, at: int) -> Filter:
        return (AllOf if at % 2 else AnyOf)((where, where))

    agree(nested(Glob("a", "\uffff*?b"), pair, 9), {"a": "\uffffab"}, {"a": "b"})
    agree(nested(nested(field("a").less(0.5), pair, 6), WRAPS["all of two"], 25), {"a": 0.25}, {"a": 1})


def test_attributes_are_nested_as_deep_as_they_may_be() -> None:
    deep = nested(0.5, lambda part, _: {"a": part}, 32)
    for names in (1, 31, 32, 33, 256):
        path = ".".join("a" * names)
        for where in (
            field(path).equal(0.5),
            field(path).exists(),
            field(path).empty(),
            field(path).equal(None),
        ):
            agree(where, deep, {"a": 0.5})
    lists = {"a": nested({"a": 1}, lambda part, _: [part], 30)}
    agree(field("a.a").equal(1), lists)
    agree(field("a").element(field("a").exists()), lists, {"a": [{"a": 1}]})
    agree(Element("a.a.a", Element("a.a", field("a.a").exists())), deep)


def test_a_tree_may_have_a_thousand_clauses_side_by_side() -> None:
    many = tuple(field("a").not_equal(at) for at in range(1_001))
    assert chosen(AllOf(many), [{"a": 1_000}, {"a": 1_001}, {}]) == [1, 2]


def test_no_value_is_written_into_the_statement() -> None:
    text, values = condition(
        AllOf((field("na'me").equal("va'lue"), field("x").like("pat'tern"))), "item.attributes"
    )
    assert text.count("?") == len(values)
    assert not {"na'me", "va'lue", "pat'tern"} & set(text.split())
    assert "va'lue" not in text
