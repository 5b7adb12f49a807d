"""Every path that gives an item to a person goes through one `can_take` (row 22 of the decisions)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from adapters.dispatcher import Dispatcher
from adapters.memory import MemoryStore
from distribution import (
    Item,
    Limit,
    Pull,
    Workload,
    growing,
    handing,
    levelling,
    moving,
    parting,
    spreading,
    taking,
)
from distribution.refusals import Locked
from distribution.rules import Rules
from distribution.values import Json, TaskId
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
    "share out one person's": lambda tasks, task: tasks.redistribute(
        task, Workload.even(["bob", "zoe"]), source="ann"
    ),
    "add items with loads": lambda tasks, task: tasks.add_items(
        task, new(tasks, task), workload=Workload.even(["bob", "zoe"])
    ),
    "steal": lambda tasks, task: tasks.steal(task, "zoe"),
    "add items": lambda tasks, task: tasks.add_items(task, new(tasks, task)),
    "items that come back": lambda tasks, task: (
        tasks.remove_items(task, ["i0", "i1", "i2", "i3", "i4", "i5"]),
        tasks.add_items(task, ["i0", "i1", "i2", "i3", "i4", "i5", *new(tasks, task)]),
    ),
    "resume": lambda tasks, task: (
        tasks.pause(task, "zoe"),
        tasks.pause(task, "ann"),
        tasks.pause(task, "bob"),
        tasks.resume(task, "zoe"),
    ),
    "raise a limit": lambda tasks, task: (
        tasks.set_limit(task, "zoe", Limit(count=0)),
        tasks.pause(task, "ann"),
        tasks.pause(task, "bob"),
        tasks.set_limit(task, "zoe", None),
    ),
}


ANYBODY = Rules()


def new(tasks: Dispatcher, task: TaskId) -> list[Item]:
    """Build more items of the same kind."""
    return [Item(f"new {row.item}", attributes=row.attributes) for row in tasks.items(task)]


BY_HAND = {"reassign", "redistribute", "load", "steal", "share out one person's", "add items with loads"}
"""Paths on which she needs no load to get something."""


def held(tasks: Dispatcher, task: TaskId, who: str) -> list[str]:
    return [row.item for row in tasks.placements(task, assignee=who, state="open")]


def items(rules: Rules, count: int) -> list[Item]:
    """Build items; where rules ask for skills all of them need French."""
    attributes: dict[str, Json] = {} if rules.needs is None else {"language": "fr"}
    return [Item(f"i{n}", attributes=attributes) for n in range(count)]


def begun(path: str, rules: Rules = ANYBODY) -> tuple[Dispatcher, TaskId]:
    """Let an hour pass in which bob works, and zoe, if she was given anything."""
    hours = [0]
    tasks = Dispatcher(MemoryStore(), clock=lambda: NOON + timedelta(hours=hours[0]))
    team = Workload.weights({"ann": 1, "bob": 1, "zoe": 0})
    task = tasks.create("label", items(rules, 12), workload=team, rules=rules).id
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

    for module in (taking, growing, handing, levelling, moving, parting, spreading):
        monkeypatch.setattr(module, "can_take", shut)


@pytest.mark.usefixtures("closed")
@pytest.mark.parametrize("path", SHARED)
def test_nobody_gets_an_item_on_any_path_that_the_door_does_not_let_through(path: str) -> None:
    tasks, task = begun(path)

    SHARED[path](tasks, task)

    assert held(tasks, task, "zoe") == []
    now = tasks.progress(task)
    assert now.open + now.waiting + now.done == now.items


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


def test_every_module_that_asks_the_door_is_shut_in_these_tests() -> None:
    asking = {
        path.stem
        for path in Path(taking.__file__).parent.glob("*.py")
        if "can_take(" in path.read_text(encoding="utf-8")
    }
    assert asking == {"taking", "growing", "handing", "levelling", "moving", "parting", "spreading"}


def everything(rules: Rules, tasks: Dispatcher, task: TaskId) -> None:
    """Check that nobody holds what the rules keep from her."""
    for row in tasks.items(task):
        for who, cell in row.cells.items():
            if cell.state in {"open", "done"}:
                assert rules.why_not(who, row.attributes) is None, (row.item, who)


@pytest.mark.parametrize("path", SHARED)
def test_no_path_leads_to_her_where_a_rule_keeps_her_from_everything(path: str) -> None:
    tasks, task = begun(path, Rules(needs="language", skills={"ann": ["fr"], "bob": ["fr"]}))

    SHARED[path](tasks, task)

    assert held(tasks, task, "zoe") == []
    everything(tasks.get(task).rules or Rules(), tasks, task)
