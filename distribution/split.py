"""Who owns which position: the inside of a plan.

Holds: splits that are functions (intervals of slots) and splits that are tables.
Does not hold: ids of items and assignees (see plan), how targets are found (see static).
Depends on: errors, orders, shuffled.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from itertools import accumulate
from operator import index
from typing import overload

from distribution.errors import InvalidInput
from distribution.orders import Contiguous, Interleaved, Labels, Order, Random, Spread
from distribution.shuffled import Shuffled

ORDERS = ("shuffled", "contiguous", "interleaved", "random", "spread")
"""Names of the orders, the default first."""


def make_order(name: str, counts: Sequence[int], seed: int) -> Order:
    """Build an order over sum(*counts*) positions by its name.

    Raises:
        InvalidInput: there is no order of that name.
    """
    n = sum(counts)
    makers: dict[str, Callable[[], Order]] = {
        "shuffled": lambda: Shuffled(n, seed),
        "contiguous": lambda: Contiguous(n),
        "interleaved": lambda: Interleaved(counts),
        "random": lambda: Random(n, seed),
        "spread": lambda: Spread(n, seed),
    }
    if name not in ORDERS:
        raise InvalidInput(subject="order", must=f"be one of {', '.join(ORDERS)}", got=name)
    return makers[name]()


def label_code(owners: int) -> str:
    """Give the array type of owner indices: one byte up to 256 owners, then two, then four."""
    return "B" if owners <= 1 << 8 else "H" if owners <= 1 << 16 else "I"


class Lazy(Sequence[int]):
    """A sequence of whole numbers of which each is computed when it is asked for."""

    def __init__(self, length: int, each: Callable[[int, int], Iterator[int]]) -> None:
        self._length = length
        self._each = each

    def __len__(self) -> int:
        """Give the length, which is known."""
        return self._length

    @overload
    def __getitem__(self, at: int) -> int: ...

    @overload
    def __getitem__(self, at: slice) -> Sequence[int]: ...

    def __getitem__(self, at: int | slice) -> int | Sequence[int]:
        """Compute one, or a list of some."""
        if isinstance(at, slice):
            start, stop, step = at.indices(self._length)
            if step == 1:
                return list(self._each(start, max(start, stop)))
            return [self[i] for i in range(start, stop, step)]
        place = index(at)
        if place < 0:
            place += self._length
        if not 0 <= place < self._length:
            raise IndexError(at)
        return next(self._each(place, place + 1))

    def __iter__(self) -> Iterator[int]:
        """Compute one after the other."""
        return self._each(0, self._length)

    def __repr__(self) -> str:
        """Show the first few."""
        few = ", ".join(map(str, self[:5]))
        return f"<{self._length} numbers: {few}{', ...' if self._length > 5 else ''}>"


class Split(ABC):
    """Owners of n positions, v of them, by index."""

    def __init__(self, counts: Sequence[int], order: Order) -> None:
        self.counts = tuple(counts)
        self.order = order
        self.n = order.n

    @abstractmethod
    def owner_at(self, position: int) -> int:
        """Give the owner of one position, without computing the rest."""

    @abstractmethod
    def positions_of(self, owner: int) -> Sequence[int]:
        """Give the positions of one owner in the order of work, lazily where that is possible."""

    @abstractmethod
    def fill(self, out: Labels, start: int) -> None:
        """Write the owners of the positions from *start* on into *out* until it is full."""

    def labels(self, start: int, stop: int) -> array[int]:
        """Give the owners of a range of positions, one small number each."""
        code = label_code(len(self.counts))
        out = array(code, [0]) * (stop - start)
        self.fill(memoryview(out), start)
        return out


class IntervalSplit(Split):
    """Every owner has one interval of slots; the order says who takes which slot.

    The whole state is the counts and the seed of the order.
    """

    def __init__(self, counts: Sequence[int], order: Order) -> None:
        super().__init__(counts, order)
        self.bounds = (0, *accumulate(counts))
        self._cuts = self.bounds[1:-1]

    def owner_at(self, position: int) -> int:
        """Find the interval the slot lies in. O(log v)."""
        return bisect_right(self._cuts, self.order.slot(position))

    def positions_of(self, owner: int) -> Sequence[int]:
        """Go through the interval from its start."""
        low = self.bounds[owner]
        return Lazy(self.counts[owner], lambda i, j: self.order.positions(low + i, low + j))

    def fill(self, out: Labels, start: int) -> None:
        """Let the order write whole runs."""
        self.order.fill(out, start, self.bounds)


class TableSplit(Split):
    """The owner of every position, written down, for splits that look at the items.

    The order only says in which order everyone works.
    """

    def __init__(self, owners: Sequence[int], parts: int, order: Order) -> None:
        self.owners = array(label_code(parts), owners)
        counts = [0] * parts
        for owner in self.owners:
            counts[owner] += 1
        super().__init__(counts, order)

    def owner_at(self, position: int) -> int:
        """Look it up. O(1)."""
        return self.owners[position]

    @cached_property
    def _work(self) -> list[array[int]]:
        """Sort the positions of every owner by slot, once. O(n)."""
        taken = array("Q", bytes(8 * self.n))
        for position, slot in enumerate(self.order.slots(0, self.n)):
            taken[slot] = position
        work = [array("Q") for _ in self.counts]
        for position in taken:
            work[self.owners[position]].append(position)
        return work

    def positions_of(self, owner: int) -> Sequence[int]:
        """Give the positions of one owner in the order of their slots."""
        work = self._work[owner]
        return Lazy(len(work), lambda i, j: iter(work[i:j]))

    def fill(self, out: Labels, start: int) -> None:
        """Copy a range of the table."""
        owners = self.owners[start : start + len(out)]
        out[:] = memoryview(owners if owners.typecode == out.format else array(out.format, owners))
