"""Leases: how long work is reserved, what happens after, and that no clock is trusted."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import attrs
import pytest

from distribution import InvalidInput, Item, Limit, Outcome, Pull, Workload
from distribution.events import Stamp
from distribution.outcomes import Left
from distribution.refusals import (
    AllReserved,
    AtCap,
    Lost,
    OnlyLost,
    OnlySkipped,
    PastDue,
    TaskNotOpen,
    WrongState,
)
from tests.office import HALF_AN_HOUR, NOON, Office


def until(office: Office, task: str, item: str, assignee: str = "ann") -> datetime | None:
    return next(row.cells[assignee].until for row in office.items(task) if row.item == item)


def test_a_lease_ends_exactly_when_the_batch_says(office: Office) -> None:
    task = office.queue(2)
    batch = office.pull(task, "ann")
    assert batch.until == NOON + HALF_AN_HOUR
    office.wait(minutes=30, microseconds=-1)
    assert office.pull(task, "bob").reason == AllReserved(2, batch.until)
    office.wait(microseconds=1)

    assert office.pull(task, "bob").items == ("a", "b")


def test_when_a_lease_is_over_the_placement_returns_to_the_head_of_the_queue(office: Office) -> None:
    task = office.queue(6)
    office.pull(task, "ann")
    office.wait(minutes=30)

    assert office.pull(task, "bob").items == ("a", "b")
    assert office.states(task, "a") == {"ann": "returned", "bob": "open"}
    assert office.progress(task)["ann"].lost == 2


def test_among_what_returns_the_more_urgent_goes_first(office: Office) -> None:
    task = office.queue(["a", Item("b", priority=1), "c"], 1, 3)
    for _ in range(3):
        office.pull(task, "ann")
    office.wait(minutes=30)

    assert [office.pull(task, "bob").items for _ in range(3)] == [("b",), ("a",), ("c",)]


def test_whoever_pulls_first_cleans_up_after_everybody_herself_included(office: Office) -> None:
    task = office.queue(6, 2, 3)
    office.pull(task, "ann")
    office.pull(task, "bob")
    assert office.pull(task, "ann").reason == AtCap("ann", 2, 2, 3)
    office.wait(minutes=30)

    assert office.pull(task, "ann").items == ("c", "d")
    assert office.progress(task)["ann"].open == 2
    assert office.progress(task)["bob"].open == 0


def test_one_pull_cleans_up_a_hundred_leases_at_most(office: Office) -> None:
    people = ["ann", "bob", "eve"]
    task = office.queue([f"i{n:03}" for n in range(250)], 80, people=people)
    for name in people:
        office.pull(task, name)
        office.wait(seconds=1)
    office.wait(minutes=30)
    office.add_assignee(task, "zoe")

    assert len(office.pull(task, "zoe")) == 80
    assert office.progress(task).open == 240 - 100 + 80
    assert [office.progress(task)[name].open for name in people] == [0, 60, 80]


def test_a_sweep_cleans_up_a_hundred_leases_and_says_that_there_are_more(office: Office) -> None:
    task = office.queue([f"i{n:03}" for n in range(150)], 150)
    office.pull(task, "ann")
    office.wait(minutes=30)

    first, second, third = (office.reclaim(task) for _ in range(3))
    assert first.event is not None
    assert second.event is not None
    assert (first.event.facts, first.diff.flows()) == ({"more": True}, {("ann", None): 100})
    assert (second.event.facts, second.diff.flows()) == ({}, {("ann", None): 50})
    assert not third


def test_who_lost_an_item_gets_it_again_only_if_nobody_else_can_take_it(office: Office) -> None:
    task = office.queue(1, 1, people=["ann", "bob"])
    office.pull(task, "ann")
    office.wait(minutes=30)
    assert office.pull(task, "ann").reason == OnlyLost(1)
    assert office.pull(task, "bob").items == ("a",)
    office.wait(minutes=30)

    # Now both have lost it: whoever comes first.
    assert office.pull(task, "ann").items == ("a",)
    assert office.states(task, "a") == {"ann": "open", "bob": "returned"}


def test_who_is_alone_gets_back_what_she_lost_after_all_that_is_new(office: Office) -> None:
    task = office.queue(4, 2, 2, people=["ann"])
    office.pull(task, "ann")
    office.wait(minutes=30)

    assert office.pull(task, "ann").items == ("c", "d")
    office.set_status(task, "ann", ["c", "d"], "completed")
    assert office.pull(task, "ann").items == ("a", "b")


@pytest.mark.parametrize("gone", ["paused", "removed", "at her limit", "has skipped it"])
def test_somebody_else_who_cannot_take_it_does_not_count(office: Office, gone: str) -> None:
    task = office.queue(1, 1, people=["ann", "bob"])
    if gone == "has skipped it":
        office.pull(task, "bob")
        office.skip(task, "bob", ["a"])
    office.pull(task, "ann")
    office.wait(minutes=30)
    if gone == "paused":
        office.pause(task, "bob")
    if gone == "removed":
        office.remove_assignee(task, "bob")
    if gone == "at her limit":
        office.set_limit(task, "bob", Limit(count=0))

    assert office.pull(task, "ann").items == ("a",)


def test_somebody_else_at_the_cap_counts_because_she_will_have_finished_something(office: Office) -> None:
    task = office.queue(2, 1, people=["ann", "bob"])
    office.pull(task, "ann")
    office.pull(task, "bob")
    office.release(task, "ann")

    assert office.pull(task, "ann").reason == OnlyLost(1)
    assert office.pull(task, "bob").reason == AtCap("bob", 1, 1, 1)


def test_a_late_submission_is_accepted_while_nobody_else_holds_the_placement(office: Office) -> None:
    task = office.queue(3, 3, people=["ann", "bob"])
    office.pull(task, "ann")
    office.wait(hours=9)

    # Nobody looked since: it still is hers.
    assert office.set_status(task, "ann", ["a"], "completed").changed == ("a",)
    # It went back, but nobody has it.
    office.reclaim(task)
    assert office.states(task, "b") == {"ann": "returned"}
    assert office.set_status(task, "ann", ["b"], "completed").changed == ("b",)
    assert office.pull(task, "bob").items == ("c",)
    assert office.holds(task, "ann", "done") == ["a", "b"]


@pytest.mark.parametrize("finished", [False, True])
def test_a_late_submission_is_refused_with_the_holders_name_after_that(
    office: Office, *, finished: bool
) -> None:
    task = office.queue(2)
    office.pull(task, "ann")
    office.wait(minutes=30)
    office.pull(task, "bob")
    if finished:
        office.set_status(task, "bob", ["a", "b"], "completed")
    before = office.view(task)

    done = office.set_status(task, "ann", ["a", "b"], "completed")

    assert done == Outcome(refused=tuple(Left(item, Lost(item, "ann", ("bob",))) for item in "ab"))
    assert not done
    assert str(done.refused[0]) == "item 'a' went back from 'ann' and is with 'bob' now"
    assert office.view(task) == before


def test_a_late_answer_of_hers_counts_again_when_the_next_one_gave_the_item_back(office: Office) -> None:
    task = office.queue(1, 1)
    office.pull(task, "ann")
    office.wait(minutes=30)
    office.pull(task, "bob")
    office.skip(task, "bob", ["a"])

    assert office.set_status(task, "ann", ["a"], "completed").changed == ("a",)
    assert not office.set_status(task, "bob", ["a"], "completed")
    assert not office.pull(task, "eve")


def test_a_renewal_prolongs_all_she_has_open_or_what_is_named(office: Office) -> None:
    task = office.queue(3, 3)
    office.pull(task, "ann")
    office.wait(minutes=20)
    assert office.renew(task, "ann", ["b", "z"]).changed == ("b",)
    assert [until(office, task, item) for item in "abc"] == [
        NOON + timedelta(minutes=length) for length in (30, 50, 30)
    ]

    assert office.renew(task, "ann") == Outcome(changed=("a", "c"), unchanged=("b",))
    assert {until(office, task, item) for item in "abc"} == {NOON + timedelta(minutes=50)}
    office.wait(minutes=29)
    assert office.pull(task, "bob").reason == AllReserved(3, NOON + timedelta(minutes=50))


def test_a_renewal_never_shortens_a_lease_and_one_that_changes_nothing_says_so(office: Office) -> None:
    task = office.queue(2)
    office.pull(task, "ann")
    office.wait(hours=-1)
    before = len(office.history(task))

    assert office.renew(task, "ann") == Outcome(unchanged=("a", "b"))
    assert until(office, task, "a") == NOON + HALF_AN_HOUR
    # It is the first sign of her; the second time there is nothing to note.
    assert len(office.history(task)) == before + 1
    assert office.renew(task, "ann") == Outcome(unchanged=("a", "b"))
    assert len(office.history(task)) == before + 1


def test_where_leases_were_lifted_a_renewal_keeps_the_work_for_ever(office: Office) -> None:
    task = office.queue(2)
    office.pull(task, "ann")
    pull = office.find(task).pull
    assert pull is not None
    office.change(task, pull=attrs.evolve(pull, lease=None))
    office.wait(minutes=20)

    assert office.renew(task, "ann").changed == ("a", "b")
    office.wait(hours=5)
    assert until(office, task, "a") is None
    assert not office.pull(task, "bob")


def test_whoever_renews_is_never_robbed_also_while_the_clock_is_behind(office: Office) -> None:
    task = office.create("y", list("abcd"), workload=Workload.of({"ann": 100, "bob": 0})).id
    office.wait(hours=-1)
    assert sorted(office.renew(task, "ann").unchanged) == list("abcd")

    assert office.steal(task, "bob").items == ()
    version = office.history(task)[-1].version
    assert not office.undo(task, version)


def test_a_lease_that_has_ended_is_prolonged_as_long_as_nobody_took_the_item_back(office: Office) -> None:
    task = office.queue(2)
    office.pull(task, "ann")
    office.wait(hours=5)
    assert office.renew(task, "ann", ["a"]).changed == ("a",)

    assert office.pull(task, "bob").items == ("b",)
    refused = office.renew(task, "ann", ["b"]).refused
    assert refused == (Left("b", Lost("b", "ann", ("bob",))),)


def test_what_went_back_cannot_be_renewed(office: Office) -> None:
    task = office.queue(2)
    office.pull(task, "ann")
    office.wait(minutes=30)
    office.reclaim(task)

    assert office.renew(task, "ann", ["a"]).refused == (Left("a", WrongState("a", "returned", "renew")),)
    assert office.renew(task, "ann") == Outcome()


def test_where_there_are_no_leases_a_renewal_is_a_sign_of_life(office: Office) -> None:
    task = office.queue(2, lease=None)
    office.pull(task, "ann")
    office.wait(hours=1)
    assert office.renew(task, "ann").changed == ("a", "b")
    office.wait(minutes=59)

    assert until(office, task, "a") is None
    assert not office.reclaim(task, idle=timedelta(hours=1))


def test_a_clock_that_jumps_back_neither_revives_nor_loses_a_lease(office: Office) -> None:
    task = office.queue(3, 1, people=["ann", "bob"])
    office.pull(task, "ann")
    office.wait(minutes=30)
    assert office.pull(task, "bob").items == ("a",)
    office.wait(hours=-5)

    # What ann lost stays lost, what bob holds stays his, and neither gets anything twice.
    assert office.renew(task, "ann", ["a"]).refused == (Left("a", Lost("a", "ann", ("bob",))),)
    assert not office.set_status(task, "ann", ["a"], "completed")
    assert office.pull(task, "ann").items == ("b",)
    assert office.reclaim(task).event is None
    assert until(office, task, "a", "bob") == NOON + timedelta(hours=1)
    assert until(office, task, "b") == NOON + timedelta(minutes=-4 * 60)
    assert office.set_status(task, "bob", ["a"], "completed")
    office.wait(hours=9)
    assert office.states(task, "a") == {"ann": "returned", "bob": "done"}
    assert office.pull(task, "bob").items == ("b",)


@pytest.mark.parametrize("why", ["closed", "past due"])
def test_leases_of_a_task_that_is_closed_or_past_due_still_expire(office: Office, why: str) -> None:
    """Row 33, by a pull that gets nothing."""
    due = NOON + timedelta(minutes=10)
    task = office.queue(2, due=due if why == "past due" else None)
    office.pull(task, "ann")
    if why == "closed":
        office.close_task(task)
    office.wait(minutes=30)

    reason = TaskNotOpen(task, "closed") if why == "closed" else PastDue(task, due)
    assert office.pull(task, "bob").reason == reason
    assert office.states(task, "a") == {"ann": "returned"}
    assert office.history(task)[-1].event.touched == 2


@pytest.mark.parametrize("why", ["closed", "past due"])
def test_leases_of_a_task_that_is_closed_or_past_due_are_still_reclaimed(office: Office, why: str) -> None:
    task = office.queue(2, due=NOON + timedelta(minutes=10) if why == "past due" else None)
    office.pull(task, "ann")
    if why == "closed":
        office.close_task(task)
    office.wait(minutes=30)

    assert office.reclaim(task).flows() == {("ann", None): 2}
    assert office.pull(task, "bob").items == ()


def test_a_status_ends_the_lease_and_clearing_it_begins_another(office: Office) -> None:
    task = office.queue(1, 1)
    office.pull(task, "ann")
    office.set_status(task, "ann", ["a"], "completed")
    assert until(office, task, "a") is None
    office.wait(hours=1)
    assert not office.reclaim(task)
    office.clear_status(task, "ann", ["a"])

    assert until(office, task, "a") == NOON + timedelta(hours=1, minutes=30)


def test_what_a_person_skipped_stays_skipped_when_the_next_ones_lease_ends(office: Office) -> None:
    task = office.queue(1, 1, people=["ann", "bob"])
    office.pull(task, "ann")
    office.skip(task, "ann", ["a"])
    office.pull(task, "bob")
    office.wait(minutes=30)

    assert office.pull(task, "ann").reason == OnlySkipped(1)
    assert office.pull(task, "bob").items == ("a",)


def test_instants_of_any_zone_are_one_instant(office: Office) -> None:
    task = office.queue(2)
    office.pull(task, "ann")
    office.now = (NOON + HALF_AN_HOUR).astimezone(timezone(timedelta(hours=-9)))

    assert office.pull(task, "bob").until == NOON + 2 * HALF_AN_HOUR


def test_naive_datetimes_are_refused(office: Office) -> None:
    naive = datetime(2026, 11, 22, 12)  # noqa: DTZ001
    task = office.queue(2)
    with pytest.raises(InvalidInput, match="an instant must be a datetime with a time zone"):
        Stamp(at=naive)
    with pytest.raises(InvalidInput, match="an instant must be a datetime with a time zone"):
        office.change(task, due=naive)
    with pytest.raises(InvalidInput, match="an instant must be a datetime with a time zone"):
        office.create("x", ["a"], allowed=["ann"], pull=Pull(batch_size=1, max_batch_workload=1), due=naive)
    office.now = naive
    with pytest.raises(InvalidInput, match="an instant must be a datetime with a time zone"):
        office.pull(task, "ann")


def test_the_story_of_an_item_says_whose_lease_ended(office: Office) -> None:
    task = office.queue(2, 1, people=["ann"])
    office.pull(task, "ann")
    office.wait(minutes=30)
    office.pull(task, "ann")

    assert [(part.what, part.assignee) for part in office.explain(task, "a").chapters] == [
        ("pulled", "ann"),
        ("lease ended", "ann"),
    ]


def test_the_story_says_so_too_where_she_gets_the_same_item_back_at_once(office: Office) -> None:
    task = office.queue(1, 1, people=["ann"])
    office.pull(task, "ann")
    office.wait(minutes=30)
    assert office.pull(task, "ann").items == ("a",)
    office.submit_and_pull(task, "ann", ["a"], "completed")

    assert [(part.what, part.state) for part in office.explain(task, "a").chapters] == [
        ("pulled", "open"),
        ("lease ended", "returned"),
        ("pulled", "open"),
        ("submitted-and-pulled", "done"),
    ]


def test_what_somebody_did_is_not_undone_by_a_clock_that_jumps_back(office: Office) -> None:
    task = office.queue(4, 2, 4, lease=None)
    office.pull(task, "ann")
    office.set_status(task, "ann", ["a"], "completed")
    office.wait(hours=-1)
    office.set_status(task, "ann", ["a"], "discard")
    office.pull(task, "ann")

    assert office.progress(task)["ann"].worked_at == NOON
    office.wait(minutes=90)
    assert not office.reclaim(task, idle=timedelta(hours=1))
