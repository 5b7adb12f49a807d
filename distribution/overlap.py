"""Overlap: a part of the items goes to k different people, so that agreement can be measured.

Holds: the setting, how much everybody holds under it, how well pairs are covered.
Does not hold: which k people share an item (see teams), plans (see plan, static).
Depends on: apportion, draw, errors, filters, stopping, values,
workload.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from functools import cached_property
from itertools import combinations
from math import inf

import attrs

from distribution.apportion import apportion
from distribution.draw import permutation
from distribution.errors import Infeasible, InvalidInput
from distribution.filters import Filter
from distribution.stopping import StoppingRule
from distribution.values import AssigneeId, Number, check_count, decimal_text, exact
from distribution.workload import Workload


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


Pair = tuple[AssigneeId, AssigneeId]


@attrs.frozen(kw_only=True, eq=False)
class Coverage:
    """How well overlap lets people be compared: who meets whom on how many items."""

    items: int
    """Overlapped ones."""
    copies: int
    """Different people for each of them."""
    assignees: tuple[AssigneeId, ...]
    """Those who carry a load."""
    pairs: Mapping[Pair, int]
    """Items that each two of them share; every two are there, in the order of the workload."""
    capped: tuple[AssigneeId, ...] = ()
    """Those who hold less than the whole part of their exact share, for nobody holds an item twice."""

    @property
    def least(self) -> int:
        """Give the fewest items that two of them share."""
        return min(self.pairs.values(), default=0)

    @property
    def most(self) -> int:
        """Give the most items that two of them share."""
        return max(self.pairs.values(), default=0)

    @property
    def met(self) -> int:
        """Count the pairs that share an item."""
        return sum(count > 0 for count in self.pairs.values())

    @cached_property
    def groups(self) -> tuple[tuple[AssigneeId, ...], ...]:
        """Give the islands: people that no chain of overlapped items connects to the others."""
        home = {name: name for name in self.assignees}
        for (one, other), count in self.pairs.items():
            if count and home[one] != home[other]:
                gone, kept = home[other], home[one]
                home = {name: kept if at == gone else at for name, at in home.items()}
        return tuple(
            tuple(name for name, at in home.items() if at == kept) for kept in dict.fromkeys(home.values())
        )

    @property
    def islands(self) -> int:
        """Count the islands; agreement across them cannot be computed."""
        return len(self.groups)

    @cached_property
    def efficiency(self) -> float:
        """Give how near this is to a balanced design: 1 where every two meet equally often, 0 with islands.

        The second smallest eigenvalue of the Laplacian of the graph of pairs, divided by
        that of the balanced design (algebraic connectivity, Fiedler 1973). Runtime: O(people^3).
        """
        v = len(self.assignees)
        if v < 2 or self.islands > 1:
            return 1.0 if v == 1 else 0.0
        perfect = self.items * self.copies * (self.copies - 1) / (v - 1)
        return _second_eigenvalue(_laplacian(self.assignees, self.pairs)) / perfect

    def __str__(self) -> str:
        """Say it in words."""
        text = f"{self.items} items by {self.copies} people each"
        if self.items:
            every = (
                f"every two share {self.least} to {self.most}"
                if self.least
                else (f"{self.met} of {len(self.pairs)} pairs share items")
            )
            text += f"; {every}"
            text += "" if self.islands == 1 else f"; {self.islands} islands that cannot be compared"
        if self.capped:
            text += f"; less than their load says, for nobody holds an item twice: {', '.join(self.capped)}"
        return text


def coverage(workload: Workload, k: int, teams: Sequence[Sequence[int]], counts: Sequence[int]) -> Coverage:
    """Count who meets whom, from teams and how many items each has. O(teams * k^2)."""
    names, shares = workload.assignees, workload.shares
    able = [a for a, share in enumerate(shares) if share]
    pairs = {(names[a], names[b]): 0 for a, b in combinations(able, 2)}
    overlapped = 0
    totals = [0] * len(names)
    for team, count in zip(teams, counts, strict=True):
        overlapped += count if len(team) > 1 else 0
        for a in team:
            totals[a] += count
        for a, b in combinations(team, 2):
            pairs[names[a], names[b]] += count
    quotas = workload.quotas(sum(totals))
    capped = tuple(names[a] for a in able if totals[a] < int(quotas[a]))
    return Coverage(
        items=overlapped, copies=k, assignees=tuple(names[a] for a in able), pairs=pairs, capped=capped
    )


def _laplacian(names: Sequence[AssigneeId], pairs: Mapping[Pair, int]) -> list[list[float]]:
    at = {name: i for i, name in enumerate(names)}
    rows = [[0.0] * len(names) for _ in names]
    for (one, other), count in pairs.items():
        i, j = at[one], at[other]
        rows[i][j] -= count
        rows[j][i] -= count
        rows[i][i] += count
        rows[j][j] += count
    return rows


def _second_eigenvalue(laplacian: list[list[float]]) -> float:
    """Find it by inverse iteration; the constant vector, whose eigenvalue is 0, is moved out of the way."""
    v = len(laplacian)
    shift = max(laplacian[i][i] for i in range(v))
    lower = _cholesky([[x + shift for x in row] for row in laplacian])
    # Numbers without any pattern (Park and Miller 1988): one that the graph shares would hide eigenvectors.
    vector = [pow(16807, i + 1, 2**31 - 1) / 2**31 for i in range(v)]
    before, value = -inf, inf
    # It never grows, so that it comes to rest.
    while abs(before - value) > 1e-12 * shift:
        mean = sum(vector) / v
        vector = [x - mean for x in vector]
        length = sum(x * x for x in vector) ** 0.5
        vector = [x / length for x in vector]
        image = [sum(a * x for a, x in zip(row, vector, strict=True)) for row in laplacian]
        before, value = value, sum(x * y for x, y in zip(vector, image, strict=True))
        vector = _solved(lower, vector)
    return value


def _cholesky(rows: list[list[float]]) -> list[list[float]]:
    """Give the lower triangle whose square is a positive matrix."""
    lower: list[list[float]] = []
    for i, row in enumerate(rows):
        out: list[float] = []
        for j in range(i):
            other = lower[j]
            out.append((row[j] - sum(a * b for a, b in zip(out, other, strict=False))) / other[j])
        out.append((row[i] - sum(a * a for a in out)) ** 0.5)
        lower.append(out)
    return lower


def _solved(lower: list[list[float]], right: Sequence[float]) -> list[float]:
    """Solve for the matrix whose triangle this is."""
    half: list[float] = []
    for row, value in zip(lower, right, strict=True):
        half.append((value - sum(a * b for a, b in zip(row, half, strict=False))) / row[-1])
    out = list(half)
    for i in range(len(lower) - 1, -1, -1):
        out[i] /= lower[i][i]
        for j in range(i):
            out[j] -= lower[i][j] * out[i]
    return out
