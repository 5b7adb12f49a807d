"""Obligations of a `TaskStore`, one test for each sentence of its docstring.

Holds: the contract, of which `contract_views` and `contract_pages` are parts.
Does not hold: what it is tried on (see contract_scene), random calls (see machine).
Depends on: contract_pages, contract_scene, contract_views, decision, invariants.

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

import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier, Event
from typing import Any

import attrs
import pytest

from distribution.decision import AddItems, Decision, Purge, PutMembers, PutTask
from distribution.errors import InvalidInput, NotFound, Refused
from distribution.events import Cell, Stamp
from distribution.events import Event as Fact
from distribution.handing import pulling
from distribution.outcomes import Outcome
from distribution.ports import Page, TaskStore
from distribution.refusals import AllReserved
from distribution.task import Ask, Head, Task, View
from distribution.testing.contract_pages import PagesContract
from distribution.testing.contract_scene import (
    CONTESTANTS,
    MEMBERS,
    NOON,
    STRANGE,
    duel,
    make,
    noted,
    queue,
    quick_switching,
    scene,
)
from distribution.testing.contract_views import ViewsContract, plain
from distribution.testing.invariants import invariants
from distribution.work import Handed, releasing, submitting

__all__ = [
    "CONTESTANTS",
    "NOON",
    "STRANGE",
    "DurableStoreContract",
    "TaskStoreContract",
    "duel",
    "make",
    "noted",
    "quick_switching",
]

PEOPLE = [f"p{n}" for n in range(CONTESTANTS)]
LATE = timedelta(seconds=1)


class TaskStoreContract(ViewsContract, PagesContract, ABC):
    """What every store must do; see `distribution.ports.TaskStore`."""

    rounds = 10
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
        assert plain(store.read("t", Ask())) == View(ask=Ask(), task=task, version=1)
        assert self.peek(store, "t") == (1, 3)
        invariants(store, "t")

    def test_what_decide_raises_reaches_the_caller_and_changes_nothing(self, store: TaskStore) -> None:
        """A refusal is not an accident of the store."""
        store.transact("t", Ask(), make("t")[1])

        with pytest.raises(Refused, match="'t' exists; choose another id"):
            store.transact("t", Ask(), make("t")[1])
        with pytest.raises(ZeroDivisionError):
            store.transact("t", Ask(), lambda view: Decision(result=view.version // 0))
        assert self.peek(store, "t") == (1, 3)
        assert store.transact("t", Ask(), noted) == 1

    def test_rows_that_fail_while_they_are_read_leave_nothing(self, store: TaskStore) -> None:
        """Nothing is half done, and the store goes on working."""

        def failing(bad: str) -> Iterator[Any]:
            yield (0, "a", None, None, 0, 1) if bad == "items" else (0, 0, 0, Cell("open", NOON))
            raise ZeroDivisionError(bad)

        task, decide = make("t")
        for bad in ("items", "placements"):
            rows: dict[str, Any] = {"items": [(0, "a", None, None, 0, 1)], "placements": []}
            changes = (PutTask(task), PutMembers(MEMBERS), AddItems(**rows | {bad: failing(bad)}))
            event, stamp = Fact(what="created", facts={"items": 1}), Stamp(at=NOON)
            decision = Decision(changes=changes, event=event, stamp=stamp, result=None)
            with pytest.raises(ZeroDivisionError, match=bad):
                store.transact("t", Ask(), lambda _, d=decision: d)  # type: ignore[misc]
            assert store.read("t", Ask()).task is None
            assert self.peek(store, "t") == (0, 0)
        assert store.transact("t", Ask(), decide) == task

    def test_a_decision_without_an_event_changes_nothing(self, store: TaskStore) -> None:
        """What is not in the history did not happen."""
        store.transact("t", Ask(), make("t")[1])

        def nothing(view: View) -> Decision[str]:
            return Decision(changes=(Purge(),), result=f"seen {view.version}")

        assert store.transact("t", Ask(), nothing) == "seen 1"
        assert self.peek(store, "t") == (1, 3)

    def test_a_change_of_a_task_that_is_not_there_is_refused(self, store: TaskStore) -> None:
        """Nothing is answered that is not kept."""
        for changes in ((), (Purge(),)):
            decision = Decision(changes=changes, event=Fact(what="changed"), stamp=Stamp(at=NOON), result=1)
            with pytest.raises(NotFound, match="no task 't' in the store"):
                store.transact("t", Ask(), lambda _, d=decision: d)  # type: ignore[misc]
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

    def test_a_decision_may_ask_on_and_sees_the_same_moment(self, store: TaskStore) -> None:
        """What it is shown then is what it asked for then, and nobody came between."""
        scene(store)
        seen: list[View] = []
        first, second = Ask(members=("eve",)), Ask(members=None, head=Head(assignee="eve"), items=("a",))

        def asking(view: View) -> Decision[int] | Ask:
            seen.append(view)
            if len(seen) == 1:
                other.append(threads.submit(store.transact, "t", Ask(), noted))
                time.sleep(0.05)
                return second
            return noted(view)

        other: list[Any] = []
        with ThreadPoolExecutor(1) as threads:
            assert store.transact("t", first, asking) == 1
            assert other[0].result() == 2
        assert [view.ask for view in seen] == [first, second]
        assert (seen[1].version, len(seen[1].members), len(seen[1].rows)) == (1, 3, 1)
        now = store.read("t", second)
        assert plain(seen[1]) == plain(attrs.evolve(now, version=1))

    def test_a_request_is_found_again_with_its_answer(self, store: TaskStore) -> None:
        """A repeated call gets the same answer and changes nothing; another call is refused."""
        task, decide = make("t", request="r-1")
        ask = Ask(request="r-1")

        assert [store.transact("t", ask, decide) for _ in range(2)] == [task, task]
        assert self.peek(store, "t") == (1, 3)
        answered = store.read("t", ask).answered
        assert answered is not None
        assert (answered.stamp.request, answered.version) == ("r-1", 1)
        other = submitting("t", "ann", Handed(items=["a"], status="completed"), Stamp(at=NOON, request="r-1"))
        with pytest.raises(Refused, match="request 'r-1' was used for another call"):
            store.transact("t", *other)

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

    def test_of_all_who_pull_the_last_item_exactly_one_gets_it(self, store: TaskStore) -> None:
        """Nobody holds what another holds."""
        for round_ in range(self.rounds):
            name = f"t{round_}"
            store.transact(name, Ask(), queue(name, ["last"], PEOPLE))
            batches = duel(store, name, [pulling(name, who, Stamp(at=NOON)) for who in PEOPLE])

            assert sorted(len(batch.items) for batch in batches) == [0] * (CONTESTANTS - 1) + [1], batches
            assert all(batch.items or isinstance(batch.reason, AllReserved) for batch in batches), batches
            assert self.peek(store, name) == (2, 1)
            invariants(store, name)

    def test_of_all_who_pull_one_item_as_many_get_it_as_it_has_copies(self, store: TaskStore) -> None:
        """Nobody gets two, and who comes too late is told that all are reserved."""
        for round_ in range(self.rounds):
            name, copies = f"t{round_}", 2 + round_ % (CONTESTANTS - 2)
            store.transact(name, Ask(), queue(name, ["last"], PEOPLE, copies=copies))
            batches = duel(store, name, [pulling(name, who, Stamp(at=NOON)) for who in PEOPLE])

            assert sum(len(batch.items) for batch in batches) == copies, batches
            assert all(batch.items or isinstance(batch.reason, AllReserved) for batch in batches), batches
            assert self.peek(store, name) == (1 + copies, copies)
            invariants(store, name)

    def test_all_who_pull_at_once_get_different_items(self, store: TaskStore) -> None:
        """And between them everything there is."""
        items = [f"i{n}" for n in range(CONTESTANTS)]
        for round_ in range(self.rounds):
            name = f"t{round_}"
            store.transact(name, Ask(), queue(name, items, PEOPLE))
            batches = duel(store, name, [pulling(name, who, Stamp(at=NOON)) for who in PEOPLE])

            assert sorted(item for batch in batches for item in batch.items) == items, batches
            invariants(store, name)

    def test_of_all_who_submit_what_all_have_lost_exactly_one_is_heard(self, store: TaskStore) -> None:
        """A late answer counts as long as nobody else has the item."""
        for round_ in range(self.rounds):
            name = f"t{round_}"
            store.transact(name, Ask(), queue(name, ["last"], PEOPLE))
            for who in PEOPLE:
                store.transact(name, *pulling(name, who, Stamp(at=NOON)))
                store.transact(name, *releasing(name, who, None, Stamp(at=NOON)))
            late = [
                submitting(name, who, Handed(items=["last"], status="completed"), Stamp(at=NOON + LATE))
                for who in PEOPLE
            ]
            outcomes: list[Outcome] = duel(store, name, late)

            assert sum(bool(outcome.changed) for outcome in outcomes) == 1, outcomes
            assert sum(bool(outcome.refused) for outcome in outcomes) == CONTESTANTS - 1, outcomes
            invariants(store, name)

    def test_there_are_never_more_late_answers_than_copies(self, store: TaskStore) -> None:
        """Of all who have lost the item as many are heard as it has copies."""
        for round_ in range(self.rounds):
            name = f"t{round_}"
            store.transact(name, Ask(), queue(name, ["last"], PEOPLE, copies=3))
            for who in PEOPLE:
                store.transact(name, *pulling(name, who, Stamp(at=NOON)))
                store.transact(name, *releasing(name, who, None, Stamp(at=NOON)))
            late = [
                submitting(name, who, Handed(items=["last"], status="completed"), Stamp(at=NOON + LATE))
                for who in PEOPLE
            ]
            outcomes: list[Outcome] = duel(store, name, late)

            assert sum(bool(outcome.changed) for outcome in outcomes) == 3, outcomes
            assert store.read(name, Ask(items=("last",))).rows[0].complete
            invariants(store, name)

    def test_a_request_made_several_times_at_once_is_done_once(self, store: TaskStore) -> None:
        """And everybody who made it gets the one answer."""
        items = [f"i{n}" for n in range(CONTESTANTS)]
        for round_ in range(self.rounds):
            name = f"t{round_}"
            store.transact(name, Ask(), queue(name, items, PEOPLE))
            call = pulling(name, "p0", Stamp(at=NOON, request="r"))

            assert {batch.items for batch in duel(store, name, [call] * CONTESTANTS)} == {("i0",)}
            assert self.peek(store, name) == (2, 1)

    def test_a_reader_sees_all_of_a_change_or_none(self, store: TaskStore) -> None:
        """Task and placements become visible together."""
        done = Event()

        def read_all() -> set[int]:
            seen = set()
            while not done.is_set():
                view = store.read("t", Ask(members=None, whole=True))
                counted = sum(standing.open for standing in view.members.values())
                assert len(view.rows) == counted == (0 if view.task is None else view.task.items)
                seen.add(len(store.placements("t", Page())))
            return seen

        with quick_switching(), ThreadPoolExecutor(2) as threads:
            readers = [threads.submit(read_all) for _ in range(2)]
            store.transact("t", Ask(), make("t", [f"i{n}" for n in range(500)])[1])
            done.set()
            seen = set().union(*(reader.result() for reader in readers))
        assert seen <= {0, 500}

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
