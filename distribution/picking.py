"""Which of those that are there: so many at random, at even steps, or by their size.

Holds: simple, systematic and size-proportional choice, with exact inclusion probabilities.
Does not hold: how many (see allocation), items and groups (see sampling).
Depends on: draw.

A draw is an index and the probability with which it had to come, before the seed was
known; 64 bits of chance stand for a number between 0 and 1.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import TypeAlias

Pick: TypeAlias = tuple[int, Fraction]
"""An index, and its inclusion probability."""


def simple(ranks: Sequence[int], n: int) -> list[Pick]:
    """Choose the *n* smallest of random ranks: every set of n is equally likely.

    Equal ranks go to the earlier. Runtime: O(m log n) for m ranks.

    >>> simple([30, 10, 20], 2)
    [(1, Fraction(2, 3)), (2, Fraction(2, 3))]
    """
    chosen = heapq.nsmallest(n, range(len(ranks)), key=ranks.__getitem__)
    return [(at, Fraction(n, len(ranks))) for at in chosen]


def systematic(sizes: Sequence[int], n: int, start: int) -> Iterator[Pick]:
    """Choose *n* at even steps along the sizes, from a random start of 64 bits.

    Each with probability in proportion to its size; what would exceed 1 is certain, and
    the rest share what is left. Of equal sizes every m/n-th is chosen. Sizes are positive,
    n is at most their number. In the order given. Runtime: O(m log m) for m sizes.

    >>> [at for at, _ in systematic([1] * 10, 5, start=0)]
    [1, 3, 5, 7, 9]
    >>> list(systematic([1, 8, 1], 2, start=1 << 63))
    [(0, Fraction(1, 2)), (1, Fraction(1, 1))]

    Source: Madow, On the Theory of Systematic Sampling (1949).
    """
    left, total, certain = n, sum(sizes), set[int]()
    for at in sorted(range(len(sizes)), key=sizes.__getitem__, reverse=True):
        if left * sizes[at] < total:
            break
        certain.add(at)
        left, total = left - 1, total - sizes[at]
    passed = start * total >> 64
    for at, size in enumerate(sizes):
        if at in certain:
            yield at, Fraction(1)
            continue
        before, passed = passed, passed + left * size
        if passed // total > before // total:
            yield at, Fraction(left * size, total)
