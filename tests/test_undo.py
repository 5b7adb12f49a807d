"""Undo: every verb, right after it and later; and dry runs, which answer the same and keep nothing."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.dispatcher import Dispatcher
from distribution import (
    ByEffort,
    InvalidInput,
    Item,
    Limit,
    Link,
    Node,
    NotFound,
    Overlap,
    Pipeline,
    Pull,
    Refused,
    Sample,
    Workload,
)
from tests.kept import NOON, STORES, Clock, Kept, kept, load, opened, state, told, who_has

ITEMS = [Item(f"i{n}", effort=n % 3, attributes={"size": n}) for n in range(12)]
TEAM = Workload.of({"ann": 50, "bob": 30, "eve": 20})
PULL = Pull(batch_size=2, max_batch_workload=4, lease=timedelta(minutes=30))
Verb = Callable[..., Any]


@pytest.fixture(params=STORES)
def tasks(request: pytest.FixtureRequest) -> Iterator[Dispatcher]:
    with opened(request.param) as tasks:
        yield tasks


def passes(tasks: Dispatcher, **time: float) -> None:
    clock = tasks._clock
    assert isinstance(clock, Clock)
    clock.passes(**time)


def late(tasks: Dispatcher) -> Dispatcher:
    """Let every lease end."""
    passes(tasks, minutes=40)
    return tasks


def static(tasks: Dispatcher, **settings: Any) -> str:
    """Make a task in which much has happened: done, skipped, waiting, removed, paused."""
    task = tasks.create("label", ITEMS, workload=TEAM, **settings)
    items = mine(tasks, task.id, "ann")
    tasks.set_status(task.id, "ann", items[:1], "completed")
    tasks.remove_items(task.id, items[1:2])
    tasks.add_assignee(task.id, "max")
    tasks.set_limit(task.id, "eve", Limit(count=9))
    tasks.add_assignee(task.id, "zoe", load=10)
    tasks.pause(task.id, "max")
    tasks.skip(task.id, "bob", mine(tasks, task.id, "bob"))
    tasks.redistribute(task.id)
    tasks.release(task.id, "ann", mine(tasks, task.id, "ann")[:1])
    passes(tasks, minutes=1)
    # Whoever does nothing gets nothing that others leave.
    tasks.set_status(task.id, "eve", mine(tasks, task.id, "eve")[:1], "completed")
    return task.id


def pulled(tasks: Dispatcher, **settings: Any) -> str:
    """Make a task that is pulled from, in which much has happened."""
    task = tasks.create("label", ITEMS, allowed=["ann", "bob", "eve"], pull=PULL, **settings)
    tasks.pull(task.id, "ann")
    tasks.pull(task.id, "bob")
    tasks.pull(task.id, "bob")
    tasks.set_status(task.id, "ann", ["i0"], "completed")
    tasks.skip(task.id, "bob", ["i2"])
    tasks.release(task.id, "bob", ["i3"])
    tasks.remove_items(task.id, ["i9"])
    tasks.add_assignee(task.id, "max")
    tasks.pause(task.id, "max")
    passes(tasks, minutes=1)
    return task.id


def closed(tasks: Dispatcher) -> str:
    task_id = static(tasks)
    tasks.close_task(task_id)
    return task_id


def deleted(tasks: Dispatcher) -> str:
    task_id = static(tasks)
    tasks.delete(task_id)
    return task_id


def ended(tasks: Dispatcher) -> str:
    """Make a task that is pulled from, all leases of which have ended."""
    task_id = pulled(tasks)
    passes(tasks, hours=1)
    return task_id


def untouched(tasks: Dispatcher) -> str:
    """Make a task that nobody has begun, and in which one has nothing."""
    task_id = tasks.create("label", ITEMS, workload=TEAM).id
    tasks.add_assignee(task_id, "zoe")
    return task_id


def review(tasks: Dispatcher) -> str:
    """Make a review of a task in which more was finished since."""
    task_id = static(tasks)
    made = tasks.create_qa(task_id, ["kim"], Sample(percent=100), id="review").id
    tasks.set_status(task_id, "eve", mine(tasks, task_id, "eve"), "completed")
    return made


def rejected(tasks: Dispatcher) -> str:
    """Make a task of which a review has rejected work that was not sent back."""
    task_id = static(tasks)
    made = tasks.create_qa(task_id, ["kim"], Sample(percent=100), id="review").id
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tasks, "_pass_on", lambda *_: None)
        tasks.set_status(made, "kim", mine(tasks, made, "kim")[:1], "discard")
    return task_id


def piped(tasks: Dispatcher) -> str:
    """Make a node of a pipeline in which something is finished, and something went on."""
    label = Node(id="label", workload=TEAM)
    check = Node(id="check", workload=Workload.even(["kim"]))
    links = [Link("label", "completed", "check")]
    tasks.create_pipeline(Pipeline(id="f", nodes=[label, check], links=links))
    tasks.enter("f", ITEMS)
    for who in ("ann", "bob"):
        tasks.set_status("f.label", who, mine(tasks, "f.label", who)[:2], "completed")
    return "f.label"


def removed_one(tasks: Dispatcher, task_id: str) -> str:
    return next(item for item, row in kept(tasks, task_id).items.items() if row[3])


MANAGING: dict[str, Verb] = {
    "add": lambda t, k, **o: t.add_items(k, ["new", Item("more", attributes={"size": 1}), "i0"], **o),
    "add again": lambda t, k, **o: t.add_items(k, [removed_one(t, k), "new"], **o),
    "add with loads": lambda t, k, **o: t.add_items(
        k, ["new", removed_one(t, k)], workload=Workload.even(["eve", "kim"]), **o
    ),
    "share out one person's": lambda t, k, **o: t.redistribute(
        k, Workload.even(["eve", "kim"]), source="bob", **o
    ),
    "remove": lambda t, k, **o: t.remove_items(k, [f"i{n}" for n in range(6)], **o),
    "remove all": lambda t, k, **o: t.remove_items(k, **o),
    "reassign": lambda t, k, **o: t.reassign(k, "bob", "ann", **o),
    "reassign to somebody new": lambda t, k, **o: t.reassign(k, "bob", "kim", **o),
    "add assignee": lambda t, k, **o: t.add_assignee(k, "kim", limit=Limit(percent=50), **o),
    "pause": lambda t, k, **o: t.pause(k, "bob", **o),
    "resume": lambda t, k, **o: t.resume(k, "max", **o),
    "remove assignee": lambda t, k, **o: t.remove_assignee(k, "bob", **o),
    "delete assignment": lambda t, k, **o: t.delete_assignment(k, "bob", **o),
    "limit": lambda t, k, **o: t.set_limit(k, "ann", Limit(count=3), **o),
    "reclaim": lambda t, k, **o: t.reclaim(k, idle=timedelta(seconds=1), **o),
    "close": lambda t, k, **o: t.close_task(k, **o),
    "send back": lambda t, k, **o: t.send_back(k, sends="others", **o),
    "change": lambda t, k, **o: t.change(
        k, name="new", due=NOON, priority=3, actions=["fine", "bad"], metadata={"k": [1]}, **o
    ),
    "delete": lambda t, k, **o: t.delete(k, **o),
}
STATIC: dict[str, Verb] = {
    "redistribute": lambda t, k, **o: t.redistribute(k, Workload.of({"ann": 10, "eve": 70, "kim": 20}), **o),
    "redistribute as it is": lambda t, k, **o: t.redistribute(k, **o),
    "load": lambda t, k, **o: t.set_load(k, "eve", 80, **o),
    "add with a load": lambda t, k, **o: t.add_assignee(k, "kim", load=50, **o),
}
WORKING: dict[str, Verb] = {
    "submit": lambda t, k: t.set_status(k, "bob", mine(t, k, "bob")[:2], "discard"),
    "clear": lambda t, k: t.clear_status(k, "ann", [row.item for row in t.placements(k, state="done")]),
    "skip": lambda t, k: t.skip(k, "bob", mine(t, k, "bob")[:2]),
    "release": lambda t, k: t.release(k, "bob"),
    "renew": lambda t, k: t.renew(k, "bob"),
}
QUEUED: dict[str, Verb] = {
    "redistribute": lambda t, k, **o: t.redistribute(k, Workload.of({"ann": 10, "eve": 70, "kim": 20}), **o),
    "pull settings": lambda t, k, **o: t.change(k, pull=Pull(batch_size=3, max_batch_workload=9), **o),
}
PULLED: dict[str, Verb] = {
    "pull": lambda t, k: t.pull(k, "eve"),
    "pull what came back": lambda t, k: t.pull(k, "ann"),
    "pull what is over": lambda t, k: late(t).pull(k, "eve"),
    "pull next": lambda t, _: t.pull_next("eve"),
    "submit and pull": lambda t, k: t.submit_and_pull(k, "bob", mine(t, k, "bob")[:2], "completed"),
}
ONLY_THEN: list[tuple[Callable[[Dispatcher], str], str, Verb]] = [
    (closed, "reopen", lambda t, k, **o: t.reopen(k, **o)),
    (ended, "reclaim leases", lambda t, k, **o: t.reclaim(k, **o)),
    (review, "extend", lambda t, k, **o: t.extend_qa(k, **o)),
    (rejected, "send rejected", lambda t, _, **o: t.send_rejected("review", **o)),
]
"""Changes that there is nothing to do for, unless something has gone before."""
THOUGHT = [
    pytest.param(deleted, lambda t, k, **o: t.purge(k, **o), id="deleted-purge"),
    pytest.param(deleted, lambda t, k, **o: t.undo(k, kept(t, k).versions, **o), id="deleted-undo"),
    pytest.param(static, lambda t, k, **o: t.undo(k, kept(t, k).versions, **o), id="static-undo"),
]
"""What has a dry run, and is not undone like the others."""
CHANGES = [
    *[pytest.param(make, verb, id=f"{make.__name__}-{name}") for make, name, verb in ONLY_THEN],
    *[pytest.param(static, verb, id=f"static-{name}") for name, verb in {**MANAGING, **STATIC}.items()],
    *[pytest.param(pulled, verb, id=f"pulled-{name}") for name, verb in {**MANAGING, **QUEUED}.items()],
]
CALLS = [
    *CHANGES,
    pytest.param(untouched, lambda t, k: t.steal(k, "zoe"), id="untouched-steal"),
    pytest.param(piped, lambda t, _: t.enter("f", ["i0", "i1", "new"]), id="piped-enter"),
    *[pytest.param(static, verb, id=f"static-{name}") for name, verb in WORKING.items()],
    *[pytest.param(pulled, verb, id=f"pulled-{name}") for name, verb in {**WORKING, **PULLED}.items()],
]


def mine(tasks: Dispatcher, task_id: str, assignee: str) -> list[str]:
    return [row.item for row in tasks.placements(task_id, assignee=assignee, state="open")]


def idle(found: Kept) -> Any:
    """Give what counts of a task, apart from when people last did something, which stays true."""
    task, members, items = state(found)
    return task, {name: standing[:-1] for name, standing in members.items()}, items


# Dry runs.


def named(calls: list[Any]) -> set[str]:
    """Name the verbs that are called."""
    verbs = {name for name, _ in inspect.getmembers(Dispatcher, inspect.isfunction)}
    return {name for call in calls for name in call.values[1].__code__.co_names if name in verbs}


def taking(parameter: str) -> set[str]:
    """Name the verbs with a parameter."""
    return {
        name
        for name, method in inspect.getmembers(Dispatcher, inspect.isfunction)
        if parameter in inspect.signature(method).parameters and not name.startswith("_")
    }


def test_every_verb_that_has_a_dry_run_is_tried_in_these_tests() -> None:
    assert named([*CHANGES, *THOUGHT]) - {"placements"} == taking("dry_run")


def test_every_verb_that_can_be_undone_is_tried_in_these_tests() -> None:
    assert named(CALLS) - {"placements"} == taking("by") - {
        "create",
        "purge",
        "undo",
        "create_pipeline",
        "advance",
        "delete_pipeline",
    }


@pytest.mark.parametrize(("make", "verb"), [*CHANGES, *THOUGHT])
def test_a_dry_run_answers_what_the_real_call_then_does_and_changes_nothing(
    tasks: Dispatcher, make: Callable[[Dispatcher], str], verb: Verb
) -> None:
    task_id = make(tasks)
    before = kept(tasks, task_id)

    dry = verb(tasks, task_id, dry_run=True)
    between = kept(tasks, task_id)
    real = verb(tasks, task_id)

    assert between == before
    assert told(dry) == told(real)
    assert kept(tasks, task_id).versions == before.versions + bool(real)


def test_a_dry_run_answers_for_what_would_be_whatever_a_request_was_answered(tasks: Dispatcher) -> None:
    task_id = static(tasks)
    tasks.add_items(task_id, ["new", "i0"], request="r")

    dry = tasks.add_items(task_id, ["new", "i0"], request="r", dry_run=True)

    assert dry.event is None
    assert {left.item for left in dry.refused} == {"i0", "new"}
    assert tasks.add_items(task_id, ["new", "i0"], request="r").event is not None


# Undo right after.


@pytest.mark.parametrize(("make", "verb"), CALLS)
def test_undo_right_after_a_verb_restores_every_row(
    tasks: Dispatcher, make: Callable[[Dispatcher], str], verb: Verb
) -> None:
    task_id = make(tasks)
    before = kept(tasks, task_id)
    verb(tasks, task_id)
    after = kept(tasks, task_id)
    assert after.versions == before.versions + 1

    tasks.undo(task_id, after.versions)

    assert idle(kept(tasks, task_id)) == idle(before)


@pytest.mark.parametrize(("make", "verb"), CALLS)
def test_the_undo_of_an_undo_is_the_change_again(
    tasks: Dispatcher, make: Callable[[Dispatcher], str], verb: Verb
) -> None:
    task_id = make(tasks)
    verb(tasks, task_id)
    after = kept(tasks, task_id)
    undone = tasks.undo(task_id, after.versions)

    again = tasks.undo(task_id, undone.version)

    assert idle(kept(tasks, task_id)) == idle(after)
    tasks.undo(task_id, again.version)
    entry = tasks.history(task_id)[-1].event
    assert (entry.what, entry.facts) == ("undone", {"version": again.version, "what": "undone"})


def test_an_undo_tells_what_it_does(tasks: Dispatcher) -> None:
    task = tasks.create("label", ["a", "b"], workload=Workload.even(["ann", "bob"]))
    change = tasks.reassign(task.id, "ann", "bob")

    undone = tasks.undo(task.id, change.version, actor="zoe", reason="a slip")

    assert undone.diff == change.diff.inverse()
    assert undone.event is not None
    assert undone.event.facts == {"version": 2, "what": "reassigned"}
    stamp = tasks.history(task.id)[-1].stamp
    assert (stamp.actor, stamp.reason) == ("zoe", "a slip")


def test_the_undo_of_a_status_moves_nothing_from_hand_to_hand(tasks: Dispatcher) -> None:
    task = tasks.create("label", ["a"], workload=Workload.even(["ann"]))
    tasks.set_status(task.id, "ann", ["a"], "completed")

    undone = tasks.undo(task.id, 2)

    assert (len(undone.diff), mine(tasks, task.id, "ann")) == (0, ["a"])


# Undo later.


def test_an_undo_in_the_middle_leaves_later_unrelated_changes(tasks: Dispatcher) -> None:
    task = tasks.create("label", [f"i{n}" for n in range(12)], workload=TEAM)
    before = who_has(tasks, task.id)
    change = tasks.reassign(task.id, "ann", "zoe")
    tasks.change(task.id, priority=7)
    tasks.set_status(task.id, "eve", mine(tasks, task.id, "eve"), "completed")
    tasks.pause(task.id, "bob")
    later = who_has(tasks, task.id)

    tasks.undo(task.id, change.version)

    assert who_has(tasks, task.id) == later | {item: "ann" for item, who in before.items() if who == "ann"}
    assert tasks.get(task.id).priority == 7
    assert tasks.progress(task.id)["eve"].done == 2
    assert tasks.progress(task.id)["bob"].state == "paused"


def test_undoing_what_came_after_first_goes_all_the_way_back(tasks: Dispatcher) -> None:
    task = tasks.create("label", ITEMS, workload=TEAM)
    states = [idle(kept(tasks, task.id))]
    for verb in [*list(STATIC.values())[::-1], MANAGING["pause"], MANAGING["remove"], MANAGING["delete"]]:
        before = kept(tasks, task.id).versions
        verb(tasks, task.id)
        if kept(tasks, task.id).versions > before:
            states.append(idle(kept(tasks, task.id)))

    for version in range(len(states), 1, -1):
        tasks.undo(task.id, version)
        assert idle(kept(tasks, task.id)) == states[version - 2]


def refusal(tasks: Dispatcher, task_id: str, version: int) -> str:
    """Try to undo; give why not, and see that nothing changed."""
    before = kept(tasks, task_id)
    with pytest.raises(Refused) as error:
        tasks.undo(task_id, version)
    assert kept(tasks, task_id) == before
    return str(error.value)


LATE = "; undo what came after it first, or make the change you want"


def test_undo_is_refused_with_the_reason_once_anybody_worked_on_it(tasks: Dispatcher) -> None:
    task = tasks.create("label", ["a", "b"], workload=Workload.even(["ann", "bob"]))
    version = tasks.reassign(task.id, "ann", "bob").version
    item = next(item for item, who in who_has(tasks, task.id).items() if who == "bob")
    moved = tasks.history(task.id)[-1].event.shifts[0].positions[0]
    name = ["a", "b"][moved]
    tasks.set_status(task.id, "bob", [name], "completed")

    assert item in {"a", "b"}
    assert (
        refusal(tasks, task.id, version)
        == f"version 2 cannot be undone: item {name!r} was worked on since{LATE}"
    )


def test_an_undo_that_is_in_the_way_of_another_change_says_what_that_did(tasks: Dispatcher) -> None:
    """Nobody worked on anything."""
    task = tasks.create("label", ["a"], workload=Workload.even(["ann"]))
    first = tasks.reassign(task.id, "ann", "bob").version
    second = tasks.reassign(task.id, "bob", "ann").version
    assert refusal(tasks, task.id, first).startswith(
        "version 2 cannot be undone: item 'a' moved on from 'bob'"
    )
    tasks.undo(task.id, second)
    tasks.undo(task.id, first)
    third = tasks.remove_items(task.id, ["a"]).version
    tasks.add_items(task.id, ["a"])
    assert "item 'a' came back since" in refusal(tasks, task.id, third)

    pulled = tasks.create("label", ["a"], allowed=["ann", "bob"], pull=PULL)
    tasks.pull(pulled.id, "ann")
    moved = tasks.reassign(pulled.id, "ann", "bob").version
    tasks.pause(pulled.id, "bob")
    assert "item 'a' went back from 'bob' since" in refusal(tasks, pulled.id, moved)

    both = Overlap(percent=100, assignees=2)
    twice = tasks.create("label", ["a"], allowed=["ann", "bob"], pull=PULL, overlap=both)
    tasks.pull(twice.id, "ann")
    moved = tasks.reassign(twice.id, "ann", "bob").version
    tasks.pull(twice.id, "ann")
    with pytest.raises(Refused, match="item 'a' came to 'ann' again since"):
        tasks.undo(twice.id, moved)


def test_added_items_are_not_taken_back_once_somebody_had_them(tasks: Dispatcher) -> None:
    task = tasks.create("label", ["a"], allowed=["ann"], pull=PULL)
    tasks.remove_items(task.id, ["a"])
    again = tasks.add_items(task.id, ["a"]).version
    new = tasks.add_items(task.id, ["b"]).version
    tasks.pull(task.id, "ann")

    assert "item 'a' went to somebody since" in refusal(tasks, task.id, again)
    assert "item 'b' went to somebody since" in refusal(tasks, task.id, new)
    tasks.release(task.id, "ann")
    assert "item 'b' went to somebody since" in refusal(tasks, task.id, new)
    tasks.set_status(task.id, "ann", ["b"], "completed")
    assert "item 'b' was worked on since" in refusal(tasks, task.id, new)
    tasks.clear_status(task.id, "ann", ["b"])
    tasks.release(task.id, "ann")
    tasks.undo(task.id, again)
    assert tasks.get(task.id).items == 1


def test_items_that_went_or_came_meanwhile_are_in_the_way(tasks: Dispatcher) -> None:
    task = tasks.create("label", ["a", "b"], allowed=["ann"], pull=PULL)
    out = tasks.remove_items(task.id, ["a"]).version
    back = tasks.add_items(task.id, ["a"]).version
    assert "item 'a' came back since" in refusal(tasks, task.id, out)
    tasks.remove_items(task.id, ["a"])
    assert "item 'a' was removed since" in refusal(tasks, task.id, back)


def test_what_was_given_back_does_not_return_to_her_once_it_left_the_task(tasks: Dispatcher) -> None:
    task = tasks.create("label", ["a"], allowed=["ann"], pull=PULL)
    tasks.pull(task.id, "ann")
    tasks.release(task.id, "ann")
    tasks.remove_items(task.id, ["a"])

    assert "item 'a' was removed since" in refusal(tasks, task.id, 3)


def test_what_was_given_back_does_not_return_to_her_once_somebody_else_has_it(tasks: Dispatcher) -> None:
    task = tasks.create("label", ["a"], allowed=["ann", "bob"], pull=PULL)
    tasks.pull(task.id, "ann")
    tasks.release(task.id, "ann")
    tasks.pull(task.id, "bob")

    assert "item 'a' went to somebody else since" in refusal(tasks, task.id, 3)


def test_nobody_leaves_by_an_undo_with_work_in_her_hands(tasks: Dispatcher) -> None:
    task = tasks.create("label", ["a", "b"], allowed=["ann"], pull=PULL)
    joined = tasks.add_assignee(task.id, "zoe").version
    tasks.pause(task.id, "ann")
    resumed = tasks.resume(task.id, "ann").version
    tasks.pull(task.id, "zoe")

    assert "assignee 'zoe' was given work since" in refusal(tasks, task.id, joined)
    tasks.set_status(task.id, "zoe", ["a", "b"], "completed")
    assert "assignee 'zoe' was given work since" in refusal(tasks, task.id, joined)
    tasks.add_items(task.id, ["c"])
    tasks.pull(task.id, "ann")
    assert "assignee 'ann' was given work since" in refusal(tasks, task.id, resumed)


def test_open_work_does_not_return_to_somebody_who_went_meanwhile(tasks: Dispatcher) -> None:
    task = tasks.create("label", ["a", "b"], workload=Workload.even(["ann", "bob"]))
    version = tasks.reassign(task.id, "ann", "zoe").version
    tasks.pause(task.id, "ann")

    assert "assignee 'ann' was paused since" in refusal(tasks, task.id, version)


def test_a_setting_or_an_assignee_that_changed_again_is_in_the_way(tasks: Dispatcher) -> None:
    task = tasks.create("label", ["a", "b"], workload=Workload.even(["ann", "bob"]))
    named = tasks.change(task.id, name="new").version
    limited = tasks.set_limit(task.id, "ann", Limit(count=5)).version
    loaded = tasks.redistribute(task.id, Workload.of({"ann": 0, "bob": 100})).version
    tasks.change(task.id, name="newer")
    tasks.set_limit(task.id, "ann", None)
    tasks.set_load(task.id, "ann", 50)

    assert "the name of the task changed since" in refusal(tasks, task.id, named)
    assert "assignee 'ann' changed since" in refusal(tasks, task.id, limited)
    assert "since" in refusal(tasks, task.id, loaded)


def test_some_things_have_no_way_back(tasks: Dispatcher) -> None:
    task = tasks.create("label", ["a"], workload=Workload.even(["ann"]))
    assert refusal(tasks, task.id, 1) == "version 1 is 'created' and has no way back; delete the task"
    tasks.redistribute(task.id, request="r")
    assert "has no way back; nothing was changed by it" in refusal(tasks, task.id, 2)
    tasks.delete(task.id)
    tasks.purge(task.id)
    with pytest.raises(NotFound, match="no task 't1' in the store"):
        tasks.undo(task.id, 3)


def test_of_a_deleted_task_only_the_deletion_is_undone(tasks: Dispatcher) -> None:
    task = tasks.create("label", ["a"], workload=Workload.even(["ann"]))
    changed = tasks.change(task.id, priority=1).version
    deleted = tasks.delete(task.id).version

    assert refusal(tasks, task.id, changed).startswith(
        "version 2 cannot be undone: the task was deleted since; undo what came after it first"
    )
    back = tasks.undo(task.id, deleted).version
    again = tasks.undo(task.id, back).version
    assert list(tasks.all()) == []
    assert "the task was deleted since" in refusal(tasks, task.id, back)
    tasks.undo(task.id, again)
    tasks.undo(task.id, changed)
    assert tasks.get(task.id).priority == 0


def test_only_a_version_there_is_can_be_undone(tasks: Dispatcher) -> None:
    task = tasks.create("label", ["a"], workload=Workload.even(["ann"]))

    with pytest.raises(
        NotFound, match="no version 2 in the history of task 'label'; list the history to see the versions"
    ):
        tasks.undo(task.id, 2)
    with pytest.raises(NotFound, match="no task 'nope'"):
        tasks.undo("nope", 1)
    with pytest.raises(InvalidInput, match="version must be a whole number of at least 1, got 0"):
        tasks.undo(task.id, 0)


def test_an_undo_with_a_request_id_is_made_once(tasks: Dispatcher) -> None:
    task = tasks.create("label", ["a", "b"], workload=Workload.even(["ann", "bob"]))
    version = tasks.reassign(task.id, "ann", "bob").version

    first = tasks.undo(task.id, version, request="r")

    assert tasks.undo(task.id, version, request="r") == first
    assert kept(tasks, task.id).versions == 3


# Any change after any others.


@settings(max_examples=25)
@pytest.mark.parametrize("kind", STORES)
@given(data=st.data())
def test_whatever_happened_an_undo_of_the_last_change_restores_every_row(
    kind: str, data: st.DataObject
) -> None:
    in_static = data.draw(st.booleans())
    verbs = [*MANAGING.values(), *WORKING.values(), *(STATIC if in_static else {**QUEUED, **PULLED}).values()]
    with opened(kind) as tasks:
        basis = data.draw(st.sampled_from([None, ByEffort()])) if in_static else None
        task_id = static(tasks, basis=basis) if in_static else pulled(tasks)
        for verb in data.draw(st.lists(st.sampled_from(verbs), min_size=1, max_size=6)):
            before = kept(tasks, task_id)
            try:
                verb(tasks, task_id)
            except (Refused, NotFound, InvalidInput, StopIteration):
                assert kept(tasks, task_id) == before
                continue
            after = kept(tasks, task_id)
            if after.versions == before.versions:
                assert after == before
                continue
            undone = tasks.undo(task_id, after.versions)
            assert idle(kept(tasks, task_id)) == idle(before)
            tasks.undo(task_id, undone.version)
            assert idle(kept(tasks, task_id)) == idle(after)
            passes(tasks, minutes=1)


def test_counts_stay_right_when_undo_meets_undo(tasks: Dispatcher) -> None:
    task = tasks.create("label", ["a", "b", "c"], workload=Workload.even(["ann", "bob"]))
    added = tasks.add_items(task.id, ["d"]).version
    tasks.undo(task.id, added)
    assert load(tasks, task.id) == {"ann": 2, "bob": 1}

    # It comes back as it was; so the undo of its addition cannot be undone once more.
    tasks.add_items(task.id, ["d"])

    assert attrs.asdict(tasks.progress(task.id))["items"] == 4
    assert "item 'd' came back since" in refusal(tasks, task.id, added + 1)
