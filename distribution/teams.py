"""Teams: which k people share each overlapped item, so that everybody meets everybody.

Holds: how many items each team of k gets, exact in loads and balanced in pairs.
Does not hold: how many items overlap and what everybody holds (see overlap), which item
goes to which team (see split).
Depends on: apportion, designs.

People are numbers here. Three laws hold whatever the numbers: everybody gets exactly her
count, nobody is twice in a team, and the pairs form one island whenever there are items
enough. Balance of pairs is a matter of degree; `overlap` reports it.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from math import comb, inf
from typing import TypeAlias

from distribution.apportion import apportion
from distribution.designs import balanced_design

Team: TypeAlias = tuple[int, ...]
"""Members by number, ascending."""

MOST_TEAMS = 200_000
"""Where there are more possible teams than that, they are not all looked at."""
EFFORT = 10_000_000
"""Comparisons that a table may cost, more or less: a second or two."""
ROUNDS = 300
"""Of the fixed point at most; a few dozen do unless somebody is in nearly every team."""
PULL_OF_PAIRS = 2.0
"""How much a pair that met too rarely counts beside a person who has much left. Found by trial."""


def teams(counts: Sequence[int], columns: int, k: int) -> list[tuple[Team, int]]:
    """Say which teams of *k* share how many of so many items; person a is in exactly counts[a].

    Where loads are equal and a balanced design exists it is used. Else a chain comes first,
    items that connect everybody; then every team gets the whole part of what chance would
    give it (conditional Poisson sampling, Hajek 1964), where not too many are possible.
    The rest is dealt out one by one: whoever has most left first, then who met those too
    rarely; and as long as that is much, by many at a time, in rounds that each settle half.
    Whoever has as much left as there are items is in every team from then on, so that it
    always comes out. Teams come in the order in which they were found, none twice.

    Counts must sum to k * columns and none exceed columns. The same on every machine:
    expectations are floats, made by + - * / in a fixed order. Runtime: O(people) for each
    possible team that is looked at, O(people * k * log columns) for each of some thousands
    that are chosen; a second or two at most.

    >>> teams([2, 2, 2], 3, 2)
    [((0, 1), 1), ((0, 2), 1), ((1, 2), 1)]
    """
    members = [a for a, count in enumerate(counts) if count]
    if not members:
        return []
    people = len(members)
    dealer = _Dealer([counts[a] for a in members], columns, k)
    if max(dealer.left) - min(dealer.left) <= 1:
        design = balanced_design(people, k, columns)
        for team in design:
            dealer.give(team, columns // len(design))
    dealer.expect()
    dealer.connect()
    if comb(people, k) <= min(MOST_TEAMS, 2 * columns):
        dealer.deal_shares()
    block = max(64, people, EFFORT // (12 * k * people))
    while dealer.columns > 4 * block:
        dealer.deal_block(block)
    dealer.deal_rest()
    return [(tuple(members[a] for a in team), count) for team, count in dealer.table.items()]


def expected_pairs(counts: Sequence[int], columns: int, k: int) -> list[list[float]]:
    """Give how often each two would meet if chance dealt out teams with these counts.

    Conditional Poisson sampling: each team's probability is the product of its members'
    odds, which a fixed point finds. Whoever is in every team is set aside first.
    Runtime: O(people^2 * k), and some dozen times people * k for the odds.

    >>> [[round(x, 3) for x in row] for row in expected_pairs([2, 2, 2], 3, 2)]
    [[0.0, 1.0, 1.0], [1.0, 0.0, 1.0], [1.0, 1.0, 0.0]]
    """
    people = len(counts)
    always = [a for a in range(people) if counts[a] == columns]
    some = [a for a in range(people) if 0 < counts[a] < columns]
    expected = [[0.0] * people for _ in range(people)]
    for a in always:
        for b in range(people):
            if a != b:
                expected[a][b] = expected[b][a] = float(counts[b])
    rest = k - len(always)
    if rest < 2 or not columns:
        return expected
    share = [counts[a] / columns for a in some]
    odds = _odds(share, rest)
    whole = _symmetric(odds, rest)
    for i, a in enumerate(some):
        without = _removed(whole, odds[i])
        for j in range(i):
            both = odds[i] * odds[j] * _removed(without, odds[j])[rest - 2] / whole[rest]
            b = some[j]
            expected[a][b] = expected[b][a] = columns * max(both, 0.0)
    return expected


def expected_teams(counts: Sequence[int], columns: int, k: int) -> list[tuple[Team, float]]:
    """Give how many items each team would get if chance dealt them out; see `expected_pairs`.

    Runtime: O(teams * k).

    >>> expected_teams([2, 1, 1], 2, 2)
    [((0, 1), 1.0), ((0, 2), 1.0)]
    """
    always = tuple(a for a, count in enumerate(counts) if count == columns)
    some = [a for a, count in enumerate(counts) if 0 < count < columns]
    rest = k - len(always)
    if not columns or rest < 0:
        return []
    odds = dict(zip(some, _odds([counts[a] / columns for a in some], rest), strict=True)) if rest else {}
    whole = _symmetric(list(odds.values()), rest)[rest]
    found = []
    for team in combinations(some, rest):
        chance = columns / whole
        for a in team:
            chance *= odds[a]
        found.append((tuple(sorted((*always, *team))), chance))
    return found


def _odds(share: Sequence[float], k: int) -> list[float]:
    """Find odds under which everybody's probability to be in a team of k is her share."""
    odds = [p / (1 - p) for p in share]
    for _ in range(ROUNDS):
        whole = _symmetric(odds, k)
        worst = 0.0
        for a, p in enumerate(share):
            now = odds[a] * _removed(whole, odds[a])[k - 1] / whole[k]
            worst = max(worst, abs(now - p))
            odds[a] = odds[a] * p / now if now > 0 else odds[a]
        scale = sum(odds) / len(odds)
        odds = [x / scale for x in odds]
        if worst < 1e-10:
            break
    return odds


def _symmetric(odds: Sequence[float], k: int) -> list[float]:
    """Give the elementary symmetric polynomials 0..k."""
    sums = [1.0] + [0.0] * k
    for x in odds:
        for j in range(k, 0, -1):
            sums[j] += x * sums[j - 1]
    return sums


def _removed(sums: Sequence[float], x: float) -> list[float]:
    """Give them without one of the odds."""
    out = [1.0]
    for j in range(1, len(sums)):
        out.append(sums[j] - x * out[j - 1])
    return out


class _Dealer:
    """Deals out items to teams, and remembers who met whom how often."""

    def __init__(self, counts: Sequence[int], columns: int, k: int) -> None:
        self.k = k
        self.left = list(counts)
        self.columns = columns
        """Items still to be dealt out; *left* says in how many of them everybody is to be."""
        self.table: dict[Team, int] = {}
        self.met = [[0] * len(counts) for _ in counts]
        self.wanted: list[list[float]] = []
        """How often each two are to meet in all."""
        self.worth: list[list[float]] = []
        """What one meeting less is worth, for each two."""

    def expect(self) -> None:
        """Find how often each two are to meet, from what was dealt and what chance would deal."""
        more = expected_pairs(self.left, self.columns, self.k)
        self.wanted = [
            [m + e for m, e in zip(*rows, strict=True)] for rows in zip(self.met, more, strict=True)
        ]
        self.weigh()

    def weigh(self) -> None:
        """Set what a meeting is worth: the more, the fewer are left to come."""
        self.worth = [
            [PULL_OF_PAIRS / (1 + max(0.0, w - m)) for w, m in zip(*rows, strict=True)]
            for rows in zip(self.wanted, self.met, strict=True)
        ]

    def give(self, team: Team, times: int) -> None:
        """Give a team so many items."""
        if times:
            self.columns -= times
            for a in team:
                self.left[a] -= times
            self._note(team, times)

    def _note(self, team: Team, times: int) -> None:
        self.table[team] = self.table.get(team, 0) + times
        for a, b in combinations(team, 2):
            self.met[a][b] += times
            self.met[b][a] += times

    def deal_shares(self) -> None:
        """Give every team the whole part of what chance would give it, as long as the rest stays completable.

        Once more while floats were too coarse to leave fewer items than there are teams.
        """
        before = -1
        while before != self.columns:
            before = self.columns
            chances = expected_teams(self.left, self.columns, self.k)
            for team, chance in chances:
                times = min(int(chance), *(self.left[a] for a in team))
                if times > self.columns - max(self.left):
                    others = max((have for a, have in enumerate(self.left) if a not in team), default=0)
                    times = min(times, self.columns - others)
                self.give(team, times)
            if self.columns <= len(chances):
                return

    def deal_block(self, block: int) -> None:
        """Deal out *block* teams that get the same number of items each, half of what is left in all.

        What is left then must be completable: nobody in more items than there are, nobody
        in fewer than none. With no fewer teams than people there is room for that: at least
        twice *block* teams of that size would fit, so that rounding, less than one each,
        never takes away more than the half that stays.
        """
        times = self.columns // (2 * block)
        after = self.columns - times * block
        floors = [max(0, -((after - have) // times)) for have in self.left]
        caps = [min(block, have // times) for have in self.left]
        counts = apportion(self.left, self.k * block, floors=floors, caps=caps)
        self._deal(counts, block, times)
        self.left = [have - times * got for have, got in zip(self.left, counts, strict=True)]
        self.columns = after

    def connect(self) -> None:
        """Deal out items one by one until all are one island, or nothing is left."""
        islands = _Islands(self.met)
        while self.columns and islands.count > 1:
            team = [a for a, have in enumerate(self.left) if have == self.columns]
            islands.bridge(team, self.left, self.k)
            whole = self._filled(team, self.left, self.columns)
            islands.join(whole)
            self.give(whole, 1)

    def deal_rest(self) -> None:
        """Deal out what is left item by item."""
        self._deal(self.left, self.columns, 1)

    def _deal(self, counts: Sequence[int], columns: int, times: int) -> None:
        """Choose so many teams, everybody in counts[a] of them, for so many items each."""
        left = list(counts)
        self.weigh()
        for rest in range(columns, 0, -1):
            team = self._filled([a for a, have in enumerate(left) if have == rest], left, rest)
            for a in team:
                left[a] -= 1
            self._note(team, times)

    def _filled(self, team: Sequence[int], left: Sequence[int], rest: int) -> Team:
        """Fill a team with whoever has most left, and met the others too rarely. Ties to the first."""
        gain = [have / rest if have else -inf for have in left]
        whole = list(team)
        for place in range(self.k):
            if place == len(whole):
                whole.append(max(range(len(left)), key=gain.__getitem__))
            b = whole[place]
            gain = [
                g + (w - m) * p
                for g, w, m, p in zip(gain, self.wanted[b], self.met[b], self.worth[b], strict=True)
            ]
            gain[b] = -inf
        return tuple(sorted(whole))


class _Islands:
    """Who is connected with whom by overlapped items so far."""

    def __init__(self, met: Sequence[Sequence[int]]) -> None:
        self.home = list(range(len(met)))
        self.count = len(met)
        for a, row in enumerate(met):
            for b, times in enumerate(row):
                if times:
                    self._merge(self.home[a], self.home[b])

    def _merge(self, one: int, other: int) -> None:
        if one != other:
            self.home = [one if home == other else home for home in self.home]
            self.count -= 1

    def join(self, team: Sequence[int]) -> None:
        """Connect a team."""
        for a in team[1:]:
            self._merge(self.home[team[0]], self.home[a])

    def bridge(self, team: list[int], left: Sequence[int], k: int) -> None:
        """Begin a team so that it connects as many islands as can be, whoever has most left first.

        One of the main island, where the team has none of it, and then one each of others.
        The largest first, so that whoever comes later finds somebody with items left.
        """
        order = sorted((a for a, have in enumerate(left) if have), key=lambda a: -left[a])
        main = self._main(order)
        there = {self.home[a] for a in team}
        if main is not None and main not in there:
            order.sort(key=lambda a: self.home[a] != main)
        for a in order:
            if len(team) == k:
                return
            if self.home[a] not in there:
                there.add(self.home[a])
                team.append(a)

    def _main(self, able: Sequence[int]) -> int | None:
        """Name the largest island, of those with two people or more of whom one has items left."""
        sizes: dict[int, int] = {}
        for home in self.home:
            sizes[home] = sizes.get(home, 0) + 1
        homes = [self.home[a] for a in able if sizes[self.home[a]] > 1]
        return max(homes, key=sizes.__getitem__, default=None)
