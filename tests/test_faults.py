"""Processes that are killed, disks that fill up, clocks that jump: what was answered stays, what was not is whole.

Run as a program it is the one who kills: a process of its own, because it forks.
"""

from __future__ import annotations

import json
import os
import random
import resource
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from adapters.dispatcher import Dispatcher
from adapters.memory import MemoryStore
from adapters.sqlite import SqliteStore
from distribution import Limit, Pull, Workload
from distribution.codec import encode
from distribution.errors import DistributionError, StoreFailed
from distribution.events import Entry
from distribution.ports import Page, TaskStore
from distribution.testing.invariants import invariants

ROOT = Path(__file__).parents[1]
KILLS = int(
    os.environ.get("DISTRIBUTION_KILLS", "5000" if os.environ.get("HYPOTHESIS_PROFILE") == "soak" else "200")
)
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
PEOPLE = ["ann", "bob", "eve", "max"]
ITEMS = [f"i{n:02}" for n in range(24)]
TASKS = ["pulled", "shared"]
VICTIMS, THREADS = 4, 2
ROUNDS_OF_A_FILE = 6
"""Then a new one is begun: histories stay short, and files are also created under fire."""


def act(tasks: Dispatcher, seed: int, number: int) -> Any:
    """Make call *number* of a victim: a function of both, so that it can be made again."""
    rng = random.Random(f"{seed} {number}")
    by = {"request": f"{seed}-{number}", "actor": f"victim {seed}"}
    task, who, other = rng.choice(TASKS), rng.choice(PEOPLE), rng.choice(PEOPLE)
    some = rng.sample(ITEMS, rng.randint(1, len(ITEMS)))
    pull: Callable[[], Any] = lambda: tasks.pull("pulled", who, **by)  # noqa: E731
    submit: Callable[[], Any] = lambda: tasks.set_status(task, who, some, "completed", **by)  # noqa: E731
    verbs: list[Callable[[], Any]] = [
        pull, pull, pull, pull, submit, submit,
        lambda: tasks.clear_status(task, who, some[:2], **by),
        lambda: tasks.skip(task, who, some[:3], **by),
        lambda: tasks.renew(task, who, **by),
        lambda: tasks.release(task, who, **by),
        lambda: tasks.steal(task, who, **by),
        lambda: tasks.reclaim(task, idle=timedelta(0) if number % 2 else None, **by),
        lambda: tasks.add_items(task, [*some[:2], f"x{seed}-{number}"], **by),
        lambda: tasks.remove_items(task, some[:2], **by),
        lambda: tasks.reassign(task, who, other, **by),
        lambda: tasks.redistribute("shared", Workload.weights({who: 2, f"{other}!": 1}), **by),
        lambda: tasks.set_load("shared", who, 50, **by),
        lambda: tasks.add_assignee(task, other, **by),
        lambda: tasks.pause(task, who, **by),
        lambda: tasks.resume(task, who, **by),
        lambda: tasks.set_limit(task, who, Limit(count=9), **by),
        lambda: tasks.delete_assignment(task, who, **by),
        lambda: tasks.change(task, priority=number, metadata={"n": number}, **by),
        lambda: tasks.close_task(task, **by),
        lambda: tasks.reopen(task, **by),
        lambda: tasks.undo(task, rng.randint(2, 60), **by),
        lambda: tasks.create("another", some, workload=Workload.even(PEOPLE), id=f"t{seed}-{number}", **by),
    ]  # fmt: skip
    return rng.choice(verbs)()


class Slow(SqliteStore):
    """Takes its time while it holds the lock, before and after it writes, so that kills find it there."""

    def _write(self, *arguments: Any) -> None:
        time.sleep(random.choice([0, 0, 0.003]))
        super()._write(*arguments)
        time.sleep(random.choice([0, 0, 0.003]))


def live(path: Path, seed: int, log: Path) -> None:
    """Be a victim: make calls until somebody kills us, and write down what is tried and what was answered."""
    random.seed(seed)
    book = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    tasks = Dispatcher(Slow(path), clock=lambda: NOON + timedelta(seconds=random.randint(0, 4000)))

    def work(first: int) -> None:
        for number in range(first, 10_000, THREADS):
            os.write(book, f"{json.dumps(['try', number])}\n".encode())
            try:
                told = ["answer", number, encode(act(tasks, seed, number))]
            except DistributionError as error:
                if isinstance(error, StoreFailed):
                    raise
                told = ["error", number, str(error)]
            os.write(book, f"{json.dumps(told)}\n".encode())

    with ThreadPoolExecutor(THREADS) as threads:
        list(threads.map(work, range(THREADS)))


def begin(path: Path) -> None:
    """Create a file with two tasks."""
    with Dispatcher(SqliteStore(path), clock=lambda: NOON) as tasks:
        pull = Pull(batch_size=3, max_batch_workload=6, lease=timedelta(minutes=30), skip="later")
        tasks.create("pulled", ITEMS, allowed=PEOPLE[:3], pull=pull, id="pulled")
        tasks.create("shared", ITEMS, workload=Workload.even(PEOPLE[:3]), id="shared")


def kill_round(path: Path, seeds: list[int], rng: random.Random) -> dict[int, list[list[Any]]]:
    """Let victims live for a moment, kill all of them, and give what each wrote down."""
    victims = []
    for seed in seeds:
        child = os.fork()
        if child == 0:
            with suppress(BaseException):
                live(path, seed, path.with_name(f"{seed}.log"))
            os._exit(1)
        victims.append(child)
    rng.shuffle(victims)
    time.sleep(rng.uniform(0.0, 0.05))
    for victim in victims:
        time.sleep(rng.uniform(0.0, 0.05))
        os.kill(victim, signal.SIGKILL)
    for victim in victims:
        status = os.waitpid(victim, 0)[1]
        assert os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL, "a victim died by itself"  # noqa: PT018
    books = {}
    for seed in seeds:
        log = path.with_name(f"{seed}.log")
        lines = log.read_text().split("\n")[:-1] if log.exists() else []
        books[seed] = [json.loads(line) for line in lines]
    return books


def check_round(path: Path, books: dict[int, list[list[Any]]]) -> tuple[int, int]:
    """Look whether all that was answered is there; make the calls again that were not; count both."""
    answered = repeated = 0
    with Dispatcher(SqliteStore(path), clock=lambda: NOON) as tasks:
        for task_id in [task.id for task in tasks.all()]:
            invariants(tasks.store, task_id)
        kept = {(e.stamp.actor, e.stamp.request): e for task in tasks.all() for e in tasks.history(task.id)}
        for seed, book in books.items():
            told = {number: (what, answer) for what, number, *answer in book if what != "try"}
            for number, (what, answer) in told.items():
                entry: Entry | None = kept.get((f"victim {seed}", f"{seed}-{number}"))
                assert (entry is not None) == (what == "answer"), (seed, number, what, answer)
                if entry is not None:
                    assert [entry.answer] == answer, (seed, number)
                    answered += 1
            for number in {number for what, number, *_ in book if what == "try"} - set(told):
                repeated += 1
                entry = kept.get((f"victim {seed}", f"{seed}-{number}"))
                answers = [_again(tasks, seed, number) for _ in range(2)]
                assert answers[0] == answers[1], (seed, number)
                assert entry is None or answers[0] == entry.answer
        for task_id in TASKS:
            invariants(tasks.store, task_id)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    return answered, repeated


def _again(tasks: Dispatcher, seed: int, number: int) -> Any:
    try:
        return encode(act(tasks, seed, number))
    except DistributionError as error:
        return str(error)


def campaign(folder: Path, kills: int, seed: int) -> None:
    """Kill so many."""
    rng, done, totals = random.Random(seed), 0, [0, 0]
    while done < kills:
        path = folder / f"work-{done}.db"
        begin(path)
        for _ in range(ROUNDS_OF_A_FILE):
            seeds = [seed * 1_000_000 + done + n for n in range(VICTIMS)]
            found = check_round(path, kill_round(path, seeds, rng))
            totals = [a + b for a, b in zip(totals, found, strict=True)]
            done += VICTIMS
            if done >= kills:
                break
    print(done, *totals)  # noqa: T201


def fill_the_disk(path: Path) -> None:
    """Make calls until nothing fits any more, then let there be room again."""
    begin(path)
    store = SqliteStore(path)
    with Dispatcher(store, clock=lambda: NOON) as tasks:
        answered, failed, lock = set[str](), list[BaseException](), threading.Lock()

        def grow(number: int) -> None:
            items = [f"{number}-{n}-{'x' * 200}" for n in range(40)]
            try:
                tasks.add_items("pulled", items, request=f"r{number}")
                with lock:
                    answered.add(f"r{number}")
            except StoreFailed as error:
                with lock:
                    failed.append(error)

        limit = 600_000
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
        with ThreadPoolExecutor(8) as threads:
            list(threads.map(grow, range(80)))
        assert len(failed) > 20, failed
        assert all(isinstance(error.__cause__, (sqlite3.Error, OSError)) for error in failed)
        # Reading goes on, and what was answered before is there.
        assert tasks.progress("pulled").items > len(ITEMS)
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        grow(1000)
        assert "r1000" in answered
        assert {e.stamp.request for e in tasks.history("pulled")} - {None} == answered
        for task_id in TASKS:
            invariants(store, task_id)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    print(len(answered), len(failed))  # noqa: T201


def program(*arguments: object) -> list[int]:
    """Run this file as a program, and give the numbers it prints."""
    paths = os.pathsep.join(path for path in sys.path if path) + os.pathsep + str(ROOT)
    done = subprocess.run(
        [sys.executable, __file__, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PYTHONPATH": paths},
    )
    assert done.returncode == 0, done.stderr
    return [int(number) for number in done.stdout.split()]


def test_kills_at_any_moment_lose_nothing_that_was_answered_and_do_nothing_twice(tmp_path: Path) -> None:
    kills, answered, repeated = program("campaign", tmp_path, KILLS, 1)

    assert kills >= KILLS
    assert answered > kills
    assert repeated > kills / 4


def test_a_full_disk_fails_calls_and_leaves_the_file_whole(tmp_path: Path) -> None:
    answered, failed = program("full", tmp_path / "work.db")

    assert answered > 1
    assert failed > 20


class Clock:
    """A clock that somebody sets."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now

    def jump(self, **by: float) -> None:
        self.now += timedelta(**by)


@pytest.fixture(params=["memory", "sqlite"])
def jumping(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Dispatcher, Clock]]:
    store: TaskStore = MemoryStore() if request.param == "memory" else SqliteStore(tmp_path / "work.db")
    clock = Clock()
    with Dispatcher(store, clock=clock) as tasks:
        pull = Pull(batch_size=1, max_batch_workload=1, lease=timedelta(minutes=30))
        tasks.create("cats", ["a"], allowed=["ann", "bob"], pull=pull, id="t")
        yield tasks, clock
        invariants(store, "t")


def test_a_clock_that_jumps_back_ends_no_lease_and_prolongs_none(jumping: tuple[Dispatcher, Clock]) -> None:
    tasks, clock = jumping
    until = tasks.pull("t", "ann").until
    clock.jump(hours=-1)

    assert tasks.pull("t", "bob").items == ()
    assert tasks.reclaim("t").event is None
    tasks.renew("t", "ann")
    (held,) = tasks.store.placements("t", Page())
    assert (held.assignee, held.cell.until) == ("ann", until)
    clock.jump(hours=1, minutes=30)
    assert tasks.pull("t", "bob").items == ("a",)


def test_a_lease_that_went_to_another_is_not_revived_by_a_clock_that_jumps_back(
    jumping: tuple[Dispatcher, Clock],
) -> None:
    tasks, clock = jumping
    tasks.pull("t", "ann")
    clock.jump(minutes=30)
    assert tasks.pull("t", "bob").items == ("a",)
    clock.jump(hours=-1)

    assert str(tasks.set_status("t", "ann", ["a"], "completed").refused[0]) == (
        "item 'a' went back from 'ann' and is with 'bob' now"
    )
    assert tasks.renew("t", "ann").changed == ()
    assert tasks.set_status("t", "bob", ["a"], "completed").changed == ("a",)


def test_a_lease_that_nobody_took_back_is_kept_however_late_its_holder_comes(
    jumping: tuple[Dispatcher, Clock],
) -> None:
    tasks, clock = jumping
    tasks.pull("t", "ann")
    clock.jump(hours=9)

    assert tasks.set_status("t", "ann", ["a"], "completed").changed == ("a",)


if __name__ == "__main__":
    if sys.argv[1] == "campaign":
        campaign(Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
    else:
        fill_the_disk(Path(sys.argv[2]))
