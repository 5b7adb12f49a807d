"""What people do with what they have, and what lies with them: submit, clear, skip, release, steal, reclaim."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest

from distribution import Batch, InvalidInput, Limit, NotFound, Outcome, Workload
from distribution.errors import shown
from distribution.outcomes import Left, NoWork
from distribution.refusals import (
    AtLimit,
    HasOpenWork,
    Locked,
    NobodyToStealFrom,
    NotAMember,
    NotHers,
    NotInTask,
    PastDue,
    QueueHasWork,
    TaskNotOpen,
    WrongState,
)
from tests.office import HALF_AN_HOUR, NOON, Office


def test_nothing_is_stolen_while_the_queue_has_something_for_her(office: Office) -> None:
    task = office.queue(4, 2)
    office.pull(task, "ann")

    assert office.steal(task, "bob").reason == QueueHasWork("bob")
    assert office.holds(task, "ann") == ["a", "b"]


@pytest.mark.parametrize("assignee", [None, 7, ["ann"], "", "a\nb"])
def test_an_id_that_cannot_be_one_is_refused_alike_by_every_verb(office: Office, assignee: Any) -> None:
    task = office.queue(2)

    verbs: list[Callable[[], object]] = [
        lambda: office.pull(task, assignee),
        lambda: office.pull_next(assignee),
        lambda: office.set_status(task, assignee, ["a"], "completed"),
        lambda: office.clear_status(task, assignee, ["a"]),
        lambda: office.skip(task, assignee, ["a"]),
        lambda: office.renew(task, assignee),
        lambda: office.release(task, assignee),
        lambda: office.steal(task, assignee),
    ]
    for verb in verbs:
        with pytest.raises(InvalidInput, match="assignee id must "):
            verb()


@pytest.mark.parametrize("idle", [5, "x", timedelta(seconds=-1), timedelta(days=3651), timedelta.max])
def test_a_time_that_nothing_can_lie_untouched_for_is_refused(office: Office, idle: Any) -> None:
    task = office.queue(2)

    with pytest.raises(InvalidInput) as error:
        office.reclaim(task, idle=idle)

    must = "must be a timedelta that is not negative, at most ten years"
    assert str(error.value) == f"idle {must}, got {shown(idle)}; use timedelta(days=1)"


def begun(office: Office, **settings: Any) -> str:
    """Create a task of four items of which ann has two."""
    task = office.queue(4, 2, 4, **settings)
    office.pull(task, "ann")
    return task


def even(office: Office, items: str = "abcd", people: Sequence[str] = ("ann", "bob")) -> str:
    """Create a task distributed by load."""
    return office.create("even", list(items), workload=Workload.even(people), order="contiguous").id


def test_items_of_one_call_succeed_or_fail_one_by_one(office: Office) -> None:
    task = begun(office)
    office.pull(task, "bob")
    office.add_items(task, ["e", "f"])
    office.remove_items(task, ["f"])
    office.set_status(task, "ann", ["b"], "completed")

    done = office.set_status(task, "ann", ["z", "a", "b", "c", "e", "f", "a"], "completed")

    assert (done.changed, done.unchanged) == (("a",), ("b",))
    assert done.refused == (
        Left("z", NotInTask("z")),
        Left("c", NotHers("c", "ann")),
        Left("e", NotHers("e", "ann")),
        Left("f", NotInTask("f")),
    )
    assert [str(left) for left in done.refused][:2] == [
        "item 'z' is not in the task",
        "item 'c' is not with 'ann'; only what she was given can be changed by her",
    ]
    assert not done
    assert office.states(task, "a") == {"ann": "done"}
    assert office.holds(task, "bob") == ["c", "d"]


def test_a_call_that_changes_nothing_leaves_no_trace(office: Office) -> None:
    task = begun(office)
    office.set_status(task, "ann", ["a"], "completed")
    before = office.history(task), office.view(task)

    assert office.set_status(task, "ann", ["a"], "completed").unchanged == ("a",)
    assert not office.set_status(task, "ann", ["z"], "completed")
    assert office.set_status(task, "ann", [], "completed")
    assert not office.clear_status(task, "ann", ["b"])
    assert (office.history(task), office.view(task)) == before


def test_she_may_change_her_mind_about_a_status(office: Office) -> None:
    task = begun(office)
    office.set_status(task, "ann", ["a", "b"], "completed")
    office.wait(minutes=1)

    assert office.set_status(task, "ann", ["a"], "discard").changed == ("a",)
    row = office.items(task)[0]
    assert (row.cells["ann"].status, row.cells["ann"].since) == ("discard", office.now)
    assert office.progress(task)["ann"].done == 2


def test_a_task_has_its_own_actions(office: Office) -> None:
    task = begun(office, actions=["cat", "not a cat"])

    assert office.set_status(task, "ann", ["a"], "not a cat").changed == ("a",)
    assert office.items(task)[0].cells["ann"].status == "not a cat"


def test_an_unknown_status_is_refused_with_the_known_ones(office: Office) -> None:
    task = begun(office)

    with pytest.raises(InvalidInput) as error:
        office.set_status(task, "ann", ["a"], "done")
    assert str(error.value) == (
        "status of task 'label cats' must be one of 'completed', 'discard', 'approved', got 'done'"
    )
    with pytest.raises(InvalidInput, match="status must not be empty, got ''"):
        office.set_status(task, "ann", ["a"], "")
    assert office.holds(task, "ann") == ["a", "b"]


@pytest.mark.parametrize(
    ("items", "message"),
    [
        ("ab", "items must be a list of ids, got 'ab'; for one item pass ['ab']"),
        ({"a"}, "items must be in an order, got {'a'}; sort them first"),
        (None, "items must be a list of ids, got None"),
        ([7], "item id must be a string, got 7; convert it with str()"),
        (
            [str(n) for n in range(100_001)],
            "items of one call must be at most 100000, got 100001; make several calls",
        ),
    ],
)
def test_items_that_are_no_list_of_ids_are_refused(office: Office, items: Any, message: str) -> None:
    task = begun(office)

    with pytest.raises(InvalidInput) as error:
        office.set_status(task, "ann", items, "completed")
    assert str(error.value) == message


def test_paused_and_removed_people_cannot_submit_and_neither_can_strangers(office: Office) -> None:
    task = begun(office)
    office.set_status(task, "ann", ["a"], "completed")
    verbs: list[Callable[[str, list[str]], Outcome]] = [
        lambda who, items: office.set_status(task, who, items, "completed"),
        lambda who, items: office.clear_status(task, who, items),
        lambda who, items: office.skip(task, who, items),
        lambda who, items: office.renew(task, who, items),
        lambda who, items: office.release(task, who, items),
    ]
    for turn, state in ((office.pause, "paused"), (office.remove_assignee, "removed")):
        turn(task, "ann")
        before = office.view(task)
        for verb in verbs:
            refused = tuple(Left(item, Locked("ann", state)) for item in "abz")
            assert verb("ann", ["a", "b", "z"]) == Outcome(refused=refused)
        assert office.view(task) == before
    for verb in verbs:
        assert verb("max", ["a"]) == Outcome(refused=(Left("a", NotAMember("max", task)),))
    # What she finished stays, and the others go on with the rest.
    assert office.states(task, "a") == {"ann": "done"}
    assert office.pull(task, "bob").items == ("b", "c")


def test_every_verb_of_work_needs_a_task_that_is_there(office: Office) -> None:
    for call in (
        lambda: office.set_status("nope", "ann", ["a"], "completed"),
        lambda: office.renew("nope", "ann"),
        lambda: office.steal("nope", "ann"),
        lambda: office.reclaim("nope"),
    ):
        with pytest.raises(NotFound, match="no task 'nope' in the store"):
            call()


def test_clearing_reopens_and_the_item_stays_hers(office: Office) -> None:
    task = begun(office)
    office.set_status(task, "ann", ["a", "b"], "completed")

    assert office.clear_status(task, "ann", ["a"]).changed == ("a",)
    assert office.states(task, "a") == {"ann": "open"}
    assert (office.progress(task)["ann"].open, office.progress(task)["ann"].done) == (1, 1)
    assert office.clear_status(task, "ann", ["a"]).refused == (Left("a", WrongState("a", "open", "clear")),)


def test_an_item_is_complete_when_somebody_finished_it_and_skips_do_not_count(office: Office) -> None:
    task = office.queue(2, people=["ann", "bob"])
    office.pull(task, "ann")
    office.skip(task, "ann", ["a"])
    office.set_status(task, "ann", ["b"], "completed")
    now = office.progress(task)
    assert (now.done, now.waiting, now.progress) == (1, 1, "in progress")
    office.pull(task, "bob")
    office.skip(task, "bob", ["a"])
    assert office.progress(task).progress == "in progress"
    office.set_status(task, "bob", ["a"], "completed")

    assert office.progress(task).progress == "completed"


def test_what_she_skipped_goes_to_others_by_default(office: Office) -> None:
    task = begun(office)
    assert office.skip(task, "ann", ["a"]).changed == ("a",)

    assert office.pull(task, "ann").items == ("c", "d")
    assert office.pull(task, "bob").items == ("a",)
    assert office.states(task, "a") == {"ann": "skipped", "bob": "open"}
    assert office.progress(task)["ann"].skipped == 1


def test_what_she_skipped_comes_to_her_again_at_the_end_where_the_policy_is_later(office: Office) -> None:
    task = begun(office, skip="later", people=["ann"])
    office.skip(task, "ann", ["a", "b"])

    assert office.pull(task, "ann").items == ("c", "d")
    assert office.pull(task, "ann").items == ("a", "b")


def test_somebody_else_may_take_what_she_skipped_for_later(office: Office) -> None:
    task = begun(office, skip="later")
    office.skip(task, "ann", ["a"])

    assert office.pull(task, "bob").items == ("a", "c")
    assert office.pull(task, "ann").items == ("d",)


def test_a_skip_counts_as_done_where_the_policy_is_done(office: Office) -> None:
    task = begun(office, skip="done")
    assert office.skip(task, "ann", ["a"]).changed == ("a",)

    row = office.items(task)[0]
    assert (row.cells["ann"].state, row.cells["ann"].status) == ("done", "skipped")
    assert office.progress(task).done == 1
    assert office.pull(task, "bob").items == ("c", "d")
    assert office.clear_status(task, "ann", ["a"]).changed == ("a",)


def test_only_open_work_is_skipped_or_released(office: Office) -> None:
    task = begun(office)
    office.set_status(task, "ann", ["a"], "completed")
    office.skip(task, "ann", ["b"])

    assert office.skip(task, "ann", ["a", "b"]).refused == (
        Left("a", WrongState("a", "done", "skip")),
        Left("b", WrongState("b", "skipped", "skip")),
    )
    assert office.release(task, "ann", ["a"]).refused == (Left("a", WrongState("a", "done", "return")),)
    assert office.release(task, "ann") == Outcome()


def test_released_work_goes_back_to_the_head_of_the_queue(office: Office) -> None:
    task = begun(office)
    assert office.release(task, "ann", ["b"]).changed == ("b",)
    assert office.pull(task, "bob").items == ("b", "c")
    assert office.release(task, "ann").changed == ("a",)
    assert office.pull(task, "eve").items == ("a", "d")


def test_what_is_skipped_or_released_in_a_task_distributed_by_load_goes_to_the_others(office: Office) -> None:
    task = even(office, people=["ann", "bob"])
    assert office.skip(task, "ann", ["a"]).changed == ("a",)
    assert office.release(task, "ann", ["b"]).changed == ("b",)

    assert office.holds(task, "bob") == ["a", "b", "c", "d"]
    assert office.states(task, "a") == {"ann": "skipped", "bob": "open"}
    assert office.states(task, "b") == {"ann": "returned", "bob": "open"}


def test_what_comes_back_goes_to_whoever_is_furthest_below_her_share(office: Office) -> None:
    shares = Workload.of({"ann": 40, "bob": 40, "eve": 20})
    task = office.create("shares", list("abcdefghij"), workload=shares, order="contiguous").id
    office.release(task, "ann", ["a", "b", "c"])

    counts = {name: len(office.holds(task, name)) for name in ("ann", "bob", "eve")}
    assert counts == {"ann": 1, "bob": 6, "eve": 3}


def test_what_nobody_else_can_take_waits_or_goes_past_those_at_their_limit(office: Office) -> None:
    task = even(office, "abcdef", ["ann", "bob", "eve"])
    office.set_limit(task, "bob", Limit(count=2))
    office.release(task, "ann", ["a", "b"])
    assert office.holds(task, "eve") == ["a", "b", "e", "f"]
    office.set_limit(task, "eve", Limit(count=4))
    office.release(task, "bob")

    # Ann never had them; then nobody is left.
    assert office.holds(task, "ann") == ["c", "d"]
    office.skip(task, "ann", ["c"])
    assert office.progress(task).waiting == 1


def test_whoever_has_nothing_takes_half_of_the_longest_list_nobody_began(office: Office) -> None:
    task = office.queue(10, 5, 5)
    assert office.pull(task, "ann").items == tuple("abcde")
    office.remove_items(task, ["b"])
    assert office.pull(task, "bob").items == tuple("fghij")

    batch = office.steal(task, "eve")

    assert batch == Batch(task=task, assignee="eve", items=("h", "i", "j"), until=NOON + HALF_AN_HOUR)
    assert office.holds(task, "bob") == ["f", "g"]
    assert office.states(task, "h") == {"bob": "returned", "eve": "open"}
    assert office.history(task)[-1].event.what == "stolen"


def test_never_more_than_a_batch_a_limit_or_what_was_asked_for_is_stolen(office: Office) -> None:
    task = even(office, "abcdefgh", ["ann", "bob"])
    office.add_assignee(task, "eve", limit=Limit(count=2))
    assert office.steal(task, "eve", limit=1).items == ("d",)
    office.set_status(task, "eve", ["d"], "completed")
    assert office.steal(task, "eve", limit=5).items == ("h",)
    office.set_status(task, "eve", ["h"], "completed")
    assert office.steal(task, "eve").reason == AtLimit("eve", 2, "2 items")

    pulled = office.queue(8, 2, 6)
    for _ in range(3):
        office.pull(pulled, "ann")
    office.pull(pulled, "bob")
    assert office.steal(pulled, "eve").items == ("e", "f")
    with pytest.raises(InvalidInput, match="limit must be a whole number of at least 1, got 0"):
        office.steal(pulled, "eve", limit=0)


@pytest.mark.parametrize("begin", ["submits", "clears", "skips", "renews", "releases"])
def test_nothing_is_stolen_from_somebody_who_began(office: Office, begin: str) -> None:
    task = office.queue(3, 3, lease=None)
    office.pull(task, "ann")
    office.wait(seconds=1)
    if begin in {"submits", "clears"}:
        office.set_status(task, "ann", ["a"], "completed")
    if begin == "clears":
        office.clear_status(task, "ann", ["a"])
    if begin == "skips":
        office.skip(task, "ann", ["a"])
    if begin == "renews":
        office.renew(task, "ann")
    if begin == "releases":
        office.release(task, "ann", ["a"])
    if begin in {"skips", "releases"}:
        office.set_status(task, "eve", office.pull(task, "eve").items, "completed")

    assert office.steal(task, "bob").reason == NobodyToStealFrom("bob")
    assert office.holds(task, "ann")[-2:] == ["b", "c"]


def test_only_whoever_has_nothing_and_takes_part_takes_over(office: Office) -> None:
    task = office.queue(4, due=NOON + timedelta(hours=1))
    office.pull(task, "ann")
    office.pull(task, "bob")

    assert office.steal(task, "bob").reason == HasOpenWork("bob", 2)
    assert office.steal(task, "max").reason == NotAMember("max", task)
    office.pause(task, "eve")
    assert office.steal(task, "eve").reason == Locked("eve", "paused")
    office.resume(task, "eve")
    office.wait(hours=1)
    assert office.steal(task, "eve").reason == PastDue(task, NOON + timedelta(hours=1))
    office.close_task(task)
    assert office.steal(task, "eve").reason == TaskNotOpen(task, "closed")


def test_stealing_obeys_eligibility_like_every_other_path(office: Office) -> None:
    task = office.queue(4, 2, 2, people=["ann", "bob", "eve"])
    assert office.pull(task, "eve").items == ("a", "b")
    office.skip(task, "eve", ["a", "b"])
    assert office.pull(task, "ann").items == ("a", "b")
    assert office.pull(task, "bob").items == ("c", "d")
    office.set_status(task, "bob", ["c", "d"], "completed")

    # All that ann holds, who never began, eve has skipped.
    assert office.steal(task, "eve").reason == NobodyToStealFrom("eve")


def test_the_next_longest_list_is_taken_from_where_the_longest_has_nothing_for_her(office: Office) -> None:
    task = office.queue(5, 3, 3, people=["ann", "bob", "eve"])
    office.pull(task, "eve")
    office.skip(task, "eve", ["a", "b", "c"])
    assert office.pull(task, "ann").items == ("a", "b", "c")
    assert office.pull(task, "bob").items == ("d", "e")

    assert office.steal(task, "eve").items == ("e",)


def test_untouched_work_is_taken_back_after_the_given_idle_time(office: Office) -> None:
    task = office.queue(4, lease=None)
    office.pull(task, "ann")
    office.wait(minutes=1)
    office.pull(task, "bob")
    office.wait(minutes=59)

    change = office.reclaim(task, idle=timedelta(hours=1))

    assert change.flows() == {("ann", None): 2}
    assert office.states(task, "a") == {"ann": "returned"}
    assert not office.reclaim(task, idle=timedelta(hours=1))
    assert office.pull(task, "eve").items == ("a", "b")


def test_whoever_did_something_meanwhile_keeps_all_she_has(office: Office) -> None:
    task = office.queue(4, 2, lease=None)
    office.pull(task, "ann")
    office.wait(hours=1)
    office.set_status(task, "ann", ["a"], "completed")
    office.wait(minutes=59)
    assert not office.reclaim(task, idle=timedelta(hours=1))
    office.wait(minutes=1)

    assert office.reclaim(task, idle=timedelta(hours=1)).diff.flows() == {("ann", None): 1}


def test_what_came_to_her_only_now_is_not_untouched(office: Office) -> None:
    task = office.queue(4, 2, 4, lease=None)
    office.pull(task, "ann")
    office.wait(hours=1)
    office.pull(task, "ann")

    assert office.reclaim(task, idle=timedelta(hours=1)).diff.flows() == {("ann", None): 2}
    assert office.holds(task, "ann") == ["c", "d"]


def test_untouched_work_of_a_task_distributed_by_load_goes_to_the_others_by_their_shares(
    office: Office,
) -> None:
    task = even(office, "abcdefghi", ["ann", "bob", "eve"])
    office.wait(hours=2)
    office.set_status(task, "bob", ["d"], "completed")
    office.set_status(task, "eve", ["g"], "completed")

    change = office.reclaim(task, idle=timedelta(hours=1))

    assert change.diff.flows() == {("ann", "bob"): 2, ("ann", "eve"): 1}
    assert office.progress(task).waiting == 0
    assert not office.reclaim(task, idle=timedelta(hours=1))


def test_untouched_work_stays_where_there_is_nobody_else(office: Office) -> None:
    task = even(office, "abc", ["ann"])
    office.wait(days=9)

    assert not office.reclaim(task, idle=timedelta(hours=1))
    assert office.holds(task, "ann") == ["a", "b", "c"]


def test_nobody_who_is_paused_or_removed_is_given_anything(office: Office) -> None:
    for task in (office.queue(4, 2, lease=None), even(office, people=["ann", "bob", "eve"])):
        if office.get(task).pull is not None:
            office.pull(task, "ann")
        office.pause(task, "eve")

        change = office.reassign(task, "ann", "eve")
        assert {left.why for left in change.refused} == {Locked("eve", "paused")}
        assert not change
        office.remove_assignee(task, "eve")
        office.wait(days=1)
        office.reclaim(task, idle=timedelta(0))
        office.release(task, "bob")
        assert isinstance(office.pull_next("eve"), NoWork)
        assert isinstance(office.steal(task, "eve").reason, Locked)
        assert office.holds(task, "eve") == []


def test_two_who_have_not_begun_do_not_swap_their_work(office: Office) -> None:
    task = office.create("label", ["a", "b", "c", "d"], workload=Workload.even(["ann", "bob"])).id
    office.wait(hours=5)

    assert not office.reclaim(task, idle=timedelta(hours=1))
