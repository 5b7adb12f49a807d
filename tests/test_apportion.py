"""Whole numbers from shares: published numbers, laws, slow twins, edge cases."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import partial
from random import Random

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from distribution.apportion import METHODS, apportion
from distribution.errors import Infeasible, InvalidInput
from distribution.testing import laws, strategies, twins
from tests.conftest import numbers, table

HOUSE = table("house_of_representatives.csv")
METHOD = {method: partial(apportion, method=method) for method in METHODS}


def of_instance(row: dict[str, str], column: str) -> list[int]:
    """Find another column of the same apportionment."""
    return next(
        numbers(r["values"])
        for r in HOUSE
        if (r["census"], r["house"], r["column"]) == (row["census"], row["house"], column)
    )


@pytest.mark.parametrize(
    "row",
    [row for row in HOUSE if " floor " in row["column"]],
    ids=lambda row: f"{row['census']} {row['house']} {row['column']}",
)
def test_seats_of_the_house_are_reproduced(row: dict[str, str]) -> None:
    method, _, floor = row["column"].split()
    population = of_instance(row, "population")

    seats = apportion(population, int(row["house"]), method=method, floors=[int(floor)] * len(population))

    assert seats == numbers(row["values"])


LAW = {
    "1790 105": "dhondt", "1790 120": "hamilton", "1880 325": "hamilton", "1910 435": "webster",
    "1930 435": "webster", "1940 435": "hill", "1950 435": "hill", "1960 435": "hill", "1970 435": "hill",
    "1980 435": "hill", "1990 435": "hill", "2000 435": "hill", "2010 435": "hill", "2020 435": "hill",
}  # fmt: skip
"""The method of the law under which the published seats were given."""


@pytest.mark.parametrize(
    "row", [row for row in HOUSE if row["column"] == "published"], ids=lambda row: row["census"]
)
def test_published_seats_follow_from_the_law_of_the_time(row: dict[str, str]) -> None:
    population = of_instance(row, "population")
    floors = [0 if row["census"] == "1790" else 1] * len(population)

    seats = apportion(
        population, int(row["house"]), method=LAW[f"{row['census']} {row['house']}"], floors=floors
    )

    assert seats == numbers(row["values"])


@pytest.mark.parametrize("row", table("paradoxes.csv"), ids=lambda row: f"{row['state']} {row['census']}")
def test_growing_houses_show_the_historical_paradoxes(row: dict[str, str]) -> None:
    populations, first = numbers(row["populations"]), int(row["first_house"])
    floors = [1] * len(populations)

    for house, seats in enumerate(numbers(row["seats"]), first):
        assert apportion(populations, house, floors=floors)[int(row["place"])] == seats


@pytest.mark.parametrize("row", table("elections.csv"), ids=lambda row: row["election"])
def test_official_results_of_elections_are_dhondt_above_a_threshold(row: dict[str, str]) -> None:
    votes = numbers(row["votes"])
    least = Fraction(row["threshold"]) * sum(votes)

    seats = apportion([v if v >= least else 0 for v in votes], int(row["house"]), method="dhondt")

    assert seats == numbers(row["seats"])


@pytest.mark.parametrize(
    "row", table("small_cases.csv"), ids=lambda row: f"{row['weights']} {row['n']} {row['method']}"
)
def test_worked_examples_are_reproduced(row: dict[str, str]) -> None:
    assert apportion(numbers(row["weights"]), int(row["n"]), method=row["method"]) == numbers(row["seats"])


@pytest.mark.parametrize("method", METHODS)
@given(weights=strategies.weights(), n=st.integers(0, 60))
def test_every_method_meets_the_house_size_and_ignores_scale(
    method: str, weights: list[Fraction], n: int
) -> None:
    for law in (laws.house_size_is_met, laws.zero_weight_gets_nothing, laws.scale_does_not_matter):
        law(METHOD[method], weights, n)


@given(weights=strategies.weights(), n=st.integers(0, 10**9))
def test_largest_remainder_stays_within_one_of_the_quota(weights: list[Fraction], n: int) -> None:
    laws.quota_is_kept(METHOD["hamilton"], weights, n)


@given(weights=strategies.weights(), n=st.integers(0, 60))
def test_the_quota_method_never_exceeds_the_upper_quota(weights: list[Fraction], n: int) -> None:
    laws.upper_quota_is_kept(METHOD["balinski_young"], weights, n)


@pytest.mark.parametrize("method", [m for m in METHODS if m != "hamilton"])
@given(weights=strategies.weights(), n=st.integers(0, 60))
def test_one_item_more_takes_from_nobody_but_under_largest_remainder(
    method: str, weights: list[Fraction], n: int
) -> None:
    laws.one_more_takes_from_nobody(METHOD[method], weights, n)


def test_largest_remainder_shows_the_alabama_paradox() -> None:
    with pytest.raises(AssertionError):
        laws.one_more_takes_from_nobody(METHOD["hamilton"], [Fraction(6), Fraction(6), Fraction(2)], 10)


@pytest.mark.parametrize("method", METHODS)
@given(whole=st.lists(st.integers(0, 9), min_size=1, max_size=6).filter(any), times=st.integers(0, 4))
def test_whole_quotas_are_met_by_every_method(method: str, whole: list[int], times: int) -> None:
    laws.exact_quotas_are_met(METHOD[method], [Fraction(w) for w in whole], times)


@given(weights=strategies.weights(), n=st.integers(0, 40))
def test_fast_and_obvious_largest_remainder_agree(weights: list[Fraction], n: int) -> None:
    assert apportion(weights, n) == twins.hamilton(weights, n)


@given(weights=strategies.weights(), n=st.integers(0, 40))
def test_fast_and_obvious_quota_method_agree(weights: list[Fraction], n: int) -> None:
    assert apportion(weights, n, method="balinski_young") == twins.quota_method(weights, n)


@st.composite
def bounded(draw: st.DrawFn) -> tuple[list[Fraction], int, list[int], list[int]]:
    """Give weights, n, and floors and caps under which n can be divided."""
    weights = draw(strategies.weights(6))
    floors = [draw(st.integers(0, 4)) for _ in weights]
    caps = [draw(st.one_of(st.just(40), st.integers(floor, floor + 6))) for floor in floors]
    room = sum(cap if weight else floor for weight, floor, cap in zip(weights, floors, caps, strict=True))
    n = draw(st.integers(sum(floors), min(room, 40))) if sum(floors) <= min(room, 40) else -1
    assume(n >= 0)
    return weights, n, floors, caps


@pytest.mark.parametrize("method", sorted(twins.RANKS))
@given(case=bounded())
@example(case=([Fraction(2), Fraction(537), Fraction(0), Fraction(1)], 10, [0, 3, 2, 1], [10] * 4))
def test_fast_and_obvious_divisor_methods_agree_under_floors_and_caps(
    method: str, case: tuple[list[Fraction], int, list[int], list[int]]
) -> None:
    weights, n, floors, caps = case

    assert apportion(weights, n, method=method, floors=floors, caps=caps) == twins.divisor(
        weights, n, method, floors, caps
    )


@pytest.mark.parametrize("method", METHODS)
@given(case=bounded())
def test_floors_and_caps_are_kept_by_every_method(
    method: str, case: tuple[list[Fraction], int, list[int], list[int]]
) -> None:
    weights, n, floors, caps = case

    seats = apportion(weights, n, method=method, floors=floors, caps=caps)

    assert sum(seats) == n
    assert all(f <= s <= max(c, f) for f, s, c in zip(floors, seats, caps, strict=True))


@pytest.mark.parametrize(
    ("weights", "n", "cap", "expected"),
    [
        ([50, 30, 20], 20, 10, [10, 6, 4]),
        ([60, 25, 15], 20, 10, [10, 6, 4]),
        ([80, 10, 10], 20, 10, [10, 5, 5]),
        ([40, 30, 20, 10], 30, 10, [10, 10, 7, 3]),
        ([50, 30, 20], 14, 7, [7, 4, 3]),
    ],
)
def test_what_a_cap_cuts_off_goes_to_the_others_in_proportion(
    weights: list[int], n: int, cap: int, expected: list[int]
) -> None:
    assert apportion(weights, n, caps=[cap] * len(weights)) == expected


@given(
    weights=st.lists(st.integers(1, 1000), min_size=1, max_size=8, unique=True),
    n=st.integers(0, 500),
    shuffle=st.randoms(),
)
def test_where_no_remainders_tie_the_order_of_the_weights_does_not_matter(
    weights: list[int], n: int, shuffle: Random
) -> None:
    remainders = [n * w % sum(weights) for w in weights]
    assume(len(set(remainders)) == len(weights))
    places = list(range(len(weights)))
    shuffle.shuffle(places)

    seats = apportion(weights, n)

    assert apportion([weights[p] for p in places], n) == [seats[p] for p in places]


@pytest.mark.parametrize("method", METHODS)
def test_ties_go_to_the_earlier(method: str) -> None:
    assert apportion([1, 1, 1], 4, method=method) == [2, 1, 1]


def test_ten_thousand_weights_and_weights_of_thirty_digits_work() -> None:
    many = apportion([10**30 + at for at in range(10_000)], 1_000_000)

    assert sum(many) == 1_000_000
    assert set(many) == {100}
    assert apportion([10**30, 1], 10**30 + 1, method="webster") == [10**30, 1]
    assert apportion(["1e-9", 1], 10**9 + 1) == [1, 10**9]


@pytest.mark.parametrize("method", METHODS)
def test_nothing_to_divide_gives_everybody_nothing(method: str) -> None:
    assert apportion([3, 0, 2], 0, method=method) == [0, 0, 0]


def test_a_weight_of_zero_keeps_its_floor_and_gets_no_more() -> None:
    assert apportion([0, 1], 5, floors=[2, 0]) == [2, 3]
    assert apportion([0, 1], 5, floors=[2, 0], caps=[2, 3]) == [2, 3]


def test_floors_take_in_proportion_where_the_remainders_do_not_suffice() -> None:
    assert apportion([80, 10, 10], 10, floors=[0, 4, 0]) == [5, 4, 1]


def test_caps_under_the_quota_method_are_kept_even_where_nobody_is_due() -> None:
    assert apportion([9, 1], 10, method="balinski_young", caps=[2, None]) == [2, 8]


def refusal(weights: Sequence[object], n: object, **bounds: object) -> str:
    with pytest.raises((InvalidInput, Infeasible)) as error:
        apportion(weights, n, **bounds)  # type: ignore[arg-type]
    return str(error.value)


@pytest.mark.parametrize(
    ("weights", "n", "bounds", "message"),
    [
        ([], 5, {}, "weights must name at least one share, got []"),
        ([0, 0], 5, {}, "weights must contain at least one positive number, got [0, 0]; raise one"),
        ("12", 5, {}, "weights must be a sequence of numbers, got '12'"),
        ([1, -1], 5, {}, "weight 1 must not be negative, got -1"),
        ([1, float("nan")], 5, {}, "weight 1 must be a finite number, got nan"),
        ([1, float("inf")], 5, {}, "weight 1 must be a finite number, got inf"),
        ([True], 5, {}, "weight 0 must be a non-negative number, got True"),
        ([1], -1, {}, "n must be a whole number of at least 0, got -1"),
        ([1], 2.5, {}, "n must be a whole number of at least 0, got 2.5"),
        ([1], True, {}, "n must be a whole number of at least 0, got True"),
        ([1], 1, {"method": "fair"}, f"method must be one of {', '.join(METHODS)}, got 'fair'"),
        ([1, 1], 1, {"floors": [1]}, "floors must have one entry for each of the 2 weights, got 1"),
        ([1, 1], 1, {"caps": [-1, 1]}, "cap 0 must be a whole number of at least 0, got -1"),
        ([1, 1], 9, {"floors": [3, 0], "caps": [2, 9]}, "floor 0 must not exceed its cap 2, got 3"),
        ([1, 1], 3, {"floors": [2, 2]}, "cannot divide 3: the floors need 4; lower a floor"),
        ([1, 1], 3, {"caps": [1, 1]}, "cannot divide 3: the caps leave room for 2; raise a cap"),
        ([1, 0], 3, {"caps": [1, 9]}, "cannot divide 3: the caps leave room for 1; raise a cap"),
    ],
)
def test_what_makes_no_sense_is_refused_with_the_value(
    weights: list[object], n: object, bounds: dict[str, object], message: str
) -> None:
    assert refusal(weights, n, **bounds) == message
