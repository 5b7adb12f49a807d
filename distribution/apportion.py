"""Whole numbers from shares.

Holds: largest remainder, the divisor methods, the quota method; floors, caps, tie order.
Does not hold: people, percent, items that arrive later (see workload, turns).
Depends on: errors, values.

Shares are integers or Fractions. Nothing here rounds a float, so two machines
never disagree about the last unit. With floors and caps every method first finds
the *water level*: the factor by which weights, held between floor and cap, fill n
exactly. Units that are left go one at a time, in the order the method ranks them.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from math import gcd, lcm

from distribution.errors import Infeasible, InvalidInput
from distribution.values import check_count, exact

METHODS = ("hamilton", "webster", "hill", "adams", "dean", "dhondt", "balinski_young")
"""Names of the methods; see `apportion`."""


def apportion(
    weights: Sequence[object],
    n: int,
    *,
    method: str = "hamilton",
    floors: Sequence[int] | None = None,
    caps: Sequence[int | None] | None = None,
) -> list[int]:
    """Divide *n* units among *weights*, in whole numbers.

    The result always sums to *n* and lies between floors and caps. Weight 0 gets 0,
    or its floor. Scaling all weights changes nothing. Ties go to the earlier weight.

    `hamilton` (largest remainder) never leaves the exact quota by 1 or more. The
    divisor methods `webster`, `hill`, `dean`, `adams`, `dhondt` never take from anyone
    when n grows; adams, dean and hill give everyone one unit first, the largest weights
    where n is too small for all. `balinski_young` has both properties for upper quota.

    Runtime: O(v log v) for v weights whatever n is; `balinski_young` takes
    O(min(n, period) log v) with period = the sum of the weights in lowest terms.

    >>> apportion([60, 25, 15], 10)
    [6, 3, 1]
    >>> apportion([50, 30, 20], 20, caps=[7, None, None])
    [7, 8, 5]

    Raises:
        InvalidInput: a weight, floor, cap or n is not a number that makes sense here.
        Infeasible: the floors need more than n, or the caps leave room for less.

    Source: Balinski and Young, Fair Representation (1982); the quota method:
    Balinski and Young, The Quota Method of Apportionment (1975).
    """
    whole = whole_weights(weights)
    n = check_count(n, "n")
    if method not in METHODS:
        raise InvalidInput(subject="method", must=f"be one of {', '.join(METHODS)}", got=method)
    low, high = _bounds(whole, n, floors, caps)
    if method == "balinski_young":
        return _quota_method(whole, n, low, high)
    if method == "hamilton":
        return _largest_remainder(whole, n, low, high)
    return _divisor(whole, n, low, high, DIVISORS[method])


def whole_weights(weights: Sequence[object]) -> list[int]:
    """Bring weights to whole numbers in lowest terms, keeping their ratios exact.

    Runtime: O(v) for v weights.

    >>> whole_weights([0.5, "1/3", 0])
    [3, 2, 0]

    Raises:
        InvalidInput: there is none, one is negative or no number, or all are zero.
    """
    if isinstance(weights, (str, bytes)) or not isinstance(weights, Sequence):
        raise InvalidInput(subject="weights", must="be a sequence of numbers", got=weights)
    if not weights:
        raise InvalidInput(subject="weights", must="name at least one share", got=weights)
    fractions = [exact(weight, f"weight {at}") for at, weight in enumerate(weights)]
    if not any(fractions):
        raise InvalidInput(
            subject="weights",
            must="contain at least one positive number",
            got=list(weights),
            remedy="raise one",
        )
    scale = lcm(*{f.denominator for f in fractions})
    whole = [f.numerator * (scale // f.denominator) for f in fractions]
    shared = gcd(*whole)
    return [w // shared for w in whole]


def _bounds(
    whole: list[int], n: int, floors: Sequence[int] | None, caps: Sequence[int | None] | None
) -> tuple[list[int], list[int]]:
    """Check floors and caps; an absent cap, and any cap above n, becomes n."""
    v = len(whole)
    for name, given in (("floors", floors), ("caps", caps)):
        if given is not None and len(given) != v:
            raise InvalidInput(
                subject=name, must=f"have one entry for each of the {v} weights", got=len(given)
            )
    low = [check_count(f, f"floor {at}") for at, f in enumerate(floors)] if floors is not None else [0] * v
    high = [
        n if c is None else min(n, check_count(c, f"cap {at}")) for at, c in enumerate(caps or [None] * v)
    ]
    for at, (floor, cap) in enumerate(zip(low, high, strict=True)):
        if floor > cap and cap < n:
            raise InvalidInput(subject=f"floor {at}", must=f"not exceed its cap {cap}", got=floor)
    if sum(low) > n:
        raise Infeasible(what=f"cannot divide {n}", why=f"the floors need {sum(low)}", remedy="lower a floor")
    room = sum(high[i] if whole[i] else low[i] for i in range(v))
    if room < n:
        raise Infeasible(
            what=f"cannot divide {n}", why=f"the caps leave room for {room}", remedy="raise a cap"
        )
    return low, high


def _water_level(whole: list[int], n: int, low: list[int], high: list[int]) -> Fraction:
    """Find the level x at which the sum of x*weight, held between floor and cap, is n.

    As x rises from 0, a weight leaves its floor at floor/weight and stops at
    cap/weight; between those points the sum is linear. O(v log v).
    """
    if not any(low) and min(high) >= n:
        return Fraction(n, sum(whole))
    turns: list[tuple[Fraction, int, int]] = []
    for w, floor, cap in zip(whole, low, high, strict=True):
        if w:
            turns.append((Fraction(floor, w), w, floor))
            turns.append((Fraction(cap, w), -w, -cap))
    turns.sort()
    rising, standing = 0, sum(low)
    for x, w, amount in turns:
        if rising * x + standing >= n:
            return Fraction(n - standing, rising) if rising else x
        rising += w
        standing -= amount
    return turns[-1][0]


def _largest_remainder(whole: list[int], n: int, low: list[int], high: list[int]) -> list[int]:
    """Give each share the floor of its quota, then the left-over units to the largest remainders.

    What floors lift is taken from the smallest remainders, with quotas as they are: the
    way of the House of Representatives. Only where that does not suffice are the quotas
    of the others lowered in proportion.
    """
    seats, remainders = _floors(whole, _water_level(whole, n, [0] * len(whole), high), low, high)
    if sum(seats) > n:
        seats, remainders = _floors(whole, _water_level(whole, n, low, high), low, high)
    left = n - sum(seats)
    for at in sorted(range(len(whole)), key=remainders.__getitem__, reverse=True)[:left]:
        seats[at] += 1
    return seats


def _floors(
    whole: list[int], level: Fraction, low: list[int], high: list[int]
) -> tuple[list[int], list[int]]:
    """Round each quota down and hold it between floor and cap; what is held has no remainder."""
    seats, remainders = [], []
    for w, floor, cap in zip(whole, low, high, strict=True):
        count, remainder = divmod(w * level.numerator, level.denominator)
        held = min(max(count, floor), cap)
        seats.append(held)
        remainders.append(remainder if floor <= count < cap else 0)
    return seats, remainders


Divisor = Callable[[int], tuple[int, int, int]]
"""Of the a-th unit (a from 0): power of the weight, and numerator, denominator of what it is divided by."""

DIVISORS: dict[str, Divisor] = {
    "adams": lambda a: (1, a, 1),
    "dean": lambda a: (1, 2 * a * (a + 1), 2 * a + 1),
    # The geometric mean is compared squared: w / sqrt(a(a+1)) orders as w^2 / (a(a+1)).
    "hill": lambda a: (2, a * (a + 1), 1),
    "webster": lambda a: (1, 2 * a + 1, 2),
    "dhondt": lambda a: (1, a + 1, 1),
}
"""Where the rounding point between a and a+1 lies, per method."""


def priority(divisor: Divisor, weight: int, held: int) -> tuple[int, Fraction]:
    """Rank the claim of *weight* to one unit more than it has *held*; larger comes first.

    A divisor of 0 ranks before everything else, there the larger weight first.

    >>> priority(DIVISORS["webster"], 30, 1) > priority(DIVISORS["webster"], 50, 3)
    True
    """
    power, numerator, denominator = divisor(held)
    if numerator == 0:
        return 1, Fraction(weight)
    return 0, Fraction(weight**power * denominator, numerator)


def _divisor(whole: list[int], n: int, low: list[int], high: list[int], divisor: Divisor) -> list[int]:
    """Award units in the order of `priority`, skipping those that are certain.

    A divisor lies between a and a+1, so whoever ends with a seats has a weight of at
    least a-1 divisors: filling only n-v units, and one less for each, never overtakes
    the answer. At most 3v awards remain, made exactly as if all had been made one by one.
    """
    certain = _water_level(whole, max(sum(low), n - len(whole)), low, high)
    up, down = certain.numerator, certain.denominator
    seats = [min(max(w * up // down - 1, lo), hi) for w, lo, hi in zip(whole, low, high, strict=True)]

    def award(i: int) -> tuple[int, Fraction, int]:
        first, rank = priority(divisor, whole[i], seats[i])
        return -first, -rank, i

    awards = [award(i) for i, w in enumerate(whole) if w and seats[i] < high[i]]
    heapq.heapify(awards)
    for _ in range(n - sum(seats)):
        i = heapq.heappop(awards)[2]
        seats[i] += 1
        if seats[i] < high[i]:
            heapq.heappush(awards, award(i))
    return seats


def _quota_method(whole: list[int], n: int, low: list[int], high: list[int]) -> list[int]:
    """Award as D'Hondt does, but only to those below their upper quota at the new size."""
    seats = list(low)
    if not any(low) and min(high) >= n:
        # After one period everyone holds exactly her weight, and it starts again.
        seats = [w * (n // sum(whole)) for w in whole]
    awards = released(whole, seats, quota_release(whole), least_divisor(whole), high)
    for _ in zip(range(n - sum(seats)), awards, strict=False):
        pass
    return seats


Timing = Callable[[int, int], int]
"""Of weight i with a units: an integer that says when, or in which order, it may have the next."""


def quota_release(whole: list[int]) -> Timing:
    """Say at which size of the whole a weight is below its upper quota again."""
    total = sum(whole)
    return lambda i, a: a * total // whole[i] + 1


def least_divisor(whole: list[int], factor: int = 1, shift: int = 0) -> Timing:
    """Rank by (factor*(a+1) - shift) / weight, smallest first, exactly and in whole numbers.

    Two such fractions that differ at all differ by at least 1/w^2; multiplied by more
    than that their whole parts are ordered as they are.
    """
    scale = max(whole) ** 2 + 1
    return lambda i, a: (factor * (a + 1) - shift) * scale // whole[i]


def released(
    whole: list[int], seats: list[int], release: Timing, rank: Timing, caps: Sequence[int] | None = None
) -> Iterator[int]:
    """Yield who gets the next unit, for ever, counting it into *seats*.

    Of those whose release has come the first in rank is served; ties go to the earlier.
    Where caps leave none of them, the one that is released next. Runtime: O(log v) each.
    """
    ready: list[tuple[int, int]] = []
    waiting = [
        (release(i, seats[i]), i) for i, w in enumerate(whole) if w and (not caps or seats[i] < caps[i])
    ]
    heapq.heapify(waiting)
    held = sum(seats)
    while True:
        held += 1
        while waiting and (waiting[0][0] <= held or not ready):
            i = heapq.heappop(waiting)[1]
            heapq.heappush(ready, (rank(i, seats[i]), i))
        i = heapq.heappop(ready)[1]
        seats[i] += 1
        if not caps or seats[i] < caps[i]:
            heapq.heappush(waiting, (release(i, seats[i]), i))
        yield i
