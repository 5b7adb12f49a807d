"""The static split: time, memory and exactness, ours beside what people would use.

Holds: the runs over sizes and teams, the ratios that were promised, their tables.
Does not hold: the methods (see splitting), the loop (see rounds).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from statistics import median
from typing import Any, TypeAlias

from benchmarks.report import Target, bytes_text, markdown, power, significant, verdicts
from benchmarks.rounds import Case, interleave, ratio, short, spread

Row: TypeAlias = dict[str, Any]
"""One method in one cell, as it is kept in a file."""
Cell: TypeAlias = dict[str, Any]
"""One size and team, as it is kept in a file."""

ROUNDS = {10**4: 51, 10**6: 21, 10**7: 9, 10**8: 7}
"""Fewer where a round takes minutes."""
LARGE = 10**8
TEAMS = (2, 10, 1000)
MEASURABLE = 10**6
"""Items from which on the memory of a result stands out from that of the process."""


def run(*, large: bool, rounds: int | None, tell: Callable[[str], None]) -> dict[str, Any]:
    """Measure every size and team, then what needs no labels."""
    from benchmarks.lookups import single, streamed

    cells = []
    for n, enough in ROUNDS.items():
        if n < LARGE or large:
            for assignees in TEAMS:
                tell(f"{power(n)} items, {assignees} people")
                cells.append(measure(n, assignees, rounds or enough))
    tell("single look-ups")
    found: dict[str, Any] = {"cells": cells, "lookups": single(rounds or ROUNDS[10**4])}
    if large:
        tell("10^9 items through one buffer")
        found["stream"] = streamed(rounds or 5)
    return found


def measure(n: int, assignees: int, rounds: int, *, memory: bool | None = None) -> Cell:
    """Time all methods that take this size in the same rounds, then weigh each on its own."""
    from benchmarks.memory import in_fresh_process
    from benchmarks.splitting import LIMITS, METHODS, Setting

    setting = Setting(n, assignees)
    methods = {key: method for key, method in METHODS.items() if method.takes(n, assignees)}
    cases: dict[str, Case] = {}
    for key, method in (methods | LIMITS).items():
        method.ready(setting)
        cases[key] = partial(method.run, setting)
    errors: dict[str, float] = {}

    def look(key: str, result: object) -> None:
        if key in methods:
            errors[key] = setting.error(methods[key].count(result, setting))

    samples = interleave(cases, rounds, look=look)
    rows = [
        Row(
            key=key,
            name=method.name,
            peer=method.peer,
            exact=method.exact and errors[key] < 1,
            quota_error=short(errors[key]),
            seconds=samples[key],
        )
        for key, method in methods.items()
    ]
    if n >= MEASURABLE if memory is None else memory:
        for row in rows:
            row["peak_bytes"] = in_fresh_process(row["key"], n, assignees)
    limits = [Row(key=key, name=method.name, seconds=samples[key]) for key, method in LIMITS.items()]
    return {"n": n, "assignees": assignees, "rounds": rounds, "methods": rows, "limits": limits}


def row_of(cell: Cell, key: str) -> Row | None:
    """Find a method in a cell."""
    return next((row for row in [*cell["methods"], *cell["limits"]] if row["key"] == key), None)


def best_exact_peer(cell: Cell) -> Row:
    """Find the peer that was fastest of those that keep to the quotas."""
    exact = [row for row in cell["methods"] if row["peer"] and row["exact"]]
    return min(exact, key=lambda row: median(row["seconds"]))


def times(cell: Cell, peer: Row | None, key: str) -> float | None:
    """Say how many times faster one of ours is than a peer, round by round."""
    own = row_of(cell, key)
    return ratio(peer["seconds"], own["seconds"]) if peer and own else None


def nanoseconds(cell: Cell, row: Row | None) -> str:
    """Write the time an item takes."""
    return significant(median(row["seconds"]) / cell["n"] * 1e9) if row else "-"


def targets(found: Mapping[str, Any]) -> list[Target]:
    """Set what was measured beside what DESIGN section 7 wants, where there are figures."""
    wanted: list[Target] = []
    for cell in found["cells"]:
        n, ten = cell["n"], cell["assignees"] == 10
        peer = best_exact_peer(cell)
        goals: list[tuple[str, Row | None, str, dict[int, float]]] = [
            ("pure Python", peer, "ours", {10**6: 2, 10**7: 10}),
            ("pure Python", row_of(cell, "list_shuffle"), "ours", {10**6: 100}),
            ("into NumPy", peer, "ours_numpy", {10**6: 4, 10**7: 20, 10**8: 60}),
        ]
        for what, against, key, least in goals:
            measured = times(cell, against, key)
            if ten and n in least and against and measured:
                title = f"{what}, {power(n)}, times faster than {against['name']}"
                wanted.append(Target(title, measured, least=least[n]))
        if ten and n == LARGE:
            warm, copy = row_of(cell, "ours_warm"), row_of(cell, "memcpy")
            if warm and copy:
                title = f"plan and buffer there, {power(n)}, times a memcpy"
                wanted.append(Target(title, ratio(warm["seconds"], copy["seconds"]), most=3))
    for row in found["lookups"]:
        wanted.append(
            Target(f"one look-up, {power(row['n'])}, microseconds", row["assignee_at_us"], most=1.2)
        )
        wanted.append(Target(f"plan of ten names, {power(row['n'])}, bytes", row["plan_bytes"], most=1023))
    if stream := found.get("stream"):
        wanted.append(Target("10^9 items through one buffer, seconds", median(stream["seconds"]), most=10))
        wanted.append(
            Target("10^9 items through one buffer, peak MiB", stream["peak_bytes"] / 2**20, most=16)
        )
    return wanted


def full_table(cells: Sequence[Cell]) -> str:
    """Show every method of every cell."""
    rows = []
    for cell in cells:
        peer = best_exact_peer(cell)
        for row in [*cell["methods"], *cell["limits"]]:
            low, high = (significant(s / cell["n"] * 1e9) for s in spread(row["seconds"]))
            error = row.get("quota_error")
            rows.append(
                (
                    power(cell["n"]),
                    cell["assignees"],
                    row["name"],
                    nanoseconds(cell, row),
                    f"{low}-{high}",
                    significant(ratio(peer["seconds"], row["seconds"])),
                    bytes_text(row.get("peak_bytes"), cell["n"]),
                    "-" if error is None else significant(error),
                    {None: "-", True: "yes", False: "no"}[row.get("exact")],
                )
            )
    header = (
        "items", "people", "method", "ns per item", "quarters", "times the speed of the best exact peer",
        "peak bytes per item", "largest quota error", "exact",
    )  # fmt: skip
    return markdown(header, rows)


def compact_table(cells: Sequence[Cell]) -> str:
    """Show what fits a README: ours, the best exact peer, list shuffle."""
    rows = []
    for cell in cells:
        peer = best_exact_peer(cell)
        faster = [times(cell, peer, key) for key in ("ours", "ours_numpy")]
        errors = [row["quota_error"] for row in cell["methods"] if row["key"] in {"ours", "ours_numpy"}]
        rows.append(
            (
                power(cell["n"]),
                cell["assignees"],
                nanoseconds(cell, row_of(cell, "ours")),
                nanoseconds(cell, row_of(cell, "ours_numpy")),
                f"{nanoseconds(cell, peer)} ({peer['name']})",
                nanoseconds(cell, row_of(cell, "list_shuffle")),
                " / ".join(f"{significant(x)}x" if x else "-" for x in faster),
                significant(max(errors)),
            )
        )
    header = (
        "items", "people", "ours, pure Python", "ours, into NumPy", "best exact peer", "list shuffle",
        "times faster than the peer", "largest quota error",
    )  # fmt: skip
    return markdown(header, rows)


def report(found: Mapping[str, Any]) -> str:
    """Write everything there is to say about a run."""
    parts = [full_table(found["cells"])]
    lookups = [(power(r["n"]), significant(r["assignee_at_us"]), r["plan_bytes"]) for r in found["lookups"]]
    parts.append(markdown(("items", "one assignee_at, us", "plan of ten names, bytes"), lookups))
    if stream := found.get("stream"):
        took, peak = significant(median(stream["seconds"])), stream["peak_bytes"] / 2**20
        parts.append(f"10^9 items through one buffer of 1 MiB: {took} s, peak {peak:.1f} MiB")
    return "\n\n".join([*parts, verdicts(targets(found))])
