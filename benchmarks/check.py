"""A look at every case at tiny sizes: it runs, and says nothing absurd.

Holds: the check that CI calls. Does not hold: any opinion on speed: a shared machine
that has a bad minute must not turn a build red.
"""

from __future__ import annotations

import json
import math
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TypeAlias

from benchmarks import apportioning, choosing, create, importing, machine, matching, report

Problems: TypeAlias = Iterator[str]

MOST_BYTES = 4096
"""For each of a few thousand items: beyond it a measurement of memory is broken."""


def check(tell: Callable[[str], None]) -> list[str]:
    """Run everything small; give what is wrong, in sentences."""
    problems: list[str] = []
    parts: dict[str, Callable[[], Problems]] = {
        "split": _split,
        "look-ups": _lookups,
        "overlap": _overlap,
        "create": _create,
        "pull": _pull,
        "growth": _growth,
        "import": _import,
        "apportion": _apportion,
        "choose": _choose,
        "match": _match,
        "machine": _machine,
    }
    for name, part in parts.items():
        found = [f"{name}: {problem}" for problem in part()]
        tell(f"{name}: {'; '.join(found) or 'fine'}")
        problems += found
    return problems


def _times(where: str, seconds: Mapping[str, list[float]], rounds: int) -> Problems:
    """Every case has a time for each round, and it is one."""
    for key, samples in seconds.items():
        if len(samples) != rounds or not all(math.isfinite(s) and 0 < s < 60 for s in samples):
            yield f"{where}: times of {key} must be {rounds} positive numbers below a minute, got {samples}"


def _split() -> Problems:
    """All methods, all kinds of labels, with memory once."""
    from benchmarks import split
    from benchmarks.splitting import METHODS

    cells = [split.measure(n, v, 2, memory=False) for n, v in ((997, 2), (5000, 10), (20_000, 1000))]
    cells.append(split.measure(100_000, 2, 1, memory=False))
    ran = set()
    for cell in cells:
        where = f"{cell['n']} items, {cell['assignees']} people"
        rows = cell["methods"]
        ran |= {row["key"] for row in rows}
        yield from _times(
            where, {row["key"]: row["seconds"] for row in [*rows, *cell["limits"]]}, cell["rounds"]
        )
        for row in rows:
            if METHODS[row["key"]].exact and row["quota_error"] >= 1:
                yield f"{where}: quota error of {row['name']} must be below 1, got {row['quota_error']}"
    if ran != set(METHODS):
        yield f"these methods never ran: {', '.join(sorted(set(METHODS) - ran))}"
    yield from _same_labels()
    yield from _memory()
    for table in (split.compact_table(cells), split.full_table(cells)):
        lines = table.splitlines()
        if len({line.count("|") for line in lines}) != 1 or len(lines) < len(cells) + 2:
            yield f"the table must have a line for each row and equal columns, got {table!r}"


def _same_labels() -> Problems:
    """Whichever way labels are written they are the same."""
    from benchmarks.lookups import stream
    from benchmarks.splitting import Setting, ours, ours_numpy

    for assignees in (10, 1000):
        setting = Setting(100_000, assignees)
        if ours(setting, 5).tolist() != ours_numpy(setting, 5).tolist():
            yield f"labels of {assignees} people must be the same in an array and in NumPy"
    setting = Setting(3_000_000, 10)
    pieces: list[bytes] = []
    stream(setting, each=lambda piece: pieces.append(bytes(piece)))
    if b"".join(pieces) != ours(setting, 1).tobytes():
        yield "a stream must give what labels give at once"


def _memory() -> Problems:
    """A fresh process answers with bytes."""
    from benchmarks.memory import in_fresh_process

    n = 200_000
    for key in ("ours", "numpy_permutation", "stream"):
        peak = in_fresh_process(key, n, 10)
        if not 0 <= peak < MOST_BYTES * n:
            yield f"peak memory of {key} must be from 0 to {MOST_BYTES} bytes an item, got {peak} bytes"


def _lookups() -> Problems:
    """Few hundred bytes and some microseconds, however many items."""
    from benchmarks import lookups

    for row in lookups.single(2):
        yield from _times(f"{row['n']} items", {"assignee_at": row["seconds"]}, 2)  # type: ignore[dict-item]
        if not 0 < row["plan_bytes"] < 1024:  # type: ignore[operator]
            yield f"a plan of ten names must take less than 1024 bytes, got {row['plan_bytes']}"
    found = lookups.streamed(1, n=3_000_000)
    if found["quota_error"] >= 1:  # type: ignore[operator]
        yield f"quota error of the stream must be below 1, got {found['quota_error']}"


def _overlap() -> Problems:
    """All methods run; ours and the heap are exact, and ours lets every two meet as expected."""
    from benchmarks import overlapping

    found = overlapping.run(sizes=(3000,), rounds=2)
    for cell in found["cells"]:
        where = overlapping.title(cell)
        yield from _times(where, cell["seconds"], 2)
        if set(cell["seconds"]) != set(overlapping.METHODS):
            yield f"{where}: all methods must run, got {sorted(cell['seconds'])}"
        for key in ("ours", "ours_columns", "loop_with_heap"):
            if cell["balance"][key]["off"]:
                yield f"{where}: {key} must give everybody what she is due, got {cell['balance'][key]}"
    yield from _written(overlapping.report(found))


def _create() -> Problems:
    """Both ways leave the same rows."""
    found = create.run(n=500, rounds=2)
    yield from _times("500 items", found["seconds"], 2)
    with tempfile.TemporaryDirectory() as folder:
        bench = create.Bench(Path(folder), 500)
        bench.begin("bare")
        bench.bare(0)
        bench.end(keep=True)
        if create.rows_of(bench.folder / "tasks.db") != bench.rows:
            yield "the bare way must insert the rows ours inserts"
    yield from _written(create.report(found))


def _pull() -> Problems:
    """All systems hand out work to two processes; ours none of it twice."""
    from benchmarks import pull

    cases = (pull.Case(2, 1, pull.ALL), pull.Case(1, 2, ("ours", "ours-ungrouped"), think=0.01))
    found = pull.run(cases=cases, rounds=1, seconds=0.2, items=10_000)
    for cell in found["cells"]:
        for key, system in cell["systems"].items():
            where = f"{cell['title']} of {key}"
            (run,) = system["runs"]
            if not run["cycles_a_second"] > 0:
                yield f"{where}: clients must finish something, got {run}"
            if key.startswith("ours") and (
                run["twice"] or run["errors"] or run["durability"] != ["wal NORMAL"]
            ):
                yield f"{where}: nothing twice, no error, WAL and our own syncs, got {run}"
    yield from _written(pull.report(found))


def _growth() -> Problems:
    """Tasks last until they are half done and beyond."""
    from benchmarks import growth

    found = growth.run(sizes=(500, 1000), rounds=2, calls=3)
    for row in found["rows"]:
        times = {key: row[key] for key in ("first_ms", "pull_ms", "finish_ms")}
        yield from _times(f"{row['n']} items, {row['state']}", times, 2)
    yield from _written(growth.report(found))


def _import() -> Problems:
    found = importing.run(rounds=2)
    yield from _times("two starts", found["seconds"], 2)
    yield from _written(importing.report(found))


def _apportion() -> Problems:
    found = apportioning.run(weights=50, units=1000, rounds=2)
    yield from _times("50 weights", found["seconds"], 2)
    yield from _written(apportioning.report(found))


def _choose() -> Problems:
    """All methods hand out the same, which the run sees to."""
    found = choosing.run(sizes=(200,), rounds=2)
    for cell in found["cells"]:
        yield from _times(choosing.kind(cell), cell["seconds"], 2)
    for day in found["days"]:
        if any(len(day[key]) != 2 or min(map(min, day[key])) <= 0 for key in ("pull", "note")):
            yield f"{choosing.kind(day)}: a day must have times above 0 for each round, got {day}"
    yield from _times("200 items", found["others"]["seconds"], 2)
    yield from _written(choosing.report(found))


def _match() -> Problems:
    """All items are laid out, which the run sees to."""
    found = matching.run(n=2000, rounds=2, cases=2)
    yield from _times("2000 items", found["seconds"], 2)
    yield from _written(matching.report(found))


def _machine() -> Problems:
    """The facts can be written and read."""
    facts = machine.facts()
    if json.loads(report.as_file({"machine": facts, "seconds": [1.5, 2]})) != {
        "machine": facts,
        "seconds": [1.5, 2],
    }:
        yield "results must come back from their file as they were"


def _written(text: str) -> Problems:
    if "nan" in text or "inf " in text:
        yield f"a report must hold no number that is none, got {text!r}"
