"""Tasks shared out by load in which some items go to several people: created, grown, finished."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.memory import MemoryStore
from distribution import Infeasible, InvalidInput, Item, Limit, Overlap, Workload, field
from distribution.basis import ByEffort
from distribution.testing import strategies
from distribution.testing.invariants import invariants
from tests.office import Office

EVEN = Workload.even(["ann", "bob", "eve"])
UNEVEN = Workload.of({"ann": 50, "bob": 30, "eve": 20})


def named(count: int, start: int = 0) -> list[str]:
    """Name so many items."""
    return [f"i{n}" for n in range(start, start + count)]


def shared(office: Office, items: int, workload: Workload = EVEN, **overlap: Any) -> str:
    """Create a task of items i0, i1, ... shared out with this overlap."""
    return office.create("review", named(items), workload=workload, seed=7, overlap=Overlap(**overlap)).id


def holders(office: Office, task: str) -> dict[str, tuple[str, ...]]:
    """Tell who holds each item, in the order of the team."""
    rows = sorted(office.view(task).rows, key=lambda row: row.position)
    return {
        row.item: tuple(who for who, cell in row.cells.items() if cell.state in {"open", "done"})
        for row in rows
    }


def counts(office: Office, task: str) -> dict[str, int]:
    """Count the copies everybody holds."""
    return {found.assignee: found.total for found in office.progress(task).assignments}


def meetings(held: dict[str, tuple[str, ...]]) -> Counter[tuple[str, str]]:
    """Count the items that each two share."""
    return Counter(pair for team in held.values() for pair in combinations(sorted(team), 2))


def islands(held: dict[str, tuple[str, ...]], people: Sequence[str]) -> int:
    """Count the groups that no chain of overlapped items connects."""
    groups = [{name} for name in people]
    for team in held.values():
        if len(team) > 1:
            joined = set[str]().union(*(group for group in groups if group & set(team)))
            groups = [group for group in groups if not group & joined] + [joined]
    return len(groups)


@pytest.mark.parametrize(("percent", "placements"), [(100, 20), (50, 15), (0, 10)])
def test_ten_items_for_two_people_are_twenty_placements_at_a_hundred_percent_and_fifteen_at_fifty(
    office: Office, percent: int, placements: int
) -> None:
    """So many rows are stored, so many copies are counted."""
    task = shared(office, 10, Workload.even(["ann", "bob"]), percent=percent)

    assert len(office.placements(task)) == placements
    assert office.get(task).copies == placements
    assert office.progress(task).total == placements
    assert office.get(task).items == 10


def test_what_is_stored_is_what_the_plan_says(office: Office) -> None:
    """The same holders, counts and order of work; made again it is the same plan."""
    overlap = Overlap(percent=40, assignees=3)
    task = office.create("review", named(25), workload=UNEVEN, seed=3, overlap=overlap).id
    plan = office.plan(named(25), workload=UNEVEN, seed=3, overlap=overlap)

    assert holders(office, task) == {item: plan.assignees_of(item) for item in named(25)}
    assert counts(office, task) == plan.counts()
    assert {who: office.holds(task, who) for who in plan.assignees} == {
        who: plan.items_of(who) for who in plan.assignees
    }
    assert office.replan(task) == plan
    assert plan.verify()
    assert plan.overlap is not None
    assert (plan.overlap.islands, islands(holders(office, task), plan.assignees)) == (1, 1)
    assert office.history(task)[0].event.facts["copies"] == 45


@given(
    workload=strategies.workloads(max_size=5),
    items=st.integers(0, 30),
    percent=st.integers(0, 100),
    k=st.integers(2, 4),
    order=strategies.orders(),
    seed=strategies.seeds(),
)
def test_any_task_with_overlap_is_kept_as_planned_or_refused_with_both_numbers(
    workload: Workload, items: int, percent: int, k: int, order: str, seed: int
) -> None:
    """Nobody has an item twice, the copies are exact, and the history gives the same again."""
    overlap = Overlap(percent=percent, assignees=k)
    with Office(MemoryStore()) as office:
        able = sum(share > 0 for share in workload.shares)
        make: Any = {"workload": workload, "seed": seed, "order": order, "overlap": overlap}
        if k > able and overlap.of(items):
            with pytest.raises(Infeasible, match=f"{k} different assignees"):
                office.create("review", named(items), **make)
            return
        task = office.create("review", named(items), **make).id
        sizes = Counter(len(team) for team in holders(office, task).values())
        expected = Counter({k: overlap.of(items), 1: items - overlap.of(items)})
        assert sizes == +expected
        assert counts(office, task) == office.replan(task).counts()
        assert office.redistribute(task).event is None, "it is where it shall be"
        invariants(office.store, task)


def test_more_copies_than_people_are_refused_with_both_numbers_and_the_ways_out(office: Office) -> None:
    """Nothing is stored."""
    with pytest.raises(Infeasible) as error:
        shared(office, 4, EVEN, percent=50, assignees=4)
    with pytest.raises(Infeasible, match="2 of 3 carry a load"):
        shared(office, 4, Workload.weights([("ann", 1), ("bob", 1), ("eve", 0)]), percent=50, assignees=3)

    assert str(error.value) == (
        "4 different assignees an item: there are 3; ask for fewer copies, add assignees,"
        " or give more of them a load"
    )
    assert list(office.all()) == []


@pytest.mark.parametrize("overlap", [5, "50", {"percent": 50}])
def test_what_is_no_overlap_is_refused_wherever_it_is_given(office: Office, overlap: Any) -> None:
    """By a plan as by a task."""
    with pytest.raises(InvalidInput, match="overlap must be an Overlap"):
        office.create("review", ["a", "b"], workload=EVEN, overlap=overlap)
    with pytest.raises(InvalidInput, match="overlap must be an Overlap"):
        office.plan(["a", "b"], workload=EVEN, overlap=overlap)
    with pytest.raises(InvalidInput, match="overlap must be an Overlap"):
        office.queue(2, overlap=overlap)


def test_items_that_overlap_are_shared_out_by_number_only(office: Office) -> None:
    """Other bases say so."""
    with pytest.raises(InvalidInput, match="share out by count, or leave the overlap and the rules out"):
        office.create(
            "review", ["a", "b"], workload=EVEN, basis=ByEffort(), overlap=Overlap(count=1, assignees=2)
        )


def test_loads_hold_for_all_copies_and_nobody_holds_an_item_twice(office: Office) -> None:
    """What is beyond one copy an item goes to the others in proportion."""
    task = shared(office, 10, Workload.of({"ann": 80, "bob": 15, "eve": 5}), percent=100)
    assert counts(office, task) == {"ann": 10, "bob": 8, "eve": 2}

    office.redistribute(task, Workload.of({"ann": 80, "bob": 10, "eve": 10}))

    assert counts(office, task) == {"ann": 10, "bob": 5, "eve": 5}
    assert {len(team) for team in holders(office, task).values()} == {2}


def test_everybodys_order_of_work_mixes_overlapped_and_single_items(office: Office) -> None:
    """In every quarter of her work she meets nearly a quarter of her overlapped items."""
    task = shared(office, 240, percent=30)
    held = holders(office, task)

    for who in EVEN.assignees:
        line = [len(held[item]) > 1 for item in office.holds(task, who)]
        quarter = len(line) // 4
        parts = [sum(line[at : at + quarter]) for at in range(0, 4 * quarter, quarter)]
        assert max(parts) - min(parts) <= 3, (who, parts)


def test_an_overlapped_item_is_explained_with_its_team(office: Office) -> None:
    """First the plan, then what happened since."""
    task = shared(office, 20, percent=50)
    team = next(team for team in holders(office, task).values() if len(team) == 2)
    for item, who in holders(office, task).items():
        placed = office.explain(task, item).placed
        assert placed is not None
        assert placed.team == who
    item = next(item for item, who in holders(office, task).items() if who == team)
    told = str(office.explain(task, item)).splitlines()
    assert told[0] == f"{item!r} is open with {team[0]!r} and open with {team[1]!r}"
    assert (
        "belong to exactly these people; overlap: 50 % of the items, rounded half up, by 2 people each, here 10"
        in told[1]
    )


# Items that come later.


def test_those_that_came_later_come_last_in_the_order_of_work(office: Office) -> None:
    """As they do where nothing overlaps."""
    task = shared(office, 20, percent=50)
    office.add_items(task, named(6, 20))

    for who in EVEN.assignees:
        line = [int(item[1:]) >= 20 for item in office.holds(task, who)]
        assert line == sorted(line)


@pytest.mark.parametrize("overlap", [{"percent": 30}, {"percent": "33.3"}, {"count": 17}, {"percent": 100}])
@pytest.mark.parametrize("deliveries", [(30, 70), (1,) * 20, (10, 0, 15, 5), (3, 50, 2)])
def test_existing_members_are_never_dropped_and_the_sample_grows_to_the_new_count(
    office: Office, overlap: dict[str, Any], deliveries: tuple[int, ...]
) -> None:
    """However items come: as many overlap as if all had come at once, and those that did go on doing so."""
    first = 10
    task = shared(office, first, **overlap)
    total = first
    for size in deliveries:
        before = {item: team for item, team in holders(office, task).items() if len(team) > 1}
        office.add_items(task, named(size, total))
        total += size
        now = {item: team for item, team in holders(office, task).items() if len(team) > 1}
        assert len(now) == Overlap(**overlap).of(total)
        assert before.items() <= now.items(), "nobody is dropped"

    held = counts(office, task)
    assert sum(held.values()) == total + Overlap(**overlap).of(total)
    assert max(held.values()) - min(held.values()) <= 1
    invariants(office.store, task)


@given(
    weights=st.lists(st.integers(2, 4), min_size=3, max_size=5),
    percent=st.integers(0, 100),
    cuts=st.lists(st.integers(0, 60), max_size=5),
)
def test_the_number_of_copies_and_everybodys_part_hardly_depend_on_the_deliveries(
    weights: list[int], percent: int, cuts: list[int]
) -> None:
    """The copies are the same; where nobody's load is half of all, a person's are within two."""
    ends = sorted({*cuts, 60})
    overlap = Overlap(percent=percent, assignees=2)
    workload = Workload.weights([(f"p{n}", weight) for n, weight in enumerate(weights)])
    with Office(MemoryStore()) as office:
        tasks = []
        for bounds in (ends, [60]):
            tasks.append(office.create("grown", [], workload=workload, overlap=overlap).id)
            for start, end in zip([0, *bounds], bounds, strict=False):
                office.add_items(tasks[-1], named(end - start, start))
        one, other = (counts(office, task) for task in tasks)
        assert sum(one.values()) == sum(other.values()) == 60 + overlap.of(60)
        assert max(abs(one[who] - other[who]) for who in one) <= 2
        invariants(office.store, tasks[0])


def test_a_filter_says_of_later_items_too_which_overlap(office: Office) -> None:
    """Also of one that was removed and comes back."""
    items = [Item(f"i{n}", attributes={"hard": n % 3 == 0}) for n in range(12)]
    overlap = Overlap(where=field("hard").equal(True), assignees=3)
    task = office.create("review", items[:6], workload=EVEN, overlap=overlap).id
    office.add_items(task, items[6:])
    office.remove_items(task, ["i3", "i4"])
    assert office.get(task).copies == 10 + 2 * 3
    office.add_items(task, ["i3", "i4"])

    assert {item: len(team) for item, team in holders(office, task).items()} == {
        f"i{n}": 3 if n % 3 == 0 else 1 for n in range(12)
    }
    assert office.get(task).copies == 12 + 2 * 4
    invariants(office.store, task)


def test_pairs_stay_balanced_and_connected_as_items_come(office: Office) -> None:
    """Of six people no two are left without a common item, one by one or fifty at once."""
    people = [f"p{n}" for n in range(6)]
    for deliveries in ([1] * 100, [50, 50], [5] * 20, [100]):
        task = office.create("r", [], workload=Workload.even(people), overlap=Overlap(percent=60)).id
        at = 0
        for size in deliveries:
            office.add_items(task, named(size, at))
            at += size
        pairs = meetings(holders(office, task))
        # Sixty items for fifteen pairs: four each would be perfect.
        assert islands(holders(office, task), people) == 1
        assert len(pairs) == 15
        assert 3 <= min(pairs.values()) <= max(pairs.values()) <= 8, pairs
        assert max(counts(office, task).values()) - min(counts(office, task).values()) <= 1


def test_what_has_too_few_people_waits_for_the_rest(office: Office) -> None:
    """A copy goes to nobody twice, so it waits until somebody comes."""
    task = shared(office, 2, percent=100, assignees=3)
    office.pause(task, "eve")
    office.add_items(task, ["new"])
    assert holders(office, task)["new"] == ("ann", "bob")
    assert (office.progress(task).waiting, office.progress(task).total) == (3, 9)

    office.resume(task, "eve")

    assert counts(office, task) == {"ann": 3, "bob": 3, "eve": 3}
    assert office.progress(task).waiting == 0


def test_limits_hold_with_overlap(office: Office) -> None:
    """New copies go past whoever is at her limit, and wait where all are."""
    task = shared(office, 3, percent=100)
    for who in EVEN.assignees:
        office.set_limit(task, who, Limit(count=3))
    office.add_items(task, ["x", "y"])

    assert max(counts(office, task).values()) == 3
    assert (sum(counts(office, task).values()), office.progress(task).waiting) == (9, 1)
    office.set_limit(task, "bob", None)
    assert office.progress(task).waiting == 0
    invariants(office.store, task)


# Complete.


def test_an_item_is_complete_when_as_many_different_people_finished_it_as_it_has_copies(
    office: Office,
) -> None:
    """A skip does not count."""
    task = shared(office, 1, percent=100, assignees=2)
    ann, bob = holders(office, task)["i0"]
    (third,) = set(EVEN.assignees) - {ann, bob}

    def complete() -> tuple[bool, int, str]:
        (row,) = office.items(task)
        return row.complete, row.copies, office.progress(task).progress

    assert complete() == (False, 2, "waiting")
    office.set_status(task, ann, ["i0"], "completed")
    assert complete() == (False, 2, "in progress")
    office.skip(task, bob, ["i0"])
    assert holders(office, task)["i0"] == tuple(who for who in EVEN.assignees if who != bob)
    assert complete() == (False, 2, "in progress")
    office.set_status(task, third, ["i0"], "discard")
    assert complete() == (True, 2, "completed")


def test_a_skipped_copy_goes_to_somebody_who_has_not_had_the_item(office: Office) -> None:
    """Where everybody has had it, it waits."""
    task = shared(office, 12, percent=100, assignees=2)
    before = holders(office, task)
    mine = office.holds(task, "ann")
    office.skip(task, "ann", mine)

    now = holders(office, task)
    assert all(now[item] == ("bob", "eve") for item in mine)
    assert {item: now[item] for item in now if item not in mine} == {
        item: before[item] for item in before if item not in mine
    }
    office.skip(task, "bob", mine)
    assert all(now[item] == ("eve",) for now in [holders(office, task)] for item in mine)
    assert office.progress(task).waiting == len(mine)
    invariants(office.store, task)


def test_items_with_one_finished_copy_stay_and_others_go_with_all_their_copies(office: Office) -> None:
    """Removed and restored, an item has as many copies as before."""
    task = shared(office, 4, percent=100, assignees=2)
    first = office.holds(task, "ann")[0]
    office.set_status(task, "ann", [first], "completed")

    change = office.remove_items(task, named(4))

    assert [left.item for left in change.refused] == [first]
    assert (office.get(task).items, office.get(task).copies) == (1, 2)
    office.add_items(task, named(4))
    assert (office.get(task).items, office.get(task).copies, office.progress(task).waiting) == (4, 8, 0)
    assert {len(set(team)) for team in holders(office, task).values()} == {2}
    invariants(office.store, task)


def test_a_task_with_overlap_is_purged_like_any_other(office: Office) -> None:
    """Its history stays and says how many copies there were."""
    task = shared(office, 4, percent=50)
    office.delete(task)
    office.purge(task)

    assert [entry.event.what for entry in office.history(task)] == ["created", "deleted", "purged"]
    invariants(office.store, task)
