"""A crew at one file of which now and then one is killed, while all others go on.

A program of its own, because it forks. Prints how many calls were answered, and how
many transactions did the work of others.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import sys
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import TextIO

from adapters.dispatcher import Dispatcher
from adapters.sqlite import SqliteStore
from distribution import Pull

PEOPLE = [f"p{number}" for number in range(8)]
TASK = "t"


def work(path: Path, who: str, log: Path) -> None:
    """Hand in and pull without end; write down what was answered."""
    tasks = Dispatcher(SqliteStore(path))
    with log.open("a", buffering=1) as book:
        while True:
            # Whoever had this place before may have died in the middle of a call.
            items = [piece.item for piece in tasks.worklist(TASK, who, state="open")]
            if not items:
                items = note(book, tasks.pull(TASK, who).items)
            while items:
                items = note(book, tasks.submit_and_pull(TASK, who, items, "completed").batch.items)


def note(book: TextIO, items: Sequence[str]) -> list[str]:
    """Write down what was answered."""
    if items:
        book.write(json.dumps(items) + "\n")
    return list(items)


def start(path: Path, who: str) -> int:
    """Let one of them live."""
    child = os.fork()
    if not child:
        try:
            work(path, who, path.with_name(f"{who}.log"))
        finally:
            os._exit(1)
    return child


def siege(path: Path, kills: int, seed: int) -> tuple[int, int]:
    """Kill so many, one at a time; check what is left, and count the answers and the transactions for others."""
    rng = random.Random(seed)
    pull = Pull(batch_size=4, max_batch_workload=4)
    with Dispatcher(SqliteStore(path)) as tasks:
        tasks.create(TASK, [f"i{n}" for n in range(1000 * (kills + 10))], id=TASK, allowed=PEOPLE, pull=pull)
    alive = {who: start(path, who) for who in PEOPLE}
    for _ in range(kills):
        time.sleep(rng.uniform(0.005, 0.06))
        who = rng.choice(PEOPLE)
        os.kill(alive[who], signal.SIGKILL)
        _, status = os.waitpid(alive[who], 0)
        assert os.WIFSIGNALED(status), f"{who} ended by itself"
        alive[who] = start(path, who)
    for child in alive.values():
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    return check(path)


def check(path: Path) -> tuple[int, int]:
    """Check that nothing answered was lost and no call was made twice."""
    with Dispatcher(SqliteStore(path)) as tasks:
        entries = [entry for entry in tasks.history(TASK) if entry.event.assignee is not None]
        got: dict[str, set[str]] = {who: set() for who in PEOPLE}
        for entry in entries:
            for shift in entry.event.shifts:
                if shift.before is None:
                    got[shift.assignee].update(f"i{position}" for position in shift.positions)
        # Each call has a moment of its own.
        calls = Counter((entry.event.assignee, entry.stamp.at) for entry in entries)
        assert max(calls.values()) == 1
        assert sum(map(len, got.values())) == len(set().union(*got.values()))
        answered = 0
        for who in PEOPLE:
            for line in path.with_name(f"{who}.log").read_text().splitlines(keepends=True):
                if line.endswith("\n"):
                    assert set(json.loads(line)) <= got[who], f"{who} lost what she was answered"
                    answered += 1
        now = tasks.progress(TASK)
        assert now.done + now.open + now.waiting == now.items
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        return answered, int(connection.execute("SELECT number FROM served").fetchone()[0])


if __name__ == "__main__":
    counted = siege(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
    sys.stdout.write(" ".join(map(str, counted)))
