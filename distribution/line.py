"""The line of a pulling task: which items come next for an assignee.

Holds: the order of items by rank, which of them may still be handed out, who has had which.
Does not hold: how many she may take (caps, leases, eligibility), any clock, any store.
Depends on: values.

Items stand in runs. A run holds items in order, a byte for each that says whether it is
alive, and a cursor for each assignee, before which there is nothing left for her. So
what she has had is passed once, and not in every pull, and dead items are passed by a
search for a byte, which is as fast as memory. What comes after everything is appended
to the first run. What belongs elsewhere waits, sorted, beside the runs; when there is
too much of it, it becomes a run, and swallows those that are not much longer: there are
few runs, whatever happens.

An item never comes back to life where it died, and no cursor is ever moved back: what
comes back waits beside the runs, where there are no cursors.
"""

from __future__ import annotations

import math
from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator
from itertools import compress, islice, pairwise
from operator import attrgetter
from typing import TypeAlias

import attrs

from distribution.values import AssigneeId

Key: TypeAlias = tuple[float, int]
"""Rank and position; less comes first. Ranks are whole, but for that of the least of all keys."""

MOST_BESIDE = 32
"""So many items may wait beside the runs: all of them may have to be passed in one pull."""
SWALLOWED = 2
"""A new run swallows those up to so many times its length: few runs, and few moves of an item."""
NOBODY: tuple[AssigneeId, ...] = ()
LENGTH = attrgetter("count")


@attrs.define(eq=False)
class Run:
    """Items in order; those that left are dead, nobody new comes in between."""

    order: list[int] = attrs.field(factory=list)
    """Positions by rank, then position, each at its slot."""
    alive: bytearray = attrs.field(factory=lambda: bytearray(1))
    """A byte for each slot, and a dead one at the end, where cursors may stand."""
    count: int = 0
    """How many are alive."""
    last: Key = (-math.inf, -1)
    """What is appended must come after this."""
    cursors: dict[AssigneeId, int] = attrs.field(factory=dict)
    """Slots before it are dead, or she has had them; who is missing stands at 0."""


class Line:
    """Who comes next, for everybody.

    Positions count from 0, without large gaps: some lists are as long as the largest.

    >>> line = Line()
    >>> line.extend((position, rank, 1) for position, rank in enumerate([5, 5, 0, 5]))
    >>> line.fresh("ann", 3)
    [2, 0, 1]
    >>> line.put(2, left=0, rank=0)
    >>> line.had("ann", 2)
    >>> line.fresh("ann", 2), len(line)
    ([0, 1], 3)

    It came back, to the head of the line, but not for her who has had it.

    >>> line.put(2, left=1, rank=-1)
    >>> line.fresh("ann", 1), line.fresh("bob", 1)
    ([0], [2])
    """

    def __init__(self) -> None:
        self._runs = [Run()]
        """The longest of them first when the last was made; none is empty where there are several."""
        self._beside: list[Key] = []
        """Sorted."""
        self._nowhere = Run()
        """Stands for the place beside the runs where a run is asked for, and is always empty."""
        self._alone: dict[AssigneeId, tuple[AssigneeId, ...]] = {}
        """One tuple for each assignee, not one for each item that only she has had."""
        # By position: the run an item is alive in, its slot there, its last rank, who has had it.
        self._run: list[Run | None] = []
        self._slot: list[int] = []
        self._rank: list[int] = []
        self._had: list[tuple[AssigneeId, ...]] = []

    def __len__(self) -> int:
        """Count the items that may still be handed out.

        Runtime: O(r) for r runs.
        """
        return sum(run.count for run in self._runs) + len(self._beside)

    def fresh(self, assignee: AssigneeId, n: int) -> list[int]:
        """Give the first *n* positions that are alive and that she has not had.

        In order of rank, ties by position; fewer where there are no more. Asking changes nothing.

        Runtime: O(rn) for r runs, and once for what she has had; r is 1 as long as nothing
        came back or was added in the middle, else O(log m) for m of those.
        """
        had = self._had
        found: list[int] = []
        for run in self._runs:
            alive = run.alive
            slot = run.cursors.get(assignee, 0)
            # A look at one byte is five times as fast as a search.
            while alive[slot] or (slot := alive.find(1, slot)) >= 0:
                position = run.order[slot]
                if assignee not in had[position]:
                    run.cursors[assignee] = slot
                    if n == 1:
                        found.append(position)
                    else:
                        found += self._from(slot, run, assignee, n)
                    break
                slot += 1
            else:
                run.cursors[assignee] = len(run.order)
        if self._beside or len(self._runs) > 1:
            return self._merged(found, assignee, n)
        return found

    def put(self, position: int, left: int, rank: int) -> None:
        """Let an item have so many copies left, and this rank.

        Runtime: O(1) for fewer copies at the same rank, or an item after all others;
        else O(log m) amortised for m items that came back or were added in the middle.
        """
        try:
            run = self._run[position]
        except IndexError:
            self._reach(position)
            run = None
        if run is not None:
            if left > 0 and self._rank[position] == rank:
                return
            self._run[position] = None
            run.alive[self._slot[position]] = 0
            run.count -= 1
            if run.count < 1:
                self._left(run, position)
        if left > 0:
            self._rank[position] = rank
            self._enter(position)

    def had(self, assignee: AssigneeId, position: int) -> None:
        """Never again offer her this item.

        Runtime: O(h) for h people who have had it.
        """
        try:
            who = self._had[position]
        except IndexError:
            self._reach(position)
            who = NOBODY
        if assignee not in who:
            try:
                self._had[position] = who + self._alone[assignee]
            except KeyError:
                self._alone[assignee] = (assignee,)
                self._had[position] = who + self._alone[assignee]

    def forgot(self, assignee: AssigneeId, position: int) -> None:
        """Let her have it again: her placement was wiped.

        Runtime: O(h) for h people who have had it, and as for `put` where a cursor has passed it.
        """
        if position >= len(self._had) or assignee not in self._had[position]:
            return
        self._had[position] = tuple(other for other in self._had[position] if other != assignee)
        run = self._run[position]
        if run is not None and run.cursors.get(assignee, 0) > self._slot[position]:
            rank = self._rank[position]
            self.put(position, 0, rank)
            self.put(position, 1, rank)

    def extend(self, rows: Iterable[tuple[int, int, int]]) -> None:
        """Put many items: rows of position, rank, left; the last row of a position counts.

        Runtime: O(m log m) for m rows, O(m) when they are in order.
        """
        latest = {position: (rank, left) for position, rank, left in rows}
        self._reach(max(latest, default=-1))
        entering = []
        for position, (rank, left) in latest.items():
            if self._run[position] is not None:
                if left > 0 and self._rank[position] == rank:
                    continue
                self.put(position, 0, rank)
            if left > 0:
                self._rank[position] = rank
                entering.append(position)
        if len(entering) <= MOST_BESIDE:
            for position in entering:
                self._enter(position)
            return
        self._sort(entering)
        if self._key(entering[0]) > self._runs[0].last:
            self._append(self._runs[0], entering)
        else:
            self._swallow(entering)

    def _key(self, position: int) -> Key:
        return self._rank[position], position

    def _sort(self, positions: list[int]) -> None:
        positions.sort()
        positions.sort(key=self._rank.__getitem__)

    def _reach(self, position: int) -> None:
        """Have a place in the lists for a position."""
        more = position + 1 - len(self._run)
        self._run += [None] * more
        self._slot += [0] * more
        self._rank += [0] * more
        self._had += [NOBODY] * more

    def _from(self, slot: int, run: Run, assignee: AssigneeId, n: int) -> list[int]:
        """Give the first *n* of a run from a slot on."""
        order, alive, had = run.order, run.alive, self._had
        found: list[int] = []
        while True:
            end = slot + n
            living, some = alive[slot:end], order[slot:end]
            here = compress(some, living) if 0 in living else some
            found += [position for position in here if assignee not in had[position]]
            if len(found) >= n or (slot := alive.find(1, end)) < 0:
                return found[:n]

    def _merged(self, found: list[int], assignee: AssigneeId, n: int) -> list[int]:
        """Give the first *n* of those found in runs and those beside them."""
        had = self._had
        found += islice((position for _, position in self._beside if assignee not in had[position]), n)
        self._sort(found)
        return found[:n]

    def _enter(self, position: int) -> None:
        """Let an item in that is nowhere; its rank is known."""
        key = self._key(position)
        if key > self._runs[0].last:
            self._append(self._runs[0], [position])
            return
        insort(self._beside, key)
        self._run[position] = self._nowhere
        self._slot[position] = 0
        if len(self._beside) > MOST_BESIDE:
            waiting = [position for _, position in self._beside]
            self._beside.clear()
            self._swallow(waiting)

    def _left(self, run: Run, position: int) -> None:
        """See to what is empty after an item has left it."""
        if run is self._nowhere:
            run.count = 0
            del self._beside[bisect_left(self._beside, self._key(position))]
        elif len(self._runs) > 1:
            self._runs.remove(run)

    def _append(self, run: Run, positions: list[int]) -> None:
        """Let items into a run that come after all it has ever held, in order."""
        for slot, position in enumerate(positions, len(run.order)):
            self._slot[position] = slot
            self._run[position] = run
        run.order += positions
        run.alive[-1:] = b"\1" * len(positions) + b"\0"
        run.count += len(positions)
        run.last = self._key(positions[-1])

    def _swallow(self, positions: list[int]) -> None:
        """Make a run of items that are in none, and of runs that are not much longer."""
        kept = []
        for run in sorted(self._runs, key=LENGTH):
            if run.count <= SWALLOWED * len(positions):
                positions += compress(run.order, run.alive)
            else:
                kept.append(run)
        self._sort(positions)
        new = Run()
        self._append(new, positions)
        self._runs = sorted([*kept, new], key=LENGTH, reverse=True)

    def check(self) -> None:
        """Look at everything that must always be so; for tests.

        Runtime: O(n a) for n items and a assignees.

        Raises:
            AssertionError: something is not so.
        """
        claims = [*self._claims(), *(claim for run in self._runs for claim in self._claims_of(run))]
        if broken := [claim for claim, holds in claims if not holds]:
            raise AssertionError("; ".join(broken))

    def _claims(self) -> Iterator[tuple[str, bool]]:
        """Say what must be so of the line, and whether it is."""
        waiting = [position for _, position in self._beside]
        lists = (self._run, self._slot, self._rank, self._had)
        yield "all lists are as long", len({len(some) for some in lists}) == 1
        yield "whoever waits is sorted", all(one < other for one, other in pairwise(self._beside))
        yield "few wait", len(waiting) <= MOST_BESIDE
        yield "a key is rank and position", self._beside == [self._key(position) for position in waiting]
        yield "whoever waits is nowhere else", all(self._run[at] is self._nowhere for at in waiting)
        yield (
            "nowhere is empty",
            not (self._nowhere.count or self._nowhere.cursors or any(self._nowhere.alive)),
        )
        yield "whoever is alive is somewhere", len(self) == sum(run is not None for run in self._run)
        yield "where there are runs none is empty", len(self._runs) == 1 or all(map(LENGTH, self._runs))
        yield "nobody has had an item twice", all(len(set(who)) == len(who) for who in self._had)

    def _claims_of(self, run: Run) -> Iterator[tuple[str, bool]]:
        """Say what must be so of a run, and whether it is."""
        slots = list(compress(range(len(run.order)), run.alive))
        keys = [self._key(run.order[slot]) for slot in slots]
        yield "a run ends with a dead byte", len(run.alive) == len(run.order) + 1 and not run.alive[-1]
        yield "a run is counted", run.count == len(slots)
        yield "a run is sorted", all(one < other for one, other in pairwise([*keys, (math.inf, 0)]))
        yield "nothing comes after the last", not keys or keys[-1] <= run.last
        yield (
            "an item is found where it stands",
            all(self._run[run.order[at]] is run and self._slot[run.order[at]] == at for at in slots),
        )
        yield (
            "nothing is left before a cursor",
            all(
                assignee in self._had[run.order[slot]]
                for assignee, cursor in run.cursors.items()
                for slot in slots
                if slot < cursor
            ),
        )
