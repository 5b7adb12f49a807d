"""Effort, strata and groups: shared out within the stated bounds, and explained."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distribution import (
    ByEffort,
    Grouped,
    InvalidInput,
    Item,
    Stratified,
    Workload,
    distribute,
)
from distribution.basis import balance, group, key_of, stratify
from distribution.testing import strategies

TEAM = Workload.of({"ann": 50, "bob": 30, "eve": 20})


def test_effort_is_balanced_within_the_stated_bound_where_counts_are_not() -> None:
    items = [Item(f"i{at}", effort=1000 if at < 3 else 1) for at in range(103)]
    plan = distribute(items, Workload.even(["a", "b", "c"]), seed=1, basis=ByEffort())

    assert plan.efforts() == {"a": Fraction(1034), "b": Fraction(1033), "c": Fraction(1033)}


def test_effort_in_fractions_is_exact() -> None:
    items = [Item("a", effort="0.1"), Item("b", effort=0.2), Item("c", effort="1/3"), Item("d")]
    plan = distribute(items, Workload.even(["ann"]), basis=ByEffort())

    assert plan.efforts() == {"ann": Fraction(49, 30)}
    assert plan.scale == 30


def test_items_without_effort_are_shared_out_by_count() -> None:
    items = [Item("big", effort=5), *(Item(f"empty-{at}", effort=0) for at in range(9))]
    plan = distribute(items, Workload.even(["a", "b", "c"]), basis=ByEffort())

    assert sorted(plan.counts().values()) == [3, 3, 4]


def test_every_stratum_is_divided_by_the_loads_and_totals_stay_exact() -> None:
    items = [Item(f"i{at}", attributes={"dir": f"/{at % 7}"}) for at in range(700)]
    plan = distribute(items, TEAM, seed=2, basis=Stratified("dir"))

    assert plan.counts() == {"ann": 350, "bob": 210, "eve": 140}
    for stratum in range(7):
        shares = [plan.assignee_of(f"i{at}") for at in range(stratum, 700, 7)]
        assert [shares.count(name) for name in plan.assignees] == [50, 30, 20]


def test_true_and_one_are_different_strata() -> None:
    keys = [key_of({"k": value}, "k") for value in (True, 1, 1.0, "1", None, [1], {"a": 1})]

    assert len(set(keys)) == 6
    assert key_of({}, "k") == key_of({"k": None}, "k")
    assert key_of({"tags": [{"a": 1}, {"a": 2}]}, "tags.a") == ("list", "[1, 2]")


def test_groups_stay_together_and_loners_do_not_count_as_a_group() -> None:
    items = [Item(f"i{at}", attributes={"case": at // 10} if at < 50 else {}) for at in range(100)]
    plan = distribute(items, Workload.even(["a", "b"]), seed=2, basis=Grouped("case"))

    for case in range(5):
        assert len({plan.assignee_of(f"i{at}") for at in range(case * 10, case * 10 + 10)}) == 1
    assert plan.counts() == {"a": 50, "b": 50}
    assert "the group case = 0 of 10 stays together" in str(plan.explain("i3"))


def test_the_small_cases_of_the_bases() -> None:
    assert balance([3, 3, 2, 2, 2], [1, 1], range(5)) == [0, 1, 0, 1, 0]
    assert balance([], [1], []) == []
    assert balance([0, 0, 0], [1, 0, 2], range(3)) == [0, 2, 2]
    assert stratify([], [0, 0], []) == []
    assert group([("null", None)] * 2, [1, 1], range(2)) == [0, 1]


@given(sizes=st.lists(st.integers(0, 50), max_size=30), workload=strategies.workloads(6))
def test_nobody_is_off_by_more_than_the_largest_size_times_one_minus_one_by_v(
    sizes: list[int], workload: Workload
) -> None:
    held = [0] * len(workload)
    for size, owner in zip(sizes, balance(sizes, workload.shares, range(len(sizes))), strict=True):
        held[owner] += size

    bound = max(sizes, default=0) * (1 - Fraction(1, sum(share > 0 for share in workload.shares)))
    assert all(abs(h - quota) <= bound for h, quota in zip(held, workload.quotas(sum(sizes)), strict=True))


def test_explanations_of_the_other_bases_name_what_decided() -> None:
    items = [Item(f"i{at}", effort=at + 1, attributes={"dir": "/a" if at < 6 else "/b"}) for at in range(10)]
    even = Workload.even(["ann", "bob"])

    effort = str(distribute(items, even, basis=ByEffort()).explain("i9"))
    stratum = str(distribute(items, even, basis=Stratified("dir")).explain("i9"))

    assert "its effort is 10, and in all 'ann' has 28 of an exact 27.5, never more than 5 apart" in effort
    assert "the stratum dir = '/b' has 4 items, of which " in stratum
    assert "has 2 of an exact 2, never more than 1 apart" in stratum


def test_a_key_must_be_a_path() -> None:
    for key in ("", "a..b", 7):
        with pytest.raises(
            InvalidInput, match="key of a stratum or group must be names joined by single dots"
        ):
            Stratified(key)  # type: ignore[arg-type]
