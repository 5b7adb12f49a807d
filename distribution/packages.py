"""Who has which copies: a split into parts, and the team that holds each part.

Holds: the package of everybody, also where several people hold the same items.
Does not hold: the split itself (see split), which teams there are (see teams).
Depends on: split.

Without overlap every part is one person's. With it a part is a team's, and a person's
work is all parts of all her teams. She meets them side by side, each at its own pace
from her first day to her last, so that overlapped items are not what comes first.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from functools import cached_property
from heapq import merge
from itertools import accumulate, islice, repeat
from typing import TypeAlias

from distribution.split import Lazy, Split

Team: TypeAlias = tuple[int, ...]


class Packages:
    """Copies by person, from the parts of a split; without teams part a is person a's."""

    def __init__(self, split: Split, people: int, teams: Sequence[Team] | None = None) -> None:
        self.split = split
        self.teams = tuple((a,) for a in range(people)) if teams is None else tuple(teams)
        self.overlaps = teams is not None
        if teams is None:
            self.counts = split.counts
        else:
            counts = [0] * people
            for team, count in zip(self.teams, split.counts, strict=True):
                for a in team:
                    counts[a] += count
            self.counts = tuple(counts)

    def owners_at(self, position: int) -> Team:
        """Give everybody who has the item at a position."""
        return self.teams[self.split.owner_at(position)]

    def positions_of(self, owner: int) -> Sequence[int]:
        """Give the positions of one person in the order of work, lazily."""
        if not self.overlaps:
            return self.split.positions_of(owner)
        parts = [part for part, team in enumerate(self.teams) if owner in team]

        def each(start: int, stop: int) -> Iterator[int]:
            lines = [
                zip(self._places_in(part), repeat(part), self.split.positions_of(part)) for part in parts
            ]
            return (position for _, _, position in islice(merge(*lines), start, stop))

        return Lazy(self.counts[owner], each)

    def _places_in(self, part: int) -> Iterator[int]:
        """Give where the items of a part stand: spread evenly over a line as long as the plan."""
        size, n = self.split.counts[part], self.split.n
        return ((2 * i + 1) * n // (2 * size) for i in range(size))

    @cached_property
    def _ranks(self) -> array[int]:
        """Number the items by their place on that line, then by part: from 0, as those without overlap are."""
        after = array("Q", bytes(8 * (self.split.n + 1)))
        for part in range(len(self.teams)):
            for place in self._places_in(part):
                after[place + 1] += 1
        next_ = array("Q", accumulate(after))
        ranks = array("Q", bytes(8 * self.split.n))
        for part in range(len(self.teams)):
            for position, place in zip(self.split.positions_of(part), self._places_in(part), strict=True):
                ranks[position] = next_[place]
                next_[place] += 1
        return ranks

    def rows(self) -> Iterator[tuple[int, Team]]:
        """Yield (rank, who has it) of every item, in the order they came.

        Within a person the ranks are the order of work, and no two are equal. O(n).
        """
        ranks = self._ranks if self.overlaps else self.split.order.slots(0, self.split.n)
        labels = self.split.labels(0, self.split.n)
        return zip(ranks, map(self.teams.__getitem__, labels), strict=True)


def flat(rows: Iterator[tuple[int, Team]]) -> Iterator[tuple[int, int, int]]:
    """Yield (position, person, rank) for every copy, out of what `Packages.rows` gives."""
    for position, (rank, team) in enumerate(rows):
        yield from zip(repeat(position), team, repeat(rank))
