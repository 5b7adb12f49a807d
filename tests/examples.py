"""What the examples of the dispatcher's verbs begin with: a task of four items, pulled in twos.

A plugin (`-p tests.examples`), because the examples stand beside the code; it imports
late, so that coverage has begun.
"""

from __future__ import annotations

from typing import Any

import pytest


@pytest.fixture(autouse=True)
def example(request: pytest.FixtureRequest) -> None:
    """Let the examples of the verbs have `tasks`, `task` and `pull`."""
    if not isinstance(request.node, pytest.DoctestItem) or not request.node.name.startswith("adapters."):
        return
    from datetime import timedelta

    from adapters.dispatcher import Dispatcher
    from adapters.memory import MemoryStore
    from distribution import Item, Limit, Overlap, Pull, Workload
    from distribution.gates import Gate

    names: dict[str, Any] = request.getfixturevalue("doctest_namespace")
    tasks = Dispatcher(MemoryStore())
    pull = Pull(batch_size=2, max_batch_workload=3, lease=timedelta(minutes=30))
    people = ["ann", "bob", "eve"]
    task = tasks.create("label cats", ["a", "b", "c", "d"], allowed=people, pull=pull)
    both = Overlap(percent=100, assignees=2)
    overlapped = tasks.create("compare", ["a", "b"], workload=Workload.even(["ann", "bob"]), overlap=both)
    names |= {"tasks": tasks, "task": task, "pull": pull, "overlapped": overlapped}
    names |= {"Item": Item, "Gate": Gate}
    names |= {"Workload": Workload, "Limit": Limit, "timedelta": timedelta}
