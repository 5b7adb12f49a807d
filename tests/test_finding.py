"""Tasks, assignments, items and placements are found by whatever is known of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from fractions import Fraction
from typing import Any

import attrs
import pytest
from hypothesis import given, settings

from adapters.dispatcher import Dispatcher
from distribution import InvalidInput, Item, NotFound, Pull, Workload, field, matches
from distribution.filters import AllOf, AnyOf, Filter
from distribution.testing import strategies
from tests.kept import NOON, STORES, Clock, cells_of, kept, opened

EVEN = Workload.even(["ann", "bob"])
PULL = Pull(batch_size=2, max_batch_workload=4)


@pytest.fixture(params=STORES)
def tasks(request: pytest.FixtureRequest) -> Iterator[Dispatcher]:
    with opened(request.param) as tasks:
        yield tasks


@pytest.fixture
def several(tasks: Dispatcher) -> Dispatcher:
    """Have three tasks that differ in everything."""
    clock = tasks._clock
    assert isinstance(clock, Clock)
    tasks.create("label cats", ["a"], workload=EVEN, actor="zoe", due=NOON + timedelta(days=1))
    clock.passes(hours=1)
    tasks.create("label dogs", ["a"], workload=Workload.even(["bob"]), metadata={"project": {"id": 7}})
    tasks.create("moderate", ["a", "b"], allowed=["eve"], pull=PULL, due=NOON + timedelta(days=9), priority=3)
    tasks.close_task("t2")
    return tasks


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({}, ["t1", "t2", "t3"]),
        ({"name": "moderate"}, ["t3"]),
        ({"name": "label *"}, ["t1", "t2"]),
        ({"name": "label ?ogs"}, ["t2"]),
        ({"name": "Label*"}, []),
        ({"state": "open"}, ["t1", "t3"]),
        ({"state": "closed"}, ["t2"]),
        ({"creator": "zoe"}, ["t1"]),
        ({"due_before": NOON + timedelta(days=2)}, ["t1"]),
        ({"due_after": NOON + timedelta(days=1)}, ["t3"]),
        ({"due_after": NOON, "due_before": NOON + timedelta(days=10)}, ["t1", "t3"]),
        ({"metadata": {"project.id": 7}}, ["t2"]),
        ({"metadata": {"project.id": "7"}}, []),
        ({"assignee": "bob"}, ["t1", "t2"]),
        ({"assignee": "max"}, []),
        ({"assignee": "bob", "state": "open", "name": "label*"}, ["t1"]),
        ({"where": field("mode").equal("pulling")}, ["t3"]),
        ({"where": AnyOf((field("priority").at_least(1), field("items").equal(1)))}, ["t1", "t2", "t3"]),
        ({"where": field("created").greater("2026-11-22T12:30")}, ["t2", "t3"]),
        ({"where": field("due").equal(None), "name": "*"}, ["t2"]),
    ],
    ids=str,
)
def test_tasks_are_found_by_everything_given(
    several: Dispatcher, wanted: dict[str, Any], found: list[str]
) -> None:
    assert [task.id for task in several.all(**wanted)] == found


def test_a_task_is_found_by_its_id_or_by_its_name_where_that_is_the_only_one(several: Dispatcher) -> None:
    assert several.find("t2").name == "label dogs"
    assert several.find("moderate").id == "t3"
    several.create("moderate", ["a"], workload=EVEN)
    with pytest.raises(InvalidInput, match="must be that of one task, got 'moderate'; use an id: t3, t4"):
        several.find("moderate")
    with pytest.raises(NotFound, match="no task 'nope' in the store; list the tasks to see their ids"):
        several.find("nope")
    several.delete("t4")
    assert several.find("moderate").id == "t3"


def test_a_name_with_a_star_is_found_by_itself(tasks: Dispatcher) -> None:
    tasks.create("a*", ["x"], workload=EVEN)
    tasks.create("ab", ["x"], workload=EVEN)

    assert tasks.find("ab").id == "t2"
    assert tasks.find("a*").id == "t1"


@settings(max_examples=40)
@pytest.mark.parametrize("kind", STORES)
@given(where=strategies.filters(), metadata=strategies.attributes())
def test_any_filter_over_a_record_finds_what_matches_finds(
    kind: str, where: Filter, metadata: dict[str, Any]
) -> None:
    with opened(kind) as tasks:
        task = tasks.create("label", ["x"], workload=EVEN, metadata=metadata | {"metadata": metadata})
        other = tasks.create("x", [Item("y", attributes=metadata)], workload=EVEN)

        found = [task.id for task in tasks.all(where=where)]

        assert found == [t.id for t in (task, other) if matches(where, t.record())]
        rows = [row.item for row in tasks.items(other.id, where=where)]
        assert rows == ["y"] * matches(where, metadata)


# Assignments.


def test_assignments_are_found_by_task_by_assignee_and_by_state(several: Dispatcher) -> None:
    several.pull("t3", "eve")
    several.set_status("t3", "eve", ["a", "b"], "completed")
    several.add_assignee("t3", "max")
    several.pause("t3", "max")

    def found(**wanted: Any) -> list[tuple[str, str]]:
        return [(a.task, a.assignee) for a in several.assignments(**wanted)]

    everything = [("t1", "ann"), ("t2", "bob"), ("t3", "eve")]
    assert found() == everything
    assert found(empty=True) == [("t1", "ann"), ("t1", "bob"), ("t2", "bob"), ("t3", "eve"), ("t3", "max")]
    assert found(task_id="t3") == [("t3", "eve")]
    assert found(assignee="bob", empty=True) == [("t1", "bob"), ("t2", "bob")]
    assert found(task_id="t1", assignee="bob", empty=True) == [("t1", "bob")]
    assert found(state="completed") == [("t3", "eve")]
    assert found(state="waiting") == [("t1", "ann"), ("t2", "bob")]
    assert found(state="paused", empty=True) == [("t3", "max")]
    assert found(state="empty", empty=True) == [("t1", "bob"), ("t3", "max")]
    with pytest.raises(NotFound, match="no task 'nope'"):
        found(task_id="nope")


def test_an_assignment_says_how_it_stands(tasks: Dispatcher) -> None:
    task = tasks.create("label", [f"i{n}" for n in range(6)], workload=Workload.even(["ann", "bob", "eve"]))
    items = [row.item for row in tasks.placements(task.id, assignee="ann")]
    tasks.set_status(task.id, "ann", items[:1], "completed")
    tasks.skip(task.id, "bob", [row.item for row in tasks.placements(task.id, assignee="bob")][:1])

    told = {a.assignee: a for a in tasks.assignments(task.id)}

    ann, bob = told["ann"], told["bob"]
    assert (ann.load, ann.progress, ann.worked_at, ann.total) == (Fraction(100, 3), "in progress", NOON, 3)
    assert (bob.open, bob.done, bob.skipped, bob.lost) == (1, 0, 1, 0)
    assert told["eve"].worked_at is None


def test_progress_adds_up(tasks: Dispatcher) -> None:
    task = tasks.create("label", [f"i{n}" for n in range(5)], allowed=["ann", "bob"], pull=PULL)
    tasks.pull(task.id, "ann")
    tasks.set_status(task.id, "ann", ["i0"], "completed")

    now = tasks.progress(task.id)

    assert (now.items, now.waiting, now.open, now.done, now.total) == (5, 3, 1, 1, 5)
    assert (now.progress, now["ann"].progress, now["bob"].progress) == ("in progress", "in progress", "empty")
    with pytest.raises(KeyError, match="max"):
        _ = now["max"]


# Items and placements.

LETTERS = [Item(f"i{n}", attributes={"size": n, "dir": f"/{n % 3}"}) for n in range(25)]


def pages(fetch: Any, key: Any, limit: int) -> list[Any]:
    """Join the pages of a list."""
    joined: list[Any] = []
    after = None
    while rows := fetch(after=after, limit=limit):
        joined += rows
        after = key(rows[-1])
    return joined


def test_items_are_found_by_a_filter_and_pages_join_to_the_whole(tasks: Dispatcher) -> None:
    task = tasks.create("label", LETTERS, workload=EVEN)
    where = AllOf((field("dir").equal("/1"), field("size").at_least(5)))

    def fetch(**page: Any) -> Any:
        return tasks.items(task.id, where=where, **page)

    joined = pages(fetch, lambda row: row.position, 2)

    assert [row.item for row in joined] == ["i7", "i10", "i13", "i16", "i19", "i22"]
    assert all(sum(c.state == "open" for c in row.cells.values()) == 1 for row in joined)
    with pytest.raises(NotFound, match="no task 'nope'"):
        tasks.items("nope")


@pytest.mark.parametrize("limit", [1, 4, 25, 1000])
def test_pages_of_placements_join_to_the_whole_whoever_changes_in_between(
    tasks: Dispatcher, limit: int
) -> None:
    task = tasks.create("label", LETTERS, workload=EVEN)

    def fetch(**page: Any) -> Any:
        rows = tasks.placements(task.id, **page)
        if rows:
            # Work goes on while somebody reads.
            tasks.set_status(task.id, rows[-1].assignee, [rows[-1].item], "completed")
            tasks.add_items(task.id, ["late"])
        return rows

    joined = [row.item for row in pages(fetch, lambda row: row.position, limit)]

    assert joined[:25] == [item.id for item in LETTERS]
    assert joined[25:] in ([], ["late"])


@pytest.mark.parametrize("limit", [1, 4, 1000])
def test_pages_of_one_assignee_join_to_her_order_of_work(tasks: Dispatcher, limit: int) -> None:
    items = [attrs.evolve(item, priority=n % 2) for n, item in enumerate(LETTERS)]
    task = tasks.create("label", items, workload=EVEN, seed=3)
    tasks.skip(task.id, "ann", [tasks.placements(task.id, assignee="ann")[2].item])
    tasks.add_items(task.id, ["more"])
    everything = tasks.placements(task.id, assignee="bob")

    def fetch(**page: Any) -> Any:
        return tasks.placements(task.id, assignee="bob", **page)

    joined = pages(fetch, lambda row: row.rank, limit)

    assert joined == everything == sorted(everything, key=lambda row: row.rank)
    mine = {row.item for row in everything}
    assert mine == {item for item, row in kept(tasks, task.id).items.items() if "bob" in row[6]}


def test_placements_are_found_by_state(tasks: Dispatcher) -> None:
    task = tasks.create("label", [f"i{n}" for n in range(8)], allowed=["ann", "bob"], pull=PULL)
    for _ in range(2):
        tasks.pull(task.id, "ann")
    tasks.set_status(task.id, "ann", ["i0"], "completed")
    tasks.skip(task.id, "ann", ["i1"])
    tasks.release(task.id, "ann", ["i2"])
    tasks.pull(task.id, "bob")

    def found(**wanted: Any) -> list[tuple[str, str]]:
        return [(row.item, row.assignee) for row in tasks.placements(task.id, **wanted)]

    assert found(state="open") == [("i1", "bob"), ("i2", "bob"), ("i3", "ann")]
    assert found(state="done") == [("i0", "ann")]
    assert found(state="skipped", assignee="ann") == [("i1", "ann")]
    assert found(state="returned") == [("i2", "ann")]
    assert len(found()) == len(cells_of(kept(tasks, task.id)))
    with pytest.raises(NotFound, match="no assignee 'max' in task 'label'"):
        found(assignee="max")


def test_many_tasks_are_listed_across_pages_in_order(tasks: Dispatcher) -> None:
    for _ in range(205):
        tasks.create("label", ["a"], workload=EVEN)

    found = []
    for task in tasks.all():
        found.append(task.id)
        if task.id == "t3":
            tasks.delete("t100")
            tasks.create("late", ["a"], workload=EVEN)

    # The page that was read already may still name what was deleted since.
    assert [task_id for task_id in found if task_id != "t100"] == [f"t{n}" for n in range(1, 207) if n != 100]


def test_a_placement_knows_its_slot_whatever_its_priority(tasks: Dispatcher) -> None:
    task = tasks.create("label", ["a", Item("b", priority=3)], allowed=["ann"], pull=PULL)
    tasks.pull(task.id, "ann")

    assert [(row.item, row.slot) for row in tasks.placements(task.id, assignee="ann")] == [("b", 1), ("a", 0)]
