"""What votes cost and bring: rules and majorities, before anybody is asked.

Holds: expected answers and accuracy of a stopping rule, the accuracy of a majority.
Does not hold: the rules (see stopping), what is known of real people.
Depends on: errors, stopping, values.

Everybody is right with the same probability, people err independently, and all wrong
answers are equally likely: real people share their errors, so this is what is hoped for.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from fractions import Fraction
from math import comb, factorial
from typing import TypeAlias

import attrs

from distribution.errors import InvalidInput
from distribution.stopping import Confidence, StoppingRule, check_choices, check_lead
from distribution.values import Number, check_count, exact


@attrs.frozen
class Expectation:
    """What a rule costs and brings on average."""

    labels: float
    """Answers for each item."""
    accuracy: float
    """Probability that the answer is right; where several lead, one of them is drawn."""


def _probability(value: Number, subject: str = "accuracy") -> Fraction:
    number = exact(value, subject)
    if number > 1:
        raise InvalidInput(
            subject=subject, must="be between 0 and 1", got=value, remedy="divide percents by 100"
        )
    return number


def expected(rule: StoppingRule, accuracy: Number, choices: int | None = None) -> Expectation:
    """Compute what a rule will cost and bring if everybody is right with the same probability.

    `Confidence` is taken to know that probability; the skills it has do not matter. *choices* are those of the
    rule, else 2. Exact up to rounding: it goes through all counts of votes.

    Runtime: O(most^2) for two choices; for more it grows like the number of ways in which
    *most* votes can fall, thousands for most = 20.

    >>> from distribution.stopping import Beat
    >>> expected(Beat(by=2, most=10), 0.7)
    Expectation(labels=3.40..., accuracy=0.84...)

    Raises:
        InvalidInput: a number makes no sense, or the rule has another number of choices.
    """
    p = _probability(accuracy)
    of_rule = rule.choices if isinstance(rule, Confidence) else None
    many = check_choices(choices if choices is not None else of_rule or 2)
    if of_rule not in {None, many}:
        raise InvalidInput(subject="choices", must=f"be those of the rule, {of_rule}", got=choices)
    if isinstance(rule, Confidence):
        rule = attrs.evolve(rule, skills={}, unknown=100 * p)
    weights = [rule.weigh(("",) * votes) for votes in range(rule.most + 1)]
    votes = _Votes(rule, weights, float(p), many)
    chances: dict[_Count, float] = {(0, ()): 1.0}
    labels = right = 0.0
    for asked in range(rule.most + 1):
        later: dict[_Count, float] = defaultdict(float)
        for count, chance in chances.items():
            share = votes.settled(asked, count)
            if share is None:
                for then, probability in votes.one_more(count):
                    later[then] += chance * probability
            else:
                labels += chance * asked
                right += chance * share
        chances = later
    return Expectation(labels, right)


_Count: TypeAlias = tuple[int, tuple[int, ...]]
"""Votes for the right answer, and for each wrong one that has any, the most first."""


@attrs.frozen
class _Votes:
    """How votes fall on one item, and when its rule stops."""

    rule: StoppingRule
    weights: Sequence[Fraction | int]
    """By number of votes."""
    accuracy: float
    choices: int

    def settled(self, asked: int, count: _Count) -> float | None:
        """Give the probability that the answer is right where the rule stops, else None."""
        right, wrong = self.weights[count[0]], [self.weights[votes] for votes in count[1]]
        ranked = sorted([right, *wrong] if count[0] else wrong, reverse=True)
        if self.rule.state(asked, self.rule.measured(ranked)) in {"early", "open"}:
            return None
        unnamed = [self.weights[0]] * (self.choices - 1 - len(wrong))
        best = max(right, *wrong, *unnamed)
        return 1 / (1 + (wrong + unnamed).count(best)) if right == best else 0.0

    def one_more(self, count: _Count) -> Iterator[tuple[_Count, float]]:
        """Yield what one vote more can make of a count, with its probability."""
        right, wrong = count
        yield (right + 1, wrong), self.accuracy
        each = (1 - self.accuracy) / (self.choices - 1)
        for votes in sorted(set(wrong)):
            at = wrong.index(votes)
            yield (right, (*wrong[:at], votes + 1, *wrong[at + 1 :])), each * wrong.count(votes)
        unnamed = self.choices - 1 - len(wrong)
        if unnamed:
            yield (right, (*wrong, 1)), each * unnamed


def unlimited_beat(by: int, accuracy: Number) -> Expectation:
    """Compute what `Beat` would cost and bring for two choices if there were no most.

    With r = (1 - p) / p it is right with probability 1 / (1 + r^by), after
    by / (2p - 1) * (1 - r^by) / (1 + r^by) answers; by^2 at p = 1/2.

    >>> unlimited_beat(2, 0.8)
    Expectation(labels=2.94..., accuracy=0.94...)

    Raises:
        InvalidInput: a number makes no sense.

    Source: the ruin of two gamblers; Feller, An Introduction to Probability Theory (1968), XIV.
    """
    m, p = check_lead(by), _probability(accuracy)
    # p^m and (1-p)^m, not their ratio: p may be 0.
    right, wrong = p**m, (1 - p) ** m
    if p == Fraction(1, 2):
        return Expectation(float(m * m), 0.5)
    labels = m / (2 * p - 1) * (right - wrong) / (right + wrong)
    return Expectation(float(labels), float(right / (right + wrong)))


def majority_accuracy(accuracy: Number, k: int, choices: int = 2) -> float:
    """Compute how often the answer that most of *k* people give is the right one.

    Where several answers lead one of them is drawn: two people are no more often right than one.

    Runtime: O(k^3 * choices) additions.

    >>> round(majority_accuracy(0.7, 5), 6)
    0.83692

    Raises:
        InvalidInput: a number makes no sense.

    Source: Condorcet (1785) for two choices.
    """
    p, k = _probability(accuracy), check_count(k, "k", least=1)
    others = check_choices(choices) - 1
    q = (1 - p) / others
    total = Fraction(0)
    for right in range(1, k + 1):
        wrong = k - right
        each = comb(k, right) * p**right * q**wrong
        for level in range(min(others, wrong // right) + 1):
            left = wrong - level * right
            ways = comb(others, level) * factorial(wrong) // (factorial(right) ** level * factorial(left))
            total += each * ways * _words(left, others - level, right - 1) / (level + 1)
    return float(total)


def _words(length: int, letters: int, most: int) -> int:
    """Count the words in which no letter stands more than *most* times."""
    row = [1] + [0] * length
    for _ in range(letters):
        row = [sum(comb(n, j) * row[n - j] for j in range(min(most, n) + 1)) for n in range(length + 1)]
    return row[length]
