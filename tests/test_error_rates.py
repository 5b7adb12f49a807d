"""What reviews say about the whole: rates, effective sizes, census."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distribution.error_rates import Review, error_rate
from distribution.errors import InvalidInput
from distribution.intervals import clopper_pearson, wilson
from distribution.values import Number


def reviews(failed: int, passed: int, inclusion: Number, group: str | None = None) -> list[Review]:
    """Give reviews of items drawn alike."""
    return [Review(at < failed, inclusion, group) for at in range(failed + passed)]


def test_of_items_drawn_alike_the_rate_is_the_share_of_those_that_failed() -> None:
    """With Wilson's interval, or the exact one on request."""
    seen = reviews(2, 48, "1/10")
    rate = error_rate(seen)

    assert (rate.rate, rate.reviewed, rate.failed, rate.effective) == (0.04, 50, 2, 50)
    assert rate.wrong == pytest.approx(20)
    assert rate.interval == wilson(2, 50)
    assert error_rate(seen, method="clopper-pearson", confidence="0.9").interval == clopper_pearson(
        2, 50, "0.9"
    )
    assert str(rate) == "4 % wrong (2 of 50 reviewed), 1.1 % to 13.5 % (Wilson, 95 %)"


def test_items_drawn_unequally_count_for_those_they_stand_for() -> None:
    """Ann: 4 of 20 wrong, one in two reviewed; bob: 1 of 10 wrong, one in ten: (8 + 10) of 140."""
    rate = error_rate(reviews(4, 16, "1/2", "ann") + reviews(1, 9, "1/10", "bob"))

    assert rate.rate == pytest.approx(18 / 140)
    assert rate.wrong == pytest.approx(18)
    assert rate.record == {"ann": (4, 20), "bob": (1, 10)}


def test_the_effective_number_of_reviews_has_the_variance_of_the_weighted_ones() -> None:
    """By hand for weights 2, 2, 10, 10, of which a 2 and a 10 failed: rate one half."""
    rate = error_rate(
        [Review(True, "1/2"), Review(False, "1/2"), Review(True, "1/10"), Review(False, "1/10")]
    )
    variance = Fraction(4, 3) * (2 * 1 + 2 * 25) / 24**2

    assert rate.rate == 0.5
    assert rate.effective == pytest.approx(float(Fraction(1, 4) / variance))
    assert rate.interval is not None
    assert rate.interval.low == pytest.approx(wilson(rate.effective / 2, rate.effective).low)


@pytest.mark.parametrize("failed", [False, True])
def test_where_all_came_out_alike_the_weights_tell_the_effective_number(failed: bool) -> None:
    """Kish: (1 + 3)^2 / (1 + 9)."""
    rate = error_rate([Review(failed, 1), Review(failed, "1/3")])

    assert rate.rate == float(failed)
    assert rate.effective == pytest.approx(1.6)
    assert rate.interval is not None
    assert rate.interval.width > 0


@given(
    outcomes=st.lists(
        st.tuples(st.booleans(), st.fractions(Fraction(1, 20), 1, max_denominator=20)),
        min_size=1,
        max_size=30,
    )
)
def test_the_rate_lies_in_its_interval_and_no_weighting_adds_reviews(
    outcomes: list[tuple[bool, Fraction]],
) -> None:
    """Whatever the inclusion probabilities."""
    rate = error_rate([Review(failed, inclusion) for failed, inclusion in outcomes])
    weight = sum(1 / inclusion for _, inclusion in outcomes)
    wrong = sum(1 / inclusion for failed, inclusion in outcomes if failed)

    assert rate.rate is not None
    assert rate.interval is not None
    assert rate.rate == pytest.approx(float(wrong / weight))
    assert rate.interval.low - 1e-9 <= rate.rate <= rate.interval.high + 1e-9
    assert 0 < rate.effective <= len(outcomes) + 1e-9
    assert rate.census == all(inclusion == 1 for _, inclusion in outcomes)


def test_where_everything_was_reviewed_the_rate_is_no_estimate() -> None:
    """The interval has no width, and the sentence says why."""
    rate = error_rate(reviews(3, 97, 1))

    assert rate.census
    assert rate.interval is not None
    assert (rate.interval.low, rate.interval.high, rate.interval.confidence) == (0.03, 0.03, 1)
    assert str(rate) == "3 % wrong (3 of 100 reviewed), all of it was reviewed"


def test_where_nothing_was_reviewed_there_is_no_rate() -> None:
    """And no interval to mislead."""
    rate = error_rate([])

    assert (rate.rate, rate.interval, rate.census, rate.wrong) == (None, None, False, 0)
    assert str(rate) == "no rate: nothing was reviewed"


def test_over_many_samples_the_weighted_rate_is_right_on_the_average() -> None:
    """All 18 samples of one of ann's 3 and two of bob's 4, of whom 2 and 1 are wrong."""
    ann, bob = [True, True, False], [True, False, False, False]
    totals = [
        error_rate([Review(one, "1/3"), *(Review(two, "1/2") for two in pair)]).wrong
        for one in ann
        for pair in combinations(bob, 2)
    ]

    assert sum(totals) / len(totals) == pytest.approx(3)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Review(1, 1), "failed must be true or false, got 1"),
        (lambda: Review(True, 0), "inclusion must be above 0 and at most 1, got 0"),
        (lambda: Review(True, "1e-200"), "inclusion must be above 0 and at most 1, got '1e-200'"),
        (lambda: Review(True, 2), "inclusion must be above 0 and at most 1, got 2"),
        (lambda: error_rate([], method="wald"), "method must be one of wilson, clopper-pearson, got 'wald'"),
        (
            lambda: error_rate([], confidence=95),
            "confidence must lie strictly between 0 and 1, got 95; write 5 % as 0.05",
        ),
    ],
)
def test_what_makes_no_sense_is_refused_with_the_value(call: object, message: str) -> None:
    """The sentence names what, and the way out."""
    with pytest.raises(InvalidInput) as error:
        call()  # type: ignore[operator]

    assert str(error.value) == message
