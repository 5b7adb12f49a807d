"""Every store keeps the contract, and the contract catches stores that do not."""

from __future__ import annotations

import inspect
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, nullcontext
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any, get_args

import attrs
import pytest

from adapters.memory import MemoryStore
from adapters.sqlite import SqliteStore
from distribution.decision import Change, Decide, settle
from distribution.ports import Page
from distribution.task import Ask, View
from distribution.testing.store_contract import DurableStoreContract, TaskStoreContract


class TestMemoryStore(TaskStoreContract):
    @pytest.fixture
    def store(self) -> Iterator[MemoryStore]:
        with MemoryStore() as store:
            yield store

    def peek(self, store: Any, task_id: str) -> tuple[int, int]:
        kept = store._kept.get(task_id)
        return (len(kept.history), sum(len(item.cells) for item in kept.items)) if kept else (0, 0)


class TestSqliteStore(DurableStoreContract):
    @pytest.fixture
    def store(self, tmp_path: Path) -> Iterator[SqliteStore]:
        with SqliteStore(tmp_path / "work.db") as store:
            yield store

    def peek(self, store: Any, task_id: str) -> tuple[int, int]:
        query = """SELECT (SELECT count(*) FROM op WHERE task = key), (SELECT count(*) FROM placement WHERE task = key)
            FROM task WHERE id = ?"""
        with closing(sqlite3.connect(store._file.path)) as connection:
            row = connection.execute(query, (task_id,)).fetchone()
        return (int(row[0]), int(row[1])) if row else (0, 0)

    def again(self, store: Any) -> SqliteStore:
        return SqliteStore(store._file.path)


def caught(opener: Callable[[], Any], only: str = "") -> str:
    """Run the contract on a store that is known to be broken; name the first test that fails."""
    contract: Any = TestMemoryStore()
    tests = [
        name
        for name, test in inspect.getmembers(TaskStoreContract, inspect.isfunction)
        if name.startswith("test_")
        and only in name
        and list(inspect.signature(test).parameters)[1:] == ["store"]
    ]
    # Races take longer to look for than all the rest.
    for name in sorted(tests, key=lambda name: "once" in name or "moment" in name):
        with opener() as store:
            try:
                getattr(contract, name)(store)
            except (Exception, pytest.fail.Exception):  # noqa: BLE001  whatever it is, it is seen
                return name
    return ""


class Forgetful(MemoryStore):
    """Forgets one kind of change."""

    kind: type = object

    def transact(self, task_id: str, ask: Ask, decide: Decide[Any]) -> Any:
        def forgetting(view: View) -> Any:
            decision = decide(view)
            if isinstance(decision, Ask):
                return decision
            kept = tuple(change for change in decision.changes if type(change) is not self.kind)
            return attrs.evolve(decision, changes=kept)

        return super().transact(task_id, ask, forgetting)


class Doubling(MemoryStore):
    """Lists a placement twice."""

    def placements(self, *arguments: Any, **options: Any) -> Any:
        rows = super().placements(*arguments, **options)
        return [*rows, *rows[-1:]]


class OneView(MemoryStore):
    """Shows a decision that asks on what it has seen already."""

    def transact(self, task_id: str, ask: Ask, decide: Decide[Any]) -> Any:
        first: list[View] = []

        def stale(view: View) -> Any:
            first.append(view)
            return decide(attrs.evolve(first[0], ask=view.ask))

        return super().transact(task_id, ask, stale)


class Stateless(MemoryStore):
    """Lists placements of every state."""

    def placements(self, task_id: str, page: Page, **options: Any) -> Any:
        return super().placements(task_id, page, **options | {"state": None})


class Showing(MemoryStore):
    """Shows something else than there is."""

    def shown(self, view: View) -> View:
        return view

    def _view(self, task_id: str, ask: Ask) -> View:
        return self.shown(super()._view(task_id, ask))


class Backwards(Showing):
    """Serves the end of the queue first."""

    def shown(self, view: View) -> View:
        return attrs.evolve(view, fresh=tuple(view.fresh)[::-1])


class Timeless(Showing):
    """Knows no lease that has ended."""

    def shown(self, view: View) -> View:
        return attrs.evolve(view, expired=())


class Unasked(Showing):
    """Does not find the entry of a request."""

    def shown(self, view: View) -> View:
        return attrs.evolve(view, answered=None)


class Mute(Showing):
    """Finds the entry of a request without what was answered."""

    def shown(self, view: View) -> View:
        return attrs.evolve(view, answered=view.answered and attrs.evolve(view.answered, answer=None))


class Early(Showing):
    """Lets a lease end before its time."""

    def _view(self, task_id: str, ask: Ask) -> View:
        later = None if ask.expired is None else ask.expired + timedelta(seconds=1)
        return attrs.evolve(super()._view(task_id, attrs.evolve(ask, expired=later)), ask=ask)


class Fleeting(MemoryStore):
    """Finds what was answered only in tasks that are there."""

    def answered(self, request: str) -> Any:
        there = {task.id for _, task in self.tasks(Page())}
        return [entry for entry in super().answered(request) if entry.task in there]


class Youngest(MemoryStore):
    """Finds what was answered in the newest task first."""

    def answered(self, request: str) -> Any:
        return super().answered(request)[::-1]


def forgetful(kind: type) -> type[Forgetful]:
    return type(f"Without{kind.__name__}", (Forgetful,), {"kind": kind})


MUTANTS = [
    *map(forgetful, get_args(Change)),
    Doubling, OneView, Stateless, Backwards, Timeless, Unasked, Mute, Early, Fleeting, Youngest,
]  # fmt: skip


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.__name__)
def test_the_contract_catches_a_store_that(mutant: type[MemoryStore]) -> None:
    assert caught(mutant)


def test_the_contract_lets_a_good_store_through() -> None:
    assert caught(MemoryStore) == ""


class WithoutLock(MemoryStore):
    """The store with its lock taken out."""

    def __init__(self) -> None:
        super().__init__()
        self._lock = nullcontext()  # type: ignore[assignment]

    _deciding = property(lambda _: False, lambda _, __: None)


class WithoutTransaction(SqliteStore):
    """The store that reads, decides and writes in three steps; not even the number of the version is held."""

    def transact(self, task_id: str, ask: Ask, decide: Decide[Any]) -> Any:
        _, decision = settle(lambda ask: self.read(task_id, ask), ask, decide)
        if decision.event is None:
            return decision.result
        with self._file.writers, self._file.writing("changing tasks") as turn:
            newest = self._view(turn.connection, task_id, Ask()).version
            self._write(turn, task_id, newest + 1, decision)
        return decision.result


@pytest.mark.parametrize(
    "duel",
    [
        "last_item",
        "one_item_as_many",
        "different_items",
        "all_have_lost",
        "late_answers_than_copies",
        "queue_up",
        "creations",
        "done_once",
    ],
)
def test_a_store_without_its_transaction_is_caught_every_time(duel: str, tmp_path: Path) -> None:
    numbers = count()

    assert all(caught(WithoutLock, duel) for _ in range(10))
    assert all(caught(lambda: WithoutTransaction(tmp_path / f"{next(numbers)}.db"), duel) for _ in range(10))
