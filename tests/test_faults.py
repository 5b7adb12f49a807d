"""Processes that are killed, disks that fill up: what was answered stays, what was not is whole.

Run as a program it is the one who kills: a process of its own, because it forks.
"""

from __future__ import annotations

import inspect
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
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import attrs

from adapters.dispatcher import Dispatcher
from adapters.sqlite import SqliteStore
from distribution import Limit, Link, Node, Overlap, Pipeline, Pull, Sample, Workload
from distribution.codec import encode
from distribution.errors import DistributionError, StoreFailed
from distribution.events import Entry
from distribution.outcomes import NoWork
from distribution.testing.invariants import invariants

ROOT = Path(__file__).parents[1]
KILLS = int(
    os.environ.get("DISTRIBUTION_KILLS", "5000" if os.environ.get("HYPOTHESIS_PROFILE") == "soak" else "200")
)
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
PEOPLE = ["ann", "bob", "eve", "max"]
ITEMS = [f"i{n:02}" for n in range(24)]
TASKS = ["pulled", "shared"]
DOOMED = [f"doomed {n}" for n in range(8)]
PULL = Pull(batch_size=3, max_batch_workload=6, lease=timedelta(minutes=30), skip="later")
VICTIMS, THREADS = 4, 2
ROUNDS_OF_A_FILE = 6
"""Then a new one is begun: histories stay short, and files are also created under fire."""


def calls(tasks: Dispatcher, seed: int, number: int) -> dict[str, Callable[[], Any]]:
    """Give what call *number* of a victim may be: a function of both, so that it can be made again."""
    rng = random.Random(f"{seed} {number}")
    by: Any = {"request": f"{seed}-{number}", "actor": f"victim {seed}"}
    task, who, other = rng.choice(TASKS), rng.choice(PEOPLE), rng.choice(PEOPLE)
    some, doomed, new = rng.sample(ITEMS, rng.randint(1, len(ITEMS))), rng.choice(DOOMED), f"t{seed}-{number}"
    verdict, both = rng.choice(["approved", "discard"]), Overlap(percent=50, assignees=2)
    return {
        "pull": lambda: tasks.pull("pulled", who, **by),
        "pull_next": lambda: tasks.pull_next(who, **by),
        "set_status": lambda: tasks.set_status(task, who, some, "completed", **by),
        "review": lambda: tasks.set_status("review", "zoe", some, verdict, **by),
        "submit_and_pull": lambda: tasks.submit_and_pull("pulled", who, some, "completed", **by),
        "clear_status": lambda: tasks.clear_status(task, who, some[:2], **by),
        "skip": lambda: tasks.skip(task, who, some[:3], **by),
        "renew": lambda: tasks.renew(task, who, **by),
        "release": lambda: tasks.release(task, who, **by),
        "steal": lambda: tasks.steal(task, who, **by),
        "reclaim": lambda: tasks.reclaim(task, idle=timedelta(0) if number % 2 else None, **by),
        "add_items": lambda: tasks.add_items(task, [*some[:2], f"x{seed}-{number}"], **by),
        "remove_items": lambda: tasks.remove_items(task, some[:2], **by),
        "reassign": lambda: tasks.reassign(task, who, other, **by),
        "redistribute": lambda: tasks.redistribute(
            "shared", Workload.weights({who: 2, f"{other}!": 1}), **by
        ),
        "redistribute a queue": lambda: tasks.redistribute(
            "pulled", Workload.weights({who: 2, "zoe": 1}), **by
        ),
        "redistribute what one has": lambda: tasks.redistribute(
            task, Workload.weights({other: 2, "zoe": 1}), source=who, **by
        ),
        "add_items by loads": lambda: tasks.add_items(
            "shared", [f"y{seed}-{number}", *some[:1]], workload=Workload.even([who, other]), **by
        ),
        "set_load": lambda: tasks.set_load("shared", who, 50, **by),
        "add_assignee": lambda: tasks.add_assignee(task, other, **by),
        "pause": lambda: tasks.pause(task, who, **by),
        "resume": lambda: tasks.resume(task, who, **by),
        "remove_assignee": lambda: tasks.remove_assignee(task, f"{other}!", **by),
        "set_limit": lambda: tasks.set_limit(task, who, Limit(count=9), **by),
        "delete_assignment": lambda: tasks.delete_assignment(task, who, **by),
        "change": lambda: tasks.change(task, priority=number, metadata={"n": number}, **by),
        "close_task": lambda: tasks.close_task(task, **by),
        "reopen": lambda: tasks.reopen(task, **by),
        "delete": lambda: tasks.delete(doomed, **by),
        "purge": lambda: tasks.purge(doomed, **by),
        "undo": lambda: tasks.undo(rng.choice([task, doomed]), rng.randint(2, 60), **by),
        "send_back": lambda: tasks.send_back(task, assignee=who, items=some[:3], **by),
        "create": lambda: tasks.create("new", some, workload=Workload.even(PEOPLE), id=new, **by),
        "create pulled": lambda: tasks.create("new", some, allowed=PEOPLE, pull=PULL, id=new, **by),
        "create overlapped": lambda: tasks.create(
            "new", some, workload=Workload.even(PEOPLE), overlap=both, id=new, **by
        ),
        "create_qa": lambda: tasks.create_qa(task, ["zoe", who], Sample(percent=50), id=new, **by),
        "enter": lambda: tasks.enter("f", some[:3], **by),
        "lead on": lambda: tasks.set_status("f.label", who, some, "completed", **by),
        "lead back": lambda: tasks.set_status("f.check", "zoe", some, "discard", **by),
        "extend_qa": lambda: tasks.extend_qa("review", **by),
        "send_rejected": lambda: tasks.send_rejected("review", **by),
    }


def flow() -> Pipeline:
    """Give a pipeline whose tasks lead to each other."""
    label = Node(id="label", workload=Workload.even(PEOPLE), passes=1000)
    check = Node(id="check", workload=Workload.even(["zoe"]), actions=("approved", "discard"), passes=1000)
    links = [Link("label", "completed", "check"), Link("check", "discard", "label")]
    return Pipeline(id="f", nodes=[label, check], links=links)


NOBODY: Any = None
VERBS = list(calls(NOBODY, 0, 0))
OFTEN = [*VERBS, *["pull", "set_status"] * 6]


def verb_of(seed: int, number: int) -> str:
    """Choose which call it is: every other is one that this victim is there for."""
    rng = random.Random(f"{seed} {number} verb")
    return VERBS[seed % len(VERBS)] if rng.random() < 0.5 else rng.choice(OFTEN)


def act(tasks: Dispatcher, seed: int, number: int) -> Any:
    """Make call *number* of a victim."""
    return calls(tasks, seed, number)[verb_of(seed, number)]()


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
    """Create a file with two tasks, a review of one of them, and some that are there to be deleted."""
    with Dispatcher(SqliteStore(path), clock=lambda: NOON) as tasks:
        tasks.create("pulled", ITEMS, allowed=PEOPLE[:3], pull=PULL, id="pulled")
        tasks.create("shared", ITEMS, workload=Workload.even(PEOPLE[:3]), id="shared")
        for who in PEOPLE[:3]:
            held = [row.item for row in tasks.placements("shared", assignee=who)]
            tasks.set_status("shared", who, held[:4], "completed")
        tasks.create_qa("shared", ["zoe"], Sample(percent=100), id="review")
        tasks.create_pipeline(flow())
        tasks.enter("f", ITEMS[:6])
        for name in DOOMED:
            tasks.create(name, ITEMS[:4], allowed=["ann"], pull=PULL, id=name)


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


@attrs.define
class Totals:
    """What a campaign has seen."""

    answered: int = 0
    cut_off: Counter[str] = attrs.field(factory=Counter)
    """Calls that were not answered, by verb."""


def check_round(path: Path, books: dict[int, list[list[Any]]], totals: Totals) -> None:
    """Look whether all that was answered is there; make the calls again that were not; count both."""
    with closing(sqlite3.connect(path)) as connection:
        every = [task_id for (task_id,) in connection.execute("SELECT id FROM task")]
    with Dispatcher(SqliteStore(path), clock=lambda: NOON) as tasks:
        tasks.advance("f")
        assert tasks.advance("f") == {}, "what leaves arrives once"
        for task_id in every:
            invariants(tasks.store, task_id)
        for seed, book in books.items():
            told = {number: (what, answer) for what, number, *answer in book if what != "try"}
            for number, (what, answer) in told.items():
                entry = kept_of(tasks, seed, number)
                if what == "answer" and answer != [encode(NoWork(()))]:
                    assert entry is not None, (seed, number, answer)
                    assert [entry.answer] == answer, (seed, number)
                    totals.answered += 1
                else:
                    assert entry is None, (seed, number, what, answer)
            for number in {number for what, number, *_ in book if what == "try"} - set(told):
                totals.cut_off[verb_of(seed, number)] += 1
                entry = kept_of(tasks, seed, number)
                answers = [_again(tasks, seed, number) for _ in range(2)]
                assert answers[0] == answers[1], (seed, number)
                assert entry is None or answers[0] == entry.answer
        for task_id in every:
            invariants(tasks.store, task_id)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []


def kept_of(tasks: Dispatcher, seed: int, number: int) -> Entry | None:
    """Give what is kept under the request id of a call, in whichever task; there is one at most."""
    entries = tasks.store.answered(f"{seed}-{number}")
    assert len(entries) < 2, (seed, number, entries)
    assert all(entry.stamp.actor == f"victim {seed}" for entry in entries)
    return entries[0] if entries else None


def _again(tasks: Dispatcher, seed: int, number: int) -> Any:
    try:
        return encode(act(tasks, seed, number))
    except DistributionError as error:
        return str(error)


def campaign(folder: Path, kills: int, seed: int) -> None:
    """Kill so many, and go on until every verb has been cut off, three times as many at most."""
    rng, done, totals = random.Random(seed), 0, Totals()
    while done < kills or (set(VERBS) - set(totals.cut_off) and done < 3 * kills):
        path = folder / f"work-{done}.db"
        begin(path)
        for _ in range(ROUNDS_OF_A_FILE):
            seeds = [seed * 1_000_000 + done + n for n in range(VICTIMS)]
            check_round(path, kill_round(path, seeds, rng), totals)
            done += VICTIMS
            if done >= 3 * kills:
                break
    missed = set(VERBS) - set(totals.cut_off)
    assert not missed, f"never cut off: {sorted(missed)}"
    print(done, totals.answered, totals.cut_off.total())  # noqa: T201


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


def test_every_verb_that_changes_something_is_made_under_fire() -> None:
    verbs = {
        name
        for name, method in inspect.getmembers(Dispatcher, inspect.isfunction)
        if any(p.kind is p.VAR_KEYWORD for p in inspect.signature(method).parameters.values())
        and not name.startswith("_")
    }

    # A pipeline is there from the beginning, and what was cut off in it is carried on after each round.
    verbs -= {"create_pipeline", "advance", "delete_pipeline"}
    assert {call.__code__.co_names[0] for call in calls(NOBODY, 0, 0).values()} == verbs


def test_kills_at_any_moment_lose_nothing_that_was_answered_and_do_nothing_twice(tmp_path: Path) -> None:
    kills, answered, repeated = program("campaign", tmp_path, KILLS, 1)

    assert kills >= KILLS
    assert answered > kills
    assert repeated > kills / 4


def test_a_full_disk_fails_calls_and_leaves_the_file_whole(tmp_path: Path) -> None:
    answered, failed = program("full", tmp_path / "work.db")

    assert answered > 1
    assert failed > 20


if __name__ == "__main__":
    if sys.argv[1] == "campaign":
        campaign(Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
    else:
        fill_the_disk(Path(sys.argv[2]))
