"""Answers: what somebody said about an item, kept beside the status, by every store."""

from __future__ import annotations

from typing import Any

import pytest

from distribution import Workload
from distribution.errors import InvalidInput, NotFound, Refused
from distribution.events import Cell, Stamp
from distribution.ports import Page
from distribution.refusals import NotHers
from distribution.task import Ask
from distribution.testing.invariants import invariants
from distribution.values import TaskId
from distribution.work import ANSWER_LIMIT, Handed, submitting
from tests.office import NOON, Office


def begun(office: Office) -> TaskId:
    """Let ann have a, b and c."""
    task = office.queue(4, 3, people=("ann", "bob"), lease=None)
    office.pull(task, "ann")
    return task


def said(office: Office, task: TaskId, who: str = "ann") -> dict[str, tuple[str | None, str | None]]:
    """Give status and answer of all she has done."""
    return {
        row.item: (row.cell.status, row.cell.answer)
        for row in office.placements(task, assignee=who, state="done")
    }


def test_an_answer_is_kept_where_it_was_given(office: Office) -> None:
    """Where none was given, the status is all there is; lists of items and of placements agree."""
    task = begun(office)
    done = office.set_status(task, "ann", ["a", "b"], "completed", answers={"a": "cat\u202f🐈"})

    assert done.changed == ("a", "b")
    assert said(office, task) == {"a": ("completed", "cat\u202f🐈"), "b": ("completed", None)}
    cells = {row.item: row.cells.get("ann") for row in office.items(task)}
    assert cells["a"] == Cell("done", NOON, "completed", None, "cat\u202f🐈")
    assert office.store.read(task, Ask(items=("a",))).rows[0].cells["ann"] == cells["a"]
    invariants(office.store, task)


def test_a_store_opened_again_still_has_the_answers(office: Office) -> None:
    """As read through the store, not through what a dispatcher remembers."""
    task = begun(office)
    long = "x" * ANSWER_LIMIT
    office.submit_and_pull(task, "ann", ["a", "b", "c"], "completed", answers={"a": "cat", "c": long})

    rows = office.store.placements(task, Page(), assignee="ann", state="done")
    assert [row.cell.answer for row in rows] == ["cat", None, long]


def test_answers_stand_in_the_history_together_where_they_are_equal(office: Office) -> None:
    """One part of the event for each answer, and the log alone gives them back."""
    task = begun(office)
    office.set_status(task, "ann", ["a", "b", "c"], "completed", answers={"a": "cat", "b": "dog", "c": "cat"})

    event = list(office.history(task))[-1].event
    found = {shift.after.answer: shift.positions for shift in event.shifts if shift.after}
    assert found == {"cat": (0, 2), "dog": (1,)}
    invariants(office.store, task)


@pytest.mark.parametrize(
    ("status", "answers", "after"),
    [
        ("completed", {"a": "cat"}, None),
        ("completed", {"a": "dog"}, ("completed", "dog")),
        ("discard", {"a": "cat"}, ("discard", "cat")),
        ("completed", {}, ("completed", None)),
    ],
)
def test_an_answer_given_again_changes_what_is_different(
    office: Office, status: str, answers: dict[str, str], after: tuple[str, str | None] | None
) -> None:
    """Another answer or another status; the same of both is nothing to do."""
    task = begun(office)
    office.set_status(task, "ann", ["a"], "completed", answers={"a": "cat"})
    done = office.set_status(task, "ann", ["a"], status, answers=answers)

    assert (done.changed, done.unchanged) == (((), ("a",)) if after is None else (("a",), ()))
    assert said(office, task)["a"] == (after or ("completed", "cat"))


def test_an_undo_brings_the_answer_before_back(office: Office) -> None:
    """And an undo of that the later one."""
    task = begun(office)
    office.set_status(task, "ann", ["a"], "completed", answers={"a": "cat"})
    office.set_status(task, "ann", ["a"], "completed", answers={"a": "dog"})

    office.undo(task, 4)
    assert said(office, task)["a"] == ("completed", "cat")
    office.undo(task, 5)
    assert said(office, task)["a"] == ("completed", "dog")
    invariants(office.store, task)


def test_what_is_cleared_has_no_answer_any_more(office: Office) -> None:
    """It is open, and only the history knows."""
    task = begun(office)
    office.set_status(task, "ann", ["a"], "completed", answers={"a": "cat"})
    office.clear_status(task, "ann", ["a"])

    assert said(office, task) == {}
    assert office.view(task).rows[0].cells["ann"].answer is None


def test_answers_tell_calls_under_one_request_apart(office: Office) -> None:
    """The same call gives the same answer again; with other answers it is another call."""
    task = begun(office)
    call: dict[str, Any] = {"request": "r1", "answers": {"a": "cat", "b": "dog"}}
    first = office.set_status(task, "ann", ["a", "b"], "completed", **call)
    again = {"request": "r1", "answers": {"b": "dog", "a": "cat"}}

    assert office.set_status(task, "ann", ["a", "b"], "completed", **again) == first  # type: ignore[arg-type]
    for answers in ({"a": "dog", "b": "dog"}, {"a": "cat"}, {}):
        with pytest.raises(Refused, match="was used for another call"):
            office.set_status(task, "ann", ["a", "b"], "completed", answers=answers, request="r1")
    turn = office.submit_and_pull(task, "ann", ["c"], "completed", answers={"c": "cow"}, request="r2")
    assert office.submit_and_pull(task, "ann", ["c"], "completed", answers={"c": "cow"}, request="r2") == turn
    with pytest.raises(Refused, match="was used for another call"):
        office.submit_and_pull(task, "ann", ["c"], "completed", request="r2")


def test_an_answer_about_what_is_not_hers_is_refused_with_the_item(office: Office) -> None:
    """The others count: partial success."""
    task = begun(office)
    done = office.set_status(task, "ann", ["a", "d"], "completed", answers={"a": "cat", "d": "dog"})

    assert done.changed == ("a",)
    assert [left.why for left in done.refused] == [NotHers("d", "ann")]


BAD: list[tuple[Any, str]] = [
    ({"b": "cat"}, "answers must be about the items handed in, got 'b'"),
    ({"a": ""}, "answer about 'a' must not be empty"),
    ({"a": 7}, "answer about 'a' must be a string, got 7"),
    ({"a": None}, "answer about 'a' must be a string, got None"),
    ({"a": "two\nlines"}, "answer about 'a' must be free of control characters"),
    ({"a": "x" * (ANSWER_LIMIT + 1)}, "answer about 'a' must have at most 10000 characters"),
    ([("a", "cat")], "answers must be a mapping of item to answer"),
]


@pytest.mark.parametrize(("answers", "message"), BAD, ids=[message for _, message in BAD])
@pytest.mark.parametrize("verb", ["set_status", "submit_and_pull"])
def test_answers_that_cannot_be_used_are_refused_before_anything_changes(
    office: Office, verb: str, answers: Any, message: str
) -> None:
    """Length, kind, and answers about items that are not handed in."""
    task = begun(office)
    with pytest.raises(InvalidInput) as error:
        getattr(office, verb)(task, "ann", ["a"], "completed", answers=answers)

    assert str(error.value).startswith(message)
    assert said(office, task) == {}


def test_answers_work_where_everybody_has_her_items_from_the_beginning(office: Office) -> None:
    """In a task that is shared out."""
    task = office.create("t", ["a", "b"], workload=Workload.even(["ann"])).id
    office.set_status(task, "ann", ["b"], "discard", answers={"b": "blurred"})

    assert said(office, task) == {"b": ("discard", "blurred")}
    invariants(office.store, task)


def test_a_submission_to_a_task_that_is_not_there_says_so(office: Office) -> None:
    """Also where only the decision is used."""
    ask, decide = submitting("t9", "ann", Handed(items=["a"], status="completed"), Stamp(at=NOON))
    with pytest.raises(NotFound):
        office.store.transact("t9", ask, decide)
