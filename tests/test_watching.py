"""What those see who watch: previews of pulls, the head of the queue, leases, newest history, shared items."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from itertools import combinations

import attrs
import pytest

from adapters.watching import NOBODY
from distribution import Item, Limit, Overlap, Workload
from distribution.errors import InvalidInput, NotFound, Refused
from distribution.gold import GoldShare
from distribution.golden import GoldPool
from distribution.lifecycle import HELD
from distribution.refusals import (
    AllReserved,
    AtCap,
    AtLimit,
    Locked,
    NotAMember,
    PastDue,
    QueueEmpty,
    TaskNotOpen,
)
from distribution.values import check_id
from tests import scene
from tests.office import TEAM, Office


def test_a_preview_is_what_a_pull_answers_and_changes_nothing(office: Office) -> None:
    task = office.queue(7, batch=2, cap=3)
    for who in (*TEAM, "ann"):
        before = office.history(task)
        preview = office.preview(task, who)
        assert office.history(task) == before
        assert office.pull(task, who) == preview


def test_everybody_is_told_in_advance_what_her_pull_will_say_all_day_long(office: Office) -> None:
    day = scene.day(office.store)

    for task in ("films", "crops", "streets"):
        for found in day.progress(task).assignments:
            preview = day.preview(task, found.assignee)
            assert day.pull(task, found.assignee) == preview


def test_a_preview_knows_every_reason(office: Office) -> None:
    task = office.queue(4, batch=2, cap=3)
    office.set_limit(task, "eve", Limit(count=0))

    def why(who: str) -> type:
        return type(office.preview(task, who).reason)

    office.pull(task, "ann")
    assert [why("ann"), why("zoe"), why("eve")] == [AtCap, NotAMember, AtLimit]
    office.pull(task, "bob")
    office.set_limit(task, "eve", None)
    assert why("eve") is AllReserved
    office.pause(task, "bob")
    assert why("bob") is Locked
    office.change(task, due=office.now)
    assert why("eve") is PastDue
    office.change(task, due=office.now + timedelta(days=1))
    office.close_task(task)
    assert why("eve") is TaskNotOpen


def test_a_preview_gives_out_what_a_pull_would_take_back_first(office: Office) -> None:
    task = office.queue(2, batch=2)
    office.pull(task, "ann")
    office.wait(minutes=31)

    assert office.preview(task, "bob").items == ("a", "b")
    assert office.holds(task, "ann") == ["a", "b"]


def test_where_everything_is_done_a_preview_says_so(office: Office) -> None:
    task = office.queue(1, batch=1)
    office.set_status(task, "ann", office.pull(task, "ann").items, "completed")

    assert office.preview(task, "bob").reason == QueueEmpty(1)


def test_nobody_pulls_from_a_task_that_was_shared_out(office: Office) -> None:
    task = office.create("even", ["a"], workload=Workload.even(TEAM)).id

    with pytest.raises(Refused, match="is distributed by load, nobody pulls from it"):
        office.preview(task, "ann")


def test_who_wants_nothing_has_no_id() -> None:
    with pytest.raises(InvalidInput, match="must not be empty"):
        check_id(NOBODY, "assignee id")


def test_the_head_of_the_queue_goes_by_priority_then_what_came_back_then_in_order(office: Office) -> None:
    task = office.queue(["a", "b", "c", "d", Item("urgent", priority=3), Item("next", priority=3)], batch=3)
    assert office.pull(task, "ann").items == ("urgent", "next", "a")
    office.skip(task, "ann", ["next", "a"])

    waits = office.waiting(task)
    assert [row.item for row in waits] == ["next", "a", "b", "c", "d"]
    assert {row.item: list(row.cells) for row in waits if row.cells} == {"next": ["ann"], "a": ["ann"]}
    assert office.waiting(task, limit=3) == waits[:3]
    assert [row.item for row in waits[:3]] == list(office.preview(task, "bob").items)


def test_copies_that_are_left_wait_beside_those_who_have_the_item(office: Office) -> None:
    task = office.queue(2, batch=1, overlap=Overlap(percent=100, assignees=2))
    office.pull(task, "ann")

    first, second = office.waiting(task)
    assert (first.left, list(first.cells), second.left) == (1, ["ann"], 2)


def test_of_a_task_that_was_shared_out_only_what_nobody_could_take_waits(office: Office) -> None:
    task = office.create("alone", ["a", "b"], workload=Workload.even(["ann"])).id
    assert office.waiting(task) == []

    office.skip(task, "ann", ["b"])
    assert [row.item for row in office.waiting(task)] == ["b"]


def test_leases_come_in_the_order_in_which_they_end(office: Office) -> None:
    task = office.queue(4, batch=2)
    office.pull(task, "ann")
    office.wait(minutes=10)
    office.pull(task, "bob")
    office.wait(minutes=25)
    office.renew(task, "ann", ["a"])

    found = office.leases(task)
    assert [(lease.item, lease.assignee) for lease in found] == [
        ("b", "ann"), ("c", "bob"), ("d", "bob"), ("a", "ann"),
    ]  # fmt: skip
    assert found[0].until < office.now < found[1].until
    assert office.leases(task, limit=2) == found[:2]


def test_what_is_done_or_kept_for_ever_has_no_lease(office: Office) -> None:
    leased, kept = office.queue(2), office.queue(2, lease=None)
    for task in (leased, kept):
        items = office.pull(task, "ann").items
        if task == leased:
            office.set_status(task, "ann", items, "completed")

    assert office.leases(leased) == office.leases(kept) == []


def test_no_more_than_a_hundred_leases_are_looked_at_and_they_are_the_first(office: Office) -> None:
    task = office.queue([f"i{n:03}" for n in range(300)], batch=150, cap=150)
    office.pull(task, "ann")
    office.wait(minutes=1)
    office.pull(task, "bob")

    found = office.leases(task, limit=500)
    assert [lease.item for lease in found] == [f"i{n:03}" for n in range(100)]


def test_the_newest_history_is_that_history_from_its_end(office: Office) -> None:
    task = office.queue(9)
    for who in TEAM:
        office.set_status(task, who, office.pull(task, who).items, "completed")

    found, before = [], None
    while page := office.recent(task, before=before, limit=3):
        assert len(page) <= 3
        found += page
        before = page[-1].version
    assert found == office.history(task)[::-1]
    assert office.recent(task, before=10**9, limit=1) == found[:1]
    assert office.recent(task, before=-5) == []


def test_shared_items_are_counted_by_who_has_or_did_them(office: Office) -> None:
    day = scene.day(office.store)
    found = day.sharing("films")

    met: Counter[tuple[str, str]] = Counter()
    for row in day.items("films"):
        met.update(combinations([who for who, cell in row.cells.items() if cell.state in HELD], 2))
    assert {pair: count for pair, count in found.coverage.pairs.items() if count} == dict(met)
    assert found.whole
    assert found.placements == len(day.placements("films"))


def test_people_whom_no_chain_of_items_connects_stand_on_islands(office: Office) -> None:
    found = scene.day(office.store).sharing("crops").coverage

    assert found.groups == (("north-1", "north-2"), ("south-1", "south-2"), ("west-1",))
    assert (found.least, found.met) == (0, 2)


def test_what_went_back_is_shared_no_more(office: Office) -> None:
    task = office.queue(1, batch=1, overlap=Overlap(percent=100, assignees=2))
    for who in ("ann", "bob"):
        office.pull(task, who)
    assert office.sharing(task).coverage.pairs == {("ann", "bob"): 1}

    office.release(task, "bob")
    assert office.sharing(task).coverage.assignees == ("ann",)


def test_gold_is_no_item_that_people_share(office: Office) -> None:
    pool = GoldPool([Item("gold", attributes={"truth": "cat"})], GoldShare(50))
    both = Overlap(count=1, assignees=2)
    task = office.create(
        "gold", list("abcdefghij"), workload=Workload.even(["ann", "bob"]), overlap=both, gold=pool
    )
    assert {"ann", "bob"} <= set(office.states(task.id, "gold"))

    assert office.sharing(task.id).coverage.pairs == {("ann", "bob"): 1}


@pytest.mark.parametrize(
    ("most", "looked", "whole"), [(3, 4, False), (8, 8, True), (9, 8, True), (1, 2, False)]
)
def test_no_more_placements_are_looked_at_than_was_asked_for(
    office: Office, most: int, looked: int, *, whole: bool
) -> None:
    both = Overlap(percent=100, assignees=2)
    task = office.create("both", list("abcd"), workload=Workload.even(["ann", "bob"]), overlap=both).id

    found = office.sharing(task, most=most)
    assert (found.placements, found.whole) == (looked, whole)
    assert found.coverage.pairs == {("ann", "bob"): looked // 2}


def test_watching_what_is_not_there_says_so(office: Office) -> None:
    for ask in (office.waiting, office.leases, office.recent, office.sharing):
        with pytest.raises(NotFound, match="no task 'nowhere' in the store"):
            ask("nowhere")
    with pytest.raises(NotFound):
        office.preview("nowhere", "ann")


def test_a_limit_is_a_number_of_things(office: Office) -> None:
    task = office.queue(1)
    for ask in (office.waiting, office.leases, office.recent):
        with pytest.raises(InvalidInput, match="limit must be a whole number of at least 1, got 0"):
            ask(task, limit=0)
    assert attrs.asdict(office.sharing(task), recurse=False)["placements"] == 0
