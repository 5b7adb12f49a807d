"""Balanced designs: blocks of k people in which every two meet equally often.

Holds: the designs that are used, and how they are developed.
Does not hold: how items are dealt out where no design fits (see teams).
Depends on: nothing.

A balanced incomplete block design (v, b, r, k, l) has b blocks of k out of v, everybody
in r of them and every two in l: b * k = v * r and l * (v - 1) = r * (k - 1).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from math import comb
from typing import TypeAlias

Block: TypeAlias = tuple[int, ...]

MOST_BLOCKS = 6000
"""Teams of a complete design at most."""
_CYCLIC = {
    (7, 3): ((0, 1, 3),),
    (13, 4): ((0, 1, 3, 9),),
    (11, 5): ((1, 3, 4, 5, 9),),
    (21, 5): ((3, 6, 7, 12, 14),),
    (13, 3): ((0, 1, 4), (0, 2, 7)),
    (15, 3): ((0, 1, 4), (0, 2, 8), (0, 5, 10)),
}  # fmt: skip
"""Base blocks that are shifted by 1 modulo v: difference sets (Singer 1938) and families."""
_LISTED = {
    (6, 3): "012 013 024 035 045 125 134 145 234 235",
    (9, 3): "012 345 678 036 147 258 048 156 237 057 138 246",
    (10, 4): "0123 0145 0246 0378 0579 0689 1278 1369 1479 1568 2359 2489 2567 3458 3467",
    (
        16,
        4,
    ): "0123 4567 89AB CDEF 048C 159D 26AE 37BF 05AF 14BE 278D 369C 06BD 17AC 249F 358E 079E 168F 25BC 34AD",
}
"""Blocks one by one, people as digits: found by search, the second and the last are affine planes."""


def balanced_design(v: int, k: int, most: int) -> Sequence[Block]:
    """Give the smallest balanced design known here with at most so many blocks; empty where there is none.

    For any v and k all subsets of k are one. Blocks and their members are in order.

    >>> balanced_design(4, 2, 6)
    [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)]
    >>> len(balanced_design(7, 3, 34)), len(balanced_design(8, 3, 34))
    (7, 0)
    """
    blocks: set[Block] = set()
    if (v, k) in _CYCLIC:
        blocks = {tuple(sorted((a + by) % v for a in base)) for base in _CYCLIC[v, k] for by in range(v)}
    elif (v, k) in _LISTED:
        blocks = {tuple(sorted(int(a, 16) for a in block)) for block in _LISTED[v, k].split()}
    if blocks and len(blocks) <= most:
        return sorted(blocks)
    if comb(v, k) <= min(most, MOST_BLOCKS):
        return list(combinations(range(v), k))
    return []
