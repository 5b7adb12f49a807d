"""A retried call: the same request id gives the same answer and changes nothing."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from adapters.dispatcher import Dispatcher
from distribution import InvalidInput, Limit, Node, NotFound, Pipeline, Pull, Refused, Sample, Workload
from distribution.outcomes import Batch, NoWork
from distribution.ports import Page
from distribution.refusals import NotAMember, QueueEmpty
from distribution.task import Ask
from tests.office import HALF_AN_HOUR, NOON, Office

PULL = Pull(batch_size=2, max_batch_workload=4, lease=timedelta(minutes=30))
SHARES = Workload.of({"ann": 75, "bob": 25})


def pulled(office: Office) -> str:
    """Create a task of which ann and eve hold two items each, and one of eve's is done."""
    task = office.queue(6, 2, 4)
    office.pull(task, "ann")
    office.set_status(task, "eve", office.pull(task, "eve").items[:1], "completed")
    return task


def shared(office: Office) -> str:
    """Create a task distributed by load."""
    items = ["a", "b", "c", "d"]
    return office.create("even", items, workload=Workload.even(["ann", "bob"])).id


def removed(office: Office) -> str:
    task = pulled(office)
    office.remove_items(task, ["f"])
    return task


def drained(office: Office) -> str:
    """Create a task of which ann and eve hold all items and have not begun."""
    task = office.queue(4, 2)
    office.pull(task, "ann")
    office.pull(task, "eve")
    return task


def closed(office: Office) -> str:
    task = office.queue(2)
    office.close_task(task)
    return task


def paused(office: Office) -> str:
    task = pulled(office)
    office.pause(task, "bob")
    return task


def finished(office: Office) -> str:
    task = pulled(office)
    office.set_status(task, "ann", office.holds(task, "ann"), "completed")
    return task


def reviewed(office: Office) -> str:
    """Create a review of a task in which more was finished since."""
    task = pulled(office)
    review = office.create_qa(task, ["zoe"], Sample(percent=100)).id
    office.set_status(task, "ann", office.holds(task, "ann"), "completed")
    return review


def to_review(office: Office) -> str:
    """Finish work, and give the id that a review of it is to have."""
    finished(office)
    return "Q"


def deleted(office: Office) -> str:
    task = office.queue(2)
    office.delete(task)
    return task


def piped(office: Office) -> str:
    node = Node(id="label", workload=Workload.even(["ann", "bob"]))
    office.create_pipeline(Pipeline(id="f", nodes=[node]))
    return "f.label"


Begin = Callable[[Office], str]
Verb = Callable[..., Any]
CALLS: dict[str, tuple[Begin, Verb, Verb]] = {
    "pull": (pulled, lambda o, t, **by: o.pull(t, "bob", **by), lambda o, t, **by: o.pull(t, "ann", **by)),
    "pull_next": (
        pulled,
        lambda o, _, **by: o.pull_next("bob", **by),
        lambda o, _, **by: o.pull_next("ann", **by),
    ),
    "set_status": (
        pulled,
        lambda o, t, **by: o.set_status(t, "ann", ["a", "z"], "completed", **by),
        lambda o, t, **by: o.set_status(t, "ann", ["a", "z"], "discard", **by),
    ),
    "clear_status": (
        pulled,
        lambda o, t, **by: o.clear_status(t, "eve", ["c", "d"], **by),
        lambda o, t, **by: o.clear_status(t, "eve", ["c"], **by),
    ),
    "skip": (
        pulled,
        lambda o, t, **by: o.skip(t, "ann", ["a", "c"], **by),
        lambda o, t, **by: o.skip(t, "ann", ["c", "a"], **by),
    ),
    "renew": (
        pulled,
        lambda o, t, **by: o.renew(t, "ann", **by),
        lambda o, t, **by: o.renew(t, "ann", ["a"], **by),
    ),
    "release": (
        pulled,
        lambda o, t, **by: o.release(t, "ann", **by),
        lambda o, t, **by: o.release(t, "eve", **by),
    ),
    "steal": (
        drained,
        lambda o, t, **by: o.steal(t, "bob", **by),
        lambda o, t, **by: o.steal(t, "bob", limit=1, **by),
    ),
    "reclaim": (
        pulled,
        lambda o, t, **by: o.reclaim(t, idle=timedelta(0), **by),
        lambda o, t, **by: o.reclaim(t, **by),
    ),
    "create": (
        lambda _: "new",
        lambda o, t, **by: o.create("new", ["a"], allowed=["ann"], pull=PULL, id=t, **by),
        lambda o, t, **by: o.create("new", ["a"], workload=Workload.even(["ann"]), id=t, **by),
    ),
    "add_items": (
        pulled,
        lambda o, t, **by: o.add_items(t, ["x", "a"], **by),
        lambda o, t, **by: o.add_items(t, ["y"], **by),
    ),
    "remove_items": (
        pulled,
        lambda o, t, **by: o.remove_items(t, ["f", "z"], **by),
        lambda o, t, **by: o.remove_items(t, ["e"], **by),
    ),
    "reassign": (
        pulled,
        lambda o, t, **by: o.reassign(t, "ann", "zoe", **by),
        lambda o, t, **by: o.reassign(t, "ann", "bob", **by),
    ),
    "redistribute": (
        shared,
        lambda o, t, **by: o.redistribute(t, SHARES, **by),
        lambda o, t, **by: o.redistribute(t, **by),
    ),
    "add_assignee": (
        pulled,
        lambda o, t, **by: o.add_assignee(t, "zoe", **by),
        lambda o, t, **by: o.add_assignee(t, "max", **by),
    ),
    "pause": (pulled, lambda o, t, **by: o.pause(t, "ann", **by), lambda o, t, **by: o.pause(t, "eve", **by)),
    "resume": (
        paused,
        lambda o, t, **by: o.resume(t, "bob", **by),
        lambda o, t, **by: o.pause(t, "eve", **by),
    ),
    "remove_assignee": (
        pulled,
        lambda o, t, **by: o.remove_assignee(t, "ann", **by),
        lambda o, t, **by: o.pause(t, "ann", **by),
    ),
    "set_limit": (
        pulled,
        lambda o, t, **by: o.set_limit(t, "ann", Limit(percent="12.5"), **by),
        lambda o, t, **by: o.set_limit(t, "ann", Limit(count=1), **by),
    ),
    "set_load": (
        shared,
        lambda o, t, **by: o.set_load(t, "ann", 75, **by),
        lambda o, t, **by: o.set_load(t, "ann", 25, **by),
    ),
    "delete_assignment": (
        pulled,
        lambda o, t, **by: o.delete_assignment(t, "ann", **by),
        lambda o, t, **by: o.delete_assignment(t, "eve", **by),
    ),
    "close_task": (pulled, lambda o, t, **by: o.close_task(t, **by), lambda o, t, **by: o.delete(t, **by)),
    "reopen": (closed, lambda o, t, **by: o.reopen(t, **by), lambda o, t, **by: o.delete(t, **by)),
    "change": (
        pulled,
        lambda o, t, **by: o.change(t, priority=5, **by),
        lambda o, t, **by: o.change(t, priority=6, **by),
    ),
    "delete": (pulled, lambda o, t, **by: o.delete(t, **by), lambda o, t, **by: o.undo(t, 1, **by)),
    "purge": (deleted, lambda o, t, **by: o.purge(t, **by), lambda o, t, **by: o.undo(t, 1, **by)),
    "submit_and_pull": (
        pulled,
        lambda o, t, **by: o.submit_and_pull(t, "ann", ["a"], "completed", **by),
        lambda o, t, **by: o.submit_and_pull(t, "ann", ["b"], "completed", **by),
    ),
    "send_back": (
        finished,
        lambda o, t, **by: o.send_back(t, **by),
        lambda o, t, **by: o.send_back(t, sends="others", **by),
    ),
    "create_qa": (
        to_review,
        lambda o, t, **by: o.create_qa("t1", ["zoe"], Sample(percent=50), id=t, **by),
        lambda o, t, **by: o.create_qa("t1", ["zoe"], Sample(percent=50), id=t, own=True, **by),
    ),
    "extend_qa": (
        reviewed,
        lambda o, t, **by: o.extend_qa(t, **by),
        lambda o, t, **by: o.close_task(t, **by),
    ),
    "enter": (
        piped,
        lambda o, t, **by: o.enter(t.partition(".")[0], ["x"], **by),
        lambda o, t, **by: o.enter(t.partition(".")[0], ["y", "z"], **by),
    ),
    "undo": (removed, lambda o, t, **by: o.undo(t, 5, **by), lambda o, t, **by: o.undo(t, 4, **by)),
}


def test_every_verb_that_takes_a_request_id_is_here() -> None:
    verbs = {
        name
        for name, method in inspect.getmembers(Dispatcher, inspect.isfunction)
        if any(p.kind is p.VAR_KEYWORD for p in inspect.signature(method).parameters.values())
        and not name.startswith("_")
    }

    # What is rejected goes back in another task, which keeps the answer: see test_sending_back. What a
    # pipeline carries on has request ids of its own: see test_pipelines.
    assert verbs == {*CALLS, "send_rejected", "advance", "create_pipeline", "delete_pipeline"}


@pytest.mark.parametrize("verb", CALLS)
def test_a_retried_call_gives_the_same_answer_and_changes_nothing(office: Office, verb: str) -> None:
    begin, call, _ = CALLS[verb]
    task = begin(office)
    first = call(office, task, request="r", actor="zoe")
    before = office.history(task), office.view(task)
    office.wait(hours=1)

    assert call(office, task, request="r", actor="zoe") == first
    assert (office.history(task), office.view(task)) == before
    assert before[0][-1].stamp.request == "r"


@pytest.mark.parametrize("verb", CALLS)
def test_a_retried_call_is_answered_from_the_log_whatever_has_become_of_what_it_looked_at(
    office: Office, verb: str
) -> None:
    begin, call, _ = CALLS[verb]
    task = begin(office)
    first = call(office, task, request="r")
    for other in list(office.all()):
        office.change(other.id, name="other", actions=["fine"])
        office.delete(other.id)
    before = {other: office.store.history(other, Page()) for other in ("t1", "t2", "Q", "new")}

    assert call(office, task, request="r") == first
    assert {other: office.store.history(other, Page()) for other in before} == before


@pytest.mark.parametrize("verb", [verb for verb in CALLS if verb != "pull_next"])
def test_a_request_id_that_was_used_for_another_call_is_refused(office: Office, verb: str) -> None:
    begin, call, other = CALLS[verb]
    task = begin(office)
    call(office, task, request="r")
    before = office.history(task)

    with pytest.raises(
        Refused, match="^request 'r' was used for another call; make up a new request id for each call$"
    ):
        other(office, task, request="r")
    assert office.history(task) == before


@pytest.mark.parametrize("verb", CALLS)
def test_another_request_id_is_another_call(office: Office, verb: str) -> None:
    begin, call, _ = CALLS[verb]
    task = begin(office)
    call(office, task, request="r")
    known = len(office.history(task))

    try:
        call(office, task, request="s")
    except (Refused, NotFound):
        return
    assert len(office.history(task)) == known + 1


def test_an_empty_batch_is_the_same_answer_too_though_there_is_work_by_now(office: Office) -> None:
    task = office.queue([], 1)
    empty = office.pull(task, "ann", request="r")
    office.add_items(task, ["a"])

    assert empty.reason == QueueEmpty(0)
    assert office.pull(task, "ann", request="r") == empty
    assert office.pull(task, "ann", request="s").items == ("a",)


def test_a_call_that_raised_was_not_answered_and_may_be_made_again(office: Office) -> None:
    task = office.queue(2)
    office.pull(task, "ann")
    with pytest.raises(InvalidInput):
        office.set_status(task, "ann", ["a"], "fine", request="r")
    office.change(task, actions=["fine"])

    assert office.set_status(task, "ann", ["a"], "fine", request="r").changed == ("a",)


def test_each_task_knows_its_own_request_ids(office: Office) -> None:
    one, two = office.queue(2), office.queue(2)

    assert office.pull(one, "ann", request="r").task == one
    assert office.pull(two, "ann", request="r").task == two


def test_somebody_who_does_not_belong_to_the_task_gets_the_same_answer_too(office: Office) -> None:
    task = office.queue(2)

    first = office.pull(task, "max", request="r")

    assert (
        first
        == office.pull(task, "max", request="r")
        == Batch(task=task, assignee="max", reason=NotAMember("max", task))
    )


def test_of_calls_made_at_once_with_one_request_id_one_is_decided(office: Office) -> None:
    task = office.queue(20, 2, 20)

    with ThreadPoolExecutor(8) as threads:
        batches = list(threads.map(lambda _: office.pull(task, "ann", request="r"), range(8)))

    assert {batch.items for batch in batches} == {("a", "b")}
    assert office.holds(task, "ann") == ["a", "b"]


def test_a_dry_run_does_not_look_up_what_a_request_was_answered(office: Office) -> None:
    task = shared(office)
    office.pause(task, "ann", request="r")

    assert office.undo(task, 2, dry_run=True, request="r").diff.flows() == {("bob", "ann"): 2}
    assert office.undo(task, 2, dry_run=True, request="r") == office.undo(task, 2, dry_run=True)
    assert len(office.history(task)) == 2


@pytest.mark.parametrize("gone", ["close_task", "delete", "purge"])
def test_a_batch_of_several_tasks_is_answered_again_by_the_task_it_came_from(
    office: Office, gone: str
) -> None:
    """Whatever has become of that task, and whatever is more urgent by now."""
    first = office.queue(["a"], 1, people=["ann"])
    answered = office.pull_next("ann", request="r")
    other = office.queue(["u"], 1, people=["ann"], priority=9)
    assert answered == Batch(task=first, assignee="ann", items=("a",), until=NOON + HALF_AN_HOUR)

    office.remove_assignee(first, "ann")
    if gone == "purge":
        office.delete(first)
    getattr(office, gone)(first)

    assert office.pull_next("ann", request="r") == answered
    assert office.holds(other, "ann") == []
    assert len(office.history(other)) == 1


def test_that_no_task_had_work_is_answered_again_though_there_is_some_by_now(office: Office) -> None:
    urgent, other = office.queue([], 1, priority=9), office.queue([], 1)
    nothing = office.pull_next("ann", request="r")
    assert isinstance(nothing, NoWork)
    assert [len(office.history(task)) for task in (urgent, other)] == [2, 1]
    office.add_items(other, ["a"])
    office.delete(urgent)

    assert office.pull_next("ann", request="r") == nothing
    assert office.pull_next("ann", request="s").items == ("a",)  # type: ignore[union-attr]


def test_where_nobody_could_keep_it_that_there_is_no_work_is_not_answered_again(office: Office) -> None:
    """She took part in no task then."""
    assert office.pull_next("ann", request="r") == NoWork(())
    office.queue(["a"], 1)

    batch = office.pull_next("ann", request="r")
    assert isinstance(batch, Batch)
    assert batch.items == ("a",)
    assert office.pull_next("ann", request="r") == batch


def cut_off(office: Office, monkeypatch: pytest.MonkeyPatch, after: int) -> None:
    """Let a call of pull_next end after so many transactions, as if it had been killed."""
    transact, left = office.store.transact, after

    def killed(*arguments: Any) -> Any:
        nonlocal left
        if left == 0:
            raise KeyboardInterrupt
        left -= 1
        return transact(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(office.store, "transact", killed)
        with pytest.raises(KeyboardInterrupt):
            office.pull_next("ann", request="r")


def test_a_pull_over_all_tasks_that_was_cut_off_goes_on_to_those_it_had_not_asked(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That the most urgent had nothing was no answer."""
    urgent, other = office.queue([], 1, priority=9), office.queue(["b", "c"], 1)
    cut_off(office, monkeypatch, after=1)
    assert [len(office.history(task)) for task in (urgent, other)] == [1, 1]

    batch = office.pull_next("ann", request="r")

    assert isinstance(batch, Batch)
    assert (batch.task, batch.items) == (other, ("b",))
    office.add_items(urgent, ["a"])
    assert office.pull_next("ann", request="r") == batch
    assert office.holds(urgent, "ann") == []


def test_what_a_cut_off_pull_took_back_of_ended_leases_is_kept_under_no_request_id(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The lease of her own item ended, and somebody else may take it: so she gets nothing, and it is free."""
    urgent = office.queue(["a"], 1, priority=9, people=["ann", "bob"])
    office.pull(urgent, "ann")
    office.wait(hours=1)
    cut_off(office, monkeypatch, after=1)

    returned = office.history(urgent)[-1]
    assert (returned.event.what, returned.stamp.request, returned.call) == ("pulled", None, "")
    assert office.states(urgent, "a") == {"ann": "returned"}
    nothing = office.pull_next("ann", request="r")
    assert nothing == office.pull_next("ann", request="r")
    assert isinstance(nothing, NoWork)


def test_a_task_that_goes_while_others_are_asked_is_passed_over(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    urgent, other = office.queue(["a"], 1, priority=9), office.queue([], 1)
    transact = office.store.transact

    def late(task_id: str, *decision: Any) -> Any:
        if task_id == urgent and office.store.read(urgent, Ask()).version == 1:
            with monkeypatch.context() as patch:
                patch.setattr(office.store, "transact", transact)
                office.delete(urgent)
        return transact(task_id, *decision)

    monkeypatch.setattr(office.store, "transact", late)
    nothing = office.pull_next("ann", request="r")
    assert nothing == NoWork((Batch(task=other, assignee="ann", reason=QueueEmpty(0)),))
    assert office.pull_next("ann", request="r") == nothing


def test_a_request_id_that_a_task_has_answered_another_call_under_is_refused(office: Office) -> None:
    task = office.queue(2)
    office.pull(task, "ann", request="r")
    office.pull_next("ann", request="s")

    with pytest.raises(Refused, match="^request 'r' was used for another call"):
        office.pull_next("ann", request="r")
    with pytest.raises(Refused, match="^request 's' was used for another call"):
        office.pull(task, "ann", request="s")
    assert isinstance(office.pull_next("max", request="r"), NoWork)
