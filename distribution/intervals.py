"""How sure one can be of a share of errors, and how many reviews that takes.

Holds: Wilson and Clopper-Pearson intervals, an upper bound, sample sizes, binomial and hypergeometric tails.
Does not hold: which items are drawn (see sampling), accepting lots (see acceptance).
Depends on: errors, values.

Shares and confidence are between 0 and 1 here. Probabilities are floats: they describe
work, and hand out none.
"""

from __future__ import annotations

import math
from fractions import Fraction
from statistics import NormalDist

import attrs

from distribution.errors import InvalidInput
from distribution.values import Number, check_count, exact

NEAREST = Fraction(1, 10**12)
"""A share or probability comes no nearer to 0 or 1: floats could not tell it from them."""
REVIEWS_LIMIT = 10**9
"""Reviews that can be reckoned with."""


def between(value: object, subject: str) -> Fraction:
    """Return a share strictly between 0 and 1, by 1e-12 at least, else raise.

    >>> between(0.95, "confidence")
    Fraction(19, 20)

    Raises:
        InvalidInput: it is no number, or not between the two.
    """
    share = exact(value, subject)
    if not NEAREST <= share <= 1 - NEAREST:
        remedy = "write 5 % as 0.05" if 1 < share <= 100 else ""
        raise InvalidInput(subject=subject, must="lie strictly between 0 and 1", got=value, remedy=remedy)
    return share


def share_of(value: object, subject: str) -> float:
    """Return a share from 0 to 1 as a float, else raise.

    Raises:
        InvalidInput: it is no number, or above 1.
    """
    share = exact(value, subject)
    if share > 1:
        raise InvalidInput(subject=subject, must="be at most 1", got=value)
    return float(share)


def in_percent(share: float) -> str:
    """Write a share for people, to three digits.

    >>> in_percent(0.12345), in_percent(0.001), in_percent(1)
    ('12.3 %', '0.1 %', '100 %')
    """
    return f"{100 * share:.3g} %"


@attrs.frozen
class Interval:
    """Where a share lies, with a given confidence.

    >>> print(wilson(1, 29))
    0.611 % to 17.2 % (Wilson, 95 %)
    """

    low: float
    """From 0 to 1, as high."""
    high: float
    confidence: float = attrs.field(kw_only=True)
    """How often such an interval holds the truth; 1 after a census."""
    method: str = attrs.field(kw_only=True)
    """Wilson, Clopper-Pearson, or census."""

    @property
    def width(self) -> float:
        """Give high minus low."""
        return self.high - self.low

    def __str__(self) -> str:
        """Build the sentence."""
        sure = f"{self.method}, {in_percent(self.confidence)}"
        return f"{in_percent(self.low)} to {in_percent(self.high)} ({sure})"


def wilson(errors: Number, n: Number, confidence: Number = 0.95) -> Interval:
    """Give the score interval of a share, *errors* of *n*.

    The one to report: on the average it holds the truth as often as it says, and it has a
    width even where no error was found. Nothing reviewed leaves 0 to 1. An effective
    number of reviews need not be whole. Runtime: O(1).

    >>> interval = wilson(81, 263)
    >>> round(interval.low, 4), round(interval.high, 4)
    (0.2553, 0.3662)

    Raises:
        InvalidInput: more errors than reviews, or the confidence is not between 0 and 1.

    Source: Wilson, Probable Inference, the Law of Succession, and Statistical Inference (1927).
    """
    x, size = _observed(errors, n)
    sure = between(confidence, "confidence")
    low, high = 0.0, 1.0
    if size:
        z2 = NormalDist().inv_cdf(float((1 + sure) / 2)) ** 2
        centre = (x + z2 / 2) / (size + z2)
        half = math.sqrt(z2 * (x * (size - x) / size + z2 / 4)) / (size + z2)
        # At the ends the two terms are equal but for rounding.
        low = max(centre - half, 0.0) if x else 0.0
        high = min(centre + half, 1.0) if x < size else 1.0
    return Interval(low, high, confidence=float(sure), method="Wilson")


def clopper_pearson(errors: Number, n: Number, confidence: Number = 0.95) -> Interval:
    """Give the exact interval of a share, *errors* of *n*.

    The one for a guarantee: it never holds the truth less often than it says. Otherwise
    as `wilson`. Runtime: O(sqrt(n)).

    >>> interval = clopper_pearson(81, 263)
    >>> round(interval.low, 4), round(interval.high, 4)
    (0.2527, 0.3676)

    Raises:
        InvalidInput: more errors than reviews, or the confidence is not between 0 and 1.

    Source: Clopper and Pearson, The Use of Confidence or Fiducial Limits (1934).
    """
    x, size = _observed(errors, n)
    sure = between(confidence, "confidence")
    tail = (1 - sure) / 2
    low = _quantile(float(tail), x, size - x + 1) if x else 0.0
    return Interval(low, _highest(x, size, 1 - tail), confidence=float(sure), method="Clopper-Pearson")


def upper_bound(errors: Number, n: Number, confidence: Number = 0.95) -> float:
    """Give the share that the truth does not exceed, with this confidence, after *errors* of *n*.

    The one-sided bound of Clopper and Pearson: at a larger share so few errors would have
    been rarer than 1 - confidence. Nothing reviewed leaves 1. Runtime: O(sqrt(n)).

    >>> round(upper_bound(0, 50), 4), round(upper_bound(5, 100), 4)
    (0.0582, 0.1023)

    Raises:
        InvalidInput: more errors than reviews, or the confidence is not between 0 and 1.
    """
    x, size = _observed(errors, n)
    return _highest(x, size, between(confidence, "confidence"))


def _observed(errors: Number, n: Number) -> tuple[float, float]:
    """Check what was seen."""
    x, size = exact(errors, "errors"), exact(n, "reviewed")
    if x > size:
        raise InvalidInput(subject="errors", must=f"be at most the {n} reviewed", got=errors)
    if size > REVIEWS_LIMIT:
        raise InvalidInput(subject="reviewed", must=f"be at most {REVIEWS_LIMIT}", got=n)
    return float(x), float(size)


def _highest(x: float, size: float, sure: Fraction) -> float:
    return _quantile(float(sure), x + 1, size - x) if x < size else 1.0


def sample_size(
    margin: Number, population: int | None = None, *, confidence: Number = 0.95, share: Number = 0.5
) -> int:
    """Tell how many to review so that the share of errors is known to plus or minus *margin*.

    *share* is the one expected; one half is the worst case. Of a finite *population*
    fewer are needed, never more than it has; rounded up once, at the end. Runtime: O(1).

    >>> sample_size(0.05), sample_size(0.05, 1000), sample_size(0.03, 1000)
    (385, 278, 517)

    Raises:
        InvalidInput: a share is not strictly between 0 and 1.

    Source: Cochran, Sampling Techniques (1977), 4.4.
    """
    error, p = between(margin, "margin"), between(share, "share")
    z = NormalDist().inv_cdf(float((1 + between(confidence, "confidence")) / 2))
    size = z * z * float(p * (1 - p) / error**2)
    if population is not None:
        size /= 1 + (size - 1) / check_count(population, "population", least=1)
    return max(math.ceil(size), 1)


def sample_size_none_found(limit: Number, population: int | None = None, *, confidence: Number = 0.95) -> int:
    """Tell how many to review so that, no error found, fewer than *limit* of all are wrong.

    Of a finite *population* with that share of errors, rounded up to whole ones, a sample
    of this size would have missed them all with probability at most 1 - confidence.
    Runtime: O(1); of a population, a binomial coefficient for each step of a halving.

    >>> sample_size_none_found(0.01), sample_size_none_found(0.05, 100)
    (299, 45)

    Raises:
        InvalidInput: limit or confidence is not strictly between 0 and 1.
    """
    p, miss = between(limit, "limit"), 1 - between(confidence, "confidence")
    # What comes out whole must not be lifted by the last bit of a logarithm.
    endless = math.ceil(math.log(miss) / math.log1p(-p) * (1 - 1e-12))
    if population is None:
        return endless
    whole = check_count(population, "population", least=1)
    wrong = math.ceil(p * whole)
    low, high = 1, min(endless, whole - wrong + 1)
    while low < high:
        size = (low + high) // 2
        few, many = min(size, wrong), max(size, wrong)
        if math.comb(whole - many, few) * miss.denominator <= math.comb(whole, few) * miss.numerator:
            high = size
        else:
            low = size + 1
    return low


def binomial_at_most(most: int, n: int, share: float) -> float:
    """Give the probability of at most *most* errors among *n*, each wrong with probability *share*.

    Runtime: O(sqrt(n)).

    >>> round(binomial_at_most(3, 125, 0.01), 5)
    0.96255
    """
    return 1.0 if most >= n else 1 - _beta(share, 1 - share, most + 1, n - most)


def hypergeometric_at_most(most: int, n: int, *, wrong: int, total: int) -> float:
    """Give the probability of at most *most* errors among *n* drawn of *total*, *wrong* of which are errors.

    Exact until the last division. Runtime: O(most) products of numbers of n digits.

    >>> hypergeometric_at_most(0, 2, wrong=1, total=4)
    0.5
    """
    least = max(0, n + wrong - total)
    ways = math.comb(wrong, least) * math.comb(total - wrong, n - least) if least <= most else 0
    fewer = 0
    for found in range(least, min(most, n, wrong) + 1):
        fewer += ways
        ways = ways * (wrong - found) * (n - found) // ((found + 1) * (total - wrong - n + found + 1))
    return fewer / math.comb(total, n)


def _beta(x: float, y: float, a: float, b: float) -> float:
    """Give the regularised incomplete beta function I_x(a, b), with y = 1 - x.

    Both are passed, so that a small one keeps its digits. Source: DLMF 8.17.22.
    """
    if x <= 0 or y <= 0:
        return float(y <= 0)
    if x * (a + b + 2) > a + 1:
        return 1 - _beta_fraction(y, x, b, a)
    return _beta_fraction(x, y, a, b)


def _beta_fraction(x: float, y: float, a: float, b: float) -> float:
    """Evaluate the continued fraction where it converges fast, by Lentz's method."""
    # The logarithm of the smaller one is exact; that of the larger is taken from the smaller.
    log_x, log_y = (math.log(x), math.log1p(-x)) if x < y else (math.log1p(-y), math.log(y))
    scale = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * log_x + b * log_y
    over, under, value, before, m = 1.0, 0.0, 1.0, 0.0, 0
    while abs(value - before) > 1e-15 * abs(value):
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        even = (m + 1) * (b - m - 1) * x / ((a + 2 * m + 1) * (a + 2 * m + 2))
        before = value
        for term in (odd, even):
            under = 1 / (1 + term * under)
            over = 1 + term / over
            value *= over * under
        m += 1
    return math.exp(scale) / (a * value)


def _quantile(probability: float, a: float, b: float) -> float:
    """Find x with I_x(a, b) = *probability*, by halving until two neighbouring floats are left."""
    low, high = 0.0, 1.0
    while low < (x := (low + high) / 2) < high:
        if _beta(x, 1 - x, a, b) < probability:
            low = x
        else:
            high = x
    return x
