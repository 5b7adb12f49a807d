"""One person's open work is shared out, and items come with loads of their own."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.memory import MemoryStore
from distribution import InvalidInput, Limit, NotFound, Overlap, Pull, Refused, Rules, Workload
from distribution.testing import strategies
from distribution.testing.invariants import invariants
from tests.office import Office

LETTERS = "abcdefghij"


def shared(office: Office, items: str = LETTERS, **settings: object) -> str:
    return office.create("label", list(items), workload=Workload.of({"ann": 60, "bob": 40}), **settings).id  # type: ignore[arg-type]


@given(
    count=st.integers(0, 30),
    workload=strategies.workloads(5),
    finished=st.integers(0, 30),
    inside=st.booleans(),
)
def test_everybody_gets_the_apportionment_of_what_is_open_and_the_moves_are_the_fewest(
    count: int, workload: Workload, finished: int, *, inside: bool
) -> None:
    with Office(MemoryStore()) as office:
        source = workload.assignees[0] if inside else "ann"
        task = office.create("t", [f"i{n}" for n in range(count)], workload=Workload.even([source])).id
        mine = office.holds(task, source)
        office.set_status(task, source, mine[:finished], "completed")
        left = mine[finished:]

        change = office.redistribute(task, workload, source=source)

        quotas = {
            who: Fraction(share, sum(workload.shares)) * len(left)
            for who, share in zip(workload.assignees, workload.shares, strict=True)
        }
        held = {who: office.holds(task, who) for who in quotas}
        assert sorted(item for items in held.values() for item in items) == sorted(left)
        assert all(abs(len(held[who]) - quota) < 1 for who, quota in quotas.items())
        assert len(change.diff) == len(left) - len(held.get(source, ()))
        assert held.get(source, []) == left[: len(held.get(source, ()))]
        assert office.holds(task, source, "done") == mine[:finished]
        assert not office.redistribute(task, Workload.even([source]), source=source)
        invariants(office.store, task)


def test_what_others_hold_stays_with_them(office: Office) -> None:
    task = shared(office)
    before = office.holds(task, "bob")

    change = office.redistribute(task, Workload.of({"bob": 50, "eve": 50}), source="ann")

    assert change.flows() == {("ann", "bob"): 3, ("ann", "eve"): 3}
    assert set(before) <= set(office.holds(task, "bob"))
    assert office.undo(task, change.version).flows() == {("bob", "ann"): 3, ("eve", "ann"): 3}


def test_nobody_gets_what_she_has_and_somebody_else_gets_more_of_it(office: Office) -> None:
    overlap = Overlap(percent=50, assignees=2)
    task = shared(office, overlap=overlap)
    hers = office.holds(task, "ann")
    both = [item for item in hers if item in office.holds(task, "bob")]

    change = office.redistribute(task, Workload.of({"bob": 50, "eve": 50}), source="ann")

    assert len(hers) - len(both) >= len(hers) // 2
    assert change.refused == ()
    assert not set(both) & set(office.holds(task, "bob")) - set(both)
    invariants(office.store, task)


def test_what_nobody_may_take_stays_and_says_why(office: Office) -> None:
    rules = Rules(skills={"ann": ["fr"], "bob": []}, needs="language")
    task = office.create("t", ["a", "b"], workload=Workload.even(["ann"]), rules=rules, where=None).id
    office.add_assignee(task, "eve", limit=Limit(count=0))

    change = office.redistribute(task, Workload.even(["eve"]), source="ann")

    assert [str(left) for left in change.refused] == [
        f"item {name!r}: 'eve' has 0 items, and her limit is 0 items; raise it to go on" for name in "ab"
    ]
    assert office.holds(task, "ann") == office.holds(task, "ann")
    assert len(office.holds(task, "ann")) == 2


def test_an_item_that_somebody_has_is_refused_by_its_reason(office: Office) -> None:
    everybody = Overlap(percent=100, assignees=2)
    task = office.create("t", ["a"], workload=Workload.even(["ann", "bob"]), overlap=everybody).id

    (left,) = office.redistribute(task, Workload.even(["bob"]), source="ann").refused

    assert str(left) == "item 'a' is open with 'bob'; nobody gets an item twice"


def test_open_work_of_a_pulling_task_is_shared_out_with_its_lease(office: Office) -> None:
    task = office.queue(6, batch=4)
    until = office.pull(task, "ann").until

    office.redistribute(task, Workload.even(["ann", "bob"]), source="ann")

    assert [len(office.holds(task, who)) for who in ("ann", "bob")] == [2, 2]
    assert {row.cell.until for row in office.placements(task, assignee="bob")} == {until}
    invariants(office.store, task)


def test_a_dry_run_moves_nothing(office: Office) -> None:
    task = shared(office)

    assert office.redistribute(task, Workload.even(["eve"]), source="ann", dry_run=True).flows() == {
        ("ann", "eve"): 6
    }
    assert len(office.holds(task, "ann")) == 6


@given(
    before=st.integers(0, 12),
    parts=st.lists(st.integers(1, 9), min_size=1, max_size=4),
    loads=strategies.workloads(4),
)
def test_items_that_come_with_loads_are_shared_out_by_them_whatever_people_hold(
    before: int, parts: list[int], loads: Workload
) -> None:
    with Office(MemoryStore()) as office:
        old = [f"old{n}" for n in range(before)]
        task = office.create("t", old, workload=Workload.even(["ann", "p0"])).id
        for number, part in enumerate(parts):
            names = [f"new{number}-{n}" for n in range(part)]

            office.add_items(task, names, workload=loads)

            placed = {row.item: list(row.cells) for row in office.items(task)}
            got = Counter(who for name in names for who in placed[name])
            assert got.total() == part
            for who, share in zip(loads.assignees, loads.shares, strict=True):
                assert abs(got[who] - Fraction(share, sum(loads.shares)) * part) < 1
            invariants(office.store, task)


def test_who_is_new_in_the_loads_joins_a_pulling_task_and_finds_the_items_in_the_queue(
    office: Office,
) -> None:
    task = office.queue(0, people=["ann"])

    office.add_items(task, ["x"], workload=Workload.even(["zoe"]))

    assert office.pull(task, "zoe").items == ("x",)


def test_what_was_removed_and_comes_with_loads_goes_by_them(office: Office) -> None:
    task = shared(office, "ab")
    office.remove_items(task, ["a"])

    office.add_items(task, ["a"], workload=Workload.even(["zoe"]))

    assert office.holds(task, "zoe") == ["a"]


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda o, t: o.redistribute(t, source="ann"), InvalidInput, "a source must come with a workload"),
        (
            lambda o, t: o.redistribute(t, Workload.even(["bob"]), source="nobody"),
            NotFound,
            "no assignee 'nobody'",
        ),
        (
            lambda o, t: o.redistribute(t, {"bob": 100}, source="ann"),
            InvalidInput,
            "workload must be a Workload",
        ),
        (
            lambda o, t: o.add_items(t, ["x"], workload={"bob": 1}),
            InvalidInput,
            "workload must be a Workload",
        ),
    ],
)
def test_what_cannot_be_shared_out_is_refused(
    office: Office, call: object, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        call(office, shared(office))  # type: ignore[operator]


def test_where_everybody_gets_everything_nothing_changes_hands(office: Office) -> None:
    task = shared(office, overlap=Overlap(everyone=True))

    with pytest.raises(Refused, match="gives every item to everybody"):
        office.redistribute(task, Workload.even(["eve"]), source="ann")


def test_a_cap_is_no_reason_to_lose_work(office: Office) -> None:
    task = office.create("t", list("abcd"), allowed=["ann"], pull=Pull(batch_size=4, max_batch_workload=4)).id
    office.pull(task, "ann")

    office.redistribute(task, Workload.even(["bob"]), source="ann")

    assert len(office.holds(task, "bob")) == 4
