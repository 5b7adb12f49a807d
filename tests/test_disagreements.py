"""Who disagrees with whom, and about what."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from distribution.agreement import Disagreement, PairAgreement, disagreements, pairs
from distribution.ratings import Ratings

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


def test_the_most_contested_items_come_first() -> None:
    """Two who differ are more contested than two of three who agree; one opinion is no disagreement."""
    assert disagreements(Ratings.of(CATS)) == (
        Disagreement(item="i1", answers={"cat": ("ann",), "dog": ("bob",)}, contested=Fraction(1)),
        Disagreement(item="i4", answers={"cat": ("eve",), "dog": ("ann", "bob")}, contested=Fraction(2, 3)),
    )


def test_equally_contested_items_keep_their_order() -> None:
    """The tie is documented."""
    records = [(item, who, who) for item in ("i2", "i1", "i3") for who in ("ann", "bob")]

    assert [found.item for found in disagreements(Ratings.of(records))] == ["i2", "i1", "i3"]


@given(records=RECORDS)
def test_disagreements_are_what_comparing_every_two_ratings_finds(
    records: list[tuple[str, str, str | float]],
) -> None:
    """The part of pairs that differ, counted one by one."""
    expected = {}
    for item in dict.fromkeys(item for item, _, _ in records):
        said = [answer for at, _, answer in records if at == item]
        differ = [one != other for one, other in combinations(said, 2)]
        if any(differ):
            expected[item] = Fraction(sum(differ), len(differ))

    found = disagreements(Ratings.of(records))

    assert {one.item: one.contested for one in found} == expected
    assert [one.contested for one in found] == sorted(expected.values(), reverse=True)
    for one in found:
        assert sorted(
            (one.item, who, answer) for answer, people in one.answers.items() for who in people
        ) == (sorted((item, who, answer) for item, who, answer in records if item == one.item))


def test_pairs_count_what_two_assignees_share() -> None:
    """In the order of the assignees; who shares nothing is left out."""
    assert pairs(Ratings.of([*CATS, ("i9", "zoe", "cat")])) == (
        PairAgreement(first="ann", second="bob", shared=3, agreed=2),
        PairAgreement(first="ann", second="eve", shared=2, agreed=1),
        PairAgreement(first="bob", second="eve", shared=2, agreed=1),
    )


@given(records=RECORDS)
def test_pairs_are_what_looking_at_every_two_assignees_finds(
    records: list[tuple[str, str, str | float]],
) -> None:
    """Item by item, two by two."""
    said = {(who, item): answer for item, who, answer in records}
    people = list(dict.fromkeys(who for _, who, _ in records))
    expected = []
    for first, second in combinations(people, 2):
        both = [item for who, item in said if who == first and (second, item) in said]
        if both:
            agreed = sum(said[first, item] == said[second, item] for item in both)
            expected.append(PairAgreement(first=first, second=second, shared=len(both), agreed=agreed))

    assert list(pairs(Ratings.of(records))) == expected
