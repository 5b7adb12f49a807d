"""Clients: fresh processes, or threads of one, that claim and finish as fast as they can.

Holds: the clients, their start at one moment, what they saw.
Does not hold: queues (see queues), cases and tables (see pull).
"""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from math import ceil
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier
from pathlib import Path
from time import perf_counter, sleep
from typing import Any

from benchmarks.durability import noted_connections, settings
from benchmarks.queues import SYSTEMS, Dry, Queue, Taken
from benchmarks.rounds import short

READY_SECONDS = 300.0
"""How long clients may take to start, and to end after their time is over."""


@dataclass(frozen=True, slots=True)
class Job:
    """Who works on which file, how many at once, and for how long."""

    system: str
    folder: Path
    processes: int
    threads: int
    """Of each process."""
    seconds: float
    think: float = 0.0
    """Seconds between claiming and finishing, on average."""


@dataclass(slots=True)
class Outcome:
    """What one client saw."""

    cycles: int = 0
    """Those begun within the time."""
    late: float = 0.0
    """How much of the last of them was done after the time."""
    seconds: float = 0.0
    """Until the time was over, or nothing was left."""
    claims: list[float] = field(default_factory=list)
    """Seconds of each claim that succeeded."""
    worst: float = 0.0
    """Seconds of the longest call, failed ones and finishes included."""
    errors: Counter[str] = field(default_factory=Counter)
    taken: list[str] = field(default_factory=list)
    durability: list[str] = field(default_factory=list)

    def timed(self, call: Callable[..., object], *args: Any) -> float:
        """Call, and give the seconds it took."""
        begin = perf_counter()
        try:
            call(*args)
        finally:
            took = perf_counter() - begin
            self.worst = max(self.worst, took)
        return took


class Batch(list[Taken]):
    """What a claim brings, and how much of it came before the time was over."""

    def __init__(self, over: float) -> None:
        super().__init__()
        self.over = over
        self.in_time = 0

    def append(self, item: Taken) -> None:
        """Take an item, and look at the clock."""
        super().append(item)
        self.in_time += perf_counter() <= self.over

    def late(self, claim: float, finish: float) -> float:
        """Give the part of a cycle that was done after the time, from the seconds of its calls.

        A claim is done by so much as it has brought: waiting for a lock is no progress.
        """
        claimed = claim * self.in_time / len(self)
        finished = min(finish, max(0.0, finish - (perf_counter() - self.over)))
        return 1 - (claimed + finished) / (claim + finish)


def run(job: Job) -> list[Outcome]:
    """Start all clients together; give what each saw."""
    context = get_context("spawn")
    barrier = context.Barrier(job.processes)
    children = []
    for number in range(job.processes):
        receive, send = context.Pipe(duplex=False)
        child = context.Process(target=_child, args=(send, barrier, job, number), daemon=True)
        child.start()
        send.close()
        children.append((child, receive))
    outcomes = [outcome for _, receive in children for outcome in _received(receive, job)]
    for child, receive in children:
        receive.close()
        child.join(READY_SECONDS)
    return outcomes


def _received(receive: Connection, job: Job) -> list[Outcome]:
    """Wait for what a process sends."""
    try:
        if receive.poll(job.seconds + 2 * READY_SECONDS):
            found: list[Outcome] = receive.recv()
            return found
    except EOFError:
        return [Outcome(errors=Counter({"client died": 1}))]
    return [Outcome(errors=Counter({"client never answered": 1}))]


def _child(send: Connection, barrier: Barrier, job: Job, number: int) -> None:
    """Be one process: open, wait for the others, work, tell."""
    try:
        outcomes = _serve(barrier, job, number)
    except Exception as error:  # noqa: BLE001  whatever it is, it is counted
        barrier.abort()
        outcomes = [Outcome(errors=Counter({f"at start or end: {_kind(error)}": 1}))]
    send.send(outcomes)
    send.close()


def _serve(barrier: Barrier, job: Job, number: int) -> list[Outcome]:
    with noted_connections() as made:
        queue = SYSTEMS[job.system].open(job.folder)
        try:
            outcomes = _work_together(queue, barrier, job, number * job.threads)
            # Who is done keeps still until all are: 64 interpreters that end at once cost the last a second.
            barrier.wait(READY_SECONDS)
            outcomes[0].durability = settings(made)
        finally:
            queue.close()
    return outcomes


def _work_together(queue: Queue, barrier: Barrier, job: Job, first: int) -> list[Outcome]:
    """Be as many clients as a process has threads."""
    if job.threads == 1:
        barrier.wait(READY_SECONDS)
        return [work(queue, first, job)]
    start = threading.Barrier(job.threads)

    def client(number: int) -> Outcome:
        start.wait(READY_SECONDS)
        return work(queue, number, job)

    barrier.wait(READY_SECONDS)
    with ThreadPoolExecutor(job.threads) as pool:
        return list(pool.map(client, range(first, first + job.threads)))


def work(queue: Queue, number: int, job: Job) -> Outcome:
    """Claim and finish until the time is over; what was begun by then is brought to its end.

    Who thinks does so between claim and finish, half to one and a half of the time, and
    starts anywhere in it: people do not move in step.
    """
    found = Outcome()
    dice = random.Random(number)
    begin = perf_counter()
    if job.think:
        sleep(dice.uniform(0, job.think))
    over = begin + job.seconds
    while perf_counter() < over and "ran dry" not in found.errors:
        taken = Batch(over)
        try:
            claim = found.timed(queue.claim, number, taken)
            found.claims.append(claim)
            if job.think:
                sleep(dice.uniform(job.think / 2, job.think * 1.5))
            finish = found.timed(queue.finish, number, taken)
            found.cycles += 1
            found.late = taken.late(claim, finish)
        except Dry:
            found.errors["ran dry"] += 1
        except Exception as error:  # noqa: BLE001  whatever it is, it is counted
            found.errors[_kind(error)] += 1
        found.taken += [item for item, _ in taken]
    found.seconds = min(job.seconds, perf_counter() - begin)
    return found


def _kind(error: Exception) -> str:
    """Name an error by its first words, so that those of a kind count as one."""
    cause = error.__cause__
    text = f"{type(error).__name__}: {cause or error}"
    return text[:80]


def percentile(ordered: list[float], percent: int) -> float:
    """Give the least value that so many percent do not exceed; 0 of nothing."""
    return ordered[ceil(len(ordered) * percent / 100) - 1] if ordered else 0.0


def summary(outcomes: Iterable[Outcome]) -> dict[str, Any]:
    """Fold what all clients of a run saw, milliseconds for seconds.

    A slow system's last cycles end long after the time. They count by what was done of them
    within it: neither dropping them nor waiting for them would do it justice.
    """
    clients = list(outcomes)
    claims = sorted(took for client in clients for took in client.claims)
    handed = Counter(item for client in clients for item in client.taken)
    cycles = [client.cycles for client in clients]
    return {
        "cycles_a_second": short(sum((c.cycles - c.late) / c.seconds for c in clients if c.seconds)),
        "claim_p50_ms": short(percentile(claims, 50) * 1000),
        "claim_p99_ms": short(percentile(claims, 99) * 1000),
        "worst_ms": short(max(client.worst for client in clients) * 1000),
        "least_cycles": min(cycles),
        "most_cycles": max(cycles),
        "claimed": handed.total(),
        "twice": sum(count - 1 for count in handed.values()),
        "errors": dict(sum((client.errors for client in clients), Counter[str]())),
        "durability": sorted({text for client in clients for text in client.durability}),
    }
