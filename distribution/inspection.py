"""Inspect a stream of finished items: all of it, or a part, as long as it is good.

Holds: CSP-1 and where it leads, skip-lot SkSP-2, the sequential test, jittered blocks.
Does not hold: lots and tables (see acceptance), samples of what is there (see sampling).
Depends on: draw, errors, intervals, values.

A stream is what one assignee finishes, item after item. Shares are between 0 and 1. In
these formulas errors come independently of each other, and what is found is mended.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Literal, TypeAlias

import attrs

from distribution.draw import word
from distribution.errors import InvalidInput
from distribution.intervals import NEAREST, between, share_of
from distribution.values import Number, check_count, check_seed

CLEAR_LIMIT = 10_000_000
"""Items in a row that can be asked to be clear."""


def in_jittered_blocks(seed: int, name: str, position: int, share: Fraction) -> bool:
    """Tell whether the item at *position*, from 0, is the one chosen of its block of 1/share items.

    A block is a run of 1/share items, rounded up or down, and has one chosen item at a
    place nobody can guess. Where the first block begins is a matter of chance too, so that
    every item is chosen with probability *share* exactly. The number chosen of any run is
    less than 2 off its share. Nothing that comes later changes what was said. Runtime: O(1).

    >>> [at for at in range(40) if in_jittered_blocks(7, "ann", at, Fraction(1, 10))]
    [6, 18, 28]
    """
    a, b = share.numerator, share.denominator
    # Item i belongs to block (a i + s) // b. Over all s it meets every place of every block alike.
    s = word(seed, f"phase|{name}") * b >> 64
    block = (a * position + s) // b
    start, end = -((s - block * b) // a), -((s - (block + 1) * b) // a)
    return position == start + (word(seed, f"block {block}|{name}") * (end - start) >> 64)


def _clear(value: object) -> int:
    clear = check_count(value, "clear", least=1)
    if clear > CLEAR_LIMIT:
        raise InvalidInput(subject="clear", must=f"be at most {CLEAR_LIMIT}", got=value)
    return clear


def _fraction(value: object) -> Fraction:
    return between(value, "fraction")


@attrs.frozen(kw_only=True)
class Csp1:
    """Inspect everything until *clear* items in a row are right, then a fraction, until one is wrong.

    >>> plan = Csp1(clear=10, fraction="1/10")
    >>> round(plan.inspected(0.02), 4), round(plan.outgoing(0.02), 4), round(plan.limit(), 4)
    (0.1197, 0.0176, 0.0995)

    Raises:
        InvalidInput: clear is no count, or the fraction not strictly between 0 and 1.

    Source: Dodge, A Sampling Inspection Plan for Continuous Production (1943).
    """

    clear: int = attrs.field(converter=_clear)
    """Right items in a row after which only a part is inspected."""
    fraction: Fraction = attrs.field(converter=_fraction)
    """The part, exact."""

    def inspected(self, share: Number) -> float:
        """Give the average fraction inspected (AFI) of a long stream with this share of errors."""
        return self._inspected(share_of(share, "share"))

    def outgoing(self, share: Number) -> float:
        """Give the share of errors that goes out in the long run (AOQ), those found being mended."""
        wrong = share_of(share, "share")
        return wrong * (1 - self._inspected(wrong))

    def limit(self) -> float:
        """Give the largest `outgoing` of all shares (AOQL): it holds however bad the work is."""
        return _peak(lambda wrong: wrong * (1 - self._inspected(wrong)))

    def _inspected(self, wrong: float) -> float:
        f = float(self.fraction)
        return f / (f + (1 - f) * (1 - wrong) ** self.clear)

    def start(self, *, seed: int, name: str = "") -> Watch:
        """Begin a stream; *name* tells the streams of one seed apart, such as an assignee's id.

        Raises:
            InvalidInput: the seed is no whole number.
        """
        return Watch(plan=self, seed=check_seed(seed), name=name)


def _peak(height: Callable[[float], float]) -> float:
    """Find the top of a hill over 0 to 1, by thirds. Rounding stops it at a top flat to 16 digits."""
    low, high = 0.0, 1.0
    for _ in range(100):
        third = (high - low) / 3
        if height(low + third) < height(high - third):
            low += third
        else:
            high -= third
    return height((low + high) / 2)


def least_clear(fraction: Number, limit: Number) -> int:
    """Find the least *clear* with which, inspecting this fraction, no more than *limit* ever goes out.

    Runtime: O(log clear).

    >>> least_clear("0.1", "0.01")
    110

    Raises:
        InvalidInput: a number is not strictly between 0 and 1, or takes ten million items in a row.
    """
    part, most = between(fraction, "fraction"), float(between(limit, "limit"))
    low, high = 0, 1
    while Csp1(clear=high, fraction=part).limit() > most:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if Csp1(clear=middle, fraction=part).limit() > most else (low, middle)
    return high


@attrs.frozen(kw_only=True)
class Watch:
    """Where a stream under CSP-1 stands. Ask `inspects`, then tell with `after` what was found.

    >>> watch = Csp1(clear=2, fraction="1/3").start(seed=7, name="ann")
    >>> asked = []
    >>> for wrong in (False, False, False, False, False):
    ...     asked.append(watch.inspects)
    ...     watch = watch.after(wrong=wrong if watch.inspects else None)
    >>> asked
    [True, True, True, False, False]
    """

    plan: Csp1
    seed: int
    name: str = ""
    sampling: bool = False
    """Only a part is inspected."""
    seen: int = 0
    """Items since sampling began, or right ones in a row before it."""
    spell: int = 0
    """How often sampling has begun."""

    @property
    def inspects(self) -> bool:
        """Tell whether the next item is to be inspected."""
        if not self.sampling:
            return True
        # Each spell has blocks of its own, so that nobody learns where they lie.
        return in_jittered_blocks(self.seed, f"{self.spell}|{self.name}", self.seen, self.plan.fraction)

    def after(self, *, wrong: bool | None) -> Watch:
        """Take in the next item: whether it was wrong, or None as it was not inspected.

        Raises:
            InvalidInput: an item to inspect was not, or one was that was not to be.
        """
        if (wrong is not None) != self.inspects:
            must = "be told of an item to inspect" if self.inspects else "be None for an item not to inspect"
            raise InvalidInput(subject="wrong", must=must, got=wrong, remedy="ask inspects first")
        if wrong:
            return attrs.evolve(self, sampling=False, seen=0)
        if not self.sampling and self.seen + 1 == self.plan.clear:
            return attrs.evolve(self, sampling=True, seen=0, spell=self.spell + 1)
        return attrs.evolve(self, seen=self.seen + 1)


@attrs.frozen(kw_only=True)
class SkSP2:
    """Judge every lot until *clear* in a row were accepted, then a fraction of them, until one is refused.

    A lot not judged passes. The numbers follow from the probability to accept a lot that
    is judged (see `acceptance.passes`).

    >>> plan = SkSP2(clear=4, fraction="1/4")
    >>> round(plan.passes(0.75867), 4), round(plan.inspected(0.75867), 4)
    (0.879, 0.5015)

    Raises:
        InvalidInput: clear is no count, or the fraction not strictly between 0 and 1.

    Source: Perry, Skip-Lot Sampling Plans (1973).
    """

    clear: int = attrs.field(converter=_clear)
    """Accepted lots in a row after which only a part is judged."""
    fraction: Fraction = attrs.field(converter=_fraction)
    """The part, exact."""

    def passes(self, accepted: Number) -> float:
        """Give the share of lots that pass, where a judged one does with probability *accepted*."""
        once = share_of(accepted, "probability")
        part = self.inspected(accepted)
        return 1 - part * (1 - once)

    def inspected(self, accepted: Number) -> float:
        """Give the share of lots that are judged."""
        f, run = float(self.fraction), share_of(accepted, "probability") ** self.clear
        return f / (f + (1 - f) * run)


Step: TypeAlias = Literal["accept", "reject", "go on"]
NEAR = 1e-7
"""Shares so near to the slope of a sequential test are taken as on it."""


def _p0(value: Number) -> Fraction:
    return between(value, "p0")


def _p1(value: Number) -> Fraction:
    return between(value, "p1")


def _alpha(value: Number) -> Fraction:
    return between(value, "alpha")


def _beta(value: Number) -> Fraction:
    return between(value, "beta")


def _truncate(value: int | None) -> int | None:
    return None if value is None else check_count(value, "truncate", least=1)


@attrs.frozen(kw_only=True)
class Sprt:
    """Decide item by item whether the share of errors is p0 or p1, with as few items as possible.

    Accept while errors <= s n - h1, reject when errors >= s n + h2, go on between. Work as
    good as p0 is rejected with probability alpha, work as bad as p1 accepted with beta,
    to Wald's approximation.

    >>> test = Sprt(p0="0.02", p1="0.08", alpha="0.05", beta="0.10")
    >>> test.verdict(35, 0), test.verdict(36, 0), test.verdict(10, 3)
    ('go on', 'accept', 'reject')

    Raises:
        InvalidInput: a number is not strictly between 0 and 1, p0 is not below p1, or
            alpha and beta leave nothing to decide.

    Source: Wald, Sequential Analysis (1947), chapters 3 and 5.
    """

    p0: Fraction = attrs.field(converter=_p0)
    """The share of errors that is good."""
    p1: Fraction = attrs.field(converter=_p1)
    """The share that is not."""
    alpha: Fraction = attrs.field(default=Fraction(1, 20), converter=_alpha)
    """The risk to reject good work."""
    beta: Fraction = attrs.field(default=Fraction(1, 10), converter=_beta)
    """The risk to accept bad work."""
    truncate: int | None = attrs.field(default=None, converter=_truncate)
    """Decide after so many items at the latest, for the likelier of the two; None for never."""

    def __attrs_post_init__(self) -> None:
        """Raise unless there is something to decide."""
        if self.p1 - self.p0 < NEAREST:
            raise InvalidInput(subject="p0", must=f"be below p1, {float(self.p1):g}", got=float(self.p0))
        if self.alpha + self.beta >= 1:
            got = float(self.alpha + self.beta)
            raise InvalidInput(subject="alpha + beta", must="be less than 1", got=got)

    @property
    def _scale(self) -> float:
        """Give the weight of an error against a right item: Wald's k."""
        return math.log(self.p1 * (1 - self.p0) / (self.p0 * (1 - self.p1)))

    @property
    def slope(self) -> float:
        """Give s: errors an item at which neither line comes nearer."""
        return math.log((1 - self.p0) / (1 - self.p1)) / self._scale

    @property
    def h1(self) -> float:
        """Give how many errors the line of acceptance lies below the slope."""
        return math.log((1 - self.alpha) / self.beta) / self._scale

    @property
    def h2(self) -> float:
        """Give how many errors the line of rejection lies above it."""
        return math.log((1 - self.beta) / self.alpha) / self._scale

    def verdict(self, n: int, errors: int) -> Step:
        """Say what *errors* among the first *n* items lead to. Runtime: O(1).

        Raises:
            InvalidInput: more errors than items.
        """
        seen, found = check_count(n, "n"), check_count(errors, "errors")
        if found > seen:
            raise InvalidInput(subject="errors", must=f"be at most the {n} reviewed", got=errors)
        over = found - self.slope * seen
        if over <= -self.h1:
            return "accept"
        if over >= self.h2:
            return "reject"
        if self.truncate is None or seen < self.truncate:
            return "go on"
        return "accept" if over <= 0 else "reject"

    def passes(self, share: Number) -> float:
        """Give the probability to accept work with this share of errors: the OC curve.

        Wald's approximation, without truncation. Runtime: O(1).

        Raises:
            InvalidInput: the share is no number from 0 to 1.
        """
        return self._passes(self._tilt(share_of(share, "share")))

    def expected(self, share: Number) -> float:
        """Give the average number of items until the verdict (ASN) at this share of errors.

        Wald's approximation, without truncation: real runs are a little longer, as the last
        item oversteps its line. Largest near the slope. Runtime: O(1).

        Raises:
            InvalidInput: the share is no number from 0 to 1.
        """
        wrong = share_of(share, "share")
        tilt = self._tilt(wrong)
        if tilt == 0:
            return self.h1 * self.h2 / (self.slope * (1 - self.slope))
        return (self.h2 - self._passes(tilt) * (self.h1 + self.h2)) / (wrong - self.slope)

    def truncated(self, times: int = 3) -> Sprt:
        """Give the same test, decided at the latest after so many times the average at its slope.

        Raises:
            InvalidInput: times is no count.
        """
        longest = check_count(times, "times", least=1) * self.expected(self.slope)
        return attrs.evolve(self, truncate=math.ceil(longest))

    def _tilt(self, wrong: float) -> float:
        """Find t with E[exp(t step)] = 1, a step being 1 - s for an error and -s for a right item."""
        slope = self.slope
        if abs(wrong - slope) < NEAR:
            return 0.0
        return _tilt(wrong, slope) if wrong < slope else -_tilt(1 - wrong, 1 - slope)

    def _passes(self, tilt: float) -> float:
        """Give the probability to leave by the line of acceptance."""
        if tilt == 0:
            return self.h2 / (self.h1 + self.h2)
        down, both = abs(tilt) * self.h2, abs(tilt) * (self.h1 + self.h2)
        fit = math.expm1(-down) / math.expm1(-both)
        # A negative tilt drifts to rejection: the same quotient, times the odds of coming back.
        return fit if tilt > 0 else fit * math.exp(-abs(tilt) * self.h1)


def _tilt(wrong: float, slope: float) -> float:
    """Find the positive root where *wrong* is below *slope*, in logarithms, so that nothing overflows."""
    if wrong == 0:
        return math.inf
    low, high = 0.0, -math.log(wrong) / (1 - slope)
    while low < (t := (low + high) / 2) < high:
        if math.log(wrong) + t * (1 - slope) > math.log(-math.expm1(math.log1p(-wrong) - t * slope)):
            high = t
        else:
            low = t
    return t
