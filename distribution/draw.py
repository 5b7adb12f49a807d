"""Chance without dice: numbers that are a function of a seed and a name.

Holds: keyed words, a keyed permutation, a mixer for counters, golden multipliers.
Does not hold: orders over items (see orders, shuffled), what is drawn for.
Depends on: nothing.

BLAKE2b and SHAKE-128 are the same in every Python, on every machine, for ever;
`random` and NumPy promise no such thing for their shuffles. None of this is secret:
whoever knows the seed knows the draw.
"""

from __future__ import annotations

import hashlib
import sys
from array import array
from math import gcd, isqrt

MASK64 = (1 << 64) - 1
GOLDEN64 = 0x9E3779B97F4A7C15
"""2^64 divided by the golden ratio: the stride of SplitMix64."""
MIX1, MIX2 = 0xBF58476D1CE4E5B9, 0x94D049BB133111EB
"""The multipliers of its finaliser."""


def word(seed: int, name: str) -> int:
    """Give 64 bits that depend on *seed* and *name* alone.

    >>> word(7, "offset") == word(7, "offset") != word(8, "offset")
    True
    """
    return int.from_bytes(hashlib.blake2b(f"{seed}|{name}".encode(), digest_size=8).digest(), "little")


def words(seed: int, name: str, count: int) -> list[int]:
    """Give *count* independent numbers of 30 bits.

    Thirty, because Python sorts integers of one digit twice as fast as longer ones.

    Runtime: O(count), some 30 ns each.
    """
    drawn = int.from_bytes(hashlib.shake_128(f"{seed}|{name}".encode()).digest(4 * count), "little")
    mask = int.from_bytes(b"\xff\xff\xff\x3f" * count, "little")
    return array("I", (drawn & mask).to_bytes(4 * count, sys.byteorder)).tolist()[:: 1 if _LITTLE else -1]


_LITTLE = sys.byteorder == "little"
"""On other machines the whole number is written back to front, and so its words are."""


def permutation(seed: int, name: str, n: int) -> list[int]:
    """Give the numbers below *n* in an order that depends on *seed* and *name* alone.

    The order that sorts n drawn words; equal words stay in place. Runtime: O(n log n).

    >>> sorted(permutation(7, "sigma", 5))
    [0, 1, 2, 3, 4]
    """
    return sorted(range(n), key=words(seed, name, n).__getitem__)


def mix(counter: int) -> int:
    """Scatter a counter over 64 bits.

    Source: the finaliser of SplitMix64; Steele, Lea, Flood, Fast Splittable
    Pseudorandom Number Generators (2014).
    """
    z = counter & MASK64
    z = ((z ^ (z >> 30)) * MIX1) & MASK64
    z = ((z ^ (z >> 27)) * MIX2) & MASK64
    return z ^ (z >> 31)


def golden_multiplier(n: int) -> int:
    """Give a number coprime to *n* whose multiples fill [0, n) as evenly as can be.

    Near the golden ratio of n, with the smallest sum of continued-fraction quotients;
    of equals the nearest, the larger before the smaller. 1 where n is below 3.

    Runtime: O(log n).

    >>> golden_multiplier(100)
    61
    """
    if n < 3:
        return 1
    # floor(n * (sqrt(5) - 1) / 2) in whole numbers.
    centre = (isqrt(5 * n * n) - n) // 2
    best, least = 1, n
    for distance in range(24):
        for candidate in (centre + distance, centre - distance):
            if 0 < candidate < n and gcd(candidate, n) == 1:
                spread = _quotient_sum(candidate, n)
                if spread < least:
                    best, least = candidate, spread
    return best


def _quotient_sum(numerator: int, denominator: int) -> int:
    """Add up the quotients of a continued fraction."""
    total = 0
    while denominator:
        total += numerator // denominator
        numerator, denominator = denominator, numerator % denominator
    return total
