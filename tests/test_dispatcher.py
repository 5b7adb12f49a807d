"""The face for services: every verb, on both stores."""

from __future__ import annotations

import ast
import inspect
import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.dispatcher import Dispatcher
from adapters.intake import Intake
from adapters.memory import MemoryStore
from adapters.sqlite import SqliteStore
from distribution import (
    ByCount,
    ByEffort,
    Grouped,
    InvalidInput,
    Item,
    NotFound,
    Refused,
    Stratified,
    Workload,
    distribute,
    field,
)
from distribution.basis import Basis
from distribution.events import Event
from distribution.orders import Spread
from distribution.testing import strategies
from distribution.values import Json
from tests.office import NOON

TEAM = Workload.of({"ann": 50, "bob": 30, "eve": 20})
ITEMS = [Item(f"i{n:02}", effort=n % 4, attributes={"dir": f"/{n % 3}", "size": n}) for n in range(30)]


@pytest.fixture(params=["memory", "sqlite"])
def tasks(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Dispatcher]:
    store = MemoryStore() if request.param == "memory" else SqliteStore(tmp_path / "work.db")
    ticks, numbers = count(), count(1)
    with Dispatcher(
        store, clock=lambda: NOON + timedelta(seconds=next(ticks)), ids=lambda: f"t{next(numbers)}"
    ) as tasks:
        yield tasks


def test_a_created_task_is_the_plan_kept(tasks: Dispatcher) -> None:
    task = tasks.create("review", ITEMS, workload=TEAM, seed=7, actor="zoe", metadata={"k": [1]})
    plan = distribute(ITEMS, TEAM, seed=7)

    assert (task.id, task.name, task.creator, task.created_at) == ("t1", "review", "zoe", NOON)
    facts = tasks.history("t1")[0].event.facts
    assert facts["counts"] == plan.counts() == {"ann": 15, "bob": 9, "eve": 6}
    assert [(found.assignee, found.open) for found in tasks.assignments("t1")] == list(plan.counts().items())
    assert tasks.get("t1") == tasks.find("review") == tasks.find("t1") == task
    for name in plan.assignees:
        assert [row.item for row in tasks.placements("t1", assignee=name)] == plan.items_of(name)
    assert [row.item for row in tasks.placements("t1", limit=3, after=1)] == ["i02", "i03", "i04"]
    by_effort = tasks.create("review", ITEMS, workload=TEAM, basis=ByEffort())
    told = tasks.history(by_effort.id)[0].event.facts["efforts"]
    assert told == {name: str(effort) for name, effort in tasks.replan(by_effort.id).efforts().items()}
    first = tasks.placements("t1", limit=2)[1]
    assert (first.effort, first.attributes) == ("1", {"dir": "/1", "size": 1})


def test_a_dry_run_is_what_create_would_do(tasks: Dispatcher) -> None:
    settings: dict[str, Any] = {
        "workload": TEAM,
        "seed": 3,
        "basis": Stratified("dir"),
        "where": field("size").less(20),
    }
    plan = tasks.plan(ITEMS, **settings)

    assert list(tasks.all()) == []
    task = tasks.create("review", ITEMS, **settings)
    assert tasks.history(task.id)[0].event.facts["counts"] == plan.counts()
    assert plan.n == task.items == 20


@pytest.mark.parametrize("basis", [ByCount(), ByEffort(), Stratified("dir"), Grouped("dir")], ids=str)
def test_a_kept_task_can_be_planned_again_and_every_placement_explained(
    tasks: Dispatcher, basis: Basis
) -> None:
    plan = distribute(ITEMS, TEAM, seed=5, basis=basis)
    task = tasks.create("review", iter(ITEMS), workload=TEAM, seed=5, basis=basis)

    assert tasks.replan(task.id) == plan
    for item in ("i00", "i29"):
        assert tasks.explain(task.id, item).placed == plan.explain(item)


def test_a_repeated_request_gives_the_same_answer_and_changes_nothing(tasks: Dispatcher) -> None:
    first = tasks.create("review", ["a", "b"], workload=TEAM, id="x", request="r1")
    again = tasks.create("review", ["a", "b"], workload=TEAM, id="x", request="r1")
    tasks.create("other", ["a"], workload=TEAM)
    gone = tasks.delete("x", request="r2")

    assert first == again
    assert tasks.delete("x", request="r2") == gone
    assert [entry.stamp.request for entry in tasks.history("x")] == ["r1", "r2"]
    with pytest.raises(NotFound, match="no task 'x' in the store"):
        tasks.delete("x", request="r3")
    with pytest.raises(Refused, match="task 'x' was deleted and its history is kept; choose another id"):
        tasks.create("review", ["a"], workload=TEAM, id="x", request="r4")


def test_a_request_id_that_was_used_for_another_call_is_refused(tasks: Dispatcher) -> None:
    made = tasks.create("review", ["a", "b"], workload=TEAM, id="x", request="r1")

    calls: list[Callable[[], object]] = [
        lambda: tasks.create("another name", ["a", "b"], workload=TEAM, id="x", request="r1"),
        lambda: tasks.create("review", ["a", "b", "c"], workload=TEAM, id="x", request="r1"),
        lambda: tasks.delete("x", request="r1"),
    ]
    for call in calls:
        with pytest.raises(Refused, match="request 'r1' was used for another call; make up a new request id"):
            call()
    tasks.delete("x", request="r2")
    assert tasks.create("review", ["a", "b"], workload=TEAM, id="x", request="r1") == made
    with pytest.raises(Refused, match="request 'r2' was used for another call"):
        tasks.create("review", ["a", "b"], workload=TEAM, id="x", request="r2")


def test_a_request_must_name_the_task_it_creates(tasks: Dispatcher) -> None:
    with pytest.raises(
        InvalidInput, match="a create with a request id must name the task's id, got None; give an id"
    ):
        tasks.create("review", ["a"], workload=TEAM, request="r1")


def test_a_second_task_of_the_same_id_is_refused(tasks: Dispatcher) -> None:
    tasks.create("review", ["a"], workload=TEAM, id="x")

    with pytest.raises(Refused, match="task 'x' exists; choose another id"):
        tasks.create("other", ["b"], workload=TEAM, id="x")


def test_any_number_of_tasks_may_hold_an_item_but_none_holds_it_twice(tasks: Dispatcher) -> None:
    one = tasks.create("one", ["a", "b", "a", Item("b")], workload=TEAM)
    two = tasks.create("two", ["a"], workload=TEAM)

    assert (one.items, two.items) == (2, 1)
    facts: dict[str, Json] = {"items": 2, "skipped": 2, "counts": {"ann": 1, "bob": 1, "eve": 0}}
    assert tasks.history(one.id)[0].event == Event(what="created", facts=facts)


def test_a_name_that_several_tasks_have_is_answered_with_their_ids(tasks: Dispatcher) -> None:
    for _ in range(2):
        tasks.create("review", ["a"], workload=TEAM)

    with pytest.raises(
        InvalidInput, match="task name must be that of one task, got 'review'; use an id: t1, t2"
    ):
        tasks.find("review")


def test_what_is_not_there_is_not_found(tasks: Dispatcher) -> None:
    task = tasks.create("review", ["a"], workload=TEAM)

    for call, message in (
        (lambda: tasks.get("nope"), "no task 'nope' in the store; list the tasks to see their ids"),
        (lambda: tasks.find("nope"), "no task 'nope' in the store"),
        (lambda: tasks.history("nope"), "no task 'nope' in the store"),
        (lambda: tasks.explain(task.id, "zzz"), "no item 'zzz' in task 'review' of 1 items"),
        (
            lambda: tasks.placements(task.id, assignee="max"),
            "no assignee 'max' in task 'review'; check the spelling",
        ),
    ):
        with pytest.raises(NotFound, match=message):
            call()


def test_many_tasks_are_listed_across_pages(tasks: Dispatcher) -> None:
    for _ in range(205):
        tasks.create("review", ["a"], workload=TEAM)

    assert [task.id for task in tasks.all()] == [f"t{n}" for n in range(1, 206)]


def test_an_item_that_fails_on_the_way_in_leaves_nothing(tasks: Dispatcher) -> None:
    def source() -> Iterator[Item]:
        yield Item("a")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        tasks.create("review", source(), workload=TEAM)
    with pytest.raises(InvalidInput, match="items must be a list of ids or items, got 'abc'"):
        tasks.create("review", "abc", workload=TEAM)
    assert list(tasks.all()) == []


def test_progress_is_told_while_reading_and_storing(tasks: Dispatcher) -> None:
    told = []
    tasks.create("review", iter(ITEMS), workload=TEAM, progress=lambda *step: told.append(step))

    assert ("reading", 0, None) in told
    assert ("storing", 0, 30) in told


@given(items=strategies.items(), data=st.data())
def test_what_an_item_brought_comes_back_from_the_spool_as_often_as_wanted(
    items: list[Item], data: st.DataObject
) -> None:
    items = [attrs.evolve(item, priority=data.draw(st.sampled_from([0, 0, 5, -1]))) for item in items]
    plain = data.draw(st.sets(st.sampled_from([item.id for item in items]) if items else st.nothing()))
    mixed = [item.id if item.id in plain else item for item in items]

    with Intake(iter(mixed), ByCount(), None) as intake:
        for _ in range(2):
            rows = list(intake)
            assert [row[:2] for row in rows] == [(at, item.id) for at, item in enumerate(items)]
            for item, (_, _, effort, attributes, priority) in zip(items, rows, strict=True):
                bare = item.id in plain
                assert effort == (None if bare or item.effort == 1 else str(item.effort))
                assert json.loads(attributes or "{}") == ({} if bare else item.attributes)
                assert priority == (0 if bare else item.priority)


def test_other_items_under_the_same_request_are_another_call(tasks: Dispatcher) -> None:
    tasks.create("review", ["a", "b"], workload=TEAM, id="x", request="r1", metadata={"k": (1, 2)})

    assert (
        tasks.create("review", ["a", "b"], workload=TEAM, id="x", request="r1", metadata={"k": (1, 2)}).id
        == "x"
    )
    with pytest.raises(Refused, match="request 'r1' was used for another call"):
        tasks.create("review", ["a", "c"], workload=TEAM, id="x", request="r1", metadata={"k": (1, 2)})


def test_an_explanation_that_would_contradict_what_is_kept_is_refused(
    tasks: Dispatcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = tasks.create("review", ITEMS, workload=TEAM)
    monkeypatch.setattr("distribution.split.Shuffled", Spread)

    with pytest.raises(Refused, match="would contradict what is kept; explain it with the version"):
        _ = [tasks.explain(task.id, item.id) for item in ITEMS]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"workload": {"ann": 100}}, "workload must be a Workload, got {'ann': 100}; build one with"),
        ({"workload": TEAM, "basis": "effort"}, "basis must be ByCount"),
        ({"workload": TEAM, "where": "size>3"}, "clause of a filter must be a filter, got 'size>3'"),
        ({"workload": TEAM, "order": ["x"]}, "order must be one of"),
        ({"workload": TEAM, "metadata": "abc"}, "metadata must be a mapping, got 'abc'"),
        ({"workload": TEAM, "actor": 5}, "actor must be a string, got 5"),
    ],
)
def test_settings_that_make_no_sense_are_refused_alike_by_every_store(
    tasks: Dispatcher, settings: dict[str, Any], message: str
) -> None:
    with pytest.raises(InvalidInput) as error:
        tasks.create("review", iter(ITEMS), **settings)

    assert str(error.value).startswith(message)
    assert list(tasks.all()) == []


def test_every_public_method_of_the_dispatcher_has_an_example() -> None:
    methods = [
        (name, method)
        for name, method in inspect.getmembers(Dispatcher, inspect.isfunction)
        if not name.startswith("_")
    ]

    assert len(methods) > 40
    assert [name for name, method in methods if ">>>" not in (method.__doc__ or "")] == []


def test_every_public_method_of_the_dispatcher_is_type_checked() -> None:
    """In a file that is never run."""
    source = Path(__file__).with_name("typing_api.py").read_text(encoding="utf-8")
    called = {
        node.func.attr
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    }
    methods = {name for name, _ in inspect.getmembers(Dispatcher, inspect.isfunction) if name[0] != "_"}

    assert methods - called == set()
