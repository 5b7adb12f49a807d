"""Who answered what, and what is no answer."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distribution.errors import InvalidInput
from distribution.ratings import Answer, Ratings

read: Any = Ratings.of

CATS = [
    ("i1", "ann", "cat"), ("i1", "bob", "dog"),
    ("i2", "bob", "cat"), ("i2", "ann", "cat"), ("i2", "eve", "cat"),
    ("i3", "eve", "cow"),
    ("i4", "eve", "cat"), ("i4", "ann", "dog"), ("i4", "bob", "dog"),
]  # fmt: skip

RECORDS = st.lists(
    st.tuples(st.sampled_from("abcde"), st.sampled_from("vwxyz"), st.sampled_from(["cat", "dog", 1, 2.5])),
    unique_by=lambda record: record[:2],
    max_size=20,
)


@given(records=RECORDS)
def test_ratings_keep_every_record_and_the_order_of_first_appearance(
    records: list[tuple[str, str, str | float]],
) -> None:
    """Nothing is lost, and names come as they came."""
    ratings = Ratings.of(iter(records))

    assert sorted(ratings.records(), key=repr) == sorted(records, key=repr)
    assert ratings.items == tuple(dict.fromkeys(item for item, _, _ in records))
    assert ratings.assignees == tuple(dict.fromkeys(who for _, who, _ in records))
    assert ratings.answers == tuple(dict.fromkeys(answer for _, _, answer in records))
    assert not ratings.repeated


def test_equal_numbers_are_one_answer_and_text_is_another() -> None:
    """One, 1.0 and Fraction(1) are the same; "1" is not."""
    said: list[Answer] = [1, 1.0, Fraction(1), Decimal(1), "1", -2, Decimal("-0.5"), Fraction(-1, 2), 0.5]

    ratings = Ratings.of([("i", f"p{at}", answer) for at, answer in enumerate(said)])

    assert ratings.answers == (1, "1", -2, Decimal("-0.5"), 0.5)
    assert ratings.votes() == [{0: 4, 1: 1, 2: 1, 3: 2, 4: 1}]
    assert not ratings.numeric


def test_numbers_of_numpy_are_numbers() -> None:
    """They become plain ones."""
    numpy = pytest.importorskip("numpy")

    said = [numpy.int64(3), numpy.float64(0.5), numpy.float32(0.25), 3]
    ratings = Ratings.of([("i", f"p{at}", answer) for at, answer in enumerate(said)])

    assert [(answer, type(answer)) for answer in ratings.answers] == [(3, int), (0.5, float), (0.25, float)]
    assert ratings.numeric


def test_a_scale_gives_the_order_and_may_name_what_nobody_chose() -> None:
    """Answers come in the order that was given."""
    ratings = Ratings.of([("i", "ann", "high")], answers=["low", "middle", "high"])

    assert ratings.answers == ("low", "middle", "high")
    assert ratings.ordered
    assert ratings.votes() == [{2: 1}]


def test_a_number_is_on_the_scale_however_it_is_written() -> None:
    """A Fraction of 2 is the 2 of the scale."""
    ratings = Ratings.of([("i", "ann", Fraction(2)), ("i", "bob", 2.0)], answers=[1, 2])

    assert ratings.votes() == [{1: 2}]


def test_repeats_count_where_they_are_asked_for() -> None:
    """Every answer of hers counts, and agreement is not measured with it."""
    ratings = Ratings.of([("i", "ann", 1), ("i", "ann", 1), ("i", "ann", 2)], repeats=True)

    assert ratings.votes() == [{0: 2, 1: 1}]
    with pytest.raises(InvalidInput, match="^ratings must hold at most one answer of each assignee"):
        ratings.once()


def test_ratings_survive_a_journey() -> None:
    """A value is a value wherever it goes."""
    ratings = Ratings.of(CATS)

    assert pickle.loads(pickle.dumps(ratings)) == copy.copy(ratings) == ratings  # noqa: S301  our own bytes
    assert hash(copy.copy(ratings)) == hash(ratings)


TRIPLES = "ratings must be triples of item, assignee and answer in an order, got "
TRIPLE = "a rating must be an item, an assignee and an answer, got "


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (
            lambda: read([("i1", "ann", "cat"), ("i1", "ann", "dog")]),
            "assignee 'ann' must answer item 'i1' once, got ['cat', 'dog']; drop one, or count all with repeats=True",
        ),
        (lambda: read("abc"), f"{TRIPLES}'abc'"),
        (lambda: read(7), f"{TRIPLES}7"),
        (lambda: read({("i", "ann", 1)}), f"{TRIPLES}{{('i', 'ann', 1)}}"),
        (lambda: read({"i": "ann"}), f"{TRIPLES}{{'i': 'ann'}}"),
        (lambda: read(["abc"]), f"{TRIPLE}'abc'"),
        (lambda: read([7]), f"{TRIPLE}7"),
        (lambda: read([("i", "ann")]), f"{TRIPLE}('i', 'ann')"),
        (lambda: read([{"item": 1, "who": 2, "said": 3}]), f"{TRIPLE}{{'item': 1, 'who': 2, 'said': 3}}"),
        (lambda: read([(7, "ann", 1)]), "item id must be a string, got 7; convert it with str()"),
        (lambda: read([("i", "", 1)]), "assignee id must not be empty, got ''"),
        (lambda: read([("i", "ann", "")]), "answer must not be empty, got ''"),
        (lambda: read([("i", "ann", True)]), "answer must be text or a number, got True"),
        (lambda: read([("i", "ann", 1), ("j", "ann", True)]), "answer must be text or a number, got True"),
        (lambda: read([("i", "ann", None)]), "answer must be text or a number, got None"),
        (lambda: read([("i", "ann", [1])]), "answer must be text or a number, got [1]"),
        (lambda: read([("i", "ann", float("nan"))]), "answer must be a finite number, got nan"),
        (lambda: read([("i", "ann", float("-inf"))]), "answer must be a finite number, got inf"),
        (
            lambda: read([("i", "ann", Decimal("sNaN"))]),
            "answer must be a finite number, got Decimal('sNaN')",
        ),
        (
            lambda: read([("i", "ann", 10**5000)]),
            "answer must have at most 4096 bits, got a number of about 4983 digits",
        ),
        (
            lambda: read([("i", "ann", 3)], answers=[1, 2]),
            "answer must be on the scale that was given, got 3; add it to answers",
        ),
        (lambda: read([], answers=[1, 2, 1.0]), "answers must name each answer once, got 1.0"),
        (
            lambda: read([], answers="ab"),
            "answers must be a list, from the lowest to the highest answer, got 'ab'",
        ),
        (
            lambda: read([], answers={1}),
            "answers must be a list, from the lowest to the highest answer, got {1}",
        ),
        (
            lambda: read([], answers=2),
            "answers must be a list, from the lowest to the highest answer, got 2",
        ),
    ],
)
def test_what_is_no_rating_is_refused_with_the_value(build: Callable[[], object], message: str) -> None:
    """One line, the value, the way out."""
    with pytest.raises(InvalidInput) as error:
        build()

    assert str(error.value) == message
