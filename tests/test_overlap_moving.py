"""Copies change hands: nobody gets a second one, and no more move than have to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from itertools import combinations, product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.memory import MemoryStore
from distribution import DistributionError, InvalidInput, Item, Overlap, Workload, field
from distribution.apportion import apportion
from distribution.refusals import HasIt
from distribution.testing.invariants import invariants
from tests.office import TEAM, Office
from tests.test_overlap_tasks import EVEN, counts, holders, named, shared

PEOPLE = ("ann", "bob", "eve")
Teams = Sequence[frozenset[str]]


def moved(before: dict[str, tuple[str, ...]], after: dict[str, tuple[str, ...]]) -> int:
    """Count the copies that left somebody."""
    return sum(len(set(before[item]) - set(after[item])) for item in before)


def layouts(copies: Sequence[int], able: Sequence[frozenset[str]]) -> Iterator[Teams]:
    """Give every way to hand out the copies."""
    ways = [
        [frozenset(team) for team in combinations(sorted(who), count)]
        for count, who in zip(copies, able, strict=True)
    ]
    return product(*ways)


def off(held: Counter[str], targets: dict[str, int]) -> int:
    """Tell how far people are from their targets."""
    return sum(abs(held[who] - target) for who, target in targets.items())


@given(
    first=st.lists(st.integers(1, 5), min_size=3, max_size=3),
    then=st.lists(st.integers(1, 5), min_size=3, max_size=3),
    items=st.integers(1, 5),
    overlapped=st.integers(0, 5),
    k=st.integers(2, 3),
    done=st.lists(st.tuples(st.integers(0, 2), st.integers(0, 4)), max_size=3),
)
def test_redistributing_comes_as_near_to_the_targets_as_any_layout_by_the_fewest_moves_of_all(
    first: list[int], then: list[int], items: int, overlapped: int, k: int, done: list[tuple[int, int]]
) -> None:
    """Every layout of the copies is tried: finished ones stay, nobody has an item twice."""
    with Office(MemoryStore()) as office:
        before_loads = Workload.weights(list(zip(PEOPLE, first, strict=True)))
        overlap = Overlap(count=overlapped, assignees=k)
        task = office.create("r", named(items), workload=before_loads, overlap=overlap).id
        for who, at in done:
            mine = office.holds(task, PEOPLE[who])
            office.set_status(task, PEOPLE[who], mine[at : at + 1], "completed")
        before = holders(office, task)
        rows = {row.item: row for row in office.items(task)}
        fixed = {
            item: frozenset(who for who, cell in row.cells.items() if cell.state == "done")
            for item, row in rows.items()
        }
        free = sum(len(before[item]) - len(fixed[item]) for item in before)
        floors = [sum(who in team for team in fixed.values()) for who in PEOPLE]
        caps = [
            floor + sum(who not in fixed[item] and len(before[item]) > len(fixed[item]) for item in before)
            for who, floor in zip(PEOPLE, floors, strict=True)
        ]
        total = min(free + sum(floors), sum(caps))
        targets = dict(zip(PEOPLE, apportion(then, total, floors=floors, caps=caps), strict=True))

        office.redistribute(task, Workload.weights(list(zip(PEOPLE, then, strict=True))))

        after = holders(office, task)
        assert all(len(after[item]) == len(before[item]) for item in before)
        assert all(fixed[item] <= set(after[item]) for item in before)
        assert office.redistribute(task).event is None, "twice is a no-op"
        found = [
            (
                off(Counter(who for team in teams for who in team), targets),
                sum(len(set(before[item]) - team) for item, team in zip(before, teams, strict=True)),
            )
            for teams in layouts([len(team) for team in before.values()], [frozenset(PEOPLE)] * items)
            if all(fixed[item] <= team for item, team in zip(before, teams, strict=True))
        ]
        assert (off(Counter(counts(office, task)), targets), moved(before, after)) == min(found)
        invariants(office.store, task)


VERBS: dict[str, Callable[[Office, str, str], Any]] = {
    "pause": lambda office, task, who: office.pause(task, who),
    "remove": lambda office, task, who: office.remove_assignee(task, who),
    "delete": lambda office, task, who: office.delete_assignment(task, who),
    "load": lambda office, task, who: office.set_load(task, who, 50),
    "redistribute": lambda office, task, who: office.redistribute(task, Workload.even(["ann", who, "zoe"])),
    "reassign": lambda office, task, who: office.reassign(task, who, "eve" if who != "eve" else "bob"),
    "join": lambda office, task, _: office.add_assignee(task, "zoe", load=25),
    "skip": lambda office, task, who: office.skip(task, who, office.holds(task, who)[:2]),
    "release": lambda office, task, who: office.release(task, who),
    "steal": lambda office, task, who: (office.release(task, who), office.steal(task, who)),
    "reclaim": lambda office, task, _: (office.wait(hours=2), office.reclaim(task, idle=timedelta(hours=1))),
    "add": lambda office, task, _: office.add_items(task, named(3, 100)),
    "take out": lambda office, task, _: office.remove_items(task, named(3)),
    "submit": lambda office, task, who: office.set_status(
        task, who, office.holds(task, who)[:2], "completed"
    ),
    "undo": lambda office, task, _: office.undo(task, office.history(task)[-1].version),
}


@given(
    verbs=st.lists(st.tuples(st.sampled_from(sorted(VERBS)), st.sampled_from(TEAM)), max_size=12),
    k=st.integers(2, 3),
    percent=st.integers(1, 100),
    pulled=st.booleans(),
)
def test_whatever_changes_hands_nobody_ever_has_an_item_twice_and_no_copy_is_lost(
    verbs: list[tuple[str, str]], k: int, percent: int, pulled: bool
) -> None:  # fmt: skip
    """Every verb in any order; what has finished stays with whoever did it."""
    overlap = Overlap(percent=percent, assignees=k)
    with Office(MemoryStore()) as office:
        task = (
            office.queue(8, 2, 5, overlap=overlap)
            if pulled
            else office.create("r", named(8), workload=EVEN, overlap=overlap).id
        )
        for verb, who in verbs:
            if pulled:
                office.pull(task, who)
            done = {
                (row.item, who)
                for row in office.items(task)
                for who, cell in row.cells.items()
                if cell.state == "done"
            }
            try:
                VERBS[verb](office, task, who)
            except DistributionError:
                continue
            finally:
                invariants(office.store, task)
            if verb != "undo":
                now = {(row.item, who) for row in office.items(task) for who in row.cells}
                assert done <= now


def test_the_dry_run_tells_each_copy_that_would_move(office: Office) -> None:
    """From whom to whom, item by item; nothing is kept."""
    task = shared(office, 12, percent=50)
    loads = Workload.of({"ann": 60, "bob": 20, "eve": 20})
    thought = office.redistribute(task, loads, dry_run=True)
    before = holders(office, task)

    assert len(office.history(task)) == 1
    made = office.redistribute(task, loads)
    assert made.diff == thought.diff
    after = holders(office, task)
    for move in made.diff.moves:
        assert move.source in before[str(move.item)]
        assert move.target in after[str(move.item)]
        assert move.target not in before[str(move.item)]


def test_reassigned_copies_leave_out_what_the_other_has_and_say_so(office: Office) -> None:
    """It stays where it is."""
    task = shared(office, 10, Workload.even(["ann", "bob"]), percent=50)
    both = [item for item, team in holders(office, task).items() if len(team) == 2]

    change = office.reassign(task, "ann", "bob")

    assert {left.item for left in change.refused} == set(both)
    assert all(isinstance(left.why, HasIt) for left in change.refused)
    assert all(holders(office, task)[item] == ("ann", "bob") for item in both)
    assert counts(office, task) == {"ann": 5, "bob": 10}
    to_zoe = office.reassign(task, "ann", "zoe")
    assert len(to_zoe.diff) == 5
    assert all(holders(office, task)[item] == ("bob", "zoe") for item in both)


def test_copies_of_who_goes_wait_where_all_others_have_the_item(office: Office) -> None:
    """And they are hers again when she comes back."""
    task = shared(office, 6, percent=100, assignees=3)
    office.set_status(task, "eve", office.holds(task, "eve")[:1], "completed")
    office.pause(task, "eve")
    assert (office.progress(task).waiting, set(holders(office, task).values())) == (
        5,
        {("ann", "bob"), ("ann", "bob", "eve")},
    )
    office.resume(task, "eve")
    assert set(holders(office, task).values()) == {TEAM}
    office.remove_assignee(task, "eve")
    office.add_assignee(task, "zoe", load=10)
    assert Counter(holders(office, task).values()) == {("ann", "bob", "zoe"): 5, TEAM: 1}


def test_whoever_has_nothing_steals_only_what_she_has_not(office: Office) -> None:
    """Half of the work of who holds most, item by item."""
    task = shared(office, 8, Workload.even(["ann", "bob"]), percent=100)
    office.add_assignee(task, "zoe")
    batch = office.steal(task, "zoe")
    assert len(batch.items) == 4
    assert Counter(holders(office, task).values()) == {("ann", "bob"): 4, ("bob", "zoe"): 4}

    pulled = office.queue(2, 2, overlap=Overlap(percent=100, assignees=2))
    office.pull(pulled, "ann")
    office.pull(pulled, "bob")
    assert office.steal(pulled, "eve").items == ("b",)
    assert holders(office, pulled) == {"a": ("ann", "bob"), "b": ("bob", "eve")}


def test_copies_that_lie_with_several_people_go_to_as_many_others_as_there_are(office: Office) -> None:
    """The rest stays with whoever has it: never more copies than before, never fewer."""
    task = shared(office, 3, Workload.even(["ann", "bob"]), percent=100)
    office.add_assignee(task, "zoe", load=10)
    office.set_status(task, "zoe", office.holds(task, "zoe")[:1], "completed")
    office.wait(hours=2)
    office.set_status(task, "zoe", office.holds(task, "zoe", "done"), "discard")
    lies = {item: who for item, who in holders(office, task).items() if "zoe" not in who}
    assert set(lies.values()) == {("ann", "bob")}

    office.reclaim(task, idle=timedelta(hours=1))

    assert {holders(office, task)[item] for item in lies} == {("ann", "zoe")}
    assert office.progress(task).waiting == 0
    invariants(office.store, task)


def test_in_a_task_that_is_pulled_from_only_what_people_hold_is_shared_out(office: Office) -> None:
    """Copies that nobody holds stay in the queue, also those of items that somebody holds."""
    task = office.queue(4, 4, 8, overlap=Overlap(percent=100, assignees=3))
    office.pull(task, "ann")

    office.redistribute(task, Workload.even(["ann", "bob"]))

    assert counts(office, task) == {"ann": 2, "bob": 2, "eve": 0}
    assert office.progress(task).waiting == 8
    office.pull(task, "bob")
    office.redistribute(task, Workload.of({"ann": 0, "eve": 100}))
    assert counts(office, task) == {"ann": 0, "bob": 0, "eve": 4}
    assert office.progress(task).waiting == 8
    invariants(office.store, task)


@pytest.mark.parametrize(("v", "k", "n", "load"), [(10, 2, 90, 10), (12, 3, 100, 10), (20, 3, 380, 5)])
def test_somebody_who_joins_with_a_load_meets_everybody_by_the_fewest_moves(
    v: int, k: int, n: int, load: int
) -> None:
    """As many items come to her as her load says, no other moves, and pairs stay within two, hers too."""
    with Office(MemoryStore()) as office:
        names = [f"p{at:02}" for at in range(v)]
        overlap = Overlap(percent=100, assignees=k)
        task = office.create("r", named(n), workload=Workload.even(names), overlap=overlap).id
        change = office.add_assignee(task, "new", load=load)

        found = office.coverage(task)
        hers = [count for pair, count in found.pairs.items() if "new" in pair]
        assert len(change.diff.moves) == k * n * load // 100 == office.progress(task)["new"].open
        assert max(hers) - min(hers) <= 2
        assert (found.islands, found.met) == (1, v * (v + 1) // 2)
        assert found.most - found.least <= 3


def test_only_what_the_filter_names_moves(office: Office) -> None:
    """The rest stays, with all its copies."""
    items = [Item(f"i{n}", attributes={"n": n}) for n in range(10)]
    task = office.create("r", items, workload=EVEN, overlap=Overlap(percent=100, assignees=2)).id
    before = holders(office, task)

    office.redistribute(task, Workload.of({"ann": 100, "bob": 0, "eve": 0}), where=field("n").less(5))

    after = holders(office, task)
    assert all(after[f"i{n}"] == before[f"i{n}"] for n in range(5, 10))
    assert all("ann" in after[f"i{n}"] for n in range(5))
    assert all(len(after[f"i{n}"]) == 2 for n in range(10))


@pytest.mark.parametrize("verb", sorted(set(VERBS) - {"undo"}))
@pytest.mark.parametrize("pulled", [False, True])
def test_every_change_of_copies_can_be_undone(office: Office, verb: str, pulled: bool) -> None:
    """Then everything is as it was before."""
    overlap = Overlap(percent=50, assignees=2)
    if pulled:
        task = office.queue(8, 3, 5, overlap=overlap)
        for who in ("bob", "eve"):
            office.pull(task, who)
    else:
        task = office.create("r", named(8), workload=EVEN, overlap=overlap).id
    versions, before = len(office.history(task)), state(office, task)
    try:
        VERBS[verb](office, task, "bob")
    except (DistributionError, InvalidInput):
        assert pulled
    for version in range(len(office.history(task)), versions, -1):
        office.undo(task, version)
    assert state(office, task) == before
    invariants(office.store, task)


def state(office: Office, task: str) -> Any:
    """Give what counts of a task."""
    view = office.view(task)
    rows = {
        row.item: (row.left, row.rank, {who: (cell.state, cell.status) for who, cell in row.cells.items()})
        for row in view.rows
    }
    assert view.task is not None
    return rows, (view.task.items, view.task.copies, view.task.workload), counts_of(office, task)


def counts_of(office: Office, task: str) -> dict[str, int]:
    """Count what everybody holds who holds anything."""
    return {who: count for who, count in counts(office, task).items() if count}
