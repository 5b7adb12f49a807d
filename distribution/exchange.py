"""People change places between teams, so that everybody meets everybody; nobody's load changes.

Holds: the exchange, when it is worth it, and that it never cuts an island in two.
Does not hold: the teams to begin with, how often people are wanted to meet (see fitting).
Depends on: teams.

An exchange takes two teams, and of each somebody who is not in the other; where both may
take what they get, they change places on as many items as helps most. That is a local
search. It ends, because each exchange brings pairs nearer to what is wanted, and because
it has a budget; nothing says that no other way is better.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from itertools import combinations_with_replacement, islice, product
from math import inf
from typing import TypeAlias

import attrs

from distribution.teams import Team

BUDGET = 800_000
"""Steps of the search, each about a microsecond."""
ENDLESS = 1 << 62
"""As many items as one wants."""
LEAST_GAIN = 1e-9
"""What is less is dust of floats."""

Row: TypeAlias = tuple[int, Team]
"""A team with items of a lot, and the number of the lot."""


@attrs.frozen(kw_only=True)
class Looks:
    """How far an exchange is looked for."""

    above: float
    """At pairs who met more often than is wanted, and this."""
    partners: int
    """For one place at so many people, the most wanted first."""
    rows: int
    """At so many teams of each."""


QUICK = Looks(above=0.5, partners=4, rows=6)
THOROUGH = Looks(above=-inf, partners=16, rows=24)


@attrs.frozen
class Swap:
    """On so many items *gone* gives her place in *one* to *come*, and takes hers in *other*."""

    one: Row
    gone: int
    other: Row
    come: int
    times: int = 1

    def undone(self) -> Swap:
        """Give the exchange that takes it back."""
        return Swap(
            (self.one[0], exchanged(self.one[1], self.gone, self.come)),
            self.come,
            (self.other[0], exchanged(self.other[1], self.come, self.gone)),
            self.gone,
            self.times,
        )


def exchanged(team: Team, out: int, into: int) -> Team:
    """Give a team in which somebody took somebody's place."""
    return tuple(sorted([into if a == out else a for a in team]))


class Exchange:
    """Teams that hold items of several lots, and who meets whom how often.

    *able* has the people who may take a lot's items, *table* for each lot how many items
    each team has, teams of one among them. *sides* has everybody's: no two of a side are in
    a team. *wanted* says how often each two are to meet, and at a person herself how many
    items she is to share. The table is changed in place; loads of people, sizes of lots
    and of teams stay. *groups* has a name for lots of which, together, nobody is to have
    more or less than her part by load, None for others: people change places between groups
    only as far as everybody stays as near to that as she was, unless islands are joined by it.

    >>> table = [{(0, 1): 2, (2, 3): 2}]
    >>> Exchange([{0, 1, 2, 3}], table, range(4), [[2 / 3] * 4] * 4).run()
    >>> sorted(table[0].items())
    [((0, 1), 1), ((0, 2), 1), ((1, 3), 1), ((2, 3), 1)]
    """

    def __init__(
        self,
        able: Sequence[frozenset[int] | set[int]],
        table: list[dict[Team, int]],
        sides: Sequence[int],
        wanted: Sequence[Sequence[float]],
        groups: Sequence[Hashable] | None = None,
    ) -> None:
        self.able = able
        self.table = table
        self.sides = sides
        self.wanted = wanted
        self.worth = [[1 / (1 + w) for w in row] for row in wanted]
        self.met = [[0] * len(sides) for _ in sides]
        self.over = [[-w * worth for w, worth in zip(*rows, strict=True)] for rows in zip(wanted, self.worth, strict=True)]  # fmt: skip
        """How much too often each two met, by what it is worth: the more, the fewer are wanted."""
        self.near = [0] * len(sides)
        """Who met everybody: a bit for each."""
        self.hers: list[dict[Row, None]] = [{} for _ in sides]
        """The teams everybody is in."""
        self.budget = BUDGET
        for number, teams in enumerate(table):
            for team, count in teams.items():
                for a in team:
                    self.hers[a][number, team] = None
                self._meet(team, count)
        self.count = len(self.islands())
        self.bounds = _Bounds(able, table, groups or [None] * len(table))

    def run(self) -> None:
        """Exchange until nothing gets better or the budget is spent; then connect islands, and once more.

        Runtime: O(BUDGET), beside O(people^2) and what the table holds.
        """
        self._balance()
        if self._connect():
            self._balance()

    def islands(self) -> list[int]:
        """Give the islands of those who have items, each as a number with a bit for everybody on it.

        No chain of meetings leads from one to another. Runtime: O(people).
        """
        left = sum(1 << a for a, rows in enumerate(self.hers) if rows)
        found = []
        while left:
            island = front = left & -left
            while front:
                near = self.near[front.bit_length() - 1] & left & ~island
                front = front & ~(1 << (front.bit_length() - 1)) | near
                island |= near
            left &= ~island
            found.append(island)
        return found

    def _balance(self) -> None:
        """Go through the pairs that met too often, the worst first; where that helps nobody, through all."""
        for looks in (QUICK, THOROUGH):
            better = True
            while better and self.budget > 0:
                better = False
                for _, a, b in self._worst(looks.above):
                    while self._separated(a, b, looks):
                        better = True

    def _worst(self, above: float) -> list[tuple[float, int, int]]:
        """Name the pairs that met too often, the worst first; ties to the earlier."""
        self.budget -= len(self.sides) ** 2 // 16
        return sorted(
            (-over, a, b)
            for a, row in enumerate(self.over)
            for b, over in enumerate(row[:a])
            if self.met[a][b] > max(0, self.wanted[a][b] + above)
        )

    def _separated(self, a: int, b: int, looks: Looks) -> bool:
        """Let one of two who met too often change places, where that helps; tell whether it did."""
        if self.met[a][b] <= max(0, self.wanted[a][b] + looks.above):
            return False
        few, other = (a, b) if len(self.hers[a]) <= len(self.hers[b]) else (b, a)
        self.budget -= len(self.hers[few]) // 8
        for row in [row for row in self.hers[few] if other in row[1]]:
            for gone in (a, b):
                if self.budget <= 0:
                    return False
                swap = self._found(row, gone, looks)
                if swap is not None and self._kept(swap):
                    return True
        return False

    def _found(self, row: Row, gone: int, looks: Looks) -> Swap | None:
        """Find the best exchange for one place in a team, of those that are looked at."""
        number, team = row
        rest = [a for a in team if a != gone]
        over = [self.over[a] for a in rest]
        mates = {self.sides[a] for a in rest}
        now = sum(line[gone] for line in over)
        able = self.able[number]
        self.budget -= 1 + len(able) // 8
        wanted = [
            (gain, c)
            for c in able
            if (gain := sum([line[c] for line in over])) < now
            and c not in team
            and self.sides[c] not in mates
        ]
        best, least = None, -LEAST_GAIN
        for _, come in sorted(wanted)[: looks.partners]:
            for other, most in islice(self._rows(come, number, gone), looks.rows):
                self.budget -= 1
                if self._may(gone, other, come):
                    value, times = self._value(row, gone, other, come, most)
                    if value < least:
                        best, least = Swap(row, gone, other, come, times), value
        return best

    def _rows(self, come: int, number: int, gone: int) -> Iterator[tuple[Row, int]]:
        """Yield the teams of somebody with which a lot may exchange people, and for how many items."""
        for row in self.hers[come]:
            most = self.bounds.room(number, gone, row[0], come)
            if most > 0:
                yield row, most

    def _may(self, gone: int, other: Row, come: int) -> bool:
        """Tell whether somebody may take another's place in a team."""
        number, team = other
        return (
            gone not in team
            and gone in self.able[number]
            and all(self.sides[a] != self.sides[gone] for a in team if a != come)
        )

    def _value(self, one: Row, gone: int, other: Row, come: int, most: int) -> tuple[float, int]:
        """Tell what an exchange changes, less than 0 for better, and on how many items that is best."""
        first = [a for a in one[1] if a != gone]
        rest = [a for a in other[1] if a != come]
        linear = square = 0.0
        for some, others, out, into in ((first, rest, gone, come), (rest, first, come, gone)):
            for a in some:
                # Whoever is in both meets the same people as before.
                if a not in others:
                    over, worth = self.over[a], self.worth[a]
                    linear += over[into] - over[out]
                    square += worth[into] + worth[out]
        if not rest:
            # One gets a share in an item, the other an item of her own for it.
            linear += self.over[come][come] - self.over[gone][gone]
            square += self.worth[come][come] + self.worth[gone][gone]
        if linear >= 0:
            return 0.0, 1
        most = min(most, self.table[one[0]][one[1]], self.table[other[0]][other[1]])
        times = min(most, max(1, round(-linear / square)))
        return times * (2 * linear + times * square), times

    def _kept(self, swap: Swap) -> bool:
        """Make an exchange unless it cuts an island in two; tell whether it stands."""
        near = list(self.near)
        self._make(swap)
        if self.near != near:
            self.budget -= len(self.sides)
            now = len(self.islands())
            if now > self.count:
                self._make(swap.undone())
                return False
            self.count = now
        return True

    def _make(self, swap: Swap) -> None:
        for (number, team), out, into in (
            (swap.one, swap.gone, swap.come),
            (swap.other, swap.come, swap.gone),
        ):
            self._change(number, team, -swap.times)
            self._change(number, exchanged(team, out, into), swap.times)
            self.bounds.note(number, out, into, swap.times)

    def _change(self, number: int, team: Team, by: int) -> None:
        """Let a team have so many items more of a lot, or fewer."""
        teams = self.table[number]
        count = teams.get(team, 0) + by
        if not count:
            del teams[team]
            for a in team:
                del self.hers[a][number, team]
        elif team not in teams:
            for a in team:
                self.hers[a][number, team] = None
        if count:
            teams[team] = count
        self._meet(team, by)

    def _meet(self, team: Team, by: int) -> None:
        """Note that all of a team met so many times more, or fewer; each meets herself too."""
        if len(team) == 1:
            return
        for a, b in combinations_with_replacement(team, 2):
            met = self.met[a][b] + by
            self.met[a][b] = self.met[b][a] = met
            self.over[a][b] = self.over[b][a] = (met - self.wanted[a][b]) * self.worth[a][b]
            if a != b and bool(met) != bool(self.near[a] >> b & 1):
                self.near[a] ^= 1 << b
                self.near[b] ^= 1 << a

    def _connect(self) -> bool:
        """Join islands as long as a way is found; tell whether any was."""
        before = self.count
        # Also where balance took all of it.
        self.budget = max(self.budget, BUDGET // 8)
        while self.count > 1 and any(map(self._joined, self._bridges())):
            pass
        return self.count < before

    def _joined(self, swap: Swap) -> bool:
        """Make an exchange if there are fewer islands then."""
        self.budget -= 50 + len(self.sides)
        self._make(swap)
        now = len(self.islands())
        if now < self.count:
            self.count = now
            return True
        self._make(swap.undone())
        return False

    def _bridges(self) -> Iterator[Swap]:
        """Yield exchanges on one item between people of different islands, the smallest islands first."""
        for island in sorted(self.islands(), key=int.bit_count):
            here = [a for a in range(len(self.sides)) if island >> a & 1]
            away = [a for a, rows in enumerate(self.hers) if rows and not island >> a & 1]
            for come, gone in product(here, away):
                for row in [row for row in self.hers[gone] if len(row[1]) > 1]:
                    if not self._may(come, row, gone):
                        continue
                    for other in [row for row in self.hers[come] if self._may(gone, row, come)][: QUICK.rows]:
                        if self.budget <= 0:
                            return
                        yield Swap(row, gone, other, come)


class _Bounds:
    """How much of each group everybody has, and how far that may change."""

    def __init__(
        self,
        able: Sequence[frozenset[int] | set[int]],
        table: Sequence[dict[Team, int]],
        groups: Sequence[Hashable],
    ) -> None:
        self._groups = groups
        self._least: dict[Hashable, dict[int, int]] = {}
        """Of each group, how much more everybody has than she must keep."""
        self._most: dict[Hashable, dict[int, int]] = {}
        """And how much more she may get."""
        has: dict[Hashable, dict[int, int]] = {}
        loads: dict[int, int] = {}
        for group, people, teams in zip(groups, able, table, strict=True):
            amounts = has.setdefault(group, {})
            for a in people:
                amounts.setdefault(a, 0)
            for team, count in teams.items():
                for a in team:
                    amounts[a] += count
                    loads[a] = loads.get(a, 0) + count
        for group, amounts in has.items():
            if group is not None:
                total, weight = sum(amounts.values()), sum(loads.get(a, 0) for a in amounts) or 1
                parts = {a: divmod(total * loads.get(a, 0), weight) for a in amounts}
                self._least[group] = {a: max(0, n - parts[a][0]) for a, n in amounts.items()}
                self._most[group] = {
                    a: max(0, parts[a][0] + bool(parts[a][1]) - n) for a, n in amounts.items()
                }

    def room(self, number: int, gone: int, other: int, come: int) -> int:
        """Tell for how many items two may change places, one from a lot and one from another."""
        one, two = self._groups[number], self._groups[other]
        if one == two:
            return ENDLESS
        rooms = [ENDLESS]
        for group, out, into in ((one, gone, come), (two, come, gone)):
            if group is not None:
                rooms += [self._least[group].get(out, 0), self._most[group].get(into, 0)]
        return min(rooms)

    def note(self, number: int, out: int, into: int, times: int) -> None:
        """Note that somebody gave so many items of a lot to another."""
        group = self._groups[number]
        if group is not None:
            self._least[group][out] -= times
            self._most[group][out] += times
            self._least[group][into] += times
            self._most[group][into] -= times
