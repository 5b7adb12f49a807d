"""What answers to gold mean: tests before the work, and pauses during it.

Holds: results of an assignee, gates, the rule that pauses, gold owed by results.
Does not hold: which places are gold (see gold), who acts on a pause (see team).
Depends on: errors, gold, values.
"""

from __future__ import annotations

from fractions import Fraction
from math import comb, sqrt
from typing import Literal

import attrs

from distribution.errors import InvalidInput
from distribution.gold import target
from distribution.values import Number, check_count, decimal_text, exact

Z_SQUARED = {
    80: Fraction("1.6423744151"), 90: Fraction("2.7055434541"), 95: Fraction("3.8414588207"),
    98: Fraction("5.4118944310"), 99: Fraction("6.6348966010"),
}  # fmt: skip
"""Squares of the two-sided normal quantiles; constants, because the decision is exact."""


def _correct(value: object) -> int:
    return check_count(value, "correct")


def _wrong(value: object) -> int:
    return check_count(value, "wrong")


@attrs.frozen
class GoldResult:
    """How one assignee answered gold."""

    correct: int = attrs.field(converter=_correct)
    wrong: int = attrs.field(converter=_wrong)

    @property
    def total(self) -> int:
        """Count her answers to gold."""
        return self.correct + self.wrong


def owes(result: GoldResult, first: int, units: int) -> bool:
    """Tell whether gold is due for her by how she answered: wrong answers are made up for.

    Due while fewer than *first* are correct, then while those beyond *first* are fewer than
    the `target` of her units and the wrong ones together. For one at a time: unlike `due`
    it is no secret, but it looks closer at those who err.

    >>> owes(GoldResult(3, 0), 3, 9), owes(GoldResult(3, 0), 3, 10), owes(GoldResult(3, 1), 3, 9)
    (False, True, True)

    Raises:
        InvalidInput: a number makes no sense.

    Source: Mephisto, use_gold_unit.
    """
    least = check_count(first, "first", least=1)
    return result.correct < least or result.correct - least - result.wrong < target(units)


@attrs.frozen(kw_only=True)
class GateVerdict:
    """Whether she passed a gate, as soon as it is certain.

    >>> print(Gate(pass_at=8, of=10).verdict(GoldResult(6, 1)))
    undecided: 6 correct and 1 wrong of 10, 8 must be correct
    """

    state: Literal["passed", "failed", "undecided"]
    result: GoldResult
    pass_at: int
    of: int

    def __str__(self) -> str:
        """Say it in words."""
        told = f"{self.result.correct} correct and {self.result.wrong} wrong of {self.of}"
        return f"{self.state}: {told}, {self.pass_at} must be correct"


def _of(value: object) -> int:
    return check_count(value, "of", least=1)


def _pass_at(value: object) -> int:
    return check_count(value, "pass_at", least=1)


@attrs.frozen(kw_only=True)
class Gate:
    """A test before the work: *pass_at* correct answers of *of*.

    >>> Gate(pass_at=8, of=10).verdict(GoldResult(7, 3)).state
    'failed'

    Raises:
        InvalidInput: a number makes no sense, or nobody could pass.
    """

    of: int = attrs.field(converter=_of)
    pass_at: int = attrs.field(converter=_pass_at)

    @pass_at.validator
    def _check_pass_at(self, _: object, value: int) -> None:
        if value > self.of:
            raise InvalidInput(subject="pass_at", must=f"not exceed of, which is {self.of}", got=value)

    def pass_probability(self, accuracy: Number) -> float:
        """Give how likely somebody passes who is right with a probability from 0 to 1.

        Runtime: O(of) terms.

        >>> round(Gate(pass_at=8, of=10).pass_probability(0.9), 5)
        0.92981

        Raises:
            InvalidInput: *accuracy* is no probability.
        """
        p = exact(accuracy, "accuracy")
        if p > 1:
            raise InvalidInput(subject="accuracy", must="be between 0 and 1", got=accuracy)
        chances = (
            comb(self.of, i) * p**i * (1 - p) ** (self.of - i) for i in range(self.pass_at, self.of + 1)
        )
        return float(sum(chances))

    def verdict(self, result: GoldResult) -> GateVerdict:
        """Say whether she passed or failed as soon as no answer to come can change it.

        Raises:
            InvalidInput: there are more answers than the gate has.
        """
        if result.total > self.of:
            raise InvalidInput(
                subject="answers to a gate", must=f"be at most {self.of}", got=result.total,
                remedy="count those of the gate alone",
            )  # fmt: skip
        state: Literal["passed", "failed", "undecided"] = "undecided"
        if result.correct >= self.pass_at:
            state = "passed"
        elif result.wrong > self.of - self.pass_at:
            state = "failed"
        return GateVerdict(state=state, result=result, pass_at=self.pass_at, of=self.of)


@attrs.frozen(kw_only=True)
class Pause:
    """Why somebody is paused."""

    result: GoldResult
    high: float
    """Percent: what her share of correct answers is at most, by the rule."""
    below: Fraction
    """Percent."""
    confidence: int | None

    def __str__(self) -> str:
        """Say it in words."""
        told = f"{self.result.correct} of {self.result.total} gold answers are correct"
        sure = f", at most {self.high:.4g} % with {self.confidence} % confidence" if self.confidence else ""
        return f"{told}{sure}; below {decimal_text(self.below)} % is a pause"


def _least_gold(value: object) -> int:
    return check_count(value, "least", least=1)


def _below(value: object) -> Fraction:
    below = exact(value, "below")
    if not 0 < below <= 100:
        raise InvalidInput(subject="below", must="be above 0 and at most 100", got=value)
    return below


@attrs.frozen(kw_only=True)
class PauseRule:
    """Pause who answers gold badly: the share of correct answers is below a percent.

    With a confidence, only when it is below for certain enough: when the upper end of Wilson's
    interval is. The decision is exact: with n answers and a share s below t, that end is below
    t just when n (t - s)^2 > z^2 t (1 - t).

    >>> print(PauseRule(least=5, below=70, confidence=95).verdict(GoldResult(3, 7)))
    3 of 10 gold answers are correct, at most 60.32 % with 95 % confidence; below 70 % is a pause

    Raises:
        InvalidInput: a number makes no sense, or the confidence has no quantile here.

    Source: Wilson, Probable Inference, the Law of Succession, and Statistical Inference (1927).
    """

    least: int = attrs.field(converter=_least_gold)
    """Answers before anybody is paused."""
    below: Fraction = attrs.field(converter=_below)
    """Percent."""
    confidence: int | None = attrs.field(default=None)
    """Percent, two-sided: 80, 90, 95, 98 or 99; None for the plain share."""

    @confidence.validator
    def _check_confidence(self, _: object, value: object) -> None:
        if value is not None and (isinstance(value, bool) or value not in Z_SQUARED):
            must = f"be one of {', '.join(map(str, Z_SQUARED))}, or None"
            raise InvalidInput(subject="confidence", must=must, got=value)

    def verdict(self, result: GoldResult) -> Pause | None:
        """Give the reason to pause her, or None."""
        if result.total < self.least:
            return None
        n, share, limit = result.total, Fraction(result.correct, result.total), self.below / 100
        z2 = Z_SQUARED[self.confidence] if self.confidence else Fraction(0)
        if share >= limit or n * (limit - share) ** 2 <= z2 * limit * (1 - limit):
            return None
        spread = sqrt(z2 * share * (1 - share) / n + z2**2 / (4 * n * n))
        high = float(share + z2 / (2 * n) + Fraction(spread)) / float(1 + z2 / n)
        return Pause(result=result, high=100 * high, below=self.below, confidence=self.confidence)
