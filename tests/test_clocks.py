"""Clocks that jump: no lease is revived by it, and none is lost."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from adapters.dispatcher import Dispatcher
from adapters.memory import MemoryStore
from adapters.sqlite import SqliteStore
from distribution import Pull
from distribution.ports import Page, TaskStore
from distribution.testing.invariants import invariants
from tests.office import NOON


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
