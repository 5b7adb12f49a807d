"""Redistribution in a task that is pulled from: what people hold is shared out once, by the loads given."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.dispatcher import Dispatcher
from adapters.memory import MemoryStore
from distribution import InvalidInput, Overlap, Pull, Rules, Workload
from distribution.values import TaskId
from tests.kept import STORES, kept, opened

PULL = Pull(batch_size=4, max_batch_workload=8)


@pytest.fixture(params=STORES)
def tasks(request: pytest.FixtureRequest) -> Iterator[Dispatcher]:
    with opened(request.param) as tasks:
        yield tasks


def begun(tasks: Dispatcher) -> TaskId:
    """Let ann hold eight items and eve four, one of which she has done."""
    ids = [f"i{n:02}" for n in range(40)]
    task = tasks.create("label", ids, allowed=["ann", "bob", "eve"], pull=PULL).id
    tasks.pull(task, "ann")
    tasks.pull(task, "ann")
    tasks.set_status(task, "eve", tasks.pull(task, "eve").items[:1], "completed")
    return task


def open_of(tasks: Dispatcher, task: TaskId) -> dict[str, int]:
    return {a.assignee: a.open for a in tasks.assignments(task, empty=True)}


def test_what_people_hold_is_shared_out_by_the_loads_given_with_the_fewest_moves(tasks: Dispatcher) -> None:
    task = begun(tasks)

    change = tasks.redistribute(task, Workload.of({"ann": 60, "bob": 20, "eve": 20}))

    # Twelve are held or done: 7.2, 2.4 and 2.4 of them, so 7, 3 and 2, of which eve has done one.
    assert change.flows() == {("ann", "bob"): 1, ("eve", "bob"): 2}
    assert open_of(tasks, task) == {"ann": 7, "bob": 3, "eve": 1}
    assert tasks.progress(task).waiting == 28
    assert tasks.get(task).workload is None
    assert change.event is not None
    assert change.event.facts == {"loads": "ann 60 %, bob 20 %, eve 20 %"}


def test_doing_it_again_moves_nothing(tasks: Dispatcher) -> None:
    task = begun(tasks)
    loads = Workload.of({"ann": 70, "bob": 30})

    assert tasks.redistribute(task, loads)
    assert not tasks.redistribute(task, loads)


def test_nobody_is_lifted_above_the_cap_and_the_rest_returns_to_the_queue(tasks: Dispatcher) -> None:
    task = begun(tasks)

    change = tasks.redistribute(task, Workload.of({"zoe": 100}))

    assert open_of(tasks, task) == {"ann": 0, "bob": 0, "eve": 0, "zoe": 8}
    assert sum(count for (_, target), count in change.flows().items() if target is None) == 3
    assert tasks.progress(task)["eve"].done == 1


def test_what_nobody_may_have_goes_back_and_what_is_left_is_shared_out_by_the_loads(
    tasks: Dispatcher,
) -> None:
    """Two copies of one item, and two of one team to share them: the one copy left is whose share is larger."""
    rules = Rules(teams={"ann": "red", "bob": "red"})
    pull, both = Pull(batch_size=1, max_batch_workload=1), Overlap(percent=100, assignees=2)
    task = tasks.create(
        "label", ["a"], allowed=["ann", "bob", "eve"], pull=pull, rules=rules, overlap=both
    ).id
    tasks.pull(task, "ann")
    tasks.pull(task, "eve")
    loads = Workload.weights({"ann": 2, "bob": 3})

    tasks.redistribute(task, loads)

    assert open_of(tasks, task) == {"ann": 0, "bob": 1, "eve": 0}
    assert tasks.progress(task).waiting == 1
    assert tasks.redistribute(task, loads).event is None


def test_it_can_be_undone(tasks: Dispatcher) -> None:
    task = begun(tasks)
    before = kept(tasks, task)

    change = tasks.redistribute(task, Workload.of({"zoe": 100}))
    tasks.undo(task, change.version)

    assert open_of(tasks, task) == {"ann": 8, "bob": 0, "eve": 3, "zoe": 0}
    assert kept(tasks, task).items == before.items


def test_a_load_for_somebody_who_is_paused_is_refused(tasks: Dispatcher) -> None:
    task = begun(tasks)
    tasks.pause(task, "bob")

    with pytest.raises(InvalidInput, match="load of 'bob' must be 0 while she is paused"):
        tasks.redistribute(task, Workload.of({"ann": 50, "bob": 50}))


@given(
    pulls=st.lists(st.sampled_from(["ann", "bob", "eve"]), max_size=8),
    weights=st.lists(st.integers(0, 5), min_size=3, max_size=3).filter(any),
)
def test_nothing_is_lost_and_no_cap_is_passed(pulls: list[str], weights: list[int]) -> None:
    tasks = Dispatcher(MemoryStore())
    task = tasks.create("label", [f"i{n}" for n in range(30)], allowed=["ann", "bob", "eve"], pull=PULL).id
    for who in pulls:
        tasks.pull(task, who)
    loads = Workload.weights(list(zip(["ann", "bob", "eve"], weights, strict=True)))

    tasks.redistribute(task, loads)

    now = tasks.progress(task)
    assert now.open + now.waiting == 30
    assert all(a.open <= PULL.max_batch_workload for a in now.assignments)
    assert all(a.open == 0 for a in now.assignments if not loads.load_of(a.assignee))
    assert not tasks.redistribute(task, loads)
