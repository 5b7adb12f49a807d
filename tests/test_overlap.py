"""Overlap: how many items, how many copies for whom, how well pairs are covered."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import combinations
from math import cos, hypot, inf, nan, pi
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distribution import Infeasible, InvalidInput, Overlap, Workload, distribute
from distribution.apportion import apportion
from distribution.designs import balanced_design
from distribution.filters import field
from distribution.overlap import Coverage, coverage, held
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


def teams_of(row: dict[str, str]) -> list[tuple[int, ...]]:
    """Lay out a design of the published table."""
    v, k, n = int(row["v"]), int(row["k"]), int(row["n"])
    if row["design"] == "blocks":
        size = k * n // v
        return [tuple(sorted({slot // size for slot in range(item, k * n, n)})) for item in range(n)]
    if row["design"] == "cyclic":
        return [tuple(sorted((item + step) % v for step in range(k))) for item in range(n)]
    pairs = list(combinations(range(v), 2)) if row["design"] == "in turn" else balanced_design(v, k, n)
    return [pairs[item % len(pairs)] for item in range(n)]


@pytest.mark.parametrize(
    "row", table("pair_coverage.csv"), ids=lambda row: f"{row['v']},{row['k']} {row['design']}"
)
def test_published_designs_have_the_published_coverage(row: dict[str, str]) -> None:
    """Pairs met, fewest and most items of a pair, islands, efficiency."""
    names = [f"p{a}" for a in range(int(row["v"]))]
    teams = teams_of(row)

    found = coverage(Workload.even(names), int(row["k"]), teams, [1] * len(teams))

    assert (found.items, found.met, found.least, found.most, found.islands) == tuple(
        int(row[name]) for name in ("n", "met", "least", "most", "islands")
    )
    assert found.efficiency == pytest.approx(float(row["efficiency"]), abs=5e-4)


def jacobi(matrix: list[list[float]]) -> list[float]:
    """Find all eigenvalues of a symmetric matrix by rotations (Jacobi 1846), slowly."""
    rows, size = [list(row) for row in matrix], len(matrix)
    for _ in range(60):
        if hypot(*(rows[i][j] for i, j in combinations(range(size), 2)), 0.0) < 1e-13 * max(rows[0][0], 1):
            break
        for p, q in combinations(range(size), 2):
            if rows[p][q]:
                theta = (rows[q][q] - rows[p][p]) / (2 * rows[p][q])
                t = (1 if theta >= 0 else -1) / (abs(theta) + hypot(theta, 1))
                c = 1 / hypot(t, 1)
                s = t * c
                for row in rows:
                    row[p], row[q] = c * row[p] - s * row[q], s * row[p] + c * row[q]
                rows[p], rows[q] = (
                    [c * x - s * y for x, y in zip(rows[p], rows[q], strict=True)],
                    [s * x + c * y for x, y in zip(rows[p], rows[q], strict=True)],
                )
    return sorted(rows[i][i] for i in range(size))


@given(st.integers(2, 9), st.data())
def test_efficiency_is_that_of_the_slow_eigenvalue(v: int, data: st.DataObject) -> None:
    """The second smallest of the Laplacian, over that of a balanced design."""
    every = list(combinations(range(v), 2))
    counts = data.draw(st.lists(st.sampled_from([0, 0, 1, 2, 50]), min_size=len(every), max_size=len(every)))
    workload = Workload.even([f"p{a}" for a in range(v)])
    laplacian = [[0.0] * v for _ in range(v)]
    for (a, b), count in zip(every, counts, strict=True):
        laplacian[a][b] = laplacian[b][a] = -count
        laplacian[a][a] += count
        laplacian[b][b] += count

    found = coverage(workload, 2, every, counts)

    twin = jacobi(laplacian)[1] * (v - 1) / (2 * sum(counts)) if sum(counts) else 0.0
    assert found.efficiency == pytest.approx(twin, abs=1e-6)
    assert (found.islands > 1) == (found.efficiency == 0.0)
    assert sorted(name for group in found.groups for name in group) == list(found.assignees)


@pytest.mark.parametrize(
    ("counts", "twin"),
    [
        ([1, 0, 1, 0, 0, 1, 1, 1, 0, 0, 1, 0, 0, 1, 1], 0.4318643785),
        ([1, 0, 1, 50, 0, 1], 0.0566037736),
        ([2, 2, 0, 0, 0, 0, 2, 2, 0, 1], 0.4444444444),
        ([0, 0, 0, 2, 2, 0, 50, 0, 0, 0, 0, 2, 0, 50, 2], 0.0462962963),
    ],
)
def test_no_pattern_of_a_small_graph_hides_its_eigenvalue(counts: list[int], twin: float) -> None:
    """Vectors with a pattern of their own, even multiples of the golden ratio, miss these."""
    v = {6: 4, 10: 5, 15: 6}[len(counts)]

    found = coverage(Workload.even([f"p{a}" for a in range(v)]), 2, list(combinations(range(v), 2)), counts)

    assert found.efficiency == pytest.approx(twin, abs=1e-9)


@pytest.mark.parametrize("v", [51, 101])
def test_efficiency_of_a_chain_is_the_known_one_however_symmetric(v: int) -> None:
    """The eigenvalue of a path is 2 - 2 cos(pi / v)."""
    chain = [(a, a + 1) for a in range(v - 1)]

    found = coverage(Workload.even([f"p{a:03}" for a in range(v)]), 2, chain, [1] * (v - 1))

    assert found.efficiency == pytest.approx((2 - 2 * cos(pi / v)) / 2, rel=1e-6)


def test_coverage_is_told_in_words() -> None:
    """Pairs, islands, and nothing of what does not hold."""
    four = Workload.even(["ann", "bob", "eve", "max"])

    def said(*teams: tuple[int, ...]) -> str:
        return str(coverage(four, 2, teams, [3] * len(teams)))

    assert said(*combinations(range(4), 2)) == "18 items by 2 people each; every two share 3 to 3"
    assert said((0, 1), (1, 2), (2, 3), (0, 3)) == "12 items by 2 people each; 4 of 6 pairs share items"
    assert said((0, 1), (2, 3)) == (
        "6 items by 2 people each; 2 of 6 pairs share items; 2 islands that cannot be compared"
    )
    assert said((0,), (1,), (2,), (3,)) == "0 items by 2 people each"


def test_coverage_of_one_person_or_none_who_shares_is_plain() -> None:
    """One is compared with nobody; who carries no load is left out."""
    alone = coverage(Workload.of({"ann": 100, "bob": 0}), 2, [(0,)], [5])

    assert (alone.assignees, alone.pairs, alone.islands, alone.efficiency) == (("ann",), {}, 1, 1.0)
    assert (alone.least, alone.most, alone.met, alone.groups) == (0, 0, 0, (("ann",),))
    nothing = Coverage(items=0, copies=2, assignees=("ann", "bob"), pairs={("ann", "bob"): 0})
    assert (nothing.islands, nothing.efficiency) == (2, 0.0)


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
