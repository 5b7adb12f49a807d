"""What the contract of stores is tried on: small tasks, hand-made rows, and contestants.

Holds: tasks and the decisions that create them, a scene with every kind of row, duels.
Does not hold: any test (see store_contract, contract_views, contract_pages).
Depends on: creation, events, handing, members, overlap, ports, static, task, workload.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import Any, TypeAlias

from distribution.creation import Coming, IncomingRow, creation
from distribution.decision import AddItems, Change, Decide, Decision, PutMembers, PutTask
from distribution.errors import Refused
from distribution.events import Cell, Event, Stamp
from distribution.members import Limit, Member, Standing
from distribution.overlap import Overlap
from distribution.ports import TaskStore
from distribution.pull import Pull
from distribution.ranks import ahead
from distribution.static import distribute
from distribution.task import Ask, Task, View
from distribution.values import Json
from distribution.workload import Workload

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
SOON = NOON + timedelta(minutes=10)
LATER = NOON + timedelta(minutes=30)
CONTESTANTS = 6
TEAM = ("ann", "bob", "eve")
NESTED: dict[str, Json] = {"project": "cats", "nested": {"list": [1, 2.5, None, True]}}
STRANGE = [
    "é",
    "e\u0301",
    "👩\u200d🚀",
    "a b",
    " ",
    "'; DROP TABLE task; --",
    "%",
    "_",
    "\u202eright",
    "0",
    "None",
    "x" * 4096,
]
"""Ids that a careless store confuses, cuts or breaks on."""

Verb: TypeAlias = tuple[Ask, Decide[Any]]
"""What a decision asks for, and the decision."""


def make(task_id: str, items: Sequence[str] = ("a", "b", "c"), **settings: Any) -> tuple[Task, Decide[Task]]:
    """Build a task that is shared out, and the decision that creates it; *settings* go into its stamp."""
    workload = Workload.even(["ann", "bob"])
    plan = distribute(items, workload, seed=7)
    task = Task(
        id=task_id,
        name="label cats",
        workload=workload,
        seed=7,
        order=plan.order,
        basis=plan.basis,
        items=plan.n,
        positions=plan.n,
        created_at=NOON,
        metadata=NESTED,
    )
    rows: list[IncomingRow] = [
        (at, item, "5/2" if at == 0 else None, '{"dir":"/é"}', 0) for at, item in enumerate(items)
    ]
    members = [Member(name) for name in workload.assignees]
    return task, creation(task, members, rows, Stamp(at=NOON, **settings), plan=plan)


def queue(
    task_id: str, items: Sequence[str], people: Sequence[str] = TEAM, *, batch: int = 1, copies: int = 1
) -> Decide[Task]:
    """Build the decision that creates a task to pull from, with so many copies of every item."""
    pull = Pull(batch_size=batch, max_batch_workload=2 * batch, lease=timedelta(minutes=30))
    n = len(items)
    overlap = None if copies == 1 else Overlap(percent=100, assignees=copies)
    task = Task(
        id=task_id,
        name="pull cats",
        pull=pull,
        items=n,
        positions=n,
        copies=n * copies,
        overlap=overlap,
        created_at=NOON,
    )
    rows: list[IncomingRow] = [(at, item, None, None, 0) for at, item in enumerate(items)]
    coming = Coming(shared=frozenset(range(n if overlap else 0)))
    return creation(task, [Member(name) for name in people], rows, Stamp(at=NOON), coming=coming)


def noted(view: View) -> Decision[int]:
    """Decide to note something; answer with the version that was seen."""
    stamp = Stamp(at=NOON + timedelta(seconds=view.version))
    return Decision(event=Event(what="answered"), stamp=stamp, result=view.version)


def put(store: TaskStore, *changes: Change, task_id: str = "t", request: str | None = None) -> None:
    """Make these changes, whatever is there."""
    event = Event(what="changed", facts={"by": "hand"})
    decision = Decision(
        changes=changes, event=event, stamp=Stamp(at=NOON, request=request), answer={"n": 1}, result=None
    )
    store.transact(task_id, Ask(), lambda _: decision)


def standing(name: str, number: int, **counts: Any) -> Standing:
    """Build how somebody stands."""
    return Standing(member=Member(name), number=number, **counts)


SCENE = Task(
    id="t",
    name="scene",
    pull=Pull(batch_size=2, max_batch_workload=4, lease=timedelta(minutes=30)),
    items=6,
    positions=7,
    created_at=NOON,
)
ITEMS = (
    (0, "a", None, None, 5, 1),
    (1, "b", "1/2", '{"dir":"/x","n":1}', 3, 1),
    (2, "c", None, '{"dir":"/x"}', 4, 0),
    (3, "d", None, None, 9, 0),
    (4, "e", None, None, ahead(7), 1),
    (5, "f", None, '{"dir":"/y"}', 1, 1),
    (6, "g", None, None, 3, 0),
)
CELLS = (
    (2, 0, 4, Cell("open", NOON, None, LATER)),
    (3, 1, 9, Cell("done", NOON, "completed")),
    (4, 0, 7, Cell("returned", NOON)),
    (4, 1, 7, Cell("skipped", NOON)),
    (6, 1, 3, Cell("open", NOON, None, SOON)),
)
MEMBERS = (
    standing("ann", 0, open=1, lost=1),
    Standing(
        member=Member("bob", state="paused", limit=Limit(count=9)),
        number=1,
        open=1,
        done=1,
        skipped=1,
        worked_at=SOON,
    ),
    standing("eve", 2),
)


def scene(store: TaskStore) -> None:
    """Keep a task "t" with a row of every kind.

    By rank wait e (ahead; ann lost it, bob skipped it), b, a; ann has c open, bob g, which
    stands where b stands, and done d. f, the first of all, is removed by `PutItems`.
    """
    put(store, PutTask(SCENE), PutMembers(MEMBERS), AddItems(ITEMS, CELLS))


@contextmanager
def quick_switching() -> Iterator[None]:
    """Make threads interleave often, so that a race shows."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        yield
    finally:
        sys.setswitchinterval(before)


def duel(store: TaskStore, task_id: str, decisions: Sequence[Decide[Any] | Verb]) -> list[Any]:
    """Let all contestants change one task at the same moment; give what each got, refusals included.

    Deciding is made slow: in a store whose transaction does not hold, all of them see
    the same view. Results go through the executor, so a contestant that dies is seen.
    """
    gate = Barrier(len(decisions), timeout=30)

    def contend(decision: Decide[Any] | Verb) -> Any:
        ask, decide = decision if isinstance(decision, tuple) else (Ask(), decision)

        def slowly(view: View) -> Decision[Any] | Ask:
            time.sleep(0.002)
            return decide(view)

        gate.wait()
        try:
            return store.transact(task_id, ask, slowly)
        except Refused as refusal:
            return refusal

    with quick_switching(), ThreadPoolExecutor(len(decisions)) as threads:
        return list(threads.map(contend, decisions))
