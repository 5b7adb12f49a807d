"""People join, pause, come back and leave, in tasks of both modes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.dispatcher import Dispatcher
from distribution import InvalidInput, Limit, NotFound, Pull, Refused, Workload
from distribution.testing import strategies
from tests.kept import STORES, cells_of, holders, kept, load, opened, who_has

TEAM = Workload.of({"ann": 50, "bob": 30, "eve": 20})
ITEMS = [f"i{n}" for n in range(10)]
PULL = Pull(batch_size=2, max_batch_workload=4)


@pytest.fixture(params=STORES)
def tasks(request: pytest.FixtureRequest) -> Iterator[Dispatcher]:
    with opened(request.param) as tasks:
        yield tasks


def finish(tasks: Dispatcher, task_id: str, assignee: str, count: int = 1) -> list[str]:
    """Let somebody complete the first of her items."""
    items = [row.item for row in tasks.placements(task_id, assignee=assignee, state="open")][:count]
    tasks.set_status(task_id, assignee, items, "completed")
    return items


LEAVING = ["pause", "remove_assignee", "delete_assignment"]


@pytest.mark.parametrize("verb", LEAVING)
def test_finished_work_and_history_stay_and_open_work_goes_to_the_others_with_the_least_moves(
    tasks: Dispatcher, verb: str
) -> None:
    task = tasks.create("label", ITEMS, workload=TEAM)
    done = finish(tasks, task.id, "ann", 2)
    before = who_has(tasks, task.id)

    change = getattr(tasks, verb)(task.id, "ann")

    after = who_has(tasks, task.id)
    assert {item for item in ITEMS if before[item] != after[item]} == {
        item for item, who in before.items() if who == "ann" and item not in done
    }
    assert len(change.diff) == 3
    # Five of Ann's were three: Bob at 3 of 30 % and Eve at 2 of 20 % get two and one.
    assert load(tasks, task.id) == {"ann": 2, "bob": 5, "eve": 3}
    assert tasks.progress(task.id)["ann"].done == 2
    assert [e.event.what for e in tasks.history(task.id)][:2] == ["created", "submitted"]


@pytest.mark.parametrize("verb", LEAVING)
def test_in_a_pulling_task_open_work_of_who_goes_goes_back_to_the_queue(tasks: Dispatcher, verb: str) -> None:
    task = tasks.create("label", ITEMS, allowed=["ann", "bob"], pull=PULL)
    tasks.pull(task.id, "ann")
    tasks.pull(task.id, "bob")
    tasks.set_status(task.id, "ann", ["i0"], "completed")

    change = getattr(tasks, verb)(task.id, "ann")

    assert change.flows() == {("ann", None): 1}
    assert load(tasks, task.id) == {"ann": 1, "bob": 2}
    # To its head, not to its end.
    assert tasks.pull(task.id, "bob").items == ("i1", "i4")


@pytest.mark.parametrize(
    ("verb", "state", "remedy"),
    [("pause", "paused", "resume her first"), ("remove_assignee", "removed", "add her again first")],
)
def test_the_assignment_of_who_is_paused_or_removed_is_locked(
    tasks: Dispatcher, verb: str, state: str, remedy: str
) -> None:
    task = tasks.create("label", ITEMS, allowed=["ann", "bob"], pull=PULL)
    tasks.pull(task.id, "ann")
    tasks.set_status(task.id, "ann", ["i0"], "completed")
    getattr(tasks, verb)(task.id, "ann")

    locked = f"'ann' is {state}; {remedy}"
    assert str(tasks.pull(task.id, "ann").reason) == locked
    assert str(tasks.clear_status(task.id, "ann", ["i0"]).refused[0]) == f"item 'i0': {locked}"
    assert tasks.progress(task.id)["ann"].state == state


def test_whoever_comes_back_may_pull_again_what_nobody_else_can_take(tasks: Dispatcher) -> None:
    task = tasks.create("label", ["a"], allowed=["ann"], pull=PULL)
    tasks.pull(task.id, "ann")
    tasks.remove_assignee(task.id, "ann")

    tasks.add_assignee(task.id, "ann")

    assert tasks.pull(task.id, "ann").items == ("a",)


def test_somebody_new_may_pull(tasks: Dispatcher) -> None:
    task = tasks.create("label", ITEMS, allowed=["ann"], pull=PULL)
    assert "not among the assignees" in str(tasks.pull(task.id, "zoe").reason)

    change = tasks.add_assignee(task.id, "zoe", limit=Limit(count=1))

    assert change.event is not None
    assert (change.event.assignee, len(change.diff)) == ("zoe", 0)
    assert tasks.pull(task.id, "zoe").items == ("i0",)


def test_work_comes_to_somebody_new_with_a_load_with_the_fewest_moves(tasks: Dispatcher) -> None:
    task = tasks.create("label", ITEMS, workload=Workload.even(["ann", "bob"]))

    change = tasks.add_assignee(task.id, "zoe", load=20)

    assert load(tasks, task.id) == {"ann": 4, "bob": 4, "zoe": 2}
    assert change.flows() == {("ann", "zoe"): 1, ("bob", "zoe"): 1}


def test_nothing_comes_by_itself_to_somebody_new_without_a_load(tasks: Dispatcher) -> None:
    task = tasks.create("label", ITEMS, workload=TEAM)

    tasks.add_assignee(task.id, "zoe")
    tasks.add_items(task.id, ["a", "b"])

    assert load(tasks, task.id)["zoe"] == 0
    tasks.set_load(task.id, "zoe", 50)
    assert load(tasks, task.id)["zoe"] == 6


def test_who_is_removed_carries_no_load_any_more_and_who_is_paused_keeps_hers(tasks: Dispatcher) -> None:
    task = tasks.create("label", ITEMS, workload=TEAM)

    tasks.pause(task.id, "eve")
    assert tasks.get(task.id).workload == TEAM
    tasks.remove_assignee(task.id, "ann")
    assert tasks.get(task.id).workload == Workload.of({"bob": 60, "eve": 40})


def test_nobody_elses_work_moves_when_somebody_comes_back_but_what_comes_later_goes_to_her(
    tasks: Dispatcher,
) -> None:
    task = tasks.create("label", ITEMS, workload=Workload.even(["ann", "bob"]))
    tasks.pause(task.id, "ann")

    change = tasks.resume(task.id, "ann")
    tasks.add_items(task.id, ["x", "y"])

    assert len(change.diff) == 0
    assert load(tasks, task.id) == {"ann": 2, "bob": 10}


# What nobody could take is looked at again.


def only_ann_pauses(tasks: Dispatcher) -> str:
    """Make a task whose items wait, because the only one with a load is paused."""
    task = tasks.create("label", ["a", "b"], workload=Workload.even(["ann"]))
    tasks.pause(task.id, "ann")
    assert tasks.progress(task.id).waiting == 2
    return task.id


def test_what_waited_for_her_comes_back_to_somebody_who_is_resumed(tasks: Dispatcher) -> None:
    task_id = only_ann_pauses(tasks)

    change = tasks.resume(task_id, "ann")

    assert who_has(tasks, task_id) == {"a": "ann", "b": "ann"}
    assert change.flows() == {(None, "ann"): 2}


def test_what_waited_for_her_comes_back_to_somebody_who_is_added_again(tasks: Dispatcher) -> None:
    task_id = only_ann_pauses(tasks)
    tasks.remove_assignee(task_id, "ann")
    tasks.add_items(task_id, ["c"])

    tasks.add_assignee(task_id, "ann")

    assert who_has(tasks, task_id) == {"a": "ann", "b": "ann", "c": "ann"}


def test_what_waited_goes_to_somebody_new_with_a_load(tasks: Dispatcher) -> None:
    task_id = only_ann_pauses(tasks)

    tasks.add_assignee(task_id, "zoe", load=50)

    assert who_has(tasks, task_id) == {"a": "zoe", "b": "zoe"}


def test_what_waited_because_of_a_limit_goes_on_when_it_is_lifted(tasks: Dispatcher) -> None:
    task = tasks.create("label", ["a", "b", "c", "d"], workload=Workload.even(["ann", "bob"]))
    tasks.set_limit(task.id, "bob", Limit(count=3))
    tasks.pause(task.id, "ann")
    assert (tasks.progress(task.id).waiting, tasks.progress(task.id)["bob"].open) == (1, 3)

    change = tasks.set_limit(task.id, "bob", None)

    assert load(tasks, task.id)["bob"] == 4
    assert change.flows() == {(None, "bob"): 1}


def test_who_lost_an_item_gets_it_again_where_nobody_else_can_take_it(tasks: Dispatcher) -> None:
    task = tasks.create("label", ["a"], workload=Workload.even(["ann", "bob"]))
    tasks.reclaim(task.id, idle=timedelta(0))
    assert who_has(tasks, task.id) == {"a": "bob"}

    tasks.remove_assignee(task.id, "bob")

    assert who_has(tasks, task.id) == {"a": "ann"}


def test_nothing_waits_in_the_way_of_a_pulling_task(tasks: Dispatcher) -> None:
    task = tasks.create("label", ITEMS, allowed=["ann", "bob"], pull=PULL)
    tasks.pause(task.id, "ann")

    for change in (tasks.resume(task.id, "ann"), tasks.set_limit(task.id, "bob", Limit(percent=50))):
        assert len(change.diff) == 0
    assert tasks.progress(task.id).waiting == 10


# Loads while somebody is paused.


def test_others_loads_may_change_while_somebody_is_paused(tasks: Dispatcher) -> None:
    task = tasks.create("label", ITEMS, workload=Workload.even(["ann", "bob"]))
    tasks.pause(task.id, "ann")

    tasks.add_assignee(task.id, "zoe", load=60)
    tasks.set_load(task.id, "bob", 30)

    # Ann keeps a seventh of the 70 % that Bob leaves, and gets none of it until she is resumed.
    assert load(tasks, task.id) == {"ann": 0, "bob": 4, "zoe": 6}
    assert tasks.get(task.id).workload == Workload.of({"ann": 17.5, "bob": 30, "zoe": 52.5})
    tasks.resume(task.id, "ann")
    tasks.redistribute(task.id)
    assert load(tasks, task.id) == {"ann": 2, "bob": 3, "zoe": 5}


# Limits.


def test_a_limit_leaves_what_she_has_with_her(tasks: Dispatcher) -> None:
    task = tasks.create("label", ITEMS, workload=TEAM)

    change = tasks.set_limit(task.id, "ann", Limit(count=2))

    assert (len(change.diff), load(tasks, task.id)["ann"]) == (0, 5)
    assert str(tasks.progress(task.id)["ann"].limit) == "2 items"
    assert tasks.set_limit(task.id, "ann", Limit(count=2)).event is None


def test_what_is_no_limit_is_refused(tasks: Dispatcher) -> None:
    task = tasks.create("label", ITEMS, workload=TEAM)
    wrong: Any = 5

    calls: list[Callable[[], object]] = [
        lambda: tasks.set_limit(task.id, "ann", wrong),
        lambda: tasks.add_assignee(task.id, "zoe", limit=wrong),
    ]
    for call in calls:
        with pytest.raises(InvalidInput, match=r"limit must be a Limit, got 5; use Limit\(count=10\)"):
            call()


# Refusals.


def test_what_the_state_of_an_assignee_does_not_allow_is_refused(tasks: Dispatcher) -> None:
    task = tasks.create("label", ITEMS, workload=TEAM)
    tasks.pause(task.id, "bob")
    refused: list[tuple[Callable[[], object], str]] = [
        (
            lambda: tasks.add_assignee(task.id, "ann"),
            "assignee 'ann' is active and cannot be changed by 'add'",
        ),
        (lambda: tasks.resume(task.id, "ann"), "possible now: pause, remove"),
        (lambda: tasks.pause(task.id, "bob"), "is paused and cannot be changed by 'pause'"),
    ]

    for call, message in refused:
        with pytest.raises(Refused, match=message):
            call()


@pytest.mark.parametrize("verb", ["pause", "resume", "remove_assignee", "delete_assignment"])
def test_somebody_who_is_not_there_cannot_change(tasks: Dispatcher, verb: str) -> None:
    task = tasks.create("label", ITEMS, workload=TEAM)

    with pytest.raises(NotFound, match="no assignee 'max' in task 'label' of 3; check the spelling"):
        getattr(tasks, verb)(task.id, "max")
    with pytest.raises(NotFound, match="no assignee 'max' in task 'label' of 3"):
        tasks.set_limit(task.id, "max", None)
    with pytest.raises(NotFound, match="no task 'nope' in the store"):
        getattr(tasks, verb)("nope", "ann")


def test_the_only_assignment_with_a_share_cannot_be_deleted(tasks: Dispatcher) -> None:
    task = tasks.create("label", ITEMS, workload=Workload.of({"ann": 100, "bob": 0}))

    with pytest.raises(
        Refused, match="the assignment of 'ann' is the only one with a share; reassign it to somebody"
    ):
        tasks.delete_assignment(task.id, "ann")
    assert tasks.delete_assignment(task.id, "bob").event is not None


def test_a_deleted_assignment_is_empty_and_its_assignee_may_take_part_again(tasks: Dispatcher) -> None:
    static = tasks.create("label", ITEMS, workload=TEAM)
    pulled = tasks.create("pull", ITEMS, allowed=["ann", "bob"], pull=PULL)
    tasks.pull(pulled.id, "ann")

    for task in (static, pulled):
        tasks.delete_assignment(task.id, "ann")
        assert [a.assignee for a in tasks.assignments(task.id)] != ["ann"]
        assert tasks.progress(task.id)["ann"].state == "active"
        assert tasks.progress(task.id)["ann"].progress == "empty"
    assert tasks.pull(pulled.id, "ann").items == ("i2", "i3")
    assert tasks.get(static.id).workload == Workload.of({"bob": 60, "eve": 40})


# Anything that may happen to a team.


@settings(max_examples=30)
@pytest.mark.parametrize("kind", STORES)
@given(data=st.data())
def test_only_the_leavers_open_work_moves_and_each_item_once(kind: str, data: st.DataObject) -> None:
    workload = data.draw(strategies.workloads(5))
    n = data.draw(st.integers(0, 20))
    with opened(kind) as tasks:
        task = tasks.create("label", [f"i{at}" for at in range(n)], workload=workload)
        for name in data.draw(st.lists(st.sampled_from(workload.assignees), unique=True)):
            if tasks.progress(task.id)[name].state == "active":
                finish(tasks, task.id, name, data.draw(st.integers(0, 3)))
            verb = data.draw(st.sampled_from(["pause", "remove_assignee"]))
            before = kept(tasks, task.id)

            change = getattr(tasks, verb)(task.id, name)

            after = kept(tasks, task.id)
            open_ = {at for (at, who), c in cells_of(before).items() if who == name and c.state == "open"}
            assert {move.source for move in change.diff.moves} <= {name}
            assert len({move.item for move in change.diff.moves}) == len(change.diff) == len(open_)
            unmoved = [item for item, row in before.items.items() if row[0] not in open_]
            assert all(after.items[item] == before.items[item] for item in unmoved)
            able = [a for a in tasks.assignments(task.id, empty=True) if a.state == "active" and a.load]
            assert not able or None not in holders(after).values()
