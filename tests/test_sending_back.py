"""Rejected work goes back: to its author, to others, once, and not when it was done anew."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from distribution import InvalidInput, NotFound, Pull, Refused, Sample, Workload
from distribution.errors import StoreFailed
from distribution.refusals import AtCap, NotHers, NotInTask, WrongState
from distribution.testing.invariants import invariants
from tests.office import HALF_AN_HOUR, NOON, Office
from tests.reviews import ALL, ITEMS, finish, shared


def pulled(office: Office, count: int = 4, **settings: Any) -> str:
    """Create a task of which ann has finished as many items as she may have at once."""
    task = office.queue(count, **settings)
    office.set_status(task, "ann", office.pull(task, "ann").items, "completed")
    office.wait(minutes=1)
    return task


def reject(office: Office, review: str, *items: str) -> None:
    office.set_status(review, "zoe", items, "discard", actor="zoe", reason="blurred")


def test_rejected_work_is_open_again_with_its_author(office: Office) -> None:
    task = pulled(office)
    review = office.create_qa(task, ["zoe"], ALL).id

    reject(office, review, "a")

    (row,) = office.placements(task, assignee="ann", state="open")
    assert (row.item, row.cell.status, row.cell.until) == ("a", None, office.now + HALF_AN_HOUR)
    entry = office.history(task)[-1]
    assert (entry.event.what, entry.event.facts) == ("sent-back", {"to": "author"})
    assert (entry.stamp.actor, entry.stamp.reason) == ("zoe", "blurred")
    assert "sent-back for 'ann': open (blurred)" in str(office.explain(task, "a"))
    invariants(office.store, task)


@pytest.mark.parametrize("sends", ["author", "others"])
def test_rejected_in_qa_goes_back_to_its_author_or_to_somebody_who_has_not_had_it_by_a_named_policy(
    office: Office, sends: Any
) -> None:
    task = shared(office, ["a"], {"ann": 100, "bob": 0})
    finish(office, task, "ann")
    review = office.create_qa(task, ["zoe"], ALL, sends=sends).id

    office.set_status(review, "zoe", ["a"], "discard")

    expected = {"ann": "open"} if sends == "author" else {"ann": "returned", "bob": "open"}
    assert office.states(task, "a") == expected


def test_reopened_work_lifts_her_above_the_cap_and_she_is_granted_nothing_until_below_it(
    office: Office,
) -> None:
    task = pulled(office, 8, batch=2, cap=2)
    review = office.create_qa(task, ["zoe"], ALL).id
    office.pull(task, "ann")

    reject(office, review, "a", "b")

    assert office.holds(task, "ann") == ["a", "b", "c", "d"]
    assert isinstance(office.pull(task, "ann").reason, AtCap)
    office.set_status(task, "ann", ["a", "b", "c"], "completed")
    assert isinstance(office.pull(task, "ann").reason, AtCap)
    office.set_status(task, "ann", ["d"], "completed")
    assert office.pull(task, "ann").items == ("e", "f")


def test_rejected_work_goes_first_to_somebody_who_has_not_had_it(office: Office) -> None:
    task = pulled(office)
    review = office.create_qa(task, ["zoe"], ALL, sends="others").id

    reject(office, review, "b")

    assert office.states(task, "b") == {"ann": "returned"}
    assert office.pull(task, "ann").items == ("c", "d")
    assert office.pull(task, "bob").items == ("b",)
    invariants(office.store, task)


def test_in_a_task_shared_out_rejected_work_goes_to_whoever_is_furthest_below_her_share(
    office: Office,
) -> None:
    task = office.create("share", ITEMS[:9], workload=Workload.of({"ann": 50, "bob": 40, "eve": 10})).id
    finish(office, task)
    review = office.create_qa(task, ["zoe"], ALL, sends="others").id
    before = {who: len(office.holds(task, who, "done")) for who in ("ann", "bob", "eve")}
    hers = office.holds(task, "ann", "done")[:2]

    reject(office, review, *hers)

    now = {who: len(office.holds(task, who)) for who in ("ann", "bob", "eve")}
    assert (before, now) == ({"ann": 4, "bob": 4, "eve": 1}, {"ann": 0, "bob": 1, "eve": 1})
    assert office.states(task, hers[0])["ann"] == "returned"


@pytest.mark.parametrize("verb", ["pause", "remove_assignee"])
def test_work_of_an_author_who_is_away_goes_to_others(office: Office, verb: str) -> None:
    task = pulled(office)
    review = office.create_qa(task, ["zoe"], ALL).id
    getattr(office, verb)(task, "ann")

    reject(office, review, "a")

    assert (office.states(task, "a"), office.pull(task, "bob").items) == ({"ann": "returned"}, ("a", "c"))


def test_work_that_was_done_anew_since_stays_and_is_reported(office: Office) -> None:
    task = pulled(office)
    review = office.create_qa(task, ["zoe"], ALL).id
    office.set_status(task, "ann", ["a"], "discard")

    reject(office, review, "a", "b")

    assert (office.holds(task, "ann", "done"), office.holds(task, "ann")) == (["a"], ["b"])
    left = [str(left) for left in office.send_rejected(review).refused]
    assert left == [
        "item 'a' is done anew and cannot be changed by 'reopen'",
        "item 'b' is open and cannot be changed by 'reopen'",
    ]


def test_work_that_is_in_the_task_no_more_or_with_somebody_else_is_reported(office: Office) -> None:
    task = office.create("label", ["a", "b"], workload=Workload.even(["ann"])).id
    finish(office, task, "ann")
    review = office.create_qa(task, ["zoe"], ALL).id
    for what in ("a", "b"):
        office.clear_status(task, "ann", [what])
    office.remove_items(task, ["a"])
    office.reassign(task, "ann", "bob")

    reject(office, review, "a", "b")

    assert [left.why for left in office.send_rejected(review).refused] == [
        NotInTask("a"),
        NotHers("b", "ann"),
    ]


def test_what_was_cut_off_between_two_tasks_is_sent_back_later_once(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = pulled(office)
    review = office.create_qa(task, ["zoe"], ALL).id
    inner, calls = office.store.transact, []

    def fails_second(task_id: Any, *arguments: Any) -> Any:
        calls.append(task_id)
        if task_id == task:
            raise StoreFailed("store", "committing")
        return inner(task_id, *arguments)

    monkeypatch.setattr(office.store, "transact", fails_second)
    with pytest.raises(StoreFailed):
        office.set_status(review, "zoe", ["a"], "discard", request="1")
    monkeypatch.undo()
    assert (calls, office.holds(task, "ann"), office.holds(review, "zoe", "done")) == (
        [review, task],
        [],
        ["a"],
    )

    thought = office.send_rejected(review, dry_run=True)
    assert office.send_rejected(review) == thought
    assert office.holds(task, "ann") == ["a"]
    again = office.send_rejected(review)
    assert (again.event, len(again.refused)) == (None, 1)


def test_the_same_review_called_again_after_a_crash_sends_back_what_it_rejected(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = pulled(office)
    review = office.create_qa(task, ["zoe"], ALL).id
    monkeypatch.setattr(office, "_pass_on", lambda *_: None)
    first = office.set_status(review, "zoe", ["a"], "discard", request="1")
    monkeypatch.undo()

    assert office.set_status(review, "zoe", ["a"], "discard", request="1") == first
    assert office.holds(task, "ann") == ["a"]
    office.set_status(review, "zoe", ["a"], "discard")
    assert [entry.event.what for entry in office.history(task)].count("sent-back") == 1


def test_the_same_review_made_again_without_a_request_id_sends_back_what_was_cut_off(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is left to change in the review."""
    task = pulled(office)
    review = office.create_qa(task, ["zoe"], ALL).id
    monkeypatch.setattr(office, "_pass_on", lambda *_: None)
    reject(office, review, "a")
    monkeypatch.undo()
    assert office.holds(task, "ann") == []

    assert office.set_status(review, "zoe", ["a"], "discard").unchanged == ("a",)
    assert office.holds(task, "ann") == ["a"]


def test_a_repeated_sending_back_of_what_was_cut_off_is_answered_though_the_review_is_gone(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = pulled(office)
    review = office.create_qa(task, ["zoe"], ALL).id
    monkeypatch.setattr(office, "_pass_on", lambda *_: None)
    reject(office, review, "a")
    monkeypatch.undo()
    sent = office.send_rejected(review, request="1")
    office.set_status(task, "ann", ["a"], "completed")
    reject(office, review, "b")
    office.delete(review)
    office.delete(task)

    assert sent.diff.flows() == {} and sent.event is not None  # noqa: PT018
    assert office.send_rejected(review, request="1") == sent
    with pytest.raises(NotFound):
        office.send_rejected(review, request="2")


def test_reviews_that_are_handed_in_with_a_pull_send_back_too(office: Office) -> None:
    task = pulled(office)
    pull = Pull(batch_size=1, max_batch_workload=1)
    review = office.create_qa(task, ["zoe"], ALL, pull=pull).id

    turn = office.submit_and_pull(review, "zoe", office.pull(review, "zoe").items, "discard")

    assert ([piece.item for piece in turn.done.rejected], office.holds(task, "ann")) == (["a"], ["a"])


def test_only_a_review_that_is_handed_in_tells_of_rejected_work(office: Office) -> None:
    task = pulled(office)
    review = office.create_qa(task, ["zoe"], ALL).id
    reject(office, review, "a", "b")

    assert office.clear_status(review, "zoe", ["a"]).rejected == ()


def test_where_the_reviewed_task_is_gone_a_review_still_counts(office: Office) -> None:
    task = pulled(office)
    review = office.create_qa(task, ["zoe"], ALL).id
    office.delete(task)

    reject(office, review, "a")

    assert office.quality(review).failed == 1
    with pytest.raises(NotFound):
        office.send_rejected(review)


def test_a_sending_back_can_be_undone_until_she_works_on_it(office: Office) -> None:
    task = pulled(office)
    before = office.states(task, "a")
    review = office.create_qa(task, ["zoe"], ALL).id
    reject(office, review, "a")
    version = office.history(task)[-1].version
    office.undo(task, version)
    assert office.states(task, "a") == before

    office.send_rejected(review)
    office.set_status(task, "ann", ["a"], "completed")
    with pytest.raises(Refused, match="item 'a' was worked on since"):
        office.undo(task, version + 2)


def test_other_statuses_may_reject(office: Office) -> None:
    task = pulled(office)
    words = {"actions": ["fine", "minor", "major"], "rejecting": ["major"]}
    review = office.create_qa(task, ["zoe"], ALL, **words).id  # type: ignore[arg-type]

    office.set_status(review, "zoe", ["a"], "minor")
    assert office.holds(task, "ann") == []
    office.set_status(review, "zoe", ["a"], "major")

    assert office.holds(task, "ann") == ["a"]


# Whole lots.


def test_a_whole_lot_is_sent_back_of_one_assignee_of_some_items_or_all(office: Office) -> None:
    task = shared(office, ITEMS[:9])
    finish(office, task)
    hers = office.holds(task, "ann", "done")

    thought = office.send_back(task, assignee="ann", dry_run=True)
    assert office.send_back(task, assignee="ann") == thought
    assert office.holds(task, "ann") == hers
    some = [office.holds(task, "bob", "done")[0], office.holds(task, "eve", "done")[0]]
    office.send_back(task, items=some, sends="others")
    assert [office.states(task, item)[who] for item, who in zip(some, ("bob", "eve"), strict=True)] == [
        "returned",
        "returned",
    ]
    office.send_back(task)

    assert office.progress(task).done == 0
    assert office.send_back(task).event is None


def test_items_that_are_not_finished_are_reported(office: Office) -> None:
    task = office.queue(4)
    office.set_status(task, "ann", office.pull(task, "ann").items, "completed")
    office.pull(task, "bob")

    change = office.send_back(task, items=["a", "c", "zzz"])
    assert [left.why for left in change.refused] == [
        WrongState("c", "not finished", "reopen"),
        NotInTask("zzz"),
    ]
    assert office.holds(task, "ann") == ["a"]
    change = office.send_back(task, assignee="bob", items=["b", "c"])

    assert [left.why for left in change.refused] == [
        NotHers("b", "bob"),
        WrongState("c", "not finished", "reopen"),
    ]


def test_a_repeated_sending_back_is_answered_alike(office: Office) -> None:
    task = pulled(office)
    first = office.send_back(task, assignee="ann", request="1")
    office.wait(minutes=1)
    finish(office, task, "ann")

    assert office.send_back(task, assignee="ann", request="1") == first
    with pytest.raises(Refused, match="was used for another call"):
        office.send_back(task, assignee="bob", request="1")
    assert office.holds(task, "ann", "done") == ["a", "b"]


@pytest.mark.parametrize(
    ("how", "error"),
    [
        ({"sends": "zoe"}, InvalidInput),
        ({"items": "a"}, InvalidInput),
        ({"assignee": "nobody"}, NotFound),
        ({"assignee": ""}, InvalidInput),
    ],
)
def test_what_cannot_be_meant_is_refused(office: Office, how: Any, error: Any) -> None:
    task = pulled(office)
    with pytest.raises(error):
        office.send_back(task, **how)


def test_what_finished_between_the_look_and_the_change_stays(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = pulled(office)
    inner = office.store.transact

    def meanwhile(*arguments: Any) -> Any:
        monkeypatch.undo()
        office.set_status(task, "ann", ["a"], "discard")
        return inner(*arguments)

    monkeypatch.setattr(office.store, "transact", meanwhile)
    change = office.send_back(task)

    assert ([left.item for left in change.refused], office.holds(task, "ann")) == (["a"], ["b"])


def test_in_a_replay_work_that_went_back_stands_as_it_stands(office: Office) -> None:
    task = pulled(office)
    review = office.create_qa(task, ["zoe"], Sample(percent=50)).id
    (item,) = [row.item for row in office.items(review)]
    reject(office, review, item)

    cell = office.replayed(task).cells["ab".index(item), "ann"]

    assert (cell.state, cell.since) == ("open", NOON + timedelta(minutes=1))
