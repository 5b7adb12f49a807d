"""Choosing the next item for whoever asks: the line against a heap and a sorted list.

Holds: the peers, the cells, their run.
Does not hold: the loop over rounds (see rounds).

Twenty people pull until nothing is left, in a random order: all alike, or one of them
in 60 of 100 pulls; the latter only until she has had everything. A pull is choosing,
one copy less, and a note of who has had it. What choosing takes by itself is the time
of pulls less that of the same notes without choosing, tenth by tenth of a day: a tenth
is chosen and noted on one line, and right away only noted on another.

Peers hand out the same items to the same people, else the run ends. They are given
positions for keys, which compare faster than ranks. Their pulls are fewer where they
would take hours.
"""

from __future__ import annotations

import random
from array import array
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from heapq import heappop, heappush
from statistics import median
from time import perf_counter
from typing import Any

from sortedcontainers import SortedList

from benchmarks.report import Target, markdown, power, significant, verdicts
from benchmarks.rounds import interleave, ratio, short, spread
from distribution.line import Line

PEOPLE = [f"person-{i:04}@example.org" for i in range(20)]
SIZES = (10**4, 10**6)
ROUNDS = 5
PULLS = 100_000
"""So many in a comparison, and fewer where there are fewer."""
PULLS_SKEWED = 3000
"""So many where the peers look at ever more items in every pull."""
BATCHES = (1, 10)
TENTHS = 10

Pull = Callable[[str], int]
"""Hand out one item; give its position."""


def ours(n: int, copies: int) -> Pull:
    """Pull from a line."""
    line, left = Line(), [copies] * n
    line.extend((position, 0, copies) for position in range(n))
    fresh, put, had = line.fresh, line.put, line.had

    def pull(assignee: str) -> int:
        (position,) = fresh(assignee, 1)
        left[position] -= 1
        put(position, left[position], 0)
        had(assignee, position)
        return position

    return pull


def heap(n: int, copies: int) -> Pull:
    """Pop until she has not had it; push back what she has."""
    items, left = list(range(n)), [copies] * n
    seen: defaultdict[str, set[int]] = defaultdict(set)

    def pull(assignee: str) -> int:
        mine, stash = seen[assignee], []
        while (position := heappop(items)) in mine:
            stash.append(position)
        mine.add(position)
        left[position] -= 1
        if left[position]:
            stash.append(position)
        for one in stash:
            heappush(items, one)
        return position

    return pull


def sorted_list(n: int, copies: int) -> Pull:
    """Walk from the first until she has not had it."""
    items, left = SortedList(range(n)), [copies] * n
    seen: defaultdict[str, set[int]] = defaultdict(set)

    def pull(assignee: str) -> int:
        mine = seen[assignee]
        position: int = next(item for item in items if item not in mine)
        mine.add(position)
        left[position] -= 1
        if not left[position]:
            items.remove(position)
        return position

    return pull


METHODS: dict[str, tuple[str, Callable[[int, int], Pull]]] = {
    "ours": ("ours", ours),
    "heap": ("heapq, seen sets, stash", heap),
    "sorted_list": ("SortedList, seen sets", sorted_list),
}
"""Key, name, and how to begin; ours first."""


def callers(pulls: int, *, skewed: bool) -> list[str]:
    """Say who asks, one after the other."""
    weights = [(len(PEOPLE) - 1) * 1.5 if skewed and not at else 1 for at in range(len(PEOPLE))]
    return random.Random(1905).choices(PEOPLE, weights, k=pulls)


def compare(n: int, copies: int, rounds: int, *, skewed: bool) -> dict[str, Any]:
    """Let all methods serve the same people.

    Raises:
        ArithmeticError: they do not hand out the same.
    """
    # Nobody may run out of items, which not all peers survive.
    pulls = min(PULLS_SKEWED if skewed and copies > 1 else PULLS, n)
    asking = callers(pulls, skewed=skewed)
    ready: dict[str, Pull] = {}
    handed: dict[str, object] = {}

    def begin(key: str) -> None:
        ready.clear()
        ready[key] = METHODS[key][1](n, copies)

    def serve(key: str, _: int) -> list[int]:
        pull = ready[key]
        return [pull(assignee) for assignee in asking]

    samples = interleave(
        {key: partial(serve, key) for key in METHODS}, rounds, before=begin, look=handed.__setitem__
    )
    if any(positions != handed["ours"] for positions in handed.values()):
        raise ArithmeticError(f"all must hand out the same of {n} items with {copies} copies")
    return {"n": n, "copies": copies, "skewed": skewed, "pulls": pulls, "seconds": samples}


class Day:
    """Pulls of a line from the first to the last, timed in tenths."""

    def __init__(self, n: int, copies: int, batch: int, *, skewed: bool) -> None:
        self.n, self.copies, self.batch = n, copies, batch
        # Whoever asks in 60 of 100 pulls has had all after 100/60 of n.
        items = min(n * copies, n * 16 // 10) if skewed else n * copies
        asking = callers(items // batch // TENTHS * TENTHS, skewed=skewed)
        step = len(asking) // TENTHS
        self.tenths = [asking[at * step : (at + 1) * step] for at in range(TENTHS)]
        self.times: dict[str, list[list[float]]] = {"pull": [], "note": []}
        self.begin("")
        # What is handed out is written down once, to be handed out again without choosing.
        self.handed: list[tuple[list[str], array[int]]] = []
        for part in self.tenths:
            names: list[str] = []
            positions = array("q")
            for assignee in part:
                some = self.pulled.line.fresh(assignee, batch)
                self.pulled.note([assignee] * len(some), some)
                names += [assignee] * len(some)
                positions.extend(some)
            self.handed.append((names, positions))

    def begin(self, _: str) -> None:
        """Fill two lines."""
        self.pulled, self.noted = Book(self.n, self.copies), Book(self.n, self.copies)

    def once(self, number: int) -> None:
        """Take the time of each tenth; round 0 does not count."""
        times: dict[str, list[float]] = {"pull": [], "note": []}
        for part, (names, positions) in zip(self.tenths, self.handed, strict=True):
            begin = perf_counter()
            self.pulled.pull(part, self.batch)
            between = perf_counter()
            self.noted.note(names, positions)
            end = perf_counter()
            times["pull"].append(short((between - begin) / len(positions) * 1e9))
            times["note"].append(short((end - between) / len(positions) * 1e9))
        if number:
            for key, some in times.items():
                self.times[key].append(some)

    def run(self, rounds: int) -> dict[str, list[list[float]]]:
        """Give nanoseconds an item: for each round those of each tenth."""
        interleave({"day": self.once}, rounds, before=self.begin)
        return self.times


class Book:
    """A line, and how many copies are left of each item."""

    def __init__(self, n: int, copies: int) -> None:
        self.line, self.left = Line(), [copies] * n
        self.line.extend((position, 0, copies) for position in range(n))

    def pull(self, asking: Sequence[str], batch: int) -> None:
        """Choose and note."""
        fresh, put, had, left = self.line.fresh, self.line.put, self.line.had, self.left
        for assignee in asking:
            for position in fresh(assignee, batch):
                left[position] = rest = left[position] - 1
                put(position, rest, 0)
                had(assignee, position)

    def note(self, names: Sequence[str], positions: Sequence[int]) -> None:
        """Only note."""
        put, had, left = self.line.put, self.line.had, self.left
        for assignee, position in zip(names, positions, strict=True):
            left[position] = rest = left[position] - 1
            put(position, rest, 0)
            had(assignee, position)


def others(n: int, rounds: int) -> dict[str, list[float]]:
    """Time what happens once: filling a line, and the first pull of who comes last."""
    ranks = random.Random(1905).choices(range(1 << 62), k=n)
    rows = {
        "fill, in order": [(position, 0, 1) for position in range(n)],
        "fill, by hash": [(position, rank, 1) for position, rank in enumerate(ranks)],
    }
    gone = Line()
    gone.extend((position, 0, 1) for position in range(n))
    for position in range(n - 1):
        gone.put(position, 0, 0)
    cases: dict[str, Callable[[int], object]] = {
        name: lambda _, some=some: Line().extend(some)  # type: ignore[misc]
        for name, some in rows.items()
    }
    cases["the first pull of who comes last"] = lambda number: gone.fresh(f"late {number}", 1)
    return interleave(cases, rounds)


def run(*, sizes: Sequence[int] = SIZES, rounds: int = ROUNDS) -> dict[str, Any]:
    """Run all cells."""
    kinds = [(n, copies, skewed) for n in sizes for copies in (1, 3) for skewed in (False, True)]
    return {
        "assignees": len(PEOPLE),
        "rounds": rounds,
        "cells": [compare(n, copies, rounds, skewed=skewed) for n, copies, skewed in kinds],
        "days": [
            {"n": n, "copies": copies, "skewed": skewed, "batch": batch}
            | Day(n, copies, batch, skewed=skewed).run(rounds)
            for n, copies, skewed in kinds
            for batch in BATCHES
        ],
        "others": {"n": max(sizes), "seconds": others(max(sizes), rounds)},
    }


def kind(cell: Mapping[str, Any]) -> str:
    """Name a cell."""
    return f"{'one in 60 %' if cell['skewed'] else 'all alike'}, k={cell['copies']}, {power(cell['n'])}"


def chosen(day: Mapping[str, Any]) -> float:
    """Give nanoseconds to choose an item, without the notes."""
    pairs = [(zip(*both, strict=True)) for both in zip(day["pull"], day["note"], strict=True)]
    return float(median(pull - note for tenths in pairs for pull, note in tenths))


def growth(day: Mapping[str, Any]) -> float:
    """Say how many times longer than the first tenth of pulls the last took."""
    return float(median(times[-1] / times[0] for times in day["pull"]))


def targets(found: Mapping[str, Any]) -> list[Target]:
    """Set what was measured beside what DESIGN section 7 wants."""
    wanted = []
    for day in found["days"]:
        one = day["batch"] == 1
        title = f"{kind(day)}, batch of {day['batch']}"
        wanted.append(Target(f"{title}, choosing an item, ns", chosen(day), most=500 if one else 150))
        wanted.append(Target(f"{title}, last tenth, times the first", growth(day), most=1.5))
    return wanted


def report(found: Mapping[str, Any]) -> str:
    """Show all of it."""
    rows = []
    for cell in found["cells"]:
        for key, (name, _) in METHODS.items():
            seconds = cell["seconds"][key]
            each = [s / cell["pulls"] * 1e9 for s in seconds]
            low, high = map(significant, spread(each))
            times = significant(ratio(seconds, cell["seconds"]["ours"]))
            rows.append((kind(cell), cell["pulls"], name, significant(median(each)), f"{low}-{high}", times))
    compared = markdown(("cell", "pulls", "method", "ns a pull", "quarters", "times ours"), rows)
    days = [
        (
            kind(day),
            day["batch"],
            *(significant(median(times[at] for times in day["pull"])) for at in (0, -1)),
            significant(growth(day)),
            significant(chosen(day)),
        )
        for day in found["days"]
    ]
    header = ("cell", "batch", "ns an item, first tenth", "last tenth", "last / first", "choosing alone")
    once = [
        (name, significant(median(seconds) * 1e3)) for name, seconds in found["others"]["seconds"].items()
    ]
    return "\n\n".join(
        [
            compared,
            markdown(header, days),
            markdown((f"once, {power(found['others']['n'])}", "ms"), once),
            verdicts(targets(found)),
        ]
    )
