"""What lies between two answers: nothing, ranks, differences, proportions.

Holds: the levels of measurement, the distance each gives, the rank of an answer.
Does not hold: coefficients that weigh disagreement by it (see coefficients).
Depends on: errors, ratings, values.

Answers are brought to whole numbers in the same proportions first. So a shift or another
unit changes no digit, and numbers near the ends of what a float can be do not overflow.
"""

from __future__ import annotations

from collections.abc import Callable
from math import lcm
from typing import Literal, TypeAlias

from distribution.errors import InvalidInput
from distribution.ratings import Ratings
from distribution.values import exact

Level: TypeAlias = Literal["nominal", "ordinal", "interval", "ratio"]
LEVELS = ("nominal", "ordinal", "interval", "ratio")
"""What the distance of two answers means: none but equal or not; ranks; differences; proportions."""
Distance: TypeAlias = Callable[[int, int], float]
"""Of two places on the scale: how far apart they are, squared."""


def distance(ratings: Ratings, level: Level, used: list[int]) -> Distance:
    """Give the squared distance of a level of measurement, brought to a size that cannot overflow.

    *used* says how often each answer was given: ordinal distance is measured in ratings.

    >>> apart = distance(Ratings.of([("i1", "ann", 1), ("i1", "bob", 3)]), "ratio", [1, 1])
    >>> apart(0, 1)
    0.25

    Raises:
        InvalidInput: there is no such level, or the answers do not fit it.

    Source: Krippendorff, Computing Krippendorff's Alpha-Reliability (2011).
    """
    if level not in LEVELS:
        raise InvalidInput(subject="level", must=f"be one of {', '.join(LEVELS)}", got=level)
    if level == "nominal":
        return lambda c, k: float(c != k)
    if level == "ordinal":
        middle, most = _middles(ranks_of(ratings), used), max(2 * sum(used), 1)
        return lambda c, k: ((middle[c] - middle[k]) / most) ** 2
    values = _whole(ratings, level)
    if level == "interval":
        # One number in two types, 0.1 and Fraction(1, 10), can be two answers without a distance.
        spread = max(values, default=0) - min(values, default=0) or 1
        return lambda c, k: ((values[c] - values[k]) / spread) ** 2
    return lambda c, k: ((values[c] - values[k]) / (values[c] + values[k])) ** 2


def _middles(ranks: list[int], used: list[int]) -> list[int]:
    """Give for each answer twice the number of ratings below the middle of its own."""
    middles, below = [0] * len(ranks), 0
    for place in sorted(range(len(ranks)), key=ranks.__getitem__):
        middles[place] = 2 * below + used[place]
        below += used[place]
    return middles


def ranks_of(ratings: Ratings) -> list[int]:
    """Give for each answer its rank on the scale, the lowest 0; numbers are in order by themselves.

    >>> ranks_of(Ratings.of([("i1", "ann", 5), ("i1", "bob", -1)]))
    [1, 0]

    Raises:
        InvalidInput: there is text among the answers, and no order was given.
    """
    if ratings.ordered:
        return list(range(len(ratings.answers)))
    values = _whole(ratings, "ordinal")
    ranks = [0] * len(values)
    for rank, place in enumerate(sorted(range(len(values)), key=values.__getitem__)):
        ranks[place] = rank
    return ranks


def _whole(ratings: Ratings, level: str) -> list[int]:
    """Give the answers as whole numbers in the same proportions, exactly."""
    values = []
    for answer in ratings.answers:
        if isinstance(answer, str):
            remedy = "give the order with answers=" if level == "ordinal" else ""
            raise InvalidInput(
                subject=f"answers at the level {level}", must="be numbers", got=answer, remedy=remedy
            )
        if answer < 0 and level == "ratio":
            raise InvalidInput(subject="answers at the level ratio", must="not be negative", got=answer)
        values.append(exact(abs(answer), "answer") * (-1 if answer < 0 else 1))
    scale = lcm(*(value.denominator for value in values))
    return [int(value * scale) for value in values]
