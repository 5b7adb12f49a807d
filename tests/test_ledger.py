"""What a decision changes, kept together: rows, counts and event agree."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import attrs
import pytest

from distribution import InvalidInput, Refused, Workload
from distribution.decision import AddPlacements, DropPlacements, PutItems, PutMembers, PutPlacements, PutTask
from distribution.diff import Move
from distribution.errors import NotFound
from distribution.events import Cell, Entry, Event, MemberChange, Shift, Stamp
from distribution.ledger import Ledger
from distribution.members import Limit, Member, Standing
from distribution.moving import shared
from distribution.ranks import ahead
from distribution.settings import changed_settings, with_settings
from distribution.task import Ask, Row, Task, View
from distribution.undoing import undoing
from tests.kept import NOON

LATER = NOON + timedelta(minutes=1)
STAMP = Stamp(at=LATER)
TASK = Task(
    id="t", name="label", workload=Workload.even(["ann", "bob"]), items=2, positions=2, created_at=NOON
)
OPEN, DONE = Cell("open", NOON), Cell("done", LATER, "completed")
SKIPPED, RETURNED = Cell("skipped", LATER), Cell("returned", LATER)


def row(position: int = 0, **cells: Cell) -> Row:
    held = any(cell.state in {"open", "done"} for cell in cells.values())
    return Row(position=position, item=f"i{position}", rank=position, left=1 - held, cells=cells)


def ledger(*standings: Standing, **settings: Any) -> Ledger:
    members = standings or (
        Standing(member=Member("ann"), number=0, open=2),
        Standing(member=Member("bob"), number=1),
    )
    view = View(ask=Ask(), task=TASK, version=4, members={s.id: s for s in members}, **settings)
    return Ledger(view, TASK, STAMP)


def kinds(changes: tuple[Any, ...]) -> dict[type, Any]:
    return {type(change): change for change in changes}


def test_rows_counts_and_event_follow_from_one_placement_that_changes() -> None:
    book = ledger()
    book.put(row(0, ann=OPEN), "ann", DONE)
    book.worked("ann")

    decision = book.change("submitted", assignee="ann", facts={"k": 1})

    changes = kinds(decision.changes)
    assert changes[PutPlacements].rows == [(0, 0, DONE)]
    ann = changes[PutMembers].standings[0]
    assert (ann.open, ann.done, ann.worked_at) == (1, 1, LATER)
    assert PutItems not in changes
    assert decision.event == Event(
        what="submitted", assignee="ann", shifts=(Shift("ann", OPEN, DONE, (0,)),), facts={"k": 1}
    )
    assert decision.result.version == 5
    assert len(decision.result.diff) == 0


def test_a_placement_that_changes_twice_counts_as_one_change() -> None:
    book, item = ledger(), row(0, ann=OPEN)
    book.put(item, "ann", RETURNED)
    book.put(item, "bob", OPEN)
    book.put(item, "bob", None)
    book.put(item, "ann", OPEN)

    assert book.change("undone").event is None
    assert (book.cell(item, "ann"), book.left(item), book.rank(item)) == (OPEN, 0, 0)
    assert book.counts("ann")[:4] == [2, 0, 0, 0]
    assert not {AddPlacements, DropPlacements} & set(kinds(book.changes()))


def test_placements_that_change_alike_are_told_together() -> None:
    book = ledger()
    for position in (0, 1):
        book.put(row(position, ann=OPEN), "ann", None)
        book.put(row(position), "bob", OPEN)

    event = book.event("reassigned")

    assert event is not None
    assert event.shifts == (Shift("ann", OPEN, None, (0, 1)), Shift("bob", None, OPEN, (0, 1)))
    assert book.diff().moves == (Move("i0", "ann", "bob"), Move("i1", "ann", "bob"))
    changes = kinds(book.changes())
    assert changes[DropPlacements].rows == [(0, 0), (1, 0)]
    assert changes[AddPlacements].rows == [(0, 1, 0, OPEN), (1, 1, 1, OPEN)]


def test_what_goes_back_stands_ahead_until_nobody_gave_it_back() -> None:
    book = ledger(
        Standing(member=Member("ann"), number=0, open=1), Standing(member=Member("bob"), number=1, skipped=1)
    )
    item = row(7, ann=OPEN, bob=SKIPPED)
    book.put(item, "ann", RETURNED)
    assert (book.rank(item), book.left(item)) == (ahead(7), 1)
    book.put(item, "bob", OPEN)
    assert (book.rank(item), book.left(item)) == (ahead(7), 0)
    book.put(item, "ann", None)
    book.put(item, "bob", SKIPPED)
    again = ledger()
    again.put(row(7, ann=RETURNED), "ann", OPEN)

    assert kinds(book.changes())[PutItems].rows == [(1, ahead(7), False, 7)]
    assert kinds(again.changes())[PutItems].rows == [(0, 7, False, 7)]


def test_what_stays_after_all_stands_where_it_stood_unless_somebody_else_gave_it_back() -> None:
    book, item = ledger(), row(7, ann=OPEN)
    book.put(item, "ann", RETURNED)
    book.keep(item, "ann")
    assert (book.rank(item), book.left(item), book.event("reclaimed")) == (7, 0, None)
    both = row(8, ann=OPEN, bob=OPEN)
    book.put(both, "ann", RETURNED)
    book.put(both, "bob", RETURNED)
    book.keep(both, "ann")
    assert book.rank(both) == ahead(8)


def test_an_item_is_told_as_it_stands() -> None:
    book, item = ledger(), row(3, ann=OPEN)
    book.put(item, "ann", RETURNED)

    now = book.as_it_stands(item)

    assert (now.cells, now.left, now.rank) == ({"ann": RETURNED}, 1, ahead(3))
    assert book.as_it_stands(row(4)) == row(4)


def test_an_item_that_leaves_and_comes_back_changes_nothing() -> None:
    book, item = ledger(), row()
    book.remove(item)
    book.remove(item)
    assert book.task.items == 1
    assert kinds(book.changes())[PutItems].rows == [(1, 0, True, 0)]
    event = book.event("items-removed")
    assert event is not None
    assert (event.removed, event.restored) == ((0,), ())


def test_a_new_member_gets_the_next_number_and_a_change_back_is_none() -> None:
    book = ledger()
    book.member(Member("zoe"))
    book.member(Member("zoe", limit=Limit(count=1)))
    book.member(Member("ann"))
    book.member(Member("bob", state="paused"))

    event = book.event("assignee-added")

    assert event is not None
    assert event.members == (
        MemberChange(None, Member("zoe", limit=Limit(count=1))),
        MemberChange(Member("bob"), Member("bob", state="paused")),
    )
    assert [s.number for s in kinds(book.changes())[PutMembers].standings] == [2, 1]


def test_a_clock_that_went_back_does_not_unsay_when_somebody_last_worked() -> None:
    book = ledger(Standing(member=Member("ann"), number=0, open=1, worked_at=LATER + timedelta(hours=1)))
    book.put(row(0, ann=OPEN), "ann", DONE)
    book.worked("ann")

    assert kinds(book.changes())[PutMembers].standings[0].worked_at == LATER + timedelta(hours=1)


def test_nothing_that_changes_is_no_event() -> None:
    assert ledger().decision("pulled", "answer").result == "answer"
    assert ledger().decision("pulled", "answer").event is None
    assert ledger().changes() == ()


def test_settings_are_compared_and_set_back_as_they_are_written() -> None:
    after = attrs.evolve(TASK, name="new", items=9)

    changed = changed_settings(TASK, after)

    assert [(c.name, c.before, c.after) for c in changed] == [("name", "label", "new")]
    assert changed_settings(TASK, TASK) == ()
    assert with_settings(after, {c.name: c.before for c in changed}).name == "label"
    with pytest.raises(InvalidInput, match="settings must be those of a task, got"):
        with_settings(TASK, {"colour": "red"})
    book = ledger()
    book.task = after
    assert kinds(book.changes())[PutTask].task is after


def test_an_event_is_turned_round_by_exchanging_its_sides() -> None:
    book = ledger()
    book.put(row(0, ann=OPEN), "ann", DONE)
    book.member(Member("bob", state="paused"))
    book.task = attrs.evolve(TASK, priority=2)
    event = book.event("changed")

    assert event is not None
    assert list(event.reversed()) == [Shift("ann", DONE, OPEN, (0,))]


def test_a_member_the_store_does_not_know_is_in_the_way_of_an_undo() -> None:
    event = Event(what="assignee-removed", members=(MemberChange(None, Member("ann")),))
    entry = Entry(task="t", version=2, stamp=STAMP, event=event)
    _, decide = undoing("t", 2, STAMP)

    with pytest.raises(Refused, match="assignee 'ann' changed since"):
        decide(View(ask=Ask(members=None, entry=2), task=TASK, version=2, entry=entry))
    with pytest.raises(NotFound, match="no version 2 in the history of task 'label'"):
        decide(View(ask=Ask(entry=2), task=TASK, version=1))


def test_a_share_is_of_the_task_that_has_one() -> None:
    assert shared(TASK) == Workload.even(["ann", "bob"])
