"""Pulling: batches and caps, who may, in which order, and why somebody gets nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import attrs
import pytest

from distribution import InvalidInput, Item, Limit, Pull, recommend_batch
from distribution.pull import BatchAdvice
from distribution.refusals import OnlySkipped
from tests.conftest import numbers, table
from tests.office import Office

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

    seen = []
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


@pytest.mark.parametrize("row", table("batch_sizes.csv"), ids=lambda row: f"{row['items']}-{row['assignees']}")
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
