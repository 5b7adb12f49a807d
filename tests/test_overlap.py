"""Overlap: how many items, how many copies for whom, how well pairs are covered."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import inf, nan
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distribution import Infeasible, InvalidInput, Overlap, Workload, distribute
from distribution.apportion import apportion
from distribution.filters import field
from distribution.overlap import held
from distribution.stopping import Beat
from distribution.testing import strategies
from tests.conftest import numbers, table


@pytest.mark.parametrize("row", table("half_up.csv"), ids=lambda row: f"{row['percent']} % of {row['n']}")
def test_the_consensus_share_of_n_is_rounded_half_up(row: dict[str, str]) -> None:
    """Exactly, however many items."""
    assert Overlap(percent=row["percent"]).of(int(row["n"])) == int(row["items"])


def test_the_plan_says_that_the_consensus_share_is_rounded_half_up() -> None:
    """In the explanation of each item, with the number that came out."""
    plan = distribute(37, Workload.even(["ann", "bob"]), overlap=Overlap(percent=50))

    for item in (0, 36):
        assert "overlap: 50 % of the items, rounded half up, by 2 people each, here 19" in str(
            plan.explain(item)
        )


def test_a_count_is_at_most_all_and_a_filter_says_which() -> None:
    """Neither is rounded."""
    assert [Overlap(count=10).of(n) for n in (0, 4, 10, 99)] == [0, 4, 10, 10]
    assert Overlap(where=field("dir").equal("/a")).of(7) == 7
    assert str(Overlap(count=10, assignees=3)) == "10 items, by 3 people each"
    assert str(Overlap(where=field("dir").equal("/a"))) == "the items that pass the filter, by 2 people each"


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({}, "overlap must be given as one of percent, count, where and everyone, got (None, None, None)"),
        ({"percent": 5, "count": 1}, "overlap must be given as one of percent, count, where and everyone"),
        ({"count": 1, "where": field("a").exists()}, "overlap must be given as one of percent, count,"),
        (
            {"percent": 5, "assignees": 1},
            "assignees of an overlapped item must be a whole number of at least 2, got 1",
        ),
        ({"percent": 5, "assignees": True}, "assignees of an overlapped item must be a whole number"),
        ({"percent": 5, "assignees": 2.5}, "assignees of an overlapped item must be a whole number"),
        ({"percent": 101}, "percent of overlap must be between 0 and 100, got 101"),
        ({"percent": nan}, "percent of overlap must be"),
        ({"percent": inf}, "percent of overlap must be"),
        ({"percent": -1}, "percent of overlap must"),
        ({"percent": True}, "percent of overlap must be"),
        ({"count": -1}, "count of overlapped items must be"),
        ({"count": False}, "count of overlapped items must be a whole number"),
    ],
)
def test_an_overlap_that_makes_no_sense_is_refused(fields: dict[str, Any], message: str) -> None:
    """With the value in the message."""
    with pytest.raises(InvalidInput) as error:
        Overlap(**fields)

    assert str(error.value).startswith(message)


@pytest.mark.parametrize("row", table("consensus.csv"), ids=lambda row: f"{row['loads']} of {row['n']}")
def test_loads_hold_for_all_placements_and_a_target_is_capped_at_one_copy_an_item(
    row: dict[str, str],
) -> None:
    """Published numbers; the excess goes to the others in proportion, and the plan says so."""
    loads, n, k = numbers(row["loads"]), int(row["n"]), int(row["k"])
    overlap = Overlap(percent=row["percent"], assignees=k)
    assert overlap.of(n) == int(row["items"])

    found = held(loads, n, int(row["items"]), k)

    assert (list(found.overlapped), list(found.alone)) == (numbers(row["overlapped"]), numbers(row["alone"]))
    names = [f"p{a}" for a in range(len(loads))]
    plan = distribute(n, Workload.weights(list(zip(names, loads, strict=True))), overlap=overlap)
    totals = [a + b for a, b in zip(found.overlapped, found.alone, strict=True)]
    assert list(plan.counts().values()) == totals
    assert plan.overlap is not None
    assert plan.overlap.capped == tuple(names[a] for a in numbers(row["capped"]))
    said = "less than their load says, for nobody holds an item twice: p0"
    assert str(plan.overlap).endswith(said) == bool(row["capped"])


def test_whoever_must_give_up_copies_of_single_items_is_capped_too() -> None:
    """Three have each overlapped item, one of them with a load of 2 %: the others cannot fill theirs."""
    plan = distribute(
        100,
        Workload.of({"ann": 49, "bob": 49, "eve": 2}),
        overlap=Overlap(percent=50, assignees=3),
    )

    assert plan.counts() == {"ann": 75, "bob": 75, "eve": 50}
    assert plan.overlap is not None
    assert plan.overlap.capped == ("ann", "bob")
    assert plan.verify()


@pytest.mark.parametrize(("percent", "placements"), [(100, 20), (50, 15), (0, 10)])
def test_ten_items_and_two_people_make_twenty_placements_or_fifteen(percent: int, placements: int) -> None:
    """All overlapped, half of them, none."""
    plan = distribute(10, Workload.even(["ann", "bob"]), overlap=Overlap(percent=percent))

    assert sum(plan.counts().values()) == len(list(plan.placements())) == placements


def test_more_copies_than_people_who_carry_a_load_are_refused_with_both_numbers_and_the_ways_out() -> None:
    """Whoever carries none does not count."""
    overlap = Overlap(percent=10, assignees=4)
    with pytest.raises(Infeasible) as error:
        distribute(100, Workload.of({"ann": 50, "bob": 50, "eve": 0, "max": 0}), overlap=overlap)
    assert "4 different assignees an item" in str(error.value)
    assert "2 of 4 carry a load" in str(error.value)
    assert "ask for fewer copies, add assignees, or give more of them a load" in str(error.value)

    with pytest.raises(Infeasible, match="4 different assignees an item.*there are 3"):
        distribute(100, Workload.even(["ann", "bob", "eve"]), overlap=overlap)

    assert distribute(4, Workload.even(["ann"]), overlap=overlap).counts() == {"ann": 4}


@st.composite
def cases(draw: st.DrawFn) -> tuple[Sequence[int], int, int, int]:
    """Give shares, items, overlapped items and copies."""
    shares = draw(strategies.workloads().map(lambda given: given.shares))
    able = sum(share > 0 for share in shares)
    n = draw(st.integers(0, 120))
    if able < 2:
        return shares, n, 0, 2
    return shares, n, draw(st.integers(0, n)), draw(st.integers(2, able))


def pinned(shares: Sequence[int], n: int, copies: int) -> list[int]:
    """Share out as one would by hand: who is over one copy an item gets that, the others the rest."""
    fixed: dict[int, int] = {}
    while True:
        free = [0 if a in fixed else share for a, share in enumerate(shares)]
        rest = copies - sum(fixed.values())
        over = [a for a, share in enumerate(free) if share and share * rest >= n * sum(free)]
        if not over:
            found = apportion(free, rest) if any(free) else [0] * len(shares)
            return [fixed.get(a, count) for a, count in enumerate(found)]
        fixed |= dict.fromkeys(over, n)


@given(cases())
def test_sums_are_exact_and_nobody_holds_an_item_twice(case: tuple[Sequence[int], int, int, int]) -> None:
    """Copies of overlapped items and of single ones, each within what there is."""
    shares, n, over, k = case

    found = held(shares, n, over, k)

    assert sum(found.overlapped) == k * over
    assert sum(found.alone) == n - over
    assert all(0 <= part <= over for part in found.overlapped)
    assert all(alone >= 0 for alone in found.alone)
    for share, part, alone in zip(shares, found.overlapped, found.alone, strict=True):
        assert part + alone <= n
        assert share > 0 or part == alone == 0


@given(cases())
def test_where_no_cap_binds_everybody_gets_her_quota_of_all_copies(
    case: tuple[Sequence[int], int, int, int],
) -> None:
    """Largest remainder of all copies; where one copy an item binds, as one would do it by hand."""
    shares, n, over, k = case
    copies = n + (k - 1) * over
    twin = pinned(shares, n, copies)

    found = held(shares, n, over, k)

    totals = [a + b for a, b in zip(found.overlapped, found.alone, strict=True)]
    if sum(min(total, over) for total in twin) >= k * over:
        assert totals == twin
    free = apportion(shares, copies)
    if max(free) <= n and sum(min(total, over) for total in free) >= k * over:
        assert totals == free


@given(cases())
def test_whoever_has_items_has_an_overlapped_one_where_they_are_enough_to_connect_all(
    case: tuple[Sequence[int], int, int, int],
) -> None:
    """A small load does not make an island."""
    shares, n, over, k = case

    found = held(shares, n, over, k)

    having = [part for part, alone in zip(found.overlapped, found.alone, strict=True) if part + alone]
    if over * (k - 1) >= len(having) - 1 and over:
        assert min(having) > 0


def test_a_small_load_is_one_of_the_few_who_share() -> None:
    """By largest remainder alone she would share nothing."""
    assert held([50, 30, 15, 5], 20, 3, 2).overlapped == (3, 1, 1, 1)


def test_percentages_are_exact() -> None:
    """However they are given."""
    assert Overlap(percent=0.1) == Overlap(percent="0.1") == Overlap(percent=Fraction(1, 10))


def test_a_rule_that_stops_goes_with_a_number_of_people_it_allows() -> None:
    """Everybody is never too many, and three people first are too many for two answers at most."""
    with pytest.raises(InvalidInput, match="until must be None where everybody is asked"):
        Overlap(everyone=True, until=Beat(by=1, most=3))
    with pytest.raises(InvalidInput, match="be at most the 2 answers the rule allows, got 3"):
        Overlap(percent=50, assignees=3, until=Beat(by=1, most=2))


def test_an_overlap_says_how_many_people_it_may_need() -> None:
    asked = Overlap(count=4, assignees=2, until=Beat(by=1, most=3))

    assert str(asked) == "4 items, by 2 people each, then one more at a time, 3 at most"
    assert (asked.most, Overlap(everyone=True).most) == (3, 1)
    assert str(Overlap(everyone=True)) == "all items, by everybody"
