"""What happened, by whom and why; the story of an item; the log played again."""

from __future__ import annotations

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
    Grouped,
    InvalidInput,
    Item,
    Limit,
    NotFound,
    Pull,
    Refused,
    Stratified,
    Workload,
    distribute,
)
from distribution.codec import encode
from distribution.events import Cell, Entry, Event, Shift, Stamp
from distribution.replay import replay
from distribution.settings import COUNTED
from tests.kept import NOON, STORES, Clock, cells_of, kept, opened, who_has

TEAM = Workload.of({"ann": 50, "bob": 30, "eve": 20})
PULL = Pull(batch_size=2, max_batch_workload=4, lease=timedelta(minutes=30))
ITEMS = [Item(f"i{n}", effort=n % 3, attributes={"dir": f"/{n % 2}"}) for n in range(10)]


@pytest.fixture(params=STORES)
def tasks(request: pytest.FixtureRequest) -> Iterator[Dispatcher]:
    with opened(request.param) as tasks:
        yield tasks


def passes(tasks: Dispatcher, **time: float) -> None:
    clock = tasks._clock
    assert isinstance(clock, Clock)
    clock.passes(**time)


# History.


def test_the_history_says_who_did_what_when_why_and_under_which_request(tasks: Dispatcher) -> None:
    task = tasks.create("label", ["a", "b"], workload=Workload.even(["ann", "bob"]), actor="zoe")
    passes(tasks, minutes=1)
    tasks.reassign(task.id, "ann", "bob", actor="max", request="r1", reason="Ann is ill")

    created, moved = tasks.history(task.id)

    assert (created.version, created.stamp) == (1, Stamp(at=NOON, actor="zoe"))
    assert created.event.facts == {"items": 2, "skipped": 0, "counts": {"ann": 1, "bob": 1}}
    assert moved.stamp == Stamp(
        at=NOON + timedelta(minutes=1), actor="max", request="r1", reason="Ann is ill"
    )
    assert (moved.event.what, moved.event.assignee) == ("reassigned", "ann")
    open_then, open_now = Cell("open", NOON), Cell("open", moved.stamp.at)
    place = moved.event.shifts[0].positions
    assert moved.event.shifts == (
        Shift("ann", open_then, None, place),
        Shift("bob", None, open_now, place),
    )
    assert moved.event.touched == 2
    with pytest.raises(NotFound, match="no task 'nope'"):
        tasks.history("nope")


def test_a_call_with_a_request_id_that_changes_nothing_is_in_the_history_too(tasks: Dispatcher) -> None:
    task = tasks.create("label", ["a"], allowed=["ann"], pull=PULL)

    tasks.add_items(task.id, ["a"], request="r", reason="again")
    tasks.add_items(task.id, ["a"])

    assert [(e.event.what, e.stamp.request) for e in tasks.history(task.id)] == [
        ("created", None),
        ("answered", "r"),
    ]


def test_a_change_with_a_request_id_is_made_once_and_answered_alike(tasks: Dispatcher) -> None:
    task = tasks.create("label", ITEMS, workload=TEAM)

    first = tasks.redistribute(task.id, Workload.even(["ann", "zoe"]), request="r")

    assert tasks.redistribute(task.id, Workload.even(["ann", "zoe"]), request="r") == first
    with pytest.raises(Refused, match="request 'r' was used for another call"):
        tasks.redistribute(task.id, Workload.even(["ann", "kim"]), request="r")
    assert kept(tasks, task.id).versions == 2


# The story of an item.


@pytest.mark.parametrize("basis", [None, ByEffort(), Stratified("dir"), Grouped("dir")], ids=str)
def test_an_item_that_was_shared_out_says_why_it_went_where_it_went(tasks: Dispatcher, basis: Any) -> None:
    task = tasks.create("label", ITEMS, workload=TEAM, basis=basis, seed=3)
    plan = distribute(ITEMS, TEAM, basis=basis, seed=3) if basis else distribute(ITEMS, TEAM, seed=3)
    tasks.redistribute(task.id, Workload.of({"ann": 0, "bob": 0, "zoe": 100}))
    tasks.add_items(task.id, ["late"])
    tasks.change(task.id, name="new")

    for item in ITEMS:
        assert tasks.explain(task.id, item.id).placed == plan.explain(item.id)
    assert tasks.explain(task.id, "late").placed is None
    assert tasks.replan(task.id) == plan


def test_the_story_of_an_item_that_moved_and_was_finished(tasks: Dispatcher) -> None:
    task = tasks.create("label", ["a", "b"], workload=Workload.even(["ann", "bob"]), seed=1)
    item = tasks.placements(task.id, assignee="ann")[0].item
    passes(tasks, hours=1)
    tasks.reassign(task.id, "ann", "bob", actor="zoe", reason="Ann is ill")
    tasks.set_status(task.id, "bob", [item], "completed")

    story = tasks.explain(task.id, item)

    assert [
        (c.version, c.what, c.assignee, c.state, c.status, c.actor, c.reason) for c in story.chapters
    ] == [
        (2, "reassigned", "ann", None, None, "zoe", "Ann is ill"),
        (2, "reassigned", "bob", "open", None, "zoe", "Ann is ill"),
        (3, "submitted", "bob", "done", "completed", "", ""),
    ]
    assert (story.task, story.item, story.left, story.removed) == (task.id, item, 0, False)
    lines = str(story).splitlines()
    assert lines[0] == f"{item!r} is completed with 'bob'"
    assert lines[1].startswith(f"first, {item!r} is with 'ann': item ")
    assert lines[2:] == [
        "2026-11-22 13:00:00+00:00 reassigned for 'ann': taken away (Ann is ill)",
        "2026-11-22 13:00:00+00:00 reassigned for 'bob': open (Ann is ill)",
        "2026-11-22 13:00:00+00:00 submitted for 'bob': completed",
    ]


def test_the_story_of_an_item_that_was_pulled_lost_and_pulled_again(tasks: Dispatcher) -> None:
    task = tasks.create("label", ["a", "b"], allowed=["ann", "bob"], pull=PULL)
    tasks.pull(task.id, "ann")
    passes(tasks, hours=1)
    tasks.pull(task.id, "bob")

    story = tasks.explain(task.id, "a")

    assert [(c.what, c.assignee, c.state) for c in story.chapters] == [
        ("pulled", "ann", "open"),
        ("lease ended", "ann", "returned"),
        ("pulled", "bob", "open"),
    ]
    assert story.placed is None
    assert str(story).splitlines()[0] == "'a' is open with 'bob'"


def test_the_story_of_an_item_that_came_left_and_came_back(tasks: Dispatcher) -> None:
    task = tasks.create("label", ["a"], allowed=["ann"], pull=PULL)
    tasks.add_items(task.id, ["b"], reason="more")
    tasks.remove_items(task.id, ["b"])

    gone = tasks.explain(task.id, "b")
    tasks.add_items(task.id, ["b"])
    back = tasks.explain(task.id, "b")

    assert str(gone).splitlines() == [
        "'b' was removed from the task",
        "2026-11-22 12:00:00+00:00 added (more)",
        "2026-11-22 12:00:00+00:00 removed",
    ]
    assert [c.what for c in back.chapters] == ["added", "removed", "added"]
    assert str(back).splitlines()[0] == "'b' waits for somebody to take it"


def test_what_is_not_there_has_no_story(tasks: Dispatcher) -> None:
    task = tasks.create("label", ["a"], allowed=["ann"], pull=PULL)

    with pytest.raises(NotFound, match="no item 'zzz' in task 'label' of 1 items"):
        tasks.explain(task.id, "zzz")
    with pytest.raises(Refused, match="task 'label' is pulled from, so there was no plan; see its history"):
        tasks.replan(task.id)
    with pytest.raises(NotFound, match="no task 'nope'"):
        tasks.explain("nope", "a")


def test_an_explanation_that_would_contradict_what_is_kept_is_refused(
    tasks: Dispatcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    from distribution.orders import Spread

    task = tasks.create("label", ITEMS, workload=TEAM)
    monkeypatch.setattr("distribution.split.Shuffled", Spread)

    with pytest.raises(Refused, match="would contradict what is kept; explain it with the version"):
        _ = [tasks.explain(task.id, item.id) for item in ITEMS]


# The log played again.

VERBS: list[Callable[[Dispatcher, str, int], Any]] = [
    lambda t, k, n: t.add_items(k, [f"i{n}", f"new{n}"]),
    lambda t, k, n: t.remove_items(k, [f"i{n}", f"new{n}"]),
    lambda t, k, n: t.reassign(k, "ann", f"p{n % 2}"),
    lambda t, k, n: t.add_assignee(k, f"p{n % 3}"),
    lambda t, k, n: t.add_assignee(k, f"p{n % 3}", load=10 * n),
    lambda t, k, n: t.pause(k, ["ann", "bob", "eve"][n % 3]),
    lambda t, k, n: t.resume(k, ["ann", "bob", "eve"][n % 3]),
    lambda t, k, n: t.remove_assignee(k, ["ann", "bob", "p0"][n % 3]),
    lambda t, k, n: t.delete_assignment(k, ["ann", "bob", "p0"][n % 3]),
    lambda t, k, n: t.set_limit(k, "ann", Limit(count=n)),
    lambda t, k, n: t.set_load(k, "bob", 10 * n),
    lambda t, k, _: t.redistribute(k),
    lambda t, k, n: t.redistribute(k, Workload.weights({"ann": n + 1, "eve": 3, "p1": 2})),
    lambda t, k, n: t.reclaim(k, idle=timedelta(minutes=n)),
    lambda t, k, n: t.change(k, priority=n, metadata={"n": n}),
    lambda t, k, n: (t.close_task if n % 2 else t.reopen)(k),
    lambda t, k, n: t.undo(k, n + 2),
    lambda t, k, _: t.undo(k, kept(t, k).versions),
    lambda t, k, n: t.pull(k, ["ann", "bob", "eve"][n % 3]),
    lambda t, k, n: t.set_status(k, "ann", open_of(t, k, "ann")[: n % 3], "completed"),
    lambda t, k, n: t.skip(k, "bob", open_of(t, k, "bob")[: n % 3]),
    lambda t, k, n: t.release(k, "eve", open_of(t, k, "eve")[: n % 3]),
    lambda t, k, n: t.clear_status(k, "ann", [row.item for row in t.placements(k, state="done")][: n % 3]),
    lambda t, k, n: t.steal(k, ["ann", "p0"][n % 2]),
    lambda t, k, _: t.delete(k),
]


def open_of(tasks: Dispatcher, task_id: str, assignee: str) -> list[str]:
    return [row.item for row in tasks.placements(task_id, assignee=assignee, state="open")]


@settings(max_examples=40)
@pytest.mark.parametrize("kind", STORES)
@given(
    steps=st.lists(st.tuples(st.sampled_from(VERBS), st.integers(0, 9)), max_size=12),
    basis=st.sampled_from([None, ByEffort(), Stratified("dir"), Grouped("dir"), PULL]),
)
def test_replaying_the_events_gives_the_same_state(kind: str, steps: Any, basis: Any) -> None:
    with opened(kind) as tasks:
        if basis is PULL:
            task = tasks.create("label", ITEMS, allowed=list(TEAM.assignees), pull=PULL)
        else:
            task = tasks.create("label", ITEMS, workload=TEAM, basis=basis)
        for verb, n in steps:
            passes(tasks, minutes=7)
            # What is refused leaves nothing, so it is not in the way.
            versions = kept(tasks, task.id).versions
            try:
                verb(tasks, task.id, n)
            except (Refused, NotFound, InvalidInput):
                assert kept(tasks, task.id).versions == versions

        found = kept(tasks, task.id)
        state = tasks.replayed(task.id)
        assert state.version == found.versions
        assert state.cells == cells_of(found)
        assert state.positions == found.task["positions"]
        assert state.removed == {row[0] for row in found.items.values() if row[3]}
        assert state.members.items() <= {name: m[0] for name, m in found.members.items()}.items()
        unchanged = [m[0] for name, m in found.members.items() if name not in state.members]
        assert all((m.state, m.limit) == ("active", None) for m in unchanged)
        before = encode(task)
        assert isinstance(before, dict)
        now = {**before, **state.settings}
        assert {name: value for name, value in found.task.items() if name not in COUNTED} == {
            name: value for name, value in now.items() if name not in COUNTED
        }


def test_a_purged_task_has_nothing_left_to_replay(tasks: Dispatcher) -> None:
    task = tasks.create("label", ["a"], allowed=["ann"], pull=PULL)
    tasks.pull(task.id, "ann")
    tasks.delete(task.id)
    tasks.purge(task.id)

    for name in (task.id, "nope"):
        with pytest.raises(NotFound, match=f"no task '{name}'"):
            tasks.replayed(name)


def test_a_log_with_a_gap_or_that_does_not_fit_is_refused() -> None:
    open_ = Cell("open", NOON)
    entries = [
        Entry(task="t", version=1, stamp=Stamp(at=NOON), event=Event(what="created", facts={"items": 1})),
        Entry(
            task="t",
            version=2,
            stamp=Stamp(at=NOON),
            event=Event(what="pulled", shifts=(Shift("ann", None, open_, (0,)),)),
        ),
    ]

    assert replay(entries, None).cells == {(0, "ann"): open_}
    with pytest.raises(InvalidInput, match="the version of an entry must be 1, got 2"):
        replay(entries[1:], None)
    again = [*entries, attrs.evolve(entries[1], version=3)]
    with pytest.raises(InvalidInput, match=r"placement \(0, 'ann'\) must be None, got Cell"):
        replay(again, None)


def test_a_story_of_an_item_with_nobody_says_so(tasks: Dispatcher) -> None:
    task = tasks.create("label", ["a"], workload=Workload.even(["ann"]))
    tasks.pause(task.id, "ann")

    assert who_has(tasks, task.id) == {"a": None}
    assert str(tasks.explain(task.id, "a")).splitlines()[0] == "'a' waits for somebody to take it"


def test_nothing_is_left_of_a_purged_task_that_was_pulled_from(tasks: Dispatcher) -> None:
    task = tasks.create("label", ["a"], allowed=["ann"], pull=PULL)
    tasks.pull(task.id, "ann")
    tasks.delete(task.id)
    tasks.purge(task.id)

    assert replay(tasks.history(task.id), None).cells == {}
