"""Who meets whom in a task at work: what the plan said, and then what people have."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations

import pytest

from adapters import agreeing
from distribution import Item, NotFound, Overlap, Workload
from distribution.coverage import Coverage
from distribution.gold import GoldShare
from distribution.golden import GoldPool
from distribution.lifecycle import HELD
from distribution.task import Row
from tests.office import TEAM, Office

FIVE = ["ann", "bob", "eve", "max", "zoe"]
ITEMS = [f"i{n}" for n in range(40)]


def twin(office: Office, task: str) -> dict[tuple[str, str], int]:
    """Count pairs slowly: every two, every item."""
    rows = [row for row in office.items(task) if row.item != "gold"]
    there = [who for who in office.view(task).members if any(_has(row, who) for row in rows)]
    return {
        (one, other): sum(_has(row, one) and _has(row, other) for row in rows)
        for one, other in combinations(there, 2)
    }


def _has(row: Row, who: str) -> bool:
    return who in row.cells and row.cells[who].state in HELD


def said(found: Coverage) -> tuple[object, ...]:
    return found.items, found.copies, found.assignees, dict(found.pairs), found.groups, found.efficiency


@pytest.mark.parametrize(
    "overlap", [Overlap(percent=30, assignees=3), Overlap(percent=100), Overlap(count=2)]
)
def test_the_coverage_of_a_task_that_was_shared_out_is_that_of_its_plan(
    office: Office, overlap: Overlap
) -> None:
    """The same value, from what is kept."""
    task = office.create("review", ITEMS, workload=Workload.even(FIVE), overlap=overlap).id
    plan = office.plan(ITEMS, workload=Workload.even(FIVE), overlap=overlap)

    assert plan.overlap is not None
    assert said(office.coverage(task)) == said(plan.overlap)
    assert str(office.coverage(task)) == str(plan.overlap)


def test_coverage_follows_work_that_changes_hands(office: Office) -> None:
    """Whoever it came from."""
    task = office.create("review", ITEMS, workload=Workload.even(FIVE), overlap=Overlap(percent=50)).id
    office.set_status(task, "zoe", office.holds(task, "zoe")[:3], "completed")
    changes: list[Callable[[], object]] = [
        lambda: office.add_items(task, ["x", "y", "z"]),
        lambda: office.remove_assignee(task, "zoe"),
        lambda: office.add_assignee(task, "new", load=20),
        lambda: office.redistribute(task, Workload.even(["ann", "bob"])),
    ]
    for change in changes:
        change()
        assert dict(office.coverage(task).pairs) == twin(office, task)
    assert "zoe" in office.coverage(task).assignees
    assert "new" not in office.coverage(task).assignees


def test_what_was_skipped_or_went_back_is_shared_with_nobody(office: Office) -> None:
    """Only what people have open or have done counts, and gold never does."""
    gold = GoldPool([Item("gold", attributes={"truth": "x"})], rule=GoldShare(percent=50))
    task = office.queue(4, 4, 8, overlap=Overlap(percent=100, assignees=3), gold=gold)
    for who in TEAM:
        office.pull(task, who)
    assert dict(office.coverage(task).pairs) == twin(office, task)
    office.skip(task, "ann", office.holds(task, "ann")[:1])
    office.release(task, "bob")

    found = office.coverage(task)
    assert found.assignees == ("ann", "eve")
    assert list(found.pairs) == [("ann", "eve")]
    assert dict(found.pairs) == twin(office, task)


def test_items_that_fewer_have_by_now_are_said_to_be_shared_by_up_to_so_many(office: Office) -> None:
    """In words as far as it got."""
    task = office.queue(2, 1, 2, overlap=Overlap(percent=100, assignees=3))
    assert office.coverage(task).islands == 0
    office.pull(task, "ann")
    office.pull(task, "bob")

    assert str(office.coverage(task)) == "1 item by up to 3 people each; every two share 1 to 1"
    assert office.coverage(task).islands == 1
    assert office.coverage(task).efficiency == pytest.approx(1)


def test_where_nothing_overlaps_everybody_is_alone(office: Office) -> None:
    task = office.create("plain", ITEMS, workload=Workload.even(TEAM)).id

    found = office.coverage(task)
    assert (found.items, found.copies, found.islands, found.efficiency) == (0, 1, 3, 0.0)


def test_coverage_is_read_page_by_page(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """However small the pages are."""
    task = office.create("review", ITEMS, workload=Workload.even(FIVE), overlap=Overlap(percent=60)).id
    whole = said(office.coverage(task))
    monkeypatch.setattr(agreeing, "PAGE_LIMIT", 3)

    assert said(office.coverage(task)) == whole


def test_there_is_no_coverage_of_a_task_that_is_not_there(office: Office) -> None:
    with pytest.raises(NotFound, match="no task"):
        office.coverage("nowhere")
