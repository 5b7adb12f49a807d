"""Never run, only type-checked: what users write must pass mypy in strict mode."""

from __future__ import annotations

from collections.abc import Sequence
from typing import assert_type

from adapters.dataloop.client import connected
from adapters.dataloop.deployment import Applied
from adapters.dataloop.platform import Platform
from adapters.dataloop.sdk import SdkPlatform
from adapters.dispatcher import Dispatcher
from adapters.memory import MemoryStore
from adapters.sqlite import SqliteStore
from distribution import ByEffort, Item, Plan, Workload, distribute, field
from distribution.filters import AllOf, Filter
from distribution.ports import TaskStore
from distribution.task import Task

memory: TaskStore = MemoryStore()
sqlite: TaskStore = SqliteStore("work.db")

team = Workload.of({"ann": 50, "bob": 30, "eve": 20})
plan = distribute(["a", Item("b", effort="1/3", attributes={"dir": "/x"})], team, seed=7, basis=ByEffort())
assert_type(plan, Plan)
assert_type(plan.counts(), dict[str, int])
assert_type(plan.assignee_at(3), str)
assert_type(plan.positions_of("ann"), Sequence[int])
where: Filter = AllOf((field("size").greater(10), field("dir").like("/a*")))

with Dispatcher(memory) as tasks:
    assert_type(tasks.create("t", ["a"], workload=Workload.even(["ann"]), where=where), Task)

with connected("animals", "photos") as dataset:
    remote: Platform = dataset.platform
    assert_type(dataset.deployment(plan, "label").apply(), Applied)
    assert_type(list(dataset.items(where)), list[Item])


def on_the_platform(found: SdkPlatform) -> Platform:
    return found
