"""Tasks to pull from in which some items go to several people."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.memory import MemoryStore
from distribution import DistributionError, Infeasible, Item, Limit, Overlap, field
from distribution.overlap import drawn
from distribution.refusals import (
    AllReserved,
    AtCap,
    AtLimit,
    Lost,
    OnlyHers,
    OnlyLost,
    OnlySkipped,
    QueueEmpty,
)
from distribution.testing.invariants import invariants
from tests.office import NOON, TEAM, Office
from tests.test_overlap_tasks import counts, holders

ALL = Overlap(percent=100, assignees=2)
LEASE = timedelta(minutes=30)


def work(office: Office, task: str, who: str) -> tuple[str, ...]:
    """Let somebody pull a batch and finish it."""
    batch = office.pull(task, who)
    office.set_status(task, who, batch.items, "completed")
    return batch.items


def row(office: Office, task: str, item: str) -> Any:
    """Look at one item."""
    return next(row for row in office.items(task) if row.item == item)


# Created and grown.


def test_a_part_of_the_items_waits_with_several_copies(office: Office) -> None:
    """Which they are is a function of the seed."""
    task = office.queue(10, overlap=Overlap(percent=30, assignees=3), seed=7)

    copies = [row.copies for row in sorted(office.items(task), key=lambda row: row.position)]
    assert copies == [3 if at in drawn(7, 0, 10, 3) else 1 for at in range(10)]
    assert (office.get(task).copies, office.progress(task).waiting) == (16, 16)
    assert office.history(task)[0].event.facts == {"items": 10, "skipped": 0, "copies": 16}


def test_nobody_can_ask_for_more_copies_than_people_may_pull(office: Office) -> None:
    """The error has both numbers; nothing is stored."""
    with pytest.raises(Infeasible, match="4 different assignees an item: there are 3; ask for fewer copies"):
        office.queue(4, overlap=Overlap(count=1, assignees=4))
    assert list(office.all()) == []


@pytest.mark.parametrize("deliveries", [(30, 70), (1,) * 30, (7, 0, 12)])
@pytest.mark.parametrize("overlap", [Overlap(percent=30), Overlap(count=12), Overlap(percent=100)])
def test_the_share_holds_of_all_items_in_the_queue_however_they_came(
    office: Office, deliveries: tuple[int, ...], overlap: Overlap
) -> None:
    """What overlapped goes on doing so."""
    task = office.queue(0, overlap=overlap)
    total, before = 0, dict[str, int]()
    for size in deliveries:
        office.add_items(task, [f"i{n}" for n in range(total, total + size)])
        total += size
        copies = {row.item: row.copies for row in office.items(task)}
        assert before.items() <= copies.items()
        assert Counter(copies.values()) == +Counter({2: overlap.of(total), 1: total - overlap.of(total)})
        before = copies
    invariants(office.store, task)


def test_a_filter_says_which_items_of_a_queue_overlap(office: Office) -> None:
    """Of those that come first, and of those that come later."""
    items = [Item(f"i{n}", attributes={"hard": n % 2 == 0}) for n in range(6)]
    overlap = Overlap(where=field("hard").equal(True), assignees=3)
    task = office.queue(items[:3], overlap=overlap)
    office.add_items(task, items[3:])

    assert {row.item: row.copies for row in office.items(task)} == {
        f"i{n}": 3 if n % 2 == 0 else 1 for n in range(6)
    }
    invariants(office.store, task)


def test_the_story_of_an_item_tells_who_has_it_and_how_many_copies_are_left(office: Office) -> None:
    """In its first line."""
    task = office.queue(1, 1, overlap=Overlap(percent=100, assignees=3))

    def first_line() -> str:
        return str(office.explain(task, "a")).splitlines()[0]

    told = [first_line()]
    for who in TEAM:
        office.pull(task, who)
        told.append(first_line())
    assert told == [
        "'a' waits for somebody to take it",
        "'a' is open with 'ann'; 2 copies are left",
        "'a' is open with 'ann' and open with 'bob'; 1 copy is left",
        "'a' is open with 'ann' and open with 'bob' and open with 'eve'",
    ]


# Copies are pulled.


def test_each_item_is_done_by_exactly_so_many_different_people(office: Office) -> None:
    """They take turns until nothing is left."""
    task = office.queue(9, 2, 2, overlap=ALL, order="random")
    got: dict[str, list[str]] = {}
    while some := [(who, item) for who in TEAM for item in work(office, task, who)]:
        for who, item in some:
            got.setdefault(item, []).append(who)

    assert {len(people) for people in got.values()} == {2}
    assert {len(set(people)) for people in got.values()} == {2}
    assert len(got) == 9
    assert all(row.complete for row in office.items(task))
    assert office.progress(task).progress == "completed"
    assert office.pull(task, "ann").reason == QueueEmpty(9)
    assert str(QueueEmpty(9)) == "nothing is left: all 9 items are done"


def test_outstanding_leases_count_towards_the_copies(office: Office) -> None:
    """Whoever comes third gets nothing, and is told until when."""
    task = office.queue(1, 1, overlap=ALL)
    office.pull(task, "ann")
    office.pull(task, "bob")

    assert office.pull(task, "eve").reason == AllReserved(2, NOON + LEASE)
    assert (row(office, task, "a").copies, row(office, task, "a").left) == (2, 0)


def test_a_late_answer_counts_only_while_a_copy_is_free(office: Office) -> None:
    """There are never more answers than copies."""
    task = office.queue(1, 1, people=("ann", "bob", "eve", "max"), overlap=ALL)
    office.pull(task, "ann")
    office.pull(task, "bob")
    office.wait(minutes=31)
    assert office.pull(task, "eve").items == ("a",)
    assert office.pull(task, "max").items == ("a",)
    for who in ("ann", "bob"):
        done = office.set_status(task, who, ["a"], "completed")
        assert [left.why for left in done.refused] == [Lost("a", who, ("eve", "max"))]

    office.release(task, "max", ["a"])
    assert office.set_status(task, "bob", ["a"], "completed").changed == ("a",)
    office.set_status(task, "eve", ["a"], "completed")
    for who in ("ann", "max"):
        done = office.set_status(task, who, ["a"], "completed")
        assert [left.why for left in done.refused] == [Lost("a", who, ("bob", "eve"))]
    assert office.progress(task).done == 2
    assert row(office, task, "a").complete
    invariants(office.store, task)


def test_who_lost_a_copy_gets_it_again_where_the_others_are_fewer_than_the_copies(office: Office) -> None:
    """Every copy has somebody: nobody has to wait for a colleague who does not come."""
    task = office.queue(1, 1, people=("ann", "bob"), overlap=ALL)
    office.pull(task, "ann")
    office.wait(minutes=31)
    assert office.pull(task, "ann").items == ("a",)

    other = office.queue(1, 1, overlap=ALL)
    office.pull(other, "ann")
    office.wait(minutes=31)
    assert office.pull(other, "ann").reason == OnlyLost(1), "bob and eve come first"


def test_what_is_left_may_be_for_others_only(office: Office) -> None:
    """Copies of what she has, or has done: at once, and when a lease of somebody else ends."""
    task = office.queue(2, 2, 4, overlap=ALL)
    office.pull(task, "ann")
    assert office.pull(task, "ann").reason == OnlyHers(2)
    assert str(OnlyHers(2)) == (
        "all 2 copies left are of items she has or has done; only others can take them"
    )
    office.set_status(task, "ann", ["a"], "completed")
    office.pull(task, "bob")
    office.wait(minutes=20)
    office.renew(task, "ann")
    office.wait(minutes=15)

    assert office.pull(task, "ann").reason == OnlyHers(2)
    assert office.pull(task, "eve").items == ("a", "b")


def test_only_those_items_count_as_skipped_by_everybody_of_which_no_other_copy_is_left(
    office: Office,
) -> None:
    """While others could take what she has, nobody needs to be added."""
    task = office.queue(2, 1, 2, people=("ann", "bob"), overlap=Overlap(count=2, assignees=2))
    office.pull(task, "ann")
    office.pull(task, "bob")
    office.skip(task, "ann", ["a"])
    office.skip(task, "bob", ["a"])
    office.pull(task, "ann")
    assert holders(office, task) == {"a": (), "b": ("ann",)}

    assert office.pull(task, "ann").reason == OnlySkipped(1)
    assert office.pull(task, "bob").items == ("b",)
    assert office.pull(task, "bob").reason == OnlySkipped(1, everybody=True)


def test_cap_and_limit_count_copies(office: Office) -> None:
    """They hold whoever else has the items."""
    task = office.queue(6, 2, 3, overlap=ALL)
    office.pull(task, "ann")
    assert office.pull(task, "ann").reason == AtCap("ann", 2, 2, 3)
    office.set_limit(task, "bob", Limit(percent=50))
    assert [len(work(office, task, "bob")) for _ in range(2)] == [2, 1]
    assert office.pull(task, "bob").reason == AtLimit("bob", 3, "50 % of the items")


def test_a_skip_that_counts_as_done_uses_up_one_copy(office: Office) -> None:
    """The others stay to be done."""
    task = office.queue(1, 1, overlap=ALL, skip="done")
    office.pull(task, "ann")
    office.skip(task, "ann", ["a"])
    assert not row(office, task, "a").complete
    office.pull(task, "bob")
    office.skip(task, "bob", ["a"])
    assert row(office, task, "a").complete
    assert office.pull(task, "eve").reason == QueueEmpty(1)


def test_handing_in_and_pulling_gives_no_second_copy_of_what_was_handed_in(office: Office) -> None:
    """In one change as in two."""
    task = office.queue(3, 2, 2, overlap=ALL)
    first = office.pull(task, "ann")
    assert office.submit_and_pull(task, "ann", first.items, "completed").batch.items == ("c",)
    turn = office.submit_and_pull(task, "ann", ["c"], "completed")
    assert turn.batch.reason == OnlyHers(3)


def test_removed_and_restored_items_of_a_queue_keep_their_copies(office: Office) -> None:
    """What is done of them stays, and the item with it."""
    task = office.queue(3, 3, overlap=ALL)
    office.pull(task, "ann")
    office.set_status(task, "ann", ["a"], "completed")
    assert [left.item for left in office.remove_items(task, ["a", "b", "c"]).refused] == ["a"]
    assert (office.get(task).copies, office.progress(task).waiting) == (2, 1)
    office.add_items(task, ["b", "c"])

    assert (office.get(task).copies, office.progress(task).waiting) == (6, 5)
    assert office.pull(task, "bob").items == ("a", "b", "c")
    invariants(office.store, task)


def test_who_joins_late_gets_copies_and_who_leaves_gives_them_back(office: Office) -> None:
    """Nobody's answer is lost, no item gets one too many."""
    task = office.queue(4, 4, people=("ann", "bob"), overlap=ALL)
    work(office, task, "ann")
    office.pull(task, "bob")
    office.remove_assignee(task, "bob")
    assert office.pull(task, "ann").reason == OnlyHers(4)
    office.add_assignee(task, "zoe")

    assert work(office, task, "zoe") == ("a", "b", "c", "d")
    assert office.progress(task).progress == "completed"
    done = office.set_status(task, "zoe", ["a"], "discard")
    assert done.changed == ("a",)
    office.add_assignee(task, "bob")
    assert office.pull(task, "bob").reason == QueueEmpty(4)


steps = st.lists(
    st.tuples(
        st.sampled_from(
            ["pull", "submit", "skip", "release", "wait", "join", "leave", "add", "steal", "hand"]
        ),
        st.sampled_from(["ann", "bob", "eve", "max", "zoe"]),
    ),
    max_size=40,
)


@given(
    steps=steps,
    k=st.integers(2, 3),
    percent=st.integers(1, 100),
    batch=st.integers(1, 3),
    lease=st.sampled_from([None, LEASE]),
    skip=st.sampled_from(["others", "later", "done"]),
)
def test_under_any_interleaving_every_item_is_done_by_exactly_as_many_people_as_it_has_copies(
    steps: list[tuple[str, str]], k: int, percent: int, batch: int, lease: timedelta | None, skip: Any
) -> None:
    """People join late and leave, leases end; in the end a willing team finishes everything."""
    with Office(MemoryStore()) as office:
        task = office.queue(
            5, batch, batch + 1, lease=lease, skip=skip, overlap=Overlap(percent=percent, assignees=k)
        )
        wanted = {row.item: row.copies for row in office.items(task)}
        for number, (verb, who) in enumerate(steps):
            try:
                _step(office, task, verb, who, number)
            except DistributionError:
                continue
            for found in office.items(task):
                assert found.copies == wanted.setdefault(found.item, found.copies)
                assert 0 <= found.left <= found.copies
        invariants(office.store, task)
        # Three who never had anything finish what is left.
        for who in ("p", "q", "r"):
            office.add_assignee(task, who)
        for member in office.progress(task).assignments:
            if member.assignee not in {"p", "q", "r"} and member.state != "removed":
                office.remove_assignee(task, member.assignee)
        for who in ("p", "q", "r"):
            while work(office, task, who):
                pass
        assert all(row.complete for row in office.items(task))
        for found in office.items(task):
            done = [who for who, cell in found.cells.items() if cell.state == "done"]
            assert len(done) == wanted[found.item]
        assert office.progress(task).progress == "completed"
        invariants(office.store, task)


def _step(office: Office, task: str, verb: str, who: str, number: int) -> None:
    """Do something."""
    mine = office.holds(task, who) if verb in {"submit", "skip", "release"} else []
    if verb == "pull":
        office.pull(task, who)
    elif verb == "submit":
        office.set_status(
            task, who, [row.item for row in office.items(task) if who in row.cells], "completed"
        )
    elif verb == "skip":
        office.skip(task, who, mine[:1])
    elif verb == "release":
        office.release(task, who, mine[:1])
    elif verb == "wait":
        office.wait(minutes=20)
    elif verb == "join":
        office.add_assignee(task, who)
    elif verb == "leave":
        office.remove_assignee(task, who)
    elif verb == "add":
        office.add_items(task, [f"n{number}"])
    elif verb == "steal":
        office.steal(task, who)
    else:
        office.reassign(task, who, "max" if who != "max" else "ann")


def test_everybody_finishes_her_part_of_a_large_overlap(office: Office) -> None:
    """Of forty items three different people do each, and the counts add up."""
    task = office.queue([f"i{n}" for n in range(40)], 5, 10, overlap=Overlap(percent=50, assignees=3))
    while sum(len(work(office, task, who)) for who in TEAM):
        pass
    assert sum(counts(office, task).values()) == 40 + 2 * 20
    assert Counter(len(team) for team in holders(office, task).values()) == {1: 20, 3: 20}
