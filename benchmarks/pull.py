"""Pulling ten items and finishing them, beside queues on SQLite that people would use.

Holds: cases, their run, targets, tables.
Does not hold: queues (see queues), clients (see clients), how durability is read (see
durability).

A cycle is one claim of ten items and their finish. Every run begins with a copy of a
file that was filled once; in a round every system runs once, in rotating order. The loop
is closed: nobody thinks, unless `--think` is given. Ids that clients claimed are
compared at the end, so that an item handed out twice is seen, whoever handed it out.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks import clients
from benchmarks.durability import noted_connections, probe, settings, sync_ms
from benchmarks.queues import BATCH, PEERS, SYSTEMS
from benchmarks.report import Target, markdown, significant, verdicts
from benchmarks.rounds import ratio, spread

Tell = Callable[[str], None]
Cell = Mapping[str, Any]

ROUNDS = 5
SECONDS = 3.0
THINK = 0.5
THINK_SECONDS = 10.0
IN_THREADS = 4
"""How many times faster than processes threads may be, by group commit."""
TIMES = {"huey": 3, "persist-queue": 10, "litequeue": 100}
"""How many times faster than each peer ours is to be."""


@dataclass(frozen=True, slots=True)
class Case:
    """How many clients, and which systems they use."""

    processes: int
    threads: int
    systems: tuple[str, ...]
    think: float = 0.0

    @property
    def clients(self) -> int:
        """All of them."""
        return self.processes * self.threads

    @property
    def title(self) -> str:
        """Say how many of what."""
        if self.threads > 1:
            return f"{self.threads} threads"
        return f"{self.processes} process{'es' if self.processes > 1 else ''}"


ALL = ("ours", "ours-turn", *PEERS)
SATURATED = (*(Case(n, 1, ALL) for n in (1, 8, 32, 64)), Case(1, 32, ("ours", "ours-ungrouped")))
THINKING = (Case(64, 1, ALL, think=THINK), Case(1, 64, ("ours", "ours-ungrouped"), think=THINK))


def chosen(cases: Iterable[Case], systems: Container[str], counts: Container[int]) -> tuple[Case, ...]:
    """Leave out what is not among the systems and not among the numbers of clients."""
    fewer = (replace(c, systems=tuple(key for key in c.systems if key in systems)) for c in cases)
    return tuple(case for case in fewer if case.systems and case.clients in counts)


class Shelf:
    """Filled files, and copies of them to work on."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @contextmanager
    def copy(self, key: str, n: int) -> Iterator[Path]:
        """Lend a fresh copy of *n* items, on disk before anybody works with it."""
        system = SYSTEMS[key]
        filled = self.folder / f"{system.package}-{n}"
        if not filled.exists():
            filled.mkdir()
            system.fill(filled, (f"item-{i:08}" for i in range(n)))
        lent = self.folder / "lent"
        shutil.copytree(filled, lent)
        for path in lent.iterdir():
            with path.open("rb") as file:
                os.fsync(file.fileno())
        try:
            yield lent
        finally:
            shutil.rmtree(lent)


def stock(key: str, case: Case, seconds: float) -> int:
    """Give the number of items that will do: more than could be claimed in that time."""
    system = SYSTEMS[key]
    if case.think:
        pace = 2 * case.clients / case.think
    else:
        pace = system.pace * (IN_THREADS if case.threads > 1 else 1)
    return max(system.least, int(pace * seconds) * BATCH, 2 * BATCH * case.clients)


def run(
    *,
    cases: Sequence[Case] = SATURATED,
    rounds: int = ROUNDS,
    seconds: float = SECONDS,
    items: int | None = None,
    folder: Path | None = None,
    tell: Tell = lambda _: None,
) -> dict[str, Any]:
    """Run all cases; *items* is how many each file begins with, instead of enough."""
    with tempfile.TemporaryDirectory(dir=folder) as temporary:
        shelf = Shelf(Path(temporary))
        found: dict[str, Any] = {"rounds": rounds, "seconds": seconds, "batch": BATCH}
        used = dict.fromkeys(key for case in cases for key in case.systems)
        found["systems"] = {key: _facts(shelf, key) for key in used}
        found["cells"] = []
        for case in cases:
            stocks = {key: items or stock(key, case, seconds) for key in case.systems}
            found["cells"].append(measure(shelf, case, stocks, rounds=rounds, seconds=seconds, tell=tell))
        return found


def _facts(shelf: Shelf, key: str) -> dict[str, object]:
    """Look at one claim and one finish."""
    system = SYSTEMS[key]
    with shelf.copy(key, 10 * BATCH) as folder, noted_connections() as made:
        queue = system.open(folder)
        try:
            counted = probe(queue, folder)
            durability = settings(made)
        finally:
            queue.close()
    return {"version": version(system.package), "durability": durability} | counted


def measure(
    shelf: Shelf, case: Case, items: Mapping[str, int], *, rounds: int, seconds: float, tell: Tell
) -> dict[str, Any]:
    """Run a case, every system once a round."""
    names = list(items)
    runs: dict[str, list[dict[str, Any]]] = {name: [] for name in names}
    for number in range(rounds):
        turn = number % len(names)
        for name in names[turn:] + names[:turn]:
            with shelf.copy(name, items[name]) as folder:
                job = clients.Job(name, folder, case.processes, case.threads, seconds, case.think)
                got = {"sync_ms": sync_ms(shelf.folder)} | clients.summary(clients.run(job))
            runs[name].append(got)
            rate = significant(got["cycles_a_second"])
            tell(
                f"{case.title}, round {number + 1}, {SYSTEMS[name].name}: {rate} cycles/s {got['errors'] or ''}"
            )
    return {
        "processes": case.processes,
        "threads": case.threads,
        "think": case.think,
        "title": case.title,
        "systems": {name: {"items": items[name], "runs": runs[name]} for name in names},
    }


def middle(cell: Cell, key: str, what: str) -> float:
    """Give the median over rounds."""
    return float(median(_all(cell, key, what)))


def _all(cell: Cell, key: str, what: str) -> list[Any]:
    return [run[what] for run in cell["systems"][key]["runs"]]


def targets(found: Mapping[str, Any]) -> list[Target]:
    """Set the figures beside what DESIGN section 8 wants."""
    return [target for cell in found["cells"] if "ours" in cell["systems"] for target in _targets(cell)]


def _targets(cell: Cell) -> Iterator[Target]:
    title = cell["title"]
    yield Target(f"{title}: items handed out twice", sum(_all(cell, "ours", "twice")), most=0)
    if cell["think"]:
        yield Target(f"{title} that think: claim p99, ms", middle(cell, "ours", "claim_p99_ms"), most=20)
        return
    if cell["processes"] in {8, 32}:
        for peer, times in TIMES.items():
            yield from _times(cell, peer, times)
            yield from _times(cell, peer, times, us="ours-turn")
    if "ours-ungrouped" in cell["systems"]:
        yield from _times(cell, "ours-ungrouped", 2)
    if cell["processes"] * cell["threads"] > 1:
        yield Target(f"{title}: cycles of the slowest client over the fastest", _fairness(cell), least=0.5)
    if cell["processes"] == 64:
        yield Target(f"{title}: worst wait, s", max(_all(cell, "ours", "worst_ms")) / 1000, most=1)
        yield Target(f"{title}: errors", _errors(cell, "ours").total(), most=0)


def _times(cell: Cell, other: str, least: float, us: str = "ours") -> Iterator[Target]:
    """Compare inside each round; a peer that never finished a cycle is in the table, and no figure.

    Where a peer handed out items twice, its cycles count as they are, and again by the
    items that were new to everybody: what somebody else has done already is no work.
    """
    theirs = _all(cell, other, "cycles_a_second") if other in cell["systems"] else [0]
    if all(theirs) and us in cell["systems"]:
        ours = _all(cell, us, "cycles_a_second")
        title = f"{cell['title']}: {SYSTEMS[us].name} over {SYSTEMS[other].name}"
        yield Target(title, ratio(ours, theirs), least=least)
        runs = cell["systems"][other]["runs"]
        new = [run["cycles_a_second"] * (1 - run["twice"] / (run["claimed"] or 1)) for run in runs]
        if new != theirs:
            yield Target(f"{title}, each item counted once", ratio(ours, new), least=least)


def _fairness(cell: Cell) -> float:
    least, most = (_all(cell, "ours", what) for what in ("least_cycles", "most_cycles"))
    return float(median(low / (high or 1) for low, high in zip(least, most, strict=True)))


def _errors(cell: Cell, key: str) -> Counter[str]:
    found: Counter[str] = Counter()
    for errors in _all(cell, key, "errors"):
        found.update(errors)
    return found


def table(cells: Iterable[Cell]) -> str:
    """Write a line for each system in each case: medians, the worst of all waits, sums of what went wrong."""
    header = (
        *(
            "clients",
            "system",
            "items",
            "sync ms",
            "cycles/s",
            "quarters",
            "claim p50 ms",
            "p99",
            "worst wait",
        ),
        *("least-most served", "handed out twice", "errors"),
    )
    return markdown(header, (_row(cell, key) for cell in cells for key in cell["systems"]))


def _row(cell: Cell, key: str) -> tuple[str, ...]:
    errors = ", ".join(f"{count} x {kind}" for kind, count in _errors(cell, key).most_common(3))
    quarters = "-".join(significant(rate) for rate in spread(_all(cell, key, "cycles_a_second")))
    return (
        cell["title"],
        SYSTEMS[key].name,
        str(cell["systems"][key]["items"]),
        significant(middle(cell, key, "sync_ms")),
        significant(middle(cell, key, "cycles_a_second")),
        quarters,
        significant(middle(cell, key, "claim_p50_ms")),
        significant(middle(cell, key, "claim_p99_ms")),
        significant(max(_all(cell, key, "worst_ms"))),
        f"{middle(cell, key, 'least_cycles'):g}-{middle(cell, key, 'most_cycles'):g}",
        f"{sum(_all(cell, key, 'twice'))} of {sum(_all(cell, key, 'claimed'))}",
        errors or "none",
    )


def durability_table(facts: Mapping[str, Mapping[str, Any]]) -> str:
    """Write what each system does for durability, and what it promises."""
    rows = [
        (
            f"{SYSTEMS[key].name} {fact['version']}",
            ", ".join(fact["durability"]),
            f"{fact['claim_commits']} + {fact['finish_commits']}",
            SYSTEMS[key].options,
            SYSTEMS[key].promise,
        )
        for key, fact in facts.items()
    ]
    return markdown(("system", "journal, synchronous", "commits", "option used", "what it promises"), rows)


def report(found: Mapping[str, Any]) -> str:
    """Show all of it."""
    words = (
        f"{found['rounds']} rounds of {significant(found['seconds'])} s. Journal and synchronous are what"
        f" live connections answer; commits are those of one claim and of one finish of {found['batch']} items,"
        " counted in the log; sync is that of 4 KiB just before a run."
    )
    parts = [words, durability_table(found["systems"]), table(found["cells"])]
    aims = targets(found)
    return "\n\n".join([*parts, verdicts(aims)] if aims else parts)
