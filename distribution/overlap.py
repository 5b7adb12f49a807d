"""Overlap: a part of the items goes to k different people, so that agreement can be measured.

Holds: the setting, how much everybody holds under it.
Does not hold: which k people share an item (see teams), how well pairs are covered (see
coverage), plans (see plan, static).
Depends on: apportion, draw, errors, filters, stopping, values.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import attrs

from distribution.apportion import apportion
from distribution.draw import permutation
from distribution.errors import Infeasible, InvalidInput
from distribution.filters import Filter
from distribution.stopping import StoppingRule
from distribution.values import AssigneeId, Number, check_count, decimal_text, exact


def _percent(value: Number) -> Fraction:
    percent = exact(value, "percent of overlap")
    if percent > 100:
        raise InvalidInput(subject="percent of overlap", must="be between 0 and 100", got=value)
    return percent


def _copies(value: object) -> int:
    return check_count(value, "assignees of an overlapped item", least=2)


def _count(value: object) -> int:
    return check_count(value, "count of overlapped items")


@attrs.frozen(kw_only=True)
class Overlap:
    """Which items go to several people, and to how many.

    Exactly one of *percent*, *count* and *where* says which: a share of the items, a
    number of them, or those with certain attributes.

    >>> Overlap(percent=50, assignees=2).of(37), Overlap(count=10, assignees=3).of(4)
    (19, 4)
    """

    percent: Fraction | None = attrs.field(default=None, converter=attrs.converters.optional(_percent))
    """Of the items, exact; the count is rounded half up."""
    assignees: int = attrs.field(default=2, converter=_copies)
    """How many different people get each of them."""
    count: int | None = attrs.field(default=None, converter=attrs.converters.optional(_count))
    where: Filter | None = None
    """Those that pass."""
    everyone: bool = False
    """All items to all people, newcomers too: a qualification; *assignees* is not looked at."""
    until: StoppingRule | None = None
    """Decides by the answers so far whether one more person is asked; None for a fixed number."""

    def __attrs_post_init__(self) -> None:
        """Refuse two ways to say which items, and none."""
        if self.until is not None and self.everyone:
            raise InvalidInput(subject="until", must="be None where everybody is asked", got=self.until)
        if self.until is not None and self.until.most < self.assignees:
            raise InvalidInput(
                subject="assignees of an overlapped item",
                must=f"be at most the {self.until.most} answers the rule allows",
                got=self.assignees,
            )
        if sum(way is not None for way in (self.percent, self.count, self.where)) + self.everyone != 1:
            raise InvalidInput(
                subject="overlap",
                must="be given as one of percent, count, where and everyone",
                got=(self.percent, self.count, self.where),
            )

    def of(self, n: int) -> int:
        """Give how many of *n* items overlap: round half up for a percentage, at most all.

        Where a filter says which, all of *n*: they are those that pass.
        """
        if self.percent is not None:
            return int((2 * n * self.percent + 100) // 200)
        return n if self.count is None else min(self.count, n)

    def copies(self, people: int) -> int:
        """Give how many people get each overlapped item at first, of so many there are."""
        return people if self.everyone else self.assignees

    def __str__(self) -> str:
        """Say it in words."""
        if self.everyone:
            return "all items, by everybody"
        which = (
            f"{decimal_text(self.percent)} % of the items, rounded half up"
            if self.percent is not None
            else f"{self.count} item{'' if self.count == 1 else 's'}"
            if self.count is not None
            else "the items that pass the filter"
        )
        if self.until is not None:
            return f"{which}, by {self.assignees} people each, then one more at a time, {self.until.most} at most"
        return f"{which}, by {self.assignees} people each"

    @property
    def most(self) -> int:
        """Give how many different people an item may need."""
        if self.everyone:
            return 1
        return self.assignees if self.until is None else self.until.most


def check_overlap(value: object, allowed: Sequence[AssigneeId] | None) -> None:
    """Refuse what is no overlap, and more copies of an item than people may pull it.

    Raises:
        InvalidInput: it is no Overlap.
        Infeasible: with both numbers.
    """
    if value is not None and not isinstance(value, Overlap):
        raise InvalidInput(
            subject="overlap",
            must="be an Overlap",
            got=value,
            remedy="use Overlap(percent=..., assignees=...)",
        )
    if value is not None and allowed is not None and value.most > len(allowed):
        raise too_few(value.most, len(allowed), len(allowed))


def too_few(k: int, able: int, people: int) -> Infeasible:
    """Build the error for more copies of an item than people can take them."""
    return Infeasible(
        what=f"{k} different assignees an item",
        why=f"{able} of {people} carry a load" if able < people else f"there are {able}",
        remedy="ask for fewer copies, add assignees, or give more of them a load",
    )


def drawn(seed: int, start: int, count: int, number: int) -> list[int]:
    """Choose *number* of the positions from *start* to start + count, each as likely as any other.

    A function of the seed and of where the delivery begins; positions ascend.
    Runtime: O(count log count).

    >>> drawn(7, 0, 10, 3) == drawn(7, 0, 10, 3), len(drawn(7, 10, 5, 5))
    (True, 5)
    """
    if number >= count:
        return list(range(start, start + count))
    order = permutation(seed, f"overlap|{start}", count)
    return sorted(start + at for at in order[:number])


@attrs.frozen
class Held:
    """How many copies everybody gets, by index."""

    overlapped: tuple[int, ...]
    alone: tuple[int, ...]
    """Of items that nobody else gets."""


def held(shares: Sequence[int], n: int, overlapped: int, k: int) -> Held:
    """Share out the copies of *n* items of which some are overlapped, k copies each.

    Loads hold for all copies together, by largest remainder; nobody holds an item twice,
    so her target is at most one copy of each item, and the excess goes to the others in
    proportion. Of overlapped items everybody gets her part of her target, as nearly as
    the same cap allows, and at least one where they are enough to connect everybody.

    >>> held([5, 3, 2], 100, 50, 2).overlapped, held([5, 3, 2], 100, 50, 2).alone
    ((50, 30, 20), (25, 15, 10))
    >>> held([80, 10, 10], 10, 10, 2).overlapped
    (10, 5, 5)

    Raises:
        Infeasible: fewer than k people carry a load.
    """
    able = sum(share > 0 for share in shares)
    if k > able and overlapped:
        raise too_few(k, able, len(shares))
    caps = [n] * len(shares)
    free = apportion(shares, n + (k - 1) * overlapped)
    totals = apportion(shares, n + (k - 1) * overlapped, caps=caps) if max(free, default=0) > n else free
    if sum(min(total, overlapped) for total in totals) < k * overlapped:
        totals = _narrowed(shares, totals, n, overlapped, k)
    caps = [min(total, overlapped) for total in totals]
    connected = 0 < sum(total > 0 for total in totals) <= overlapped * (k - 1) + 1
    floors = [min(cap, 1) if connected else 0 for cap in caps]
    shared = apportion(totals if n else shares, k * overlapped, floors=floors, caps=caps)
    alone = [total - part for total, part in zip(totals, shared, strict=True)]
    return Held(tuple(shared), tuple(alone))


def _narrowed(shares: Sequence[int], totals: Sequence[int], n: int, overlapped: int, k: int) -> list[int]:
    """Share out where those with much would need more of the single copies than there are.

    They get every overlapped item, and all the others among them by load; whoever has
    less shares what is left of the copies.
    """
    much = [total > overlapped for total in totals]
    high = [share if m else 0 for share, m in zip(shares, much, strict=True)]
    low = [0 if m else share for share, m in zip(shares, much, strict=True)]
    most = sum(much) * overlapped + n - overlapped
    floors = [overlapped if m else 0 for m in much]
    upper = apportion(high, most, floors=floors, caps=[n if m else 0 for m in much])
    rest = (k - sum(much)) * overlapped
    lower = apportion(low, rest, caps=[0 if m else overlapped for m in much])
    return [u + w for u, w in zip(upper, lower, strict=True)]
