"""Every path that gives an item to a person goes through one `can_take` (row 22 of the decisions)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from adapters.dispatcher import Dispatcher
from adapters.memory import MemoryStore
from distribution import Pull, Workload, handing, levelling, moving, spreading, taking
from distribution.refusals import Locked
from distribution.values import TaskId
from tests.kept import NOON

PULL = Pull(batch_size=2, max_batch_workload=4)
SHARED: dict[str, Callable[[Dispatcher, TaskId], object]] = {
    "reassign": lambda tasks, task: tasks.reassign(task, "ann", "zoe"),
    "redistribute": lambda tasks, task: tasks.redistribute(task, Workload.even(["ann", "bob", "zoe"])),
    "load": lambda tasks, task: tasks.set_load(task, "zoe", 50),
    "pause": lambda tasks, task: tasks.pause(task, "ann"),
    "remove": lambda tasks, task: tasks.remove_assignee(task, "ann"),
    "delete the assignment": lambda tasks, task: tasks.delete_assignment(task, "ann"),
    "skip": lambda tasks, task: tasks.skip(task, "ann", held(tasks, task, "ann")),
    "release": lambda tasks, task: tasks.release(task, "ann"),
    "reclaim": lambda tasks, task: tasks.reclaim(task, idle=timedelta(minutes=30)),
    "steal": lambda tasks, task: tasks.steal(task, "zoe"),
}


BY_HAND = {"reassign", "redistribute", "load", "steal"}
"""Paths on which she needs no load to get something."""


def held(tasks: Dispatcher, task: TaskId, who: str) -> list[str]:
    return [row.item for row in tasks.placements(task, assignee=who, state="open")]


def begun(path: str) -> tuple[Dispatcher, TaskId]:
    """Let an hour pass in which bob works, and zoe, if she was given anything."""
    hours = [0]
    tasks = Dispatcher(MemoryStore(), clock=lambda: NOON + timedelta(hours=hours[0]))
    team = Workload.weights({"ann": 1, "bob": 1, "zoe": 0})
    task = tasks.create("label", [f"i{n}" for n in range(12)], workload=team).id
    if path not in BY_HAND:
        tasks.set_load(task, "zoe", 50)
    hours[0] = 1
    for who in ("bob", "zoe"):
        tasks.set_status(task, who, held(tasks, task, who)[:1], "completed")
    return tasks, task


@pytest.fixture
def closed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shut the door to zoe, for a reason that no code but the door knows."""
    door = taking.can_take

    def shut(task: Any, taker: Any, *rest: Any, **how: Any) -> Any:
        return Locked("zoe", "paused") if taker.id == "zoe" else door(task, taker, *rest, **how)

    for module in (taking, handing, levelling, moving, spreading):
        monkeypatch.setattr(module, "can_take", shut)


@pytest.mark.usefixtures("closed")
@pytest.mark.parametrize("path", SHARED)
def test_nobody_gets_an_item_on_any_path_that_the_door_does_not_let_through(path: str) -> None:
    tasks, task = begun(path)

    SHARED[path](tasks, task)

    assert held(tasks, task, "zoe") == []
    now = tasks.progress(task)
    assert now.open + now.waiting + now.done == 12


@pytest.mark.parametrize("path", SHARED)
def test_with_the_door_open_the_same_paths_lead_to_her(path: str) -> None:
    tasks, task = begun(path)
    before = len(held(tasks, task, "zoe"))

    SHARED[path](tasks, task)

    assert len(held(tasks, task, "zoe")) > before


@pytest.mark.usefixtures("closed")
def test_nobody_pulls_or_steals_what_the_door_does_not_let_through() -> None:
    tasks = Dispatcher(MemoryStore())
    task = tasks.create("label", ["a", "b", "c", "d"], allowed=["ann", "zoe"], pull=PULL).id

    assert tasks.pull(task, "zoe").items == ()
    tasks.pull(task, "ann")
    tasks.pull(task, "ann")
    assert tasks.steal(task, "zoe").items == ()
