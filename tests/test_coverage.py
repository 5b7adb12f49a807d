"""Coverage: who meets whom, islands and efficiency, against published figures and slow twins."""

from __future__ import annotations

from itertools import combinations
from math import cos, hypot, pi

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distribution import Overlap, Workload, distribute
from distribution.coverage import Coverage, coverage
from distribution.designs import balanced_design
from tests.conftest import table


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

    # Everybody has something of her own, else she would not be there.
    alone = [(a,) for a in range(v)]
    found = coverage(workload, 2, [*every, *alone], [*counts, *[1] * v])

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


def test_people_without_any_copy_are_no_island() -> None:
    """Ann's share of twenty copies is less than half of one."""
    plan = distribute(
        15, Workload.weights({"ann": 1, "bob": 30, "eve": 30}), overlap=Overlap(percent=30, assignees=2)
    )

    assert plan.counts()["ann"] == 0
    assert plan.overlap is not None
    assert (plan.overlap.assignees, plan.overlap.islands) == (("bob", "eve"), 1)
    assert str(plan.overlap) == "5 items by 2 people each; every two share 5 to 5"
    empty = distribute(0, Workload.even(["ann", "bob"]), overlap=Overlap(percent=100)).overlap
    assert empty is not None
    assert (empty.islands, empty.efficiency, str(empty)) == (0, 0.0, "0 items by 2 people each")


def test_whoever_has_only_items_of_her_own_is_an_island() -> None:
    """She cannot be compared with anybody, though she works."""
    found = coverage(Workload.even(["ann", "bob", "eve"]), 2, [(0, 1), (2,)], [3, 4])

    assert found.groups == (("ann", "bob"), ("eve",))


def test_coverage_of_one_person_or_none_who_shares_is_plain() -> None:
    """One is compared with nobody; who carries no load is left out."""
    alone = coverage(Workload.of({"ann": 100, "bob": 0}), 2, [(0,)], [5])

    assert (alone.assignees, alone.pairs, alone.islands, alone.efficiency) == (("ann",), {}, 1, 1.0)
    assert (alone.least, alone.most, alone.met, alone.groups) == (0, 0, 0, (("ann",),))
    nothing = Coverage(items=0, copies=2, assignees=("ann", "bob"), pairs={("ann", "bob"): 0})
    assert (nothing.islands, nothing.efficiency) == (2, 0.0)
