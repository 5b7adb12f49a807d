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
from math import comb, prod
from typing import TypeAlias

Block: TypeAlias = tuple[int, ...]

MOST_BLOCKS = 6000
"""Teams of a complete design at most."""
_DEVELOPED: dict[tuple[int, int], tuple[tuple[int, ...], tuple[Block, ...]]] = {
    (7, 3): ((7,), ((0, 1, 3),)),
    (8, 4): ((7,), ((0, 1, 3, 7), (2, 4, 5, 6))),
    (9, 4): ((3, 3), ((1, 2, 3, 6), (4, 5, 7, 8))),
    (10, 5): ((9,), ((0, 1, 2, 4, 9), (0, 1, 3, 5, 6))),
    (11, 5): ((11,), ((1, 3, 4, 5, 9),)),
    (12, 3): ((11,), ((0, 1, 11), (0, 1, 4), (0, 2, 5), (0, 2, 6))),
    (12, 4): ((11,), ((0, 1, 2, 11), (0, 1, 4, 7), (0, 2, 5, 7))),
    (12, 6): ((11,), ((0, 1, 2, 3, 6, 11), (0, 1, 3, 5, 7, 8))),
    (13, 3): ((13,), ((0, 1, 4), (0, 2, 7))),
    (13, 4): ((13,), ((0, 1, 3, 9),)),
    (14, 7): ((13,), ((0, 1, 2, 3, 5, 9, 13), (0, 1, 2, 4, 7, 9, 10))),
    (15, 3): ((15,), ((0, 1, 4), (0, 2, 8), (0, 5, 10))),
    (15, 7): ((15,), ((0, 1, 2, 4, 5, 8, 10),)),
    (16, 6): ((2, 2, 2, 2), ((1, 2, 3, 4, 8, 12),)),
    (19, 3): ((19,), ((0, 1, 4), (0, 2, 9), (0, 5, 11))),
    (19, 9): ((19,), ((1, 4, 5, 6, 7, 9, 11, 16, 17),)),
    (21, 5): ((21,), ((3, 6, 7, 12, 14),)),
    (23, 11): ((23,), ((1, 2, 3, 4, 6, 8, 9, 12, 13, 16, 18),)),
    (25, 4): ((5, 5), ((0, 1, 5, 12), (0, 2, 10, 24))),
    (28, 4): ((3, 3, 3), ((0, 1, 2, 27), (0, 3, 9, 13), (0, 14, 16, 19))),
    (31, 6): ((31,), ((1, 5, 11, 24, 25, 27),)),
    (37, 9): ((37,), ((1, 7, 9, 10, 12, 16, 26, 33, 34),)),
    (57, 8): ((57,), ((1, 6, 7, 9, 19, 38, 42, 49),)),
    (73, 9): ((73,), ((1, 2, 4, 8, 16, 32, 37, 55, 64),)),
}  # fmt: skip
"""Base blocks, shifted by everything in a group of remainders: difference sets (Singer 1938; Paley
1933 of squares) and families (Bose 1939); some found by search. A number beyond the group stays where it is."""
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

    For any v and k all subsets of k are one; and of any design those who are left out of
    its blocks. Blocks and their members are in order.

    >>> balanced_design(4, 2, 6)
    [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)]
    >>> len(balanced_design(7, 3, 34)), len(balanced_design(8, 3, 34))
    (7, 0)
    """
    blocks = _known(v, k)
    if not blocks:
        everybody = set(range(v))
        # Who is not in a block of a balanced design is one too.
        blocks = {tuple(sorted(everybody.difference(block))) for block in _known(v, v - k)}
    if blocks and len(blocks) <= most:
        return sorted(blocks)
    if comb(v, k) <= min(most, MOST_BLOCKS):
        return list(combinations(range(v), k))
    return []


def _known(v: int, k: int) -> set[Block]:
    """Give the design that is written down here; empty where there is none."""
    if (v, k) in _DEVELOPED:
        moduli, bases = _DEVELOPED[v, k]
        return {tuple(sorted(_shifted(base, by, moduli))) for base in bases for by in range(prod(moduli))}
    if (v, k) in _LISTED:
        return {tuple(sorted(int(a, 16) for a in block)) for block in _LISTED[v, k].split()}
    return set()


def _shifted(base: Block, by: int, moduli: Sequence[int]) -> list[int]:
    """Add a number to all of a block, remainder by remainder as digits are, without carrying."""
    found = []
    for a in base:
        moved, unit = a, 1
        if a < prod(moduli):
            moved = 0
            for modulus in moduli:
                moved += (a // unit + by // unit) % modulus * unit
                unit *= modulus
        found.append(moved)
    return found
