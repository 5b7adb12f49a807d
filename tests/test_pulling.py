"""Pulling: batches and caps, who may, in which order, and why somebody gets nothing."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.memory import MemoryStore
from adapters.sqlite import SqliteStore
from distribution import (
    Batch,
    InvalidInput,
    Item,
    Limit,
    NotFound,
    Outcome,
    Pull,
    Refused,
    Workload,
    handing,
    moving,
    recommend_batch,
    spreading,
    taking,
)
from distribution.events import Cell
from distribution.members import Member, Standing
from distribution.outcomes import NoWork
from distribution.pull import BatchAdvice
from distribution.refusals import (
    AllReserved,
    AtCap,
    AtLimit,
    HasIt,
    InTask,
    Locked,
    LostIt,
    NotAMember,
    NotInTask,
    OnlyLost,
    OnlySkipped,
    PastDue,
    QueueEmpty,
    SkippedIt,
    TaskNotOpen,
)
from distribution.task import Row, Task
from distribution.testing.twins import PlainItem, PlainQueue
from tests.conftest import numbers, table
from tests.office import HALF_AN_HOUR, NOON, TEAM, Office

LIMITS: list[tuple[dict[str, Any], str]] = [
    ({"batch_size": 0}, "batch_size must be a whole number of at least 1, got 0"),
    ({"batch_size": True}, "batch_size must be a whole number of at least 1, got True"),
    ({"batch_size": 2.5}, "batch_size must be a whole number of at least 1, got 2.5"),
    (
        {"batch_size": 10_001, "max_batch_workload": 10_001},
        "batch_size must be at most 10000, got 10001",
    ),
    (
        {"max_batch_workload": 4},
        "max_batch_workload for batch_size 5 must be at least 5, got 4",
    ),
    (
        {"max_batch_workload": float("inf")},
        "max_batch_workload must be a whole number of at least 1, got inf",
    ),
    ({"max_batch_workload": 0}, "max_batch_workload must be a whole number of at least 1, got 0"),
    ({"lease": 30}, "lease must be a timedelta, got 30; use timedelta(minutes=30)"),
    (
        {"lease": timedelta(0)},
        "lease must be longer than nothing, at most ten years, got datetime.timedelta(0)",
    ),
    (
        {"lease": timedelta(days=3651)},
        "lease must be longer than nothing, at most ten years, got datetime.timedelta(days=3651)",
    ),
    ({"order": "lifo"}, "order must be one of fifo, random, got 'lifo'"),
    ({"skip": "never"}, "skip must be one of others, later, done, got 'never'"),
]


@pytest.mark.parametrize(("settings", "message"), LIMITS, ids=[message[:50] for _, message in LIMITS])
def test_settings_of_pulling_that_cannot_be_are_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidInput) as error:
        Pull(**{"batch_size": 5, "max_batch_workload": 8, **settings})

    assert str(error.value) == message


@pytest.mark.parametrize(
    ("batch", "cap", "message"),
    [
        (2, 4, "batch_size must be between 3 and 100, got 2"),
        (101, 150, "batch_size must be between 3 and 100, got 101"),
        (5, 6, "max_batch_workload for batch_size 5 must be between 7 and 10, got 6"),
        (5, 11, "max_batch_workload for batch_size 5 must be between 7 and 10, got 11"),
    ],
)
def test_batch_is_between_3_and_100_and_cap_between_batch_plus_2_and_twice_the_batch_under_the_dataloop_profile(
    batch: int, cap: int, message: str
) -> None:
    pull = Pull(batch_size=batch, max_batch_workload=cap)

    assert pull.checked("core") == pull
    with pytest.raises(InvalidInput) as error:
        pull.checked("dataloop")
    assert str(error.value) == message


@pytest.mark.parametrize(("batch", "cap"), [(3, 5), (3, 6), (100, 102), (100, 200), (10, 15)])
def test_the_limits_of_the_dataloop_profile_themselves_are_allowed(batch: int, cap: int) -> None:
    pull = Pull(batch_size=batch, max_batch_workload=cap)

    assert pull.checked("dataloop") == pull


def test_the_core_itself_needs_a_batch_of_at_least_1_and_a_cap_of_at_least_the_batch() -> None:
    assert Pull(batch_size=1, max_batch_workload=1).low_water == 0


def test_a_profile_that_nobody_knows_is_refused() -> None:
    pull: Any = Pull(batch_size=1, max_batch_workload=1)

    with pytest.raises(InvalidInput, match="profile must be one of core, dataloop, got 'datalop'"):
        pull.checked("datalop")


def test_numbers_of_numpy_are_kept_like_others(office: Office) -> None:
    numpy = pytest.importorskip("numpy")
    pull = Pull(batch_size=numpy.int64(1), max_batch_workload=numpy.int64(2))
    task = office.create("label cats", ["a"], allowed=["ann"], pull=pull)

    assert {type(value) for value in attrs.astuple(pull)[:2]} == {int}
    assert office.get(task.id).pull == pull


def test_skipped_for_later_means_she_herself_gets_it_again_at_the_end(office: Office) -> None:
    task = office.queue(3, 1, people=["ann"], skip="later")

    seen: list[str] = []
    for _ in range(7):
        seen += office.pull(task, "ann").items
        office.skip(task, "ann", seen[-1:])
        office.wait(seconds=1)

    assert seen == ["a", "b", "c", "a", "b", "c", "a"]


def test_what_she_skipped_for_later_stays_at_the_end_when_somebody_elses_lease_on_it_ends(
    office: Office,
) -> None:
    task = office.queue(4, 1, 2, skip="later")
    office.pull(task, "ann")
    office.skip(task, "ann", ["a"])
    office.pull(task, "bob")
    office.wait(minutes=30)

    assert [office.pull(task, "ann").items for _ in range(2)] == [("b",), ("c",)]


def test_what_she_lost_waits_for_somebody_whose_limit_leaves_room_by_now(office: Office) -> None:
    task = office.queue(["a", Item("b", priority=-1)], 2, people=["ann", "bob"])
    office.set_limit(task, "ann", Limit(count=1))
    office.set_limit(task, "bob", Limit(count=1))
    assert office.pull(task, "ann").items == ("a",)
    assert office.pull(task, "bob").items == ("b",)
    office.release(task, "ann")
    office.set_limit(task, "ann", None)
    office.wait(minutes=30)

    assert office.pull(task, "ann").items == ("b",)
    assert office.pull(task, "bob").items == ("a",)


def test_when_all_have_skipped_the_reason_says_so(office: Office) -> None:
    task = office.queue(2, people=["ann", "bob", "eve"])
    office.pause(task, "eve")
    office.pull(task, "ann")
    office.skip(task, "ann", ["a", "b"])

    assert office.pull(task, "ann").reason == OnlySkipped(2, everybody=False)

    office.pull(task, "bob")
    office.skip(task, "bob", ["a", "b"])

    for name in ("ann", "bob"):
        assert office.pull(task, name).reason == OnlySkipped(2, everybody=True)
    office.resume(task, "eve")
    assert office.pull(task, "bob").reason == OnlySkipped(2, everybody=False)
    assert office.pull(task, "eve").items == ("a", "b")


def test_who_lost_what_all_others_skipped_is_somebody_who_can_take_it(office: Office) -> None:
    task = office.queue(1, 1, people=["ann", "bob"])
    office.pull(task, "ann")
    office.release(task, "ann")
    office.pull(task, "bob")
    office.skip(task, "bob", ["a"])

    assert office.pull(task, "bob").reason == OnlySkipped(1, everybody=False)
    assert office.pull(task, "ann").items == ("a",)


@pytest.mark.parametrize(
    "row", table("batch_sizes.csv"), ids=lambda row: f"{row['items']}-{row['assignees']}"
)
def test_the_recommended_batch_is_that_of_the_published_table_within_the_rounding(
    row: dict[str, str],
) -> None:
    advice = recommend_batch(
        int(row["items"]),
        int(row["assignees"]),
        overhead=row["overhead"],
        seconds_per_item=row["seconds_per_item"],
    )

    assert abs(advice.recommended - float(row["formula"])) <= 0.5 + 0.05
    low, high = numbers(row["within_one_percent"])
    assert advice.low <= int(row["best"]) <= advice.high
    assert advice.low <= high
    assert low <= advice.high


def test_a_recommended_batch_is_between_3_and_100() -> None:
    assert recommend_batch(0, 5).recommended == 3
    assert recommend_batch(10**300, 1).recommended == 100


def test_a_batch_far_from_the_recommended_is_warned_of_with_data_and_a_sentence() -> None:
    def advise(chosen: int | None) -> BatchAdvice:
        return recommend_batch(1000, 10, overhead=30, seconds_per_item=20.2, chosen=chosen)

    small, large = advise(5), advise(25)
    assert (small.chosen, small.recommended, small.low, small.high) == (5, 12, 6, 24)
    assert small.warning == "batch_size 5 is far from the recommended 12: much time goes into pulling"
    assert (
        large.warning
        == "batch_size 25 is far from the recommended 12: the others will wait for the last batches"
    )
    assert [advise(chosen).warning for chosen in (None, 6, 12, 24)] == [None] * 4


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"items": -1}, "items must be a whole number of at least 0, got -1"),
        ({"assignees": 0}, "assignees must be a whole number of at least 1, got 0"),
        ({"overhead": 0}, "overhead must be a positive number of seconds, got 0"),
        ({"overhead": True}, "overhead must be a non-negative number, got True"),
        ({"seconds_per_item": -1}, "seconds_per_item must not be negative, got -1"),
        ({"seconds_per_item": float("nan")}, "seconds_per_item must be a finite number, got nan"),
        ({"overhead": float("inf")}, "overhead must be a finite number, got inf"),
        ({"chosen": 0}, "chosen must be a whole number of at least 1, got 0"),
    ],
)
def test_advice_from_numbers_that_are_none_is_refused(given: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidInput) as error:
        recommend_batch(**{"items": 100, "assignees": 5, **given})

    assert str(error.value) == message


def test_the_first_pull_gives_one_batch_and_not_the_cap(office: Office) -> None:
    task = office.queue(20, 5, 9)

    batch = office.pull(task, "ann")

    assert (batch.items, len(batch), list(batch), bool(batch)) == (tuple("abcde"), 5, list("abcde"), True)
    assert (batch.task, batch.assignee, batch.until, batch.reason) == (
        task,
        "ann",
        NOON + HALF_AN_HOUR,
        None,
    )


@pytest.mark.parametrize(("batch", "cap"), [(1, 1), (2, 3), (3, 5), (3, 6), (2, 7)])
def test_another_whole_batch_follows_whenever_open_and_batch_together_stay_within_the_cap(
    office: Office, batch: int, cap: int
) -> None:
    task = office.queue([f"i{n:02}" for n in range(40)], batch, cap)
    done = 0

    for _ in range(25):
        open_ = office.holds(task, "ann")
        given = office.pull(task, "ann")
        if len(open_) + batch <= cap:
            assert len(given) == batch
        else:
            assert given.reason == AtCap("ann", len(open_), batch, cap)
            office.set_status(task, "ann", open_[:1], "completed")
            done += 1
    assert len(office.holds(task, "ann", "done")) == done
    assert office.history(task)[0].event.what == "created"


def test_the_last_batch_may_be_short(office: Office) -> None:
    task = office.queue(7, 3, 6)

    assert [office.pull(task, who).items for who in ("ann", "bob", "eve")] == [
        ("a", "b", "c"),
        ("d", "e", "f"),
        ("g",),
    ]


def test_two_who_pull_at_once_never_get_the_same(office: Office) -> None:
    people = [f"p{n}" for n in range(6)]
    task = office.queue([f"i{n:03}" for n in range(100)], 3, 3, people=people)

    def work(who: str) -> list[str]:
        mine: list[str] = []
        while batch := office.pull(task, who):
            assert office.set_status(task, who, batch.items, "completed")
            mine += batch.items
        assert isinstance(batch.reason, (QueueEmpty, AllReserved))
        return mine

    with ThreadPoolExecutor(len(people)) as threads:
        given = [item for mine in threads.map(work, people) for item in mine]
    assert sorted(given) == [f"i{n:03}" for n in range(100)]
    assert office.progress(task).progress == "completed"


def test_items_come_by_priority_and_those_alike_as_they_came(office: Office) -> None:
    items: list[str | Item] = ["a", Item("b", priority=1), Item("c", priority=-5), Item("d", priority=1), "e"]
    task = office.queue(items, 5)

    assert office.pull(task, "ann").items == ("b", "d", "a", "e", "c")


def test_what_came_back_goes_to_the_head_of_its_priority(office: Office) -> None:
    items = [Item(name, priority=int(name.isupper())) for name in "aAbBcC"]
    task = office.queue(items, 5)
    assert office.pull(task, "ann").items == ("A", "B", "C", "a", "b")
    office.release(task, "ann", ["b", "C", "a"])

    assert office.pull(task, "bob").items == ("C", "a", "b", "c")


def test_items_added_later_join_the_end_or_their_priority(office: Office) -> None:
    task = office.queue(2, 5)
    office.add_items(task, ["x", Item("y", priority=2)])

    assert office.pull(task, "ann").items == ("y", "a", "b", "x")


def test_a_random_order_is_a_function_of_seed_and_ids_whatever_comes_beside_them(office: Office) -> None:
    names = [f"i{n:02}" for n in range(30)]
    whole = office.queue(names, 30, order="random", seed=7)
    parts = office.queue(names[::-2], 30, order="random", seed=7)
    office.add_items(parts, names[-2::-2])
    other = office.queue(names, 30, order="random", seed=8)

    drawn = office.pull(whole, "ann").items
    assert sorted(drawn) == names != list(drawn)
    assert office.pull(parts, "ann").items == drawn != office.pull(other, "ann").items


def test_an_assignee_works_on_several_tasks_the_most_urgent_first(office: Office) -> None:
    plain = office.queue(["p"], 1)
    urgent = office.queue(["u"], 1, priority=2)
    later = office.queue(["l"], 1, due=NOON + timedelta(days=2))
    sooner = office.queue(["s"], 1, due=NOON + timedelta(days=1))
    office.queue(["x"], 1, priority=9, people=["bob"])
    office.create("even", ["e"], workload=Workload.even(["ann"]), priority=9)
    office.wait(seconds=1)

    given = [office.pull_next("ann") for _ in range(4)]
    assert [batch.task for batch in given if isinstance(batch, Batch)] == [urgent, sooner, later, plain]
    assert [office.holds(task, "ann") for task in (plain, urgent)] == [["p"], ["u"]]


def test_when_no_task_has_anything_the_reasons_come_task_by_task(office: Office) -> None:
    first = office.queue(1, 1, priority=1)
    second = office.queue(1, 1)
    office.pull(first, "ann")
    office.close_task(second)

    none = office.pull_next("ann")
    assert isinstance(none, NoWork)
    assert none.reasons == ((first, AtCap("ann", 1, 1, 1)), (second, TaskNotOpen(second, "closed")))
    assert str(none) == (
        "'ann' holds 1 item and with a batch of 1 would pass the cap of 1; complete some or raise"
        " max_batch_workload; task 't2' is closed; reopen it to hand out work again"
    )
    assert str(office.pull_next("max")) == "she takes part in no task that is pulled from"


def test_an_item_already_in_the_task_is_skipped_and_reported_never_doubled(office: Office) -> None:
    task = office.queue(["a", "b", Item("a", priority=3)], 5)
    office.pull(task, "ann")
    change = office.add_items(task, ["b", "c", "c"])

    assert office.history(task)[0].event.facts == {"items": 2, "skipped": 1}
    assert [left.why for left in change.refused] == [InTask("b"), InTask("c")]
    assert office.pull(task, "bob").items == ("c",)


def test_any_number_of_tasks_may_hold_an_item_and_a_status_belongs_to_task_item_and_assignee(
    office: Office,
) -> None:
    one, two = office.queue(["a"], 1), office.queue(["a"], 1)
    assert office.pull(one, "ann").items == office.pull(two, "ann").items == ("a",)
    office.set_status(one, "ann", ["a"], "completed")

    assert (office.states(one, "a"), office.states(two, "a")) == ({"ann": "done"}, {"ann": "open"})


def test_only_allowed_assignees_pull(office: Office) -> None:
    task = office.queue(2, people=["ann"])

    assert office.pull(task, "bob").reason == NotAMember("bob", task)
    assert office.progress(task).open == 0
    office.add_assignee(task, "bob")
    assert office.pull(task, "bob").items == ("a", "b")


def test_nobody_pulls_from_a_task_that_is_distributed_by_load(office: Office) -> None:
    task = office.create("even", ["a"], workload=Workload.even(["ann"])).id

    with pytest.raises(Refused) as error:
        office.pull(task, "ann")
    assert str(error.value) == (
        "task 'even' is distributed by load, nobody pulls from it;"
        " list her placements: everybody has her items from the beginning"
    )


def test_a_task_that_is_not_there_has_nothing_to_pull(office: Office) -> None:
    task = office.queue(2)
    office.delete(task)

    for name in (task, "nope"):
        with pytest.raises(NotFound, match=f"no task '{name}' in the store"):
            office.pull(name, "ann")


def test_the_reason_is_an_empty_queue_when_all_is_done(office: Office) -> None:
    task = office.queue(3, 3)
    assert office.pull(office.queue([], 1), "ann").reason == QueueEmpty(0)
    office.set_status(task, "ann", office.pull(task, "ann").items, "completed")
    office.remove_assignee(task, "ann")

    batch = office.pull(task, "bob")
    assert batch.reason == QueueEmpty(3)
    assert (batch.items, len(batch), bool(batch), batch.until) == ((), 0, False, None)


def test_the_reason_is_that_all_are_reserved_and_until_when(office: Office) -> None:
    task = office.queue(5, 2)
    office.pull(task, "ann")
    office.wait(minutes=5)
    office.pull(task, "bob")
    office.set_status(task, "ann", ["a"], "completed")
    office.pull(task, "eve")
    office.set_status(task, "eve", ["e"], "completed")

    assert office.pull(task, "eve").reason == AllReserved(3, NOON + HALF_AN_HOUR)
    office.set_status(task, "ann", ["b"], "completed")
    assert office.pull(task, "eve").reason == AllReserved(2, NOON + timedelta(minutes=35))


def test_without_leases_all_are_reserved_for_ever(office: Office) -> None:
    task = office.queue(2, lease=None)
    batch = office.pull(task, "ann")
    office.wait(days=3650)

    assert batch.until is None
    assert office.pull(task, "bob").reason == AllReserved(2, None)


def test_the_reason_is_the_cap_with_its_numbers(office: Office) -> None:
    task = office.queue(9, 3, 4)
    office.pull(task, "ann")
    office.set_status(task, "ann", ["a"], "completed")

    assert office.pull(task, "ann").reason == AtCap("ann", open=2, batch=3, cap=4)


@pytest.mark.parametrize(
    ("limit", "text"),
    [
        (Limit(count=3), "3 items"),
        (Limit(percent=30), "30 % of the items"),
        (Limit(count=4, percent="33.3"), "4 items and 33.3 % of the items"),
    ],
)
def test_the_reason_is_her_limit_by_count_and_by_percent(office: Office, limit: Limit, text: str) -> None:
    task = office.queue(10, 2, 10)
    office.set_limit(task, "ann", limit)

    assert [len(office.pull(task, "ann")) for _ in range(2)] == [2, 1]
    office.set_status(task, "ann", ["a", "b"], "completed")
    assert office.pull(task, "ann").reason == AtLimit("ann", 3, text)
    assert office.pull(task, "bob").items == ("d", "e")


def test_a_limit_in_percent_grows_with_the_task(office: Office) -> None:
    task = office.queue(4, 2, 4)
    office.set_limit(task, "ann", Limit(percent=25))
    assert [office.pull(task, "ann").items, office.pull(task, "ann").reason] == [
        ("a",),
        AtLimit("ann", 1, "25 % of the items"),
    ]
    office.add_items(task, [f"x{n}" for n in range(4)])

    assert office.pull(task, "ann").items == ("b",)


def test_the_reason_is_that_she_is_paused_or_removed(office: Office) -> None:
    task = office.queue(4)
    office.pause(task, "ann")
    assert office.pull(task, "ann").reason == Locked("ann", "paused")
    office.remove_assignee(task, "ann")
    assert office.pull(task, "ann").reason == Locked("ann", "removed")
    office.add_assignee(task, "ann")
    assert office.pull(task, "ann").items == ("a", "b")


def test_pulls_stop_with_the_reason_when_the_task_is_closed_and_reopening_is_explicit(office: Office) -> None:
    task = office.queue(4)
    office.pull(task, "ann")
    office.close_task(task)

    assert office.pull(task, "bob").reason == TaskNotOpen(task, "closed")
    assert office.set_status(task, "ann", ["a"], "completed").changed == ("a",)
    office.reopen(task)
    assert office.pull(task, "bob").items == ("c", "d")


def test_pulls_stop_with_the_reason_when_the_task_is_past_due(office: Office) -> None:
    due = NOON + timedelta(hours=1)
    task = office.queue(4, due=due)
    office.wait(hours=1, microseconds=-1)
    assert office.pull(task, "ann").items == ("a", "b")
    office.wait(microseconds=1)

    assert office.pull(task, "bob").reason == PastDue(task, due)
    assert office.set_status(task, "ann", ["a"], "completed").changed == ("a",)
    office.change(task, due=due + timedelta(hours=1))
    assert office.pull(task, "bob").items == ("c", "d")


def test_the_reason_is_that_she_skipped_what_is_left(office: Office) -> None:
    task = office.queue(3, 3)
    office.pull(task, "ann")
    office.set_status(task, "ann", ["b"], "completed")
    office.skip(task, "ann", ["a", "c"])

    assert office.pull(task, "ann").reason == OnlySkipped(2)
    assert office.pull(task, "bob").items == ("a", "c")


def test_the_reason_is_that_she_lost_what_is_left_and_others_come_first(office: Office) -> None:
    task = office.queue(2)
    office.pull(task, "ann")
    office.release(task, "ann")

    assert office.pull(task, "ann").reason == OnlyLost(2)
    assert office.pull(task, "bob").items == ("a", "b")


def test_what_she_skipped_counts_before_what_she_lost(office: Office) -> None:
    task = office.queue(2)
    office.pull(task, "ann")
    office.release(task, "ann", ["a"])
    office.skip(task, "ann", ["b"])

    assert office.pull(task, "ann").reason == OnlySkipped(1, everybody=False)


def test_reopened_work_may_lift_her_above_the_cap_and_then_she_gets_nothing_until_she_is_below_it_again(
    office: Office,
) -> None:
    task = office.queue(12, 2, 3)
    for _ in range(2):
        office.set_status(task, "ann", office.pull(task, "ann").items, "completed")
    office.pull(task, "ann")
    assert office.clear_status(task, "ann", list("abcd")).changed == tuple("abcd")
    assert office.holds(task, "ann") == list("abcdef")

    for item in "abcde":
        open_ = len(office.holds(task, "ann"))
        assert office.pull(task, "ann").reason == AtCap("ann", open_, 2, 3)
        office.set_status(task, "ann", [item], "completed")
    assert office.pull(task, "ann").items == ("g", "h")


def test_pulling_stealing_reassigning_and_what_comes_back_go_through_one_can_take(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    def can_take(task: Any, taker: Any, row: Any, cell: Any, *, alone: bool = False) -> Any:
        if (taker.id, row.item) == ("eve", "a"):
            return SkippedIt(row.item, taker.id)
        return taking.can_take(task, taker, row, cell, alone=alone)

    for module in (handing, spreading, moving):
        monkeypatch.setattr(module, "can_take", can_take)
    even = Workload.even(["ann", "bob"])
    begins: list[Callable[[], str]] = [
        lambda: office.queue(4, 4),
        lambda: office.create("even", list("abcd"), workload=even).id,
    ]
    paths: list[Callable[[str], object]] = [
        lambda task: office.pull(task, "eve"),
        lambda task: office.reassign(task, "ann", "eve"),
        lambda task: office.reassign(task, "bob", "eve"),
        lambda task: office.add_assignee(task, "eve"),
        lambda task: office.steal(task, "eve"),
        lambda task: office.remove_assignee(task, "ann"),
        lambda task: office.remove_assignee(task, "bob"),
        lambda task: office.release(task, "ann"),
        lambda task: office.release(task, "bob"),
        lambda task: office.reclaim(task, idle=timedelta(0)),
        lambda task: office.add_items(task, ["x", "a"]),
    ]
    for begin in begins:
        for first in paths:
            for second in paths:
                task = begin()
                for path in (first, second):
                    with suppress(Refused, NotFound, InvalidInput):
                        path(task)
                assert "eve" not in office.states(task, "a")


def test_what_a_can_take_of_the_future_refuses_is_left_to_others(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    def can_take(_task: Any, taker: Any, row: Any, _cell: Any, **_: Any) -> Any:
        return SkippedIt(row.item, taker.id) if row.item in "ac" else None

    task = office.queue(4, 4)
    monkeypatch.setattr(handing, "can_take", can_take)
    assert office.pull(task, "ann").items == ("b", "d")
    monkeypatch.undo()
    assert office.pull(task, "bob").items == ("a", "c")


WHO = st.sampled_from(TEAM)
SOME = st.lists(st.integers(0, 7), min_size=1, max_size=4, unique=True)
ACTIONS = st.one_of(
    st.tuples(st.just("pull"), WHO),
    st.tuples(st.just("pull"), WHO),
    st.tuples(st.sampled_from(["submit", "clear", "skip", "skip", "release", "renew"]), WHO, SOME),
    st.tuples(st.just("wait"), st.sampled_from([0, 1, 10, 30, 45, -20])),
    st.tuples(st.just("pause"), WHO),
    st.tuples(st.just("resume"), WHO),
    st.tuples(st.just("limit"), WHO, st.integers(0, 6)),
)
VERBS: dict[str, Callable[..., Outcome]] = {
    "submit": lambda office, task, who, items: office.set_status(task, who, items, "completed"),
    "clear": Office.clear_status,
    "skip": Office.skip,
    "release": Office.release,
    "renew": Office.renew,
}


def told(batch: Batch) -> tuple[Any, ...]:
    """Say a batch the way the twin does."""
    why = batch.reason
    numbers: tuple[object, ...] = ()
    match why:
        case None:
            return batch.items
        case AtCap():
            numbers = (why.open,)
        case AtLimit():
            numbers = (why.holds,)
        case OnlySkipped():
            numbers = (why.count, why.everybody)
        case OnlyLost():
            numbers = (why.count,)
        case AllReserved():
            numbers = (why.open, why.until)
        case QueueEmpty():
            numbers = (why.done,)
    return (type(why).__name__, *numbers)


def act(office: Office, twin: PlainQueue, task: str, action: tuple[Any, ...]) -> None:
    """Do the same on both sides, and compare the answers."""
    verb, *rest = action
    if verb == "wait":
        office.wait(minutes=rest[0])
        return
    who = rest[0]
    if verb == "pull":
        assert told(office.pull(task, who)) == twin.pull(who, office.now)
    elif verb == "limit":
        office.set_limit(task, who, Limit(count=rest[1]))
        twin.limits[who] = rest[1]
    elif verb in {"pause", "resume"}:
        if twin.active[who] == (verb == "pause"):
            getattr(office, verb)(task, who)
            twin.pause(who, office.now)
            twin.active[who] = verb == "resume"
    else:
        items = [twin.items[at] for at in rest[1] if at < len(twin.items)]
        outcome = VERBS[verb](office, task, who, [item.name for item in items])
        done = [item.name for item in items if getattr(twin, verb)(who, item, office.now)]
        assert list(outcome.changed) == done


@pytest.mark.parametrize("kind", ["memory", "sqlite"])
@given(
    priorities=st.lists(st.sampled_from([0, 0, 0, 1, -1]), min_size=1, max_size=8),
    sizes=st.tuples(st.integers(1, 3), st.integers(0, 3)),
    lease=st.sampled_from([None, HALF_AN_HOUR, HALF_AN_HOUR]),
    skip=st.sampled_from(["others", "later", "done"]),
    actions=st.lists(ACTIONS, max_size=30),
)
def test_pulling_answers_as_a_list_of_cards_sorted_in_every_pull_does(
    kind: str,
    priorities: list[int],
    sizes: tuple[int, int],
    lease: timedelta | None,
    skip: str,
    actions: list[tuple[Any, ...]],
) -> None:
    batch, cap = sizes[0], sum(sizes)
    cards = [PlainItem(f"i{at}", priority, at) for at, priority in enumerate(priorities)]
    twin = PlainQueue(cards, dict.fromkeys(TEAM, True), batch, cap, lease, skip)
    with TemporaryDirectory() as folder:
        store = MemoryStore() if kind == "memory" else SqliteStore(Path(folder) / "work.db")
        with Office(store) as office:
            items = [Item(card.name, priority=card.priority) for card in cards]
            task = office.queue(items, batch, cap, lease=lease, skip=skip)
            for action in actions:
                act(office, twin, task, action)
            for who in TEAM:
                act(office, twin, task, ("pull", who))
            for row, card in zip(office.items(task), cards, strict=True):
                assert {who: (cell.state, cell.until) for who, cell in row.cells.items()} == {
                    who: (turn.state, turn.until) for who, turn in card.turns.items()
                }


def test_what_came_back_goes_before_all_that_joined_by_chance_meanwhile(office: Office) -> None:
    task = office.queue([f"i{n}" for n in range(5)], 5, order="random", seed=7)
    drawn = office.pull(task, "ann").items
    office.add_items(task, [f"x{n:02}" for n in range(40)])
    office.release(task, "ann")

    assert office.pull(task, "bob").items == drawn
    assert all(item.startswith("x") for item in office.pull(task, "ann").items)


def test_everybody_skipped_is_said_only_where_it_is_true_of_all_that_is_left(office: Office) -> None:
    task = office.queue(["a", Item("b", priority=1)], 1, people=["ann", "bob"])
    for name in ("bob", "ann"):
        assert office.pull(task, name).items == ("b",)
        office.skip(task, name, ["b"])
    assert office.pull(task, "ann").items == ("a",)
    office.release(task, "ann")

    assert office.pull(task, "ann").reason == OnlySkipped(1, everybody=False)
    office.set_status(task, "bob", office.pull(task, "bob").items, "completed")
    assert office.pull(task, "ann").reason == OnlySkipped(1, everybody=True)


@pytest.mark.parametrize(
    ("state", "removed", "skip", "alone", "why"),
    [
        (None, False, "others", False, None),
        (None, True, "others", True, NotInTask("a")),
        ("open", False, "later", True, HasIt("a", "ann", "open")),
        ("done", False, "later", True, HasIt("a", "ann", "done")),
        ("skipped", False, "others", True, SkippedIt("a", "ann")),
        ("skipped", False, "done", True, SkippedIt("a", "ann")),
        ("skipped", False, "later", False, None),
        ("returned", False, "others", False, LostIt("a", "ann")),
        ("returned", False, "others", True, None),
    ],
)
def test_the_one_door_opens_for_whoever_never_had_it_skipped_it_for_later_or_lost_it_alone(
    state: Any, removed: bool, skip: Any, alone: bool, why: object
) -> None:
    pull = Pull(batch_size=1, max_batch_workload=1, skip=skip)
    task = Task(id="t", name="label cats", pull=pull, created_at=NOON)
    ann = Standing(member=Member("ann"), number=0)
    row = Row(position=0, item="a", rank=0, left=1, removed=removed)
    cell = None if state is None else Cell(state, NOON)

    assert taking.can_take(task, ann, row, cell, alone=alone) == why
    paused = attrs.evolve(ann, member=Member("ann", state="paused"))
    assert taking.can_take(task, paused, row, cell, alone=alone) == Locked("ann", "paused")
