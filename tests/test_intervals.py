"""Intervals, bounds and sample sizes: published numbers, exact twins, edges."""

from __future__ import annotations

from fractions import Fraction
from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distribution.errors import InvalidInput
from distribution.intervals import (
    Interval,
    binomial_at_most,
    clopper_pearson,
    hypergeometric_at_most,
    sample_size,
    sample_size_none_found,
    share_of,
    upper_bound,
    wilson,
)
from tests.conftest import table


def exactly_at_most(most: int, n: int, share: Fraction) -> Fraction:
    """Add up the binomial probabilities, in fractions."""
    return sum((comb(n, x) * share**x * (1 - share) ** (n - x) for x in range(most + 1)), Fraction(0))


@pytest.mark.parametrize(
    "row", table("intervals.csv"), ids=lambda row: f"{row['errors']} of {row['reviewed']}"
)
def test_published_intervals_are_reproduced(row: dict[str, str]) -> None:
    """Six digits, as in the table."""
    errors, reviewed = int(row["errors"]), int(row["reviewed"])
    for method in (wilson, clopper_pearson):
        low, high = (float(end) for end in row[method.__name__].split())
        interval = method(errors, reviewed)

        assert (interval.low, interval.high) == pytest.approx((low, high), abs=5.1e-7)
        assert interval.width == interval.high - interval.low


@pytest.mark.parametrize(
    "row", table("upper_bounds.csv"), ids=lambda row: f"{row['errors']} of {row['reviewed']}"
)
def test_published_upper_bounds_are_reproduced(row: dict[str, str]) -> None:
    """Eight digits, as in the table."""
    assert upper_bound(int(row["errors"]), int(row["reviewed"])) == pytest.approx(
        float(row["upper"]), abs=5.1e-9
    )


@pytest.mark.parametrize(
    ("errors", "reviewed", "low", "high"),
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_the_examples_of_newcombe_are_reproduced(errors: int, reviewed: int, low: float, high: float) -> None:
    """Wilson's interval to the four digits that were published."""
    interval = wilson(errors, reviewed)

    assert (round(interval.low, 4), round(interval.high, 4)) == (low, high)


@given(n=st.integers(1, 60), errors=st.integers(0, 60), confidence=st.sampled_from(["0.5", "0.9", "0.99"]))
def test_beyond_an_exact_interval_what_was_seen_has_the_tail_it_says(
    n: int, errors: int, confidence: str
) -> None:
    """Clopper and Pearson's definition, with probabilities added up in fractions."""
    errors = min(errors, n)
    tail = float((1 - Fraction(confidence)) / 2)
    interval = clopper_pearson(errors, n, confidence)

    if errors < n:
        assert float(exactly_at_most(errors, n, Fraction(interval.high))) == pytest.approx(tail, abs=1e-10)
    if errors:
        seen = 1 - exactly_at_most(errors - 1, n, Fraction(interval.low))
        assert float(seen) == pytest.approx(tail, abs=1e-10)
    assert interval.high <= upper_bound(errors, n, float((1 + Fraction(confidence)) / 2)) + 1e-12


@pytest.mark.parametrize(
    ("errors", "n", "share"),
    [(0, 20, 1 - 0.025 ** (1 / 20)), (0, 10**6, 1 - 0.025 ** (1 / 10**6)), (0, 1, 0.975)],
)
def test_where_no_error_was_found_the_exact_bound_has_a_closed_form(
    errors: int, n: int, share: float
) -> None:
    """To twelve digits behind the point."""
    assert clopper_pearson(errors, n).high == pytest.approx(share, abs=1e-12)
    assert clopper_pearson(n, n).low == pytest.approx(1 - share, abs=1e-12)


@given(n=st.integers(0, 80), most=st.integers(0, 80), share=st.fractions(0, 1, max_denominator=1000))
def test_fast_and_obvious_binomial_tails_agree(n: int, most: int, share: Fraction) -> None:
    """The continued fraction against a sum."""
    most = min(most, n)

    assert binomial_at_most(most, n, float(share)) == pytest.approx(
        float(exactly_at_most(most, n, share)), abs=1e-12
    )


@given(data=st.data(), total=st.integers(1, 40))
def test_fast_and_obvious_hypergeometric_tails_agree(data: st.DataObject, total: int) -> None:
    """A recurrence against binomial coefficients."""
    wrong, n = data.draw(st.integers(0, total)), data.draw(st.integers(0, total))
    most = data.draw(st.integers(0, n))
    ways = sum(comb(wrong, x) * comb(total - wrong, n - x) for x in range(most + 1))

    assert hypergeometric_at_most(most, n, wrong=wrong, total=total) == ways / comb(total, n)


@pytest.mark.parametrize(
    "row", table("sample_sizes.csv"), ids=lambda row: f"{row['confidence']} {row['margin']}"
)
def test_published_sample_sizes_are_reproduced(row: dict[str, str]) -> None:
    """For endless and for finite populations."""
    sure = Fraction(row["confidence"]) / 100
    assert sample_size(row["margin"], confidence=sure) == int(row["endless"])
    for pair in row["of_a_population"].split():
        population, size = (int(number) for number in pair.split(":"))
        assert sample_size(row["margin"], population, confidence=sure) == size


@pytest.mark.parametrize("row", table("none_found.csv"), ids=lambda row: " ".join(row.values()))
def test_published_sizes_for_no_error_found_are_reproduced(row: dict[str, str]) -> None:
    """Binomial, and hypergeometric where there is a population."""
    population = int(row["population"]) if row["population"] else None

    assert sample_size_none_found(row["limit"], population, confidence=row["confidence"]) == int(row["size"])


@given(
    population=st.integers(1, 200),
    limit=st.fractions(Fraction(1, 100), Fraction(99, 100), max_denominator=100),
    confidence=st.sampled_from(["0.5", "0.75", "0.95"]),
)
def test_no_smaller_sample_would_do_where_no_error_is_found(
    population: int, limit: Fraction, confidence: str
) -> None:
    """Every size is tried, exactly."""
    miss, wrong = 1 - Fraction(confidence), -(-limit * population // 1)
    least = next(
        n
        for n in range(1, population + 1)
        if Fraction(comb(population - int(wrong), n), comb(population, n)) <= miss
    )

    assert sample_size_none_found(limit, population, confidence=confidence) == least


def test_a_sample_size_that_comes_out_whole_is_not_lifted() -> None:
    """Two fair coins show no head with probability one quarter exactly."""
    assert sample_size_none_found("0.5", confidence="0.75") == 2
    assert sample_size_none_found("0.9", confidence="0.999999") == 6


def test_a_sample_is_never_empty_and_never_more_than_there_is() -> None:
    """Where little is at stake one review is left, where all is, everything."""
    assert sample_size("0.9", share="0.01") == 1
    assert sample_size("0.0001", 50) == 50
    assert sample_size_none_found("0.0001", 50) == 48


def test_nothing_reviewed_leaves_everything_possible() -> None:
    """From 0 to 1, whatever the method."""
    for interval in (wilson(0, 0), clopper_pearson(0, 0)):
        assert (interval.low, interval.high) == (0, 1)
    assert upper_bound(0, 0) == 1


def test_an_interval_says_itself_in_percent() -> None:
    """With its method and confidence."""
    assert str(Interval(0.0, 0.1684, confidence=0.95, method="Clopper-Pearson")) == (
        "0 % to 16.8 % (Clopper-Pearson, 95 %)"
    )


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: wilson(3, 2), "errors must be at most the 2 reviewed, got 3"),
        (lambda: wilson(1, 10**10), "reviewed must be at most 1000000000, got 10000000000"),
        (lambda: upper_bound(-1, 2), "errors must not be negative, got -1"),
        (
            lambda: clopper_pearson(1, 2, 95),
            "confidence must lie strictly between 0 and 1, got 95; write 5 % as 0.05",
        ),
        (lambda: wilson(1, 2, 0), "confidence must lie strictly between 0 and 1, got 0"),
        (lambda: wilson(1, 2, True), "confidence must be a non-negative number, got True"),
        (lambda: sample_size(1e-13), "margin must lie strictly between 0 and 1, got 1e-13"),
        (lambda: sample_size(0.1, 0), "population must be a whole number of at least 1, got 0"),
        (lambda: share_of(2, "share"), "share must be at most 1, got 2"),
    ],
)
def test_what_makes_no_sense_is_refused_with_the_value(call: object, message: str) -> None:
    """The sentence names what, and the way out."""
    with pytest.raises(InvalidInput) as error:
        call()  # type: ignore[operator]

    assert str(error.value) == message
