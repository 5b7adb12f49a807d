"""Draw from a stream whose end nobody knows, keeping only what is drawn so far.

Holds: the reservoir, plain and weighted.
Does not hold: samples of what is all there, with strata and tallies (see sampling).
Depends on: draw, errors, values.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterable
from fractions import Fraction
from typing import TypeVar

from distribution.draw import GOLDEN64, mix, word
from distribution.errors import InvalidInput
from distribution.values import Number, check_count, check_seed, exact

T = TypeVar("T")
LIGHTEST = Fraction(1, 10**100)
"""Weights outside would leave what floats can hold."""


def reservoir(stream: Iterable[T], size: int, *, seed: int) -> list[T]:
    """Draw *size* of a stream, all equally likely; all of it where it is shorter.

    Depends on the seed and the order of the stream. Of n things, one replaces another
    size (H_n - H_size) times on the average, H_n being 1 + 1/2 + ... + 1/n.

    Runtime: O(n), memory O(size).

    >>> len(reservoir(range(1000), 10, seed=7))
    10

    Raises:
        InvalidInput: size is no count, or the seed no whole number.

    Source: Algorithm R; Vitter, Random Sampling with a Reservoir (1985).
    """
    kept: list[T] = []
    key, room = word(check_seed(seed), "reservoir"), check_count(size, "size")
    for at, thing in enumerate(stream):
        if at < room:
            kept.append(thing)
        elif (place := mix(key + at * GOLDEN64) % (at + 1)) < room:
            kept[place] = thing
    return kept


def weighted_reservoir(stream: Iterable[tuple[T, Number]], size: int, *, seed: int) -> list[T]:
    """Draw *size* of a stream of things and weights, heavy ones first; all with a weight where it is shorter.

    As if drawn one after the other, each time with probability in proportion to the
    weights that are left: inclusion is not in proportion to weight. Things of weight 0 are
    never drawn. In the order in which they would have been drawn.

    Runtime: O(n + size log size log(n / size)), memory O(size).

    >>> weighted_reservoir([("a", 1), ("b", 10**9), ("c", 0)], 2, seed=7)
    ['b', 'a']

    Raises:
        InvalidInput: a weight is negative or no number, size is no count, or the seed no whole number.

    Source: Efraimidis and Spirakis, Weighted Random Sampling with a Reservoir (2006).
    """
    kept: list[tuple[float, int, T]] = []
    key, room = word(check_seed(seed), "weighted reservoir"), check_count(size, "size")
    for at, (thing, weight) in enumerate(stream):
        heavy = exact(weight, f"weight {at}")
        if not heavy:
            continue
        if not LIGHTEST <= heavy <= 1 / LIGHTEST:
            raise InvalidInput(subject=f"weight {at}", must="be 0, or between 1e-100 and 1e100", got=weight)
        # The largest u^(1/w) is the largest log(u)/w. Never log(0): the middle of each of 2^53 steps.
        chance = ((mix(key + at * GOLDEN64) >> 11) + 0.5) / 2**53
        entry = (math.log(chance) / float(heavy), -at, thing)
        if len(kept) < room:
            heapq.heappush(kept, entry)
        elif kept and entry > kept[0]:
            heapq.heapreplace(kept, entry)
    return [thing for _, _, thing in sorted(kept, key=lambda entry: entry[:2], reverse=True)]
