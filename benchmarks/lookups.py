"""What a plan can do without labels for all: one look-up, a stream, a few hundred bytes.

Holds: the cases and their run.
Does not hold: labels of everything at once (see split).
"""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import partial
from statistics import median
from time import perf_counter

import numpy as np

from benchmarks.memory import in_fresh_process
from benchmarks.rounds import Case, interleave, short
from benchmarks.splitting import Setting
from distribution import Plan, distribute

BUFFER = 1 << 20
"""Bytes of the buffer everything is streamed through."""
SIZES = (10**4, 10**6, 10**9)
LOOKUPS = 2000
STREAMED = 10**9


def look_up(plan: Plan, positions: list[int], _: int = 0) -> None:
    """Ask for one assignee after the other."""
    ask = plan.assignee_at
    for position in positions:
        ask(position)


def single(rounds: int) -> list[dict[str, object]]:
    """Time single look-ups among ten people, the loop around them included."""
    cases: dict[str, Case] = {}
    plans: dict[str, Plan] = {}
    for n in SIZES:
        plan = plans[str(n)] = distribute(n, Setting(1, 10).workload, seed=1)
        positions = random.Random(n).choices(range(n), k=LOOKUPS)
        cases[str(n)] = partial(look_up, plan, positions)
    samples = interleave(cases, rounds)
    return [
        {
            "n": int(n),
            "assignees": 10,
            "assignee_at_us": short(median(seconds) / LOOKUPS * 1e6),
            "seconds": [short(s / LOOKUPS) for s in seconds],
            "plan_bytes": len(plans[n].to_json()),
        }
        for n, seconds in samples.items()
    ]


def stream(setting: Setting, *, each: Callable[[memoryview], object] = len) -> None:
    """Plan, and write all labels through one small buffer; *each* sees every filling."""
    plan = distribute(setting.n, setting.workload, seed=1)
    buffer = memoryview(bytearray(BUFFER))
    for start in range(0, setting.n, BUFFER):
        piece = buffer[: min(BUFFER, setting.n - start)]
        plan.write_labels(piece, start)
        each(piece)


def streamed(rounds: int, n: int = STREAMED) -> dict[str, object]:
    """Time the stream, count once what came out of it, and measure its memory."""
    setting = Setting(n, 10)
    found = np.zeros(10, np.int64)

    def count(piece: memoryview) -> None:
        np.add(found, np.bincount(np.asarray(piece), minlength=10), out=found)

    stream(setting, each=count)
    seconds = []
    for _ in range(rounds):
        begin = perf_counter()
        stream(setting)
        seconds.append(short(perf_counter() - begin))
    return {
        "n": n,
        "assignees": 10,
        "seconds": seconds,
        "quota_error": short(setting.error([int(c) for c in found])),
        "peak_bytes": in_fresh_process("stream", n, 10),
    }
