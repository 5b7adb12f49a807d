"""DQL that cannot be read: refused at the border, in one line, whatever it is."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.dataloop.dql import DEPTH_LIMIT, PART_LIMIT, parse
from distribution import InvalidInput, matches
from distribution.testing import strategies
from tests.test_sqlite_filters import nested

KNOWN = "$gt, $gte, $lt, $lte, $eq, $ne, $in, $nin, $exists, $match, $literal"


@pytest.mark.parametrize(
    ("query", "message"),
    [
        (3, "query must be an object, got 3"),
        ([], "query must be an object, got []"),
        ({3: 1}, "key of query must be text, got 3"),
        ({"filter": None}, "filter must be an object, got None"),
        ({"$and": {}}, "$and must be a list of filters, got {}"),
        ({"$or": [3]}, "filter must be an object, got 3"),
        ({"$not": []}, "$not must be an object, got []"),
        (
            {"$nor": []},
            "operator of a filter must be one of $and, $or, $not, got '$nor'; operators on values stand under a field",
        ),
        (
            {"a": {"$regex": "x"}},
            (
                f"operator of 'a' must be one of {KNOWN}, got '$regex';"
                " text takes the wildcards * and ?, and $and, $or and $not stand around fields"
            ),
        ),
        ({"a": {}}, "condition on 'a' must have an operator or a field, got {}"),
        ({"a": {3: 1}}, "key of condition on 'a' must be text, got 3"),
        (
            {"a": ["x"]},
            (
                "value of 'a' must be text, number, truth or null, got ['x'];"
                " of lists only [] can be asked, or one of: $in"
            ),
        ),
        (
            {"a": {"$eq": {}}},
            (
                "$eq of 'a' must be text, number, truth or null, got {};"
                " of lists only [] can be asked, or one of: $in"
            ),
        ),
        ({"a": {"$gt": [1]}}, "$gt of 'a' must be text, number, truth or null, got [1]"),
        ({"a": {"$in": "x"}}, "$in of 'a' must be a list of values, got 'x'"),
        ({"a": {"$nin": [[]]}}, "value in $nin of 'a' must be text, number, truth or null, got []"),
        ({"a": {"$exists": 1}}, "$exists of 'a' must be true or false, got 1"),
        ({"a": {"$match": 1}}, "$match of 'a' must be an object, got 1"),
        ({"": 1}, "path of a filter must be names joined by single dots, got ''"),
        ({"a": {"": 1}}, "path of a filter must be names joined by single dots, got 'a.'"),
        ({"a": float("nan")}, "value of a filter must be finite, got nan"),
        ({"a": 2**63}, "value of a filter must fit 64 bits, got 9223372036854775808; pass it as a string"),
        ({"a": "\ud800"}, "value of a filter must be free of NUL and lone surrogates, got '\\ud800'"),
        (
            {"filter": {}, "join": {"on": None, "filter": {}}},
            'on of join must be {"resource": "annotations", "local": "itemId", "forigen": "id"}, got None',
        ),
    ],
    ids=str,
)
def test_bad_input_is_named(query: Any, message: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse(query)
    assert str(caught.value) == message


def endless() -> Any:
    whole: dict[str, Any] = {}
    whole["a"] = whole
    return whole


@pytest.mark.parametrize(
    ("query", "message"),
    [
        (nested(1, lambda part, _: {"a": part}, 10_000), f"be nested at most {DEPTH_LIMIT} deep"),
        (nested([], lambda part, _: {"$and": [part]}, 10_000), f"be nested at most {DEPTH_LIMIT} deep"),
        (nested({}, lambda part, _: {"$not": part}, 40), "be nested at most 32 deep"),
        ({"a": {"$gt": nested([], lambda part, _: [part], 10_000)}}, f"be nested at most {DEPTH_LIMIT} deep"),
        (endless(), f"be nested at most {DEPTH_LIMIT} deep"),
        ({f"a{at}": 1 for at in range(PART_LIMIT + 1)}, f"have at most {PART_LIMIT} parts, got 'more'; ask"),
        ({"$or": [{}] * PART_LIMIT}, f"have at most {PART_LIMIT} parts"),
        ({"a": {"$in": ["*"] * PART_LIMIT}}, f"have at most {PART_LIMIT} parts"),
    ],
    ids=range(8),
)
def test_a_hostile_query_is_refused_at_once(query: Any, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        parse(query)


WORDS = [
    "$and",
    "$or",
    "$not",
    "$eq",
    "$ne",
    "$in",
    "$gt",
    "$exists",
    "$match",
    "a",
    "b.c",
    "",
    "$",
    ".",
    "filter",
    "page",
]
JSON_LIKE = st.recursive(
    st.one_of(strategies.scalars(), st.floats(), st.binary(max_size=2)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.one_of(st.sampled_from(WORDS), st.integers()), inner, max_size=3),
    ),
)


@given(query=JSON_LIKE)
def test_whatever_comes_is_read_or_refused_in_one_line(query: Any) -> None:
    try:
        where = parse(query)
    except InvalidInput as error:
        assert "\n" not in str(error)  # noqa: PT017
    else:
        assert isinstance(matches(where, {"a": [{"b": {"c": 1}}]}), bool)
