"""Orders: which position of the items takes which slot of the line.

Holds: the port every order keeps, and the simple ones: contiguous, spread, random, interleaved.
Does not hold: the default order (see shuffled), who owns which slots (see split).
Depends on: draw.

An order is a bijection between positions (the items as they came) and slots (one
line that is cut into intervals, one interval an owner). It is a function: any single
place, and any slice, is computed without the rest. Slots are also the order of work:
everyone works through her interval from its start.
"""

from __future__ import annotations

import heapq
from abc import ABC, abstractmethod
from array import array
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate, pairwise
from math import isqrt
from typing import ClassVar

from distribution.draw import golden_multiplier, word, words

Labels = memoryview
"""A writable buffer of unsigned items, one owner index for each position."""


class Order(ABC):
    """A bijection of n positions onto n slots."""

    name: ClassVar[str]
    """What callers write."""

    def __init__(self, n: int) -> None:
        self.n = n

    @abstractmethod
    def slot(self, position: int) -> int:
        """Give the slot of a position, both in [0, n). O(1)."""

    @abstractmethod
    def position(self, slot: int) -> int:
        """Give the position that takes a slot, both in [0, n). O(1)."""

    def slots(self, start: int, stop: int) -> Iterator[int]:
        """Yield the slots of positions *start* to *stop*."""
        return map(self.slot, range(start, stop))

    def positions(self, start: int, stop: int) -> Iterator[int]:
        """Yield the positions of slots *start* to *stop*."""
        return map(self.position, range(start, stop))

    def fill(self, out: Labels, start: int, bounds: Sequence[int]) -> None:
        """Write the owner of each position from *start* on into *out*, until it is full.

        Owner a has the slots from bounds[a] to bounds[a+1].
        """
        cuts = bounds[1:-1]
        for at, slot in enumerate(self.slots(start, start + len(out))):
            out[at] = bisect_right(cuts, slot)


class Contiguous(Order):
    """Positions and slots are the same: everyone gets one unbroken range."""

    name = "contiguous"

    def slot(self, position: int) -> int:
        """Give the position itself."""
        return position

    def position(self, slot: int) -> int:
        """Give the slot itself."""
        return slot

    def fill(self, out: Labels, start: int, bounds: Sequence[int]) -> None:
        """Write one run an owner."""
        stop = start + len(out)
        for owner, (low, high) in enumerate(pairwise(bounds)):
            low, high = max(low, start), min(high, stop)  # noqa: PLW2901
            if low < high:
                out[low - start : high - start] = memoryview(array(out.format, [owner]) * (high - low))


class Spread(Order):
    """Multiples of a golden number: everyone's items lie as evenly as can be, seeded by a rotation.

    One expression in SQL: (multiplier * position + offset) % n.
    """

    name = "spread"

    def __init__(self, n: int, seed: int) -> None:
        super().__init__(n)
        self.multiplier = golden_multiplier(n)
        self.inverse = pow(self.multiplier, -1, n) if n > 1 else 0
        self.offset = word(seed, "spread") % max(n, 1)

    def slot(self, position: int) -> int:
        """Multiply and rotate."""
        return (self.multiplier * position + self.offset) % self.n

    def position(self, slot: int) -> int:
        """Rotate back and divide."""
        return (slot - self.offset) * self.inverse % self.n


class Random(Order):
    """A uniform permutation: six Feistel rounds over a square, tables from SHAKE-128.

    For callers who need neighbours to be independent; `shuffled` is faster and evener.
    The square has at least n cells and fewer than isqrt(n) + 1 too many; a walk leaves
    those, and is rarely longer than one step.
    """

    name = "random"
    rounds = 6

    def __init__(self, n: int, seed: int) -> None:
        super().__init__(n)
        self.rows = isqrt(max(n, 1) - 1) + 1
        self.columns = -(-n // self.rows) or 1
        self.tables = [
            words(seed, f"feistel{r}", self.rows if r % 2 else self.columns) for r in range(self.rounds)
        ]

    def slot(self, position: int) -> int:
        """Go through the rounds until inside again."""
        rows, columns = self.rows, self.columns
        while True:
            left, right = divmod(position, columns)
            for r, table in enumerate(self.tables):
                if r % 2:
                    right = (right + table[left]) % columns
                else:
                    left = (left + table[right]) % rows
            position = left * columns + right
            if position < self.n:
                return position

    def position(self, slot: int) -> int:
        """Go through the rounds backwards until inside again."""
        rows, columns = self.rows, self.columns
        while True:
            left, right = divmod(slot, columns)
            for r in reversed(range(self.rounds)):
                if r % 2:
                    right = (right - self.tables[r][left]) % columns
                else:
                    left = (left - self.tables[r][right]) % rows
            slot = left * columns + right
            if slot < self.n:
                return slot


class Interleaved(Order):
    """Everyone's items merged by (j + 1/2) / count: at every moment all are nearly where they should be.

    It needs the counts, and no seed: the j-th item of an owner stands where the merge
    puts it, ties to the earlier owner. Random access costs O(v log v) for v owners.

    Source: the order in which Webster's method awards (Balinski and Young, 1982).
    """

    name = "interleaved"

    def __init__(self, counts: Sequence[int]) -> None:
        super().__init__(sum(counts))
        self.counts = tuple(counts)
        self.bounds = (0, *accumulate(counts))

    def slot(self, position: int) -> int:
        """Merge from shortly before the position."""
        return next(self.slots(position, position + 1))

    def position(self, slot: int) -> int:
        """Count what stands before the item, owner by owner."""
        owner = bisect_right(self.bounds, slot) - 1
        count, turn = self.counts[owner], 2 * (slot - self.bounds[owner]) + 1
        before = 0
        for other, theirs in enumerate(self.counts):
            # How many j have (2j+1)/theirs < turn/count; earlier owners also go first at a tie.
            reach = turn * theirs
            before += (reach + count - (0 if other < owner else 1)) // (2 * count)
        return before

    def slots(self, start: int, stop: int) -> Iterator[int]:
        """Merge from *start* on. O(log v) each after O(v) to begin with."""
        if start >= stop:
            return
        # At time t owner a has had floor(count*t + 1/2) items: v/2 before the start is early enough.
        early = 2 * start - len(self.counts)
        had = [max(0, (count * early + self.n) // (2 * self.n)) for count in self.counts]
        # Keys are cross-multiplied floors: exact, as two different fractions differ by at least 1/n^2.
        scale = (self.n + 1) ** 2
        merge = [
            ((2 * j + 1) * scale // c, a)
            for a, (c, j) in enumerate(zip(self.counts, had, strict=True))
            if j < c
        ]
        heapq.heapify(merge)
        for at in range(sum(had), stop):
            owner = merge[0][1]
            if at >= start:
                yield self.bounds[owner] + had[owner]
            had[owner] += 1
            if had[owner] < self.counts[owner]:
                heapq.heapreplace(merge, ((2 * had[owner] + 1) * scale // self.counts[owner], owner))
            else:
                heapq.heappop(merge)
