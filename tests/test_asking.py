"""Dynamic overlap: one person more is asked as long as the answers are not enough."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from distribution import Overlap, Workload
from distribution.asking import answers
from distribution.errors import Infeasible, Refused
from distribution.events import Cell
from distribution.filters import field
from distribution.refusals import Lost, OnlyHers
from distribution.stopping import Beat, Confidence, Quorum, StoppingRule
from distribution.task import Row
from distribution.testing.invariants import invariants
from distribution.values import Item, TaskId
from tests.office import NOON, Office

PEOPLE = ("ann", "bob", "eve", "max", "zoe", "kim")
RULES: list[StoppingRule] = [
    Beat(by=2, most=5),
    Quorum(agreeing=3, most=5),
    Confidence(at_least=95, choices=2, unknown=80, most=6, least=2),
]


def dynamic(office: Office, rule: StoppingRule, mode: str, items: int = 1, first: int = 2) -> TaskId:
    """Create a task in which every item overlaps as long as its answers ask for it."""
    overlap = Overlap(percent=100, assignees=first, until=rule)
    names = [f"i{n}" for n in range(items)]
    if mode == "pulling":
        return office.queue(names, 1, 9, people=PEOPLE, lease=None, overlap=overlap)
    return office.create("t", names, workload=Workload.even(PEOPLE), overlap=overlap).id


def row_of(office: Office, task: TaskId, item: str = "i0") -> Row:
    return next(row for row in office.view(task).rows if row.item == item)


def held(row: Row, state: str) -> list[str]:
    return [who for who, cell in row.cells.items() if cell.state == state]


def newest(office: Office, task: TaskId) -> int:
    return office.view(task).version


def asked(office: Office, task: TaskId) -> str:
    """Name who is asked next about the only item; in a pulling task somebody pulls."""
    row = row_of(office, task)
    if not held(row, "open"):
        who = next(name for name in PEOPLE if name not in row.cells)
        assert office.pull(task, who).items == ("i0",)
        return who
    return held(row, "open")[0]


def tell(office: Office, task: TaskId, who: str, answer: str) -> Row:
    """Let her answer; check everything that must be so of the task."""
    done = office.set_status(task, who, ["i0"], "completed", answers={"i0": answer})
    assert done.changed == ("i0",)
    invariants(office.store, task)
    return row_of(office, task)


@pytest.mark.parametrize("mode", ["pulling", "shared"])
@pytest.mark.parametrize("rule", RULES, ids=str)
def test_one_person_more_is_asked_at_a_time_and_nobody_beyond_the_most(
    office: Office, rule: StoppingRule, mode: str
) -> None:
    """Answers that never agree: everybody the rule allows is asked, one after the other."""
    task = dynamic(office, rule, mode)
    for number in range(rule.most):
        row = tell(office, task, asked(office, task), "yes" if number % 2 else "no")
        given_ = number + 1
        assert row.copies == min(max(given_ + 1, 2), rule.most)
        assert len(held(row, "done")) == given_
        assert office.get(task).copies == row.copies
    assert row_of(office, task).complete
    assert all(office.pull(task, who).items == () for who in PEOPLE if mode == "pulling")


@pytest.mark.parametrize("mode", ["pulling", "shared"])
def test_nobody_more_is_asked_once_answers_are_enough(office: Office, mode: str) -> None:
    """Two who agree are enough; an item alike with nobody's answers still waits for its own."""
    task = dynamic(office, Beat(by=2, most=5), mode, items=2)
    for _ in range(2):
        who = asked(office, task)
        tell(office, task, who, "yes")

    assert row_of(office, task).complete
    assert row_of(office, task).copies == 2
    assert not row_of(office, task, "i1").complete


def test_copies_nobody_holds_are_given_up_as_soon_as_answers_are_enough(office: Office) -> None:
    """What somebody holds stays hers, and counts."""
    task = dynamic(office, Quorum(agreeing=2, most=4), "pulling", first=4)
    for who in ("ann", "bob", "eve"):
        office.pull(task, who)
    tell(office, task, "ann", "yes")
    row = tell(office, task, "bob", "yes")

    assert (row.left, row.copies, held(row, "open")) == (0, 3, ["eve"])
    assert office.pull(task, "max").items == ()
    row = tell(office, task, "eve", "no")
    assert (row.copies, row.complete) == (3, True)


def reclaimed(office: Office, task: TaskId) -> None:
    office.wait(hours=2)
    office.reclaim(task, idle=timedelta(hours=1))


GIVERS: dict[str, Callable[[Office, TaskId], object]] = {
    "release": lambda office, task: office.release(task, "eve"),
    "skip": lambda office, task: office.skip(task, "eve", ["i0"]),
    "pause": lambda office, task: office.pause(task, "eve"),
    "remove": lambda office, task: office.remove_assignee(task, "eve"),
    "delete the assignment": lambda office, task: office.delete_assignment(task, "eve"),
    "reclaim": reclaimed,
}


@pytest.mark.parametrize("mode", ["pulling", "shared"])
@pytest.mark.parametrize("path", GIVERS)
def test_a_copy_that_comes_back_is_given_up_where_answers_are_enough(
    office: Office, path: str, mode: str
) -> None:
    """Nobody else is asked in vain."""
    task = dynamic(office, Quorum(agreeing=2, most=3), mode, first=3)
    people = list(PEOPLE[:3])
    if mode == "pulling":
        for who in people:
            office.pull(task, who)
    else:
        office.redistribute(task, Workload.even(people))
    tell(office, task, "ann", "yes")
    tell(office, task, "bob", "yes")

    GIVERS[path](office, task)

    row = row_of(office, task)
    assert (row.left, row.copies, held(row, "open")) == (0, 2, [])
    assert office.get(task).copies == 2
    invariants(office.store, task)


def test_a_lease_that_ends_is_given_up_where_answers_are_enough(office: Office) -> None:
    """In the very pull that ends it; a late answer has no copy left to count for."""
    overlap = Overlap(percent=100, assignees=3, until=Quorum(agreeing=2, most=3))
    task = office.queue(["i0"], 1, people=PEOPLE, overlap=overlap)
    for who in ("ann", "bob", "eve"):
        office.pull(task, who)
    tell(office, task, "ann", "yes")
    tell(office, task, "bob", "yes")
    office.wait(minutes=31)

    assert office.pull(task, "max").items == ()
    assert row_of(office, task).copies == 2
    late = office.set_status(task, "eve", ["i0"], "completed")
    assert [left.why for left in late.refused] == [Lost("i0", "eve", ("ann", "bob"))]


def test_what_a_change_of_loads_gives_back_is_given_up_where_answers_are_enough(office: Office) -> None:
    """Who carries no load returns what she holds."""
    task = dynamic(office, Quorum(agreeing=2, most=3), "pulling", first=3)
    for who in ("ann", "bob", "eve"):
        office.pull(task, who)
    tell(office, task, "ann", "yes")
    tell(office, task, "bob", "yes")

    office.redistribute(task, Workload.even(["ann", "bob"]))

    assert row_of(office, task).copies == 2
    invariants(office.store, task)


@pytest.mark.parametrize("mode", ["pulling", "shared"])
def test_an_answer_changed_later_is_weighed_again(office: Office, mode: str) -> None:
    """One more is asked, and not any more when it is changed back."""
    task = dynamic(office, Beat(by=2, most=5), mode)
    one = asked(office, task)
    tell(office, task, one, "yes")
    tell(office, task, asked(office, task), "yes")
    assert row_of(office, task).complete

    row = tell(office, task, one, "no")
    assert (row.copies, row.complete) == (3, False)
    row = tell(office, task, one, "yes")
    # In a task that is shared out somebody has the third copy by now, and keeps it.
    assert row.copies == (2 if mode == "pulling" else 3)


def test_a_skip_is_no_answer(office: Office) -> None:
    """Also where it counts as done: somebody else is asked instead."""
    overlap = Overlap(percent=100, until=Beat(by=2, most=2))
    task = office.queue(["i0"], 1, 9, people=PEOPLE, skip="done", lease=None, overlap=overlap)
    tell(office, task, asked(office, task), "yes")
    who = asked(office, task)
    office.skip(task, who, ["i0"])

    row = row_of(office, task)
    assert (row.copies, row.left) == (3, 1)
    row = tell(office, task, asked(office, task), "yes")
    assert row.complete
    assert len(answers(dict(row.cells))) == 2
    invariants(office.store, task)


def test_a_cleared_answer_does_not_count(office: Office) -> None:
    """Whoever cleared it is asked still, so nobody else is."""
    task = dynamic(office, Beat(by=2, most=5), "pulling")
    one = asked(office, task)
    tell(office, task, one, "yes")
    tell(office, task, asked(office, task), "yes")
    office.clear_status(task, one, ["i0"])
    assert (row_of(office, task).copies, row_of(office, task).left) == (2, 0)
    invariants(office.store, task)

    assert tell(office, task, one, "no").copies == 3


def test_an_undo_takes_back_that_one_more_was_asked(office: Office) -> None:
    """As long as nobody took the copy."""
    task = dynamic(office, Beat(by=2, most=5), "pulling")
    one, other = asked(office, task), ""
    tell(office, task, one, "yes")
    other = asked(office, task)
    version = newest(office, task)
    assert tell(office, task, other, "no").copies == 3

    office.undo(task, version + 1)
    row = row_of(office, task)
    assert (row.copies, row.left, held(row, "open")) == (2, 0, [other])
    invariants(office.store, task)

    tell(office, task, other, "no")
    asked(office, task)
    with pytest.raises(Refused, match="went to somebody else"):
        office.undo(task, version + 3)


def test_whoever_cannot_be_found_is_waited_for(office: Office) -> None:
    """In a task that is shared out the copy waits for somebody to come back; in a queue the reason says so."""
    overlap = Overlap(percent=100, until=Beat(by=2, most=3))
    task = office.create("t", ["i0"], workload=Workload.even(PEOPLE[:3]), overlap=overlap).id
    first, second = held(row_of(office, task), "open")
    (third,) = set(PEOPLE[:3]) - {first, second}
    office.pause(task, third)
    tell(office, task, first, "yes")
    tell(office, task, second, "no")
    assert office.progress(task).waiting == 1
    office.resume(task, third)
    assert held(row_of(office, task), "open") == [third]

    task = office.queue(["i0"], 1, people=PEOPLE[:3], overlap=overlap, lease=None)
    office.pause(task, "eve")
    for who, answer in (("ann", "yes"), ("bob", "no")):
        office.pull(task, who)
        tell(office, task, who, answer)
    assert office.pull(task, "ann").reason == OnlyHers(1)


@pytest.mark.parametrize("mode", ["pulling", "shared"])
def test_more_answers_than_people_are_refused(office: Office, mode: str) -> None:
    """They could never be had."""
    with pytest.raises(Infeasible, match="7 different assignees an item: there are 6"):
        dynamic(office, Beat(by=2, most=7), mode)


def test_items_that_do_not_overlap_have_one_answer(office: Office) -> None:
    """Whatever it is."""
    overlap = Overlap(where=field("hard").equal(True), until=Beat(by=2, most=3))
    items = [Item("i0"), Item("i1", attributes={"hard": True})]
    task = office.queue(items, 2, people=PEOPLE, overlap=overlap)
    office.pull(task, "ann")
    office.set_status(task, "ann", ["i0", "i1"], "completed", answers={"i0": "yes", "i1": "yes"})

    assert (row_of(office, task).copies, row_of(office, task, "i1").copies) == (1, 2)


def test_answers_beyond_the_choices_a_rule_knows_do_not_stop_the_work(office: Office) -> None:
    """One slip does not keep others from answering: as many are asked as the rule allows."""
    task = dynamic(office, Confidence(at_least=95, choices=2, unknown=80, most=4), "pulling")
    for answer in ("cat", "dgo", "dog", "dog"):
        tell(office, task, asked(office, task), answer)

    assert row_of(office, task).complete


def test_a_status_is_the_answer_where_none_is_given() -> None:
    """What is open, skipped or went back is none."""
    cells = {
        "ann": Cell("done", NOON, "completed"),
        "bob": Cell("done", NOON, "completed", None, "cat"),
        "eve": Cell("done", NOON, "skipped"),
        "max": Cell("open", NOON),
        "zoe": Cell("returned", NOON),
        "kim": Cell("skipped", NOON),
    }
    assert answers(cells) == [("ann", "completed"), ("bob", "cat")]


def test_what_lies_with_two_people_stays_with_as_many_as_it_has_copies(office: Office) -> None:
    """A copy that somebody else takes is not given back to whoever had it as well."""
    overlap = Overlap(percent=100, assignees=2)
    task = office.create("t", ["i0"], workload=Workload.even(["ann", "bob"]), overlap=overlap).id
    office.wait(hours=1)
    office.add_assignee(task, "eve")
    office.set_load(task, "eve", 0)
    office.reclaim(task, idle=timedelta(minutes=5))
    assert sorted(held(row_of(office, task), "open")) == ["ann", "bob"]

    office.redistribute(task, Workload.weights({"ann": 1, "bob": 1, "eve": 1}))
    office.create("busy", ["x"], workload=Workload.even(["eve"]))
    office.wait(hours=1)
    office.add_items(task, ["i1"])
    eves = [row.item for row in office.placements(task, assignee="eve", state="open")]
    office.set_status(task, "eve", eves, "completed")
    office.reclaim(task, idle=timedelta(minutes=5))
    assert [row.copies for row in office.view(task).rows] == [2, 2]
    invariants(office.store, task)
