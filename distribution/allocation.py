"""How many of a sample go to each stratum.

Holds: the optimum of Neyman in whole numbers.
Does not hold: shares in proportion (see apportion), which items are drawn (see sampling).
Depends on: errors, values.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from fractions import Fraction

from distribution.errors import Infeasible, InvalidInput
from distribution.values import Number, check_count, exact


def neyman(
    sizes: Sequence[int],
    shares: Sequence[Number],
    n: int,
    *,
    floors: Sequence[int] | None = None,
    caps: Sequence[int] | None = None,
) -> list[int]:
    """Divide a sample of *n* among strata so that the overall share of errors is known best.

    A stratum counts by its size times the spread sqrt(p (1 - p)) of its share of errors p,
    from 0 to 1. The whole numbers found have the least variance, the sum over strata of
    size^2 p (1 - p) / sample, of all between floors and caps; never below 1, if the cap
    is not, and never above the size. Where the spread leaves nobody a claim, size decides; ties go to the earlier.

    Runtime: O((n + v) log v) for v strata.

    >>> neyman([400, 300, 200, 100], [0.02, 0.05, 0.1, 0.3], 50)
    [12, 15, 13, 10]

    Raises:
        InvalidInput: a size is no count of at least 1, a share above 1, or there are not as many of both.
        Infeasible: the floors need more than n, or the caps leave room for less.

    Source: Neyman, On the Two Different Aspects of the Representative Method (1934); in whole
    numbers: Wright, The Equivalence of Neyman Optimum Allocation for Sampling and Equal
    Proportions for Apportioning the U.S. House of Representatives (2012).
    """
    whole = [check_count(size, f"size {at}", least=1) for at, size in enumerate(sizes)]
    spread = [_spread(share, at) for at, share in enumerate(shares)]
    for name, given in (("shares", spread), ("floors", floors), ("caps", caps)):
        if given is not None and len(given) != len(whole):
            must = f"be one for each of the {len(whole)} sizes"
            raise InvalidInput(subject=name, must=must, got=len(given))
    high = [min(cap, size) for cap, size in zip(caps or whole, whole, strict=True)]
    seats = [max(floor, min(1, top)) for floor, top in zip(floors or [0] * len(whole), high, strict=True)]
    what = f"cannot divide a sample of {check_count(n, 'n')}"
    if sum(seats) > n:
        raise Infeasible(what=what, why=f"the floors need {sum(seats)}", remedy="draw more")
    if sum(high) < n:
        raise Infeasible(what=what, why=f"the strata have room for {sum(high)}", remedy="draw fewer")

    def claim(at: int) -> tuple[Fraction, Fraction, int]:
        # Squared, the priority of Huntington and Hill is a ratio of whole numbers.
        rank = Fraction(whole[at] ** 2, seats[at] * (seats[at] + 1))
        return -rank * spread[at], -rank, at

    claims = [claim(at) for at in range(len(whole)) if seats[at] < high[at]]
    heapq.heapify(claims)
    for _ in range(n - sum(seats)):
        at = heapq.heappop(claims)[2]
        seats[at] += 1
        if seats[at] < high[at]:
            heapq.heappush(claims, claim(at))
    return seats


def _spread(share: Number, at: int) -> Fraction:
    """Give p (1 - p)."""
    p = exact(share, f"share {at}")
    if p > 1:
        raise InvalidInput(subject=f"share {at}", must="be at most 1", got=share)
    return p * (1 - p)
