"""The best match by affinity, against trying everything; only where OR-tools is installed."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from fractions import Fraction
from itertools import product

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from adapters.affinity import match_by_affinity
from distribution.eligibility import Kind, NotEnoughRoom
from distribution.errors import Infeasible, InvalidInput
from distribution.values import Number
from tests.matching_cases import Case, cases, kept

solver = pytest.mark.usefixtures("ortools")
Amounts = dict[tuple[str, str], int]


@pytest.fixture
def ortools() -> None:
    pytest.importorskip("ortools", reason="ortools comes with the extra `solver`")


def no_team_twice(row: dict[str, int], teams: dict[str, str], size: int) -> bool:
    together = Counter(dict.fromkeys(teams.values(), 0))
    for name in row.keys() & teams.keys():
        together[teams[name]] += row[name]
    return max(together.values(), default=0) <= size


def ways(case: Case, most: dict[str, int]) -> Iterator[Amounts]:
    """Give all amounts there are, by kind and assignee."""

    def fill(kind: Kind) -> list[Amounts]:
        cells = product(range(most[kind.name] + 1), repeat=len(kind.eligible))
        rows = [dict(zip(kind.eligible, amounts, strict=True)) for amounts in cells]
        return [
            {(kind.name, name): count for name, count in row.items()}
            for row in rows
            if sum(row.values()) == kind.needed and no_team_twice(row, case.teams, kind.size)
        ]

    for parts in product(*(fill(kind) for kind in case.kinds)):
        amounts = {pair: count for part in parts for pair, count in part.items()}
        loads = tuple(sum(count for (_, who), count in amounts.items() if who == name) for name in case.room)
        if kept(loads, case.room):
            yield amounts


@solver
@given(case=cases(largest=2), data=st.data(), percent=st.sampled_from([100, 50, "33.3"]))
def test_no_match_has_a_larger_sum_of_scores(case: Case, data: st.DataObject, percent: Number) -> None:
    """Fractions, decimals and missing scores, with limits, teams and a most for each pair."""
    assume(sum(len(kind.eligible) for kind in case.kinds) <= 9)
    pairs = [(kind.name, name) for kind in case.kinds for name in case.room]
    number: st.SearchStrategy[Number] = st.sampled_from(["1/3", 0.1, 2, 0, "7.25"])
    scores = data.draw(st.dictionaries(st.sampled_from(pairs), number))
    exact = {pair: Fraction(str(score)) for pair, score in scores.items()}
    most = {kind.name: -int(-kind.size * Fraction(percent) // 100) for kind in case.kinds}
    every = list(ways(case, most))

    def total(amounts: Amounts) -> Fraction:
        return sum((count * exact.get(pair, Fraction(0)) for pair, count in amounts.items()), Fraction(0))

    try:
        found = match_by_affinity(case.kinds, case.room, scores, teams=case.teams, most_percent=percent)
    except Infeasible:
        assert every == []
        return
    amounts = {
        (kind.name, name): found.amounts[kind.name].get(name, 0)
        for kind in case.kinds
        for name in kind.eligible
    }
    assert amounts in every
    assert total(amounts) == max(map(total, every))
    assert found.loads == {
        name: sum(count for (_, who), count in amounts.items() if who == name) for name in case.room
    }


@solver
def test_what_cannot_be_done_at_all_is_told_apart_from_too_small_a_percentage() -> None:
    """The first has a proof, the second a remedy."""
    kinds = [Kind("fr", size=4, eligible=("ann",))]
    with pytest.raises(NotEnoughRoom):
        match_by_affinity(kinds, {"ann": 3}, {})
    with pytest.raises(Infeasible) as error:
        match_by_affinity(kinds, {"ann": 4}, {}, most_percent=50)

    assert str(error.value) == (
        "cannot match by affinity: somebody would have to take more than 50 percent of a kind; "
        "raise most_percent, raise limits, or make more people eligible"
    )


@solver
def test_sums_that_leave_64_bits_are_refused() -> None:
    """The solver notices."""
    kinds = [Kind("fr", size=2**62, eligible=("ann", "bob"))]
    with pytest.raises(InvalidInput, match="sizes and scores must be small enough for the solver"):
        match_by_affinity(kinds, {"ann": None, "bob": None}, {("fr", "ann"): 2**39})


@pytest.mark.parametrize(
    ("scores", "percent", "message"),
    [
        ([1], 100, "scores must map (kind, assignee) to numbers, got [1]"),
        ({("fr", "eve"): 1}, 100, "scores must be of a kind and somebody in room, got ('fr', 'eve')"),
        ({("fr", "ann"): -1}, 100, "score of ('fr', 'ann') must not be negative, got -1"),
        ({}, 101, "most_percent must be at most 100, got 101"),
        (
            {("fr", "ann"): "0.1234567890123"},
            100,
            "the largest score times 10000000000000, the common denominator must be below 1099511627776, got 1234567890123; round the scores to fewer digits",
        ),
    ],
)
def test_what_makes_no_sense_is_refused_with_the_value(scores: object, percent: int, message: str) -> None:
    """Whether or not there is a solver."""
    with pytest.raises(InvalidInput) as error:
        match_by_affinity(
            [Kind("fr", size=1, eligible=("ann",))],
            {"ann": 1},
            scores,  # type: ignore[arg-type]
            most_percent=percent,
        )

    assert str(error.value) == message


def test_without_a_solver_it_says_how_to_get_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where it is installed."""
    monkeypatch.setitem(sys.modules, "ortools.graph.python.min_cost_flow", None)
    with pytest.raises(InvalidInput) as error:
        match_by_affinity([], {}, {})

    assert str(error.value) == (
        "matching by affinity must have ortools, got 'none'; pip install 'work-distribution[solver]'"
    )
