"""How a pull grows with the task: ten thousand items or ten million, fresh or half done.

Holds: the tasks, their rounds, the ratio to the smallest.
Does not hold: other systems, other clients (see pull).

One client, one process; every size has a round in turn, and in both states. Half done
means that half of the items were pulled and completed by many threads before: a finished
prefix must cost nothing. Opening is timed apart: what a new process does before its first
batch. Where syncs take milliseconds they hide what grows: look at their time first.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import count
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any, TypeAlias

from benchmarks.durability import sync_ms
from benchmarks.queues import BATCH, SYSTEMS, Queue, Taken
from benchmarks.report import Target, markdown, power, significant, verdicts
from benchmarks.rounds import ratio, short

Key: TypeAlias = tuple[str, int]
"""State and size."""
Times: TypeAlias = tuple[float, float, float]
"""Seconds of the first pull, of pulls, of finishes."""

SIZES = (10**4, 10**5, 10**6)
LARGE = 10**7
ROUNDS = 11
CALLS = 20
"""Cycles of a round: few enough that the smallest task lasts."""
DRAINERS = 32
AT_MOST = 1.5


def run(
    *,
    sizes: Sequence[int] = SIZES,
    rounds: int = ROUNDS,
    calls: int = CALLS,
    folder: Path | None = None,
    tell: Callable[[str], None] = lambda _: None,
) -> dict[str, Any]:
    """Time pulls and finishes in tasks of all sizes."""
    with tempfile.TemporaryDirectory(dir=folder) as temporary:
        tasks = {}
        for n in sizes:
            fresh = tasks["fresh", n] = Path(temporary) / f"{n}"
            half = tasks["half done", n] = Path(temporary) / f"{n}-half"
            prepare(fresh, half, n, tell)
        syncs: list[float] = []
        kept: dict[Key, list[Times]] = {key: [] for key in tasks}
        keys = list(tasks)
        for number in range(rounds + 1):
            turn = number % len(keys)
            syncs.append(sync_ms(Path(temporary)))
            for key in keys[turn:] + keys[:turn]:
                got = one_round(tasks[key], calls)
                if number:
                    kept[key].append(got)
    rows = [_row(key, samples) for key, samples in kept.items()]
    return {"rounds": rounds, "calls": calls, "sync_ms": syncs, "rows": rows}


def prepare(fresh: Path, half: Path, n: int, tell: Callable[[str], None]) -> None:
    """Create a task, and a copy of it of which half is done."""
    fresh.mkdir()
    created = seconds_of(partial(fill, fresh, n))
    shutil.copytree(fresh, half)
    drained = seconds_of(partial(drain, half, n // 2))
    tell(f"{power(n)} items: created in {significant(created)} s, half done in {significant(drained)} s")


def fill(folder: Path, n: int) -> None:
    """Create a task."""
    SYSTEMS["ours"].fill(folder, (f"item-{i:08}" for i in range(n)))


def seconds_of(call: Callable[[], object]) -> float:
    """Time a call."""
    begin = perf_counter()
    call()
    return perf_counter() - begin


def _row(key: Key, samples: Sequence[Times]) -> dict[str, Any]:
    state, n = key
    names = ("first_ms", "pull_ms", "finish_ms")
    columns = zip(names, zip(*samples, strict=True), strict=True)
    return {"state": state, "n": n} | {name: [short(s * 1000) for s in some] for name, some in columns}


def one_round(folder: Path, calls: int) -> Times:
    """Give the seconds of opening with a first pull, and the medians of pulls and finishes after it."""
    begin = perf_counter()
    queue = SYSTEMS["ours"].open(folder)
    try:
        taken: list[Taken] = []
        queue.claim(0, taken)
        first = perf_counter() - begin
        queue.finish(0, taken)
        times = [_cycle(queue) for _ in range(calls)]
    finally:
        queue.close()
    pulls, finishes = zip(*times, strict=True)
    return first, median(pulls), median(finishes)


def _cycle(queue: Queue) -> tuple[float, float]:
    taken: list[Taken] = []
    begin = perf_counter()
    queue.claim(0, taken)
    claimed = perf_counter()
    queue.finish(0, taken)
    return claimed - begin, perf_counter() - claimed


def drain(folder: Path, n: int) -> None:
    """Pull and complete *n* items, with as many threads as commit well together."""
    queue = SYSTEMS["ours"].open(folder)
    turns = count()

    def work(client: int) -> None:
        # next() of a count is one step of the interpreter: threads share it without a lock.
        while next(turns) < n // BATCH:
            taken: list[Taken] = []
            queue.claim(client, taken)
            queue.finish(client, taken)

    try:
        with ThreadPoolExecutor(DRAINERS) as pool:
            list(pool.map(work, range(DRAINERS)))
    finally:
        queue.close()


def _ratio(rows: Sequence[Mapping[str, Any]], row: Mapping[str, Any], what: str) -> float:
    """Compare inside each round with the smallest fresh task."""
    base = min((other for other in rows if other["state"] == "fresh"), key=lambda other: other["n"])
    return ratio(row[what], base[what])


def targets(found: Mapping[str, Any]) -> list[Target]:
    """Set the ratios beside what DESIGN section 8 wants."""
    rows = found["rows"]
    smallest = power(min(row["n"] for row in rows))
    return [
        Target(
            f"{name} at {power(row['n'])}, {row['state']}, times {smallest}, fresh",
            _ratio(rows, row, what),
            most=AT_MOST,
        )
        for row in rows
        if (row["state"], power(row["n"])) != ("fresh", smallest)
        for what, name in (("pull_ms", "a pull"), ("finish_ms", "a finish"))
    ]


def report(found: Mapping[str, Any]) -> str:
    """Show medians and ratios."""
    rows = found["rows"]
    header = (
        "state",
        "items",
        "pull ms",
        "finish ms",
        "pull ratio",
        "finish ratio",
        "open and first pull ms",
    )
    lines = [
        (
            row["state"],
            power(row["n"]),
            significant(median(row["pull_ms"])),
            significant(median(row["finish_ms"])),
            significant(_ratio(rows, row, "pull_ms")),
            significant(_ratio(rows, row, "finish_ms")),
            significant(median(row["first_ms"])),
        )
        for row in rows
    ]
    sync = significant(median(found["sync_ms"]))
    words = f"Median of {found['rounds']} rounds of {found['calls']} cycles; a sync of 4 KiB takes {sync} ms."
    return "\n\n".join([words, markdown(header, lines), verdicts(targets(found))])
