"""Items that go to several people: ours, and what people would write instead.

Holds: the methods, the cells, their run.
Does not hold: the loop over rounds (see rounds), people and their loads (see splitting).

Peers are given how many copies everybody is to hold, where they can use it. Those that
draw teams at random give nobody exactly what she is due, and the heap, which does, lets
the same people meet again and again; so beside the time stands how far counts are off,
and how often the rarest and the most frequent pair meet against what is to be expected.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from heapq import heapify, heappop, heappush
from itertools import combinations
from statistics import median
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.report import Target, markdown, power, significant, verdicts
from benchmarks.rounds import interleave, ratio, spread
from benchmarks.splitting import Setting
from distribution import Overlap, Plan, distribute
from distribution.overlap import held
from distribution.teams import expected_pairs

SIZES = (10**4, 10**6)
LARGE = 10**7
KINDS = ((10, 3, 10), (100, 3, 100))
"""People, copies of an overlapped item, percent of the items that overlap."""
ROUNDS = 5
WANTED = 10
"""Times faster than vectorised NumPy: ten people, a tenth of 10^6 items."""
CHUNK = 1 << 16
"""Rows drawn at once, so that NumPy needs no gigabyte."""


class Case(Setting):
    """What is to be shared out, and what methods may have ready."""

    def __init__(self, n: int, assignees: int, k: int, percent: int) -> None:
        super().__init__(n, assignees)
        self.k, self.percent = k, percent
        self.overlap = Overlap(percent=percent, assignees=k)
        self.items = self.overlap.of(n)
        self.due = held(self.workload.shares, n, self.items, k)

    @cached_property
    def singles(self) -> npt.NDArray[Any]:
        """Whoever has the items of one person, in a row."""
        return np.repeat(np.arange(len(self.weights), dtype=self.type), self.due.alone)

    @cached_property
    def expected(self) -> list[list[float]]:
        """How often each two are to meet."""
        return expected_pairs(self.due.overlapped, self.items, self.k)


@dataclass(frozen=True, kw_only=True, slots=True)
class Method:
    """One way to share out."""

    name: str
    run: Callable[[Case, int], Any]
    """From the case and a seed to a plan, or to the people of each overlapped item."""
    peer: bool = True
    most_items: int = 10**8


def ours(case: Case, seed: int) -> Plan:
    """Plan, and a label for each item."""
    plan = distribute(case.n, case.workload, seed=seed, overlap=case.overlap)
    plan.labels()
    return plan


def ours_columns(case: Case, seed: int) -> Plan:
    """Plan, and a column of people for each copy, as the peers give them."""
    plan = distribute(case.n, case.workload, seed=seed, overlap=case.overlap)
    teams = plan.teams or ()
    labels = np.empty(case.n, np.uint16 if len(teams) <= 1 << 16 else np.uint32)
    plan.write_labels(labels)
    for copy in range(case.k):
        # The first again where there is no such copy.
        np.array([team[copy] if copy < len(team) else team[0] for team in teams], case.type)[labels]
    return plan


def numpy_draw(case: Case, seed: int) -> npt.NDArray[Any]:
    """Draw k of all for each item by exponential keys and a partition; shuffle the rest."""
    draw = np.random.default_rng(seed)
    order = draw.permutation(case.n)
    singles = draw.permutation(case.singles)
    each = 1 / np.array(case.weights, np.float32)
    parts = [
        np.argpartition(
            draw.standard_exponential((min(CHUNK, case.items - at), len(each)), np.float32) * each, case.k
        )[:, : case.k].astype(case.type)
        for at in range(0, case.items, CHUNK)
    ]
    owners = np.full((case.n, case.k), len(each), case.type)
    owners[order[: case.items]] = np.concatenate(parts)
    owners[order[case.items :], 0] = singles
    return owners


def loop_of_draws(case: Case, seed: int) -> list[Any]:
    """Draw people for each item until k differ; shuffle the rest."""
    draw = random.Random(seed)
    people, weights, k = range(len(case.weights)), case.weights, case.k
    order = list(range(case.n))
    draw.shuffle(order)
    teams: list[Any] = []
    for _ in range(case.items):
        team = set(draw.choices(people, weights, k=k))
        while len(team) < k:
            team.update(draw.choices(people, weights))
        teams.append(team)
    return teams


def loop_with_heap(case: Case, seed: int) -> list[Any]:
    """Give each item to the k who have most left; shuffle the rest."""
    draw = random.Random(seed)
    order = list(range(case.n))
    draw.shuffle(order)
    heap = [(-count, draw.random(), a) for a, count in enumerate(case.due.overlapped)]
    heapify(heap)
    teams: list[Any] = []
    for _ in range(case.items):
        some = [heappop(heap) for _ in range(case.k)]
        teams.append([a for _, _, a in some])
        for left, tie, a in some:
            heappush(heap, (left + 1, tie, a))
    return teams


METHODS: dict[str, Method] = {
    "ours": Method(name="ours, labels of teams", run=ours, peer=False),
    "ours_columns": Method(name="ours, a NumPy column a copy", run=ours_columns, peer=False),
    "numpy_draw": Method(name="NumPy keys and argpartition", run=numpy_draw),
    "loop_of_draws": Method(name="random draws until k differ", run=loop_of_draws, most_items=10**6),
    "loop_with_heap": Method(name="heap, who has most left", run=loop_with_heap, most_items=10**6),
}
"""By key, ours first."""


def met(found: Any, case: Case) -> tuple[list[int], list[list[int]]]:
    """Count everybody's overlapped items, and those of every two."""
    people = len(case.weights)
    if isinstance(found, Plan):
        teams, counts = found.teams or (), found.split.counts
        rows = [(team, count) for team, count in zip(teams, counts, strict=True) if len(team) > 1]
        copies, pairs = [0] * people, [[0] * people for _ in range(people)]
        for team, count in rows:
            for a in team:
                copies[a] += count
            for a, b in combinations(team, 2):
                pairs[a][b] += count
        return copies, pairs
    if isinstance(found, np.ndarray):
        table = np.sort(found[found[:, -1] < people].astype(np.int64), axis=1)
    else:
        table = np.array([sorted(team) for team in found], np.int64)
    cells = sum(
        np.bincount(table[:, i] * people + table[:, j], minlength=people**2)
        for i, j in combinations(range(case.k), 2)
    )
    return np.bincount(table.ravel(), minlength=people).tolist(), np.reshape(cells, (people, people)).tolist()


def balance(found: Any, case: Case) -> dict[str, float]:
    """Say how far counts are off, and how rare and how frequent pairs are, against what is expected."""
    copies, pairs = met(found, case)
    rates = [
        pairs[a][b] / case.expected[a][b]
        for a, b in combinations(range(len(copies)), 2)
        if case.expected[a][b] >= 1
    ]
    off = max(abs(have - due) for have, due in zip(copies, case.due.overlapped, strict=True))
    return {"off": off, "rarest": min(rates, default=1.0), "most_frequent": max(rates, default=1.0)}


def compare(case: Case, rounds: int) -> dict[str, Any]:
    """Time all methods on one case."""
    found: dict[str, dict[str, float]] = {}
    methods = {key: method for key, method in METHODS.items() if case.n <= method.most_items}
    case.singles  # noqa: B018  # Not timed.
    seconds = interleave(
        {key: partial(method.run, case) for key, method in methods.items()},
        rounds,
        look=lambda key, result: found.update({key: balance(result, case)}),
    )
    return {
        "n": case.n,
        "assignees": len(case.weights),
        "k": case.k,
        "percent": case.percent,
        "seconds": seconds,
        "balance": found,
    }


def run(*, sizes: Sequence[int] = SIZES, rounds: int = ROUNDS) -> dict[str, Any]:
    """Run all cells."""
    cells = [compare(Case(n, *kind), rounds) for n in sizes for kind in KINDS]
    return {"rounds": rounds, "cells": cells}


def title(cell: Mapping[str, Any]) -> str:
    """Name a cell."""
    return f"{power(cell['n'])}, A={cell['assignees']}, k={cell['k']}, {cell['percent']} %"


def targets(found: Mapping[str, Any]) -> list[Target]:
    """Set what was measured beside what DESIGN section 7 wants."""
    return [
        Target(
            f"{title(cell)}, NumPy, times ours",
            ratio(cell["seconds"]["numpy_draw"], cell["seconds"]["ours"]),
            least=WANTED,
        )
        for cell in found["cells"]
        if (cell["n"], cell["assignees"]) == (10**6, 10)
    ]


def report(found: Mapping[str, Any]) -> str:
    """Show times, and what they buy."""
    rows = []
    for cell in found["cells"]:
        for key, seconds in cell["seconds"].items():
            each = [s / cell["n"] * 1e9 for s in seconds]
            low, high = map(significant, spread(each))
            held_ = cell["balance"][key]
            rows.append(
                (
                    title(cell),
                    METHODS[key].name,
                    significant(median(each)),
                    f"{low}-{high}",
                    significant(ratio(seconds, cell["seconds"]["ours"])),
                    significant(held_["off"]),
                    f"{significant(held_['rarest'])}-{significant(held_['most_frequent'])}",
                )
            )
    header = ("cell", "method", "ns an item", "quarters", "times ours", "copies off", "pairs / expected")
    return "\n\n".join(
        part for part in (markdown(header, rows), verdicts(targets(found)) if targets(found) else "") if part
    )
