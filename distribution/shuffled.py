"""The default order: a stratified rotation.

Holds: the bijection, and its sweep, which writes the owners of whole blocks by slices.
Does not hold: the other orders (see orders), who owns which slots (see split).
Depends on: draw, orders.

The items are cut into blocks of about 4096; a block spreads its items over the whole
line, one to each row of slots, by a permutation of the rows that is turned round by a
drawn amount. So every stretch of items is shared out more evenly than chance would
have it, up to 16,384 items it is an ordinary random permutation, and because a whole block has
nearly the same owners row by row as every other, its labels are one slice of a
prepared pattern.

slot(i) = (row(i) * blocks + rank(block of i) + offset) mod n. Blocks are visited in
the order of their rank: a boundary between two owners then changes one cell of a
pattern once, whatever n is, and not one cell of half the blocks.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import pairwise
from math import gcd

from distribution.draw import GOLDEN64, golden_multiplier, mix, permutation, word
from distribution.orders import Labels, Order

BLOCK = 4096
"""Items of a block: labels of one byte then fit the fast cache beside their patterns."""
PATTERNS = 64
"""Different rotations' worth of patterns at most; more would only cost memory."""
LOW32 = (1 << 32) - 1


class Shuffled(Order):
    """A stratified random order.

    The first `long` blocks hold `rows` items, the others one less; a block draws one of
    the patterns and a rotation of it. Random access costs about a microsecond.
    """

    name = "shuffled"

    def __init__(self, n: int, seed: int) -> None:
        super().__init__(n)
        self.blocks = blocks = 1 if n <= 4 * BLOCK else (n + BLOCK // 2) // BLOCK
        self.rows = -(-n // blocks)
        self.long = n - (self.rows - 1) * blocks if n else 0
        self.short = blocks - self.long
        self.edge = self.long * self.rows
        self.sigma = permutation(seed, "sigma", self.rows)
        self.strides = _coprimes(self.rows, max(1, min(PATTERNS, blocks // 8)))
        self.key = word(seed, "block")
        self.turn_long = golden_multiplier(self.long)
        self.turn_short = golden_multiplier(self.short)
        self.shift_long = word(seed, "rank") % max(self.long, 1)
        self.shift_short = word(seed, "rank of short") % max(self.short, 1)
        self.offset = word(seed, "offset") % max(n, 1)
        self._prepare_scalars()

    def _prepare_scalars(self) -> None:
        """Prepare what single look-ups need."""
        rows = self.rows
        self.place = [0] * rows
        for at, row in enumerate(self.sigma):
            self.place[row] = at
        self.unstrides = [pow(c, -1, rows) if rows > 1 else 0 for c in self.strides]
        # Where a pattern names the last row, which short blocks do not have.
        self.tops = [self.place[-1] * u % rows for u in self.unstrides] if rows else []
        self.unturn_long = pow(self.turn_long, -1, self.long) if self.long > 1 else 0
        self.unturn_short = pow(self.turn_short, -1, self.short) if self.short > 1 else 0

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
            drawn = mix(key + block * GOLDEN64)
            length = rows if rank < long else rows - 1
            first = block * rows if rank < long else edge + (block - long) * length
            yield rank, first, length, (drawn & LOW32) * many >> 32, (drawn >> 32) * length >> 32

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
            Sweep(self, bounds, out.format).fill(out, start)


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

    def __init__(self, order: Shuffled, bounds: Sequence[int], code: str) -> None:
        self.order = order
        rows, blocks = order.rows, order.blocks
        cells = array(code)
        self.changes: list[tuple[int, int, int]] = []
        cuts = _unshifted(bounds, order.offset, order.n)
        for (at, owner), (until, _) in zip(cuts, [*cuts[1:], (rows * blocks, 0)], strict=True):
            cells.extend(array(code, [owner]) * (-(-until // blocks) - len(cells)))
            row, rank = divmod(at, blocks)
            if rank:
                self.changes.append((rank, row, owner))
        self.changes.sort()
        self.permuted = array(code, map(cells.__getitem__, order.sigma))
        self.patterns: dict[int, array[int]] = {}

    def _pattern(self, index: int) -> array[int]:
        """Copy the labels of one pattern, twice end to end so that a rotation is a slice."""
        known = self.patterns.get(index)
        if known is None:
            stride = self.order.strides[index]
            once = (self.permuted * stride)[::stride]
            known = self.patterns[index] = once + once
        return known[:]

    def fill(self, out: Labels, start: int) -> None:
        """Write the owners of the positions from *start* on until *out* is full.

        Runtime: O(blocks touched * log + owners * patterns), plus one copy of the labels.
        """
        order, changes = self.order, self.changes
        stop, rows, place = start + len(out), order.rows, order.place
        last = len(changes)
        # Of each pattern in use: its labels, and how many changes it has seen.
        views: dict[int, memoryview] = {}
        seen: dict[int, int] = {}
        shortened = False
        for rank, first, length, pattern, rotation in order.spans(start, stop):
            if length < rows and not shortened:
                # From here on blocks lack the last row: patterns begin anew without it.
                views, seen, shortened = {}, {}, True
            done = seen.get(pattern)
            if done is None:
                labels = self._pattern(pattern)
                if shortened:
                    del labels[rows + order.tops[pattern]], labels[order.tops[pattern]]
                views[pattern] = memoryview(labels)
                done = seen[pattern] = 0
            view = views[pattern]
            if done < last and changes[done][0] <= rank:
                unstride, top = order.unstrides[pattern], order.tops[pattern]
                while done < last and changes[done][0] <= rank:
                    _, row, owner = changes[done]
                    done += 1
                    at = place[row] * unstride % rows
                    if shortened:
                        if at == top:
                            continue
                        at -= at > top
                    view[at] = view[at + length] = owner
                seen[pattern] = done
            if first >= start and first + length <= stop:
                out[first - start : first - start + length] = view[rotation : rotation + length]
            else:
                skip, keep = max(0, start - first), min(length, stop - first)
                out[first + skip - start : first + keep - start] = view[rotation + skip : rotation + keep]


def _unshifted(bounds: Sequence[int], offset: int, n: int) -> list[tuple[int, int]]:
    """List where each owner begins on the line before it is rotated by *offset*, from 0 on."""
    begins = {(low - offset) % n: a for a, (low, high) in enumerate(pairwise(bounds)) if low < high}
    begins.setdefault(0, bisect_right(bounds, offset % n) - 1)
    return sorted(begins.items())
