"""A task is closed, reopened, changed, deleted, purged."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import attrs
import pytest

from adapters.dispatcher import Dispatcher
from distribution import InvalidInput, NotFound, Pull, Refused, Workload
from distribution.course import changing
from distribution.events import SettingChange, Stamp
from tests.kept import NOON, STORES, Clock, kept, opened

PULL = Pull(batch_size=1, max_batch_workload=2, lease=timedelta(minutes=30))


@pytest.fixture(params=STORES)
def tasks(request: pytest.FixtureRequest) -> Iterator[Dispatcher]:
    with opened(request.param) as tasks:
        yield tasks


def create(tasks: Dispatcher, **settings: Any) -> str:
    return tasks.create("label", ["a", "b", "c"], allowed=["ann", "bob"], pull=PULL, **settings).id


def passes(tasks: Dispatcher, **time: float) -> None:
    clock = tasks._clock
    assert isinstance(clock, Clock)
    clock.passes(**time)


def test_pulls_stop_with_the_reason_when_the_task_is_closed_and_reopening_is_explicit(
    tasks: Dispatcher,
) -> None:
    task_id = create(tasks)
    tasks.pull(task_id, "ann")

    tasks.close_task(task_id)

    assert str(tasks.pull(task_id, "bob").reason) == "task 't1' is closed; reopen it to hand out work again"
    assert tasks.set_status(task_id, "ann", ["a"], "completed").changed == ("a",)
    tasks.reopen(task_id)
    assert tasks.pull(task_id, "bob").items == ("b",)


def test_pulls_stop_with_the_reason_when_the_task_is_past_due(tasks: Dispatcher) -> None:
    task_id = create(tasks, due=NOON + timedelta(hours=1))
    passes(tasks, hours=1)

    reason = str(tasks.pull(task_id, "bob").reason)

    assert reason == "task 't1' was due at 2026-11-22 13:00:00+00:00; give it a later due date to go on"
    tasks.change(task_id, due=NOON + timedelta(hours=2))
    assert tasks.pull(task_id, "bob").items == ("a",)


def test_leases_still_expire_in_a_closed_task(tasks: Dispatcher) -> None:
    task_id = create(tasks)
    tasks.pull(task_id, "ann")
    tasks.close_task(task_id)
    passes(tasks, hours=1)

    assert tasks.reclaim(task_id).flows() == {("ann", None): 1}


def test_settings_change_and_the_event_has_both_sides(tasks: Dispatcher) -> None:
    task_id = create(tasks)
    due = datetime(2027, 1, 1, tzinfo=UTC)

    change = tasks.change(task_id, name="new", due=due, priority=2, actions=["fine"], metadata={"k": (1, 2)})

    task = tasks.get(task_id)
    assert (task.name, task.due, task.priority, task.actions, task.metadata) == (
        "new",
        due,
        2,
        ("fine",),
        {"k": [1, 2]},
    )
    assert change.event is not None
    assert change.event.settings == (
        SettingChange("name", "label", "new"),
        SettingChange("actions", ["completed", "discard", "approved"], ["fine"]),
        SettingChange("priority", 0, 2),
        SettingChange("due", None, "2027-01-01T00:00:00+00:00"),
        SettingChange("metadata", {}, {"k": [1, 2]}),
    )
    tasks.pull(task_id, "ann")
    with pytest.raises(InvalidInput, match="status of task 'new' must be one of 'fine', got 'completed'"):
        tasks.set_status(task_id, "ann", ["a"], "completed")


def test_batch_cap_lease_and_skip_may_change_and_hold_from_then_on(tasks: Dispatcher) -> None:
    task_id = create(tasks)
    tasks.pull(task_id, "ann")

    change = tasks.change(task_id, pull=Pull(batch_size=2, max_batch_workload=2))

    assert change.event is not None
    assert tasks.pull(task_id, "bob").items == ("b", "c")
    assert [row.cell.until for row in tasks.placements(task_id)] == [NOON + timedelta(minutes=30), None, None]
    tasks.undo(task_id, change.version)
    assert tasks.get(task_id).pull == PULL


def test_a_task_keeps_its_mode_and_the_order_of_its_queue(tasks: Dispatcher) -> None:
    task_id = create(tasks)
    other = tasks.create("label", ["a"], workload=Workload.even(["ann"]))

    with pytest.raises(InvalidInput, match="pull must be a Pull with the order 'fifo' of the queue"):
        tasks.change(task_id, pull=Pull(batch_size=1, max_batch_workload=2, order="random"))
    with pytest.raises(InvalidInput, match="pull of a task shared out by load must be None"):
        tasks.change(other.id, pull=PULL)
    assert tasks.change(task_id, pull=PULL).event is None


def test_a_change_to_what_is_so_already_changes_nothing(tasks: Dispatcher) -> None:
    task_id = create(tasks)

    assert tasks.change(task_id, name="label", priority=0).event is None
    assert tasks.change(task_id).event is None
    assert kept(tasks, task_id).versions == 1


def test_a_due_date_and_leases_are_taken_away_by_none(tasks: Dispatcher) -> None:
    """What is not said stays as it is."""
    task = tasks.create("label", ["a", "b"], allowed=["ann"], pull=PULL, due=NOON + timedelta(hours=1))

    change = tasks.change(task.id, due=None)
    assert change.event is not None
    assert [setting.name for setting in change.event.settings] == ["due"]
    assert tasks.get(task.id).due is None
    tasks.undo(task.id, change.version)
    assert tasks.get(task.id).due == task.due

    tasks.change(task.id, pull=attrs.evolve(PULL, lease=None))
    assert tasks.get(task.id).due == task.due
    assert tasks.pull(task.id, "ann").until is None


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"name": None}, "task name must be"),
        ({"priority": None}, "priority must be a whole number"),
        ({"actions": None}, "actions must be a list of at least one status"),
        ({"metadata": None}, "metadata must be a mapping"),
        ({"pull": None}, "pull must be a Pull"),
        ({"name": ""}, "task name must not be empty"),
        ({"priority": "high"}, "priority must be a whole number"),
        ({"due": datetime(2027, 1, 1)}, "an instant must be a datetime with a time zone"),  # noqa: DTZ001
        ({"actions": []}, "actions must be a list of at least one status"),
        ({"actions": ["a", "a"]}, "actions must be different from each other"),
        ({"metadata": [1]}, "metadata must be a mapping"),
    ],
)
def test_a_setting_that_makes_no_sense_is_refused(
    tasks: Dispatcher, settings: dict[str, Any], message: str
) -> None:
    task_id = create(tasks)

    with pytest.raises(InvalidInput) as error:
        tasks.change(task_id, **settings)

    assert str(error.value).startswith(message)
    assert kept(tasks, task_id).versions == 1


def test_what_was_decided_at_the_beginning_is_no_setting() -> None:
    with pytest.raises(
        InvalidInput,
        match="settings must be among name, actions, priority, due, metadata, pull, station, got 'seed'",
    ):
        changing("t", {"seed": 5}, Stamp(at=NOON))


def test_a_deleted_task_is_found_by_nobody_until_its_deletion_is_undone(tasks: Dispatcher) -> None:
    task_id = create(tasks)
    before = tasks.get(task_id)

    version = tasks.delete(task_id).version

    for call in (
        lambda: tasks.get(task_id),
        lambda: tasks.find("label"),
        lambda: tasks.pull(task_id, "ann"),
        lambda: tasks.delete(task_id),
        lambda: tasks.close_task(task_id),
        lambda: tasks.change(task_id, priority=1),
    ):
        with pytest.raises(NotFound, match="no task"):
            call()
    assert list(tasks.all()) == []
    assert list(tasks.assignments(assignee="ann")) == []
    assert [entry.event.what for entry in tasks.history(task_id)] == ["created", "deleted"]
    tasks.undo(task_id, version)
    assert tasks.get(task_id) == before


def test_a_purged_task_gives_back_its_space_and_keeps_its_history(tasks: Dispatcher) -> None:
    task_id = create(tasks)
    tasks.pull(task_id, "ann")
    tasks.delete(task_id)

    change = tasks.purge(task_id)

    found = kept(tasks, task_id)
    assert change.event is not None
    assert change.event.facts == {"items": 3}
    assert (found.items, found.members) == ({}, {})
    assert [entry.event.what for entry in tasks.history(task_id)] == [
        "created",
        "pulled",
        "deleted",
        "purged",
    ]
    with pytest.raises(Refused, match="task 't1' was purged and its history is kept; choose another id"):
        tasks.create("again", ["a"], allowed=["ann"], pull=PULL, id=task_id)
    with pytest.raises(Refused, match="nothing leads on from there"):
        tasks.purge(task_id)


def test_what_the_state_of_a_task_does_not_allow_is_refused(tasks: Dispatcher) -> None:
    task_id = create(tasks)

    with pytest.raises(Refused, match="task 'label' is open and cannot be changed by 'reopen'; possible now"):
        tasks.reopen(task_id)
    with pytest.raises(Refused, match="task 'label' is open and cannot be changed by 'purge'"):
        tasks.purge(task_id)
    with pytest.raises(NotFound, match="no task 'nope'"):
        tasks.purge("nope")
    tasks.close_task(task_id)
    with pytest.raises(Refused, match="task 'label' is closed and cannot be changed by 'close'"):
        tasks.close_task(task_id)
    tasks.delete(task_id)


def test_closing_stops_nothing_in_a_task_distributed_by_load(tasks: Dispatcher) -> None:
    task = tasks.create("label", ["a", "b"], workload=Workload.even(["ann", "bob"]))
    tasks.close_task(task.id)

    assert tasks.redistribute(task.id, Workload.of({"ann": 0, "bob": 100})).flows() == {("ann", "bob"): 1}
