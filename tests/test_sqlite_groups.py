"""Threads of one process share transactions of the SQLite store, and nothing else."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import attrs
import pytest

from adapters import sqlite_turns
from adapters.combining import Call
from adapters.sqlite import SqliteStore
from distribution.decision import AddItems, Decision, PutTask
from distribution.errors import InvalidInput, StoreFailed
from distribution.events import Event, Stamp
from distribution.ports import Page
from distribution.task import Ask, View
from distribution.testing.contract_scene import NOON, make, noted


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "work.db"


@pytest.fixture
def store(path: Path) -> Iterator[SqliteStore]:
    with SqliteStore(path) as store:
        yield store


class Counted:
    """Counts the transactions of a store, and makes each last, so that calls gather."""

    def __init__(self, store: SqliteStore, seconds: float = 0.01) -> None:
        self.sizes: list[int] = []
        self.fail: list[BaseException] = []
        together = store._combined._together

        def counted(calls: Sequence[Call[object]]) -> None:
            self.sizes.append(len(calls))
            time.sleep(seconds)
            if self.fail and len(calls) > 1:
                raise self.fail.pop()
            together(calls)

        store._combined._together = counted


def all_at_once(store: SqliteStore, decisions: Sequence[Any]) -> list[Any]:
    """Let each of several threads decide; give what each got, or what was raised."""
    gate = Barrier(len(decisions), timeout=30)

    def one(decide: Any) -> Any:
        gate.wait()
        try:
            return store.transact("t", Ask(), decide)
        except BaseException as error:  # noqa: BLE001  it is what is looked at
            return error

    with ThreadPoolExecutor(len(decisions)) as threads:
        return list(threads.map(one, decisions))


def failing(_: View) -> Decision[int]:
    raise ZeroDivisionError


def breaking(view: View) -> Decision[int]:
    """Decide something whose rows fail after some of them have been written."""

    def broken() -> Iterator[Any]:
        yield 1000 + view.version, f"x{view.version}", None, None, 0, 1
        raise ZeroDivisionError

    assert view.task is not None
    changes = (PutTask(attrs.evolve(view.task, name="broken")), AddItems(broken(), ()))
    return Decision(changes=changes, event=Event(what="changed"), stamp=Stamp(at=NOON), result=0)


def test_calls_of_sixteen_threads_share_transactions(store: SqliteStore) -> None:
    store.transact("t", Ask(), make("t")[1])
    counted = Counted(store)

    results = all_at_once(store, [noted] * 16)

    assert sorted(results) == list(range(1, 17))
    assert sum(counted.sizes) == 16
    assert len(counted.sizes) <= 8, counted.sizes
    assert [entry.version for entry in store.history("t", Page())] == list(range(1, 18))


def test_an_error_in_one_call_of_a_group_leaves_nothing_of_it_and_all_of_the_others(
    store: SqliteStore,
) -> None:
    task = store.transact("t", Ask(), make("t")[1])
    counted = Counted(store)

    results = all_at_once(store, [noted, failing, breaking] * 5 + [noted])

    assert sorted(result for result in results if isinstance(result, int)) == list(range(1, 7))
    assert sum(isinstance(result, ZeroDivisionError) for result in results) == 10
    assert max(counted.sizes) > 1
    assert store.read("t", Ask()).task == task
    assert len(store.items("t", Page())) == 3
    assert store.read("t", Ask()).version == 7


def test_a_commit_that_fails_fails_all_of_its_calls_and_keeps_none(store: SqliteStore) -> None:
    store.transact("t", Ask(), make("t")[1])
    counted = Counted(store)
    counted.fail = [StoreFailed("here", "committing")]

    results = all_at_once(store, [noted] * 16)

    kept = sorted(result for result in results if isinstance(result, int))
    assert kept == list(range(1, len(kept) + 1))
    assert sum(isinstance(result, StoreFailed) for result in results) == 16 - len(kept) > 1
    assert store.read("t", Ask()).version == len(kept) + 1


def test_an_interrupt_of_the_one_who_commits_loses_nobody_elses_call(store: SqliteStore) -> None:
    store.transact("t", Ask(), make("t")[1])
    counted = Counted(store)
    counted.fail = [KeyboardInterrupt()]

    results = all_at_once(store, [noted] * 16)

    assert sum(isinstance(result, KeyboardInterrupt) for result in results) == 1
    assert sorted(result for result in results if isinstance(result, int)) == list(range(1, 16))
    assert store.read("t", Ask()).version == 16


def test_without_group_commit_every_call_has_a_transaction_of_its_own(path: Path) -> None:
    with SqliteStore(path, group_commit=False) as store:
        store.transact("t", Ask(), make("t")[1])
        counted = Counted(store, 0.001)

        assert sorted(all_at_once(store, [noted] * 16)) == list(range(1, 17))
        assert counted.sizes == [1] * 16


def test_a_decision_that_calls_the_store_is_refused_in_a_group_too(store: SqliteStore) -> None:
    store.transact("t", Ask(), make("t")[1])
    Counted(store)

    def impure(_: View) -> Decision[int]:
        return Decision(result=store.transact("t", Ask(), noted))

    results = all_at_once(store, [noted, impure] * 4)

    assert sum(isinstance(result, InvalidInput) for result in results) == 4
    assert store.read("t", Ask()).version == 5


def test_who_is_stopped_while_the_disk_works_has_nobody_elses_call_made_twice(
    store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.transact("t", Ask(), make("t")[1])
    counted = Counted(store, seconds=0.05)
    sync = sqlite_turns.sync_file

    def stopped(descriptor: int) -> None:
        if counted.sizes[-1] > 1:
            monkeypatch.setattr(sqlite_turns, "sync_file", sync)
            raise KeyboardInterrupt
        sync(descriptor)

    monkeypatch.setattr(sqlite_turns, "sync_file", stopped)
    got = all_at_once(store, [noted] * 8)

    assert max(counted.sizes) > 1
    assert sum(isinstance(one, KeyboardInterrupt) for one in got) == 1
    # Each was kept once, whatever its caller heard.
    assert store.read("t", Ask()).version == 1 + len(got)
    assert all(isinstance(one, int | KeyboardInterrupt | StoreFailed) for one in got)
