"""What the reviews of a sample say about all the finished work.

Holds: the rate of errors with its interval, from reviews and their inclusion probabilities.
Does not hold: drawing the sample (see sampling), the intervals as such (see intervals).
Depends on: errors, intervals, values.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction

import attrs

from distribution.errors import InvalidInput
from distribution.intervals import Interval, between, clopper_pearson, in_percent, wilson
from distribution.values import Number, exact

INTERVALS: Mapping[str, Callable[[Number, Number, Number], Interval]] = {
    "wilson": wilson,
    "clopper-pearson": clopper_pearson,
}
"""The methods by name."""

RAREST = Fraction(1, 10**100)
"""Smaller probabilities would leave what floats can hold."""


def _inclusion(value: object) -> Fraction:
    share = exact(value, "inclusion")
    if not RAREST <= share <= 1:
        raise InvalidInput(subject="inclusion", must="be above 0 and at most 1", got=value)
    return share


def _failed(value: object) -> bool:
    if not isinstance(value, bool):
        raise InvalidInput(subject="failed", must="be true or false", got=value)
    return value


@attrs.frozen
class Review:
    """What came out for one item of a sample.

    Raises:
        InvalidInput: failed is not true or false, or the inclusion not a probability above 0.
    """

    failed: bool = attrs.field(converter=_failed)
    inclusion: Fraction = attrs.field(converter=_inclusion)
    """With which probability the item was drawn; see `sampling.Chosen`."""
    group: str | None = None
    """The assignee or stratum it belongs to."""


@attrs.frozen(kw_only=True)
class ErrorRate:
    """How much of all finished work is wrong, judging by the reviews.

    >>> print(error_rate([Review(at < 2, "1/10") for at in range(50)]))
    4 % wrong (2 of 50 reviewed), 1.1 % to 13.5 % (Wilson, 95 %)
    """

    rate: float | None
    """The share of errors, 0 to 1; None where nothing was reviewed."""
    interval: Interval | None
    """Where the true share lies; None where nothing was reviewed."""
    reviewed: int
    failed: int
    """Of the reviewed."""
    effective: float
    """As many reviews drawn alike would tell as much."""
    wrong: float
    """How many of all finished items are wrong: the estimate of Horvitz and Thompson."""
    record: Mapping[str | None, tuple[int, int]] = attrs.field(hash=False)
    """Errors and reviews of each group, as `sampling.draw` takes them."""

    @property
    def census(self) -> bool:
        """Tell whether everything was reviewed, so that the rate is not an estimate."""
        return self.interval is not None and self.interval.method == "census"

    def __str__(self) -> str:
        """Build the sentence."""
        if self.rate is None:
            return "no rate: nothing was reviewed"
        found = f"{in_percent(self.rate)} wrong ({self.failed} of {self.reviewed} reviewed)"
        return f"{found}, all of it was reviewed" if self.census else f"{found}, {self.interval}"


def error_rate(
    reviews: Iterable[Review],
    *,
    method: str = "wilson",
    confidence: Number = 0.95,
    whole: int | None = None,
) -> ErrorRate:
    """Estimate the share of errors in all finished work from reviews of a sample.

    Drawn alike, the rate is the share of the reviewed that failed. Drawn unequally, each
    counts for 1/inclusion items (Hajek's ratio), and the interval is that of the effective
    number of reviews: as many as, drawn alike, would have this variance, at most those
    there were. Intervals do not narrow because the whole is finite, unless all of it was
    reviewed: then the width is 0. *whole* is how much finished, where the caller knows;
    without it reviews that were certain are taken for all of it. Work that had no chance to
    be drawn is not spoken of.

    Runtime: O(reviews).

    >>> reviews = [Review(True, "1/2"), Review(False, "1/2"), Review(False, 1), Review(False, 1)]
    >>> round(error_rate(reviews).rate, 4), error_rate(reviews).wrong
    (0.3333, 2.0)
    >>> print(error_rate([]))
    no rate: nothing was reviewed

    Raises:
        InvalidInput: the method is unknown, or the confidence not between 0 and 1.

    Source: Horvitz and Thompson (1952); Hajek (1971); the effective size: Korn and Graubard,
    Confidence Intervals for Proportions with Small Expected Number of Positive Counts (1998).
    """
    if method not in INTERVALS:
        raise InvalidInput(subject="method", must=f"be one of {', '.join(INTERVALS)}", got=method)
    sure = between(confidence, "confidence")
    seen = list(reviews)
    weights = [float(1 / review.inclusion) for review in seen]
    wrong = math.fsum(weight for weight, review in zip(weights, seen, strict=True) if review.failed)
    failed, record = 0, dict[str | None, tuple[int, int]]()
    for review in seen:
        errors, reviewed = record.get(review.group, (0, 0))
        record[review.group] = (errors + review.failed, reviewed + 1)
        failed += review.failed
    rate, interval, effective = None, None, 0.0
    if seen:
        rate, effective = _estimate(seen, weights)
        interval = (
            Interval(rate, rate, confidence=1.0, method="census")
            if len(seen) == (whole or len(seen)) and all(review.inclusion == 1 for review in seen)
            else INTERVALS[method](rate * effective, effective, sure)
        )
    return ErrorRate(
        rate=rate,
        interval=interval,
        reviewed=len(seen),
        failed=failed,
        effective=effective,
        wrong=wrong,
        record=record,
    )


def _estimate(seen: list[Review], weights: list[float]) -> tuple[float, float]:
    """Give the rate, and as how many equal reviews these count."""
    n, failed = len(seen), sum(review.failed for review in seen)
    if len({review.inclusion for review in seen}) == 1:
        return failed / n, float(n)
    total, squares = math.fsum(weights), math.fsum(weight**2 for weight in weights)
    if failed in {0, n}:
        # No variance to be seen: only the weights tell (Kish, Survey Sampling, 1965).
        return failed / n, total**2 / squares
    rate = math.fsum(w for w, review in zip(weights, seen, strict=True) if review.failed) / total
    scatter = math.fsum(
        (weight * (review.failed - rate)) ** 2 for weight, review in zip(weights, seen, strict=True)
    )
    variance = n / (n - 1) * scatter / total**2
    return rate, min(rate * (1 - rate) / variance, float(n))
