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

import attrs

from distribution.errors import Infeasible, InvalidInput
from distribution.values import check_count, exact

METHODS = ("hamilton", "webster", "hill", "adams", "dean", "dhondt", "balinski_young")
"""Names of the methods; see `apportion`."""


def apportion(
    weights: Sequence[object],
    n: int,
    method: str = "hamilton",
    *,
    floors: Sequence[int] | None = None,
    caps: Sequence[int | None] | None = None,
) -> list[int]:
    """Divide *n* units among *weights*, in whole numbers.

    The result always sums to *n* and lies between floors and caps. Weight 0 gets 0,
    or its floor. Scaling all weights changes nothing. Ties go to the earlier weight.

    `hamilton` (largest remainder) never leaves the exact quota by 1 or more, where no
    floor or cap makes it. The
    divisor methods `webster`, `hill`, `dean`, `adams`, `dhondt` never take from anyone
    when n grows; adams, dean and hill give everyone one unit first, the largest weights
    where n is too small for all. `balinski_young` has both properties for upper quota.

    Runtime: O(v log v) for v weights whatever n is; `balinski_young` takes
    O(min(n, period) log v) with period = the sum of the weights in lowest terms, and
    O(n log v) under floors or caps.

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
    n = check_count(n, "n")
    if method not in METHODS:
        raise InvalidInput(subject="method", must=f"be one of {', '.join(METHODS)}", got=method)
    whole = whole_weights(weights)
    low = _bound("floors", floors, [0] * len(whole))
    high = [n if cap is None else min(cap, n) for cap in _bound("caps", caps, [None] * len(whole))]
    case = _Case(whole, n, [floor or 0 for floor in low], high)
    case.check()
    if method == "hamilton":
        return _largest_remainder(case)
    return _quota_method(case) if method == "balinski_young" else _divisor(case, DIVISORS[method])


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
    scale = check_count(lcm(*{f.denominator for f in fractions}), "common denominator of the weights")
    whole = [f.numerator * (scale // f.denominator) for f in fractions]
    shared = gcd(*whole)
    return [w // shared for w in whole]


def _bound(
    name: str, given: Sequence[int | None] | None, default: Sequence[int | None]
) -> Sequence[int | None]:
    """Check floors or caps: one whole number for each weight, or none."""
    if given is None:
        return default
    if not isinstance(given, Sequence):
        raise InvalidInput(subject=name, must="be a sequence of whole numbers", got=given)
    if len(given) != len(default):
        raise InvalidInput(
            subject=name, must=f"have one entry for each of the {len(default)} weights", got=len(given)
        )
    return [
        None if bound is None else check_count(bound, f"{name[:-1]} {at}") for at, bound in enumerate(given)
    ]


@attrs.frozen
class _Case:
    """What is to be divided: *n* units by weights, each result between its floor and its cap."""

    whole: list[int]
    n: int
    low: list[int]
    high: list[int]
    """No cap is above n."""

    def check(self) -> None:
        """Raise unless the bounds leave a way."""
        for at, (floor, cap) in enumerate(zip(self.low, self.high, strict=True)):
            if floor > cap and cap < self.n:
                raise InvalidInput(subject=f"floor {at}", must=f"not exceed its cap {cap}", got=floor)
        what, need = f"cannot divide {self.n}", sum(self.low)
        if need > self.n:
            raise Infeasible(what=what, why=f"the floors need {need}", remedy="lower a floor")
        room = sum(self.high[at] if w else self.low[at] for at, w in enumerate(self.whole))
        if room < self.n:
            raise Infeasible(what=what, why=f"the caps leave room for {room}", remedy="raise a cap")

    def water_level(self) -> Fraction:
        """Find the level x at which the sum of x*weight, held between floor and cap, is n.

        As x rises from 0, a weight leaves its floor at floor/weight and stops at
        cap/weight; between those points the sum is linear. O(v log v).
        """
        if not any(self.low) and min(self.high) >= self.n:
            return Fraction(self.n, sum(self.whole))
        turns: list[tuple[Fraction, int, int]] = []
        for w, floor, cap in zip(self.whole, self.low, self.high, strict=True):
            if w:
                turns.append((Fraction(floor, w), w, floor))
                turns.append((Fraction(cap, w), -w, -cap))
        turns.sort()
        rising, standing = 0, sum(self.low)
        for x, w, amount in turns:
            if rising * x + standing >= self.n:
                return Fraction(self.n - standing, rising) if rising else x
            rising += w
            standing -= amount
        return turns[-1][0]

    def floors_at(self, level: Fraction) -> tuple[list[int], list[int]]:
        """Round each quota down and hold it between floor and cap; what is held has no remainder."""
        seats, remainders = [], []
        for w, floor, cap in zip(self.whole, self.low, self.high, strict=True):
            count, remainder = divmod(w * level.numerator, level.denominator)
            seats.append(min(max(count, floor), cap))
            remainders.append(remainder if floor <= count < cap else 0)
        return seats, remainders


def _largest_remainder(case: _Case) -> list[int]:
    """Give each share the floor of its quota, then the left-over units to the largest remainders.

    What floors lift is taken from the smallest remainders, with quotas as they are: the
    way of the House of Representatives. Only where that does not suffice are the quotas
    of the others lowered in proportion.
    """
    without = attrs.evolve(case, low=[0] * len(case.low))
    seats, remainders = case.floors_at(without.water_level())
    if sum(seats) > case.n:
        seats, remainders = case.floors_at(case.water_level())
    left = case.n - sum(seats)
    for at in sorted(range(len(seats)), key=remainders.__getitem__, reverse=True)[:left]:
        seats[at] += 1
    return seats


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


def _divisor(case: _Case, divisor: Divisor) -> list[int]:
    """Award units in the order of `priority`, skipping those that are certain.

    A divisor lies between a and a+1, so whoever ends with a seats has a weight of at
    least a-1 divisors: filling only n-v units, and one less for each, never overtakes
    the answer. At most 3v awards remain, made exactly as if all had been made one by one.
    """
    whole, high = case.whole, case.high
    certain = attrs.evolve(case, n=max(sum(case.low), case.n - len(whole))).water_level()
    sure = [w * certain.numerator // certain.denominator - 1 for w in whole]
    seats = [min(max(count, floor), cap) for count, floor, cap in zip(sure, case.low, high, strict=True)]

    def award(i: int) -> tuple[int, Fraction, int]:
        first, rank = priority(divisor, whole[i], seats[i])
        return -first, -rank, i

    awards = [award(i) for i, w in enumerate(whole) if w and seats[i] < high[i]]
    heapq.heapify(awards)
    for _ in range(case.n - sum(seats)):
        i = heapq.heappop(awards)[2]
        seats[i] += 1
        if seats[i] < high[i]:
            heapq.heappush(awards, award(i))
    return seats


def _quota_method(case: _Case) -> list[int]:
    """Award as D'Hondt does, but only to those below their upper quota at the new size."""
    whole, seats = case.whole, list(case.low)
    if not any(seats) and min(case.high) >= case.n:
        # After one period everyone holds exactly her weight, and it starts again.
        seats = [w * (case.n // sum(whole)) for w in whole]
    awards = released(whole, seats, Timing(quota_release(whole), least_divisor(whole), case.high))
    for _ in zip(range(case.n - sum(seats)), awards, strict=False):
        pass
    return seats


When = Callable[[int, int], int]
"""Of weight i with a units: an integer that says when, or in which order, it may have the next."""


@attrs.frozen
class Timing:
    """The rule of a sequence: who may be served when, and who of those goes first."""

    release: When
    """Size of the whole from which on a weight may have its next unit."""
    rank: When
    """Of those who may, the smallest is served."""
    caps: Sequence[int] | None = None


def quota_release(whole: list[int]) -> When:
    """Say at which size of the whole a weight is below its upper quota again."""
    total = sum(whole)
    return lambda i, a: a * total // whole[i] + 1


def least_divisor(whole: list[int], factor: int = 1, shift: int = 0) -> When:
    """Rank by (factor*(a+1) - shift) / weight, smallest first, exactly and in whole numbers.

    Two such fractions that differ at all differ by at least 1/w^2; multiplied by more
    than that their whole parts are ordered as they are.
    """
    scale = max(whole) ** 2 + 1
    return lambda i, a: (factor * (a + 1) - shift) * scale // whole[i]


def released(whole: list[int], seats: list[int], timing: Timing) -> Iterator[int]:
    """Yield who gets the next unit, for ever, counting it into *seats*.

    Of those whose release has come the first in rank is served; ties go to the earlier.
    Where caps leave none of them, the one that is released next. Runtime: O(log v) each.
    """
    release, rank, caps = timing.release, timing.rank, timing.caps
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
