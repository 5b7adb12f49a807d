"""Agreement beyond chance: published numbers, and what every coefficient keeps."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import partial
from math import isnan, nan
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distribution import coefficients
from distribution.coefficients import (
    WEIGHTINGS,
    cohen_kappa,
    cohen_standard_error,
    krippendorff_alpha,
    percent_agreement,
)
from distribution.errors import InvalidInput, NotFound
from distribution.ratings import Ratings
from distribution.scales import LEVELS
from tests import slow_agreement as slow
from tests.conftest import numbers, table

Record = tuple[str, str, int]

KAPPAS = ("percent_agreement", "fleiss_kappa", "gwet_ac1", "brennan_prediger", "conger_kappa")
measure: Any = krippendorff_alpha
MANY: dict[str, Callable[[Ratings], float]] = {
    **{name: getattr(coefficients, name) for name in KAPPAS},
    **{level: partial(measure, level=level) for level in LEVELS},
}
"""Every coefficient of any number of assignees."""


def published(data: str) -> Ratings:
    """Read the ratings of a published example."""
    return Ratings.of(
        (row["item"], f"rater {at}", int(answer))
        for row in table("ratings.csv")
        if row["data"] == data
        for at, answer in enumerate(row["answers"].split(), 1)
        if answer != "."
    )


def crossed(cells: str) -> Ratings:
    """Read the ratings of two from how often they gave which answers."""
    counts = [numbers(line) for line in cells.split("/")]
    return Ratings.of(
        (f"{i} {k} {n}", who, answer)
        for i, line in enumerate(counts)
        for k, count in enumerate(line)
        for n in range(count)
        for who, answer in (("ann", i), ("bob", k))
    )


@pytest.mark.parametrize(
    "row", table("coefficients.csv"), ids=lambda row: f"{row['data']} {row['statistic']}"
)
def test_published_coefficients_are_reproduced(row: dict[str, str]) -> None:
    """To all six digits."""
    assert f"{MANY[row['statistic']](published(row['data'])):.6f}" == row["value"]


@pytest.mark.parametrize("row", table("two_raters.csv"), ids=lambda row: f"{row['table']} {row['statistic']}")
def test_published_tables_of_two_are_reproduced(row: dict[str, str]) -> None:
    """To as many digits as are given, the kappa paradox among them."""
    ratings, (statistic, *error) = crossed(row["table"]), row["statistic"].split()
    digits = len(row["value"].partition(".")[2])

    if statistic in MANY:
        value = MANY[statistic](ratings)
    else:
        function: Any = cohen_standard_error if error else cohen_kappa
        value = function(ratings, "ann", "bob", weights=statistic)

    assert f"{value:.{digits}f}" == row["value"]


ITEMS, ANSWERS = st.sampled_from("abcdef"), st.integers(0, 3)


def rated(*sure: str) -> st.SearchStrategy[list[Record]]:
    """Give ratings with gaps, at least one of each of those who are named."""
    people = st.sampled_from(["ann", "bob", "eve", "max"])
    firsts = st.tuples(*(st.tuples(ITEMS, st.just(who), ANSWERS) for who in sure))
    said = st.dictionaries(st.tuples(ITEMS, people), ANSWERS, max_size=24)
    return st.builds(
        lambda said, firsts: [
            (item, who, answer)
            for (item, who), answer in (said | {(item, who): answer for item, who, answer in firsts}).items()
        ],
        said,
        firsts,
    )


RATED = rated()


def same(value: float, expected: float | Fraction | None) -> bool:
    """Compare with an exact value, or with none at all."""
    return isnan(value) if expected is None else value == pytest.approx(float(expected), abs=1e-12)


@pytest.mark.parametrize("name", KAPPAS)
@given(records=RATED, unused=st.integers(0, 2))
def test_kappas_are_their_definition(name: str, records: list[Record], unused: int) -> None:
    """In fractions, pair by pair, answers that nobody chose included."""
    scale = list(range(4 + unused))

    assert same(MANY[name](Ratings.of(records, answers=scale)), getattr(slow, name)(records, scale))


@pytest.mark.parametrize("level", LEVELS)
@given(records=RATED)
def test_alpha_is_its_definition(level: str, records: list[Record]) -> None:
    """From the coincidence matrix, in fractions."""
    assert same(MANY[level](Ratings.of(records)), slow.krippendorff_alpha(records, level))


@pytest.mark.parametrize("weights", WEIGHTINGS)
@given(records=rated("ann", "bob"))
def test_kappa_of_two_and_its_error_are_their_definition(weights: Any, records: list[Record]) -> None:
    """With weights of agreement, as published."""
    ratings, scale = Ratings.of(records), sorted({answer for _, _, answer in records})
    kappa, error = slow.cohen(records, scale, weights)

    assert same(cohen_kappa(ratings, "ann", "bob", weights=weights), kappa)
    # The square root of what is nearly nothing keeps half of the digits.
    assert cohen_standard_error(ratings, "ann", "bob", weights=weights) == pytest.approx(
        error, abs=1e-7, nan_ok=True
    )


@pytest.mark.parametrize("name", MANY)
@given(records=RATED, shuffle=st.randoms())
def test_the_order_of_ratings_and_the_names_of_items_and_assignees_change_nothing(
    name: str, records: list[Record], shuffle: Random
) -> None:
    """Not even the last digit."""
    renamed = [(f"item {item}", f"who {who}", answer) for item, who, answer in records]
    shuffle.shuffle(renamed)
    before, after = MANY[name](Ratings.of(records)), MANY[name](Ratings.of(renamed))

    assert before == after or (isnan(before) and isnan(after))


@pytest.mark.parametrize("name", [*KAPPAS, "nominal"])
@given(records=RATED)
def test_names_of_answers_change_nothing_where_they_have_no_order(name: str, records: list[Record]) -> None:
    """Neither text nor its order."""
    renamed = [(item, who, "zxyw"[answer]) for item, who, answer in records]
    before, after = MANY[name](Ratings.of(records)), MANY[name](Ratings.of(renamed))

    assert before == after or (isnan(before) and isnan(after))


@pytest.mark.parametrize("name", MANY)
@given(
    answers=st.dictionaries(st.text("abc", min_size=1), st.integers(0, 5)),
    two=st.lists(st.integers(0, 5), min_size=2, max_size=2, unique=True),
)
def test_perfect_agreement_is_one(name: str, answers: dict[str, int], two: list[int]) -> None:
    """As soon as two answers are in use."""
    answers |= dict(zip(("first", "second"), two, strict=True))

    records = [(item, who, answer) for item, answer in answers.items() for who in ("ann", "bob", "eve")]

    assert MANY[name](Ratings.of(records)) == 1


@given(records=RATED, shift=st.fractions(-99, 99), scale=st.fractions(Fraction(1, 99), 99))
def test_interval_alpha_ignores_shift_and_scale_and_ratio_alpha_scale(
    records: list[Record], shift: Fraction, scale: Fraction
) -> None:
    """Exactly, because distances are taken in whole numbers."""
    for level, moved in (("interval", shift), ("ratio", Fraction(0))):
        after = Ratings.of([(item, who, answer * scale + moved) for item, who, answer in records])
        one, other = MANY[level](Ratings.of(records)), MANY[level](after)

        assert one == other or (isnan(one) and isnan(other))


@given(records=RATED)
def test_a_scale_that_is_given_counts_where_it_differs_from_the_numbers(records: list[Record]) -> None:
    """Ordinal alpha goes by the scale."""
    scale = [2, 0, 3, 1]
    ranked = [(item, who, scale.index(answer)) for item, who, answer in records]
    given, expected = MANY["ordinal"](Ratings.of(records, answers=scale)), MANY["ordinal"](Ratings.of(ranked))

    assert given == expected or (isnan(given) and isnan(expected))


@given(said=st.dictionaries(ITEMS, st.tuples(ANSWERS, ANSWERS), min_size=1))
def test_for_two_who_answer_everything_conger_is_cohen(said: dict[str, tuple[int, int]]) -> None:
    """The coefficient of many is that of two."""
    ratings = Ratings.of(
        (item, who, answer)
        for item, both in said.items()
        for who, answer in zip(("ann", "bob"), both, strict=True)
    )

    cohen = cohen_kappa(ratings, "ann", "bob")

    assert MANY["conger_kappa"](ratings) == pytest.approx(cohen, abs=1e-12, nan_ok=True)


@pytest.mark.parametrize("name", MANY)
@pytest.mark.parametrize("records", [[], [("i", "ann", 1)], [("i", "ann", 1), ("j", "bob", 2)]])
def test_where_nothing_overlaps_there_is_no_value(name: str, records: list[Record]) -> None:
    """Not a number, not 0."""
    assert isnan(MANY[name](Ratings.of(records)))


def test_where_all_give_one_answer_chance_alone_agrees() -> None:
    """Percent agreement is 1, the rest is 0/0; another answer on the scale makes a value of some."""
    records = [(item, who, 1) for item in "ab" for who in ("ann", "bob")]
    one, two = Ratings.of(records), Ratings.of(records, answers=[0, 1])

    assert percent_agreement(one) == percent_agreement(two) == 1
    assert all(isnan(MANY[name](one)) for name in MANY if name != "percent_agreement")
    assert [name for name in MANY if not isnan(MANY[name](two))] == [
        "percent_agreement", "gwet_ac1", "brennan_prediger",
    ]  # fmt: skip
    assert isnan(cohen_kappa(one, "ann", "bob"))
    assert isnan(cohen_standard_error(one, "ann", "bob"))


def test_two_who_share_no_item_have_no_kappa() -> None:
    """Not a number, not 0."""
    ratings = Ratings.of([("i", "ann", 1), ("j", "bob", 2)])

    assert isnan(cohen_kappa(ratings, "ann", "bob"))
    assert isnan(cohen_standard_error(ratings, "ann", "bob"))


def test_answers_of_any_size_are_measured() -> None:
    """Neither overflow nor cancellation: 1e308 is as good as 1, and a tenth is a tenth."""
    for unit in (1, 1e308 / 3, 1e-300, 0.1):
        records = [("i", "ann", unit), ("i", "bob", 2 * unit), ("j", "ann", 3 * unit), ("j", "bob", 3 * unit)]

        assert MANY["ratio"](Ratings.of(records)) == pytest.approx(1 - 3 * (1 / 9) / (1 / 9 + 2 / 4 + 2 / 25))


def test_one_number_in_two_types_has_no_distance() -> None:
    """A tenth as a float and as a Fraction differ by name alone."""
    ratings = Ratings.of([("i", "ann", 0.1), ("i", "bob", Fraction(1, 10))])

    assert isnan(MANY["interval"](ratings))
    assert isnan(MANY["ratio"](ratings))


RATINGS = Ratings.of([("i", "ann", "low"), ("i", "bob", "high")])
BELOW = Ratings.of([("i", "ann", -1), ("i", "bob", 1)])
REPEATED = Ratings.of([("i", "ann", 1), ("i", "ann", 1), ("i", "bob", 2)], repeats=True)


@pytest.mark.parametrize(
    ("measure", "message"),
    [
        (
            lambda: MANY["ordinal"](RATINGS),
            "answers at the level ordinal must be numbers, got 'low'; give the order with answers=",
        ),
        (lambda: MANY["interval"](RATINGS), "answers at the level interval must be numbers, got 'low'"),
        (lambda: MANY["ratio"](BELOW), "answers at the level ratio must not be negative, got -1"),
        (
            lambda: krippendorff_alpha(BELOW, level="circular"),  # type: ignore[arg-type]
            "level must be one of nominal, ordinal, interval, ratio, got 'circular'",
        ),
        (
            lambda: cohen_kappa(BELOW, "ann", "bob", weights="cubic"),  # type: ignore[arg-type]
            "weights must be one of unweighted, linear, quadratic, got 'cubic'",
        ),
        (
            lambda: cohen_kappa(RATINGS, "ann", "bob", weights="linear"),
            "answers at the level ordinal must be numbers, got 'low'; give the order with answers=",
        ),
        (lambda: cohen_kappa(BELOW, "ann", "ann"), "second must be somebody else than the first, got 'ann'"),
        (lambda: cohen_kappa(BELOW, "ann", "zoe"), "no assignee 'zoe' in the ratings"),
    ],
)
def test_what_cannot_be_measured_is_refused(measure: Callable[[], float], message: str) -> None:
    """One line, the value, the way out."""
    with pytest.raises((InvalidInput, NotFound)) as error:
        measure()

    assert str(error.value) == message


@pytest.mark.parametrize("measure", [*MANY.values(), partial(cohen_kappa, first="ann", second="bob")])
def test_repeats_are_no_agreement(measure: Callable[[Ratings], float]) -> None:
    """Whoever agrees with herself is refused by every coefficient."""
    with pytest.raises(InvalidInput, match="^ratings must hold at most one answer of each assignee"):
        measure(REPEATED)


def test_not_a_number_is_nothing_else() -> None:
    """The comparison above would not pass for a number."""
    assert not same(nan, Fraction(0))
    assert not same(0.0, None)
