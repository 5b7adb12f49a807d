"""The default order: a stratified rotation.

Holds: the bijection, and its sweep, which writes the owners of whole blocks by slices.
Does not hold: the other orders (see orders), who owns which slots (see split).
Depends on: draw, orders.

The items are cut into blocks; a block spreads its items over the whole line, one to
each row of slots, by a permutation of the rows that is turned round by a drawn amount.
So every stretch of items is shared out more evenly than chance would have it, up to
16,384 items it is an ordinary random permutation, and because a whole block has nearly
the same owners row by row as every other, its labels are one slice of a prepared
pattern.

slot(i) = (row(i) * blocks + rank(block of i) + offset) mod n. Blocks are visited in
the order of their rank: a boundary between two owners then changes one cell of a
pattern once, whatever n is, and not one cell of half the blocks.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import pairwise
from math import gcd
from operator import itemgetter
from typing import TypeAlias

from distribution.draw import GOLDEN64, MASK64, MIX1, MIX2, golden_multiplier, mix, permutation, word
from distribution.orders import Labels, Order

WHOLE = 16_384
"""Up to so many items there is one block."""
PATTERNS = (16, 64)
"""Least and most patterns; the fewer the longer they are, so that they fit a fast cache."""
CELLS = 1 << 16
"""Cells of all patterns together, about: neighbours repeat the less the more there are."""
LOW32 = (1 << 32) - 1


Pattern: TypeAlias = "bytearray | array[int]"


def block_length(n: int) -> int:
    """Give the length of blocks, a power of two between two and four times the root of *n*.

    A longer block costs more to prepare, a shorter one means more of them to write.

    >>> block_length(10**6), block_length(10**8)
    (2048, 32768)
    """
    return 1 << (n.bit_length() + 1) // 2 + 1


class Shuffled(Order):
    """A stratified random order.

    The first `long` blocks hold `rows` items, the others one less; a block draws one of
    the patterns and a rotation of it. Random access costs about a microsecond.
    """

    name = "shuffled"

    def __init__(self, n: int, seed: int) -> None:
        super().__init__(n)
        length = block_length(n)
        self.blocks = blocks = 1 if n <= WHOLE else (n + length // 2) // length
        self.rows = -(-n // blocks)
        self.long = n - (self.rows - 1) * blocks if n else 0
        self.short = blocks - self.long
        self.edge = self.long * self.rows
        self.sigma = permutation(seed, "sigma", self.rows)
        patterns = min(max(CELLS // length, PATTERNS[0]), PATTERNS[1])
        self.strides = _coprimes(self.rows, max(1, min(patterns, blocks // 8)))
        self.key = word(seed, "block")
        self.turn_long = golden_multiplier(self.long)
        self.turn_short = golden_multiplier(self.short)
        self.shift_long = word(seed, "rank") % max(self.long, 1)
        self.shift_short = word(seed, "rank of short") % max(self.short, 1)
        self.offset = word(seed, "offset") % max(n, 1)
        self.unturn_long = pow(self.turn_long, -1, self.long) if self.long > 1 else 0
        self.unturn_short = pow(self.turn_short, -1, self.short) if self.short > 1 else 0
        self.unstrides = [pow(c, -1, self.rows) if self.rows > 1 else 0 for c in self.strides]
        # Where a pattern names the last row, which short blocks do not have.
        last = self.sigma.index(self.rows - 1) if n else 0
        self.tops = [last * u % max(self.rows, 1) for u in self.unstrides]
        self._kept: Sweep | None = None

    @cached_property
    def place(self) -> list[int]:
        """Give the inverse of sigma, which only the way back and the sweep need."""
        place = [0] * self.rows
        for at, row in enumerate(self.sigma):
            place[row] = at
        return place

    def slot(self, position: int) -> int:
        """Find the block, its rank and rotation, and the row."""
        if position < self.edge:
            length = self.rows
            block, at = divmod(position, length)
            rank = (block * self.turn_long + self.shift_long) % self.long
        else:
            length = self.rows - 1
            block, at = divmod(position - self.edge, length)
            rank = self.long + (block * self.turn_short + self.shift_short) % self.short
            block += self.long
        drawn = mix(self.key + block * GOLDEN64)
        pattern = (drawn & LOW32) * len(self.strides) >> 32
        at = (at + ((drawn >> 32) * length >> 32)) % length
        if length < self.rows and at >= self.tops[pattern]:
            at += 1
        row = self.sigma[self.strides[pattern] * at % self.rows]
        return (row * self.blocks + rank + self.offset) % self.n

    def position(self, slot: int) -> int:
        """Read row and rank off the slot, and undo each."""
        row, rank = divmod((slot - self.offset) % self.n, self.blocks)
        if rank < self.long:
            block = (rank - self.shift_long) * self.unturn_long % self.long
            start, length = block * self.rows, self.rows
        else:
            block = (rank - self.long - self.shift_short) * self.unturn_short % self.short
            start, length = self.edge + block * (self.rows - 1), self.rows - 1
            block += self.long
        drawn = mix(self.key + block * GOLDEN64)
        pattern = (drawn & LOW32) * len(self.strides) >> 32
        at = self.place[row] * self.unstrides[pattern] % self.rows
        if length < self.rows and at > self.tops[pattern]:
            at -= 1
        return start + (at - ((drawn >> 32) * length >> 32)) % length

    def block_of(self, position: int) -> int:
        """Give the number of the block a position lies in."""
        if position < self.edge:
            return position // self.rows
        return self.long + (position - self.edge) // (self.rows - 1)

    def spans(self, start: int, stop: int) -> Iterator[tuple[int, int, int, int, int]]:
        """Yield (rank, first position, length, pattern, rotation) of the blocks that touch a range, by rank."""
        if start >= stop:
            return
        long, short, many = self.long, self.short, len(self.strides)
        ranked = []
        for block in range(self.block_of(start), self.block_of(stop - 1) + 1):
            if block < long:
                rank = (block * self.turn_long + self.shift_long) % long
            else:
                rank = long + ((block - long) * self.turn_short + self.shift_short) % short
            ranked.append((rank, block))
        ranked.sort()
        rows, key, edge = self.rows, self.key, self.edge
        for rank, block in ranked:
            # What `mix` does, written out: a call would cost as much as the mixing.
            z = (key + block * GOLDEN64) & MASK64
            z = ((z ^ (z >> 30)) * MIX1) & MASK64
            z = ((z ^ (z >> 27)) * MIX2) & MASK64
            z ^= z >> 31
            if rank < long:
                yield rank, block * rows, rows, (z & LOW32) * many >> 32, (z >> 32) * rows >> 32
            else:
                first = edge + (block - long) * (rows - 1)
                yield rank, first, rows - 1, (z & LOW32) * many >> 32, (z >> 32) * (rows - 1) >> 32

    def slots(self, start: int, stop: int) -> Iterator[int]:
        """Yield slots block by block; some 100 ns each."""
        n, blocks, sigma, rows = self.n, self.blocks, self.sigma, self.rows
        patterns: dict[tuple[int, int], list[int]] = {}
        for rank, first, length, pattern, rotation in sorted(
            self.spans(start, stop), key=lambda span: span[1]
        ):
            line = patterns.get((pattern, length))
            if line is None:
                stride, top = self.strides[pattern], self.tops[pattern]
                line = [sigma[stride * at % rows] * blocks for at in range(rows)]
                if length < rows:
                    del line[top]
                line = patterns[pattern, length] = line * 2
            begin = rotation + max(0, start - first)
            end = rotation + min(length, stop - first)
            base = rank + self.offset
            for row in line[begin:end]:
                yield (row + base) % n

    def fill(self, out: Labels, start: int, bounds: Sequence[int]) -> None:
        """Write owners by slices of patterns, see `Sweep`."""
        if len(out):
            self._sweep(tuple(bounds), out.format).fill(out, start)

    def _sweep(self, bounds: tuple[int, ...], code: str) -> Sweep:
        """Keep the sweep of the last cut: slices of one plan come one after the other."""
        kept = self._kept
        if kept is None or (kept.bounds, kept.code) != (bounds, code):
            # Another thread may keep another one meanwhile; each goes on with its own.
            kept = self._kept = Sweep(self, bounds, code)
        return kept


def _coprimes(n: int, count: int) -> list[int]:
    """Give the first *count* positive numbers coprime to *n*."""
    found: list[int] = []
    candidate = 0
    while len(found) < count:
        candidate += 1
        if gcd(candidate, n) == 1:
            found.append(candidate)
    return found


class Sweep:
    """Owners of blocks, for one cut of the line into owners.

    Holds one pattern of labels for each rotation pattern, as it is for the block of
    rank 0, and the list of cells that change as the rank grows.
    """

    def __init__(self, order: Shuffled, bounds: tuple[int, ...], code: str) -> None:
        self.order, self.bounds, self.code = order, bounds, code
        self._begun: dict[int, Pattern] = {}
        rows, blocks = order.rows, order.blocks
        cells = array(code)
        # Of each boundary between owners: the rank from which on, the cell that changes, the new owner.
        self.changes: list[tuple[int, int, int]] = []
        cuts = _unshifted(bounds, order.offset, order.n)
        for (at, owner), (until, _) in pairwise([*cuts, (rows * blocks, 0)]):
            cells.extend(array(code, [owner]) * (-(-until // blocks) - len(cells)))
            row, rank = divmod(at, blocks)
            if rank:
                self.changes.append((rank, order.place[row], owner))
        self.changes.sort()
        self.cells = array(code, itemgetter(*order.sigma)(cells) if rows > 1 else cells)
        """Owner of each row at rank 0, in the order of sigma."""

    def begun(self, index: int, *, short: bool) -> Pattern:
        """Give one pattern as it is at rank 0; the caller may change it."""
        known = self._begun.get(index)
        if known is None:
            known = self._begun[index] = self.cut(self.cells, index)
        return self.shortened(known[:], index) if short else known[:]

    def cut(self, cells: array[int], index: int) -> Pattern:
        """Put cells in the order of one pattern, twice end to end so that a rotation is a slice."""
        stride = self.order.strides[index]
        if cells.itemsize == 1:
            # Every stride-th byte of so many copies: twice as fast on bytes as on arrays.
            return bytearray((cells.tobytes() * stride)[::stride]) * 2
        return (cells * stride)[::stride] * 2

    def shortened(self, pattern: Pattern, index: int) -> Pattern:
        """Take the last row out of a pattern, for short blocks."""
        top = self.order.tops[index]
        del pattern[top + self.order.rows], pattern[top]
        return pattern

    def fill(self, out: Labels, start: int) -> None:
        """Write the owners of the positions from *start* on until *out* is full.

        Runtime: O(blocks touched * log + owners * patterns), plus one copy of the labels.
        """
        stop, order = start + len(out), self.order
        patterns = _Patterns(self, short=False)
        views, due = patterns.views, patterns.due
        for rank, first, length, pattern, rotation in order.spans(start, stop):
            if length < order.rows and not patterns.short:
                # From here on blocks lack the last row: patterns begin anew without it.
                patterns = _Patterns(self, short=True)
                views, due = patterns.views, patterns.due
            if due[pattern] <= rank:
                patterns.bring(pattern, rank)
            if first >= start and first + length <= stop:
                out[first - start : first - start + length] = views[pattern][rotation : rotation + length]
            else:
                skip, keep = max(0, start - first), min(length, stop - first)
                out[first + skip - start : first + keep - start] = views[pattern][
                    rotation + skip : rotation + keep
                ]


class _Patterns:
    """The patterns of one sweep, each brought to the rank it is needed at; ranks never fall."""

    def __init__(self, sweep: Sweep, *, short: bool) -> None:
        self.sweep, self.short = sweep, short
        many = len(sweep.order.strides)
        self.views = [memoryview(b"")] * many
        self.due = [-1] * many
        """Rank at which a pattern changes next; -1 where it was not needed yet."""
        self.seen = [0] * many
        """How many changes each has seen."""
        self.cells = sweep.cells[:]
        self.cells_seen = 0

    def bring(self, index: int, rank: int) -> None:
        """Make the changes of one pattern up to a rank."""
        changes, done = self.sweep.changes, self.seen[index]
        until = bisect_right(changes, rank, lo=done, key=itemgetter(0))
        if until - done > len(self.cells) >> 5:
            # So many cells are due that cutting the pattern anew costs less.
            for _, at, owner in changes[self.cells_seen : until]:
                self.cells[at] = owner
            self.cells_seen = until
            pattern = self.sweep.cut(self.cells, index)
            self.views[index] = memoryview(self.sweep.shortened(pattern, index) if self.short else pattern)
        else:
            if self.due[index] < 0:
                self.views[index] = memoryview(self.sweep.begun(index, short=self.short))
            self._change(index, changes[done:until])
        self.seen[index] = until
        self.due[index] = changes[until][0] if until < len(changes) else self.sweep.order.blocks

    def _change(self, index: int, changes: Sequence[tuple[int, int, int]]) -> None:
        """Change a few cells of one pattern."""
        order, view = self.sweep.order, self.views[index]
        unstride, top, rows = order.unstrides[index], order.tops[index], order.rows
        length = len(view) // 2
        for _, place, owner in changes:
            at = place * unstride % rows
            if self.short:
                if at == top:
                    continue
                at -= at > top
            view[at] = view[at + length] = owner


def _unshifted(bounds: Sequence[int], offset: int, n: int) -> list[tuple[int, int]]:
    """List where each owner begins on the line before it is rotated by *offset*, from 0 on."""
    begins = {(low - offset) % n: a for a, (low, high) in enumerate(pairwise(bounds)) if low < high}
    begins.setdefault(0, bisect_right(bounds, offset % n) - 1)
    return sorted(begins.items())
