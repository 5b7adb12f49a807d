"""Obligations of a `TaskStore`, one test for each sentence of its docstring.

Subclass `TaskStoreContract` in a test file of your own, with a `store` fixture and a
`peek` that looks past the store's own reading; for a store that outlives its process
subclass `DurableStoreContract` and say how to open it `again`. pytest does the rest.

    class TestMyStore(DurableStoreContract):
        @pytest.fixture
        def store(self, tmp_path):
            with MyStore(tmp_path / "tasks") as store:
                yield store

        def peek(self, store, task_id): ...
        def again(self, store): ...
"""

from __future__ import annotations

import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from threading import Barrier, Event
from typing import Any

import attrs
import pytest

from distribution.errors import InvalidInput, NotFound, Refused
from distribution.events import Stamp, TaskCreated
from distribution.ports import Page, Placement, TaskStore
from distribution.static import distribute
from distribution.task import (
    AddItems,
    Ask,
    Decide,
    Decision,
    DropItems,
    ItemRow,
    PutTask,
    Task,
    View,
    creation,
    deletion,
)
from distribution.workload import Workload

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
CONTESTANTS = 6
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


def make(task_id: str, items: Sequence[str] = ("a", "b", "c"), **settings: Any) -> tuple[Task, Decide[Task]]:
    """Build a task and the decision that creates it; *settings* go into its stamp."""
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
        counts=plan.counts(),
        efforts=plan.efforts(),
        created_at=NOON,
        metadata={"project": "cats", "nested": {"list": [1, 2.5, None, True]}},
    )
    rows: list[ItemRow] = [
        (at, item, "5/2" if at == 0 else None, '{"dir":"/é"}') for at, item in enumerate(items)
    ]
    return task, creation(task, plan, rows, Stamp(at=NOON, **settings))


def noted(view: View) -> Decision[int]:
    """Decide to note something; answer with the version that was seen."""
    event = TaskCreated(items=0, counts={})
    return Decision(event=event, stamp=Stamp(at=NOON + timedelta(seconds=view.version)), result=view.version)


@contextmanager
def quick_switching() -> Iterator[None]:
    """Make threads interleave often, so that a race shows."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        yield
    finally:
        sys.setswitchinterval(before)


def duel(store: TaskStore, task_id: str, decisions: Sequence[Decide[Any]]) -> list[Any]:
    """Let all contestants change one task at the same moment; give what each got, refusals included.

    Deciding is made slow: in a store whose transaction does not hold, all of them see
    the same view. Results go through the executor, so a contestant that dies is seen.
    """
    gate = Barrier(len(decisions), timeout=30)

    def contend(decide: Decide[Any]) -> Any:
        def slowly(view: View) -> Decision[Any]:
            time.sleep(0.002)
            return decide(view)

        gate.wait()
        try:
            return store.transact(task_id, Ask(), slowly)
        except Refused as refusal:
            return refusal

    with quick_switching(), ThreadPoolExecutor(len(decisions)) as threads:
        return list(threads.map(contend, decisions))


class TaskStoreContract(ABC):
    """What every store must do; see `distribution.ports.TaskStore`."""

    rounds = 20
    """Duels to fight; a store without its transaction loses the first."""

    @pytest.fixture
    @abstractmethod
    def store(self) -> Any:
        """Give an empty store, and close it afterwards."""

    @abstractmethod
    def peek(self, store: Any, task_id: str) -> tuple[int, int]:
        """Count the history entries and the placements of a task without the store's own reading."""

    def test_a_task_is_read_back_as_it_was_created(self, store: TaskStore) -> None:
        """Every field comes back, with its types."""
        task, decide = make("t")

        assert store.transact("t", Ask(), decide) == task
        assert store.read("t", Ask()) == View(task=task, version=1)
        assert self.peek(store, "t") == (1, 3)

    def test_a_task_that_is_not_there_is_an_empty_view(self, store: TaskStore) -> None:
        """Absence is an answer, not an error."""
        assert store.read("nobody", Ask(request="r")) == View(task=None, version=0)
        assert list(store.placements("nobody", Page())) == []
        assert list(store.history("nobody", Page())) == []
        assert list(store.tasks(Page())) == []

    def test_what_decide_raises_reaches_the_caller_and_changes_nothing(self, store: TaskStore) -> None:
        """A refusal is not an accident of the store."""
        store.transact("t", Ask(), make("t")[1])

        with pytest.raises(Refused, match="'t' exists; choose another id"):
            store.transact("t", Ask(), make("t")[1])
        assert self.peek(store, "t") == (1, 3)

    @pytest.mark.parametrize("bad", ["items", "placements"])
    def test_rows_that_fail_while_they_are_read_leave_nothing(self, store: TaskStore, bad: str) -> None:
        """Nothing is half done, and the store goes on working."""

        def failing() -> Iterator[Any]:
            yield (0, "a", None, None) if bad == "items" else (0, 0, 0)
            raise ZeroDivisionError(bad)

        task, decide = make("t")
        rows: dict[str, Any] = {"items": [(0, "a", None, None)], "placements": [(0, 0, 0)], bad: failing()}

        def decided(_: View) -> Decision[None]:
            changes = (PutTask(task), AddItems(**rows))
            return Decision(
                changes=changes, event=TaskCreated(items=1, counts={}), stamp=Stamp(at=NOON), result=None
            )

        with pytest.raises(ZeroDivisionError, match=bad):
            store.transact("t", Ask(), decided)
        assert store.read("t", Ask()).task is None
        assert self.peek(store, "t") == (0, 0)
        assert store.transact("t", Ask(), decide) == task

    def test_a_decision_without_an_event_changes_nothing(self, store: TaskStore) -> None:
        """What is not in the history did not happen."""
        store.transact("t", Ask(), make("t")[1])

        def nothing(view: View) -> Decision[str]:
            return Decision(changes=(DropItems(),), result=f"seen {view.version}")

        assert store.transact("t", Ask(), nothing) == "seen 1"
        assert self.peek(store, "t") == (1, 3)

    @pytest.mark.parametrize("changes", [(), (DropItems(),)], ids=["nothing", "items"])
    def test_a_change_of_a_task_that_is_not_there_is_refused(self, store: TaskStore, changes: Any) -> None:
        """Nothing is answered that is not kept."""

        def decided(_: View) -> Decision[int]:
            event = TaskCreated(items=0, counts={})
            return Decision(changes=changes, event=event, stamp=Stamp(at=NOON), result=1)

        with pytest.raises(NotFound, match="no task 't' in the store"):
            store.transact("t", Ask(), decided)
        assert self.peek(store, "t") == (0, 0)

    def test_a_decision_that_calls_its_own_store_is_refused(self, store: TaskStore) -> None:
        """A decision sees its view and nothing else."""
        store.transact("t", Ask(), make("t")[1])

        def impure(view: View) -> Decision[int]:
            return Decision(result=store.transact("t", Ask(), noted) + view.version)

        with pytest.raises(
            InvalidInput, match="a decision must be pure, got 'a call of the store it is made for'"
        ):
            store.transact("t", Ask(), impure)
        assert self.peek(store, "t") == (1, 3)
        assert store.transact("t", Ask(), noted) == 1

    def test_versions_count_the_entries_of_the_history(self, store: TaskStore) -> None:
        """Each change sees all of the one before."""
        store.transact("t", Ask(), make("t", actor="zoe", reason="why not")[1])

        assert [store.transact("t", Ask(), noted) for _ in range(3)] == [1, 2, 3]
        entries = store.history("t", Page())
        assert [entry.version for entry in entries] == [1, 2, 3, 4]
        assert (entries[0].stamp.actor, entries[0].stamp.reason, entries[0].stamp.at) == (
            "zoe",
            "why not",
            NOON,
        )
        assert entries[0].event == TaskCreated(items=3, counts={"ann": 2, "bob": 1})
        assert [e.version for e in store.history("t", Page(after=1, limit=2))] == [2, 3]

    def test_the_entry_of_a_request_is_found_again(self, store: TaskStore) -> None:
        """A repeated call can be told from a new one."""
        task, decide = make("t", request="r-1")
        store.transact("t", Ask(request="r-1"), decide)

        answered = store.read("t", Ask(request="r-1")).answered
        assert answered is not None
        assert answered.stamp.request == "r-1"
        assert store.read("t", Ask(request="r-2")).answered is None
        assert store.transact("t", Ask(request="r-1"), decide) == task
        assert self.peek(store, "t") == (1, 3)

    def test_of_several_creations_at_one_moment_exactly_one_wins(self, store: TaskStore) -> None:
        """The view a decision saw is still true when it is kept."""
        for round_ in range(self.rounds):
            name = f"t{round_}"
            results = duel(store, name, [make(name)[1]] * CONTESTANTS)

            assert sum(isinstance(result, Task) for result in results) == 1, results
            assert sum(isinstance(result, Refused) for result in results) == CONTESTANTS - 1, results
            assert self.peek(store, name) == (1, 3)

    def test_changes_at_one_moment_queue_up(self, store: TaskStore) -> None:
        """Nobody's change is lost, and no version is given twice."""
        for round_ in range(self.rounds):
            name = f"t{round_}"
            store.transact(name, Ask(), make(name)[1])

            assert sorted(duel(store, name, [noted] * CONTESTANTS)) == list(range(1, CONTESTANTS + 1))
            assert self.peek(store, name)[0] == CONTESTANTS + 1

    def test_a_reader_sees_all_of_a_change_or_none(self, store: TaskStore) -> None:
        """Task and placements become visible together."""
        done = Event()

        def read_all() -> set[tuple[bool, int]]:
            seen = set()
            while not done.is_set():
                placements = len(store.placements("t", Page()))
                seen.add((placements > 0 or store.read("t", Ask()).task is not None, placements))
            return seen

        with quick_switching(), ThreadPoolExecutor(2) as threads:
            readers = [threads.submit(read_all) for _ in range(2)]
            store.transact("t", Ask(), make("t", [f"i{n}" for n in range(500)])[1])
            done.set()
            seen = set().union(*(reader.result() for reader in readers))
        assert {placements for _, placements in seen} <= {0, 500}

    def test_pages_of_a_task_join_to_the_whole_by_position(self, store: TaskStore) -> None:
        """Every placement comes once."""
        items = [f"i{n}" for n in range(25)]
        store.transact("t", Ask(), make("t", items)[1])

        page = Page(limit=7)
        rows: list[Placement] = []
        while found := store.placements("t", page):
            rows += found
            page = attrs.evolve(page, after=found[-1].position)
        assert [row.item for row in rows] == items
        assert [row.position for row in rows] == list(range(25))

    def test_one_assignee_is_listed_in_her_order_of_work(self, store: TaskStore) -> None:
        """Slots are her order, and the key of her pages."""
        items = [f"i{n}" for n in range(25)]
        plan = distribute(items, Workload.even(["ann", "bob"]), seed=7)
        store.transact("t", Ask(), make("t", items)[1])

        page = Page(limit=4)
        rows: list[Placement] = []
        while found := store.placements("t", page, assignee="bob"):
            rows += found
            page = attrs.evolve(page, after=found[-1].slot)
        assert [row.item for row in rows] == plan.items_of("bob")
        assert {row.assignee for row in rows} == {"bob"}
        assert list(store.placements("t", Page(), assignee="eve")) == []

    def test_one_item_is_found_with_its_effort_and_attributes(self, store: TaskStore) -> None:
        """What an item brought comes back exactly."""
        store.transact("t", Ask(), make("t")[1])

        (found,) = store.placements("t", Page(), item="a")
        assert (found.item, found.position, found.effort, found.attributes) == ("a", 0, "5/2", {"dir": "/é"})
        assert list(store.placements("t", Page(), item="zzz")) == []
        other = "bob" if found.assignee == "ann" else "ann"
        assert list(store.placements("t", Page(), item="a", assignee=other)) == []
        assert list(store.placements("t", Page(), item="a", assignee=found.assignee)) == [found]

    def test_strange_ids_come_back_as_they_were(self, store: TaskStore) -> None:
        """Text is text; nothing is trimmed, folded, cut or run."""
        store.transact("t", Ask(), make("t", STRANGE)[1])

        assert [row.item for row in store.placements("t", Page())] == STRANGE
        for item in STRANGE:
            assert [row.item for row in store.placements("t", Page(), item=item)] == [item]

    def test_tasks_are_listed_oldest_first_without_deleted_ones(self, store: TaskStore) -> None:
        """The key of a task never changes."""
        for name in ("c", "a", "b"):
            store.transact(name, Ask(), make(name)[1])
        store.transact("a", Ask(), deletion("a", Stamp(at=NOON)))

        listed = store.tasks(Page())
        assert [task.id for _, task in listed] == ["c", "b"]
        assert [task.id for _, task in store.tasks(Page(after=listed[0][0], limit=1))] == ["b"]

    def test_a_deleted_task_keeps_its_history_and_nothing_else(self, store: TaskStore) -> None:
        """Space is given back, the past is not."""
        store.transact("t", Ask(), make("t")[1])
        store.transact("t", Ask(), deletion("t", Stamp(at=NOON, reason="done")))

        assert self.peek(store, "t") == (2, 0)
        assert list(store.placements("t", Page())) == []
        assert list(store.placements("t", Page(), item="a")) == []
        assert [entry.stamp.reason for entry in store.history("t", Page())] == ["", "done"]
        with pytest.raises(Refused, match="was deleted"):
            store.transact("t", Ask(), make("t")[1])

    def test_close_can_be_called_again(self, store: TaskStore) -> None:
        """Letting go twice is no error."""
        store.close()
        store.close()


class DurableStoreContract(TaskStoreContract):
    """What a store must do besides, if it outlives its process."""

    @abstractmethod
    def again(self, store: Any) -> TaskStore:
        """Open the same data a second time, as another process would."""

    def test_what_was_answered_is_there_after_reopening(self, store: TaskStore) -> None:
        """An answer is a promise."""
        task, decide = make("t")
        store.transact("t", Ask(), decide)
        store.close()

        with self.again(store) as reopened:
            assert reopened.read("t", Ask()).task == task
            assert len(reopened.placements("t", Page())) == 3

    def test_two_handles_see_each_other(self, store: TaskStore) -> None:
        """A second process joins at any time."""
        with self.again(store) as other:
            store.transact("t", Ask(), make("t")[1])
            assert other.transact("t", Ask(), noted) == 1
            assert store.transact("t", Ask(), noted) == 2

    def test_handles_queue_up_as_threads_do(self, store: TaskStore) -> None:
        """The lock is on the data, not on the handle."""
        store.transact("t", Ask(), make("t")[1])
        handles = [self.again(store) for _ in range(CONTESTANTS)]
        gate = Barrier(CONTESTANTS, timeout=30)

        def contend(handle: TaskStore) -> list[int]:
            gate.wait()
            return [handle.transact("t", Ask(), noted) for _ in range(self.rounds)]

        with ThreadPoolExecutor(CONTESTANTS) as threads:
            seen = [version for versions in threads.map(contend, handles) for version in versions]
        for handle in handles:
            handle.close()
        assert sorted(seen) == list(range(1, CONTESTANTS * self.rounds + 1))
