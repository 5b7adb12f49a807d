"""Who gets the next item, when items come one by one.

Holds: house-monotone sequences with carried state: whose turn it is, at any time.
Does not hold: the one-shot split (see apportion), people and tasks.
Depends on: errors, values, apportion.

Splitting every small delivery anew is wrong: two hundred single items at 50/30/20
would all go to the first. A sequence remembers what each has had, so 30 items and
then 70 give the same as 100 at once, and nobody's count ever falls.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import islice
from typing import Self, cast

import attrs

from distribution.apportion import (
    DIVISORS,
    Timing,
    least_divisor,
    priority,
    quota_release,
    released,
    whole_weights,
)
from distribution.errors import InvalidInput
from distribution.values import Json, check_count

RULES = ("max_deficit", "tijdeman", "webster", "dhondt", "adams", "balinski_young")
"""Names of the rules; see `Turns`."""


def _rule(value: object) -> str:
    if value not in RULES:
        raise InvalidInput(subject="rule", must=f"be one of {', '.join(RULES)}", got=value)
    return str(value)


def _counts(value: Sequence[object]) -> tuple[int, ...]:
    return tuple(check_count(count, f"count {at}") for at, count in enumerate(value))


@attrs.frozen
class Turns:
    """The state of a sequence: weights, rule, and what each has had so far.

    `max_deficit` serves whoever is furthest below her exact share; nobody is ever a
    whole item or more above it. `tijdeman` keeps everybody within 1 - 1/(2v-2) of her
    exact share at every moment, for v people with positive weight: the proven optimum.
    The divisor rules and `balinski_young` are the sequences behind `apportion`.
    After one period (the sum of the weights in lowest terms) max_deficit, tijdeman and
    balinski_young have served everybody exactly her weight. Ties go to the earlier.

    >>> turns = Turns.start([50, 30, 20])
    >>> later, owners = turns.take(6)
    >>> owners, later.counts
    ([0, 1, 2, 0, 0, 1], (3, 2, 1))
    >>> Turns.from_data(later.to_data()) == later
    True

    Source: Tijdeman, The chairman assignment problem (1980).
    """

    weights: tuple[int, ...]
    """Shares in lowest terms."""
    rule: str = attrs.field(converter=_rule)
    """One of `RULES`."""
    counts: tuple[int, ...] = attrs.field(converter=_counts)
    """Items each has been given."""

    @counts.validator
    def _check(self, _: object, counts: tuple[int, ...]) -> None:
        """Keep out of the constructor what `start` keeps out."""
        if len(counts) != len(self.weights) or tuple(whole_weights(self.weights)) != self.weights:
            raise InvalidInput(
                subject="turns", must="hold one count for each weight in lowest terms", got=self.weights
            )

    @classmethod
    def start(cls, weights: Sequence[object], *, rule: str = "max_deficit") -> Self:
        """Begin a sequence in which nobody has anything yet.

        Raises:
            InvalidInput: a weight or the rule cannot be used.
        """
        whole = tuple(whole_weights(weights))
        return cls(whole, rule, (0,) * len(whole))

    @property
    def period(self) -> int:
        """After so many items everybody has exactly her weight and all starts again."""
        return sum(self.weights)

    def take(self, n: int) -> tuple[Self, list[int]]:
        """Give the next *n* items; return the state afterwards and the index of each item's owner.

        Taking 30 and then 70 always gives what taking 100 gives.

        Runtime: O(n log v) for v weights; max_deficit O(n v).

        Raises:
            InvalidInput: *n* is not a whole number.
        """
        n = check_count(n, "n")
        owners = list(islice(self._owners(list(self.counts)), n))
        counts = list(self.counts)
        for owner in owners:
            counts[owner] += 1
        return attrs.evolve(self, counts=counts), owners

    def _owners(self, seats: list[int]) -> Iterator[int]:
        """Yield owners for ever; *seats* may be changed on the way."""
        whole = list(self.weights)
        if self.rule == "max_deficit":
            return _max_deficit(whole, seats)
        if self.rule == "balinski_young":
            return released(whole, seats, Timing(quota_release(whole), least_divisor(whole)))
        if self.rule == "tijdeman":
            # lambda*t - a >= c and the smallest (a+1-c)/lambda, with c = 1/(2v-2) = 1/double.
            double = max(2 * (sum(w > 0 for w in whole) - 1), 1)
            total = sum(whole)
            timing = Timing(
                lambda i, a: -(-total * (double * a + 1) // (double * whole[i])),
                least_divisor(whole, double, 1),
            )
            return released(whole, seats, timing)
        return _divisor_order(whole, seats, self.rule)

    def to_data(self) -> dict[str, Json]:
        """Write the state as JSON-able data."""
        return {"weights": list(self.weights), "rule": self.rule, "counts": list(self.counts)}

    @classmethod
    def from_data(cls, data: Mapping[str, Json]) -> Self:
        """Read what `to_data` wrote.

        Raises:
            InvalidInput: something is missing, or counts and weights do not fit.
        """
        try:
            weights, rule, counts = data["weights"], data["rule"], data["counts"]
        except (KeyError, TypeError) as error:
            raise InvalidInput(subject="turns", must="hold weights, rule and counts", got=data) from error
        if not isinstance(weights, list) or not isinstance(counts, list) or len(weights) != len(counts):
            raise InvalidInput(subject="turns", must="hold one count for each weight", got=data)
        return cls(tuple(whole_weights(weights)), cast("str", rule), cast("tuple[int, ...]", tuple(counts)))


def _max_deficit(whole: list[int], seats: list[int]) -> Iterator[int]:
    """Serve the largest credit; everyone's credit grows by her weight each turn."""
    total = sum(whole)
    held = sum(seats)
    credit = [w * held - total * a for w, a in zip(whole, seats, strict=True)]
    while True:
        credit = [c + w for c, w in zip(credit, whole, strict=True)]
        i = credit.index(max(credit))
        credit[i] -= total
        yield i


def _divisor_order(whole: list[int], seats: list[int], rule: str) -> Iterator[int]:
    """Serve in the order in which a divisor method awards."""

    def award(i: int) -> tuple[int, Fraction, int]:
        first, rank = priority(DIVISORS[rule], whole[i], seats[i])
        return -first, -rank, i

    awards = [award(i) for i, w in enumerate(whole) if w]
    heapq.heapify(awards)
    while True:
        i = awards[0][2]
        seats[i] += 1
        heapq.heapreplace(awards, award(i))
        yield i
