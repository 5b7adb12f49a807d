"""Statuses of the platform: read whole or only what is new, and set in a task of ours."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.dataloop.client import Dataset
from adapters.dataloop.deployment import Deployment
from adapters.dataloop.following import Followed, Standing, follow
from adapters.dataloop.placing import Copy
from adapters.dataloop.taking_in import TakenIn, take_in
from adapters.dispatcher import Dispatcher
from adapters.memory import MemoryStore
from distribution import Overlap, Sample, Workload
from distribution.errors import NotFound, Refused
from distribution.pull import Pull
from tests.remote_fake import FakePlatform

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
"""When the platform's clock begins."""


class Lab:
    """A task of ours, the same on a platform in memory, and a clock for ours."""

    def __init__(self, **settings: Any) -> None:
        self.now = NOON - timedelta(hours=1)
        self.tasks = Dispatcher(MemoryStore(), clock=lambda: self.now)
        self.platform = FakePlatform()
        items = [f"i{n}" for n in range(6)]
        self.task = self.tasks.create(
            "label", items, workload=Workload.even(["ann", "bob"]), id="k", **settings
        )
        assert self.deployment().apply(at_once=2)

    def deployment(self, task_id: str = "k") -> Deployment:
        return Dataset(self.platform).deployment_of(self.tasks, task_id)

    def follow(self, before: Followed | None = None, task_id: str = "k") -> Followed:
        return follow(self.deployment(task_id), before)

    def take(self, task_id: str = "k") -> TakenIn:
        return take_in(self.follow(task_id=task_id), self.tasks, task_id)

    def hers(self, who: str, task_id: str = "k") -> list[str]:
        return [placement.item for placement in self.tasks.placements(task_id, assignee=who)]

    def statuses(self, task_id: str = "k") -> dict[tuple[str, str], str | None]:
        return {
            (row.item, who): cell.status
            for row in self.tasks.items(task_id)
            for who, cell in row.cells.items()
            if cell.state == "done"
        }


said = st.lists(
    st.tuples(st.integers(0, 5), st.sampled_from(["completed", "discard", None]), st.booleans()), max_size=12
)


@given(events=said)
def test_what_is_read_bit_by_bit_is_what_is_read_at_once(
    events: list[tuple[int, str | None, bool]],
) -> None:
    lab, now = Lab(), None
    for n, status, look in events:
        lab.platform.say("t000", f"i{n}", status)
        if look:
            now = lab.follow(now)
    now, whole = lab.follow(now), lab.follow()

    assert now.standings == whole.standings
    assert now.done == whole.done == sum(s.status is not None for s in whole.standings.values())
    assert set(lab.follow(now).changed) == set()


def test_later_reads_ask_only_for_what_is_newer() -> None:
    lab = Lab()
    for n in range(6):
        lab.platform.say("t000", f"i{n}", "completed")
    first = lab.follow()
    lab.platform.say("t000", "i3", "discard", by="bob")
    lab.platform.calls.clear()

    second = lab.follow(first)

    assert lab.platform.calls.count("items") == 1  # one page, where all would be two
    who = "ann" if "i3" in lab.hers("ann") else "bob"
    assert second.changed == {("i3", who): Standing("discard", NOON + timedelta(seconds=7), "bob")}
    assert len(first.changed) == first.done == second.done == 6


def test_a_status_that_was_taken_back_is_noticed_though_nothing_is_newer() -> None:
    lab = Lab()
    for n in range(4):
        lab.platform.say("t000", f"i{n}", "completed")
    first = lab.follow()
    lab.platform.say("t000", "i1", None)

    second = lab.follow(first)

    assert [(item, now.status) for (item, _), now in second.changed.items()] == [("i1", None)]
    assert second.done == 3


def test_what_leaves_the_platform_has_no_status_any_more() -> None:
    lab = Lab()
    lab.platform.say("t000", "i0", "completed")
    lab.platform.say("t000", "i1", "completed")
    first = lab.follow()
    lab.platform.take_out("t000", "i0")

    second = lab.follow(first)

    assert [(item, now.status) for (item, _), now in second.changed.items()] == [("i0", None)]


def test_a_task_of_ours_has_what_people_said_and_twice_is_as_once() -> None:
    lab = Lab()
    ann, bob = lab.hers("ann"), lab.hers("bob")
    lab.platform.say("t000", ann[0], "completed", by="ann")
    lab.platform.say("t000", bob[0], "discard", by="lead")

    taken = lab.take()

    assert taken and set(taken.changed) == {(ann[0], "ann"), (bob[0], "bob")}  # noqa: PT018  one answer
    assert lab.statuses() == {(ann[0], "ann"): "completed", (bob[0], "bob"): "discard"}
    stamps = [(e.stamp.actor, e.stamp.reason) for e in lab.tasks.history("k")[1:]]
    assert sorted(stamps) == [("ann", "as on Dataloop"), ("lead", "as on Dataloop")]
    assert lab.take() == TakenIn()
    assert len(lab.tasks.history("k")) == 3


@given(events=said)
def test_after_taking_in_the_task_stands_as_the_platform(
    events: list[tuple[int, str | None, bool]],
) -> None:
    lab = Lab(overlap=Overlap(percent=50, assignees=2))
    now = None
    for n, status, look in events:
        lab.platform.say("t000", f"i{n}", status)
        if look:
            now = lab.follow(now)
            take_in(now, lab.tasks, "k")
    now = lab.follow(now)
    assert take_in(now, lab.tasks, "k")

    there = {place: s.status for place, s in now.standings.items() if s.status is not None}
    assert lab.statuses() == there


def test_a_status_taken_back_on_the_platform_is_taken_back_here_and_one_set_here_stays() -> None:
    lab = Lab()
    (first, second, *_) = lab.hers("ann")
    lab.platform.say("t000", first, "completed")
    lab.take()
    lab.tasks.set_status("k", "ann", [second], "completed")
    lab.platform.say("t000", first, None)

    assert lab.take().cleared == ((first, "ann"),)
    assert lab.statuses() == {(second, "ann"): "completed"}


def test_what_is_set_again_there_counts_though_it_was_taken_back_here_later() -> None:
    lab = Lab()
    (item, *_) = lab.hers("ann")
    lab.platform.say("t000", item, "completed")
    lab.take()
    lab.platform.say("t000", item, None)
    lab.now = NOON + timedelta(minutes=30)
    lab.take()
    lab.platform.say("t000", item, "completed")

    assert lab.take().changed == ((item, "ann"),)


def test_what_cannot_be_taken_in_is_told_and_the_rest_is() -> None:
    lab = Lab()
    ann = lab.hers("ann")
    lab.platform.say("t000", ann[0], "unclear", by="ann")
    lab.platform.say("t000", ann[1], "completed")
    lab.platform.give("t000", ann[2], "zoe")
    lab.platform.say("t000", ann[2], "completed")
    lab.platform.give("t000", "i7", "bob")
    lab.platform.say("t000", "i7", "completed")

    taken = lab.take()

    assert (bool(taken), taken.changed) == (False, ((ann[1], "ann"),))
    assert sorted(map(str, taken.refused)) == sorted(
        [
            f"'ann' said 'unclear' of '{ann[0]}': the status 'unclear' is none of this task: completed, discard, approved",
            (
                f"'zoe' said 'completed' of '{ann[2]}': item '{ann[2]}' is not with 'zoe'; only what she was given can be"
                " changed by her"
            ),
            "'bob' said 'completed' of 'i7': item 'i7' is not in the task",
        ]
    )


def test_someone_who_takes_no_part_any_more_is_refused_with_the_reason() -> None:
    lab = Lab()
    (item, *_) = lab.hers("ann")
    lab.platform.say("t000", item, "completed")
    now = lab.follow()
    lab.tasks.pause("k", "ann")

    assert [str(left.why) for left in take_in(now, lab.tasks, "k").refused]


def test_agreement_of_copies_is_computed_from_what_was_said_there() -> None:
    lab = Lab(overlap=Overlap(percent=100, assignees=2))
    for n in range(6):
        lab.platform.say("t000", f"i{n}", "completed")
        lab.platform.say("t001", f"i{n}", "completed" if n < 3 else "discard")

    lab.take()

    assert lab.tasks.agreement("k").percent == 0.5
    assert lab.tasks.progress("k").done == 12


def review(lab: Lab, reviewers: list[str]) -> str:
    lab.now = NOON + timedelta(minutes=5)
    lab.take()
    return lab.tasks.create_qa("k", reviewers, Sample(percent=100), name="check").id


def test_a_review_is_a_task_of_its_type_and_nobody_reviews_her_own_work() -> None:
    lab = Lab()
    for n in range(6):
        lab.platform.say("t000", f"i{n}", "completed")
    check = review(lab, ["ann", "bob", "zoe"])

    assert lab.deployment(check).apply()

    task = lab.platform.made["t001"]["task"]
    assert (task.name, task.parent, task.key) == ("check", "t000", check)
    authors = dict(lab.platform.state()["label", None])
    reviewers = dict(lab.platform.state()["check", "t000"])
    assert set(reviewers) == set(authors)
    assert all(reviewers[item] != authors[item] for item in authors)


def test_reviews_of_copies_are_beside_the_copies_they_review() -> None:
    lab = Lab(overlap=Overlap(percent=50, assignees=2))
    for task in ("t000", "t001"):
        for n in range(6):
            lab.platform.say(task, f"i{n}", "completed")
    check = review(lab, ["zoe"])

    assert lab.deployment(check).apply(at_once=2)

    state = lab.platform.state()
    assert [place for place in state if place[1]] == [("check", "t000"), ("check (of copy 2)", "t001")]
    assert [item for item, _ in state["check", "t000"]] == [item for item, _ in state["label", None]]
    assert [item for item, _ in state["check (of copy 2)", "t001"]] == [
        item for item, _ in state["label (copy 2)", None]
    ]


def test_rejected_work_is_open_again_until_it_is_done_anew() -> None:
    lab = Lab()
    for n in range(6):
        lab.platform.say("t000", f"i{n}", "completed")
    check = review(lab, ["zoe"])
    lab.deployment(check).apply()
    lab.platform.say("t001", "i0", "discard", by="zoe")
    lab.platform.say("t001", "i1", "approved", by="zoe")

    assert lab.take(check)

    assert lab.statuses(check) == {("i0", "zoe"): "discard", ("i1", "zoe"): "approved"}
    assert lab.tasks.quality(check).failed == 1
    assert lab.tasks.progress("k").open == 1
    # What was said before the rejection does not count again, what is said after it does.
    author = dict(lab.platform.state()["label", None])["i0"]
    assert lab.take().stale == (("i0", author),)
    lab.platform.clock = 400
    lab.platform.say("t000", "i0", "completed", by=author)
    assert lab.take().changed == (("i0", author),)
    assert lab.take() == TakenIn()


def test_a_second_round_of_one_item_is_a_task_of_its_own() -> None:
    lab = Lab()
    lab.platform.say("t000", "i0", "completed")
    check = review(lab, ["zoe"])
    lab.deployment(check).apply()
    lab.platform.say("t001", "i0", "discard", by="zoe")
    lab.take(check)
    lab.platform.clock = 400
    lab.platform.say("t000", "i0", "completed")
    lab.now += timedelta(minutes=5)
    lab.take()
    lab.tasks.extend_qa(check)

    assert lab.deployment(check).apply()

    assert lab.platform.state()["check (round 2)", "t000"] == [("i0", "zoe")]
    lab.platform.say("t002", "i0", "approved", by="zoe")
    lab.take(check)
    assert lab.statuses(check) == {("i0", "zoe"): "discard", ("i0 #2", "zoe"): "approved"}


def test_a_rejection_cut_off_before_it_went_back_goes_back_the_next_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lab = Lab()
    lab.platform.say("t000", "i0", "completed")
    check = review(lab, ["zoe"])
    lab.deployment(check).apply()
    lab.platform.say("t001", "i0", "discard", by="zoe")
    with monkeypatch.context() as cut:
        cut.setattr(Dispatcher, "_pass_on", lambda *_: None)
        cut.setattr(Dispatcher, "send_rejected", lambda *_: None)
        lab.take(check)
    assert lab.tasks.progress("k").open == 5

    lab.take(check)

    assert lab.tasks.progress("k").open == 6


def test_a_review_needs_the_work_on_the_platform() -> None:
    lab = Lab()
    lab.platform.say("t000", "i0", "completed")
    check = review(lab, ["zoe"])
    lab.platform.take_out("t000", "i0")

    with pytest.raises(NotFound, match="apply the task that is reviewed first"):
        lab.deployment(check)


def test_a_task_that_is_pulled_from_is_refused() -> None:
    lab = Lab()
    pull = Pull(batch_size=2, max_batch_workload=4)
    lab.tasks.create("queue", ["a"], allowed=["ann"], pull=pull, id="q")

    with pytest.raises(Refused, match="task 'queue' is pulled from; share it out by load"):
        lab.deployment("q")


def test_items_that_join_the_task_of_ours_join_it_there() -> None:
    lab = Lab()
    lab.tasks.add_items("k", ["i6", "i7"])

    applied = lab.deployment().apply()

    assert sum(len(step.items) for step in applied.steps) == 2
    assert len(lab.platform.state()["label", None]) == 8


def test_a_plan_may_have_another_key_and_name() -> None:
    lab = Lab()
    plan = lab.tasks.replan("k")
    first = Dataset(lab.platform).deployment(plan, "again")

    assert first.apply()
    assert Dataset(lab.platform).deployment(plan, "again").apply().steps == ()
    assert attrs.evolve(first, key="k").apply().steps == ()  # the same copies, in the task they are in
    assert first.copies == tuple(Copy(c.item, c.assignee, c.item) for c in first.copies)
