"""Plans on the platform: what applying does and does not do, wherever it is cut off."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.dataloop.deployment import Deployment
from adapters.dataloop.placing import (
    Copy,
    Found,
    compare,
    copies_of,
    copies_to_review,
    key_of,
    steps,
    task_name,
)
from adapters.dataloop.platform import NewTask, PlatformFailed, PlatformTask, Terms
from distribution import Overlap, Workload, distribute
from distribution.errors import InvalidInput, Refused
from distribution.task import Row
from tests.remote_fake import FakePlatform, Killed

PEOPLE = ("ann", "bob", "eve", "zoe")
LACKING = {"missing", "elsewhere"}


def wishes(items: int = 6) -> st.SearchStrategy[tuple[Copy, ...]]:
    """Copies of items for different people each; some names in mixed case."""
    teams = st.lists(st.sampled_from(["Ann", "bob", "eve", "zoe"]), unique=True, max_size=3)
    return st.lists(teams, max_size=items).map(
        lambda rows: tuple(Copy(f"i{n}", who, f"i{n}") for n, team in enumerate(rows) for who in team)
    )


def deployment(platform: FakePlatform, copies: Sequence[Copy], name: str = "label") -> Deployment:
    return Deployment(platform=platform, key="k", name=name, copies=tuple(copies))


def undisturbed(copies: Sequence[Copy], at_once: int = 2) -> FakePlatform:
    platform = FakePlatform()
    assert deployment(platform, copies).apply(at_once=at_once)
    return platform


@given(copies=wishes(), at_once=st.integers(1, 4))
def test_everybody_has_exactly_her_items_and_no_task_an_item_twice(
    copies: tuple[Copy, ...], at_once: int
) -> None:
    platform = undisturbed(copies, at_once)

    rows = [row for package in platform.state().values() for row in package]
    assert Counter(rows) == Counter((copy.item, copy.assignee.lower()) for copy in copies)
    for package in platform.state().values():
        assert len({item for item, _ in package}) == len(package)
    assert len(platform.made) == max(Counter(copy.item for copy in copies).values(), default=0)


@given(copies=wishes(), at_once=st.integers(1, 4))
def test_no_request_is_larger_than_asked_and_no_copy_is_sent_twice(
    copies: tuple[Copy, ...], at_once: int
) -> None:
    todo = steps(copies, [], at_once=at_once)

    assert all(0 < len(step.items) <= at_once for step in todo)
    sent = Counter((item, step.assignee) for step in todo for item in step.items)
    assert sent == Counter((copy.item, copy.person) for copy in copies)


@given(copies=wishes(), deaths=st.lists(st.tuples(st.integers(0, 30), st.booleans()), max_size=4))
def test_killed_anywhere_and_run_again_the_result_is_the_same(
    copies: tuple[Copy, ...], deaths: list[tuple[int, bool]]
) -> None:
    platform = FakePlatform()
    for at, after in deaths:
        platform.dies_at, platform.after = len(platform.calls) + at, after
        with contextlib.suppress(Killed):
            deployment(platform, copies).apply(at_once=2)
    platform.dies_at = None

    assert deployment(platform, copies).apply(at_once=2)
    assert platform.state() == undisturbed(copies).state()
    assert "delete" not in platform.calls


@given(copies=wishes(), at=st.integers(0, 30))
def test_a_lost_answer_is_an_error_and_nothing_is_done_twice(copies: tuple[Copy, ...], at: int) -> None:
    platform = FakePlatform()
    platform.dies_at, platform.after, platform.deaf = at, True, True
    with suppress(PlatformFailed):
        deployment(platform, copies).apply(at_once=2)
    platform.dies_at = None

    assert deployment(platform, copies).apply(at_once=2)
    assert platform.state() == undisturbed(copies).state()


@given(copies=wishes())
def test_applied_again_nothing_is_sent_that_changes_anything(copies: tuple[Copy, ...]) -> None:
    platform = undisturbed(copies)
    platform.calls.clear()

    again = deployment(platform, copies).apply()

    assert (bool(again), again.steps) == (True, ())
    assert set(platform.calls) <= {"tasks", "items", "assignments"}


@given(copies=wishes(), more=wishes())
def test_what_is_there_stays_whatever_is_wanted(copies: tuple[Copy, ...], more: tuple[Copy, ...]) -> None:
    platform = undisturbed(copies)
    before = platform.state()

    applied = deployment(platform, more).apply(at_once=2)

    for place, rows in before.items():
        assert set(rows) <= set(platform.state()[place])
    wanted, there = Counter(copy.item for copy in more), Counter(copy.item for copy in copies)
    held = Counter(item for rows in platform.state().values() for item, _ in rows)
    assert held == wanted | there
    surplus = {copy.place for copy in copies} - {copy.place for copy in more}
    assert surplus == set() or not applied


found_rows = st.lists(
    st.builds(
        Found,
        st.sampled_from(["i0", "i1", "i2"]),
        st.sampled_from([*PEOPLE, None]),
        st.just("t"),
        st.integers(1, 3),
    ),
    max_size=8,
)


@given(copies=wishes(3), found=found_rows)
def test_the_comparison_is_that_of_two_multisets(copies: tuple[Copy, ...], found: list[Found]) -> None:
    comparison = compare(copies, found)

    wanted = Counter[tuple[str, str | None]]((copy.item, copy.person) for copy in copies)
    there = Counter[tuple[str, str | None]]((row.item, row.assignee) for row in found)
    assert bool(comparison) == (wanted == there)
    lacking = Counter((d.item, d.wanted and d.wanted.lower()) for d in comparison if d.kind in LACKING)
    surplus = Counter((d.item, d.found) for d in comparison if d.kind != "missing")
    assert lacking == wanted - there
    assert surplus == there - wanted
    assert sum(comparison.counts().values()) == len(comparison)


def test_a_change_on_the_platform_is_told_and_left_alone() -> None:
    copies = [Copy(f"i{n}", "ann" if n % 2 else "bob", f"i{n}") for n in range(6)]
    platform = undisturbed(copies)
    platform.give("t000", "i1", "zoe")
    platform.take_out("t000", "i2")
    platform.give("t000", "i7", "ann")

    told = deployment(platform, copies).verify()

    assert [str(difference) for difference in told] == [
        "item 'i1' should be with 'ann' and is with 'zoe'",
        "item 'i2' should be with 'bob' and is in no task",
        "item 'i7' is with 'ann', and the plan does not say so",
    ]
    assert str(told) == "3 of 6 copies are not as they should be: 1 elsewhere, 1 missing, 1 extra"
    again = deployment(platform, copies).apply()
    assert [(step.assignee, step.items) for step in again.steps] == [("bob", ("i2",))]
    assert again.comparison.counts() == {"elsewhere": 1, "extra": 1}


def test_a_copy_too_many_with_one_who_has_it_is_told_as_doubled() -> None:
    copies = [Copy("i0", "ann", "i0"), Copy("i0", "bob", "i0")]
    platform = undisturbed(copies)
    platform.give("t001", "i0", "ann")
    platform.give("t001", "i1", "ann")

    assert [str(difference) for difference in deployment(platform, copies[:1]).verify()] == [
        "item 'i0' is with 'ann' once more than it should be",
        "item 'i1' is with 'ann', and the plan does not say so",
    ]


def test_what_is_with_nobody_is_told_and_not_given_again() -> None:
    copies = [Copy("i0", "ann", "i0")]
    platform = undisturbed(copies)
    platform.made["t000"]["people"].clear()

    applied = deployment(platform, copies).apply()

    assert applied.steps == ()
    assert [str(difference) for difference in applied.comparison] == [
        "item 'i0' should be with 'ann' and is with nobody"
    ]


def test_an_item_that_the_dataset_does_not_have_is_missing() -> None:
    applied = deployment(FakePlatform(), [Copy("i0", "ann", "i0"), Copy("gone", "ann", "gone")]).apply()

    assert [str(difference) for difference in applied.comparison] == [
        "item 'gone' should be with 'ann' and is in no task"
    ]


def test_of_tasks_created_twice_the_first_is_kept() -> None:
    copies = [Copy(f"i{n}", "ann", f"i{n}") for n in range(5)]
    platform = FakePlatform()
    platform.dies_at, platform.after = 1, True  # after the tasks are listed, the first is created
    with pytest.raises(Killed):
        deployment(platform, copies).apply(at_once=2)
    platform.hidden = 1

    assert deployment(platform, copies).apply(at_once=2)
    assert platform.state() == undisturbed(copies).state()
    assert platform.calls.count("create") == 2
    assert platform.calls.count("delete") == 1


class Rivalled(FakePlatform):
    """Somebody else applies the same plan at the same time, a moment earlier."""

    def __init__(self, *, told: bool) -> None:
        super().__init__()
        self.told = told
        self.rival: Deployment | None = None

    def create(self, new: NewTask) -> PlatformTask:
        if self.rival is not None:
            rival, self.rival = self.rival, None
            assert rival.apply(at_once=2)
            if self.told:  # a task of that name is given instead
                return self.tasks()[0]
        return super().create(new)


@pytest.mark.parametrize("told", [True, False])
def test_of_two_who_apply_a_plan_at_once_one_creates_its_task(told: bool) -> None:
    copies = [Copy(f"i{n}", "ann", f"i{n}") for n in range(5)]
    platform = Rivalled(told=told)
    platform.rival = deployment(platform, copies[:2])

    assert deployment(platform, copies).apply(at_once=2)

    assert platform.state() == undisturbed(copies).state()
    # What was meant for the second task goes to the first at once.
    assert platform.calls.count("add") == 2 + (not told)


def test_whoever_is_given_anothers_task_gives_it_what_it_lacks() -> None:
    copies = [Copy(f"i{n}", "ann", f"i{n}") for n in range(3)]
    platform = Rivalled(told=True)
    platform.rival = deployment(platform, copies[2:])

    assert deployment(platform, copies).apply(at_once=3)
    assert platform.state() == undisturbed(copies).state()


def test_a_name_that_somebody_took_a_moment_ago_is_refused() -> None:
    platform = Rivalled(told=True)
    platform.rival = attrs.evolve(deployment(platform, [Copy("i1", "bob", "i1")]), key="other")

    with pytest.raises(Refused, match="task 'label' on Dataloop carries another plan, other"):
        deployment(platform, [Copy("i0", "ann", "i0")]).apply()


def test_two_tasks_of_one_mark_with_work_in_both_are_refused() -> None:
    copies = [Copy(f"i{n}", "ann", f"i{n}") for n in range(4)]
    platform = undisturbed(copies)
    twin = attrs.evolve(platform.made["t000"]["task"], id="t001")
    platform.made["t001"] = {"task": twin, "people": [], "terms": Terms()}
    platform.add("t001", "ann", ["i0"])
    platform.say("t001", "i0", "completed")

    with pytest.raises(Refused) as refused:
        deployment(platform, copies).apply()
    assert str(refused.value) == (
        "task 'label' on Dataloop is there twice, as t000 and t001, and people worked on both; delete one of them there"
    )


def test_a_name_that_is_taken_is_refused_before_anything_is_done() -> None:
    platform = undisturbed([Copy("i0", "ann", "i0")])
    other = Deployment(platform=platform, key="other", name="label", copies=(Copy("i1", "ann", "i1"),))
    platform.calls.clear()

    with pytest.raises(
        Refused, match="carries another plan, k; go on with that plan, or choose another name"
    ):
        other.apply()
    platform.made["t000"]["task"] = attrs.evolve(platform.made["t000"]["task"], key="")
    with pytest.raises(Refused, match="is none of ours; choose another name"):
        other.apply()
    assert "create" not in platform.calls


def test_a_task_that_was_renamed_on_the_platform_is_gone_on_with() -> None:
    copies = [Copy("i0", "ann", "i0"), Copy("i1", "ann", "i1")]
    platform = undisturbed(copies[:1])
    platform.made["t000"]["task"] = attrs.evolve(platform.made["t000"]["task"], name="relabel")

    assert deployment(platform, copies).apply()
    assert platform.state() == {("relabel", None): [("i0", "ann"), ("i1", "ann")]}


def test_a_dry_run_tells_the_steps_and_takes_none() -> None:
    platform = FakePlatform()
    copies = [Copy("i0", "ann", "i0"), Copy("i0", "bob", "i0"), Copy("i1", "bob", "i1")]

    would = deployment(platform, copies).apply(dry_run=True)

    assert [str(step) for step in would.steps] == [
        "1 item for 'ann' in the task",
        "1 item for 'bob' in the task",
        "1 item for 'bob' in the task (copy 2)",
    ]
    assert (platform.made, bool(would), set(platform.calls)) == ({}, False, {"tasks"})


def test_tasks_are_told_the_terms_and_who_waits_sees_how_far_it_is() -> None:
    platform, told = FakePlatform(), list[tuple[str, int, int | None]]()
    terms = Terms(priority=3, actions=["completed", "unclear"])

    deployment(platform, [Copy(f"i{n}", "ann", f"i{n}") for n in range(5)]).apply(
        terms, at_once=2, progress=lambda *now: told.append(now)
    )

    assert platform.made["t000"]["terms"] == terms
    assert told == [("assigning", 0, 5), ("assigning", 2, 5), ("assigning", 4, 5), ("assigning", 5, 5)]
    with pytest.raises(InvalidInput, match="actions must be a list of ids, got 'completed'"):
        Terms(actions="completed")
    with pytest.raises(InvalidInput, match="priority of a task on the platform"):
        Terms(priority=0)


def test_pairs_of_an_overlap_are_on_the_platform_as_planned() -> None:
    plan = distribute(
        [f"i{n}" for n in range(20)], Workload.even(PEOPLE), overlap=Overlap(percent=60, assignees=2), seed=3
    )
    platform = FakePlatform(20)

    assert deployment(platform, copies_of(plan)).apply()
    people = dict[str, set[str]]()
    for rows in platform.state().values():
        for item, who in rows:
            people.setdefault(item, set()).add(who)
    met = Counter(tuple(sorted(who)) for who in people.values() if len(who) == 2)
    assert plan.overlap is not None
    assert met == Counter({pair: count for pair, count in plan.overlap.pairs.items() if count})
    assert [name for name, _ in platform.state()] == ["label", "label (copy 2)"]


def test_a_plan_is_known_by_its_name_and_by_what_is_in_it() -> None:
    plan, other = (distribute(["a", "b", "c"], Workload.even(["ann", "bob"]), seed=seed) for seed in (1, 2))

    keys = [key_of(name, copies_of(one)) for name in ("label", "check") for one in (plan, plan, other)]
    assert [keys.index(key) for key in keys] == [0, 0, 2, 3, 3, 5]
    assert sorted((copy.item, copy.assignee) for copy in copies_of(plan)) == sorted(
        (item, plan.assignee_of(item)) for item in "abc"
    )


def test_a_plan_without_ids_or_with_two_people_of_one_name_is_refused() -> None:
    with pytest.raises(InvalidInput, match="a plan for the platform must name its items"):
        copies_of(distribute(3, Workload.even(["ann"])))
    with pytest.raises(InvalidInput, match="'Ann' and 'ann' must differ in more than the case"):
        copies_of(distribute(["a"], Workload.even(["Ann", "ann"])))


def test_items_of_a_review_say_whose_work_they_are() -> None:
    with pytest.raises(InvalidInput, match="items of a review must say whose work they are, got 'a'"):
        copies_to_review([Row(position=0, item="a", rank=0, left=0)], lambda *_: "t")


def test_tasks_of_reviews_say_what_they_review() -> None:
    names = [task_name("check", number, of) for of in (1, 2) for number in (1, 2)]

    assert names == ["check", "check (round 2)", "check (of copy 2)", "check (of copy 2, round 2)"]
