"""Items come into a task and leave it, in tasks of every basis and order."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.dispatcher import Dispatcher
from distribution import (
    ByCount,
    ByEffort,
    Grouped,
    InvalidInput,
    Item,
    Limit,
    NotFound,
    Pull,
    Stratified,
    Workload,
    field,
)
from distribution.testing import strategies
from tests.kept import STORES, kept, load, opened, who_has

TEAM = Workload.of({"ann": 50, "bob": 30, "eve": 20})
PULL = Pull(batch_size=2, max_batch_workload=4)
MODES: dict[str, dict[str, Any]] = {
    "by count": {"basis": ByCount()},
    "by effort": {"basis": ByEffort()},
    "stratified": {"basis": Stratified("dir")},
    "grouped": {"basis": Grouped("dir")},
    "fifo": {"pull": PULL},
    "random": {"pull": Pull(batch_size=2, max_batch_workload=4, order="random")},
}
modes = pytest.mark.parametrize("mode", MODES)
HUNDRED = [Item(f"i{n}", effort=n % 5, attributes={"dir": f"/{n % 7}"}, priority=n % 3) for n in range(100)]


@pytest.fixture(params=STORES)
def tasks(request: pytest.FixtureRequest) -> Iterator[Dispatcher]:
    with opened(request.param) as tasks:
        yield tasks


def create(tasks: Dispatcher, mode: str, items: Any = (), workload: Workload = TEAM) -> str:
    """Make a task of one of the `MODES`."""
    settings = MODES[mode]
    people = {"allowed": list(workload.assignees)} if "pull" in settings else {"workload": workload}
    # Strata and groups need a key in one item at least.
    given = [item if isinstance(item, Item) else Item(item, attributes={"dir": "/0"}) for item in items]
    return tasks.create("label", given, seed=7, **settings, **people).id


def kept_rows(tasks: Dispatcher, task_id: str) -> Any:
    found = kept(tasks, task_id)
    return found.items, found.members


# Items that arrive later.


@modes
def test_adding_30_then_70_equals_adding_100(tasks: Dispatcher, mode: str) -> None:
    parts, whole = create(tasks, mode, ["first", "second"]), create(tasks, mode, ["first", "second"])

    tasks.add_items(parts, HUNDRED[:30])
    tasks.add_items(parts, HUNDRED[30:])
    tasks.add_items(whole, HUNDRED)

    assert kept_rows(tasks, parts) == kept_rows(tasks, whole)


@settings(max_examples=20)
@modes
@pytest.mark.parametrize("kind", STORES)
@given(data=st.data())
def test_however_a_delivery_is_cut_everybody_has_the_same_and_counts_never_fall(
    kind: str, mode: str, data: st.DataObject
) -> None:
    workload = data.draw(strategies.workloads(4))
    items = data.draw(strategies.items(24))
    limits = data.draw(st.lists(st.none() | st.integers(0, 9), max_size=2))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(items)), min_size=1, max_size=4)))
    with opened(kind) as tasks:
        given = ["first", *items[: cuts[0]]]
        parts, whole = (create(tasks, mode, given, workload) for _ in range(2))
        for task_id in (parts, whole):
            for name, most in zip(workload.assignees, limits, strict=False):
                limit = Limit(percent=10 * most) if most is not None and most % 2 else Limit(count=most)
                tasks.set_limit(task_id, name, limit)
        before = load(tasks, parts)
        for start, stop in zip(cuts, [*cuts[1:], len(items)], strict=True):
            tasks.add_items(parts, items[start:stop])
            after = load(tasks, parts)
            assert all(after[name] >= before[name] for name in after)
            before = after
        tasks.add_items(whole, items[cuts[0] :])

        assert kept_rows(tasks, parts) == kept_rows(tasks, whole)


def test_items_that_arrive_later_are_never_apportioned_delivery_by_delivery(tasks: Dispatcher) -> None:
    task_id = create(tasks, "by count")

    for n in range(50):
        tasks.add_items(task_id, [f"i{n}"])
        counts = load(tasks, task_id)
        # Nobody is ever a whole item above her exact share.
        assert all(counts[name] < TEAM.load_of(name) * (n + 1) / 100 + 1 for name in counts)

    assert load(tasks, task_id) == {"ann": 25, "bob": 15, "eve": 10}


def test_what_is_added_makes_up_for_what_was_moved(tasks: Dispatcher) -> None:
    task_id = create(tasks, "by count", [f"i{n}" for n in range(10)])
    tasks.reassign(task_id, "eve", "ann")

    tasks.add_items(task_id, [f"j{n}" for n in range(10)])

    assert load(tasks, task_id) == {"ann": 10, "bob": 6, "eve": 4}


def test_efforts_decide_where_effort_is_shared_out(tasks: Dispatcher) -> None:
    task_id = create(tasks, "by effort", workload=Workload.even(["ann", "bob"]))

    tasks.add_items(task_id, [Item("big", effort=10), *[Item(f"s{n}", effort="1/3") for n in range(30)]])

    owners = who_has(tasks, task_id)
    assert owners["big"] == "ann"
    assert {owner for item, owner in owners.items() if item != "big"} == {"bob"}
    sums = dict.fromkeys(("ann", "bob"), Fraction(0))
    for row in tasks.placements(task_id):
        sums[row.assignee] += Fraction(row.effort)
    assert sums == {"ann": 10, "bob": 10}


def test_items_without_effort_are_shared_out_by_count(tasks: Dispatcher) -> None:
    task_id = create(tasks, "by effort", [Item("big", effort=10)], Workload.even(["ann", "bob"]))

    for part in (range(3), range(3, 10)):
        tasks.add_items(task_id, [Item(f"z{n}", effort=0) for n in part])

    owners = list(who_has(tasks, task_id).values())[1:]
    assert (owners.count("ann"), owners.count("bob")) == (5, 5)


def test_every_stratum_is_divided_by_the_loads(tasks: Dispatcher) -> None:
    task_id = create(tasks, "stratified", workload=Workload.even(["ann", "bob"]))

    tasks.add_items(task_id, [Item(f"i{n}", attributes={"dir": f"/{n % 2}"}) for n in range(4)])
    tasks.add_items(task_id, [Item(f"j{n}", attributes={"dir": f"/{n % 3}"}) for n in range(6)])

    for folder in range(3):
        rows = [row for row in tasks.placements(task_id) if row.attributes["dir"] == f"/{folder}"]
        counts = [sum(row.assignee == name for row in rows) for name in ("ann", "bob")]
        assert abs(counts[0] - counts[1]) <= 1


def test_an_item_joins_its_group_and_a_new_group_goes_to_who_is_furthest_below(tasks: Dispatcher) -> None:
    task_id = create(tasks, "grouped", [Item("a", attributes={"dir": "x"})], Workload.even(["ann", "bob"]))
    home = who_has(tasks, task_id)["a"]

    tasks.add_items(task_id, [Item("b", attributes={"dir": "x"}), Item("c", attributes={"dir": "y"})])
    tasks.add_items(task_id, [Item("d", attributes={"dir": "y"}), "e", "f"])

    owners = who_has(tasks, task_id)
    assert owners["b"] == home
    assert owners["c"] == owners["d"] != home
    assert {owners["e"], owners["f"]} == {"ann", "bob"}


@pytest.mark.parametrize("mode", [mode for mode in MODES if "pull" not in MODES[mode]])
def test_nobody_is_given_more_than_her_limit_and_what_nobody_may_have_waits(
    tasks: Dispatcher, mode: str
) -> None:
    task_id = create(tasks, mode, workload=Workload.even(["ann", "bob"]))
    tasks.set_limit(task_id, "ann", Limit(count=2))
    tasks.set_limit(task_id, "bob", Limit(percent=50))

    tasks.add_items(task_id, [Item(f"i{n}", attributes={"dir": str(n)}) for n in range(10)])

    # Half of ten for Bob, each as the task grows.
    assert load(tasks, task_id) == {"ann": 2, "bob": 5}
    assert tasks.progress(task_id).waiting == 3


def test_what_comes_while_nobody_with_a_share_is_there_waits_for_her(tasks: Dispatcher) -> None:
    task_id = create(tasks, "by count", workload=Workload.even(["ann"]))
    tasks.pause(task_id, "ann")

    tasks.add_items(task_id, ["a", "b"])

    assert who_has(tasks, task_id) == {"a": None, "b": None}
    tasks.resume(task_id, "ann")
    assert who_has(tasks, task_id) == {"a": "ann", "b": "ann"}


@pytest.mark.parametrize("mode", [mode for mode in MODES if "pull" not in MODES[mode]])
def test_what_somebody_finished_who_is_away_counts_for_nobody_else(tasks: Dispatcher, mode: str) -> None:
    task_id = create(tasks, mode, [Item("a", attributes={"dir": "x"})], Workload.even(["ann", "bob", "eve"]))
    author = who_has(tasks, task_id)["a"] or ""
    tasks.set_status(task_id, author, ["a"], "completed")
    tasks.pause(task_id, author)

    tasks.add_items(task_id, [Item(f"i{n}", attributes={"dir": "x"} if n else {}) for n in range(2)])

    others = {name: count for name, count in load(tasks, task_id).items() if name != author}
    assert sum(others.values()) == 2
    assert load(tasks, task_id)[author] == 1


def test_new_items_join_the_queue_by_priority_and_then_in_order(tasks: Dispatcher) -> None:
    task_id = create(tasks, "fifo", ["a"])

    tasks.add_items(task_id, ["b", Item("urgent", priority=1)])

    assert tasks.pull(task_id, "ann").items == ("urgent", "a")
    assert tasks.pull(task_id, "ann").items == ("b",)


# What is there already.


@modes
def test_an_item_already_in_the_task_is_skipped_and_reported_never_doubled(
    tasks: Dispatcher, mode: str
) -> None:
    task_id = create(tasks, mode, ["a", "b"])

    change = tasks.add_items(task_id, ["b", "c", "c", "a"])
    again = tasks.add_items(task_id, ["a", "b", "c"])

    assert change.event is not None
    assert change.event.facts == {"added": 1, "restored": 0, "skipped": 3}
    assert sorted(left.item for left in change.refused) == ["a", "b", "c"]
    assert "item 'a' is in the task already; nothing is doubled" in map(str, again.refused)
    assert again.event is None
    assert list(who_has(tasks, task_id)) == ["a", "b", "c"]


def test_any_number_of_tasks_may_hold_an_item_and_a_status_belongs_to_task_item_and_assignee(
    tasks: Dispatcher,
) -> None:
    one, two = (create(tasks, "by count", ["a"], Workload.even(["ann"])) for _ in range(2))

    tasks.set_status(one, "ann", ["a"], "discard")

    assert [row.cell.status for row in tasks.placements(one)] == ["discard"]
    assert [row.cell.status for row in tasks.placements(two)] == [None]


@modes
def test_removed_items_come_back_as_they_were(tasks: Dispatcher, mode: str) -> None:
    item = Item("a", effort=3, attributes={"dir": "x"}, priority=2)
    task_id = create(tasks, mode, [item, "b"])
    before = kept(tasks, task_id).items["a"]
    tasks.remove_items(task_id, ["a"])

    change = tasks.add_items(task_id, [Item("a", effort=5), "c"])

    after = kept(tasks, task_id).items["a"]
    assert change.event is not None
    assert change.event.facts == {"added": 1, "restored": 1, "skipped": 0}
    assert (after[0], after[2:6]) == (before[0], before[2:6])
    assert (who_has(tasks, task_id)["a"] is None) == ("pull" in MODES[mode])


def test_an_item_comes_back_to_nobody_who_skipped_it(tasks: Dispatcher) -> None:
    task_id = create(tasks, "by count", ["a"], Workload.of({"ann": 90, "bob": 10}))
    tasks.skip(task_id, "ann", ["a"])
    tasks.remove_items(task_id, ["a"])

    tasks.add_items(task_id, ["a"])

    assert who_has(tasks, task_id) == {"a": "bob"}


def test_load_0_and_more_people_than_items_are_legal_an_empty_assignment(tasks: Dispatcher) -> None:
    workload = Workload.of({"ann": 0, "bob": 60, "eve": 40})
    task_id = create(tasks, "by count", ["x"], workload)
    tasks.remove_items(task_id, ["x"])

    tasks.add_items(task_id, ["y"])

    assert load(tasks, task_id) == {"ann": 0, "bob": 1, "eve": 0}
    assert [a.progress for a in tasks.assignments(task_id, empty=True)] == ["empty", "waiting", "empty"]


def test_only_items_that_a_filter_lets_through_come_in(tasks: Dispatcher) -> None:
    task_id = create(tasks, "by count")

    tasks.add_items(task_id, HUNDRED, where=field("dir").equal("/3"))

    assert tasks.get(task_id).items == 14


def test_an_item_that_cannot_be_used_leaves_nothing(tasks: Dispatcher) -> None:
    task_id = create(tasks, "by count", ["a"])

    with pytest.raises(InvalidInput, match="item id must not be empty"):
        tasks.add_items(task_id, ["b", ""])
    with pytest.raises(NotFound, match="no task 'nope'"):
        tasks.add_items("nope", ["b"])
    assert kept(tasks, task_id).versions == 1


# Items leave.


@modes
def test_items_with_a_status_stay_and_are_reported_with_counts(tasks: Dispatcher, mode: str) -> None:
    task_id = create(tasks, mode, ["a", "b", "c"], Workload.even(["ann"]))
    if "pull" in MODES[mode]:
        tasks.pull(task_id, "ann")
    done = [row.item for row in tasks.placements(task_id, assignee="ann")][:1]
    tasks.set_status(task_id, "ann", done, "completed")

    change = tasks.remove_items(task_id, ["a", "b", "c", "zzz"])

    assert change.event is not None
    assert change.event.facts == {"removed": 2, "kept": 1}
    assert {str(left) for left in change.refused} == {
        f"item {done[0]!r} has a status and stays; clear it first",
        "item 'zzz' is not in the task",
    }
    assert list(who_has(tasks, task_id)) == done
    assert tasks.progress(task_id).items == 1


def test_what_is_open_leaves_whoever_has_it(tasks: Dispatcher) -> None:
    task_id = create(tasks, "by count", ["a", "b"], Workload.even(["ann", "bob"]))
    who = who_has(tasks, task_id)["a"]

    change = tasks.remove_items(task_id, ["a"])

    assert change.flows() == {(who, None): 1}
    assert str(tasks.set_status(task_id, who or "", ["a"], "completed").refused[0]) == (
        "item 'a' is not in the task"
    )
    assert [str(left) for left in tasks.remove_items(task_id, ["a"]).refused] == [
        "item 'a' is not in the task"
    ]


def test_an_emptied_assignment_disappears(tasks: Dispatcher) -> None:
    task_id = create(tasks, "by count", ["a", "b"], Workload.even(["ann", "bob"]))
    who = who_has(tasks, task_id)["a"]

    tasks.remove_items(task_id, ["a"])

    assert who not in [a.assignee for a in tasks.assignments(task_id)]
    assert who in [a.assignee for a in tasks.assignments(task_id, empty=True)]


@modes
def test_all_items_or_those_a_filter_names_leave(tasks: Dispatcher, mode: str) -> None:
    task_id = create(tasks, mode, HUNDRED)
    if "pull" in MODES[mode]:
        tasks.pull(task_id, "ann")
        tasks.skip(task_id, "ann", [tasks.placements(task_id, assignee="ann")[0].item])

    some = tasks.remove_items(task_id, where=field("dir").equal("/3"))
    rest = tasks.remove_items(task_id)

    assert some.event is not None
    assert some.event.facts == {"removed": 14, "kept": 0}
    assert rest.event is not None
    assert rest.event.facts == {"removed": 86, "kept": 0}
    assert tasks.items(task_id) == []
    assert tasks.progress(task_id).progress == "empty"
    assert tasks.remove_items(task_id).event is None


def test_items_and_a_filter_are_not_both_given(tasks: Dispatcher) -> None:
    task_id = create(tasks, "fifo", HUNDRED)

    with pytest.raises(InvalidInput, match="must be items or a filter, not both"):
        tasks.remove_items(task_id, [HUNDRED[0].id], where=field("dir").equal("/3"))


@pytest.mark.parametrize("how", ["items", "filter"])
def test_what_waits_goes_to_whom_a_removal_leaves_room(tasks: Dispatcher, how: str) -> None:
    items = [Item(name, attributes={"name": name}) for name in "abcd"]
    task_id = tasks.create("x", items, workload=Workload.even(["ann", "bob"])).id
    for who in ("ann", "bob"):
        tasks.set_limit(task_id, who, Limit(count=2))
    tasks.add_items(task_id, [Item("e", attributes={"name": "e"})])
    assert [row.item for row in tasks.waiting(task_id)] == ["e"]
    assert tasks.remove_items(task_id, where=field("name").equal("nobody")).event is None
    gone = tasks.placements(task_id, assignee="bob")[0].item

    if how == "items":
        change = tasks.remove_items(task_id, [gone])
    else:
        change = tasks.remove_items(task_id, where=field("name").equal(gone))

    assert change.event is not None
    assert change.event.facts == {"removed": 1, "kept": 0}
    assert tasks.waiting(task_id) == []
    assert "e" in {placement.item for placement in tasks.placements(task_id, assignee="bob")}
    tasks.undo(task_id, change.version)
    assert [row.item for row in tasks.waiting(task_id)] == ["e"]


def test_a_larger_task_leaves_room_under_a_limit_in_percent_for_what_waited(tasks: Dispatcher) -> None:
    task_id = tasks.create("x", ["a", "b"], workload=Workload.of({"ann": 100})).id
    tasks.set_limit(task_id, "ann", Limit(percent=50))
    tasks.add_items(task_id, ["c"])
    assert [row.item for row in tasks.waiting(task_id)] == ["c"]

    change = tasks.add_items(task_id, ["d", "e", "f", "a"], workload=Workload.of({"bob": 100}))

    assert [left.item for left in change.refused] == ["a"]
    assert tasks.waiting(task_id) == []
    assert len(tasks.placements(task_id, assignee="ann")) == 3
