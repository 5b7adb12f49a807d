"""How well overlap lets people be compared: who meets whom on how many items.

Holds: what is counted of pairs, islands, how near it is to a balanced design.
Does not hold: which people share an item (see teams, fitting, handing).
Depends on: values, workload.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from itertools import combinations
from math import inf
from typing import TypeAlias

import attrs

from distribution.values import AssigneeId
from distribution.workload import Workload

Pair: TypeAlias = tuple[AssigneeId, AssigneeId]


@attrs.frozen(kw_only=True)
class Covered:
    """How well pairs are covered, in a few numbers."""

    items: int
    """Those that several people have."""
    copies: int
    """Different people for each of them; in a task at work, the most that any has."""
    pairs: int
    """How many pairs of people there are."""
    met: int
    """How many of them share an item."""
    least: int
    """The fewest items that two of them share."""
    most: int
    """The most items that two of them share."""
    meetings: int
    """The items that two share, summed over all pairs."""
    groups: tuple[tuple[AssigneeId, ...], ...]
    """The islands: people that no chain of overlapped items connects to the others."""
    capped: tuple[AssigneeId, ...] = ()
    """Those who hold less than the whole part of their exact share, for nobody holds an item twice."""

    @property
    def islands(self) -> int:
        """Count the islands; agreement across them cannot be computed."""
        return len(self.groups)

    def __str__(self) -> str:
        """Say it in words."""
        same = 2 * self.meetings == self.items * self.copies * (self.copies - 1)
        items = f"{self.items} item{'' if self.items == 1 else 's'}"
        text = f"{items} by {'' if same else 'up to '}{self.copies} people each"
        if self.items:
            every = (
                f"every two share {self.least} to {self.most}"
                if self.least
                else f"{self.met} of {self.pairs} pairs share items"
            )
            text += f"; {every}"
            text += "" if self.islands == 1 else f"; {self.islands} islands that cannot be compared"
        if self.capped:
            text += f"; less than their load says, for nobody holds an item twice: {', '.join(self.capped)}"
        return text


@attrs.frozen(kw_only=True, eq=False)
class Coverage:
    """Who meets whom on how many items."""

    items: int
    """Overlapped ones."""
    copies: int
    """Different people for each of them; in a task at work, the most that any has."""
    assignees: tuple[AssigneeId, ...]
    """Those who hold anything."""
    pairs: Mapping[Pair, int]
    """Items that each two of them share; every two are there, in the order of the team."""
    capped: tuple[AssigneeId, ...] = ()
    """Those who hold less than the whole part of their exact share, for nobody holds an item twice."""

    @cached_property
    def covered(self) -> Covered:
        """Give it in a few numbers."""
        counts = self.pairs.values()
        return Covered(
            items=self.items,
            copies=self.copies,
            pairs=len(counts),
            met=sum(count > 0 for count in counts),
            least=min(counts, default=0),
            most=max(counts, default=0),
            meetings=sum(counts),
            groups=self._groups(),
            capped=self.capped,
        )

    def _groups(self) -> tuple[tuple[AssigneeId, ...], ...]:
        home = {name: name for name in self.assignees}
        for (one, other), count in self.pairs.items():
            if count and home[one] != home[other]:
                gone, kept = home[other], home[one]
                home = {name: kept if at == gone else at for name, at in home.items()}
        return tuple(
            tuple(name for name, at in home.items() if at == kept) for kept in dict.fromkeys(home.values())
        )

    @property
    def least(self) -> int:
        """Give the fewest items that two of them share."""
        return self.covered.least

    @property
    def most(self) -> int:
        """Give the most items that two of them share."""
        return self.covered.most

    @property
    def met(self) -> int:
        """Count the pairs that share an item."""
        return self.covered.met

    @property
    def groups(self) -> tuple[tuple[AssigneeId, ...], ...]:
        """Give the islands: people that no chain of overlapped items connects to the others."""
        return self.covered.groups

    @property
    def islands(self) -> int:
        """Count the islands; agreement across them cannot be computed."""
        return self.covered.islands

    @cached_property
    def efficiency(self) -> float:
        """Give how near this is to a balanced design: 1 where every two meet equally often, 0 with islands.

        The second smallest eigenvalue of the Laplacian of the graph of pairs, divided by
        that of the balanced design (algebraic connectivity, Fiedler 1973). Runtime: O(people^3).
        """
        v = len(self.assignees)
        if v < 2 or self.islands > 1:
            return 1.0 if v == 1 else 0.0
        perfect = 2 * self.covered.meetings / (v - 1)
        return _second_eigenvalue(_laplacian(self.assignees, self.pairs)) / perfect

    def __str__(self) -> str:
        """Say it in words."""
        return str(self.covered)


def coverage(workload: Workload, k: int, teams: Sequence[Sequence[int]], counts: Sequence[int]) -> Coverage:
    """Count who meets whom in a plan, from teams and how many items each has.

    Who got nothing, because her share is less than half an item, is not among them: she is
    to be compared with nobody. Runtime: O(teams * k^2), and O(people^2).
    """
    names = workload.assignees
    totals = [0] * len(names)
    for team, count in zip(teams, counts, strict=True):
        for a in team:
            totals[a] += count
    quotas = workload.quotas(sum(totals))
    capped = tuple(
        name for name, total, quota in zip(names, totals, quotas, strict=True) if total < int(quota)
    )
    named = ((tuple([names[a] for a in team]), count) for team, count in zip(teams, counts, strict=True))
    return attrs.evolve(counted(names, named, copies=k), capped=capped)


def counted(
    names: Sequence[AssigneeId], teams: Iterable[tuple[tuple[AssigneeId, ...], int]], *, copies: int
) -> Coverage:
    """Count who meets whom, from teams and how many items each has; people stand in the order of *names* in both.

    Runtime: O(teams * k^2), and O(people^2).

    >>> print(counted(["ann", "bob", "eve"], [(("ann", "bob"), 3), (("eve",), 1)], copies=2))
    3 items by 2 people each; 1 of 3 pairs share items; 2 islands that cannot be compared
    """
    met: dict[Pair, int] = {}
    there: set[AssigneeId] = set()
    items = 0
    for team, count in teams:
        if count:
            there.update(team)
            items += count if len(team) > 1 else 0
            for pair in combinations(team, 2):
                met[pair] = met.get(pair, 0) + count
    able = tuple(name for name in names if name in there)
    pairs = {pair: met.get(pair, 0) for pair in combinations(able, 2)}
    return Coverage(items=items, copies=copies, assignees=able, pairs=pairs)


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
